/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/seal.h"

#include <limits.h>
#include <openssl/rsa.h>
#include <string.h>

#include "base/mem.h"
#include "crypto/hash.h"
#include "crypto/key_internal.h"
#include "crypto/lib.h"

#define SECRET_MAX 512 /* of an RSA unwrap: the largest modulus */

struct seal {
    EVP_CIPHER_CTX *ctx;
};

struct seal *seal_new(const uint8_t key[static SEAL_KEY_LEN])
{
    struct seal *s = mem_new(sizeof *s);
    s->ctx = EVP_CIPHER_CTX_new();
    if (!s->ctx || EVP_EncryptInit_ex2(s->ctx, lib()->aes_256_gcm, key, NULL, NULL) != 1)
        BUG("AES-256-GCM does not start");
    return s;
}

void seal_freep(struct seal **s)
{
    if (*s)
        EVP_CIPHER_CTX_free((*s)->ctx); /* wipes the schedule */
    mem_freep(s);
}

/* A context that has its key: iv || ciphertext || tag into ${out}. NIST SP 800-38D: with random IVs a key is
 * good for 2^32 messages. */
static enum err lock(EVP_CIPHER_CTX *ctx, struct bytes aad, struct bytes plain, uint8_t *out, struct fail *f)
{
    int n;
    if (plain.len > INT_MAX || aad.len > INT_MAX)
        return fail_set(f, E_TOO_LARGE, "more than 2 GiB to seal at once");
    random_bytes(out, SEAL_IV_LEN);
    if (EVP_EncryptInit_ex2(ctx, NULL, NULL, out, NULL) != 1 ||
        (aad.len && EVP_EncryptUpdate(ctx, NULL, &n, aad.data, (int)aad.len) != 1) ||
        (plain.len && EVP_EncryptUpdate(ctx, out + SEAL_IV_LEN, &n, plain.data, (int)plain.len) != 1) ||
        EVP_EncryptFinal_ex(ctx, out + SEAL_IV_LEN + plain.len, &n) != 1 ||
        EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, SEAL_TAG_LEN, out + SEAL_IV_LEN + plain.len) != 1)
        return lib_fail(f, "sealing");
    return OK;
}

static enum err unlock(EVP_CIPHER_CTX *ctx, struct bytes aad, struct bytes sealed, uint8_t *out,
                       struct fail *f)
{
    uint8_t tag[SEAL_TAG_LEN], none[SEAL_TAG_LEN];
    int n;
    if (sealed.len < SEAL_OVERHEAD)
        return fail_set(f, E_UNVERIFIED, "sealed data of only %zu bytes", sealed.len);
    size_t len = sealed.len - SEAL_OVERHEAD;
    if (len > INT_MAX || aad.len > INT_MAX)
        return fail_set(f, E_TOO_LARGE, "more than 2 GiB to open at once");
    const uint8_t *body = sealed.data + SEAL_IV_LEN;
    memcpy(tag, body + len, SEAL_TAG_LEN); /* in place, ${out} must not be able to reach it */
    bool good = EVP_DecryptInit_ex2(ctx, NULL, NULL, sealed.data, NULL) == 1 &&
                (!aad.len || EVP_DecryptUpdate(ctx, NULL, &n, aad.data, (int)aad.len) == 1) &&
                (!len || EVP_DecryptUpdate(ctx, out, &n, body, (int)len) == 1) &&
                EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, SEAL_TAG_LEN, tag) == 1 &&
                EVP_DecryptFinal_ex(ctx, none, &n) == 1;
    if (good)
        return OK;
    wipe(out, len);
    lib_forget();
    return fail_set(f, E_UNVERIFIED, "sealed data does not open: altered, or another key");
}

enum err seal_lock(struct seal *s, struct bytes plain, uint8_t *out, struct fail *f)
{
    return lock(s->ctx, BYTES(NULL, 0), plain, out, f);
}

enum err seal_open(struct seal *s, struct bytes sealed, uint8_t *out, struct fail *f)
{
    return unlock(s->ctx, BYTES(NULL, 0), sealed, out, f);
}

/* The thread's own context, for one message. */
static EVP_CIPHER_CTX *take_cipher(const uint8_t key[static SEAL_KEY_LEN])
{
    EVP_CIPHER_CTX *ctx = lib_thread()->cipher;
    if (EVP_EncryptInit_ex2(ctx, lib()->aes_256_gcm, key, NULL, NULL) != 1)
        BUG("AES-256-GCM does not start");
    return ctx;
}

static uint8_t *room_for(struct buf *out, size_t n)
{
    return buf_reserve(out, n ? n : 1);
}

enum err seal_lock_once(const uint8_t key[static SEAL_KEY_LEN], struct bytes aad, struct bytes plain,
                        struct buf *out, struct fail *f)
{
    size_t len;
    uint8_t *at = size_add(plain.len, SEAL_OVERHEAD, &len) ? room_for(out, len) : NULL;
    if (!at)
        return fail_set(f, E_TOO_LARGE, "no room for %zu sealed bytes", plain.len);
    EVP_CIPHER_CTX *ctx = take_cipher(key);
    enum err e = lock(ctx, aad, plain, at, f);
    EVP_CIPHER_CTX_reset(ctx); /* wipes the schedule */
    if (e == OK)
        out->len += len;
    return e;
}

