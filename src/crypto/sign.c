/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/sign.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/rsa.h>
#include <sodium.h>
#include <string.h>

#include "crypto/hash.h"
#include "crypto/key_internal.h"
#include "crypto/lib.h"

#define HALF    32
#define DER_MAX (2 + 2 * (2 + 1 + HALF)) /* SEQUENCE of two INTEGERs */

static void pkey_ctx_freep(EVP_PKEY_CTX **ctx)
{
    EVP_PKEY_CTX_free(*ctx);
}

/* ECDSA-Sig-Value (RFC 3279, 2.2.3) to R || S */
static bool raw_from_der(const uint8_t *der, size_t len, uint8_t out[static SIGN_LEN])
{
    ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &der, (long)len);
    bool good = sig && BN_bn2binpad(ECDSA_SIG_get0_r(sig), out, HALF) == HALF &&
                BN_bn2binpad(ECDSA_SIG_get0_s(sig), out + HALF, HALF) == HALF;
    ECDSA_SIG_free(sig);
    return good;
}

static uint8_t *put_integer(uint8_t *at, const uint8_t number[static HALF])
{
    size_t skip = 0;
    while (skip < HALF - 1 && number[skip] == 0)
        skip++;
    bool high = number[skip] & 0x80;
    size_t len = HALF - skip;
    *at++ = 0x02;
    *at++ = (uint8_t)(len + high);
    if (high)
        *at++ = 0;
    memcpy(at, number + skip, len);
    return at + len;
}

/* R || S to ECDSA-Sig-Value; by hand, since this is on the way of every key release. */
static size_t der_from_raw(const uint8_t raw[static SIGN_LEN], uint8_t der[static DER_MAX])
{
    uint8_t *end = put_integer(put_integer(der + 2, raw), raw + HALF);
    der[0] = 0x30;
    der[1] = (uint8_t)(end - der - 2);
    return (size_t)(end - der);
}

enum err sign_es256(const struct key *k, struct bytes message, uint8_t out[static SIGN_LEN], struct fail *f)
{
    uint8_t digest[HASH_LEN], der[DER_MAX];
    size_t len = sizeof der;
    if (k->kind != KEY_P256 || !k->private)
        return fail_set(f, E_INTERNAL, "ES256 needs a private P-256 key");
    AUTO(pkey_ctx_freep) EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, k->pkey, NULL);
    hash_sha256(message, digest);
    if (!ctx || EVP_PKEY_sign_init(ctx) != 1 || EVP_PKEY_sign(ctx, der, &len, digest, HASH_LEN) != 1 ||
        !raw_from_der(der, len, out))
        return lib_fail(f, "signing");
    return OK;
}

enum err verify_es256(const struct key *k, struct bytes message, struct bytes signature, struct fail *f)
{
    uint8_t digest[HASH_LEN], der[DER_MAX];
    if (k->kind != KEY_P256 || signature.len != SIGN_LEN)
        return fail_set(f, E_UNVERIFIED, "the key or the signature is not of ES256");
    AUTO(pkey_ctx_freep) EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, k->pkey, NULL);
    hash_sha256(message, digest);
    if (!ctx || EVP_PKEY_verify_init(ctx) != 1)
        return lib_fail(f, "verifying");
    if (EVP_PKEY_verify(ctx, der, der_from_raw(signature.data, der), digest, HASH_LEN) != 1) {
        lib_forget();
        return fail_set(f, E_UNVERIFIED, "the signature does not hold");
    }
    return OK;
}

/* RFC 7518, 3.3: RSASSA-PKCS1-v1_5 with SHA-256 */
enum err verify_rs256(const struct key *k, struct bytes message, struct bytes signature, struct fail *f)
{
    uint8_t digest[HASH_LEN];
    if (k->kind != KEY_RSA || signature.len != (size_t)EVP_PKEY_get_size(k->pkey))
        return fail_set(f, E_UNVERIFIED, "the key or the signature is not of RS256");
    AUTO(pkey_ctx_freep) EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, k->pkey, NULL);
    hash_sha256(message, digest);
    if (!ctx || EVP_PKEY_verify_init(ctx) != 1 || EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) != 1 ||
        EVP_PKEY_CTX_set_signature_md(ctx, lib()->sha256) != 1)
        return lib_fail(f, "verifying");
    if (EVP_PKEY_verify(ctx, signature.data, signature.len, digest, HASH_LEN) != 1) {
        lib_forget();
        return fail_set(f, E_UNVERIFIED, "the signature does not hold");
    }
    return OK;
}

void sign_ed25519(const struct key *k, struct bytes message, uint8_t out[static SIGN_LEN])
{
    if (k->kind != KEY_ED25519 || !k->private)
        BUG("Ed25519 needs a private key of its kind");
    crypto_sign_detached(out, NULL, message.data, message.len, k->secret);
}

enum err verify_ed25519(const struct key *k, struct bytes message, struct bytes signature, struct fail *f)
{
    if (k->kind != KEY_ED25519 || signature.len != SIGN_LEN ||
        crypto_sign_verify_detached(signature.data, message.data, message.len, k->public) != 0)
        return fail_set(f, E_UNVERIFIED, "the Ed25519 signature does not hold");
    return OK;
}
