/* SPDX-License-Identifier: Apache-2.0
 * store/second.h - shares and grants that wait for a second person, and which compartments want one.
 * Conventions: store/store.h */
#ifndef STORE_SECOND_H
#define STORE_SECOND_H

#include "crypto/hash.h"
#include "store/store.h"

enum second_state { SECOND_WAITING, SECOND_AGREED, SECOND_REFUSED, SECOND_WITHDRAWN, SECOND_ENDED };
#define SECOND_STATES 5
const char *second_state_name(enum second_state s);

/* The package is not part of the row: it may be large. */
struct second_row {
    const char *id;   /* of the act that waits */
    const char *kind; /* share grant */
    enum second_state state;
    const char *maker, *person;
    const char *report, *ref; /* ref: the request; "" for a share */
    uint64_t at_ms, until_ms;
    const char *act;
    uint8_t sha[HASH_LEN]; /* of the package; zero for a grant */
    const char *answer;    /* the act that ended it; "" where there is none */
    uint64_t ended_ms;     /* 0: it waits */
    void *own;
};
void store_second_clear(struct second_row *r);
void store_second_copy(const struct second_row *from, struct second_row *to);
typedef enum err (*store_second_fn)(const struct second_row *r, void *ctx, struct fail *f);

/* store_second_add: ${package} NULL for a grant. E_CONFLICT if the act waits, or waited, already. */
MUST_USE enum err store_second_add(struct db *db, const struct second_row *r, const struct bytes *package,
                                   struct fail *f);
MUST_USE enum err store_second_get(struct db *db, const char *id, struct second_row *r, struct fail *f);
/* store_second_package: caller owns ${out}; E_NOT_FOUND once it is gone. */
MUST_USE enum err store_second_package(struct db *db, const char *id, struct buf **out, struct fail *f);
/* store_second_list: those that ${person} made or must agree to, those that wait first, then the newest. */
MUST_USE enum err store_second_list(struct db *db, const char *person, uint64_t limit, store_second_fn fn,
                                    void *ctx, struct fail *f);
/* store_second_due: those that wait and are over at ${now_ms}; store_second_next: when the next one is; E_NOT_FOUND. */
MUST_USE enum err store_second_due(struct db *db, uint64_t now_ms, store_second_fn fn, void *ctx,
                                   struct fail *f);
MUST_USE enum err store_second_next(struct db *db, uint64_t *until_ms, struct fail *f);
/* store_second_end: it waits no more, and its package is gone. E_CONFLICT if it did not wait. */
MUST_USE enum err store_second_end(struct db *db, const char *id, enum second_state state, const char *answer,
                                   uint64_t now_ms, struct fail *f);

struct compartment_row {
    const char *compartment; /* domain/NAME */
    uint64_t version;        /* from 1 */
    bool second_share, second_grant;
    const char *statement;
    uint64_t set_ms;
    void *own;
};
void store_compartment_clear(struct compartment_row *r);
void store_compartment_copy(const struct compartment_row *from, struct compartment_row *to);
typedef enum err (*store_compartment_fn)(const struct compartment_row *r, void *ctx, struct fail *f);

/* store_compartment_set: E_CONFLICT unless its version is the one after that which stands. */
MUST_USE enum err store_compartment_set(struct db *db, const struct compartment_row *r, struct fail *f);
MUST_USE enum err store_compartment_get(struct db *db, const char *compartment, struct compartment_row *r,
                                        struct fail *f);
MUST_USE enum err store_compartment_list(struct db *db, store_compartment_fn fn, void *ctx, struct fail *f);

#endif
