/* SPDX-License-Identifier: Apache-2.0 */
#include "store/inquiry.h"

#include "store/row.h"

static const char *const states[] = {
    [INQUIRY_OPEN] = "open", [INQUIRY_ANSWERED] = "answered", [INQUIRY_UNANSWERED] = "unanswered"
};

const char *inquiry_state_name(enum inquiry_state s)
{
    return states[s];
}

static const struct field inquiry_fields[] = {
    FIELD(inquiry_row, id, FIELD_TEXT),         FIELD(inquiry_row, asker, FIELD_TEXT),
    FIELD(inquiry_row, asked, FIELD_TEXT),      FIELD(inquiry_row, by_person, FIELD_TEXT),
    FIELD(inquiry_row, originator, FIELD_TEXT), FIELD(inquiry_row, report, FIELD_TEXT),
    FIELD(inquiry_row, digest, FIELD_TEXT),     FIELD(inquiry_row, note, FIELD_TEXT),
    FIELD(inquiry_row, at_ms, FIELD_U64),       FIELD(inquiry_row, due_ms, FIELD_U64),
    FIELD_ENUM(inquiry_row, state, states),     FIELD(inquiry_row, answer, FIELD_TEXT),
    FIELD(inquiry_row, text, FIELD_TEXT),       FIELD(inquiry_row, answered_by, FIELD_TEXT),
    FIELD(inquiry_row, answered_ms, FIELD_U64), FIELD(inquiry_row, generation, FIELD_U32),
    FIELD(inquiry_row, idx, FIELD_U64),
};
SHAPE(inquiry, inquiry_fields, 17);
ROW_GET(inquiry)
ROW_LIST(inquiry)

enum err store_inquiry_add(struct db *db, const struct inquiry_row *r, struct fail *f)
{
    return row_put(db, Q_INQUIRY_ADD, &inquiry_shape, r, f);
}

enum err store_inquiry_get(struct db *db, const char *id, struct inquiry_row *r, struct fail *f)
{
    return db_one(db, Q_INQUIRY_GET, ARGS(TEXT(id)), inquiry_one, r, f);
}

enum err store_inquiry_answer(struct db *db, const char *id, const char *answer, const char *text,
                              const char *by, uint64_t at_ms, struct fail *f)
{
    return db_must(db, Q_INQUIRY_ANSWER, ARGS(TEXT(id), TEXT(answer), TEXT(text), TEXT(by), NUMBER(at_ms)),
                   f);
}

enum err store_inquiry_lapse(struct db *db, const char *id, struct fail *f)
{
    return db_must(db, Q_INQUIRY_LAPSE, ARGS(TEXT(id)), f);
}

enum err store_inquiry_due(struct db *db, uint64_t now_ms, store_inquiry_fn fn, void *ctx, struct fail *f)
{
    return db_each(db, Q_INQUIRY_DUE, ARGS(NUMBER(now_ms)), inquiry_each, LIST(inquiry), f);
}

enum err store_inquiry_next_due(struct db *db, uint64_t *due_ms, struct fail *f)
{
    return db_one(db, Q_INQUIRY_NEXT_DUE, NO_ARGS, row_take_number, due_ms, f);
}

enum err store_inquiry_list(struct db *db, uint64_t limit, store_inquiry_fn fn, void *ctx, struct fail *f)
{
    return db_each(db, Q_INQUIRY_LIST, ARGS(NUMBER(limit)), inquiry_each, LIST(inquiry), f);
}
