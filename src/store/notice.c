/* SPDX-License-Identifier: Apache-2.0 */
#include "store/notice.h"

#include "store/inside.h"
#include "store/row.h"

static const struct field notice_fields[] = {
    FIELD(notice_row, item, FIELD_TEXT),     FIELD(notice_row, kind, FIELD_TEXT),
    FIELD(notice_row, audience, FIELD_TEXT), FIELD(notice_row, at_ms, FIELD_U64),
    FIELD(notice_row, seq, FIELD_U64),       FIELD(notice_row, item_kind, FIELD_TEXT),
    FIELD(notice_row, sender, FIELD_TEXT),   FIELD(notice_row, item_at_ms, FIELD_U64),
    FIELD(notice_row, due_ms, FIELD_U64),    FIELD(notice_row, ref, FIELD_TEXT),
    FIELD(notice_row, about, FIELD_TEXT),    FIELD(notice_row, done_ms, FIELD_U64),
};
SHAPE(notice, notice_fields, 4);
ROW_GET(notice)
ROW_LIST(notice)

enum err store_notice_add(struct db *db, const struct notice_row *r, struct fail *f)
{
    return row_put(db, Q_NOTICE_ADD, &notice_shape, r, f);
}

enum err store_notice_list(struct db *db, const char *const *audiences, size_t count, uint64_t after,
                           uint64_t limit, store_notice_fn fn, void *ctx, struct fail *f)
{
    struct arg args[ITEM_AUDIENCES + 2];
    item_audiences(audiences, count, args);
    args[ITEM_AUDIENCES] = NUMBER(after);
    args[ITEM_AUDIENCES + 1] = arg_bound(limit);
    return db_each(db, Q_NOTICE_LIST, args, COUNT(args), notice_each, LIST(notice), f);
}

enum err store_notice_next(struct db *db, uint64_t after, struct notice_row *r, struct fail *f)
{
    return db_one(db, Q_NOTICE_NEXT, ARGS(NUMBER(after)), notice_one, r, f);
}

enum err store_notice_newest(struct db *db, uint64_t *seq, struct fail *f)
{
    return db_one(db, Q_NOTICE_NEWEST, NO_ARGS, row_take_number, seq, f);
}

static const struct field reminder_fields[] = {
    FIELD(reminder_row, item, FIELD_TEXT),
    FIELD(reminder_row, kind, FIELD_TEXT),
    FIELD(reminder_row, due_ms, FIELD_U64),
};
SHAPE(reminder, reminder_fields, 3);
ROW_CLEAR(reminder)
ROW_LIST(reminder)

enum err store_reminder_add(struct db *db, const struct reminder_row *r, struct fail *f)
{
    return row_put(db, Q_REMINDER_ADD, &reminder_shape, r, f);
}

enum err store_reminder_drop(struct db *db, const char *item, const char *kind, struct fail *f)
{
    return db_must(db, Q_REMINDER_DROP, ARGS(TEXT(item), TEXT(kind)), f);
}

enum err store_reminder_list(struct db *db, uint64_t now_ms, store_reminder_fn fn, void *ctx, struct fail *f)
{
    return db_each(db, Q_REMINDER_LIST, ARGS(NUMBER(now_ms)), reminder_each, LIST(reminder), f);
}

enum err store_reminder_next(struct db *db, uint64_t *due_ms, struct fail *f)
{
    return db_one(db, Q_REMINDER_NEXT, NO_ARGS, row_take_number, due_ms, f);
}
