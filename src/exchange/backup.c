/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/backup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/conf.h"
#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/time.h"
#include "exchange/backup_file.h"
#include "exchange/node_internal.h"
#include "store/leaf.h"
#include "store/setting.h"
#include "store/store.h"
#include "store/writer.h"

#define NAME_LEN   64
#define FILES_MAX  256
#define STEP       ((size_t)64 << 10)
#define UNLOCK_MAX 4096

/* The plain stream: for each file u8 length and its name, u64 size, its bytes; then a 0. */

struct job {
    const char *home; /* read from, or written to */
    struct backup_file out;
    struct buf *unlock;
    struct backup_info info;
    char *names[FILES_MAX];
    size_t count;
    uint64_t done;
    backup_progress_fn progress;
    void *ctx;
};

static void job_clear(struct job *j)
{
    for (size_t i = 0; i < j->count; i++)
        free(j->names[i]);
    fd_closep(&j->out.fd);
    backup_file_clear(&j->out);
    buf_freep(&j->unlock);
    backup_info_clear(&j->info);
}

void backup_info_clear(struct backup_info *i)
{
    str_freep(&i->domain);
}

static char *path_in(const char *home, const char *name)
{
    return str_format("%s/%s", home, name);
}

static void step(struct job *j, uint64_t bytes)
{
    j->done += bytes;
    if (j->progress)
        j->progress(j->done, j->info.bytes, j->ctx);
}

static enum err read_unlock(struct job *j, const char *path, struct fail *f)
{
    j->unlock = buf_new_secret(UNLOCK_MAX);
    enum err e = file_read(path, j->unlock, f);
    if (e == E_TOO_LARGE) {
        fail_clear(f);
        return fail_set(f, E_UNVERIFIED, "%s is no unlock key: that has 32 bytes", path);
    }
    TRY(e);
    return j->unlock->len == 32 ? OK
                                : fail_set(f, E_UNVERIFIED, "%s is no unlock key: it has %zu bytes, not 32",
                                           path, j->unlock->len);
}

/* Making ---------------------------------------------------------------------------------------------------- */

static void remove_copy(const char *home)
{
    static const char *const ends[] = { "", "-wal", "-shm" };
    for (size_t i = 0; i < COUNT(ends); i++) {
        AUTO(str_freep) char *path = str_format("%s/" HOME_COPY "%s", home, ends[i]);
        unlink(path);
    }
}

/* What the copy of the store says of its ledger. */
static enum err read_copy(struct job *j, const char *path, struct fail *f)
{
    AUTO(store_freep) struct store *store = NULL;
    AUTO(store_read_endp) struct db *db = NULL;
    AUTO(str_freep) char *generation = NULL;
    AUTO(store_checkpoint_clear) struct checkpoint_row newest = { 0 };
    TRY(store_open(path, &store, f));
    TRY(store_read_begin(store, &db, f));
    TRY(store_setting_get(db, SETTING_GENERATION, &generation, f));
    j->info.generation = (uint32_t)strtoul(generation, NULL, 10);
    TRY(store_checkpoint_newest(db, j->info.generation, &newest, f));
    j->info.size = newest.size;
    return OK;
}

static enum err read_domain(struct job *j, struct fail *f)
{
    struct node_conf conf = { 0 };
    size_t count;
    const struct conf_key *keys = node_conf_keys(&count);
    AUTO(str_freep) char *path = path_in(j->home, HOME_CONF);
    if (!file_exists(path))
        return fail_set(f, E_IO, "no node in %s: make one with `orcon init DOMAIN`", j->home);
    conf_defaults(keys, count, &conf);
    enum err e = conf_read(path, keys, count, &conf, f);
    if (e == OK)
        j->info.domain = str_dup(conf.domain ? conf.domain : "");
    conf_release(keys, count, &conf);
    return e;
}

static enum err add_name(struct job *j, const char *name, const char *from, struct fail *f)
{
    struct stat st;
    AUTO(str_freep) char *path = path_in(j->home, from);
    if (stat(path, &st) != 0)
        return fail_set(f, E_IO, "cannot read %s: %s", path, strerror(errno));
    if (j->count == FILES_MAX || strlen(name) > NAME_LEN)
        return fail_set(f, E_TOO_LARGE, "%s/" HOME_KEYS " holds more than a home has", j->home);
    j->names[j->count++] = str_dup(name);
    j->info.bytes += (uint64_t)st.st_size;
    return OK;
}

/* What a home keeps in keys/ ends so. What else lies there a write that was cut off has left (file_write): it is in no backup. */
static bool is_key(const char *name)
{
    size_t len = strlen(name);
    return len > 4 && (strcmp(name + len - 4, ".key") == 0 || strcmp(name + len - 4, ".crt") == 0);
}

