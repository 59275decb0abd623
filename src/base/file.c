/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <libgen.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

void fd_closep(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

enum err file_read(const char *path, struct buf *out, struct fail *f)
{
    bool is_stdin = strcmp(path, "-") == 0;
    AUTO(fd_closep) int fd = is_stdin ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return fail_set(f, E_IO, "cannot read %s: %s", path, strerror(errno));
    for (;;) {
        uint8_t part[16384];
        ssize_t n = read(fd, part, sizeof part);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return fail_set(f, E_IO, "cannot read %s: %s", path, strerror(errno));
        if (n == 0)
            return buf_check(out, path, f);
        buf_put(out, part, (size_t)n);
        if (out->secret)
            explicit_bzero(part, sizeof part);
        if (out->failed)
            return buf_check(out, path, f);
    }
}

static bool write_all(int fd, struct bytes v)
{
    while (v.len > 0) {
        ssize_t n = write(fd, v.data, v.len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        v.data += n;
        v.len -= (size_t)n;
    }
    return true;
}

enum err file_sync_folder(const char *folder, struct fail *f)
{
    AUTO(fd_closep) int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || fsync(fd) != 0)
        return fail_set(f, E_IO, "cannot sync the folder %s: %s", folder, strerror(errno));
    return OK;
}

enum err file_sync_name(const char *path, struct fail *f)
{
    AUTO(str_freep) char *copy = str_dup(path);
    enum err e = file_sync_folder(dirname(copy), f);
    fail_context(f, "cannot write %s", path);
    return e;
}

enum err file_write(const char *path, struct bytes v, unsigned mode, struct fail *f)
{
    AUTO(str_freep) char *beside = str_format("%s.XXXXXX", path);
    AUTO(fd_closep) int fd = mkostemp(beside, O_CLOEXEC);
    if (fd < 0)
        return fail_set(f, E_IO, "cannot write %s: %s", path, strerror(errno));
    if (!write_all(fd, v) || fchmod(fd, mode) != 0 || fsync(fd) != 0 || rename(beside, path) != 0) {
        fail_set(f, E_IO, "cannot write %s: %s", path, strerror(errno));
        unlink(beside);
        return E_IO;
    }
    return file_sync_name(path, f); /* a rename lasts once its folder does */
}

enum err file_mkdirs(const char *path, unsigned mode, struct fail *f)
{
    AUTO(str_freep) char *part = str_dup(path);
    for (char *c = part + 1;; c++) {
        char was = *c;
        if (was != '/' && was != '\0')
            continue;
        *c = '\0';
        if (mkdir(part, mode) != 0 && errno != EEXIST)
            return fail_set(f, E_IO, "cannot make %s: %s", part, strerror(errno));
        *c = was;
        if (was == '\0')
            return OK;
    }
}

bool file_exists(const char *path)
{
    struct stat st;
    return lstat(path, &st) == 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st;
    (void)type;
    (void)at;
    return remove(path);
}

enum err file_remove_tree(const char *path, struct fail *f)
{
    if (nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS) != 0 && errno != ENOENT)
        return fail_set(f, E_IO, "cannot remove %s: %s", path, strerror(errno));
    return OK;
}
