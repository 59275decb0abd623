/* SPDX-License-Identifier: Apache-2.0
 * store/cosigner.h - logs that this node cosigns, and who cosigns its own. Conventions: store/store.h */
#ifndef STORE_COSIGNER_H
#define STORE_COSIGNER_H

#include "store/leaf.h"

/* A log that this node cosigns. */
struct watched_row {
    const char *role; /* "witness", "monitor" */
    const char *origin;
    uint64_t size; /* cosigned last; 0 and an empty note: nothing yet */
    uint8_t root[32];
    const char *note;  /* with the log's line and ours */
    uint64_t time_s;   /* of our line */
    uint64_t entries;  /* monitor: how many are kept, and shown to be the log's */
    const char *wrong; /* JSON with the proof; "": nothing */
    void *own;
};
void store_watched_clear(struct watched_row *r);
void store_watched_copy(const struct watched_row *from, struct watched_row *to);
typedef enum err (*store_watched_fn)(const struct watched_row *r, void *ctx, struct fail *f);
/* store_watched_put: add or replace. store_watched_list: by role and origin. */
MUST_USE enum err store_watched_get(struct db *db, const char *role, const char *origin,
                                    struct watched_row *r, struct fail *f);
MUST_USE enum err store_watched_put(struct db *db, const struct watched_row *r, struct fail *f);
MUST_USE enum err store_watched_list(struct db *db, store_watched_fn fn, void *ctx, struct fail *f);

/* store_watched_entry_put: keep one entry of a log; another at this index is replaced. store_watched_entries: those
 * from ${from} to below ${to}, in order. */
MUST_USE enum err store_watched_entry_put(struct db *db, const char *origin, uint64_t idx, struct bytes entry,
                                          struct fail *f);
MUST_USE enum err store_watched_entries(struct db *db, const char *origin, uint64_t from, uint64_t to,
                                        store_entry_fn fn, void *ctx, struct fail *f);

/* store_watched_number: under which number store/map.h has the tree and map of a log, for good; it is given one if it has none. Needs
 * a writer's job. */
MUST_USE enum err store_watched_number(struct db *db, const char *origin, uint32_t *number, struct fail *f);

/* Who cosigns our log. */
struct cosigner_row {
    const char *vkey;
    const char *url; /* "": a partner, whose card says where */
    bool local;
    uint64_t added_ms;
    uint32_t generation;
    uint64_t size; /* that he cosigned last in that generation */
    uint64_t time_s;
    uint64_t ahead;    /* he has a checkpoint of that size, signed by us, that is not ours; 0: no */
    const char *shown; /* it; "": none */
    void *own;
};
void store_cosigner_clear(struct cosigner_row *r);
void store_cosigner_copy(const struct cosigner_row *from, struct cosigner_row *to);
typedef enum err (*store_cosigner_fn)(const struct cosigner_row *r, void *ctx, struct fail *f);
/* store_cosigner_put: add or replace. store_cosigner_list: by vkey. store_cosigner_remove: E_NOT_FOUND. */
MUST_USE enum err store_cosigner_get(struct db *db, const char *vkey, struct cosigner_row *r, struct fail *f);
MUST_USE enum err store_cosigner_put(struct db *db, const struct cosigner_row *r, struct fail *f);
MUST_USE enum err store_cosigner_list(struct db *db, store_cosigner_fn fn, void *ctx, struct fail *f);
MUST_USE enum err store_cosigner_remove(struct db *db, const char *vkey, struct fail *f);

#endif
