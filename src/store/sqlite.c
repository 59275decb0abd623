/* SPDX-License-Identifier: Apache-2.0 */
#include "store/sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sqlite3.h>
#include <string.h>
#include <unistd.h>

#define APPLICATION_ID   0x6f72636e /* "orcn" */
#define BUSY_MS          5000
#define READER_CACHE_KIB 512

/* What only this backend says this way. */
enum control { BEGIN, SNAPSHOT, COMMIT, ROLLBACK, SAVE, RELEASE, UNDO, CONTROL_COUNT };
static const char *const control_text[CONTROL_COUNT] = {
    [BEGIN] = "BEGIN IMMEDIATE", [SNAPSHOT] = "BEGIN DEFERRED", [COMMIT] = "COMMIT",
    [ROLLBACK] = "ROLLBACK",     [SAVE] = "SAVEPOINT job",      [RELEASE] = "RELEASE job",
    [UNDO] = "ROLLBACK TO job",
};

struct db {
    sqlite3 *conn;
    sqlite3_stmt *stmt[Q_COUNT];
    sqlite3_stmt *control[CONTROL_COUNT];
    struct store *home;
    unsigned log_pages;
    bool broken;
};

struct cursor {
    sqlite3_stmt *stmt;
};

/* Errors ------------------------------------------------------------------------------------------------- */

/* What the system said last about the write-ahead log or the database; 0: nothing. */
static int system_error(sqlite3 *conn)
{
    sqlite3_file *log = NULL;
    int error = 0;
    if (sqlite3_file_control(conn, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log) == SQLITE_OK && log &&
        log->pMethods)
        log->pMethods->xFileControl(log, SQLITE_FCNTL_LAST_ERRNO, &error);
    if (error == 0)
        sqlite3_file_control(conn, "main", SQLITE_FCNTL_LAST_ERRNO, &error);
    return error;
}

/* An operator is to see what is wrong with his disk: "disk I/O error" alone says little. */
static enum err fail_system(sqlite3 *conn, const char *doing, const char *what, struct fail *f)
{
    int error = (sqlite3_errcode(conn) & 0xff) == SQLITE_IOERR ? system_error(conn) : 0;
    if (error)
        return fail_set(f, E_STORE, "%s%s: %s (%s)", doing, what, sqlite3_errmsg(conn), strerror(error));
    return fail_set(f, E_STORE, "%s%s: %s", doing, what, sqlite3_errmsg(conn));
}

/* Of these only the data is to blame; any other error means that the database can't be relied on. */
static enum err fail_of(struct db *db, int rc, const char *noun, struct fail *f)
{
    switch (sqlite3_extended_errcode(db->conn)) {
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_ROWID:
        return fail_set(f, E_CONFLICT, "this %s is already there", noun);
    case SQLITE_CONSTRAINT_FOREIGNKEY:
        return fail_set(f, E_STORE, "what this %s belongs to is not in the store", noun);
    default:
        break;
    }
    switch (rc & 0xff) {
    case SQLITE_TOOBIG:
        return fail_set(f, E_TOO_LARGE, "this %s is too large for the store", noun);
    case SQLITE_CONSTRAINT:
        return fail_set(f, E_STORE, "this %s can't be stored: %s", noun, sqlite3_errmsg(db->conn));
    default:
        db->broken = true;
        return fail_system(db->conn, "store failed on a ", noun, f);
    }
}

bool db_broken(const struct db *db)
{
    return db->broken;
}

/* Opening ------------------------------------------------------------------------------------------------ */

static enum err exec(struct db *db, const char *text, struct fail *f)
{
    if (sqlite3_exec(db->conn, text, NULL, NULL, NULL) == SQLITE_OK)
        return OK;
    return fail_set(f, E_STORE, "%s", sqlite3_errmsg(db->conn));
}

static int pragma_int(struct db *db, const char *text)
{
    sqlite3_stmt *s = NULL;
    int value = -1;
    if (sqlite3_prepare_v2(db->conn, text, -1, &s, NULL) == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW)
        value = sqlite3_column_int(s, 0);
    sqlite3_finalize(s);
    return value;
}

