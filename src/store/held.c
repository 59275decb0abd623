/* SPDX-License-Identifier: Apache-2.0 */
#include "store/held.h"

#include "store/row.h"

static const struct field held_fields[] = {
    FIELD(held_row, originator, FIELD_TEXT), FIELD(held_row, share, FIELD_TEXT),
    FIELD(held_row, report, FIELD_TEXT),     FIELD(held_row, audience, FIELD_TEXT),
    FIELD(held_row, banner, FIELD_TEXT),     FIELD(held_row, stray, FIELD_BOOL),
    FIELD(held_row, received_ms, FIELD_U64), FIELD(held_row, jws, FIELD_TEXT),
    FIELD(held_row, shared_ms, FIELD_U64),   FIELD(held_row, hidden, FIELD_BOOL),
};
SHAPE(held, held_fields, 10);
ROW_GET(held)
ROW_LIST(held)

enum err store_held_add(struct db *db, const struct held_row *r, struct fail *f)
{
    return row_put(db, Q_HELD_ADD, &held_shape, r, f);
}

enum err store_held_get(struct db *db, const char *originator, const char *share, struct held_row *r,
                        struct fail *f)
{
    return db_one(db, Q_HELD_GET, ARGS(TEXT(originator), TEXT(share)), held_one, r, f);
}

enum err store_held_newest(struct db *db, const char *originator, const char *report, struct held_row *r,
                           struct fail *f)
{
    return db_one(db, Q_HELD_NEWEST, ARGS(TEXT(originator), TEXT(report), NUMBER(0)), held_one, r, f);
}

enum err store_held_stray(struct db *db, const char *originator, const char *report, struct held_row *r,
                          struct fail *f)
{
    return db_one(db, Q_HELD_NEWEST, ARGS(TEXT(originator), TEXT(report), NUMBER(1)), held_one, r, f);
}

enum err store_held_list(struct db *db, uint64_t limit, uint64_t offset, store_held_fn fn, void *ctx,
                         struct fail *f)
{
    return db_each(db, Q_HELD_LIST, ARGS(arg_bound(limit), arg_bound(offset)), held_each, LIST(held), f);
}

enum err store_held_list_report(struct db *db, const char *originator, const char *report, store_held_fn fn,
                                void *ctx, struct fail *f)
{
    return db_each(db, Q_HELD_LIST_REPORT, ARGS(TEXT(originator), TEXT(report)), held_each, LIST(held), f);
}

enum err store_held_origin(struct db *db, const char *report, store_id_fn fn, void *ctx, struct fail *f)
{
    return db_each(db, Q_HELD_ORIGIN, ARGS(TEXT(report)), row_id_each, &(struct id_list){ fn, ctx }, f);
}

static const struct field portion_fields[] = {
    FIELD(held_portion_row, originator, FIELD_TEXT), FIELD(held_portion_row, share, FIELD_TEXT),
    FIELD(held_portion_row, portion, FIELD_TEXT),    FIELD(held_portion_row, n, FIELD_U32),
    FIELD(held_portion_row, mark, FIELD_TEXT),       FIELD(held_portion_row, clear, FIELD_BOOL),
    FIELD(held_portion_row, recalled_ms, FIELD_U64),
};
SHAPE(held_portion, portion_fields, 6);
ROW_GET(held_portion)
ROW_LIST(held_portion)

enum err store_held_portion_add(struct db *db, const struct held_portion_row *r, struct bytes content,
                                struct fail *f)
{
    return row_put_with(db, Q_HELD_PORTION_ADD, &held_portion_shape, r, BLOB(content), f);
}

enum err store_held_portion_others(struct db *db, const char *portion, const char *originator,
                                   uint64_t *count, struct fail *f)
{
    return db_one(db, Q_HELD_PORTION_OTHERS, ARGS(TEXT(portion), TEXT(originator)), row_take_number, count,
                  f);
}

enum err store_held_portion_get(struct db *db, const char *originator, const char *share, const char *portion,
                                struct held_portion_row *r, struct fail *f)
{
    return db_one(db, Q_HELD_PORTION_GET, ARGS(TEXT(originator), TEXT(share), TEXT(portion)),
                  held_portion_one, r, f);
}

enum err store_held_portion_list(struct db *db, const char *originator, const char *share,
                                 store_held_portion_fn fn, void *ctx, struct fail *f)
{
    return db_each(db, Q_HELD_PORTION_LIST, ARGS(TEXT(originator), TEXT(share)), held_portion_each,
                   LIST(held_portion), f);
}

enum err store_held_portion_merged(struct db *db, const char *originator, const char *report,
                                   store_held_portion_fn fn, void *ctx, struct fail *f)
{
    return db_each(db, Q_HELD_PORTION_MERGED, ARGS(TEXT(originator), TEXT(report)), held_portion_each,
                   LIST(held_portion), f);
}

enum err store_held_portion_content(struct db *db, const char *originator, const char *share,
                                    const char *portion, struct buf **out, struct fail *f)
{
    return db_one(db, Q_HELD_PORTION_CONTENT, ARGS(TEXT(originator), TEXT(share), TEXT(portion)),
                  row_take_buf, out, f);
}

enum err store_held_recall_put(struct db *db, const char *originator, const char *portion, uint64_t at_ms,
                               const char *statement, struct fail *f)
{
    return db_run(db, Q_HELD_RECALL_PUT,
                  ARGS(TEXT(originator), TEXT(portion), NUMBER(at_ms), TEXT(statement)), NULL, f);
}

enum err store_held_recall_drop(struct db *db, const char *originator, const char *portion,
                                uint64_t before_ms, struct fail *f)
{
    return db_run(db, Q_HELD_RECALL_DROP, ARGS(TEXT(originator), TEXT(portion), NUMBER(before_ms)), NULL, f);
}

static const struct field sum_fields[] = {
    FIELD(held_sum_row, domain, FIELD_TEXT),
    FIELD(held_sum_row, bytes, FIELD_U64),
};
SHAPE(held_sum, sum_fields, 2);
ROW_LIST(held_sum)

enum err store_held_sum_get(struct db *db, const char *domain, uint64_t *bytes, struct fail *f)
{
    *bytes = 0;
    enum err e = db_one(db, Q_HELD_SUM_GET, ARGS(TEXT(domain)), row_take_number, bytes, f);
    return store_missing(e, f) ? OK : e;
}

enum err store_held_sum_add(struct db *db, const char *domain, uint64_t bytes, struct fail *f)
{
    return db_run(db, Q_HELD_SUM_ADD, ARGS(TEXT(domain), NUMBER(bytes)), NULL, f);
}

enum err store_held_sum_list(struct db *db, uint64_t above, store_held_sum_fn fn, void *ctx, struct fail *f)
{
    return db_each(db, Q_HELD_SUM_LIST, ARGS(NUMBER(above)), held_sum_each, LIST(held_sum), f);
}
