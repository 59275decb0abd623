/* SPDX-License-Identifier: Apache-2.0
 * exchange/rotate_unlock.c - a new unlock key: every sealed key under it, in a folder beside, which then takes the place of
 * keys/ at one stroke */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "exchange/node_internal.h"
#include "exchange/rotate.h"

#define BESIDE     "keys.next"
#define UNLOCK     "unlock"
#define FILES_MAX  256
#define SEALED_MAX ((size_t)1 << 19) /* of all keys */
#define PLAIN_MAX  65536

/* Keys of the listener are PEM, and stay as they are. */
static bool is_sealed(const char *name)
{
    size_t len = strlen(name);
    return len > 4 && strcmp(name + len - 4, ".key") == 0 && strncmp(name, "tls.", 4) != 0;
}

struct names {
    char *list[FILES_MAX];
    size_t count;
};

static void names_clear(struct names *n)
{
    for (size_t i = 0; i < n->count; i++)
        free(n->list[i]);
}

static enum err read_names(const char *folder, struct names *out, struct fail *f)
{
    enum err e = OK;
    DIR *dir = opendir(folder);
    if (!dir)
        return fail_set(f, E_IO, "cannot read %s: %s", folder, strerror(errno));
    for (struct dirent *d; e == OK && (d = readdir(dir));) {
        if (d->d_name[0] == '.' || strcmp(d->d_name, UNLOCK) == 0)
            continue;
        if (out->count == FILES_MAX)
            e = fail_set(f, E_TOO_LARGE, "%s holds more than a home has", folder);
        else
            out->list[out->count++] = str_dup(d->d_name);
    }
    closedir(dir);
    return e;
}

/* As one list for the keeper, in the order of the names. */
static enum err read_sealed(const char *folder, const struct names *names, struct buf *out, struct fail *f)
{
    for (size_t i = 0; i < names->count; i++) {
        AUTO(buf_freep) struct buf *blob = buf_new(8192);
        AUTO(str_freep) char *path = str_format("%s/%s", folder, names->list[i]);
        if (!is_sealed(names->list[i]))
            continue;
        TRY(file_read(path, blob, f));
        buf_put_u16_bytes(out, bytes_of(blob));
    }
    return buf_check(out, "sealed keys", f);
}

static enum err copy(const char *from, const char *to, struct fail *f)
{
    AUTO(buf_freep) struct buf *v = buf_new_secret(PLAIN_MAX);
    struct stat st;
    TRY(file_read(from, v, f));
    if (stat(from, &st) != 0)
        return fail_set(f, E_IO, "cannot read %s: %s", from, strerror(errno));
    return file_write(to, bytes_of(v), st.st_mode & 0777, f);
}

static enum err write_all(const char *folder, const char *beside, const struct names *names,
                          struct bytes resealed, struct fail *f)
{
    struct reader r = reader_of(resealed);
    for (size_t i = 0; i < names->count; i++) {
        AUTO(str_freep) char *from = str_format("%s/%s", folder, names->list[i]);
        AUTO(str_freep) char *to = str_format("%s/%s", beside, names->list[i]);
        struct bytes blob;
        if (!is_sealed(names->list[i]))
            TRY(copy(from, to, f));
        else if (get_u16_bytes(&r, &blob))
            TRY(file_write(to, blob, 0600, f));
        else
            return fail_set(f, E_INTERNAL, "the keeper sealed fewer keys than it was given");
    }
    return reader_done(&r) ? OK : fail_set(f, E_INTERNAL, "the keeper sealed more keys than it was given");
}

/* The secret is made in the keeper and goes straight into its file. */
static enum err fill(struct node *n, const char *folder, const char *beside, struct fail *f)
{
    AUTO(names_clear) struct names names = { .count = 0 };
    AUTO(buf_freep) struct buf *sealed = buf_new(SEALED_MAX);
    AUTO(buf_freep) struct buf *resealed = buf_new(SEALED_MAX);
    AUTO(str_freep) char *path = str_format("%s/" UNLOCK, beside);
    AUTO(fd_closep) int fd = -1;
    TRY(read_names(folder, &names, f));
    TRY(read_sealed(folder, &names, sealed, f));
    fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return fail_set(f, E_IO, "cannot make %s: %s", path, strerror(errno));
    TRY(keeper_reseal(n->keeper, bytes_of(sealed), fd, resealed, f));
    if (fsync(fd) != 0)
        return fail_set(f, E_IO, "cannot sync %s: %s", path, strerror(errno));
    TRY(write_all(folder, beside, &names, bytes_of(resealed), f));
    return file_sync_folder(beside, f);
}

/* At one stroke: a crash leaves the one folder or the other in its place. */
static enum err exchange(struct node *n, const char *folder, const char *beside, struct fail *f)
{
    if (renameat2(AT_FDCWD, beside, AT_FDCWD, folder, RENAME_EXCHANGE) != 0)
        return fail_set(f, E_IO, "cannot exchange %s and %s: %s", beside, folder, strerror(errno));
    return file_sync_folder(n->home, f);
}

enum err rotate_settle_unlock(const struct node *n, struct fail *f)
{
    AUTO(str_freep) char *beside = node_path(n, BESIDE);
    return file_exists(beside) ? file_remove_tree(beside, f) : OK;
}

enum err rotate_unlock(struct node *n, json_t *out, struct fail *f)
{
    AUTO(str_freep) char *folder = node_path(n, HOME_KEYS);
    AUTO(str_freep) char *beside = node_path(n, BESIDE);
    TRY(rotate_settle_unlock(n, f));
    if (mkdir(beside, 0700) != 0)
        return fail_set(f, E_IO, "cannot make %s: %s", beside, strerror(errno));
    enum err e = fill(n, folder, beside, f);
    if (e == OK)
        e = exchange(n, folder, beside, f);
    if (file_remove_tree(beside, NULL) != OK && e != OK)
        fail_context(f, "%s is left over until the next start", beside);
    TRY(e);
    json_set_str(out, "use", "unlock");
    json_set_str(out, "state", "in use");
    node_start_again(n); /* this process still seals under the old one */
    return OK;
}
