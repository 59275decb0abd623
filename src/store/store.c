/* SPDX-License-Identifier: Apache-2.0 */
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "store/inside.h"
#include "store/migrate.h"

#define IDLE_MAX 16 /* reading connections that are kept */

struct store {
    char *path;
    struct db *writing;
    pthread_mutex_t lock; /* over what follows */
    bool writing_taken;
    struct db *idle[IDLE_MAX];
    unsigned idle_count;
};

/* Creating: beside the path, then linked to it, so that a crash leaves no half-made store there. --------- */

static enum err fill(const char *path, struct fail *f)
{
    AUTO(db_freep) struct db *db = NULL;
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return fail_set(f, E_IO, "can't make the store %s: %s", path, strerror(errno));
    close(fd);
    TRY(db_open(path, DB_CREATE, &db, f));
    TRY(migrate(db, f));
    TRY(db_prepare_all(db, f));
    return db_checkpoint(db, true, f);
}

static void remove_all(const char *path)
{
    static const char *const suffix[] = { "", "-wal", "-shm" };
    for (size_t i = 0; i < COUNT(suffix); i++) {
        AUTO(str_freep) char *name = str_format("%s%s", path, suffix[i]);
        unlink(name);
    }
}

enum err store_create(const char *path, struct fail *f)
{
    if (access(path, F_OK) == 0)
        return fail_set(f, E_CONFLICT, "there is a file %s already", path);
    AUTO(str_freep) char *made = str_format("%s.new", path);
    remove_all(made);
    enum err e = fill(made, f);
    if (e == OK && link(made, path) != 0)
        e = fail_set(f, errno == EEXIST ? E_CONFLICT : E_IO, "can't make the store %s: %s", path,
                     strerror(errno));
    remove_all(made);
    TRY(e);
    AUTO(str_freep) char *copy = str_dup(path);
    return file_sync_folder(dirname(copy), f);
}

/* Opening ------------------------------------------------------------------------------------------------ */

enum err store_open(const char *path, struct store **out, struct fail *f)
{
    if (access(path, F_OK) != 0)
        return fail_set(f, errno == ENOENT || errno == ENOTDIR ? E_NOT_FOUND : E_IO,
                        "can't open the store %s: %s", path, strerror(errno));
    AUTO(store_freep) struct store *s = mem_new(sizeof *s);
    pthread_mutex_init(&s->lock, NULL);
    s->path = str_dup(path);
    TRY(db_open(path, DB_WRITE, &s->writing, f));
    enum err e = migrate(s->writing, f);
    if (e == OK)
        e = db_prepare_all(s->writing, f);
    if (e != OK) {
        fail_context(f, "store %s", path);
        return e;
    }
    *out = s;
    s = NULL;
    return OK;
}

enum err store_copy(const char *path, const char *to, struct fail *f)
{
    return db_copy(path, to, f);
}

void store_freep(struct store **s)
{
    struct store *store = *s;
    if (!store)
        return;
    *s = NULL;
    if (store->writing_taken)
        BUG("the store is freed before its writer");
    while (store->idle_count)
        db_free(store->idle[--store->idle_count]);
    db_free(store->writing);
    pthread_mutex_destroy(&store->lock);
    free(store->path);
    free(store);
}

const char *store_path(const struct store *s)
{
    return s->path;
}

struct db *store_writing_take(struct store *s)
{
    pthread_mutex_lock(&s->lock);
    struct db *db = s->writing_taken ? NULL : s->writing;
    s->writing_taken = true;
    pthread_mutex_unlock(&s->lock);
    return db;
}

void store_writing_give(struct store *s)
{
    pthread_mutex_lock(&s->lock);
    s->writing_taken = false;
    pthread_mutex_unlock(&s->lock);
}

/* Reading ------------------------------------------------------------------------------------------------ */

enum err store_read_begin(struct store *s, struct db **db, struct fail *f)
{
    struct db *found = NULL;
    pthread_mutex_lock(&s->lock);
    if (s->idle_count)
        found = s->idle[--s->idle_count];
    pthread_mutex_unlock(&s->lock);
    if (!found) {
        TRY(db_open(s->path, DB_READ, &found, f));
        db_set_home(found, s);
    }
    *db = found;
    return OK;
}

static enum err ignore_row(const struct cursor *c, void *ctx, struct fail *f)
{
    (void)c;
    (void)ctx;
    (void)f;
    return OK;
}

enum err store_read_snapshot(struct db *db, struct fail *f)
{
    TRY(db_snapshot(db, f));
    /* the state is taken at the first read, not at BEGIN: any row will do, and there is one */
    return db_each(db, Q_MIGRATION_ANY, NO_ARGS, ignore_row, NULL, f);
}

void store_read_end(struct db *db)
{
    if (!db)
        return;
    struct store *s = db_home(db);
    if (db_in_transaction(db) && db_rollback(db, NULL) != OK) {
        db_free(db);
        return;
    }
    pthread_mutex_lock(&s->lock);
    bool keep = !db_broken(db) && s->idle_count < IDLE_MAX;
    if (keep)
        s->idle[s->idle_count++] = db;
    pthread_mutex_unlock(&s->lock);
    if (!keep)
        db_free(db);
}

void store_read_endp(struct db **db)
{
    store_read_end(*db);
    *db = NULL;
}

bool store_missing(enum err e, struct fail *f)
{
    if (e != E_NOT_FOUND)
        return false;
    fail_clear(f);
    return true;
}
