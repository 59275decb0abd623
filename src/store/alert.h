/* SPDX-License-Identifier: Apache-2.0
 * store/alert.h - copies presented by somebody else, and what people make of it. Conventions: store/store.h */
#ifndef STORE_ALERT_H
#define STORE_ALERT_H

#include "store/store.h"

enum alert_state { ALERT_OPEN, ALERT_EXPLAINED, ALERT_ATTRIBUTED, ALERT_STATE_COUNT };
const char *alert_state_name(enum alert_state s);
/* alert_state_read: false if there is no such state. */
bool alert_state_read(const char *name, enum alert_state *out);

struct alert_row {
    const char *id; /* of the notice */
    const char *originator, *holder;
    const char *by_person; /* who presented it */
    const char *report, *portion;
    uint64_t at_ms;
    enum alert_state state;
    const char *note, *set_by;
    uint64_t set_ms;    /* 0: nobody has looked at it */
    const char *answer; /* the holder's word, "" none */
    const char *answered_by;
    uint64_t answered_ms; /* 0: not answered */
    uint32_t generation;  /* its own entry here */
    uint64_t idx;
    void *own;
};
void store_alert_clear(struct alert_row *r);
void store_alert_copy(const struct alert_row *from, struct alert_row *to);
typedef enum err (*store_alert_fn)(const struct alert_row *r, void *ctx, struct fail *f);

/* store_alert_add: E_CONFLICT if the id is known. */
MUST_USE enum err store_alert_add(struct db *db, const struct alert_row *r, struct fail *f);
MUST_USE enum err store_alert_get(struct db *db, const char *id, struct alert_row *r, struct fail *f);
/* store_alert_set: what an officer makes of it; any state after any other. E_NOT_FOUND. */
MUST_USE enum err store_alert_set(struct db *db, const char *id, enum alert_state state, const char *note,
                                  const char *by, uint64_t at_ms, struct fail *f);
/* store_alert_answer: E_NOT_FOUND where it was answered before, or is unknown. */
MUST_USE enum err store_alert_answer(struct db *db, const char *id, const char *answer, const char *by,
                                     uint64_t at_ms, struct fail *f);
/* store_alert_count: how many since ${since_ms} about ${by} and the copies of ${report} issued to ${holder}. */
MUST_USE enum err store_alert_count(struct db *db, const char *by, const char *report, const char *holder,
                                    uint64_t since_ms, uint64_t *count, struct fail *f);
/* store_alert_list: the newest first, at most ${limit}. */
MUST_USE enum err store_alert_list(struct db *db, uint64_t limit, store_alert_fn fn, void *ctx,
                                   struct fail *f);

#endif
