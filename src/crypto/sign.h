/* SPDX-License-Identifier: Apache-2.0
 * crypto/sign.h - signatures: ES256 (64-byte R || S), Ed25519, RS256 (verify only) */
#ifndef CRYPTO_SIGN_H
#define CRYPTO_SIGN_H

#include "crypto/key.h"

#define SIGN_LEN 64

/* sign_es256: ECDSA P-256 over SHA-256(${message}); signature as RFC 7518, 3.4. */
MUST_USE enum err sign_es256(const struct key *k, struct bytes message, uint8_t out[static SIGN_LEN],
                             struct fail *f);
/* verify_*: E_UNVERIFIED if the signature does not hold (or is not of the right length). */
MUST_USE enum err verify_es256(const struct key *k, struct bytes message, struct bytes signature,
                               struct fail *f);
MUST_USE enum err verify_rs256(const struct key *k, struct bytes message, struct bytes signature,
                               struct fail *f);

/* Ed25519 (RFC 8032), deterministic. */
void sign_ed25519(const struct key *k, struct bytes message, uint8_t out[static SIGN_LEN]);
MUST_USE enum err verify_ed25519(const struct key *k, struct bytes message, struct bytes signature,
                                 struct fail *f);

#endif
