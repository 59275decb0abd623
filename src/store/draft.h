/* SPDX-License-Identifier: Apache-2.0
 * store/draft.h - what people are writing, sealed to themselves. Conventions: store/store.h */
#ifndef STORE_DRAFT_H
#define STORE_DRAFT_H

#include "store/store.h"

struct draft_row {
    const char *person;
    const char *id;
    uint64_t version; /* from 1; one more with each change */
    uint64_t changed_ms;
    uint64_t size; /* of the sealed bytes; not used when adding */
    void *own;
};
void store_draft_clear(struct draft_row *r);
void store_draft_copy(const struct draft_row *from, struct draft_row *to);
typedef enum err (*store_draft_fn)(const struct draft_row *r, void *ctx, struct fail *f);

/* store_draft_add: E_CONFLICT if he has one with this id. store_draft_change: to the next version; E_CONFLICT unless it
 * has ${r}->version now. */
MUST_USE enum err store_draft_add(struct db *db, const struct draft_row *r, struct bytes sealed,
                                  struct fail *f);
MUST_USE enum err store_draft_change(struct db *db, const struct draft_row *r, struct bytes sealed,
                                     struct fail *f);
MUST_USE enum err store_draft_get(struct db *db, const char *person, const char *id, struct draft_row *r,
                                  struct fail *f);
/* store_draft_sealed: caller owns ${out}. */
MUST_USE enum err store_draft_sealed(struct db *db, const char *person, const char *id, struct buf **out,
                                     struct fail *f);
/* store_draft_list: all of his, the last changed first. store_draft_usage: how many, and their bytes. */
MUST_USE enum err store_draft_list(struct db *db, const char *person, store_draft_fn fn, void *ctx,
                                   struct fail *f);
MUST_USE enum err store_draft_usage(struct db *db, const char *person, uint64_t *count, uint64_t *bytes,
                                    struct fail *f);
/* store_draft_drop: E_NOT_FOUND. */
MUST_USE enum err store_draft_drop(struct db *db, const char *person, const char *id, struct fail *f);

#endif