/* Every key, but the one that opens them all: it is what a backup is sealed under. */
static enum err list_files(struct job *j, struct fail *f)
{
    AUTO(str_freep) char *folder = path_in(j->home, HOME_KEYS);
    DIR *dir = opendir(folder);
    enum err e = OK;
    if (!dir)
        return fail_set(f, E_IO, "cannot read %s: %s", folder, strerror(errno));
    for (struct dirent *d; e == OK && (d = readdir(dir));) {
        AUTO(str_freep) char *name = str_format(HOME_KEYS "/%s", d->d_name);
        if (d->d_name[0] != '.' && is_key(d->d_name))
            e = add_name(j, name, name, f);
    }
    closedir(dir);
    TRY(e);
    TRY(add_name(j, HOME_CONF, HOME_CONF, f));
    return add_name(j, HOME_STORE, HOME_COPY, f);
}

static enum err put_file(struct job *j, const char *name, struct fail *f)
{
    AUTO(str_freep)
    char *path = path_in(j->home, strcmp(name, HOME_STORE) == 0 ? HOME_COPY : name);
    AUTO(fd_closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
    AUTO(buf_freep) struct buf *head = buf_new(NAME_LEN + 16);
    AUTO(buf_freep) struct buf *part = buf_new_secret(STEP);
    uint8_t *room = buf_reserve(part, STEP);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) != 0 || !room)
        return fail_set(f, E_IO, "cannot read %s: %s", path, strerror(errno));
    buf_put_u8(head, (uint8_t)strlen(name));
    buf_put_str(head, name);
    buf_put_u64(head, (uint64_t)st.st_size);
    TRY(backup_file_put(&j->out, bytes_of(head), f));
    for (uint64_t left = (uint64_t)st.st_size; left > 0;) {
        ssize_t n = read(fd, room, left < STEP ? (size_t)left : STEP);
        if (n <= 0)
            return fail_set(f, E_IO, "cannot read %s: %s", path, n ? strerror(errno) : "it became shorter");
        TRY(backup_file_put(&j->out, BYTES(room, (size_t)n), f));
        left -= (uint64_t)n;
        step(j, (uint64_t)n);
    }
    return OK;
}

static enum err put_all(struct job *j, struct fail *f)
{
    AUTO(json_freep) json_t *head = json_object();
    AUTO(buf_freep) struct buf *line = buf_new(4096);
    char at[TIME_TEXT_SIZE];
    j->info.at_ms = time_now_ms();
    time_print(j->info.at_ms, at);
    json_set_str(head, "domain", j->info.domain);
    json_set_str(head, "at", at);
    json_set_u64(head, "bytes", j->info.bytes);
    json_set_u64(head, "generation", j->info.generation);
    json_set_u64(head, "size", j->info.size);
    json_put(line, head);
    TRY(buf_check(line, "head of a backup", f));
    TRY(backup_file_write(&j->out, bytes_of(j->unlock), buf_text(line), f));
    for (size_t i = 0; i < j->count; i++)
        TRY(put_file(j, j->names[i], f));
    TRY(backup_file_put(&j->out, BYTES("", 1), f));
    return backup_file_end(&j->out, f);
}

/* The keys were read one by one: all of them are under the unlock key that the backup is sealed under. */
static enum err check_unlock(struct job *j, struct fail *f)
{
    AUTO(str_freep) char *path = path_in(j->home, HOME_UNLOCK);
    AUTO(buf_freep) struct buf *now = buf_new_secret(UNLOCK_MAX);
    TRY(file_read(path, now, f));
    return now->len == j->unlock->len && same(now->data, j->unlock->data, now->len)
               ? OK
               : fail_set(f, E_CONFLICT, "the unlock key of %s was replaced meanwhile: once more", j->home);
}

static enum err make(struct job *j, struct fail *f)
{
    AUTO(str_freep) char *store = path_in(j->home, HOME_STORE);
    AUTO(str_freep) char *copy = path_in(j->home, HOME_COPY);
    TRY(read_domain(j, f));
    remove_copy(j->home); /* of one that was killed */
    TRY(store_copy(store, copy, f));
    TRY(read_copy(j, copy, f));
    TRY(list_files(j, f));
    TRY(put_all(j, f));
    return check_unlock(j, f);
}

