/* SPDX-License-Identifier: Apache-2.0
 * crypto/jose.h - strict JOSE: compact JWS (RFC 7515) and nothing else.
 *
 * The key and the caller fix the algorithm; the header never chooses it. Refused: `crit`, `b64`, unknown
 * `alg`, JSON serialisation, padding or spare bits in base64url, duplicate members, a payload that is not a
 * JSON object. `jku`, `x5u`, `x5c` are ignored; `jwk` is read only by jose_read_dpop. */
#ifndef CRYPTO_JOSE_H
#define CRYPTO_JOSE_H

#include <jansson.h>

#include "crypto/hash.h"
#include "crypto/key.h"

#define JOSE_MAX_SMALL ((size_t)64 << 10) /* statements, tokens */
#define JOSE_MAX_LARGE ((size_t)1 << 20)  /* report.json, request tokens */

enum jose_alg { JOSE_ES256, JOSE_RS256 };

/* A parsed, not yet verified JWS. Members are valid as long as it lives. */
struct jose {
    json_t *header, *payload;
    struct bytes signing_input; /* ASCII header.payload, inside ${text} */
    uint8_t signature[512];
    size_t signature_len;
    const char *alg, *typ, *kid; /* typ and kid may be NULL */
    char *text;                  /* the compact form, owned */
};

/* jose_read: parse ${text} of at most ${max} bytes. E_INVALID names ${what} and the fault; E_TOO_LARGE.
 * Verifies nothing. */
MUST_USE enum err jose_read(struct bytes text, size_t max, const char *what, struct jose **out,
                            struct fail *f);
void jose_free(struct jose *j);
void jose_freep(struct jose **j);

/* jose_verify: alg must be exactly ${alg}, typ exactly ${typ} (NULL: not looked at), the signature by ${k}.
 * E_UNVERIFIED. */
MUST_USE enum err jose_verify(const struct jose *j, enum jose_alg alg, const char *typ, const struct key *k,
                              struct fail *f);

/* jose_digest: SHA-256(header.payload): how a statement is named. */
void jose_digest(const struct jose *j, uint8_t out[static HASH_LEN]);

/* jose_signing_input: header {alg:"ES256", kid, typ} (kid NULL or "", typ NULL: left out) and ${payload} as
 * `b64u.b64u`, appended: the bytes to be signed. */
void jose_signing_input(const char *kid, const char *typ, const json_t *payload, struct buf *out);
/* jose_signing_input_with: the same with extra header members (DPoP's `jwk`), e.g. {"jwk":{...}}. */
void jose_signing_input_with(const char *kid, const char *typ, const json_t *extra, const json_t *payload,
                             struct buf *out);
/* jose_finish: append `.b64u(signature)` to a signing input. */
void jose_finish(struct buf *signing_input, const uint8_t signature[static 64]);
/* jose_sign: all three with a key at hand, appended; kid NULL = the thumbprint of ${k}; "" = none. */
MUST_USE enum err jose_sign(const struct key *k, const char *kid, const char *typ, const json_t *payload,
                            struct buf *out, struct fail *f);
MUST_USE enum err jose_sign_with(const struct key *k, const char *kid, const char *typ, const json_t *extra,
                                 const json_t *payload, struct buf *out, struct fail *f);

/*
 * DPoP proofs (RFC 9449). jose_make_dpop: header typ "dpop+jwt", alg, jwk; claims jti (random), htm, htu,
 * iat, and ath for ${token} unless NULL; appended. jose_read_dpop: checks 4.3 as far as the text alone goes:
 * at most 8 KiB, typ, a public jwk on P-256 (alg ES256) or of RSA (RS256: clients of other makers), signature
 * by it, htm, htu (${htu}:
 * scheme://host[:port]/path; query and fragment are dropped, case of scheme and host, default port and empty
 * path folded), iat a whole number within [now - max_age, now + skew] seconds, jti of 1 to 128 printable
 * ASCII characters, ath = b64url SHA-256(token) where ${token} is not NULL. Gives the thumbprint and jti;
 * whether the jti is new is for the caller to know. E_UNAUTHENTICATED, REASON_PROOF.
 */
MUST_USE enum err jose_make_dpop(const struct key *k, const char *htm, const char *htu, const char *token,
                                 uint64_t now_ms, struct buf *out, struct fail *f);
/* jose_make_dpop_nonce: with the ${nonce} that the server asked for (RFC 9449, 8 and 9); "" or NULL: none. */
MUST_USE enum err jose_make_dpop_nonce(const struct key *k, const char *htm, const char *htu,
                                       const char *token, const char *nonce, uint64_t now_ms, struct buf *out,
                                       struct fail *f);
#define DPOP_NONCE_MAX 128
#define DPOP_JWK_MAX   800 /* of RSA-4096 */
struct dpop {
    char thumbprint[THUMBPRINT_SIZE];
    char jwk[DPOP_JWK_MAX]; /* its key: what the thumbprint is of (key_thumbprint_bytes) */
    uint8_t key[65];        /* the raw form of its P-256 key (key.h); all zero of RSA */
    char jti[129];
    char nonce
        [DPOP_NONCE_MAX +
         1]; /* printable ASCII; "": it has none. Whether it is the one asked for is for the caller to know */
    uint64_t iat;
};
MUST_USE enum err jose_read_dpop(struct bytes text, const char *htm, const char *htu, const char *token,
                                 uint64_t now_ms, unsigned max_age_s, unsigned skew_s, struct dpop *out,
                                 struct fail *f);

#endif
