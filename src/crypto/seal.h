/* SPDX-License-Identifier: Apache-2.0
 * crypto/seal.h - AES-256-GCM, key wrapping as OpenTDF does it, and blobs at rest */
#ifndef CRYPTO_SEAL_H
#define CRYPTO_SEAL_H

#include "base/buf.h"
#include "crypto/key.h"

#define SEAL_KEY_LEN  32
#define SEAL_IV_LEN   12
#define SEAL_TAG_LEN  16
#define SEAL_OVERHEAD (SEAL_IV_LEN + SEAL_TAG_LEN)

/* A prepared AES-256-GCM key: the schedule is expanded once. One thread at a time. */
struct seal;
struct seal *seal_new(const uint8_t key[static SEAL_KEY_LEN]);
void seal_freep(struct seal **s);

/* seal_lock: ${out} gets iv || ciphertext || tag, len + 28 bytes, with a fresh random iv; no AAD. In place
 * allowed if ${out} + 12 == ${plain}. */
MUST_USE enum err seal_lock(struct seal *s, struct bytes plain, uint8_t *out, struct fail *f);
/* seal_open: ${out} gets ${sealed}.len - 28 bytes; E_UNVERIFIED (and ${out} wiped) if the tag fails. In place
 * allowed if ${out} == ${sealed}.data + 12. */
MUST_USE enum err seal_open(struct seal *s, struct bytes sealed, uint8_t *out, struct fail *f);

/* One-shot forms with additional data, for small things; the result is appended. */
MUST_USE enum err seal_lock_once(const uint8_t key[static SEAL_KEY_LEN], struct bytes aad, struct bytes plain,
                                 struct buf *out, struct fail *f);
MUST_USE enum err seal_open_once(const uint8_t key[static SEAL_KEY_LEN], struct bytes aad,
                                 struct bytes sealed, struct buf *out, struct fail *f);

/*
 * EC wrap (OpenTDF 4.3.0 `ec-wrapped`; docs/formats.md, 4.2): ECDH P-256 (x coordinate) of an ephemeral key
 * with ${to} -> HKDF-SHA-256, salt = SHA-256("TDF"), no info, 32 bytes -> AES-256-GCM. wrapped = iv || ct ||
 * tag (60 bytes for a 32-byte key). wrap_ec makes the ephemeral key and gives it as SPKI PEM in
 * ${ephemeral_pem}. wrap_ec_agree gives the key of that AES-256-GCM, so that one reply can wrap many keys
 * under one agreement with seal_lock_once. unwrap_ec: E_INVALID if ${ephemeral_pem} is no public P-256 key,
 * E_UNVERIFIED if ${wrapped} does not open.
 */
MUST_USE enum err wrap_ec(const struct key *to, struct bytes secret, struct buf *wrapped,
                          struct buf *ephemeral_pem, struct fail *f);
MUST_USE enum err wrap_ec_agree(const struct key *mine, const struct key *theirs,
                                uint8_t shared[static SEAL_KEY_LEN], struct fail *f);
MUST_USE enum err unwrap_ec(const struct key *mine, struct bytes ephemeral_pem, struct bytes wrapped,
                            struct buf *secret, struct fail *f);

/* RSA wrap: RSAES-OAEP, SHA-1, MGF1-SHA-1, empty label. unwrap_rsa fails with the same error (E_UNVERIFIED)
 * whatever is wrong with ${wrapped}. */
MUST_USE enum err wrap_rsa(const struct key *to, struct bytes secret, struct buf *wrapped, struct fail *f);
MUST_USE enum err unwrap_rsa(const struct key *mine, struct bytes wrapped, struct buf *secret,
                             struct fail *f);

#endif
