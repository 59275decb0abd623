/* SPDX-License-Identifier: Apache-2.0
 * exchange/copies.h - sealing copies of our masters for holders, and making the share statement that carries
 * them */
#ifndef EXCHANGE_COPIES_H
#define EXCHANGE_COPIES_H

#include <jansson.h>

#include "exchange/acts.h"

struct buf;

/* One portion on its way to one holder. */
struct copy_item {
    /* in: borrowed */
    const char *portion, *mark;
    uint32_t n;
    bool clear;            /* TLP:CLEAR: goes as it is */
    bool differs;          /* it has wordings by holder (tdf/variant.h) */
    struct bytes manifest; /* the master's; empty where clear */
    struct bytes payload;  /* the master's, or the text */
    struct place grant;    /* the grant's entry for this portion; none for a share */
    uint64_t until_ms;     /* when what it cites may no longer go there; 0: never */
    const json_t *derived; /* what portions cite (exchange/derive.h); NULL: what is stored is looked up */
    /* out: owned */
    char policy[UUID_TEXT];
    struct buf manifest_out, payload_out;
    uint8_t digest[HASH_LEN]; /* of the manifest, or of the text */
    uint8_t commitment[HASH_LEN], wrapped_sha[HASH_LEN], policy_sha[HASH_LEN], binding_sha[HASH_LEN];
};

/* By whose leave: the act and who signed it; the grant that carries or answers it; the author's share, where
 * that grant is by rule. */
struct copy_leave {
    struct bytes act;
    const char *signer_kid;
    struct bytes statement; /* empty: the author's share */
    struct bytes author;    /* by rule: his act, and who signed it; else empty */
    const char *author_kid;
    /* who agrees to ${act}, if that is about to be written; empty: what is stored is looked up, of acts that name
     * somebody */
    struct bytes second;
    struct bytes terms, theirs; /* by standing terms: what officers of both sides signed; else empty */
    const char *terms_kid, *theirs_kid;
};

/* copies_seal: fill the out members; clear items pass through. Not in a writer job. copies_clear: free them. */
MUST_USE enum err copies_seal(struct node *n, const struct copy_leave *leave, const char *report,
                              const char *holder, struct copy_item *items, size_t count, struct fail *f);
void copies_clear(struct copy_item *items, size_t count);

/*
 * copies_statement: the share statement for ${holder}: sign it under a new id. ${terms}: taken over, may be
 * NULL. ${banner} is rolled up from the items' marks as the holder sees them.
 */
struct copies_share {
    char id[UUID_TEXT];
    char *jws; /* owned */
    uint8_t digest[HASH_LEN];
};
MUST_USE enum err copies_statement(struct node *n, const char *report, const char *holder,
                                   const struct copy_item *items, size_t count, const char *ref,
                                   json_t *terms, struct copies_share *out, struct fail *f);

/*
 * copies_write: in a writer job: copy rows with payloads, releases, `shared` entries, the statement and its
 * outbox row.
 *   person     NULL, or the one person for whom the release is
 *   actor      author or officer
 *   grant      id of the grant statement it rests on; NULL: of the share itself
 */
struct copies_terms {
    bool hold; /* nothing is sent: the package is carried by hand */
    const char *holder, *person, *actor, *grant, *note, *reason;
    uint64_t until_ms;
    uint64_t
        granted_ms; /* when ${grant} was: what was recalled since then is ended as soon as it is written */
};
MUST_USE enum err copies_write(struct node *n, struct db *db, const char *report,
                               const struct copies_share *share, const struct copies_terms *terms,
                               const struct copy_item *items, size_t count, struct place *last,
                               struct fail *f);

/*
 * copies_open: in a writer job: what copies_write does, less the copies: ${terms->person}, a guest of this node or a client
 * whose people are, may open our masters from now on. ${share} is the statement to our own people that lists them; ${items}
 * have the masters' policies.
 */
MUST_USE enum err copies_open(struct node *n, struct db *db, const char *report,
                              const struct copies_share *share, const struct copies_terms *terms,
                              const struct copy_item *items, size_t count, struct place *last,
                              struct fail *f);

/* copies_banner: the roll-up of marks, canonical, qualified; caller frees. */
MUST_USE enum err copies_banner(const struct copy_item *items, size_t count, char **out, struct fail *f);

#endif
