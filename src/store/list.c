/* SPDX-License-Identifier: Apache-2.0 */
#include "store/list.h"

#include "store/row.h"

static const char *const kinds[LIST_KIND_COUNT] = { "clients", "community", "group" };

const char *list_kind_name(enum list_kind k)
{
    return kinds[k];
}

static const struct field list_fields[] = {
    FIELD(list_row, owner, FIELD_TEXT),     FIELD_ENUM(list_row, kind, kinds),
    FIELD(list_row, name, FIELD_TEXT),      FIELD(list_row, version, FIELD_U64),
    FIELD(list_row, hide, FIELD_BOOL),      FIELD(list_row, ended, FIELD_BOOL),
    FIELD(list_row, statement, FIELD_TEXT), FIELD(list_row, taken_ms, FIELD_U64),
};
SHAPE(list, list_fields, 8);
ROW_GET(list)
ROW_LIST(list)

enum err store_list_add(struct db *db, const struct list_row *r, struct fail *f)
{
    return row_put(db, Q_LIST_ADD, &list_shape, r, f);
}

enum err store_list_member_add(struct db *db, const struct list_row *r, const char *member, struct fail *f)
{
    return db_run(db, Q_LIST_MEMBER_ADD,
                  ARGS(TEXT(r->owner), TEXT(kinds[r->kind]), TEXT(r->name), NUMBER(r->version), TEXT(member)),
                  NULL, f);
}

enum err store_list_newest(struct db *db, const char *owner, enum list_kind kind, const char *name,
                           struct list_row *r, struct fail *f)
{
    return db_one(db, Q_LIST_NEWEST, ARGS(TEXT(owner), TEXT(kinds[kind]), TEXT(name)), list_one, r, f);
}

enum err store_list_version(struct db *db, const char *owner, enum list_kind kind, const char *name,
                            uint64_t version, struct list_row *r, struct fail *f)
{
    return db_one(db, Q_LIST_VERSION, ARGS(TEXT(owner), TEXT(kinds[kind]), TEXT(name), NUMBER(version)),
                  list_one, r, f);
}

enum err store_list_all(struct db *db, enum list_kind kind, store_list_fn fn, void *ctx, struct fail *f)
{
    return db_each(db, Q_LIST_ALL, ARGS(TEXT(kinds[kind])), list_each, LIST(list), f);
}

enum err store_list_naming(struct db *db, enum list_kind kind, const char *member, store_list_fn fn,
                           void *ctx, struct fail *f)
{
    return db_each(db, Q_LIST_NAMING, ARGS(TEXT(kinds[kind]), TEXT(member)), list_each, LIST(list), f);
}

struct members {
    store_member_fn fn;
    void *ctx;
};

static enum err member_each(const struct cursor *c, void *ctx, struct fail *f)
{
    const struct members *m = ctx;
    return m->fn(cursor_text(c, 0), m->ctx, f);
}

enum err store_list_members(struct db *db, const struct list_row *r, store_member_fn fn, void *ctx,
                            struct fail *f)
{
    return db_each(db, Q_LIST_MEMBERS,
                   ARGS(TEXT(r->owner), TEXT(kinds[r->kind]), TEXT(r->name), NUMBER(r->version)), member_each,
                   &(struct members){ fn, ctx }, f);
}

enum err store_list_has(struct db *db, const struct list_row *r, const char *member, bool *on, struct fail *f)
{
    uint64_t count = 0;
    TRY(db_one(db, Q_LIST_HAS,
               ARGS(TEXT(r->owner), TEXT(kinds[r->kind]), TEXT(r->name), NUMBER(r->version), TEXT(member)),
               row_take_number, &count, f));
    *on = count > 0;
    return OK;
}

/* Groups of a report --------------------------------------------------------------------------------------- */

struct groups {
    store_report_group_fn fn;
    void *ctx;
};

static enum err group_each(const struct cursor *c, void *ctx, struct fail *f)
{
    const struct groups *g = ctx;
    uint64_t version;
    if (!cursor_number(c, 1, &version))
        return fail_set(f, E_STORE, "damaged row of table report_group");
    return g->fn(cursor_text(c, 0), version, g->ctx, f);
}

enum err store_report_group_add(struct db *db, const char *report, const char *name, uint64_t version,
                                struct fail *f)
{
    return db_run(db, Q_REPORT_GROUP_ADD, ARGS(TEXT(report), TEXT(name), NUMBER(version)), NULL, f);
}

enum err store_report_group_list(struct db *db, const char *report, store_report_group_fn fn, void *ctx,
                                 struct fail *f)
{
    return db_each(db, Q_REPORT_GROUP_LIST, ARGS(TEXT(report)), group_each, &(struct groups){ fn, ctx }, f);
}
