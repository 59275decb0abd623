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

struct card_ref;
struct db;
struct package;

/* One act, or one taken statement, under way. Pointers are borrowed unless said otherwise. */
struct act_call {
    struct node *node;
    const struct act_row *row;
    uint64_t now_ms;
    /* an act of our own people */
    const struct act *act; /* NULL: what our node says by itself (acts_decree) */
    const struct asker *asker;
    char actor[PERSON_MAX + 1]; /* by whom: a person, or `@domain` */
    /* a statement taken from a partner, and the package it came in, if any */
    const struct statement *taken;
    const struct package *package;
    /* what the statement says: of acts, filled by prepare and owned; of taken ones its own */
    json_t *aud, *portions, *body;
    char report[UUID_TEXT], ref[UUID_TEXT]; /* "" where there is none */
    char originator[DOMAIN_MAX + 1];        /* of the report */
    const char *package_to;                 /* of aud: who gets it with a package; NULL: nobody */
    void *state;                            /* the row's own, ended by its release */
    bool quiet;                             /* set by take_apply: nobody has to be told */
    /* the statement, signed */
    char id[UUID_TEXT];
    uint8_t digest[HASH_LEN];
    const char *jws;
    /* what the engine did */
    struct place last; /* the last entry written: what to wait for */
    json_t *answer;    /* owned: members for the caller */
    json_t *readers;   /* owned: persons who alone hear of what was taken; NULL: whoever the row says */
};

/* ACT_PENDING: open, or silent: nobody answered in time, and nobody has decided since. */
enum act_state {
    ACT_ANY,
    ACT_OPEN,
    ACT_PENDING,
    ACT_GRANTED,
    ACT_DENIED,
    ACT_SILENT,
    ACT_WITHDRAWN,
    ACT_STATES
};

struct act_row {
    const char *kind;            /* of the statement */
    const char *help;            /* one line for people */
    unsigned who;                /* roles, any of them; 0: people don't do it */
    enum act_state from, to;     /* of the request it is about; ACT_ANY: none */
    enum entry_kind entry;       /* kind of its ledger entries, at both ends */
    bool by_originator;          /* only the originator of the report makes it; otherwise only a holder */
    bool for_all;                /* its aud may be empty: every partner may have it */
    bool enters;                 /* apply and take_apply enter its events themselves */
    bool packaged;               /* comes bare or with a package, as its take demands */
    bool seconded;               /* it may name a second person, and then waits for him (exchange/second.h) */
    bool introduced;             /* taken also from who is known by a request only (exchange/introduced.h) */
    const char *item, *item_for; /* inbox item at the taker: kind and audience; NULL: none */
    size_t max;                  /* bytes of its statement */
    /* prepare: outside the transaction: check what is special; fill aud, portions, body, report, ref,
     * originator. */
    enum err (*prepare)(struct act_call *, struct fail *);
    /* apply: inside it: check the state again and write the rows; may adjust the entry. ${e} is what the
     * engine will enter for each portion. NULL: nothing special. */
    enum err (*apply)(struct act_call *, struct db *, struct journal_event *e, struct fail *);
    /* take, take_apply: the same for a statement from a partner. take NULL: partners don't send it. */
    enum err (*take)(struct act_call *, struct fail *);
    enum err (*take_apply)(struct act_call *, struct db *, struct journal_event *e, struct fail *);
    /* place: inside it, once the last entry has its place, on either side. NULL: nothing rests on it. */
    enum err (*place)(struct act_call *, struct db *, struct place at, struct fail *);
    void (*release)(struct act_call *);
};

/* acts_find: the row of a kind, NULL if it is unknown. acts_count, acts_at: all rows, for tests. */
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

/* acts_override: POST /v1/overrides: the act of an authority with the copies that he passes on. Otherwise acts_do. */
MUST_USE enum err acts_override(struct node *n, const struct asker *asker, struct package *package,
                                json_t **out, struct fail *f);

