/* SPDX-License-Identifier: Apache-2.0
 * crypto/key.h - asymmetric keys as opaque structs: P-256 (ES256, ECDH), RSA (unwrap, RS256 verify), Ed25519,
 * ristretto255 VRF.
 *
 * A struct key is immutable after it is made and may be used by many threads at once. It is never copied by
 * =, printed or logged. Private parts of long life are in guarded memory (sodium_malloc) or in OpenSSL's
 * secure heap. */
#ifndef CRYPTO_KEY_H
#define CRYPTO_KEY_H

#include <jansson.h>

#include "base/buf.h"

enum key_kind { KEY_P256, KEY_RSA, KEY_ED25519, KEY_VRF };

struct key;

/* key_make: a fresh private key; KEY_RSA makes 2048 bits. */
MUST_USE enum err key_make(enum key_kind kind, struct key **out, struct fail *f);
void key_free(struct key *k);
void key_freep(struct key **k);
enum key_kind key_kind(const struct key *k);
bool key_is_private(const struct key *k);

/* P-256 and RSA as PEM: SubjectPublicKeyInfo, PKCS #8 (key_read_pem also takes a bare EC or RSA private
 * key). */
MUST_USE enum err key_read_pem(struct bytes pem, struct key **out, struct fail *f);
/* key_read_kept_rsa: what key_write_private_pem wrote of an RSA key that key_make made, and that nobody can have changed since. That
 * its primes are prime is not tested again, which is most of the time that key_read_pem takes; that it opens what it closes is. */
MUST_USE enum err key_read_kept_rsa(struct bytes pem, struct key **out, struct fail *f);
MUST_USE enum err key_write_public_pem(const struct key *k, struct buf *out, struct fail *f);
MUST_USE enum err key_write_private_pem(const struct key *k, struct buf *out,
                                        struct fail *f); /* secret buf */

/*
 * A private key under a passphrase: PKCS #8 (RFC 5958, 3) by PBES2 (RFC 8018, 6.2) with scrypt (RFC 7914; N 2^14, r 8, p 5: 16 MiB)
 * and AES-256-CBC, which other programs read, too. key_pem_is_locked: by its label alone. key_read_locked_pem: E_UNAUTHENTICATED where
 * ${passphrase} does not open it; E_INVALID: no such key. ${passphrase} is of KEY_PASSPHRASE_MAX bytes at most.
 */
#define KEY_PASSPHRASE_MAX 1024
bool key_pem_is_locked(struct bytes pem);
MUST_USE enum err key_write_locked_pem(const struct key *k, struct bytes passphrase, struct buf *out,
                                       struct fail *f);
MUST_USE enum err key_read_locked_pem(struct bytes pem, struct bytes passphrase, struct key **out,
                                      struct fail *f);

/* SubjectPublicKeyInfo, DER, of P-256 and RSA. */
MUST_USE enum err key_write_spki(const struct key *k, struct buf *out, struct fail *f);

/* JWK (RFC 7517): P-256 (RFC 7518, 6.2) and RSA public keys (6.3). Extra members are ignored; private members
 * in a public JWK are refused (E_INVALID) unless ${with_private}. The point is checked to be on the curve. */
MUST_USE enum err key_read_jwk(const json_t *jwk, bool with_private, struct key **out, struct fail *f);
/* key_jwk: {"crv","kty","x","y"} (or {"e","kty","n"}): members sorted, no others. Caller owns. */
json_t *key_jwk(const struct key *k);
/* key_thumbprint: b64url SHA-256 of exactly the RFC 7638 form; 43 characters and a zero byte. */
#define THUMBPRINT_SIZE 44
MUST_USE enum err key_thumbprint(const struct key *k, char out[static THUMBPRINT_SIZE], struct fail *f);
/* key_thumbprint_bytes: the RFC 7638 form itself, appended. */
void key_thumbprint_bytes(const struct key *k, struct buf *out);

/*
 * Raw forms. Ed25519: public 32, private = seed 32. VRF: public 32 (Y), private = scalar 32, little-endian.
 * P-256: public = 65-byte uncompressed point, private = 32-byte scalar. E_INVALID if not a valid key.
 */
MUST_USE enum err key_read_public(enum key_kind kind, struct bytes raw, struct key **out, struct fail *f);
MUST_USE enum err key_read_private(enum key_kind kind, struct bytes raw, struct key **out, struct fail *f);
void key_write_public(const struct key *k, struct buf *out);
void key_write_private(const struct key *k, struct buf *out); /* secret buf */

/*
 * key_certificate: a self-signed X.509 v3 certificate for the private P-256 ${k}, PEM: CN = ${name},
 * subjectAltName = the DNS names and IP addresses in ${alt} (${alt_count}), valid ${days} from now.
 * E_INTERNAL on library failure.
 */
MUST_USE enum err key_certificate(const struct key *k, const char *name, const char *const *alt,
                                  size_t alt_count, unsigned days, struct buf *out, struct fail *f);

#endif
