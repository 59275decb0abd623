/* SPDX-License-Identifier: Apache-2.0 */
#include "store/draft.h"

#include "store/row.h"

static const struct field fields[] = {
    FIELD(draft_row, person, FIELD_TEXT), FIELD(draft_row, id, FIELD_TEXT),
    FIELD(draft_row, version, FIELD_U64), FIELD(draft_row, changed_ms, FIELD_U64),
    FIELD(draft_row, size, FIELD_U64),
};
SHAPE(draft, fields, 4);
ROW_GET(draft)
ROW_LIST(draft)

enum err store_draft_add(struct db *db, const struct draft_row *r, struct bytes sealed, struct fail *f)
{
    return row_put_with(db, Q_DRAFT_ADD, &draft_shape, r, BLOB(sealed), f);
}

enum err store_draft_change(struct db *db, const struct draft_row *r, struct bytes sealed, struct fail *f)
{
    uint64_t changes = 0;
    TRY(db_run(db, Q_DRAFT_CHANGE,
               ARGS(TEXT(r->person), TEXT(r->id), NUMBER(r->version), NUMBER(r->changed_ms), BLOB(sealed)),
               &changes, f));
    return changes ? OK : fail_set(f, E_CONFLICT, "the draft has another version by now");
}

enum err store_draft_get(struct db *db, const char *person, const char *id, struct draft_row *r,
                         struct fail *f)
{
    return db_one(db, Q_DRAFT_GET, ARGS(TEXT(person), TEXT(id)), draft_one, r, f);
}

enum err store_draft_sealed(struct db *db, const char *person, const char *id, struct buf **out,
                            struct fail *f)
{
    return db_one(db, Q_DRAFT_SEALED, ARGS(TEXT(person), TEXT(id)), row_take_buf, out, f);
}

enum err store_draft_list(struct db *db, const char *person, store_draft_fn fn, void *ctx, struct fail *f)
{
    return db_each(db, Q_DRAFT_LIST, ARGS(TEXT(person)), draft_each, LIST(draft), f);
}

struct usage {
    uint64_t count, bytes;
};

static enum err take_usage(const struct cursor *c, void *ctx, struct fail *f)
{
    struct usage *u = ctx;
    if (!cursor_number(c, 0, &u->count) || !cursor_number(c, 1, &u->bytes))
        return fail_set(f, E_STORE, "damaged row of table draft");
    return OK;
}

enum err store_draft_usage(struct db *db, const char *person, uint64_t *count, uint64_t *bytes,
                           struct fail *f)
{
    struct usage u;
    TRY(db_one(db, Q_DRAFT_USAGE, ARGS(TEXT(person)), take_usage, &u, f));
    *count = u.count;
    *bytes = u.bytes;
    return OK;
}

enum err store_draft_drop(struct db *db, const char *person, const char *id, struct fail *f)
{
    uint64_t changes = 0;
    TRY(db_run(db, Q_DRAFT_DROP, ARGS(TEXT(person), TEXT(id)), &changes, f));
    return changes ? OK : fail_set(f, E_NOT_FOUND, "no such draft");
}
