/* SPDX-License-Identifier: Apache-2.0
 * store/statement.h - statements made and taken, what must reach a partner, and work still owed.
 * Conventions: store/store.h */
#ifndef STORE_STATEMENT_H
#define STORE_STATEMENT_H

#include "store/store.h"

enum statement_direction { STATEMENT_MADE, STATEMENT_TAKEN, STATEMENT_DIRECTION_COUNT };
const char *statement_direction_name(enum statement_direction d);

struct statement_row {
    const char *iss;
    const char *id;
    uint8_t digest[32]; /* SHA-256 of the signing input */
    const char *kind;   /* "share", "request", ... */
    enum statement_direction direction;
    const char *report; /* "" where it concerns none */
    const char *ref;
    uint64_t at_ms; /* when it was made or taken here */
    const char *jws;
    const char *ack; /* our ack of a taken one, "" for made ones */
    void *own;
};
void store_statement_clear(struct statement_row *r);
void store_statement_copy(const struct statement_row *from, struct statement_row *to);
typedef enum err (*store_statement_fn)(const struct statement_row *r, void *ctx, struct fail *f);

/* store_statement_add: E_CONFLICT if (iss, id) is known: get it and compare the digests. */
MUST_USE enum err store_statement_add(struct db *db, const struct statement_row *r, struct fail *f);
MUST_USE enum err store_statement_get(struct db *db, const char *iss, const char *id, struct statement_row *r,
                                      struct fail *f);
MUST_USE enum err store_statement_by_digest(struct db *db, const uint8_t digest[static 32],
                                            struct statement_row *r, struct fail *f);
/* store_statement_set_ack: E_NOT_FOUND. */
MUST_USE enum err store_statement_set_ack(struct db *db, const char *iss, const char *id, const char *ack,
                                          struct fail *f);
/* store_statement_entered: the last entry that our ledger made with it; once. store_statement_entry: the same; E_NOT_FOUND for
 * one that was entered by a program from before this was kept. */
MUST_USE enum err store_statement_entered(struct db *db, const char *iss, const char *id, uint32_t generation,
                                          uint64_t idx, struct fail *f);
MUST_USE enum err store_statement_entry(struct db *db, const char *iss, const char *id, uint32_t *generation,
                                        uint64_t *idx, struct fail *f);
/* store_statement_list: about a report; ${kind} NULL for all; by at_ms. */
MUST_USE enum err store_statement_list(struct db *db, const char *report, const char *kind,
                                       store_statement_fn fn, void *ctx, struct fail *f);
/* store_statement_list_kind: of one kind with any report, from ${since_ms} on, by at_ms, at most ${limit}. */
MUST_USE enum err store_statement_list_kind(struct db *db, const char *kind, uint64_t since_ms,
                                            uint64_t limit, store_statement_fn fn, void *ctx, struct fail *f);

/* store_statement_between: those that concern both, from ${since_ms} on by our clock, that the other side has acked: ours
 * which ${partner} acked, and his, each with its ack. By at_ms. */
MUST_USE enum err store_statement_between(struct db *db, const char *home, const char *partner,
                                          uint64_t since_ms, store_statement_fn fn, void *ctx,
                                          struct fail *f);
/* store_statement_unacked: ours that ${partner} has not acked, or refused, in the order in which they go out. */
MUST_USE enum err store_statement_unacked(struct db *db, const char *partner, store_statement_fn fn,
                                          void *ctx, struct fail *f);
/* store_outbox_waiting: how many statements of ${kind} ${partner} has not acked. */
MUST_USE enum err store_outbox_waiting(struct db *db, const char *partner, const char *kind, uint64_t *count,
                                       struct fail *f);

/* The outbox: in order for each partner. */
enum outbox_route { OUTBOX_STATEMENTS, OUTBOX_PACKAGES, OUTBOX_ROUTE_COUNT };
const char *outbox_route_name(enum outbox_route r);
enum outbox_state { OUTBOX_QUEUED, OUTBOX_DELIVERED, OUTBOX_FAILED, OUTBOX_STATE_COUNT };
const char *outbox_state_name(enum outbox_state s);

