/* SPDX-License-Identifier: Apache-2.0
 * store/arrangement.h - standing terms with partners, every version. Conventions: store/store.h */
#ifndef STORE_ARRANGEMENT_H
#define STORE_ARRANGEMENT_H

#include "store/store.h"

enum arrangement_state {
    ARRANGEMENT_PROPOSED,
    ARRANGEMENT_AGREED,
    ARRANGEMENT_DROPPED,
    ARRANGEMENT_STATE_COUNT
};
const char *arrangement_state_name(enum arrangement_state s);

struct arrangement_row {
    const char *proposal; /* id of the statement that proposed it */
    const char *partner;
    uint64_t version;
    const char *proposer; /* domain */
    enum arrangement_state state;
    const char *terms;                                   /* JSON */
    const char *own_act, *own_by, *their_act, *their_by; /* "" where that side has not signed */
    uint64_t proposed_ms;
    uint64_t agreed_ms; /* 0: not yet */
    void *own;
};
void store_arrangement_clear(struct arrangement_row *r);
void store_arrangement_copy(const struct arrangement_row *from, struct arrangement_row *to);
typedef enum err (*store_arrangement_fn)(const struct arrangement_row *r, void *ctx, struct fail *f);

/* store_arrangement_put: a proposal, or the same one signed by the other side. */
MUST_USE enum err store_arrangement_put(struct db *db, const struct arrangement_row *r, struct fail *f);
MUST_USE enum err store_arrangement_get(struct db *db, const char *proposal, struct arrangement_row *r,
                                        struct fail *f);
/* store_arrangement_at: the newest version that was agreed with ${partner} by ${at_ms}. E_NOT_FOUND. */
MUST_USE enum err store_arrangement_at(struct db *db, const char *partner, uint64_t at_ms,
                                       struct arrangement_row *r, struct fail *f);
/* store_arrangement_newest: the one with the highest version that is not dropped. E_NOT_FOUND. */
MUST_USE enum err store_arrangement_newest(struct db *db, const char *partner, struct arrangement_row *r,
                                           struct fail *f);
/* store_arrangement_drop: open proposals with ${partner} up to ${version} but ${proposal}; none is no error. */
MUST_USE enum err store_arrangement_drop(struct db *db, const char *partner, uint64_t version,
                                         const char *proposal, struct fail *f);
/* store_arrangement_list: all with ${partner}, the newest first. */
MUST_USE enum err store_arrangement_list(struct db *db, const char *partner, store_arrangement_fn fn,
                                         void *ctx, struct fail *f);

#endif
