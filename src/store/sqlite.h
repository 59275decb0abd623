/* SPDX-License-Identifier: Apache-2.0
 * store/sqlite.h - inside the store: one connection to the database. sqlite.c is the only user of sqlite3.
 *
 * A statement is named by its place in the list (store/sql.h). The writing connection prepares all of them at
 * open; a reading one prepares each when it is first used. */
#ifndef STORE_SQLITE_H
#define STORE_SQLITE_H

#include "base/buf.h"
#include "base/mem.h"
#include "store/sql.h"

struct db;

enum db_mode { DB_CREATE, DB_WRITE, DB_READ, DB_BESIDE };

/*
 * db_open: DB_CREATE makes a new database in the existing empty file ${path} and sets what can't be changed
 * later; DB_WRITE opens one; DB_READ opens one that this process has open for writing; DB_BESIDE does, too, and may move its
 * log. db_prepare_all: so that a typo fails at start; needs the tables.
 */
MUST_USE enum err db_open(const char *path, enum db_mode mode, struct db **out, struct fail *f);
MUST_USE enum err db_prepare_all(struct db *db, struct fail *f);
void db_free(struct db *db);
void db_freep(struct db **db);

/* The store whose pool a reading connection belongs to. */
struct store;
void db_set_home(struct db *db, struct store *home);
struct store *db_home(const struct db *db);

/* db_checkpoint: move the write-ahead log into the database and sync it. ${whole}: all of it, and E_STORE if
 * readers prevent that; otherwise as much as can be moved now. */
MUST_USE enum err db_checkpoint(struct db *db, bool whole, struct fail *f);
/* db_checkpoint_last: before the end: all of it, and the log is cut, unless somebody reads. */
MUST_USE enum err db_checkpoint_last(struct db *db, struct fail *f);
/* db_log_pages: pages in the write-ahead log after the last commit of this connection. */
unsigned db_log_pages(const struct db *db);

/* db_copy: the database of ${path}, as one transaction sees it, into the new file ${to}, 0600; others go on writing. E_STORE. */
MUST_USE enum err db_copy(const char *path, const char *to, struct fail *f);

/* Transactions. db_begin takes the write lock, db_snapshot a reading state. */
MUST_USE enum err db_begin(struct db *db, struct fail *f);
MUST_USE enum err db_snapshot(struct db *db, struct fail *f);
MUST_USE enum err db_commit(struct db *db, struct fail *f);
MUST_USE enum err db_rollback(struct db *db, struct fail *f);
MUST_USE enum err db_save(struct db *db, struct fail *f);    /* begin a savepoint */
MUST_USE enum err db_release(struct db *db, struct fail *f); /* keep what was done since */
MUST_USE enum err db_undo(struct db *db, struct fail *f);    /* undo it, and end the savepoint */
bool db_in_transaction(const struct db *db);
/* db_broken: whether a call met an error that is not about the data: I/O, full disk, damage, a lock not had. */
bool db_broken(const struct db *db);

/* What is bound to a statement's $1, $2, ...; text and bytes must live until the call returns. */
enum arg_kind { ARG_TEXT, ARG_NUMBER, ARG_BYTES, ARG_NULL };
struct arg {
    enum arg_kind kind;
    uint64_t number;
    const char *text; /* NULL counts as "" */
    struct bytes bytes;
};
#define TEXT(v)   ((struct arg){ .kind = ARG_TEXT, .text = (v) })
#define NUMBER(v) ((struct arg){ .kind = ARG_NUMBER, .number = (v) })
#define BLOB(v)   ((struct arg){ .kind = ARG_BYTES, .bytes = (v) })
#define HASH(v)   BLOB(BYTES((v), 32))
#define NONE      ((struct arg){ .kind = ARG_NULL })
#define ARGS(...) (const struct arg[]){ __VA_ARGS__ }, COUNT(((const struct arg[]){ __VA_ARGS__ }))
#define NO_ARGS   NULL, 0

/* arg_bound: a limit or an end that may be UINT64_MAX, meaning none. */
struct arg arg_bound(uint64_t v);

/* The row that a statement stands on. Text and bytes are valid until its callback returns. */
struct cursor;
const char *cursor_text(const struct cursor *c, int column); /* "" for NULL */
struct bytes cursor_bytes(const struct cursor *c, int column);
MUST_USE bool cursor_number(const struct cursor *c, int column, uint64_t *v); /* false: negative */

typedef enum err (*db_row_fn)(const struct cursor *c, void *ctx, struct fail *f);

/* db_run: a statement without rows; ${changes} may be NULL. db_must: E_NOT_FOUND if it changed nothing. */
MUST_USE enum err db_run(struct db *db, enum sql q, const struct arg *args, size_t count, uint64_t *changes,
                         struct fail *f);
MUST_USE enum err db_must(struct db *db, enum sql q, const struct arg *args, size_t count, struct fail *f);
/* db_each: ${fn} on each row, until it fails. db_one: on the first; E_NOT_FOUND without one. */
MUST_USE enum err db_each(struct db *db, enum sql q, const struct arg *args, size_t count, db_row_fn fn,
                          void *ctx, struct fail *f);
MUST_USE enum err db_one(struct db *db, enum sql q, const struct arg *args, size_t count, db_row_fn fn,
                         void *ctx, struct fail *f);

/* db_script: run text that is not in the list: migrations. */
MUST_USE enum err db_script(struct db *db, const char *text, struct fail *f);

#endif