enum err backup_make(const char *home, const char *file, backup_progress_fn progress, void *ctx,
                     struct backup_info *out, struct fail *f)
{
    AUTO(str_freep) char *beside = str_format("%s.XXXXXX", file);
    AUTO(str_freep) char *unlock = path_in(home, HOME_UNLOCK);
    AUTO(str_freep) char *mark = path_in(home, HOME_BACKUP);
    AUTO(job_clear)
    struct job j = { .home = home, .out = { .fd = -1, .name = file }, .progress = progress, .ctx = ctx };
    TRY(crypto_start(f));
    TRY(read_unlock(&j, unlock, f));
    j.out.fd = mkostemp(beside, O_CLOEXEC); /* 0600 */
    if (j.out.fd < 0)
        return fail_set(f, E_IO, "cannot write %s: %s", file, strerror(errno));
    enum err e = make(&j, f);
    remove_copy(home);
    if (e == OK && rename(beside, file) != 0)
        e = fail_set(f, E_IO, "cannot write %s: %s", file, strerror(errno));
    if (e != OK) {
        unlink(beside);
        return e;
    }
    TRY(file_sync_name(file, f)); /* before anything says that there is one */
    TRY(file_write(mark, BYTES("", 0), 0600, f));
    *out = j.info;
    j.info.domain = NULL;
    return OK;
}

uint64_t backup_last_ms(const struct node *n)
{
    struct stat st;
    AUTO(str_freep) char *mark = node_path(n, HOME_BACKUP);
    return stat(mark, &st) == 0 ? (uint64_t)st.st_mtime * 1000 : 0;
}

/* Restoring ------------------------------------------------------------------------------------------------- */

static enum err read_head(struct job *j, const char *text, struct fail *f)
{
    AUTO(json_freep) json_t *head = NULL;
    const char *domain, *at;
    uint64_t generation;
    struct fail why = { 0 };
    if (json_read(bytes_str(text), 4096, "head", &head, &why) != OK ||
        json_need_str(head, "domain", "head", &domain, &why) != OK ||
        json_need_str(head, "at", "head", &at, &why) != OK || !time_read(at, &j->info.at_ms) ||
        json_need_u64(head, "bytes", "head", &j->info.bytes, &why) != OK ||
        json_need_u64(head, "generation", "head", &generation, &why) != OK || generation > UINT32_MAX ||
        json_need_u64(head, "size", "head", &j->info.size, &why) != OK)
        return fail_set(f, E_UNVERIFIED, "%s is not a backup of orcon: %s", j->out.name, why.what);
    j->info.generation = (uint32_t)generation;
    j->info.domain = str_dup(domain);
    return OK;
}

/* A file right in keys/, but not its unlock key: nothing that leads out of there. */
static bool is_in_keys(const char *name)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
    const char *key = name + strlen(HOME_KEYS "/");
    return strncmp(name, HOME_KEYS "/", strlen(HOME_KEYS "/")) == 0 && *key && *key != '.' &&
           strspn(key, letters) == strlen(key) && strcmp(name, HOME_UNLOCK) != 0;
}

/* The names that a home has. */
static bool is_name(const char *name)
{
    return strcmp(name, HOME_CONF) == 0 || strcmp(name, HOME_STORE) == 0 ||
           (is_in_keys(name) && is_key(name));
}

static enum err take_bytes(struct job *j, const char *path, uint64_t size, struct fail *f)
{
    AUTO(fd_closep) int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    AUTO(buf_freep) struct buf *part = buf_new_secret(STEP);
    uint8_t *room = buf_reserve(part, STEP);
    if (fd < 0 || !room)
        return fail_set(f, E_IO, "cannot make %s: %s", path, strerror(errno));
    while (size > 0) {
        size_t len = size < STEP ? (size_t)size : STEP;
        TRY(backup_file_get(&j->out, room, len, f));
        for (size_t at = 0; at < len;) {
            ssize_t n = write(fd, room + at, len - at);
            if (n < 0 && errno != EINTR)
                return fail_set(f, E_IO, "cannot write %s: %s", path, strerror(errno));
            at += n > 0 ? (size_t)n : 0;
        }
        size -= len;
        step(j, len);
    }
    return fsync(fd) == 0 ? OK : fail_set(f, E_IO, "cannot sync %s: %s", path, strerror(errno));
}

/* What a write that was cut off had left in keys/: backups had it, too, before they left it out. */
static enum err drop_bytes(struct job *j, uint64_t size, struct fail *f)
{
    AUTO(buf_freep) struct buf *part = buf_new_secret(STEP);
    uint8_t *room = buf_reserve(part, STEP);
    if (!room)
        return buf_check(part, "part of a backup", f);
    for (size_t len; size > 0; size -= len) {
        len = size < STEP ? (size_t)size : STEP;
        TRY(backup_file_get(&j->out, room, len, f));
        step(j, len);
    }
    return OK;
}

