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
/* Lists: of a report, by time; the portions of one, by n; every id, for short forms. */
MUST_USE enum err store_override_list(struct db *db, const char *report, store_override_fn fn, void *ctx,
                                      struct fail *f);
MUST_USE enum err store_override_portions(struct db *db, const char *id, store_override_portion_fn fn,
                                          void *ctx, struct fail *f);
MUST_USE enum err store_override_ids(struct db *db, store_id_fn fn, void *ctx, struct fail *f);

#endif
