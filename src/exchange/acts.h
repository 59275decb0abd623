/* SPDX-License-Identifier: Apache-2.0
 * exchange/acts.h - the table of acts and the one engine that carries them out.
 *
 * An act is a person's signed wish; carried out, it becomes a statement of his organisation, ledger entries,
 * rows and outbox rows, all in one transaction; effects and notices follow the commit. A statement from a
 * partner is taken the same way. What is special about an act stands in act_<kind>.c; everything that acts
 * have in common stands in acts.c, once. */
#ifndef EXCHANGE_ACTS_H
#define EXCHANGE_ACTS_H

#include <jansson.h>

#include "exchange/auth.h"
#include "exchange/journal.h"
#include "ledger/statement.h"

struct db;
struct tdf_package;

/* One act, or one taken statement, under way. */
struct act_call {
    struct node *node;
    const struct act_row *row;
    uint64_t now_ms;
    /* an act of our own people */
    const struct act *act;
    const struct asker *asker;
    /* a statement taken from a partner; or the one that the act became */
    const struct statement *taken;
    const struct card_ref *from;
    const struct tdf_package *package; /* where one came along */
    /* filled by prepare: what the statement says */
    json_t *aud, *portions, *body;
    const char *report, *ref;
    char originator[DOMAIN_MAX + 1];
    void *state; /* the act's own, freed by its row's release */
    /* the statement as signed (acts) or taken */
    char statement_id[UUID_TEXT];
    uint8_t digest[HASH_LEN];
    const char *jws;
    struct place last; /* the last entry written: what to wait for */
    json_t *answer;    /* members for the caller */
};

struct act_row {
    const char *kind;       /* of the statement */
    unsigned who;           /* roles, any of them; 0: people don't do it */
    const char *from, *to;  /* state of the request before and after; "" where it has none */
    enum entry_kind entry;  /* kind of its ledger entries, at both ends */
    bool from_partner;      /* partners may send it */
    bool to_originator;     /* only the originator takes it */
    const char *notice;     /* kind of inbox item at the taker, "" none */
    const char *notice_for; /* role that gets it */
    const char *help;       /* one line for docs/acts.md */
    /* prepare: check what is special, outside the transaction; fills aud, portions, body. */
    enum err (*prepare)(struct act_call *, struct fail *);
    /* apply: check the state again and write the rows, inside the transaction. Entries and statement are the
     * engine's. */
    enum err (*apply)(struct act_call *, struct db *, struct fail *);
    /* take, take_apply: the same for a statement from a partner. */
    enum err (*take)(struct act_call *, struct fail *);
    enum err (*take_apply)(struct act_call *, struct db *, struct fail *);
    void (*release)(struct act_call *);
};

/* acts_find: the row of a kind, NULL if it is unknown. acts_count and acts_row: for tests and docs/acts.md.
 */
const struct act_row *acts_find(const char *kind);
size_t acts_count(void);
const struct act_row *acts_at(size_t i);

/*
 * acts_do: carry out the act of one of our people, who signed in as ${asker}. Checks: it is his, by an active
 * device of his, made within 120 s, for this organisation; the role; then the row. A second time the same
 * act: its first answer's statement. Returns at L1. ${out}: {"statement", ...}; caller owns.
 */
MUST_USE enum err acts_do(struct node *n, const struct asker *asker, struct bytes act_jws, json_t **out,
                          struct fail *f);

/*
 * acts_take: a statement from a partner; ${package} where it came as report.json of one. Checks: card
 * trusted, signature, aud, then the row. ${ack} gets our ack (compact JWS), at L0. The same again: the same
 * ack; other content under the same (iss, id): E_CONFLICT (REASON_OTHER_CONTENT) and an alert.
 */
MUST_USE enum err acts_take(struct node *n, struct bytes jws, struct tdf_package *package, struct buf *ack,
                            struct fail *f);

/* acts_share: POST /v1/reports: the author's act with the masters. acts_import: a package that came by hand.
 */
MUST_USE enum err acts_share(struct node *n, const struct asker *asker, struct tdf_package *package,
                             json_t **out, struct fail *f);
MUST_USE enum err acts_import(struct node *n, const struct asker *asker, struct tdf_package *package,
                              json_t **out, struct fail *f);

/* acts_resume: finish what committed acts still owe (tasks), at start and after each act that leaves one. */
MUST_USE enum err acts_resume(struct node *n, struct fail *f);

/*
 * For act_*.c. acts_statement: sign a statement (keeper). acts_queue: put it into statement and, for each of
 * aud but us, the outbox. acts_enter: one entry for each portion (or one without). acts_notify: an inbox
 * item.
 */
MUST_USE enum err acts_statement(struct node *n, struct statement_making m, char **jws,
                                 uint8_t digest[static HASH_LEN], struct fail *f);
MUST_USE enum err acts_queue(struct node *n, struct db *db, const char *kind, const char *id, const char *jws,
                             const uint8_t digest[static HASH_LEN], const char *report, const char *ref,
                             const json_t *aud, const char *route, struct place after, struct fail *f);
MUST_USE enum err acts_enter(struct act_call *c, struct db *db, struct journal_event *e, struct fail *f);
MUST_USE enum err acts_notify(struct db *db, const char *kind, const char *audience, const char *sender,
                              uint64_t at_ms, uint64_t due_ms, const char *ref, json_t *about,
                              struct fail *f);

#endif
