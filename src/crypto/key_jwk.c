/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <string.h>

#include "base/b64.h"
#include "base/json.h"
#include "base/mem.h"
#include "crypto/hash.h"
#include "crypto/key_internal.h"
#include "crypto/lib.h"

#define RSA_BYTES_MAX 512
#define COORDINATE    32

/* RFC 7518, 6.2.2, 6.3.2 and 6.4: what no public key has */
static const char *const private_members[] = { "d", "p", "q", "dp", "dq", "qi", "oth", "k" };

static struct bytes text_of(const json_t *jwk, const char *name)
{
    const json_t *v = json_object_get(jwk, name);
    return json_is_string(v) ? BYTES(json_string_value(v), json_string_length(v)) : BYTES(NULL, 0);
}

static bool is_text(const json_t *jwk, const char *name, const char *want)
{
    return bytes_equal(text_of(jwk, name), bytes_str(want));
}

static enum err read_p256(const json_t *jwk, struct key **out, struct fail *f)
{
    AUTO(wipe32_p) uint8_t scalar[P256_SCALAR];
    uint8_t point[P256_POINT] = { 0x04 }, computed[P256_POINT];
    EVP_PKEY *pkey = NULL;
    if (!is_text(jwk, "crv", "P-256"))
        return fail_set(f, E_INVALID, "a JWK on another curve than P-256");
    /* RFC 7518, 6.2.1.2: always the full size of a coordinate */
    if (!b64_read_exact(B64_URL, text_of(jwk, "x"), point + 1, COORDINATE) ||
        !b64_read_exact(B64_URL, text_of(jwk, "y"), point + 1 + COORDINATE, COORDINATE))
        return fail_set(f, E_INVALID, "a P-256 JWK without x and y of 32 bytes each");
    if (!json_object_get(jwk, "d"))
        return key_read_public(KEY_P256, BYTES(point, P256_POINT), out, f);
    if (!b64_read_exact(B64_URL, text_of(jwk, "d"), scalar, sizeof scalar) ||
        !p256_private(scalar, &pkey, computed))
        return fail_set(f, E_INVALID, "a P-256 JWK whose d is no private key");
    if (memcmp(point, computed, P256_POINT) != 0) {
        EVP_PKEY_free(pkey);
        return fail_set(f, E_INVALID, "a P-256 JWK whose d does not belong to its x and y");
    }
    *out = p256_key(pkey, true, point);
    return OK;
}

/* RFC 7518, 6.3; the public members first */
static const struct {
    const char *member, *param;
} rsa_members[] = {
    { "n", OSSL_PKEY_PARAM_RSA_N },          { "e", OSSL_PKEY_PARAM_RSA_E },
    { "d", OSSL_PKEY_PARAM_RSA_D },          { "p", OSSL_PKEY_PARAM_RSA_FACTOR1 },
    { "q", OSSL_PKEY_PARAM_RSA_FACTOR2 },    { "dp", OSSL_PKEY_PARAM_RSA_EXPONENT1 },
    { "dq", OSSL_PKEY_PARAM_RSA_EXPONENT2 }, { "qi", OSSL_PKEY_PARAM_RSA_COEFFICIENT1 },
};
#define RSA_PUBLIC 2

/* A Base64urlUInt (RFC 7518, 2): no leading zero byte. */
static BIGNUM *read_number(const json_t *jwk, const char *member)
{
    AUTO(buf_freep) struct buf *raw = buf_new_secret(RSA_BYTES_MAX);
    if (b64_read(B64_URL, text_of(jwk, member), raw, member, NULL) != OK || raw->len == 0 ||
        raw->data[0] == 0)
        return NULL;
    BIGNUM *n = BN_secure_new();
    return n ? BN_bin2bn(raw->data, (int)raw->len, n) : NULL;
}

static EVP_PKEY *rsa_from(BIGNUM *const numbers[static COUNT(rsa_members)], bool private)
{
    EVP_PKEY *pkey = NULL;
    OSSL_PARAM_BLD *parts = OSSL_PARAM_BLD_new();
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    bool good = parts && ctx;
    for (size_t i = 0; good && i < COUNT(rsa_members); i++)
        good = !numbers[i] || OSSL_PARAM_BLD_push_BN(parts, rsa_members[i].param, numbers[i]) == 1;
    OSSL_PARAM *params = good ? OSSL_PARAM_BLD_to_param(parts) : NULL;
    if (!params || EVP_PKEY_fromdata_init(ctx) != 1 ||
        EVP_PKEY_fromdata(ctx, &pkey, private ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY, params) != 1)
        pkey = NULL;
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(parts);
    EVP_PKEY_CTX_free(ctx);
    lib_forget();
    return pkey;
}

