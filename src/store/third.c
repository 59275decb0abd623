/* SPDX-License-Identifier: Apache-2.0 */
#include "store/third.h"

#include "store/row.h"

static const struct field introduction_fields[] = {
    FIELD(introduction_row, request, FIELD_TEXT),
    FIELD(introduction_row, domain, FIELD_TEXT),
    FIELD(introduction_row, via, FIELD_TEXT),
    FIELD(introduction_row, jws, FIELD_TEXT),
};
SHAPE(introduction, introduction_fields, 4);
ROW_GET(introduction)

enum err store_introduction_add(struct db *db, const struct introduction_row *r, struct fail *f)
{
    return row_put(db, Q_INTRODUCTION_ADD, &introduction_shape, r, f);
}

enum err store_introduction_get(struct db *db, const char *request, struct introduction_row *r,
                                struct fail *f)
{
    return db_one(db, Q_INTRODUCTION_GET, ARGS(TEXT(request)), introduction_one, r, f);
}

static const struct field quarantine_fields[] = {
    FIELD(quarantine_row, iss, FIELD_TEXT),        FIELD(quarantine_row, statement, FIELD_TEXT),
    FIELD(quarantine_row, kind, FIELD_TEXT),       FIELD(quarantine_row, report, FIELD_TEXT),
    FIELD(quarantine_row, received_ms, FIELD_U64), FIELD(quarantine_row, jws, FIELD_TEXT),
    FIELD(quarantine_row, package, FIELD_BYTES),   FIELD(quarantine_row, id, FIELD_U64),
};
SHAPE(quarantine, quarantine_fields, 7);
ROW_GET(quarantine)
ROW_LIST(quarantine)

enum err store_quarantine_add(struct db *db, const struct quarantine_row *r, struct fail *f)
{
    return row_put(db, Q_QUARANTINE_ADD, &quarantine_shape, r, f);
}

enum err store_quarantine_get(struct db *db, const char *iss, const char *statement, struct quarantine_row *r,
                              struct fail *f)
{
    return db_one(db, Q_QUARANTINE_GET, ARGS(TEXT(iss), TEXT(statement)), quarantine_one, r, f);
}

enum err store_quarantine_first(struct db *db, const char *iss, struct quarantine_row *r, struct fail *f)
{
    return db_one(db, Q_QUARANTINE_FIRST, ARGS(TEXT(iss)), quarantine_one, r, f);
}

enum err store_quarantine_list(struct db *db, store_quarantine_fn fn, void *ctx, struct fail *f)
{
    return db_each(db, Q_QUARANTINE_LIST, NO_ARGS, quarantine_each, LIST(quarantine), f);
}

struct usage {
    uint64_t count, bytes;
};

static enum err take_usage(const struct cursor *c, void *ctx, struct fail *f)
{
    struct usage *u = ctx;
    return cursor_number(c, 0, &u->count) && cursor_number(c, 1, &u->bytes)
               ? OK
               : fail_set(f, E_STORE, "damaged row of table quarantine");
}

enum err store_quarantine_usage(struct db *db, const char *iss, uint64_t *count, uint64_t *bytes,
                                struct fail *f)
{
    struct usage u;
    if (*iss)
        TRY(db_one(db, Q_QUARANTINE_USAGE, ARGS(TEXT(iss)), take_usage, &u, f));
    else
        TRY(db_one(db, Q_QUARANTINE_USAGE_ALL, NO_ARGS, take_usage, &u, f));
    *count = u.count;
    *bytes = u.bytes;
    return OK;
}

enum err store_quarantine_delete(struct db *db, uint64_t id, struct fail *f)
{
    return db_must(db, Q_QUARANTINE_DELETE, ARGS(NUMBER(id)), f);
}

enum err store_quarantine_drop(struct db *db, const char *iss, struct fail *f)
{
    return db_run(db, Q_QUARANTINE_DROP, ARGS(TEXT(iss)), NULL, f);
}
