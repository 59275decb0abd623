/* SPDX-License-Identifier: Apache-2.0 */
#include "store/migrate.h"

#include <string.h>

#include "base/time.h"

static const struct migration {
    uint64_t version; /* from 1, dense */
    const char *name, *sha256, *text;
} migrations[] = {
#include "store/migrations.inc"
};

/* The table that is there before the first migration. */
static const char record_table[] =
    "CREATE TABLE IF NOT EXISTS migration (version INTEGER NOT NULL PRIMARY KEY,"
    " name TEXT NOT NULL, sha256 TEXT NOT NULL, at_ms INTEGER NOT NULL) STRICT";

static enum err check(const struct cursor *c, void *ctx, struct fail *f)
{
    uint64_t *applied = ctx, version;
    if (!cursor_number(c, 0, &version) || version != *applied + 1)
        return fail_set(f, E_STORE, "migration %llu is not on record", (unsigned long long)*applied + 1);
    *applied = version;
    if (version > COUNT(migrations))
        return OK; /* counted, for what is said about it */
    const struct migration *m = &migrations[version - 1];
    if (strcmp(cursor_text(c, 2), m->sha256) != 0)
        return fail_set(f, E_STORE, "migration %llu (%s) was applied with other text",
                        (unsigned long long)version, m->name);
    return OK;
}

static enum err apply(struct db *db, const struct migration *m, struct fail *f)
{
    TRY(db_begin(db, f));
    enum err e = db_script(db, m->text, f);
    if (e == OK)
        e = db_run(db, Q_MIGRATION_ADD,
                   ARGS(NUMBER(m->version), TEXT(m->name), TEXT(m->sha256), NUMBER(time_now_ms())), NULL, f);
    if (e == OK)
        return db_commit(db, f);
    fail_context(f, "migration %llu (%s)", (unsigned long long)m->version, m->name);
    if (db_in_transaction(db))
        (void)!db_rollback(db, NULL);
    return e;
}

enum err migrate(struct db *db, struct fail *f)
{
    uint64_t applied = 0;
    TRY(db_script(db, record_table, f));
    TRY(db_each(db, Q_MIGRATION_LIST, NO_ARGS, check, &applied, f));
    if (applied > COUNT(migrations))
        return fail_set(f, E_STORE, "made by a newer orcon (schema %llu, this program knows %zu)",
                        (unsigned long long)applied, COUNT(migrations));
    for (; applied < COUNT(migrations); applied++)
        TRY(apply(db, &migrations[applied], f));
    return OK;
}
