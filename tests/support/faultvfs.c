/* SPDX-License-Identifier: Apache-2.0 */
#include "faultvfs.h"

#include <fcntl.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define IMAGES_MAX 16
#define NAME_SIZE  256
#define DISK       ".disk" /* what the disk holds of a file whose cached bytes are others */

/* A write (or, without data, a cut) that no sync has made sure of. */
struct change {
    uint64_t at; /* a cut: the new length */
    uint8_t *data;
    size_t len;
    struct change *next;
};

/* A file, however often it is open: what the disk is sure to hold, and what came later. */
struct image {
    char path[NAME_SIZE];
    bool known; /* to its folder: a new file is only after its first sync */
    uint8_t *bytes;
    size_t len;
    struct change *first, **last;
};

struct file {
    sqlite3_file base;
    struct image *image; /* NULL: not ours to spoil */
    sqlite3_file *real;  /* right behind this struct */
};

static struct fault plan;
static sqlite3_vfs vfs, *real_vfs;
static uint64_t state;
static unsigned calls;
static bool happened;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct image images[IMAGES_MAX];
static size_t image_count;

/* Deciding ----------------------------------------------------------------------------------------------------------- */

static uint64_t draw(void) /* splitmix64 */
{
    uint64_t z = state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* Of three seeds one loses everything that it may, one nothing, and one tosses a coin for each sector. */
static bool survives(void)
{
    return plan.seed % 3 == 1 || (plan.seed % 3 == 2 && (draw() & 1));
}

/* The call that was waited for. Under the lock. */
static bool now(enum fault_kind kind)
{
    if (kind != plan.kind || ++calls != plan.n)
        return false;
    happened = true;
    if (plan.happens)
        plan.happens();
    return true;
}

/* The disk ----------------------------------------------------------------------------------------------------------- */

static void out_of_memory(const void *p)
{
    if (p)
        return;
    fputs("faultvfs: out of memory\n", stderr);
    _exit(99);
}

static void resize(struct image *im, size_t len)
{
    im->bytes = realloc(im->bytes, len ? len : 1);
    out_of_memory(im->bytes);
    if (len > im->len)
        memset(im->bytes + im->len, 0, len - im->len);
    im->len = len;
}

static void place(struct image *im, uint64_t at, const uint8_t *data, size_t len)
{
    if (at + len > im->len)
        resize(im, at + len);
    memcpy(im->bytes + at, data, len);
}

static void settle_write(struct image *im, const struct change *c, bool (*keep)(void))
{
    for (size_t done = 0, part; done < c->len; done += part) {
        part = FAULT_SECTOR - (c->at + done) % FAULT_SECTOR;
        part = part < c->len - done ? part : c->len - done;
        if (keep())
            place(im, c->at + done, c->data + done, part);
    }
}

static bool always(void)
{
    return true;
}

/* What came later is settled: all of it, or what survives. */
static void settle(struct image *im, bool (*keep)(void))
{
    for (struct change *c; (c = im->first);) {
        im->first = c->next;
        if (c->data)
            settle_write(im, c, keep);
        else if (keep())
            resize(im, c->at);
        free(c->data);
        free(c);
    }
    im->last = &im->first;
    im->known = im->known || keep == always || im->len > 0 || survives();
}

static void note_change(struct image *im, uint64_t at, const void *data, size_t len)
{
    struct change *c = calloc(1, sizeof *c);
    out_of_memory(c);
    c->at = at;
    c->len = len;
    if (data) {
        c->data = malloc(len ? len : 1);
        out_of_memory(c->data);
        memcpy(c->data, data, len);
    }
    *im->last = c;
    im->last = &c->next;
}

static bool load(const char *path, struct image *im)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    bool good = fstat(fd, &st) == 0;
    if (good) {
        resize(im, (size_t)st.st_size);
        good = pread(fd, im->bytes, im->len, 0) == (ssize_t)im->len;
    }
    close(fd);
    return good;
}

static void save(const char *path, const struct image *im)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0 || pwrite(fd, im->bytes, im->len, 0) != (ssize_t)im->len) {
        perror(path);
        _exit(99);
    }
    close(fd);
}

/* The process's locks on a file go with any descriptor that is closed on it, so this comes before SQLite's open. */
static struct image *image_of(const char *path)
{
    char disk[NAME_SIZE + sizeof DISK];
    for (size_t i = 0; i < image_count; i++)
        if (strcmp(images[i].path, path) == 0)
            return &images[i];
    if (image_count == IMAGES_MAX || strlen(path) >= NAME_SIZE) {
        fputs("faultvfs: too many files, or too long a name\n", stderr);
        _exit(99);
    }
    struct image *im = &images[image_count++];
    snprintf(im->path, sizeof im->path, "%s", path);
    im->last = &im->first;
    snprintf(disk, sizeof disk, "%.255s" DISK, path);
    im->known = load(disk, im) || load(path, im);
    return im;
}

