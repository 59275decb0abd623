/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/param_build.h>
#include <string.h>

#include "base/mem.h"
#include "crypto/key_internal.h"
#include "crypto/lib.h"

/* One device signs request after request, and a request has its key several times: the thread has the last few at hand. All of
 * a key is its point, and nobody changes an EVP_PKEY once it is made. */
static EVP_PKEY *known(const uint8_t point[static P256_POINT])
{
    const struct lib_thread *t = lib_thread();
    for (size_t i = 0; i < LIB_KNOWN; i++)
        if (t->known[i].pkey && memcmp(t->known[i].point, point, P256_POINT) == 0 &&
            EVP_PKEY_up_ref(t->known[i].pkey) == 1)
            return t->known[i].pkey;
    return NULL;
}

static void remember(const uint8_t point[static P256_POINT], EVP_PKEY *pkey)
{
    struct lib_thread *t = lib_thread();
    struct lib_known *k = &t->known[t->known_next++ % LIB_KNOWN];
    if (EVP_PKEY_up_ref(pkey) != 1)
        return;
    EVP_PKEY_free(k->pkey);
    k->pkey = pkey;
    memcpy(k->point, point, P256_POINT);
}

/* Copying a key that holds nothing but the curve is four times as quick as naming the curve. */
static bool make_public(const uint8_t point[static P256_POINT], EVP_PKEY **out)
{
    EVP_PKEY *pkey = EVP_PKEY_dup(lib()->p256);
    if (!pkey)
        BUG("out of memory");
    if (point[0] != POINT_CONVERSION_UNCOMPRESSED ||
        EVP_PKEY_set1_encoded_public_key(pkey, point, P256_POINT) != 1) {
        EVP_PKEY_free(pkey);
        lib_forget();
        return false;
    }
    *out = pkey;
    return true;
}

bool p256_public(const uint8_t point[static P256_POINT], EVP_PKEY **out)
{
    EVP_PKEY *pkey = known(point);
    if (!pkey) {
        if (!make_public(point, &pkey))
            return false;
        remember(point, pkey);
    }
    *out = pkey;
    return true;
}

static bool point_of(const BIGNUM *scalar, uint8_t point[static P256_POINT])
{
    const EC_GROUP *group = lib()->p256_group;
    EC_POINT *p = EC_POINT_new(group);
    bool good =
        p && EC_POINT_mul(group, p, scalar, NULL, NULL, NULL) == 1 &&
        EC_POINT_point2oct(group, p, POINT_CONVERSION_UNCOMPRESSED, point, P256_POINT, NULL) == P256_POINT;
    EC_POINT_free(p);
    return good;
}

static bool from_parts(BIGNUM *scalar, const uint8_t point[static P256_POINT], EVP_PKEY **out)
{
    OSSL_PARAM_BLD *parts = OSSL_PARAM_BLD_new();
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    OSSL_PARAM *params = NULL;
    bool good = parts && ctx &&
                OSSL_PARAM_BLD_push_utf8_string(parts, OSSL_PKEY_PARAM_GROUP_NAME, SN_X9_62_prime256v1, 0) &&
                OSSL_PARAM_BLD_push_octet_string(parts, OSSL_PKEY_PARAM_PUB_KEY, point, P256_POINT) &&
                OSSL_PARAM_BLD_push_BN(parts, OSSL_PKEY_PARAM_PRIV_KEY, scalar) &&
                (params = OSSL_PARAM_BLD_to_param(parts)) && EVP_PKEY_fromdata_init(ctx) == 1 &&
                EVP_PKEY_fromdata(ctx, out, EVP_PKEY_KEYPAIR, params) == 1;
    OSSL_PARAM_free(params); /* wipes what came from a secure number */
    OSSL_PARAM_BLD_free(parts);
    EVP_PKEY_CTX_free(ctx);
    return good;
}

bool p256_private(const uint8_t scalar[static P256_SCALAR], EVP_PKEY **out, uint8_t point[static P256_POINT])
{
    BIGNUM *d = BN_secure_new();
    if (!d || !BN_bin2bn(scalar, P256_SCALAR, d))
        BUG("out of memory");
    BN_set_flags(d, BN_FLG_CONSTTIME);
    bool good = !BN_is_zero(d) && BN_cmp(d, EC_GROUP_get0_order(lib()->p256_group)) < 0 &&
                point_of(d, point) && from_parts(d, point, out);
    BN_clear_free(d);
    lib_forget();
    return good;
}

bool p256_make(EVP_PKEY **out, uint8_t point[static P256_POINT])
{
    EVP_PKEY *pkey = NULL;
    size_t len = 0;
    if (EVP_PKEY_generate(lib_thread()->p256_maker, &pkey) != 1)
        return false;
    if (EVP_PKEY_get_octet_string_param(pkey, OSSL_PKEY_PARAM_PUB_KEY, point, P256_POINT, &len) != 1 ||
        len != P256_POINT || point[0] != POINT_CONVERSION_UNCOMPRESSED) {
        EVP_PKEY_free(pkey);
        return false;
    }
    *out = pkey;
    return true;
}

void p256_scalar(const struct key *k, uint8_t scalar[static P256_SCALAR])
{
    BIGNUM *d = BN_secure_new();
    if (!k->private || !d || EVP_PKEY_get_bn_param(k->pkey, OSSL_PKEY_PARAM_PRIV_KEY, &d) != 1 ||
        BN_bn2binpad(d, scalar, P256_SCALAR) != P256_SCALAR)
        BUG("a private P-256 key without a scalar");
    BN_clear_free(d);
}

struct key *p256_key(EVP_PKEY *pkey, bool private, const uint8_t point[static P256_POINT])
{
    struct key *k = mem_new(sizeof *k);
    *k = (struct key){ .kind = KEY_P256, .private = private, .pkey = pkey };
    memcpy(k->public, point, P256_POINT);
    return k;
}