/* $1 goes by its number in PostgreSQL, by its place here; ?1 by its number here. No text holds another $. */
static enum err prepare(struct db *db, const char *name, const char *text, sqlite3_stmt **out, struct fail *f)
{
    AUTO(str_freep) char *own = str_dup(text);
    for (char *at = own; (at = strchr(at, '$'));)
        *at = '?';
    if (sqlite3_prepare_v3(db->conn, own, -1, SQLITE_PREPARE_PERSISTENT, out, NULL) != SQLITE_OK)
        return fail_set(f, E_STORE, "statement %s: %s", name, sqlite3_errmsg(db->conn));
    return OK;
}

static int on_commit(void *ctx, sqlite3 *conn, const char *name, int pages)
{
    struct db *db = ctx;
    (void)conn;
    (void)name;
    db->log_pages = pages > 0 ? (unsigned)pages : 0;
    return SQLITE_OK;
}

/* Checkpoints are ours alone: SQLite's own ignore an error of their sync, and the second sync of pages that
 * were dropped succeeds. */
static enum err configure(struct db *db, enum db_mode mode, struct fail *f)
{
    sqlite3_extended_result_codes(db->conn, 1);
    sqlite3_busy_timeout(db->conn, BUSY_MS);
    sqlite3_db_config(db->conn, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    sqlite3_db_config(db->conn, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(db->conn, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
    sqlite3_wal_hook(db->conn, on_commit, db);
    TRY(exec(db, "PRAGMA trusted_schema = OFF; PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY;", f));
    if (mode == DB_CREATE)
        TRY(exec(db,
                 "PRAGMA page_size = 4096; PRAGMA application_id = 0x6f72636e; PRAGMA journal_mode = WAL;",
                 f));
    TRY(exec(db, "PRAGMA synchronous = FULL;", f));
    int id = pragma_int(db, "PRAGMA application_id");
    if (id == -1)
        return fail_set(f, E_STORE, "%s", sqlite3_errmsg(db->conn));
    if (id != APPLICATION_ID)
        return fail_set(f, E_STORE, "not a store of orcon");
    return OK;
}

static int rewrite(sqlite3_file *file)
{
    uint8_t part[4096]; /* of one sector size or another: what is cut at the end is written as it was read */
    sqlite3_int64 size;
    int rc = file->pMethods->xFileSize(file, &size);
    for (sqlite3_int64 at = 0; rc == SQLITE_OK && at < size; at += (sqlite3_int64)sizeof part) {
        int len = size - at < (sqlite3_int64)sizeof part ? (int)(size - at) : (int)sizeof part;
        rc = file->pMethods->xRead(file, part, len, at);
        if (rc == SQLITE_OK)
            rc = file->pMethods->xWrite(file, part, len, at);
    }
    return rc == SQLITE_OK && size > 0 ? file->pMethods->xSync(file, SQLITE_SYNC_FULL) : rc;
}

/* Where a sync of the write-ahead log failed in an earlier process, reads may still show what no disk holds, and the next sync
 * says nothing about it. A checkpoint of that, and the power gone before the log is cut, would leave older pages of the log
 * over newer ones of the store. So what is there is written again before it counts. */
static enum err rewrite_log(const char *path, struct fail *f)
{
    sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);
    AUTO(str_freep) char *log = str_format("%s-wal", path);
    const char *name = sqlite3_create_filename(path, "", log, 0, NULL);
    AUTO(mem_freep) sqlite3_file *file = mem_new((size_t)vfs->szOsFile);
    int there = 0, got;
    int rc = name ? vfs->xAccess(vfs, log, SQLITE_ACCESS_EXISTS, &there) : SQLITE_NOMEM;
    if (rc == SQLITE_OK && there) {
        rc = vfs->xOpen(vfs, sqlite3_filename_wal(name), file, SQLITE_OPEN_READWRITE | SQLITE_OPEN_WAL, &got);
        if (rc == SQLITE_OK)
            rc = rewrite(file);
        if (file->pMethods)
            file->pMethods->xClose(file);
    }
    sqlite3_free_filename(name);
    return rc == SQLITE_OK ? OK : fail_set(f, E_STORE, "%s: %s", log, sqlite3_errstr(rc & 0xff));
}

/* SQLite counts what it has allocated, for functions that nobody here calls, under one lock for all connections. */
static void count_nothing(void)
{
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

enum err db_open(const char *path, enum db_mode mode, struct db **out, struct fail *f)
{
    AUTO(db_freep) struct db *db = mem_new(sizeof *db);
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, count_nothing);
    int flags = mode == DB_READ ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
    bool first = mode == DB_CREATE || mode == DB_WRITE; /* of this process */
    if (first)
        TRY(rewrite_log(path, f));
    if (sqlite3_open_v2(path, &db->conn, flags | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
        return fail_system(db->conn, "can't open the store ", path, f);
    if (mode != DB_READ && sqlite3_db_readonly(db->conn, "main") != 0)
        return fail_set(f, E_STORE, "the store %s is not writable", path);
    if (configure(db, mode, f) != OK) {
        fail_context(f, "store %s", path);
        return E_STORE;
    }
    sqlite3_exec(db->conn, first ? "PRAGMA cache_size = -8192" : "PRAGMA cache_size = -512", NULL, NULL,
                 NULL);
    if (first) {
        enum err e = db_checkpoint(db, true, f);
        fail_context(f, "store %s", path);
        TRY(e);
    }
    *out = db;
    db = NULL;
    return OK;
}

enum err db_prepare_all(struct db *db, struct fail *f)
{
    for (unsigned q = 0; q < Q_COUNT; q++)
        if (!db->stmt[q])
            TRY(prepare(db, sql_list[q].name, sql_list[q].text, &db->stmt[q], f));
    for (unsigned c = 0; c < CONTROL_COUNT; c++)
        if (!db->control[c])
            TRY(prepare(db, control_text[c], control_text[c], &db->control[c], f));
    return OK;
}

void db_free(struct db *db)
{
    if (!db)
        return;
    for (unsigned q = 0; q < Q_COUNT; q++)
        sqlite3_finalize(db->stmt[q]);
    for (unsigned c = 0; c < CONTROL_COUNT; c++)
        sqlite3_finalize(db->control[c]);
    sqlite3_close(db->conn);
    free(db);
}

void db_freep(struct db **db)
{
    db_free(*db);
    *db = NULL;
}

void db_set_home(struct db *db, struct store *home)
{
    db->home = home;
}

struct store *db_home(const struct db *db)
{
    return db->home;
}

static enum err checkpoint(struct db *db, int mode, bool may_be_busy, struct fail *f)
{
    int rc = sqlite3_wal_checkpoint_v2(db->conn, NULL, mode, NULL, NULL);
    if (rc == SQLITE_OK || (may_be_busy && (rc & 0xff) == SQLITE_BUSY))
        return OK;
    if ((rc & 0xff) != SQLITE_BUSY)
        db->broken = true;
    return fail_system(db->conn, "checkpoint of the write-ahead log", "", f);
}

enum err db_checkpoint(struct db *db, bool whole, struct fail *f)
{
    return checkpoint(db, whole ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE, !whole, f);
}

enum err db_checkpoint_last(struct db *db, struct fail *f)
{
    return checkpoint(db, SQLITE_CHECKPOINT_TRUNCATE, true, f);
}

/* All pages in one step: one reading state, and a writer in WAL mode is not held up by it. */
static enum err copy_pages(struct db *from, sqlite3 *to, struct fail *f)
{
    sqlite3_backup *b = sqlite3_backup_init(to, "main", from->conn, "main");
    int step = b ? sqlite3_backup_step(b, -1) : SQLITE_ERROR;
    int end = b ? sqlite3_backup_finish(b) : SQLITE_OK;
    if (step == SQLITE_DONE && end == SQLITE_OK)
        return OK;
    return fail_set(f, E_STORE, "can't copy the store: %s", b ? sqlite3_errstr(step) : sqlite3_errmsg(to));
}

enum err db_copy(const char *path, const char *to, struct fail *f)
{
    AUTO(db_freep) struct db *from = NULL;
    sqlite3 *out = NULL;
    TRY(db_open(path, DB_READ, &from, f));
    int fd = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return fail_set(f, E_IO, "can't make %s: %s", to, strerror(errno));
    close(fd);
    enum err e = OK;
    if (sqlite3_open_v2(to, &out, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
        e = fail_set(f, E_STORE, "can't open %s: %s", to, sqlite3_errmsg(out));
    if (e == OK)
        e = copy_pages(from, out, f);
    sqlite3_close(out);
    return e;
}

unsigned db_log_pages(const struct db *db)
{
    return db->log_pages;
}

/* Transactions ------------------------------------------------------------------------------------------- */

static enum err control(struct db *db, enum control which, struct fail *f)
{
    sqlite3_stmt **s = &db->control[which];
    if (!*s)
        TRY(prepare(db, control_text[which], control_text[which], s, f));
    int rc = sqlite3_step(*s);
    enum err e = OK;
    if (rc != SQLITE_DONE) {
        db->broken = true;
        e = fail_system(db->conn, control_text[which], "", f);
    }
    sqlite3_reset(*s);
    return e;
}

enum err db_begin(struct db *db, struct fail *f)
{
    return control(db, BEGIN, f);
}

enum err db_snapshot(struct db *db, struct fail *f)
{
    return control(db, SNAPSHOT, f);
}

enum err db_commit(struct db *db, struct fail *f)
{
    return control(db, COMMIT, f);
}

enum err db_rollback(struct db *db, struct fail *f)
{
    return control(db, ROLLBACK, f);
}

enum err db_save(struct db *db, struct fail *f)
{
    return control(db, SAVE, f);
}

enum err db_release(struct db *db, struct fail *f)
{
    return control(db, RELEASE, f);
}

enum err db_undo(struct db *db, struct fail *f)
{
    TRY(control(db, UNDO, f));
    return control(db, RELEASE, f);
}

bool db_in_transaction(const struct db *db)
{
    return sqlite3_get_autocommit(db->conn) == 0;
}

/* Statements --------------------------------------------------------------------------------------------- */

struct arg arg_bound(uint64_t v)
{
    return NUMBER(v > INT64_MAX ? INT64_MAX : v);
}

static int bind_arg(sqlite3_stmt *s, int i, const struct arg *a)
{
    switch (a->kind) {
    case ARG_TEXT:
        return sqlite3_bind_text(s, i, a->text ? a->text : "", -1, SQLITE_STATIC);
    case ARG_NUMBER:
        return sqlite3_bind_int64(s, i, (sqlite3_int64)a->number);
    case ARG_BYTES:
        if (a->bytes.len == 0)
            return sqlite3_bind_zeroblob(s, i, 0);
        return sqlite3_bind_blob64(s, i, a->bytes.data, a->bytes.len, SQLITE_STATIC);
    case ARG_NULL:
        return sqlite3_bind_null(s, i);
    }
    BUG("kind of argument");
}

static enum err bind_all(struct db *db, enum sql q, sqlite3_stmt *s, const struct arg *args, size_t count,
                         struct fail *f)
{
    if ((int)count != sqlite3_bind_parameter_count(s))
        BUG("number of arguments");
    for (size_t i = 0; i < count; i++) {
        if (args[i].kind == ARG_NUMBER && args[i].number > INT64_MAX)
            return fail_set(f, E_INVALID, "%s: a number is 2^63 or above", sql_list[q].noun);
        int rc = bind_arg(s, (int)i + 1, &args[i]);
        if (rc != SQLITE_OK)
            return fail_of(db, rc, sql_list[q].noun, f);
    }
    return OK;
}

/* Steps to the end, or until ${fn} fails or, with ${single}, past the first row. */
static enum err step_rows(struct db *db, enum sql q, sqlite3_stmt *s, db_row_fn fn, void *ctx, bool single,
                          uint64_t *rows, struct fail *f)
{
    struct cursor c = { s };
    for (*rows = 0;; ++*rows) {
        int rc = sqlite3_step(s);
        if (rc == SQLITE_DONE)
            return OK;
        if (rc != SQLITE_ROW)
            return fail_of(db, rc, sql_list[q].noun, f);
        if (!fn)
            BUG("rows from a statement without rows");
        if (!single || *rows == 0)
            TRY(fn(&c, ctx, f));
    }
}

static void finalize(sqlite3_stmt **s)
{
    sqlite3_finalize(*s);
}

static enum err execute(struct db *db, enum sql q, const struct arg *args, size_t count, db_row_fn fn,
                        void *ctx, bool single, uint64_t *rows, struct fail *f)
{
    AUTO(finalize) sqlite3_stmt *own = NULL;
    /* A callback may run the statement whose rows it is given: then with a statement of its own. */
    bool busy = db->stmt[q] && sqlite3_stmt_busy(db->stmt[q]);
    sqlite3_stmt **slot = busy ? &own : &db->stmt[q];
    if (!*slot)
        TRY(prepare(db, sql_list[q].name, sql_list[q].text, slot, f));
    enum err e = bind_all(db, q, *slot, args, count, f);
    if (e == OK)
        e = step_rows(db, q, *slot, fn, ctx, single, rows, f);
    sqlite3_reset(*slot);
    sqlite3_clear_bindings(*slot);
    return e;
}

enum err db_run(struct db *db, enum sql q, const struct arg *args, size_t count, uint64_t *changes,
                struct fail *f)
{
    uint64_t rows = 0;
    TRY(execute(db, q, args, count, NULL, NULL, false, &rows, f));
    if (changes)
        *changes = (uint64_t)sqlite3_changes64(db->conn);
    return OK;
}

static enum err missing(enum sql q, struct fail *f)
{
    return fail_set(f, E_NOT_FOUND, "no such %s", sql_list[q].noun);
}

enum err db_must(struct db *db, enum sql q, const struct arg *args, size_t count, struct fail *f)
{
    uint64_t changes = 0;
    TRY(db_run(db, q, args, count, &changes, f));
    return changes ? OK : missing(q, f);
}

enum err db_each(struct db *db, enum sql q, const struct arg *args, size_t count, db_row_fn fn, void *ctx,
                 struct fail *f)
{
    uint64_t rows = 0;
    return execute(db, q, args, count, fn, ctx, false, &rows, f);
}

enum err db_one(struct db *db, enum sql q, const struct arg *args, size_t count, db_row_fn fn, void *ctx,
                struct fail *f)
{
    uint64_t rows = 0;
    TRY(execute(db, q, args, count, fn, ctx, true, &rows, f));
    return rows ? OK : missing(q, f);
}

enum err db_script(struct db *db, const char *text, struct fail *f)
{
    return exec(db, text, f);
}

const char *cursor_text(const struct cursor *c, int column)
{
    const unsigned char *text = sqlite3_column_text(c->stmt, column);
    if (!text && sqlite3_column_type(c->stmt, column) != SQLITE_NULL)
        BUG("out of memory");
    return text ? (const char *)text : "";
}

struct bytes cursor_bytes(const struct cursor *c, int column)
{
    const void *data = sqlite3_column_blob(c->stmt, column);
    int len = sqlite3_column_bytes(c->stmt, column);
    if (!data && len > 0)
        BUG("out of memory");
    return BYTES(data, data ? (size_t)len : 0);
}

bool cursor_number(const struct cursor *c, int column, uint64_t *v)
{
    sqlite3_int64 n = sqlite3_column_int64(c->stmt, column);
    *v = n < 0 ? 0 : (uint64_t)n;
    return n >= 0;
}
