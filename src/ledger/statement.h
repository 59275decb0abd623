/* SPDX-License-Identifier: Apache-2.0
 * ledger/statement.h - statements of organisations and acts of persons as signed bytes (docs/protocol.md, 1)
 */
#ifndef LEDGER_STATEMENT_H
#define LEDGER_STATEMENT_H

#include "ledger/card.h"

#define STATEMENT_TYP "orcon-statement+jws"
#define ACT_TYP       "orcon-act+jws"

/* A parsed statement. Strings point into ${jose}. Nothing is verified until statement_verify. */
struct statement {
    const char *kind, *id, *iss, *by;
    const char *report, *ref;     /* "" where there is none */
    const json_t *aud, *portions; /* lists of text */
    const json_t *body;           /* an object */
    uint64_t at_ms;
    uint8_t digest[HASH_LEN];
    struct jose *jose;
};

/* A parsed act of a person. */
struct act {
    const char *kind, *id, *by, *org;
    const char *report, *ref;
    const json_t *portions, *body;
    uint64_t at_ms;
    uint8_t digest[HASH_LEN];
    struct jose *jose;
};

/*
 * statement_read, act_read: parse and check the shape of every member: ids are UUIDs, iss and org domains, by
 * a person, who may be a guest of that domain, or `@iss`, at a time. ${max}: JOSE_MAX_SMALL, or JOSE_MAX_LARGE for a `share`.
 * E_INVALID names the member. Caller owns ${out}.
 */
MUST_USE enum err statement_read(struct bytes jws, size_t max, struct statement **out, struct fail *f);
MUST_USE enum err act_read(struct bytes jws, size_t max, struct act **out, struct fail *f);
void statement_freep(struct statement **s);
void act_freep(struct act **a);

/* statement_jws: jose_read of a statement or act (${what}), which both use: each number is one that json_whole takes, also in members
 * that are not known here. */
MUST_USE enum err statement_jws(struct bytes jws, size_t max, const char *what, struct jose **out,
                                struct fail *f);

/* statement_verify: signed by a statement key of ${card}, which is the card of iss and did not revoke the
 * key. E_UNVERIFIED. */
MUST_USE enum err statement_verify(const struct statement *s, const struct card *card, struct fail *f);
/* act_verify: signed by the device key ${k}, whose thumbprint is the header's kid. E_UNVERIFIED. */
MUST_USE enum err act_verify(const struct act *a, const struct key *k, struct fail *f);

/* statement_is_for: whether ${domain} is in aud. statement_names: whether ${portion} is in ${portions}. */
bool statement_is_for(const struct statement *s, const char *domain);
bool statement_names(const json_t *portions, const char *portion);

/*
 * statement_payload, act_payload: the claims. ${aud}, ${portions} (NULL: empty list) and ${body} are taken
 * over. Caller owns. ${report}, ${ref} may be NULL.
 */
struct statement_making {
    const char *kind, *id, *iss, *by, *report, *ref;
    json_t *aud, *portions, *body;
    uint64_t at_ms;
};
json_t *statement_payload(struct statement_making m);
json_t *act_payload(struct statement_making m); /* iss stands as `org`; aud is not used */

/* statement_digest_text: a digest as it stands in JSON; 43 characters and a zero byte. */
void statement_digest_text(const uint8_t digest[static HASH_LEN], char out[static 44]);

#endif
