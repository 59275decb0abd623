/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/key.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/rsa.h>
#include <sodium.h>
#include <string.h>

#include "base/mem.h"
#include "crypto/key_internal.h"
#include "crypto/lib.h"
#include "crypto/seal.h"

#define RSA_BITS     2048 /* of keys made here */
#define RSA_BITS_MIN 2048
#define RSA_BITS_MAX 4096
#define RSA_E_BITS   33

static const char *const kind_names[] = {
    [KEY_P256] = "P-256", [KEY_RSA] = "RSA", [KEY_ED25519] = "Ed25519", [KEY_VRF] = "ristretto255 VRF"
};

void pkey_freep(EVP_PKEY **p)
{
    EVP_PKEY_free(*p);
    *p = NULL;
}

void key_free(struct key *k)
{
    if (!k)
        return;
    EVP_PKEY_free(k->pkey);
    sodium_free(k->secret);
    free(k);
}

void key_freep(struct key **k)
{
    key_free(*k);
    *k = NULL;
}

enum key_kind key_kind(const struct key *k)
{
    return k->kind;
}

bool key_is_private(const struct key *k)
{
    return k->private;
}

/* A key of the kinds that libsodium computes with; ${secret} is copied to guarded memory. */
static enum err sodium_key(enum key_kind kind, const uint8_t *secret, size_t len,
                           const uint8_t public[static CURVE25519], struct key **out, struct fail *f)
{
    AUTO(key_freep) struct key *k = mem_new(sizeof *k);
    k->kind = kind;
    memcpy(k->public, public, CURVE25519);
    if (secret) {
        k->private = true;
        k->secret = sodium_malloc(len);
        if (!k->secret)
            return fail_set(f, E_INTERNAL, "no guarded memory for a %s key", kind_names[kind]);
        memcpy(k->secret, secret, len);
        if (sodium_mprotect_readonly(k->secret))
            return fail_set(f, E_INTERNAL, "can't protect the memory of a %s key", kind_names[kind]);
    }
    *out = k;
    k = NULL;
    return OK;
}

static enum err ed25519_from_seed(const uint8_t seed[static CURVE25519], struct key **out, struct fail *f)
{
    uint8_t public[crypto_sign_PUBLICKEYBYTES], secret[crypto_sign_SECRETKEYBYTES];
    crypto_sign_seed_keypair(public, secret, seed);
    enum err e = sodium_key(KEY_ED25519, secret, sizeof secret, public, out, f);
    wipe(secret, sizeof secret);
    return e;
}

/* The scalar must be its own remainder by the order, and not 0. */
static enum err vrf_from_scalar(const uint8_t scalar[static CURVE25519], struct key **out, struct fail *f)
{
    uint8_t wide[crypto_core_ristretto255_NONREDUCEDSCALARBYTES] = { 0 }, reduced[CURVE25519];
    uint8_t public[CURVE25519];
    memcpy(wide, scalar, CURVE25519);
    crypto_core_ristretto255_scalar_reduce(reduced, wide);
    bool good = same(reduced, scalar, CURVE25519) && !sodium_is_zero(scalar, CURVE25519) &&
                crypto_scalarmult_ristretto255_base(public, scalar) == 0;
    wipe(wide, sizeof wide);
    wipe(reduced, sizeof reduced);
    if (!good)
        return fail_set(f, E_INVALID, "not a private %s key", kind_names[KEY_VRF]);
    return sodium_key(KEY_VRF, scalar, CURVE25519, public, out, f);
}

static enum err make_p256(struct key **out, struct fail *f)
{
    EVP_PKEY *pkey = NULL;
    uint8_t point[P256_POINT];
    if (!p256_make(&pkey, point))
        return lib_fail(f, "making a P-256 key");
    *out = p256_key(pkey, true, point);
    return OK;
}

static enum err make_rsa(struct key **out, struct fail *f)
{
    EVP_PKEY *pkey = EVP_RSA_gen(RSA_BITS);
    return pkey ? key_take_rsa(pkey, RSA_PART_PRIVATE, out, f) : lib_fail(f, "making an RSA key");
}

static enum err make_ed25519(struct key **out, struct fail *f)
{
    AUTO(wipe32_p) uint8_t seed[CURVE25519];
    random_bytes(seed, sizeof seed);
    return ed25519_from_seed(seed, out, f);
}

static enum err make_vrf(struct key **out, struct fail *f)
{
    AUTO(wipe32_p) uint8_t scalar[CURVE25519];
    crypto_core_ristretto255_scalar_random(scalar);
    return vrf_from_scalar(scalar, out, f);
}

enum err key_make(enum key_kind kind, struct key **out, struct fail *f)
{
    static enum err (*const make[])(struct key **, struct fail *) = {
        [KEY_P256] = make_p256, [KEY_RSA] = make_rsa, [KEY_ED25519] = make_ed25519, [KEY_VRF] = make_vrf
    };
    (void)lib();
    return make[kind](out, f);
}

