/* SPDX-License-Identifier: Apache-2.0
 * keeper/srt.h - a signed request token of OpenTDF key servers (docs/formats.md, 4.3), read once and in one
 * way.
 *
 * The network process and the keeper use this same reader, so that what was decided on is what is rewrapped.
 * Both forms are understood: `requests` (bulk), and the older one with a single `keyAccess`, which stands as
 * policy "policy-1" with the object "kao-0". Where both are there, `requests` counts. Any thread. */
#ifndef KEEPER_SRT_H
#define KEEPER_SRT_H

#include "base/buf.h"
#include "crypto/key.h"
#include "tdf/manifest.h"

#define SRT_POLICIES_MAX 1024
#define SRT_KAOS_MAX     1024 /* of all policies */

/* One policy and its key access objects; strings point into the token. */
struct srt_policy {
    const char *id;   /* echoed in the reply */
    const char *body; /* the base64 policy text: what bindings cover */
    const json_t *kaos;
};

struct jose;
struct srt {
    struct jose *jose;
    json_t *body;
    const char *client_pem; /* clientPublicKey */
    bool single;            /* the older form */
    uint64_t iat, exp;      /* POSIX seconds; exp 0: none */
    struct srt_policy *policies;
    size_t policy_count;
    size_t kao_count; /* of all policies */
};

/* srt_read: parse ${text}, at most 1 MiB. Verifies nothing. E_INVALID names the member. Caller owns ${out}. */
MUST_USE enum err srt_read(struct bytes text, struct srt **out, struct fail *f);
void srt_free(struct srt *s);
void srt_freep(struct srt **s);

/* srt_verify: signed by ${k}: ES256 by a P-256 key, RS256 by an RSA key. E_UNAUTHENTICATED
 * (REASON_REQUEST_TOKEN). */
MUST_USE enum err srt_verify(const struct srt *s, const struct key *k, struct fail *f);

/* srt_kao_count: objects of policy ${policy}. srt_kao_id: the id to be echoed, E_INVALID if there is none.
 * srt_kao: the object itself; released with tdf_kao_clear. Positions out of range are E_INVALID. */
size_t srt_kao_count(const struct srt *s, size_t policy);
MUST_USE enum err srt_kao_id(const struct srt *s, size_t policy, size_t kao, const char **out,
                             struct fail *f);
MUST_USE enum err srt_kao(const struct srt *s, size_t policy, size_t kao, struct tdf_kao *out,
                          struct fail *f);

#endif