static enum err read_rsa(const json_t *jwk, struct key **out, struct fail *f)
{
    BIGNUM *numbers[COUNT(rsa_members)] = { NULL };
    bool private = json_object_get(jwk, "d") != NULL;
    bool good = json_object_get(jwk, "oth") == NULL;
    for (size_t i = 0; good && i < (private ? COUNT(rsa_members) : RSA_PUBLIC); i++)
        good = (numbers[i] = read_number(jwk, rsa_members[i].member)) != NULL;
    EVP_PKEY *pkey = good ? rsa_from(numbers, private) : NULL;
    for (size_t i = 0; i < COUNT(rsa_members); i++)
        BN_clear_free(numbers[i]);
    return pkey ? key_take_rsa(pkey, private ? RSA_PART_PRIVATE : RSA_PART_PUBLIC, out, f)
                : fail_set(f, E_INVALID, "an RSA JWK with a member missing or badly written");
}

enum err key_read_jwk(const json_t *jwk, bool with_private, struct key **out, struct fail *f)
{
    (void)lib();
    if (!json_is_object(jwk))
        return fail_set(f, E_INVALID, "a JWK that is no object");
    for (size_t i = 0; !with_private && i < COUNT(private_members); i++)
        if (json_object_get(jwk, private_members[i]))
            return fail_set(f, E_INVALID, "a public JWK with the private member \"%s\"", private_members[i]);
    if (is_text(jwk, "kty", "EC"))
        return read_p256(jwk, out, f);
    if (is_text(jwk, "kty", "RSA"))
        return read_rsa(jwk, out, f);
    return fail_set(f, E_INVALID, "a JWK whose kty is neither EC nor RSA");
}

static void put_number(const struct key *k, const char *param, struct buf *out)
{
    uint8_t raw[RSA_BYTES_MAX];
    BIGNUM *n = NULL;
    if (EVP_PKEY_get_bn_param(k->pkey, param, &n) != 1 || BN_num_bytes(n) > RSA_BYTES_MAX)
        BUG("an RSA key without its numbers");
    int len = BN_bn2bin(n, raw);
    BN_free(n);
    b64_put(out, B64_URL, BYTES(raw, (size_t)len));
}

/* RFC 7638, 3.2: the required members, sorted, no space */
void key_thumbprint_bytes(const struct key *k, struct buf *out)
{
    if (k->kind == KEY_P256) {
        buf_put_str(out, "{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"");
        b64_put(out, B64_URL, BYTES(k->public + 1, COORDINATE));
        buf_put_str(out, "\",\"y\":\"");
        b64_put(out, B64_URL, BYTES(k->public + 1 + COORDINATE, COORDINATE));
    } else if (k->kind == KEY_RSA) {
        buf_put_str(out, "{\"e\":\"");
        put_number(k, OSSL_PKEY_PARAM_RSA_E, out);
        buf_put_str(out, "\",\"kty\":\"RSA\",\"n\":\"");
        put_number(k, OSSL_PKEY_PARAM_RSA_N, out);
    } else {
        BUG("only P-256 and RSA keys have a JWK");
    }
    buf_put_str(out, "\"}");
}

json_t *key_jwk(const struct key *k)
{
    AUTO(buf_freep) struct buf *text = buf_new(BUF_MAX_DEFAULT);
    key_thumbprint_bytes(k, text);
    json_t *jwk = json_loads(buf_text(text), 0, NULL);
    if (!jwk)
        BUG("a JWK of our own does not parse");
    return jwk;
}

enum err key_thumbprint(const struct key *k, char out[static THUMBPRINT_SIZE], struct fail *f)
{
    AUTO(buf_freep) struct buf *text = buf_new(BUF_MAX_DEFAULT);
    uint8_t digest[HASH_LEN];
    if (k->kind != KEY_P256 && k->kind != KEY_RSA)
        return fail_set(f, E_INTERNAL, "only P-256 and RSA keys have a thumbprint");
    key_thumbprint_bytes(k, text);
    hash_sha256(bytes_of(text), digest);
    buf_reset(text);
    b64_put(text, B64_URL, BYTES(digest, HASH_LEN));
    memcpy(out, buf_text(text), THUMBPRINT_SIZE);
    return OK;
}