_Noreturn void faultvfs_power(void)
{
    char name[NAME_SIZE + sizeof DISK];
    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < image_count; i++) {
        struct image *im = &images[i];
        settle(im, survives);
        if (im->known)
            save(im->path, im);
        else
            unlink(im->path);
        snprintf(name, sizeof name, "%.255s" DISK, im->path);
        unlink(name);
        snprintf(name, sizeof name, "%.255s-shm", im->path);
        unlink(name);
    }
    _exit(FAULT_POWER_STATUS);
}

static void power_now(void)
{
    if (!now(FAULT_POWER))
        return;
    pthread_mutex_unlock(&lock);
    faultvfs_power();
}

/* A file's methods ---------------------------------------------------------------------------------------------------- */

static sqlite3_file *real_of(sqlite3_file *f)
{
    return ((struct file *)f)->real;
}

static int pass_write(struct file *f, const void *data, int len, sqlite3_int64 at)
{
    int rc = f->real->pMethods->xWrite(f->real, data, len, at);
    if (rc == SQLITE_OK && len > 0)
        note_change(f->image, (uint64_t)at, data, (size_t)len);
    return rc;
}

static int torn_write(struct file *f, const uint8_t *data, int len, sqlite3_int64 at)
{
    for (int done = 0, part; done < len; done += part) {
        part = FAULT_SECTOR - (int)((at + done) % FAULT_SECTOR);
        part = part < len - done ? part : len - done;
        if (draw() & 1)
            pass_write(f, data + done, part, at + done);
    }
    return SQLITE_IOERR_WRITE;
}

static int locked_write(struct file *f, const void *data, int len, sqlite3_int64 at)
{
    power_now();
    if (happened && plan.kind == FAULT_FULL)
        return SQLITE_FULL;
    if (now(FAULT_FULL)) {
        pass_write(f, data, len / 2, at);
        return SQLITE_FULL;
    }
    if (now(FAULT_WRITE))
        return SQLITE_IOERR_WRITE;
    if (now(FAULT_TORN))
        return torn_write(f, data, len, at);
    return pass_write(f, data, len, at);
}

static int on_write(sqlite3_file *file, const void *data, int len, sqlite3_int64 at)
{
    struct file *f = (struct file *)file;
    if (!f->image)
        return f->real->pMethods->xWrite(f->real, data, len, at);
    pthread_mutex_lock(&lock);
    int rc = locked_write(f, data, len, at);
    pthread_mutex_unlock(&lock);
    return rc;
}

static int on_truncate(sqlite3_file *file, sqlite3_int64 len)
{
    struct file *f = (struct file *)file;
    if (!f->image)
        return f->real->pMethods->xTruncate(f->real, len);
    pthread_mutex_lock(&lock);
    power_now();
    int rc = now(FAULT_TRUNCATE) ? SQLITE_IOERR_TRUNCATE : f->real->pMethods->xTruncate(f->real, len);
    if (rc == SQLITE_OK)
        note_change(f->image, (uint64_t)len, NULL, 0);
    pthread_mutex_unlock(&lock);
    return rc;
}

/* The kernel has dropped what it could not write: what the file shows is what the disk holds. In parts, since SQLite
 * takes none of 128 KiB. */
static void show_disk(struct file *f)
{
    const struct image *im = f->image;
    int rc = f->real->pMethods->xTruncate(f->real, (sqlite3_int64)im->len);
    for (size_t at = 0, part; rc == SQLITE_OK && at < im->len; at += part) {
        part = im->len - at < 4096 ? im->len - at : 4096;
        rc = f->real->pMethods->xWrite(f->real, im->bytes + at, (int)part, (sqlite3_int64)at);
    }
    if (rc != SQLITE_OK) {
        perror(im->path);
        _exit(99);
    }
}

/* Files go on to show what the kernel has; beside them stands what the disk has. The process is to end, so that nothing
 * comes later. */
static void keep_disk(void)
{
    for (size_t i = 0; i < image_count; i++) {
        char disk[NAME_SIZE + sizeof DISK];
        settle(&images[i], survives);
        snprintf(disk, sizeof disk, "%.255s" DISK, images[i].path);
        save(disk, &images[i]);
    }
}

static int locked_sync(struct file *f, int flags)
{
    power_now();
    if (now(FAULT_SYNC)) {
        settle(f->image, survives);
        show_disk(f);
        return SQLITE_IOERR_FSYNC;
    }
    if (now(FAULT_STALE)) {
        keep_disk();
        return SQLITE_IOERR_FSYNC;
    }
    int rc = f->real->pMethods->xSync(f->real, flags);
    if (rc == SQLITE_OK)
        settle(f->image, always);
    return rc;
}