struct outbox_row {
    uint64_t id; /* set by the store */
    const char *partner;
    const char *iss;
    const char *statement;
    enum outbox_route route;
    uint32_t generation; /* due only once this entry is under a signed checkpoint */
    uint64_t idx;
    enum outbox_state state;
    uint64_t queued_ms;
    uint64_t acked_ms; /* 0: not yet */
    const char *error; /* why the last try failed */
    const char *ack;   /* the partner's ack */
    void *own;
};
void store_outbox_clear(struct outbox_row *r);
void store_outbox_copy(const struct outbox_row *from, struct outbox_row *to);
typedef enum err (*store_outbox_fn)(const struct outbox_row *r, void *ctx, struct fail *f);

/* store_outbox_put: queue it; the same (partner, iss, statement) a second time changes nothing. */
MUST_USE enum err store_outbox_put(struct db *db, const struct outbox_row *r, struct fail *f);
/*
 * store_outbox_next: the first queued row of ${partner}, if its entry lies in an earlier generation, or below
 * ${size} in ${generation}; E_NOT_FOUND if nothing is queued or the first is not due (order is kept).
 */
MUST_USE enum err store_outbox_next(struct db *db, const char *partner, uint32_t generation, uint64_t size,
                                    struct outbox_row *r, struct fail *f);
/* store_outbox_after: the same for the first one with an id above ${after}. */
MUST_USE enum err store_outbox_after(struct db *db, const char *partner, uint32_t generation, uint64_t size,
                                     uint64_t after, struct outbox_row *r, struct fail *f);
MUST_USE enum err store_outbox_get(struct db *db, const char *partner, const char *iss, const char *statement,
                                   struct outbox_row *r, struct fail *f);
/* E_NOT_FOUND without such a row. set_error keeps it queued; set_failed takes it out of the queue for good. */
MUST_USE enum err store_outbox_set_acked(struct db *db, uint64_t id, uint64_t acked_ms, const char *ack,
                                         struct fail *f);
MUST_USE enum err store_outbox_set_error(struct db *db, uint64_t id, const char *error, struct fail *f);
MUST_USE enum err store_outbox_set_failed(struct db *db, uint64_t id, const char *error, struct fail *f);
/* store_outbox_pending: how many are queued for ${partner}, and the time of the oldest (0: none). Both may be
 * NULL. */
MUST_USE enum err store_outbox_pending(struct db *db, const char *partner, uint64_t *count,
                                       uint64_t *oldest_ms, struct fail *f);
/* store_outbox_partners: each partner with something queued; it comes as ${id}. */
MUST_USE enum err store_outbox_partners(struct db *db, store_id_fn fn, void *ctx, struct fail *f);
/* store_outbox_list: where one statement goes, by partner. */
MUST_USE enum err store_outbox_list(struct db *db, const char *iss, const char *statement, store_outbox_fn fn,
                                    void *ctx, struct fail *f);

/* Work that a committed act still owes; done again after a crash until it is done. */
struct task_row {
    uint64_t id; /* set by the store */
    const char *kind;
    const char *subject;
    uint64_t made_ms;
    void *own;
};
void store_task_clear(struct task_row *r);
void store_task_copy(const struct task_row *from, struct task_row *to);
typedef enum err (*store_task_fn)(const struct task_row *r, void *ctx, struct fail *f);

/* store_task_put: the same (kind, subject) a second time changes nothing. */
MUST_USE enum err store_task_put(struct db *db, const char *kind, const char *subject, uint64_t made_ms,
                                 struct fail *f);
/* store_task_first: the oldest with an id above ${after} (0: the very first). It stays until
 * store_task_delete. */
MUST_USE enum err store_task_first(struct db *db, uint64_t after, struct task_row *r, struct fail *f);
/* store_task_list: oldest first, at most ${limit}. */
MUST_USE enum err store_task_list(struct db *db, uint64_t limit, store_task_fn fn, void *ctx, struct fail *f);
/* store_task_delete: E_NOT_FOUND. */
MUST_USE enum err store_task_delete(struct db *db, uint64_t id, struct fail *f);

#endif
