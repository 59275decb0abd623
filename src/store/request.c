/* SPDX-License-Identifier: Apache-2.0 */
#include "store/request.h"

#include "store/row.h"

static const char *const states[REQUEST_STATE_COUNT] = { "open", "granted", "denied", "silent", "withdrawn" };
static const char *const portion_states[REQUEST_PORTION_STATE_COUNT] = { "asked", "granted", "denied" };

const char *request_state_name(enum request_state s)
{
    return states[s];
}

const char *request_portion_state_name(enum request_portion_state s)
{
    return portion_states[s];
}

static const struct field request_fields[] = {
    FIELD(request_row, id, FIELD_TEXT),         FIELD(request_row, originator, FIELD_TEXT),
    FIELD(request_row, asker, FIELD_TEXT),      FIELD(request_row, by_person, FIELD_TEXT),
    FIELD(request_row, report, FIELD_TEXT),     FIELD(request_row, to_whom, FIELD_TEXT),
    FIELD(request_row, reason, FIELD_TEXT),     FIELD(request_row, precedence, FIELD_TEXT),
    FIELD(request_row, asked_ms, FIELD_U64),    FIELD(request_row, due_ms, FIELD_U64),
    FIELD(request_row, until_ms, FIELD_U64),    FIELD_ENUM(request_row, state, states),
    FIELD(request_row, decided_by, FIELD_TEXT), FIELD(request_row, decided_ms, FIELD_U64),
    FIELD(request_row, note, FIELD_TEXT),       FIELD(request_row, generation, FIELD_U32),
    FIELD(request_row, idx, FIELD_U64),         FIELD(request_row, silent_ms, FIELD_U64),
    FIELD(request_row, forward, FIELD_BOOL),    FIELD(request_row, rule, FIELD_TEXT),
    FIELD(request_row, cited, FIELD_BOOL),
};
SHAPE(request, request_fields, 21);
ROW_GET(request)
ROW_LIST(request)

enum err store_request_add(struct db *db, const struct request_row *r, struct fail *f)
{
    return row_put(db, Q_REQUEST_ADD, &request_shape, r, f);
}

enum err store_request_get(struct db *db, const char *id, struct request_row *r, struct fail *f)
{
    return db_one(db, Q_REQUEST_GET, ARGS(TEXT(id)), request_one, r, f);
}

/* A change that found nothing to change: why. */
static enum err changed(struct db *db, const char *id, uint64_t changes, struct fail *f)
{
    AUTO(store_request_clear) struct request_row r = { 0 };
    if (changes)
        return OK;
    TRY(store_request_get(db, id, &r, f));
    return fail_why(f, r.state == REQUEST_WITHDRAWN ? REASON_WITHDRAWN : REASON_DECIDED, "request %s is %s",
                    id, states[r.state]);
}

static enum err decide(struct db *db, enum sql how, const char *id, enum request_state state,
                       const char *decided_by, uint64_t decided_ms, const char *note, struct fail *f)
{
    uint64_t changes = 0;
    TRY(db_run(db, how, ARGS(TEXT(id), TEXT(states[state]), TEXT(decided_by), NUMBER(decided_ms), TEXT(note)),
               &changes, f));
    return changed(db, id, changes, f);
}

enum err store_request_decide(struct db *db, const char *id, enum request_state state, const char *decided_by,
                              uint64_t decided_ms, const char *note, struct fail *f)
{
    return decide(db, Q_REQUEST_DECIDE, id, state, decided_by, decided_ms, note, f);
}

enum err store_request_settle(struct db *db, const char *id, enum request_state state, const char *decided_by,
                              uint64_t decided_ms, const char *note, struct fail *f)
{
    return decide(db, Q_REQUEST_SETTLE, id, state, decided_by, decided_ms, note, f);
}

enum err store_request_set_rule(struct db *db, const char *id, const char *rule, struct fail *f)
{
    return db_must(db, Q_REQUEST_SET_RULE, ARGS(TEXT(id), TEXT(rule)), f);
}

enum err store_request_silence(struct db *db, const char *id, enum request_state from, uint64_t at_ms,
                               struct fail *f)
{
    uint64_t changes = 0;
    TRY(db_run(db, Q_REQUEST_SILENCE, ARGS(TEXT(id), TEXT(states[from]), NUMBER(at_ms)), &changes, f));
    return changed(db, id, changes, f);
}

enum err store_request_list(struct db *db, const char *originator, const char *report, store_request_fn fn,
                            void *ctx, struct fail *f)
{
    return db_each(db, Q_REQUEST_LIST, ARGS(TEXT(originator), TEXT(report)), request_each, LIST(request), f);
}

enum err store_request_list_state(struct db *db, enum request_state state, uint64_t limit,
                                  store_request_fn fn, void *ctx, struct fail *f)
{
    return db_each(db, Q_REQUEST_LIST_STATE, ARGS(TEXT(states[state]), arg_bound(limit)), request_each,
                   LIST(request), f);
}

enum err store_request_list_due(struct db *db, const char *originator, uint64_t now_ms, store_request_fn fn,
                                void *ctx, struct fail *f)
{
    return db_each(db, Q_REQUEST_LIST_DUE, ARGS(TEXT(originator), NUMBER(now_ms)), request_each,
                   LIST(request), f);
}

enum err store_request_next_due(struct db *db, const char *originator, uint64_t *due_ms, struct fail *f)
{
    return db_one(db, Q_REQUEST_NEXT_DUE, ARGS(TEXT(originator)), row_take_number, due_ms, f);
}

static const struct field portion_fields[] = {
    FIELD(request_portion_row, request, FIELD_TEXT),
    FIELD(request_portion_row, portion, FIELD_TEXT),
    FIELD(request_portion_row, n, FIELD_U32),
    FIELD_ENUM(request_portion_row, state, portion_states),
};
SHAPE(request_portion, portion_fields, 4);
ROW_CLEAR(request_portion)
ROW_LIST(request_portion)

enum err store_request_portion_add(struct db *db, const struct request_portion_row *r, struct fail *f)
{
    return row_put(db, Q_REQUEST_PORTION_ADD, &request_portion_shape, r, f);
}

enum err store_request_portion_list(struct db *db, const char *request, store_request_portion_fn fn,
                                    void *ctx, struct fail *f)
{
    return db_each(db, Q_REQUEST_PORTION_LIST, ARGS(TEXT(request)), request_portion_each,
                   LIST(request_portion), f);
}

enum err store_request_portion_set_state(struct db *db, const char *request, const char *portion,
                                         enum request_portion_state state, struct fail *f)
{
    return db_must(db, Q_REQUEST_PORTION_SET_STATE,
                   ARGS(TEXT(request), TEXT(portion), TEXT(portion_states[state])), f);
}