/* What its public half closes its private half opens. */
static bool rsa_opens(const struct key *k)
{
    AUTO(wipe32_p) uint8_t secret[CURVE25519];
    AUTO(buf_freep)
    struct buf *wrapped = buf_new(RSA_BITS_MAX / 8), *opened = buf_new_secret(RSA_BITS_MAX / 8);
    random_bytes(secret, sizeof secret);
    return wrap_rsa(k, BYTES(secret, sizeof secret), wrapped, NULL) == OK &&
           unwrap_rsa(k, bytes_of(wrapped), opened, NULL) == OK &&
           bytes_equal(bytes_of(opened), BYTES(secret, sizeof secret));
}

/* Its primes are prime, and its parts belong together. */
static bool rsa_is_whole(EVP_PKEY *pkey)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
    bool good = ctx && EVP_PKEY_pairwise_check(ctx) == 1;
    EVP_PKEY_CTX_free(ctx);
    return good;
}

static bool rsa_is_sized(EVP_PKEY *pkey)
{
    BIGNUM *e = NULL;
    int bits = EVP_PKEY_get_bits(pkey);
    bool good = bits >= RSA_BITS_MIN && bits <= RSA_BITS_MAX &&
                EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_E, &e) == 1 && BN_is_odd(e) &&
                !BN_is_one(e) && BN_num_bits(e) <= RSA_E_BITS;
    BN_free(e);
    return good;
}

enum err key_take_rsa(EVP_PKEY *pkey, enum rsa_part part, struct key **out, struct fail *f)
{
    AUTO(key_freep) struct key *k = mem_new(sizeof *k);
    *k = (struct key){ .kind = KEY_RSA, .private = part != RSA_PART_PUBLIC, .pkey = pkey };
    bool good = rsa_is_sized(pkey) && (part != RSA_PART_PRIVATE || rsa_is_whole(pkey)) &&
                (part != RSA_PART_KEPT || rsa_opens(k));
    lib_forget();
    if (!good)
        return fail_set(f, E_INVALID, "not a sound RSA key of %d to %d bits", RSA_BITS_MIN, RSA_BITS_MAX);
    *out = k;
    k = NULL;
    return OK;
}

enum err key_read_public(enum key_kind kind, struct bytes raw, struct key **out, struct fail *f)
{
    (void)lib();
    EVP_PKEY *pkey = NULL;
    if (kind == KEY_P256 && raw.len == P256_POINT && p256_public(raw.data, &pkey)) {
        *out = p256_key(pkey, false, raw.data);
        return OK;
    }
    /* Neither small order nor a second spelling; the identity, all zero in ristretto255, is refused too. */
    if (kind == KEY_ED25519 && raw.len == CURVE25519 && crypto_core_ed25519_is_valid_point(raw.data))
        return sodium_key(kind, NULL, 0, raw.data, out, f);
    if (kind == KEY_VRF && raw.len == CURVE25519 && crypto_core_ristretto255_is_valid_point(raw.data) &&
        !sodium_is_zero(raw.data, CURVE25519))
        return sodium_key(kind, NULL, 0, raw.data, out, f);
    return fail_set(f, E_INVALID, "not a public %s key", kind_names[kind]);
}

enum err key_read_private(enum key_kind kind, struct bytes raw, struct key **out, struct fail *f)
{
    (void)lib();
    EVP_PKEY *pkey = NULL;
    uint8_t point[P256_POINT];
    if (kind == KEY_P256 && raw.len == P256_SCALAR && p256_private(raw.data, &pkey, point)) {
        *out = p256_key(pkey, true, point);
        return OK;
    }
    if (kind == KEY_ED25519 && raw.len == CURVE25519)
        return ed25519_from_seed(raw.data, out, f);
    if (kind == KEY_VRF && raw.len == CURVE25519)
        return vrf_from_scalar(raw.data, out, f);
    return fail_set(f, E_INVALID, "not a private %s key", kind_names[kind]);
}

void key_write_public(const struct key *k, struct buf *out)
{
    if (k->kind == KEY_RSA)
        BUG("RSA has no raw form");
    buf_put(out, k->public, k->kind == KEY_P256 ? P256_POINT : CURVE25519);
}

void key_write_private(const struct key *k, struct buf *out)
{
    if (!k->private || k->kind == KEY_RSA)
        BUG("no private key, or one without a raw form");
    if (k->kind != KEY_P256) {
        buf_put(out, k->secret, CURVE25519); /* of Ed25519 the seed comes first */
        return;
    }
    AUTO(wipe32_p) uint8_t scalar[P256_SCALAR];
    p256_scalar(k, scalar);
    buf_put(out, scalar, sizeof scalar);
}