/*
 * acts_decree: what our node says as our organisation, by a rule or by the clock: ${c} as if prepared (row,
 * aud, portions, body, report, ref, originator, state), which is ended here. Signed by `@domain`, without an
 * act; the rest as acts_do, but that it does not wait for L1. ${last} (may be NULL) is what to wait for.
 */
MUST_USE enum err acts_decree(struct node *n, struct act_call *c, struct place *last, struct fail *f);

/*
 * acts_take: a statement from a partner; ${package} where it came as report.json of one. Checks: card
 * trusted, signature, aud, then the row. ${ack} gets our ack (compact JWS), at L0. The same again: the same
 * ack; other content under the same (iss, id): E_CONFLICT (REASON_OTHER_CONTENT) and an alert.
 */
MUST_USE enum err acts_take(struct node *n, struct bytes jws, struct package *package, struct buf *ack,
                            struct fail *f);
/* acts_take_kept: the same for what was in quarantine. Until that is empty, acts_take of what its issuer sends
 * afterwards is E_UNAVAILABLE: what an organisation says counts in the order in which it says it. */
MUST_USE enum err acts_take_kept(struct node *n, struct bytes jws, struct package *package, struct buf *ack,
                                 struct fail *f);

/* acts_share: POST /v1/reports: the author's act with the masters. acts_import: a package that came by hand. */
MUST_USE enum err acts_share(struct node *n, const struct asker *asker, struct package *package, json_t **out,
                             struct fail *f);
MUST_USE enum err acts_import(struct node *n, const struct asker *asker, struct package *package,
                              json_t **out, struct fail *f);

/* acts_resume: finish what committed acts still owe (tasks), at start and after each act that leaves one. */
MUST_USE enum err acts_resume(struct node *n, struct fail *f);
/* acts_resume_run: the same as a job of the timer (exchange/timer.h): what can't be done now is tried again. */
MUST_USE enum err acts_resume_run(struct node *n, uint64_t now_ms, uint64_t *next_ms, struct fail *f);

/* acts_check: whether an act is his who signed in, by a live key of his, made just now, for us, and within
 * his role. */
MUST_USE enum err acts_check(struct node *n, const struct act *a, const struct asker *asker, struct fail *f);

/*
 * How acts_do goes about it, for an act that another one rested on (act_second.c). acts_prepare: node, row, act and
 * now_ms are set; ${c} gets what the statement says, and the statement, which the caller frees as ${jws}. acts_apply:
 * in a writer job: everything that it writes. acts_end frees what ${c} owns.
 */
MUST_USE enum err acts_prepare(struct act_call *c, char **jws, struct fail *f);
MUST_USE enum err acts_apply(struct act_call *c, struct db *db, struct fail *f);
void acts_end(struct act_call *c);

/*
 * For act_*.c and people.c.
 * acts_statement: sign a statement with our statement key (keeper); ${m}'s aud, portions and body are taken
 * over. Caller frees ${jws}.
 */
MUST_USE enum err acts_statement(struct node *n, struct statement_making m, char **jws,
                                 uint8_t digest[static HASH_LEN], struct fail *f);
/* acts_queue: keep a statement of ours, and put it into the outbox for each of ${to} but ourselves, due when
 * ${after} is at L1. */
struct act_statement {
    const char *kind, *id, *jws, *report, *ref;
    const uint8_t *digest;
    const char *package_to; /* who gets it with its package; NULL: nobody, unless all do */
};
MUST_USE enum err acts_queue(struct node *n, struct db *db, const struct act_statement *s, const json_t *to,
                             bool package, struct place after, struct fail *f);
/* acts_enter: ${e} once for each of ${portions} (UUIDs), or once without a portion where the list is empty.
 * ${last} is the last. */
MUST_USE enum err acts_enter(struct node *n, struct db *db, struct journal_event *e, const json_t *portions,
                             struct place *last, struct fail *f);
/* acts_notify: an inbox item for a role or a person. ${about} is taken over. */
MUST_USE enum err acts_notify(struct db *db, const char *kind, const char *audience, const char *sender,
                              uint64_t at_ms, uint64_t due_ms, const char *ref, json_t *about,
                              struct fail *f);

#endif