/* ${more}: there was one. */
static enum err take_file(struct job *j, bool *more, struct fail *f)
{
    char name[NAME_LEN + 1] = "";
    uint8_t len, size[8];
    uint64_t bytes = 0;
    TRY(backup_file_get(&j->out, &len, 1, f));
    *more = len > 0;
    if (!*more)
        return OK;
    if (len > NAME_LEN)
        return fail_set(f, E_UNVERIFIED, "%s holds a file that no home has", j->out.name);
    TRY(backup_file_get(&j->out, name, len, f));
    TRY(backup_file_get(&j->out, size, sizeof size, f));
    if (strlen(name) != len || !(is_name(name) || is_in_keys(name)))
        return fail_set(f, E_UNVERIFIED, "%s holds a file that no home has", j->out.name);
    for (size_t i = 0; i < sizeof size; i++)
        bytes = bytes << 8 | size[i];
    AUTO(str_freep) char *path = path_in(j->home, name);
    return is_name(name) ? take_bytes(j, path, bytes, f) : drop_bytes(j, bytes, f);
}

static enum err put_restored(struct db *db, void *ctx, struct fail *f)
{
    (void)ctx;
    return store_setting_put(db, SETTING_RESTORED, "1", f);
}

/* Before a node opens it: nothing may be written in a ledger that others may know more of. */
static enum err mark_restored(struct job *j, struct fail *f)
{
    AUTO(str_freep) char *path = path_in(j->home, HOME_STORE);
    AUTO(store_freep) struct store *store = NULL;
    AUTO(writer_freep) struct writer *writer = NULL;
    TRY(store_open(path, &store, f));
    TRY(writer_new(store, NULL, &writer, f));
    return writer_run(writer, put_restored, NULL, f);
}

/* Opening replays the ledger against its last checkpoint, and loads every key. */
static enum err try_node(struct job *j, struct fail *f)
{
    AUTO(node_closep) struct node *n = NULL;
    TRY(node_open(j->home, false, &n, f));
    if (strcmp(n->conf.domain, j->info.domain) != 0 || n->generation != j->info.generation)
        return fail_set(f, E_UNVERIFIED, "%s is not the home that it says it is", j->out.name);
    return OK;
}

static enum err restore(struct job *j, struct fail *f)
{
    AUTO(str_freep) char *head = NULL;
    AUTO(str_freep) char *keys = path_in(j->home, HOME_KEYS);
    AUTO(str_freep) char *run = path_in(j->home, "run");
    AUTO(str_freep) char *unlock = path_in(j->home, HOME_UNLOCK);
    TRY(backup_file_read(&j->out, bytes_of(j->unlock), &head, f));
    TRY(read_head(j, head, f));
    TRY(file_mkdirs(keys, 0700, f));
    TRY(file_mkdirs(run, 0700, f));
    for (bool more = true; more;)
        TRY(take_file(j, &more, f));
    TRY(backup_file_done(&j->out, f));
    TRY(file_write(unlock, bytes_of(j->unlock), 0600, f));
    TRY(mark_restored(j, f));
    TRY(try_node(j, f));
    return file_sync_folder(j->home, f);
}

enum err backup_restore(const char *file, const char *home, const char *unlock, backup_progress_fn progress,
                        void *ctx, struct backup_info *out, struct fail *f)
{
    AUTO(str_freep) char *beside = str_format("%s.new-%d", home, (int)getpid());
    AUTO(str_freep) char *there = path_in(home, HOME_CONF);
    AUTO(job_clear)
    struct job j = { .home = beside, .out = { .fd = -1, .name = file }, .progress = progress, .ctx = ctx };
    if (file_exists(there))
        return fail_set(f, E_CONFLICT, "there is a node in %s already; nothing was changed", home);
    TRY(crypto_start(f));
    TRY(read_unlock(&j, unlock, f));
    j.out.fd = open(file, O_RDONLY | O_CLOEXEC);
    if (j.out.fd < 0)
        return fail_set(f, E_IO, "cannot read %s: %s", file, strerror(errno));
    if (mkdir(beside, 0700) != 0)
        return fail_set(f, E_IO, "cannot make %s: %s", beside, strerror(errno));
    enum err e = restore(&j, f);
    if (e == OK && rename(beside, home) != 0)
        e = fail_set(f, errno == ENOTEMPTY || errno == EEXIST ? E_CONFLICT : E_IO, "cannot make %s: %s", home,
                     strerror(errno));
    if (e != OK) {
        if (file_remove_tree(beside, NULL) != OK)
            fail_context(f, "%s is left over", beside);
        return e;
    }
    TRY(file_sync_name(home, f));
    *out = j.info;
    j.info.domain = NULL;
    return OK;
}
