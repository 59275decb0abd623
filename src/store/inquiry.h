/* SPDX-License-Identifier: Apache-2.0
 * store/inquiry.h - 'this text is out: did you pass it?'. Conventions: store/store.h */
#ifndef STORE_INQUIRY_H
#define STORE_INQUIRY_H

#include "store/store.h"

enum inquiry_state { INQUIRY_OPEN, INQUIRY_ANSWERED, INQUIRY_UNANSWERED, INQUIRY_STATE_COUNT };
const char *inquiry_state_name(enum inquiry_state s);

struct inquiry_row {
    const char *id;
    const char *asker, *asked; /* domains */
    const char *by_person;
    const char *originator, *report; /* "" where no report is named */
    const char *digest;              /* of the text, base64url */
    const char *note;
    uint64_t at_ms; /* by the asker's clock */
    uint64_t due_ms;
    enum inquiry_state state;
    const char *answer; /* "" none, "no", "evidence", "passed" */
    const char *text;
    const char *answered_by;
    uint64_t answered_ms; /* by the clock of who answered; 0: not yet */
    uint32_t generation;  /* its own entry here */
    uint64_t idx;
    void *own;
};
void store_inquiry_clear(struct inquiry_row *r);
void store_inquiry_copy(const struct inquiry_row *from, struct inquiry_row *to);
typedef enum err (*store_inquiry_fn)(const struct inquiry_row *r, void *ctx, struct fail *f);

/* store_inquiry_add: E_CONFLICT if the id is known. */
MUST_USE enum err store_inquiry_add(struct db *db, const struct inquiry_row *r, struct fail *f);
MUST_USE enum err store_inquiry_get(struct db *db, const char *id, struct inquiry_row *r, struct fail *f);
/* store_inquiry_answer: E_NOT_FOUND where it was answered before, or is unknown. */
MUST_USE enum err store_inquiry_answer(struct db *db, const char *id, const char *answer, const char *text,
                                       const char *by, uint64_t at_ms, struct fail *f);
/* store_inquiry_lapse: its deadline has passed: open becomes unanswered. E_NOT_FOUND unless it is open. */
MUST_USE enum err store_inquiry_lapse(struct db *db, const char *id, struct fail *f);
/* store_inquiry_due: open ones with due_ms <= ${now_ms}, by due_ms. store_inquiry_next_due: E_NOT_FOUND if none is
 * open. */
MUST_USE enum err store_inquiry_due(struct db *db, uint64_t now_ms, store_inquiry_fn fn, void *ctx,
                                    struct fail *f);
MUST_USE enum err store_inquiry_next_due(struct db *db, uint64_t *due_ms, struct fail *f);
/* store_inquiry_list: the newest first, at most ${limit}. */
MUST_USE enum err store_inquiry_list(struct db *db, uint64_t limit, store_inquiry_fn fn, void *ctx,
                                     struct fail *f);

#endif
