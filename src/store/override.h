/* SPDX-License-Identifier: Apache-2.0
 * store/override.h - what a partner's authority told without leave. Conventions: store/store.h */
#ifndef STORE_OVERRIDE_H
#define STORE_OVERRIDE_H

#include "store/store.h"

enum override_state { OVERRIDE_OPEN, OVERRIDE_CLOSED, OVERRIDE_STATE_COUNT };
const char *override_state_name(enum override_state s);

struct override_row {
    const char *id;
    const char *originator, *giver; /* domains */
    const char *by_person;
    const char *report;
    const char *to_whom; /* a domain, a person, or words */
    const char *occasion, *reason;
    uint64_t at_ms;            /* by the giver's clock */
    enum override_state state; /* of its review */
    const char *closed_by;
    uint64_t closed_ms; /* 0: not yet */
    const char *outcome;
    uint32_t generation; /* its own entry here */
    uint64_t idx;
    bool sealed;         /* it passed sealed copies on */
    const char *receipt; /* the originator's ack, where it is known; else "" */
    void *own;
};
void store_override_clear(struct override_row *r);
void store_override_copy(const struct override_row *from, struct override_row *to);
typedef enum err (*store_override_fn)(const struct override_row *r, void *ctx, struct fail *f);
typedef enum err (*store_override_portion_fn)(const char *portion, uint32_t n, void *ctx, struct fail *f);

/* store_override_add: E_CONFLICT if the id is known. store_override_portion_add: one of its portions. */
MUST_USE enum err store_override_add(struct db *db, const struct override_row *r, struct fail *f);
MUST_USE enum err store_override_portion_add(struct db *db, const char *id, const char *portion, uint32_t n,
                                             struct fail *f);
MUST_USE enum err store_override_get(struct db *db, const char *id, struct override_row *r, struct fail *f);
/* store_override_close: E_NOT_FOUND unless its review is open. */
MUST_USE enum err store_override_close(struct db *db, const char *id, const char *by, uint64_t at_ms,
                                       const char *outcome, struct fail *f);
/* Lists: of a report, by time; the portions of one, by n. */
MUST_USE enum err store_override_list(struct db *db, const char *report, store_override_fn fn, void *ctx,
                                      struct fail *f);
MUST_USE enum err store_override_portions(struct db *db, const char *id, store_override_portion_fn fn,
                                          void *ctx, struct fail *f);

/* One copy that an override passed on, sealed to the giver's key. The payload is not part of the row. */
struct override_copy_row {
    const char *policy; /* policy uuid */
    const char *override, *originator, *giver, *holder, *report, *portion;
    const char *share; /* the originator's, that the giver had it by */
    uint32_t n;
    const char *mark;
    uint8_t wrapped_sha[32]; /* of what a key request must present; zeros at the originator */
    uint8_t policy_sha[32];
    uint8_t binding_sha[32];
    struct bytes manifest; /* empty at the originator */
    uint64_t made_ms;
    uint64_t recalled_ms; /* by the originator's clock; 0: it stands */
    void *own;
};
void store_override_copy_clear(struct override_copy_row *r);
void store_override_copy_copy(const struct override_copy_row *from, struct override_copy_row *to);
typedef enum err (*store_override_copy_fn)(const struct override_copy_row *r, void *ctx, struct fail *f);

/* store_override_copy_add: E_CONFLICT if the policy uuid is known; ${payload} NULL where none is kept. */
MUST_USE enum err store_override_copy_add(struct db *db, const struct override_copy_row *r,
                                          const struct bytes *payload, struct fail *f);
MUST_USE enum err store_override_copy_get(struct db *db, const char *policy, struct override_copy_row *r,
                                          struct fail *f);
/* Lists: of one override, by n; of a report of ${originator}, by time; of all that ${giver} made, by originator, report and time. */
MUST_USE enum err store_override_copy_list(struct db *db, const char *override, store_override_copy_fn fn,
                                           void *ctx, struct fail *f);
MUST_USE enum err store_override_copy_list_report(struct db *db, const char *originator, const char *report,
                                                  store_override_copy_fn fn, void *ctx, struct fail *f);
MUST_USE enum err store_override_copy_list_giver(struct db *db, const char *giver, store_override_copy_fn fn,
                                                 void *ctx, struct fail *f);
/* store_override_copy_payload: caller owns ${out}; E_NOT_FOUND once dropped. drop_payloads: of one override. */
MUST_USE enum err store_override_copy_payload(struct db *db, const char *policy, struct buf **out,
                                              struct fail *f);
MUST_USE enum err store_override_copy_drop_payloads(struct db *db, const char *override, struct fail *f);

/* store_override_copy_recall: those of ${portion} that stand and that ${holder} has (NULL: whoever). */
MUST_USE enum err store_override_copy_recall(struct db *db, const char *originator, const char *portion,
                                             const char *holder, uint64_t at_ms, struct fail *f);

/* store_override_set_receipt: the first one stays. store_override_untold: how many copies' overrides on what is ${originator}'s ${home}
 * got without a receipt. */
MUST_USE enum err store_override_set_receipt(struct db *db, const char *id, const char *receipt,
                                             struct fail *f);
MUST_USE enum err store_override_untold(struct db *db, const char *originator, const char *home,
                                        uint64_t *count, struct fail *f);

/* What somebody signed as an override on what is ours, and what we could not take as one. */
struct untaken_row {
    const char *iss, *statement; /* who said so, and its id */
    uint64_t received_ms;
    const char *reason; /* code of a reason, or of the kind of failure: why it was not taken */
    const char *jws;
    void *own;
};
void store_untaken_clear(struct untaken_row *r);

/* store_untaken_add: E_CONFLICT if it is known. store_untaken_count: how many of ${iss} came after ${since_ms}. store_untaken_drop: none is no error. */
MUST_USE enum err store_untaken_add(struct db *db, const struct untaken_row *r, struct fail *f);
MUST_USE enum err store_untaken_get(struct db *db, const char *iss, const char *statement,
                                    struct untaken_row *r, struct fail *f);
MUST_USE enum err store_untaken_count(struct db *db, const char *iss, uint64_t since_ms, uint64_t *count,
                                      struct fail *f);
MUST_USE enum err store_untaken_drop(struct db *db, const char *iss, const char *statement, struct fail *f);

#endif
