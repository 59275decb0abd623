/* SPDX-License-Identifier: Apache-2.0
 * store/absence.h - who is away, and who stands in for him. Conventions: store/store.h */
#ifndef STORE_ABSENCE_H
#define STORE_ABSENCE_H

#include "store/store.h"

struct absence_row {
    const char *id; /* of the statement */
    const char *person, *deputy;
    uint64_t from_ms, until_ms;
    uint64_t ended_ms; /* 0: it lasts until until_ms */
    const char *set_by;
    void *own;
};
void store_absence_clear(struct absence_row *r);
void store_absence_copy(const struct absence_row *from, struct absence_row *to);
typedef enum err (*store_absence_fn)(const struct absence_row *r, void *ctx, struct fail *f);

MUST_USE enum err store_absence_add(struct db *db, const struct absence_row *r, struct fail *f);
MUST_USE enum err store_absence_get(struct db *db, const char *id, struct absence_row *r, struct fail *f);
/* store_absence_list: those not ended that last beyond ${after_ms} and begin before ${before_ms}; the first to
 * begin first. */
MUST_USE enum err store_absence_list(struct db *db, uint64_t after_ms, uint64_t before_ms,
                                     store_absence_fn fn, void *ctx, struct fail *f);
/* store_absence_end: E_CONFLICT if it is ended already, or was never there. */
MUST_USE enum err store_absence_end(struct db *db, const char *id, uint64_t ended_ms, struct fail *f);

#endif
