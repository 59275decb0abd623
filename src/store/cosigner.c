/* SPDX-License-Identifier: Apache-2.0 */
#include "store/cosigner.h"

#include "store/row.h"

/* Logs that are watched ---------------------------------------------------------------------------------- */

static const struct field watched_fields[] = {
    FIELD(watched_row, role, FIELD_TEXT),   FIELD(watched_row, origin, FIELD_TEXT),
    FIELD(watched_row, size, FIELD_U64),    FIELD(watched_row, root, FIELD_HASH),
    FIELD(watched_row, note, FIELD_TEXT),   FIELD(watched_row, time_s, FIELD_U64),
    FIELD(watched_row, entries, FIELD_U64), FIELD(watched_row, wrong, FIELD_TEXT),
};
SHAPE(watched, watched_fields, 8);
ROW_GET(watched)
ROW_LIST(watched)

enum err store_watched_get(struct db *db, const char *role, const char *origin, struct watched_row *r,
                           struct fail *f)
{
    return db_one(db, Q_WATCHED_GET, ARGS(TEXT(role), TEXT(origin)), watched_one, r, f);
}

enum err store_watched_put(struct db *db, const struct watched_row *r, struct fail *f)
{
    return row_put(db, Q_WATCHED_PUT, &watched_shape, r, f);
}

enum err store_watched_list(struct db *db, store_watched_fn fn, void *ctx, struct fail *f)
{
    return db_each(db, Q_WATCHED_LIST, NO_ARGS, watched_each, LIST(watched), f);
}

enum err store_watched_entry_put(struct db *db, const char *origin, uint64_t idx, struct bytes entry,
                                 struct fail *f)
{
    return db_run(db, Q_WATCHED_ENTRY_PUT, ARGS(TEXT(origin), NUMBER(idx), BLOB(entry)), NULL, f);
}

enum err store_watched_entries(struct db *db, const char *origin, uint64_t from, uint64_t to,
                               store_entry_fn fn, void *ctx, struct fail *f)
{
    return db_each(db, Q_WATCHED_ENTRIES, ARGS(TEXT(origin), NUMBER(from), NUMBER(to)), row_entry_each,
                   LIST(entry), f);
}

static enum err take_number(const struct cursor *c, void *ctx, struct fail *f)
{
    uint64_t v;
    if (!cursor_number(c, 0, &v) || v > UINT32_MAX)
        return fail_set(f, E_STORE, "no number of a log");
    *(uint32_t *)ctx = (uint32_t)v;
    return OK;
}

enum err store_watched_number(struct db *db, const char *origin, uint32_t *number, struct fail *f)
{
    TRY(db_run(db, Q_WATCHED_NUMBER_PUT, ARGS(TEXT(origin)), NULL, f));
    return db_one(db, Q_WATCHED_NUMBER_GET, ARGS(TEXT(origin)), take_number, number, f);
}

/* Who cosigns --------------------------------------------------------------------------------------------- */

static const struct field cosigner_fields[] = {
    FIELD(cosigner_row, vkey, FIELD_TEXT),      FIELD(cosigner_row, url, FIELD_TEXT),
    FIELD(cosigner_row, local, FIELD_BOOL),     FIELD(cosigner_row, added_ms, FIELD_U64),
    FIELD(cosigner_row, generation, FIELD_U32), FIELD(cosigner_row, size, FIELD_U64),
    FIELD(cosigner_row, time_s, FIELD_U64),     FIELD(cosigner_row, ahead, FIELD_U64),
    FIELD(cosigner_row, shown, FIELD_TEXT),
};
SHAPE(cosigner, cosigner_fields, 9);
ROW_GET(cosigner)
ROW_LIST(cosigner)

enum err store_cosigner_get(struct db *db, const char *vkey, struct cosigner_row *r, struct fail *f)
{
    return db_one(db, Q_COSIGNER_GET, ARGS(TEXT(vkey)), cosigner_one, r, f);
}

enum err store_cosigner_put(struct db *db, const struct cosigner_row *r, struct fail *f)
{
    return row_put(db, Q_COSIGNER_PUT, &cosigner_shape, r, f);
}

enum err store_cosigner_list(struct db *db, store_cosigner_fn fn, void *ctx, struct fail *f)
{
    return db_each(db, Q_COSIGNER_LIST, NO_ARGS, cosigner_each, LIST(cosigner), f);
}

enum err store_cosigner_remove(struct db *db, const char *vkey, struct fail *f)
{
    return db_must(db, Q_COSIGNER_REMOVE, ARGS(TEXT(vkey)), f);
}