enum err seal_open_once(const uint8_t key[static SEAL_KEY_LEN], struct bytes aad, struct bytes sealed,
                        struct buf *out, struct fail *f)
{
    size_t len = sealed.len < SEAL_OVERHEAD ? 0 : sealed.len - SEAL_OVERHEAD;
    uint8_t *at = room_for(out, len);
    if (!at)
        return fail_set(f, E_TOO_LARGE, "no room for %zu opened bytes", len);
    EVP_CIPHER_CTX *ctx = take_cipher(key);
    enum err e = unlock(ctx, aad, sealed, at, f);
    EVP_CIPHER_CTX_reset(ctx);
    if (e == OK)
        out->len += len;
    return e;
}

/* The peer's point was found to be on the curve when its key was read, so it is not checked again here. */
enum err wrap_ec_agree(const struct key *mine, const struct key *theirs, uint8_t shared[static SEAL_KEY_LEN],
                       struct fail *f)
{
    AUTO(wipe32_p) uint8_t x[P256_SCALAR];
    uint8_t salt[HASH_LEN];
    size_t len = sizeof x;
    if (mine->kind != KEY_P256 || theirs->kind != KEY_P256 || !mine->private)
        return fail_set(f, E_INVALID, "an EC wrap needs two P-256 keys, one of them private");
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, mine->pkey, NULL);
    bool good = ctx && EVP_PKEY_derive_init(ctx) == 1 &&
                EVP_PKEY_derive_set_peer_ex(ctx, theirs->pkey, 0) == 1 && EVP_PKEY_derive(ctx, x, &len) == 1;
    EVP_PKEY_CTX_free(ctx);
    if (!good || len != sizeof x)
        return lib_fail(f, "key agreement");
    hash_sha256(bytes_str("TDF"), salt);
    hash_hkdf(BYTES(x, sizeof x), BYTES(salt, sizeof salt), BYTES(NULL, 0), shared, SEAL_KEY_LEN);
    return OK;
}

enum err wrap_ec(const struct key *to, struct bytes secret, struct buf *wrapped, struct buf *ephemeral_pem,
                 struct fail *f)
{
    AUTO(key_freep) struct key *ephemeral = NULL;
    AUTO(wipe32_p) uint8_t shared[SEAL_KEY_LEN];
    TRY(key_make(KEY_P256, &ephemeral, f));
    TRY(wrap_ec_agree(ephemeral, to, shared, f));
    TRY(seal_lock_once(shared, BYTES(NULL, 0), secret, wrapped, f));
    TRY(key_write_public_pem(ephemeral, ephemeral_pem, f));
    return buf_check(ephemeral_pem, "an ephemeral key", f);
}

enum err unwrap_ec(const struct key *mine, struct bytes ephemeral_pem, struct bytes wrapped,
                   struct buf *secret, struct fail *f)
{
    AUTO(key_freep) struct key *ephemeral = NULL;
    AUTO(wipe32_p) uint8_t shared[SEAL_KEY_LEN];
    TRY(key_read_pem(ephemeral_pem, &ephemeral, f));
    if (ephemeral->private)
        return fail_set(f, E_INVALID, "an ephemeral key with its private part");
    TRY(wrap_ec_agree(mine, ephemeral, shared, f));
    return seal_open_once(shared, BYTES(NULL, 0), wrapped, secret, f);
}

/* RFC 8017, 7.1, with SHA-1 in both places: what other OpenTDF software fixes. */
static EVP_PKEY_CTX *oaep(const struct key *k, int (*init)(EVP_PKEY_CTX *))
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, k->pkey, NULL);
    if (!ctx || init(ctx) != 1 || EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) != 1 ||
        EVP_PKEY_CTX_set_rsa_oaep_md(ctx, lib()->sha1) != 1 ||
        EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, lib()->sha1) != 1)
        BUG("RSA-OAEP does not start");
    return ctx;
}

enum err wrap_rsa(const struct key *to, struct bytes secret, struct buf *wrapped, struct fail *f)
{
    if (to->kind != KEY_RSA)
        return fail_set(f, E_INVALID, "an RSA wrap needs an RSA key");
    size_t len = (size_t)EVP_PKEY_get_size(to->pkey);
    uint8_t *at = buf_reserve(wrapped, len);
    if (!at)
        return fail_set(f, E_TOO_LARGE, "no room for a wrapped key");
    EVP_PKEY_CTX *ctx = oaep(to, EVP_PKEY_encrypt_init);
    bool good = EVP_PKEY_encrypt(ctx, at, &len, secret.data, secret.len) == 1;
    EVP_PKEY_CTX_free(ctx);
    if (!good)
        return lib_fail(f, "RSA wrapping");
    wrapped->len += len;
    return OK;
}

enum err unwrap_rsa(const struct key *mine, struct bytes wrapped, struct buf *secret, struct fail *f)
{
    uint8_t plain[SECRET_MAX];
    size_t len = sizeof plain;
    if (mine->kind != KEY_RSA || !mine->private)
        return fail_set(f, E_INVALID, "an RSA unwrap needs a private RSA key");
    EVP_PKEY_CTX *ctx = oaep(mine, EVP_PKEY_decrypt_init);
    bool good = wrapped.len == (size_t)EVP_PKEY_get_size(mine->pkey) &&
                EVP_PKEY_decrypt(ctx, plain, &len, wrapped.data, wrapped.len) == 1;
    EVP_PKEY_CTX_free(ctx);
    lib_forget();
    if (good)
        buf_put(secret, plain, len);
    wipe(plain, sizeof plain);
    return good ? buf_check(secret, "an unwrapped key", f)
                : fail_set(f, E_UNVERIFIED, "the wrapped key does not open");
}
