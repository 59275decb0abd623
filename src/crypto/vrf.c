/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/vrf.h"

#include <sodium.h>
#include <string.h>

#include "base/mem.h"
#include "crypto/hash.h"
#include "crypto/key_internal.h"

#define POINT     32
#define SCALAR    32
#define CHALLENGE 16
#define WIDE      64 /* a SHA-512 digest */

/* Where the parts of a proof are: Gamma, c, s */
#define AT_C POINT
#define AT_S (POINT + CHALLENGE)

/* Domain separators of vrf-r255, after the suite string */
enum { NONCE = 0x81, TO_CURVE = 0x82, CHALLENGES = 0x02, TO_HASH = 0x03 };

static const uint8_t suite[] = "\xff"
                               "c2sp.org/vrf-r255";
static const uint8_t the_end = 0x00;

/* SHA-512(suite || separator || parts) */
static void digest(uint8_t separator, const struct bytes *parts, size_t count, uint8_t out[static WIDE])
{
    crypto_hash_sha512_state state;
    crypto_hash_sha512_init(&state);
    crypto_hash_sha512_update(&state, suite, sizeof suite - 1);
    crypto_hash_sha512_update(&state, &separator, 1);
    for (size_t i = 0; i < count; i++)
        crypto_hash_sha512_update(&state, parts[i].data, parts[i].len);
    crypto_hash_sha512_final(&state, out);
    wipe(&state, sizeof state);
}

static void to_curve(const struct key *k, struct bytes alpha, uint8_t h[static POINT])
{
    const struct bytes parts[] = { BYTES(k->public, POINT), alpha };
    uint8_t wide[WIDE];
    digest(TO_CURVE, parts, COUNT(parts), wide);
    crypto_core_ristretto255_from_hash(h, wide);
}

static void challenge(const struct key *k, const uint8_t *h, const uint8_t *gamma, const uint8_t *u,
                      const uint8_t *v, uint8_t c[static SCALAR])
{
    const struct bytes parts[] = { BYTES(k->public, POINT), BYTES(h, POINT), BYTES(gamma, POINT),
                                   BYTES(u, POINT),         BYTES(v, POINT), BYTES(&the_end, 1) };
    uint8_t wide[WIDE];
    digest(CHALLENGES, parts, COUNT(parts), wide);
    memset(c, 0, SCALAR);
    memcpy(c, wide, CHALLENGE);
}

static void to_beta(const uint8_t gamma[static POINT], uint8_t beta[static VRF_BETA_LEN])
{
    const struct bytes parts[] = { BYTES(gamma, POINT), BYTES(&the_end, 1) };
    digest(TO_HASH, parts, COUNT(parts), beta);
}

/* libsodium refuses a product that is the identity; for the scalars and points here that is as likely as
 * guessing the key. */
static void multiply(uint8_t *out, const uint8_t *scalar, const uint8_t *point)
{
    int bad = point ? crypto_scalarmult_ristretto255(out, scalar, point)
                    : crypto_scalarmult_ristretto255_base(out, scalar);
    if (bad)
        BUG("ristretto255 gave the identity");
}

static void begin(const struct key *k, struct bytes alpha, uint8_t h[static POINT],
                  uint8_t gamma[static POINT], uint8_t tag[static VRF_TAG_LEN])
{
    uint8_t beta[VRF_BETA_LEN];
    if (k->kind != KEY_VRF || !k->private)
        BUG("a VRF proof needs a private key of its kind");
    to_curve(k, alpha, h);
    multiply(gamma, k->secret, h);
    to_beta(gamma, beta);
    memcpy(tag, beta, VRF_TAG_LEN);
}

void vrf_tag(const struct key *k, struct bytes alpha, uint8_t tag[static VRF_TAG_LEN])
{
    uint8_t h[POINT], gamma[POINT];
    begin(k, alpha, h, gamma, tag);
}

void vrf_prove(const struct key *k, struct bytes alpha, uint8_t proof[static VRF_PROOF_LEN],
               uint8_t tag[static VRF_TAG_LEN])
{
    AUTO(wipe32_p) uint8_t nonce[SCALAR];
    uint8_t h[POINT], u[POINT], v[POINT], c[SCALAR], cx[SCALAR], wide[WIDE];
    begin(k, alpha, h, proof, tag);
    const struct bytes parts[] = { BYTES(k->secret, SCALAR), BYTES(h, POINT) };
    digest(NONCE, parts, COUNT(parts), wide);
    crypto_core_ristretto255_scalar_reduce(nonce, wide);
    multiply(u, nonce, NULL);
    multiply(v, nonce, h);
    challenge(k, h, proof, u, v, c);
    crypto_core_ristretto255_scalar_mul(cx, c, k->secret);
    crypto_core_ristretto255_scalar_add(proof + AT_S, nonce, cx);
    memcpy(proof + AT_C, c, CHALLENGE);
    wipe(wide, sizeof wide);
    wipe(cx, sizeof cx);
}

/* libsodium 1.0.18 takes scalars of any size: a second spelling of s must be refused here. */
static bool is_reduced(const uint8_t s[static SCALAR])
{
    uint8_t wide[WIDE] = { 0 }, reduced[SCALAR];
    memcpy(wide, s, SCALAR);
    crypto_core_ristretto255_scalar_reduce(reduced, wide);
    return memcmp(reduced, s, SCALAR) == 0;
}

/* out = s * base - c * minus; base NULL: the generator */
static bool combine(uint8_t out[static POINT], const uint8_t *s, const uint8_t *base, const uint8_t *c,
                    const uint8_t *minus)
{
    uint8_t a[POINT], b[POINT];
    int bad = base ? crypto_scalarmult_ristretto255(a, s, base) : crypto_scalarmult_ristretto255_base(a, s);
    return !bad && crypto_scalarmult_ristretto255(b, c, minus) == 0 &&
           crypto_core_ristretto255_sub(out, a, b) == 0;
}

enum err vrf_verify(const struct key *k, struct bytes alpha, struct bytes proof,
                    uint8_t beta[static VRF_BETA_LEN], struct fail *f)
{
    uint8_t h[POINT], u[POINT], v[POINT], c[SCALAR] = { 0 }, computed[SCALAR];
    if (k->kind != KEY_VRF || proof.len != VRF_PROOF_LEN)
        return fail_set(f, E_UNVERIFIED, "not a VRF proof");
    const uint8_t *gamma = proof.data, *s = proof.data + AT_S;
    if (!is_reduced(s) || !crypto_core_ristretto255_is_valid_point(gamma))
        return fail_set(f, E_UNVERIFIED, "not a VRF proof");
    memcpy(c, proof.data + AT_C, CHALLENGE);
    to_curve(k, alpha, h);
    if (!combine(u, s, NULL, c, k->public) || !combine(v, s, h, c, gamma))
        return fail_set(f, E_UNVERIFIED, "the VRF proof does not hold");
    challenge(k, h, gamma, u, v, computed);
    if (memcmp(c, computed, SCALAR) != 0)
        return fail_set(f, E_UNVERIFIED, "the VRF proof does not hold");
    to_beta(gamma, beta);
    return OK;
}