static int on_sync(sqlite3_file *file, int flags)
{
    struct file *f = (struct file *)file;
    if (!f->image)
        return f->real->pMethods->xSync(f->real, flags);
    pthread_mutex_lock(&lock);
    int rc = locked_sync(f, flags);
    pthread_mutex_unlock(&lock);
    return rc;
}

/* Whether a call of this file that changes nothing is the one that fails. */
static bool fails(const struct file *f, enum fault_kind kind)
{
    if (!f->image)
        return false;
    pthread_mutex_lock(&lock);
    bool is = now(kind);
    pthread_mutex_unlock(&lock);
    return is;
}

static int on_read(sqlite3_file *file, void *data, int len, sqlite3_int64 at)
{
    struct file *f = (struct file *)file;
    return fails(f, FAULT_READ) ? SQLITE_IOERR_READ : f->real->pMethods->xRead(f->real, data, len, at);
}

static int on_shm_map(sqlite3_file *file, int region, int size, int extend, void volatile **out)
{
    struct file *f = (struct file *)file;
    return fails(f, FAULT_SHM) ? SQLITE_IOERR_SHMMAP
                               : f->real->pMethods->xShmMap(f->real, region, size, extend, out);
}

static int on_close(sqlite3_file *f)
{
    return real_of(f)->pMethods->xClose(real_of(f));
}
static int on_file_size(sqlite3_file *f, sqlite3_int64 *size)
{
    return real_of(f)->pMethods->xFileSize(real_of(f), size);
}
static int on_lock(sqlite3_file *f, int level)
{
    return real_of(f)->pMethods->xLock(real_of(f), level);
}
static int on_unlock(sqlite3_file *f, int level)
{
    return real_of(f)->pMethods->xUnlock(real_of(f), level);
}
static int on_check_reserved(sqlite3_file *f, int *out)
{
    return real_of(f)->pMethods->xCheckReservedLock(real_of(f), out);
}
static int on_control(sqlite3_file *f, int op, void *arg)
{
    return real_of(f)->pMethods->xFileControl(real_of(f), op, arg);
}
static int on_sector_size(sqlite3_file *f)
{
    return real_of(f)->pMethods->xSectorSize(real_of(f));
}
static int on_characteristics(sqlite3_file *f)
{
    return real_of(f)->pMethods->xDeviceCharacteristics(real_of(f));
}
static int on_shm_lock(sqlite3_file *f, int offset, int n, int flags)
{
    return real_of(f)->pMethods->xShmLock(real_of(f), offset, n, flags);
}
static void on_shm_barrier(sqlite3_file *f)
{
    real_of(f)->pMethods->xShmBarrier(real_of(f));
}
static int on_shm_unmap(sqlite3_file *f, int delete)
{
    return real_of(f)->pMethods->xShmUnmap(real_of(f), delete);
}

/* Of version 2: no file is mapped, so that every byte comes by here. */
static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = on_close,
    .xRead = on_read,
    .xWrite = on_write,
    .xTruncate = on_truncate,
    .xSync = on_sync,
    .xFileSize = on_file_size,
    .xLock = on_lock,
    .xUnlock = on_unlock,
    .xCheckReservedLock = on_check_reserved,
    .xFileControl = on_control,
    .xSectorSize = on_sector_size,
    .xDeviceCharacteristics = on_characteristics,
    .xShmMap = on_shm_map,
    .xShmLock = on_shm_lock,
    .xShmBarrier = on_shm_barrier,
    .xShmUnmap = on_shm_unmap,
};

/* The VFS ------------------------------------------------------------------------------------------------------------- */

static int on_open(sqlite3_vfs *v, const char *name, sqlite3_file *file, int flags, int *out_flags)
{
    struct file *f = (struct file *)file;
    (void)v;
    *f = (struct file){ .real = (sqlite3_file *)(f + 1) };
    if (name && strncmp(name, plan.under, strlen(plan.under)) == 0) {
        pthread_mutex_lock(&lock);
        f->image = image_of(name);
        bool failing = now(FAULT_OPEN);
        pthread_mutex_unlock(&lock);
        if (failing)
            return SQLITE_CANTOPEN;
    }
    int rc = real_vfs->xOpen(real_vfs, name, f->real, flags, out_flags);
    if (f->real->pMethods) /* even after a failure, it is to be closed then */
        f->base.pMethods = &methods;
    return rc;
}

void faultvfs_install(const struct fault *fault)
{
    plan = *fault;
    state = fault->seed * 1000003 + fault->n;
    real_vfs = sqlite3_vfs_find(NULL);
    vfs = *real_vfs;
    vfs.zName = "fault";
    vfs.xOpen = on_open;
    vfs.szOsFile = (int)sizeof(struct file) + real_vfs->szOsFile;
    if (sqlite3_vfs_register(&vfs, 1) != SQLITE_OK) {
        fputs("faultvfs: not registered\n", stderr);
        _exit(99);
    }
}
