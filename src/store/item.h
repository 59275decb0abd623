/* SPDX-License-Identifier: Apache-2.0
 * store/item.h - the inbox. Conventions: store/store.h */
#ifndef STORE_ITEM_H
#define STORE_ITEM_H

#include "store/store.h"

#define ITEM_AUDIENCES 16 /* a person, his roles, and whom he stands in for */

struct item_row {
    const char *id;
    const char *kind;     /* request alert override delivery decision recall inquiry */
    const char *audience; /* a role, or one person */
    const char *sender;
    uint64_t at_ms;
    uint64_t due_ms;   /* 0: nothing is due */
    const char *ref;   /* the request, report or notice it is about */
    const char *about; /* JSON */
    uint64_t done_ms;  /* 0: open */
    void *own;
};
void store_item_clear(struct item_row *r);
void store_item_copy(const struct item_row *from, struct item_row *to);
typedef enum err (*store_item_fn)(const struct item_row *r, void *ctx, struct fail *f);

MUST_USE enum err store_item_add(struct db *db, const struct item_row *r, struct fail *f);
MUST_USE enum err store_item_get(struct db *db, const char *id, struct item_row *r, struct fail *f);
/*
 * store_item_list: those for any of ${audiences} (1 to ITEM_AUDIENCES), with at_ms >= ${since_ms}, done ones
 * only if ${done_too}. First what is open and due, by due_ms, then the rest, newest first; at most ${limit}.
 */
MUST_USE enum err store_item_list(struct db *db, const char *const *audiences, size_t count, bool done_too,
                                  uint64_t since_ms, uint64_t limit, store_item_fn fn, void *ctx,
                                  struct fail *f);
/* store_item_open: how many of ${kind} about ${ref} are open. */
MUST_USE enum err store_item_open(struct db *db, const char *ref, const char *kind, uint64_t *count,
                                  struct fail *f);
/* store_item_done: every open item of ${kind} (NULL: any) about ${ref}; none is no error. */
MUST_USE enum err store_item_done(struct db *db, const char *ref, const char *kind, uint64_t done_ms,
                                  struct fail *f);
/* store_item_done_id: one item; E_NOT_FOUND; done already is no error and keeps the time. */
MUST_USE enum err store_item_done_id(struct db *db, const char *id, uint64_t done_ms, struct fail *f);

#endif
