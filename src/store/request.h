/* SPDX-License-Identifier: Apache-2.0
 * store/request.h - requests for onward release, ours and those made to us. Conventions: store/store.h */
#ifndef STORE_REQUEST_H
#define STORE_REQUEST_H

#include "store/store.h"

enum request_state {
    REQUEST_OPEN,
    REQUEST_GRANTED,
    REQUEST_DENIED,
    REQUEST_SILENT,
    REQUEST_WITHDRAWN,
    REQUEST_STATE_COUNT
};
const char *request_state_name(enum request_state s); /* "open" */

/* One of ${originator} and ${asker} is this node. */
struct request_row {
    const char *id;
    const char *originator; /* domain */
    const char *asker;      /* domain */
    const char *by_person;
    const char *report;
    const char *to_whom; /* a domain, or a person who asks for himself */
    const char *reason;
    const char *precedence;
    uint64_t asked_ms;
    uint64_t due_ms;
    uint64_t until_ms; /* 0: no end asked for */
    enum request_state state;
    const char *decided_by;
    uint64_t decided_ms; /* 0: not yet */
    const char *note;
    uint32_t generation; /* its own entry here */
    uint64_t idx;
    uint64_t silent_ms; /* when the originator's node said that nobody had answered in time; 0: it did not */
    bool forward;       /* for a rule to decide */
    const char *rule;   /* the reason's code by which it went or did not; "": no rule decided */
    bool cited;         /* the asker wants to cite it in a report of his own that goes there */
    void *own;
};
void store_request_clear(struct request_row *r);
void store_request_copy(const struct request_row *from, struct request_row *to);
typedef enum err (*store_request_fn)(const struct request_row *r, void *ctx, struct fail *f);

MUST_USE enum err store_request_add(struct db *db, const struct request_row *r, struct fail *f);
MUST_USE enum err store_request_get(struct db *db, const char *id, struct request_row *r, struct fail *f);
/*
 * store_request_decide: open or silent -> ${state}. E_NOT_FOUND; E_CONFLICT if it is neither:
 * REASON_WITHDRAWN where it was withdrawn, REASON_DECIDED otherwise.
 * store_request_settle: the same with the originator's decision at the asker's node, where it counts although
 * the asker took the request back in the meantime: the originator had not heard of that.
 */
MUST_USE enum err store_request_decide(struct db *db, const char *id, enum request_state state,
                                       const char *decided_by, uint64_t decided_ms, const char *note,
                                       struct fail *f);
MUST_USE enum err store_request_settle(struct db *db, const char *id, enum request_state state,
                                       const char *decided_by, uint64_t decided_ms, const char *note,
                                       struct fail *f);
/* store_request_set_rule: E_NOT_FOUND. */
MUST_USE enum err store_request_set_rule(struct db *db, const char *id, const char *rule, struct fail *f);
/* store_request_silence: nobody answered by the deadline: open -> silent; one that was withdrawn stays so.
 * E_CONFLICT (REASON_DECIDED, REASON_WITHDRAWN) unless its state is ${from}, or if it was said before. */
MUST_USE enum err store_request_silence(struct db *db, const char *id, enum request_state from,
                                        uint64_t at_ms, struct fail *f);
/* Lists: of a report, by asked_ms; of a state, by due_ms, at most ${limit}; open and due at or before
 * ${now_ms} with this originator, by due_ms. */
MUST_USE enum err store_request_list(struct db *db, const char *originator, const char *report,
                                     store_request_fn fn, void *ctx, struct fail *f);
MUST_USE enum err store_request_list_state(struct db *db, enum request_state state, uint64_t limit,
                                           store_request_fn fn, void *ctx, struct fail *f);
MUST_USE enum err store_request_list_due(struct db *db, const char *originator, uint64_t now_ms,
                                         store_request_fn fn, void *ctx, struct fail *f);
/* store_request_next_due: when the earliest open request to ${originator} is due; E_NOT_FOUND without one. */
MUST_USE enum err store_request_next_due(struct db *db, const char *originator, uint64_t *due_ms,
                                         struct fail *f);

enum request_portion_state {
    REQUEST_PORTION_ASKED,
    REQUEST_PORTION_GRANTED,
    REQUEST_PORTION_DENIED,
    REQUEST_PORTION_STATE_COUNT
};
const char *request_portion_state_name(enum request_portion_state s);

struct request_portion_row {
    const char *request;
    const char *portion;
    uint32_t n;
    enum request_portion_state state;
    void *own;
};
void store_request_portion_clear(struct request_portion_row *r);
void store_request_portion_copy(const struct request_portion_row *from, struct request_portion_row *to);
typedef enum err (*store_request_portion_fn)(const struct request_portion_row *r, void *ctx, struct fail *f);

MUST_USE enum err store_request_portion_add(struct db *db, const struct request_portion_row *r,
                                            struct fail *f);
/* store_request_portion_list: by n. */
MUST_USE enum err store_request_portion_list(struct db *db, const char *request, store_request_portion_fn fn,
                                             void *ctx, struct fail *f);
/* E_NOT_FOUND without such a row. */
MUST_USE enum err store_request_portion_set_state(struct db *db, const char *request, const char *portion,
                                                  enum request_portion_state state, struct fail *f);

#endif
