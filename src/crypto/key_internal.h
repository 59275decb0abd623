/* SPDX-License-Identifier: Apache-2.0
 * crypto/key_internal.h - inside src/crypto only: what a key is made of */
#ifndef CRYPTO_KEY_INTERNAL_H
#define CRYPTO_KEY_INTERNAL_H

#include <openssl/evp.h>

#include "crypto/key.h"

#define P256_POINT  65 /* 0x04 || x || y */
#define P256_SCALAR 32
#define CURVE25519  32 /* public keys, seeds and scalars of Ed25519 and ristretto255 */

struct key {
    enum key_kind kind;
    bool private;
    EVP_PKEY *pkey;             /* KEY_P256, KEY_RSA */
    uint8_t public[P256_POINT]; /* all but KEY_RSA: the raw public key */
    uint8_t *secret;            /* KEY_ED25519: seed || public; KEY_VRF: scalar. sodium_malloc, read-only */
};

/* key_take_rsa: a key around ${pkey}, which it takes even on failure. E_INVALID unless 2048 to 4096 bits with
 * an odd exponent of 3 to 2^32, and, where private, the parts belong together; of a private key that is not one of our own also
 * whether its primes are prime, which takes twenty times as long. */
enum rsa_part { RSA_PART_PUBLIC, RSA_PART_PRIVATE, RSA_PART_KEPT };
MUST_USE enum err key_take_rsa(EVP_PKEY *pkey, enum rsa_part part, struct key **out, struct fail *f);

/* The parts of P-256 as EVP_PKEYs. Each is false, and gives nothing, if the bytes are no key: a point not on
 * the curve, a scalar that is 0 or not below the order. The curve's cofactor is 1, so a point on it is all
 * that a valid public key needs to be (SP 800-56A, 5.6.2.3.4). */
MUST_USE bool p256_public(const uint8_t point[static P256_POINT], EVP_PKEY **out);
MUST_USE bool p256_private(const uint8_t scalar[static P256_SCALAR], EVP_PKEY **out,
                           uint8_t point[static P256_POINT]);
MUST_USE bool p256_make(EVP_PKEY **out, uint8_t point[static P256_POINT]);
/* p256_scalar: the private scalar of ${k}. */
void p256_scalar(const struct key *k, uint8_t scalar[static P256_SCALAR]);
/* p256_key: a key from an EVP_PKEY of its own and its point. */
struct key *p256_key(EVP_PKEY *pkey, bool private, const uint8_t point[static P256_POINT]);

void pkey_freep(EVP_PKEY **p);

#endif
