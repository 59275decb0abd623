/* SPDX-License-Identifier: Apache-2.0 - a backup of a home whose last writes were cut off, and what of it lasts
 *
 * The linker shows the test which files are synced. */
#include <sys/stat.h>
#include <unistd.h>

#include "exchange/backup.h"
#include "home.h"

#define EVENTS_MAX 512

/* Folders and files that were synced, and names that were given, in their order. */
static struct {
    ino_t synced; /* 0: a name */
    char name[128];
} events[EVENTS_MAX];
static size_t count;

int __real_fsync(int fd);
int __real_rename(const char *from, const char *to);
int __wrap_fsync(int fd);
int __wrap_rename(const char *from, const char *to);

int __wrap_fsync(int fd)
{
    struct stat st;
    if (fstat(fd, &st) == 0 && count < EVENTS_MAX)
        events[count++].synced = st.st_ino;
    return __real_fsync(fd);
}

int __wrap_rename(const char *from, const char *to)
{
    if (count < EVENTS_MAX) {
        events[count].synced = 0;
        snprintf(events[count++].name, sizeof events->name, "%s", to);
    }
    return __real_rename(from, to);
}

/* Whether ${path} was synced, and since something was renamed to ${name}, if that is given. */
static bool is_synced(const char *path, const char *name)
{
    struct stat st;
    bool named = !name, is = false;
    if (stat(path, &st) != 0)
        return false;
    for (size_t i = 0; i < count; i++) {
        bool here = name && events[i].synced == 0 && strcmp(events[i].name, name) == 0;
        named = named || here;
        is = !here && (is || (named && events[i].synced == st.st_ino));
    }
    return is;
}

/* What file_write leaves where the machine stops between its first write and its rename. */
static void leave(const char *home, const char *name)
{
    struct fail f = { 0 };
    AUTO(str_freep) char *path = str_format("%s/keys/%s", home, name);
    ok(file_write(path, bytes_str("cut off"), 0600, &f) == OK, "%s is left over: %s", name, f.what);
}

static bool has(const char *home, const char *name)
{
    AUTO(str_freep) char *path = str_format("%s/keys/%s", home, name);
    return file_exists(path);
}

int main(void)
{
    static const char *const left[] = { "webhook.key.Ab12Cd", "unlock.a1b2c3", "kas.next.key.QQQQQQ" };
    char dir[] = "/tmp/orcon-backup-XXXXXX";
    struct fail f = { 0 };
    if (!mkdtemp(dir) || crypto_start(&f) != OK)
        return 1;
    struct node *n = home_make(dir, "alder.example");
    AUTO(str_freep) char *home = str_dup(n->home);
    AUTO(str_freep) char *folder = str_format("%s/kept", dir);
    AUTO(str_freep) char *file = str_format("%s/alder.backup", folder);
    AUTO(str_freep) char *unlock = str_format("%s/keys/unlock", home);
    AUTO(str_freep) char *there = str_format("%s/put/back", dir);
    AUTO(str_freep) char *above = str_format("%s/put", dir);
    AUTO(str_freep) char *keys = str_format("%s/keys", there);
    AUTO(backup_info_clear) struct backup_info made = { 0 };
    AUTO(backup_info_clear) struct backup_info back = { 0 };
    node_close(n);
    for (size_t i = 0; i < COUNT(left); i++)
        leave(home, left[i]);
    ok(file_mkdirs(folder, 0700, &f) == OK && file_mkdirs(above, 0700, &f) == OK, "folders");
    ok(backup_make(home, file, NULL, NULL, &made, &f) == OK, "a backup: %s", f.what);
    ok(is_synced(folder, file), "its name lasts");
    count = 0;
    ok(backup_restore(file, there, unlock, NULL, NULL, &back, &f) == OK, "is put back: %s", f.what);
    for (size_t i = 0; i < COUNT(left); i++)
        ok(!has(there, left[i]), "without %s", left[i]);
    ok(has(there, "log.key") && has(there, "tls.crt") && has(there, "unlock"), "with its keys");
    ok(is_synced(keys, NULL) && is_synced(there, NULL) && is_synced(above, there), "and its names last");
    ok(file_remove_tree(dir, &f) == OK, "removed");
    return tap_done();
}
