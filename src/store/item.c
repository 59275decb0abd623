/* SPDX-License-Identifier: Apache-2.0 */
#include "store/item.h"

#include "store/inside.h"
#include "store/row.h"

static const struct field fields[] = {
    FIELD(item_row, id, FIELD_TEXT),       FIELD(item_row, kind, FIELD_TEXT),
    FIELD(item_row, audience, FIELD_TEXT), FIELD(item_row, sender, FIELD_TEXT),
    FIELD(item_row, at_ms, FIELD_U64),     FIELD(item_row, due_ms, FIELD_U64),
    FIELD(item_row, ref, FIELD_TEXT),      FIELD(item_row, about, FIELD_TEXT),
    FIELD(item_row, done_ms, FIELD_U64),
};
SHAPE(item, fields, 9);
ROW_GET(item)
ROW_LIST(item)

enum err store_item_add(struct db *db, const struct item_row *r, struct fail *f)
{
    return row_put(db, Q_ITEM_ADD, &item_shape, r, f);
}

enum err store_item_get(struct db *db, const char *id, struct item_row *r, struct fail *f)
{
    return db_one(db, Q_ITEM_GET, ARGS(TEXT(id)), item_one, r, f);
}

void item_audiences(const char *const *audiences, size_t count, struct arg out[static ITEM_AUDIENCES])
{
    if (count == 0 || count > ITEM_AUDIENCES)
        BUG("number of audiences");
    for (size_t i = 0; i < ITEM_AUDIENCES; i++) /* the first again where there are fewer */
        out[i] = TEXT(audiences[i < count ? i : 0]);
}

enum err store_item_list(struct db *db, const char *const *audiences, size_t count, bool done_too,
                         uint64_t since_ms, uint64_t limit, store_item_fn fn, void *ctx, struct fail *f)
{
    struct arg args[ITEM_AUDIENCES + 3];
    item_audiences(audiences, count, args);
    args[ITEM_AUDIENCES] = arg_bound(done_too ? UINT64_MAX : 0);
    args[ITEM_AUDIENCES + 1] = NUMBER(since_ms);
    args[ITEM_AUDIENCES + 2] = arg_bound(limit);
    return db_each(db, Q_ITEM_LIST, args, COUNT(args), item_each, LIST(item), f);
}

enum err store_item_open(struct db *db, const char *ref, const char *kind, uint64_t *count, struct fail *f)
{
    return db_one(db, Q_ITEM_OPEN, ARGS(TEXT(ref), TEXT(kind)), row_take_number, count, f);
}

enum err store_item_done(struct db *db, const char *ref, const char *kind, uint64_t done_ms, struct fail *f)
{
    return db_run(db, Q_ITEM_DONE, ARGS(TEXT(ref), TEXT(kind), NUMBER(done_ms)), NULL, f);
}

enum err store_item_done_id(struct db *db, const char *id, uint64_t done_ms, struct fail *f)
{
    return db_must(db, Q_ITEM_DONE_ID, ARGS(TEXT(id), NUMBER(done_ms)), f);
}
