/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/store_file.h - a node's database behind its back, as somebody with the file in hand could */
#ifndef TESTS_STORE_FILE_H
#define TESTS_STORE_FILE_H

#include <sqlite3.h>

#include "base/file.h"
#include "tap.h"

__attribute__((unused)) static bool copy_file(const char *from, const char *to)
{
    AUTO(buf_freep) struct buf *v = buf_new((size_t)256 << 20);
    struct fail f = { 0 };
    return file_read(from, v, &f) == OK && file_write(to, bytes_of(v), 0600, &f) == OK;
}

/* Run ${sql} and leave nothing in the log of writes: how many rows the last statement changed; -1, and why: it failed. */
__attribute__((unused)) static int64_t store_alter(const char *file, const char *sql)
{
    sqlite3 *db = NULL;
    char *why = NULL;
    bool good = sqlite3_open(file, &db) == SQLITE_OK && sqlite3_exec(db, sql, NULL, NULL, &why) == SQLITE_OK;
    int64_t changed = good ? sqlite3_changes(db) : -1;
    good = good && sqlite3_exec(db, "PRAGMA wal_checkpoint(TRUNCATE)", NULL, NULL, NULL) == SQLITE_OK;
    if (!good)
        printf("# %s: %s\n", sql, why ? why : "failed");
    sqlite3_free(why);
    sqlite3_close(db);
    return good ? changed : -1;
}

/* The first column of the first row; -1: there is none. */
__attribute__((unused)) static int64_t store_number(const char *file, const char *sql)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *s = NULL;
    int64_t v = -1;
    if (sqlite3_open(file, &db) == SQLITE_OK && sqlite3_prepare_v2(db, sql, -1, &s, NULL) == SQLITE_OK &&
        sqlite3_step(s) == SQLITE_ROW)
        v = sqlite3_column_int64(s, 0);
    sqlite3_finalize(s);
    sqlite3_close(db);
    return v;
}

#endif
