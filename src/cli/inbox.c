/* SPDX-License-Identifier: Apache-2.0
 * inbox: what needs me first, by time left; then what I should know. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "cli/home.h"
#include "cli/mine.h"
#include "cli/print.h"
#include "cli/verbs.h"

#define FOLLOW_S 2

/* What an item is called: a request by its own id, the others by the inbox's. */
static const char *name_of(const json_t *item)
{
    const char *request = home_str(json_object_get(item, "about"), "request");
    bool asks = strcmp(home_str(item, "kind"), "request") == 0;
    return asks && *request ? request : home_str(item, "id");
}

static bool needs_me(const json_t *item)
{
    return strcmp(home_str(item, "kind"), "request") == 0 && !json_is_true(json_object_get(item, "done"));
}

/* What needs me, soonest first; then the rest, newest first. */
static int in_order(const void *a, const void *b)
{
    const json_t *x = *(json_t *const *)a, *y = *(json_t *const *)b;
    if (needs_me(x) != needs_me(y))
        return needs_me(x) ? -1 : 1;
    return needs_me(x) ? strcmp(home_str(x, "due"), home_str(y, "due"))
                       : strcmp(home_str(y, "at"), home_str(x, "at"));
}

static json_t *sorted(const json_t *items)
{
    size_t count = json_array_size(items);
    json_t **rows = mem_array(count + 1, sizeof *rows), *out = json_array();
    for (size_t i = 0; i < count; i++) {
        rows[i] = json_deep_copy(json_array_get(items, i));
        json_set_str(rows[i], "id", name_of(rows[i]));
    }
    qsort(rows, count, sizeof *rows, in_order);
    for (size_t i = 0; i < count; i++)
        json_array_append_new(out, rows[i]);
    mem_freep(&rows);
    return out;
}

/* What it says, after kind and sender. */
static void describe(const json_t *item, struct buf *out)
{
    const json_t *about = json_object_get(item, "about");
    const char *kind = home_str(item, "kind"), *report = home_str(about, "report");
    char brief[25] = "";
    if (*report)
        short_print(report, 4, brief);
    if (strcmp(kind, "alert") == 0 && *home_str(about, "copy_of"))
        buf_printf(out, "%s tried %s, copy of %s: refused", home_str(about, "by"), brief,
                   home_str(about, "copy_of"));
    else if (*home_str(about, "what"))
        buf_put_str(out, home_str(about, "what"));
    else
        buf_printf(out, "from %s  %s", home_str(item, "from"), brief);
}

static void print_item(const json_t *item)
{
    AUTO(buf_freep) struct buf *when = buf_new(64);
    AUTO(buf_freep) struct buf *text = buf_new(4096);
    char brief[25];
    if (needs_me(item))
        print_left(home_str(item, "due"), when);
    else
        print_when(home_str(item, "at"), when);
    describe(item, text);
    int at = printf("%c %-26s %-9s ", needs_me(item) ? '!' : ' ', buf_text(when), home_str(item, "kind"));
    print_wrapped(stdout, (size_t)at, 39, buf_text(text));
    if (!needs_me(item))
        return;
    short_print(name_of(item), 4, brief);
    printf("%39sorcon show q-%s\n", "", brief);
}

static enum err fetch(struct mine *m, bool all, json_t **items, struct fail *f)
{
    AUTO(json_freep) json_t *answer = NULL;
    const json_t *list;
    TRY(session_get(m->session, all ? "/v1/inbox?all=1" : "/v1/inbox", &answer, f));
    TRY(json_need_array(answer, "items", "inbox", &list, f));
    *items = sorted(list);
    return OK;
}

static void print_items(const struct cli *c, json_t *items, bool follow)
{
    size_t count = json_array_size(items), mine = 0;
    if (c->json) {
        json_t *out = json_object();
        json_set_take(out, "items", json_incref(items));
        cli_json(out);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        print_item(json_array_get(items, i));
        mine += needs_me(json_array_get(items, i));
    }
    if (!follow && count == 0)
        puts("Nothing needs you. What is done: orcon inbox --all");
    else if (!follow)
        printf("%zu need%s you, %zu for information\n", mine, mine == 1 ? "s" : "", count - mine);
}

/* Those that were not there before. ${seen} learns them. */
static json_t *fresh_ones(json_t *items, json_t *seen)
{
    json_t *out = json_array();
    for (size_t i = 0; i < json_array_size(items); i++) {
        json_t *item = json_array_get(items, i);
        if (json_object_get(seen, home_str(item, "id")))
            continue;
        json_object_set_new(seen, home_str(item, "id"), json_true());
        json_array_append(out, item);
    }
    return out;
}

/* Until Ctrl-C, or until the node can't be reached. With --json one document each time that there is news. */
static enum err follow(struct cli *c, struct mine *m, bool all, struct fail *f)
{
    AUTO(json_freep) json_t *seen = json_object();
    for (bool first = true;; first = false) {
        AUTO(json_freep) json_t *items = NULL;
        const struct timespec nap = { FOLLOW_S, 0 };
        TRY(fetch(m, all, &items, f));
        AUTO(json_freep) json_t *fresh = fresh_ones(items, seen);
        if (first || json_array_size(fresh))
            print_items(c, fresh, true);
        if (fflush(stdout) != 0)
            return fail_set(f, E_IO, "cannot write to standard output: %m");
        nanosleep(&nap, NULL);
    }
}

enum err verb_inbox(struct cli *c, int argc, char **argv, struct fail *f)
{
    AUTO(mine_end) struct mine m = { 0 };
    AUTO(json_freep) json_t *items = NULL;
    bool all = false, following = false;
    const struct cli_option options[] = { { "all", 0, NULL, &all }, { "follow", 0, NULL, &following } };
    TRY(cli_options(c, options, COUNT(options), &argc, &argv, f));
    TRY(cli_arguments(argc, 0, 0, "", f));
    TRY(mine_begin(c, &m, f));
    if (following)
        return follow(c, &m, all, f);
    TRY(fetch(&m, all, &items, f));
    print_items(c, items, false);
    return OK;
}
