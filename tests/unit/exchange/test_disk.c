/* SPDX-License-Identifier: Apache-2.0 - files of a home on a disk that fails: each call of the system in turn
 *
 * The linker puts the calls below before the C library's; SQLite's own are in test_faults.c. */
#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "home.h"

static unsigned nth, calls; /* the call that fails, from 1; 0: none */

/* Whether this call is the one. */
static bool fails(int error)
{
    if (nth == 0 || ++calls != nth)
        return false;
    errno = error;
    return true;
}

ssize_t __real_write(int fd, const void *data, size_t len);
int __real_fsync(int fd);
int __real_fchmod(int fd, mode_t mode);
int __real_rename(const char *from, const char *to);
int __real_link(const char *from, const char *to);
ssize_t __wrap_write(int fd, const void *data, size_t len);
int __wrap_fsync(int fd);
int __wrap_fchmod(int fd, mode_t mode);
int __wrap_rename(const char *from, const char *to);
int __wrap_link(const char *from, const char *to);

ssize_t __wrap_write(int fd, const void *data, size_t len)
{
    if (!fails(ENOSPC))
        return __real_write(fd, data, len);
    ssize_t half = __real_write(fd, data, len / 2); /* as a full disk does it */
    errno = ENOSPC;
    return half < 0 ? half : -1;
}
int __wrap_fsync(int fd)
{
    return fails(EIO) ? -1 : __real_fsync(fd);
}
int __wrap_fchmod(int fd, mode_t mode)
{
    return fails(EIO) ? -1 : __real_fchmod(fd, mode);
}
int __wrap_rename(const char *from, const char *to)
{
    return fails(EIO) ? -1 : __real_rename(from, to);
}
int __wrap_link(const char *from, const char *to)
{
    return fails(EIO) ? -1 : __real_link(from, to);
}

static void arm(unsigned n)
{
    nth = n;
    calls = 0;
}

/* Disarm; whether it came to that. */
static bool was_hit(void)
{
    bool hit = nth && calls >= nth;
    nth = 0;
    return hit;
}

static unsigned entries_of(const char *path)
{
    unsigned count = 0;
    DIR *d = opendir(path);
    for (struct dirent *e; d && (e = readdir(d));)
        count += e->d_name[0] != '.';
    if (d)
        closedir(d);
    return count;
}

static bool holds(const char *path, const char *want)
{
    AUTO(buf_freep) struct buf *text = buf_new(64);
    struct fail f = { 0 };
    return file_read(path, text, &f) == OK && strcmp(buf_text(text), want) == 0;
}

/* A key file: the old one stays, or the new one is there; a part of it never is, nor anything beside it. */
static void replace(const char *dir)
{
    AUTO(str_freep) char *path = str_format("%s/key", dir);
    bool hit = true;
    for (unsigned n = 1; hit; n++) {
        struct fail f = { 0 };
        if (!ok(file_write(path, bytes_str("old"), 0600, &f) == OK, "the old file"))
            return;
        arm(n);
        enum err e = file_write(path, bytes_str("new one"), 0600, &f);
        hit = was_hit();
        bool last = n == 5; /* the folder's sync comes after the rename */
        if (hit)
            ok(e == E_IO && strstr(f.what, path) && holds(path, last ? "new one" : "old"), "call %u: %s", n,
               f.what);
        else
            ok(n == 6 && e == OK && holds(path, "new one"), "no call is left: %u", n);
        ok(entries_of(dir) == 1, "nothing beside it");
    }
    unlink(path);
}

/* init: a home, or nothing at all. A few of the calls, others each time. */
static void init(const char *dir)
{
    AUTO(str_freep) char *home = str_format("%s/alder.example", dir);
    size_t count;
    struct node_conf conf = { 0 };
    const struct conf_key *keys = node_conf_keys(&count);
    conf_defaults(keys, count, &conf);
    conf.domain = str_dup("alder.example");
    conf.url = str_dup("https://alder.example:7700");
    bool hit = true;
    for (unsigned n = 1 + (unsigned)(time_now_ms() % 8); hit; n += 8) {
        struct fail f = { 0 };
        struct node *made = NULL;
        arm(n);
        enum err e = node_init(home, &conf, &f);
        hit = was_hit();
        if (hit) {
            ok(e != OK && *f.what && entries_of(dir) == 0, "call %u: nothing is left: %s", n, f.what);
        } else {
            ok(e == OK && node_open(home, false, &made, &f) == OK,
               "without a fault it is made, and opens: %s", f.what);
            node_close(made);
        }
    }
    conf_release(keys, count, &conf);
}

int main(void)
{
    char dir[] = "/tmp/orcon-disk-XXXXXX";
    struct fail f = { 0 };
    if (!mkdtemp(dir))
        return 1;
    replace(dir);
    init(dir);
    ok(file_remove_tree(dir, &f) == OK, "removed");
    return tap_done();
}
