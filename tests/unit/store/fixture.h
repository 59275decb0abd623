/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/store/fixture.h - a store in a folder of its own */
#ifndef TESTS_STORE_FIXTURE_H
#define TESTS_STORE_FIXTURE_H

#include <stdlib.h>
#include <unistd.h>

#include "store/inside.h"
#include "store/store.h"
#include "tap.h"

static char folder[64], path[96];
static struct store *store;
static struct db *db; /* the writing connection, each call a transaction of its own */

/* good, bad: a test point: ${call} is OK, or fails with ${code}; ${f} is what it may fill. */
static struct fail f;
#define good(call) (fail_clear(&f), ok((call) == OK, "%s%s%s", #call, f.code ? ": " : "", f.what))
#define bad(call, want)                                                                                      \
    (fail_clear(&f), ok((call) == (want) && f.code == (want), "%s is %s: %s", #call, #want, f.what))
#define bad_why(call, want)                                                                                  \
    (fail_clear(&f), ok((call) != OK && f.reason == (want), "%s is %s: %s", #call, #want, f.what))

__attribute__((unused)) static void begin(void)
{
    snprintf(folder, sizeof folder, "/tmp/orcon-store.XXXXXX");
    if (!mkdtemp(folder))
        exit(99);
    snprintf(path, sizeof path, "%s/orcon.db", folder);
    good(store_create(path, &f));
    good(store_open(path, &store, &f));
    if (!store)
        exit(99);
    db = store_writing_take(store);
}

__attribute__((unused)) static void reopen(void)
{
    store_writing_give(store);
    store_freep(&store);
    good(store_open(path, &store, &f));
    if (!store)
        exit(99);
    db = store_writing_take(store);
}

__attribute__((unused)) static void drop(void)
{
    static const char *const suffix[] = { "", "-wal", "-shm" };
    for (size_t i = 0; i < COUNT(suffix); i++) {
        char name[128];
        snprintf(name, sizeof name, "%s%s", path, suffix[i]);
        unlink(name);
    }
}

__attribute__((unused)) static int end(void)
{
    if (store && db) {
        store_writing_give(store);
        store_freep(&store);
    }
    drop();
    ok(rmdir(folder) == 0, "nothing else was left in the folder");
    return tap_done();
}

/* A list's rows as one line of text: callbacks append what they show. */
struct line {
    char text[512];
};
__attribute__((unused, format(printf, 2, 3))) static enum err put(struct line *l, const char *fmt, ...)
{
    size_t n = strlen(l->text);
    va_list args;
    va_start(args, fmt);
    vsnprintf(l->text + n, sizeof l->text - n, fmt, args);
    va_end(args);
    return OK;
}
__attribute__((unused)) static enum err put_id(const char *originator, const char *id, void *ctx,
                                               struct fail *fail)
{
    (void)fail;
    return put(ctx, "%s/%s ", originator, id);
}
/* shows: the list call with ${line} as its ctx gives ${want}. */
#define shows(call, want)                                                                                    \
    do {                                                                                                     \
        struct line line = { "" };                                                                           \
        good(call);                                                                                          \
        is_str(line.text, want, #call);                                                                      \
    } while (0)

#endif
