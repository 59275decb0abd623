/* SPDX-License-Identifier: Apache-2.0
 * inbox: what needs me first, by time left; then what I should know. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "base/time.h"
#include "cli/home.h"
#include "cli/mine.h"
#include "cli/print.h"
#include "cli/verbs.h"
#include "client/heldkey.h"

#define WAIT_S       20 /* how long the node may keep a follower waiting */
#define WAIT_MS      30000
#define PAUSE_MIN_MS 500
#define PAUSE_MAX_MS 5000
#define REFUSALS_MAX 3
#define SHOWN_MAX    10 /* of what is for information, without --all */
#define INDENT       36

/* How each kind is spoken of: the member of `about` that names it, the letter before its short form, and the
 * command that goes on. */
static const struct spoken {
    const char *kind, *member, *letter, *command;
} spoken[] = {
    { "request", "request", "q-", "orcon show" }, { "second", "second", "s-", "orcon second" },
    { "told", "told", "t-", "orcon receipt" },    { "override", "override", "o-", "orcon show" },
    { "inquiry", "inquiry", "i-", "orcon show" }, { "alert", "alert", "a-", "orcon alert" },
};

static const struct spoken *spoken_of(const json_t *item)
{
    for (size_t i = 0; i < COUNT(spoken); i++)
        if (strcmp(home_str(item, "kind"), spoken[i].kind) == 0 &&
            *home_str(json_object_get(item, "about"), spoken[i].member))
            return &spoken[i];
    return NULL;
}

/* What an item is called: what people act on by its own id, the others by the inbox's. */
static const char *name_of(const json_t *item)
{
    const struct spoken *s = spoken_of(item);
    const char *name = s ? home_str(json_object_get(item, "about"), s->member) : "";
    return *name ? name : home_str(item, "id");
}

static void rename_all(json_t *items)
{
    size_t i;
    json_t *item;
    json_array_foreach (items, i, item) {
        AUTO(str_freep) char *name = str_dup(name_of(item));
        json_set_str(item, "id", name);
    }
}

static bool needs_me(const json_t *item)
{
    return json_is_true(json_object_get(item, "needs"));
}

/* "14:02 (13:02Z)" today, the date otherwise; what is due: how long it still has. */
static void print_time(const json_t *item, struct buf *out)
{
    if (needs_me(item) && *home_str(item, "due"))
        print_left(home_str(item, "due"), out);
    else if (needs_me(item))
        buf_put_str(out, "open");
    else
        print_when(home_str(item, "at"), out);
    if (out->len > 14)
        out->len = 10;
}

/* "7k3q/1,2": report and portions. */
static void print_report(const json_t *about, struct buf *out)
{
    char brief[25];
    const json_t *numbers = json_object_get(about, "n");
    if (!*home_str(about, "report"))
        return;
    short_print(home_str(about, "report"), 4, brief);
    buf_put_str(out, brief);
    if (json_is_integer(numbers))
        buf_printf(out, "/%lld", (long long)json_integer_value(numbers));
    for (size_t i = 0; i < json_array_size(numbers); i++)
        buf_printf(out, "%s%lld", i ? "," : "/", (long long)json_integer_value(json_array_get(numbers, i)));
}

/* Of a report of ours: what it cites was recalled, and from whom. */
static void print_source(const json_t *source, struct buf *out)
{
    char brief[25];
    if (!source)
        return;
    const json_t *holders = json_object_get(source, "holders");
    short_print(home_str(source, "report"), 4, brief);
    buf_printf(out, ": %s, which it cites, was recalled", brief);
    for (size_t i = 0; i < json_array_size(holders); i++)
        buf_printf(out, "%s%s", i ? ", " : " from ", json_string_value(json_array_get(holders, i)));
}

static void print_reminder(const json_t *item, struct buf *out)
{
    static const struct {
        const char *notice, *text;
    } texts[] = { { "half", "half of the time is gone: " },
                  { "last", "due in 15 minutes: " },
                  { "flash", "FLASH: " } };
    for (size_t i = 0; i < COUNT(texts); i++)
        if (strcmp(home_str(item, "notice"), texts[i].notice) == 0)
            buf_put_str(out, texts[i].text);
}

/* What it says, after time, kind and name. */
static void describe(const json_t *item, struct buf *out)
{
    const json_t *about = json_object_get(item, "about");
    const char *to = home_str(about, "to"), *precedence = home_str(about, "precedence");
    print_reminder(item, out);
    if (strcmp(home_str(item, "kind"), "alert") == 0 && *home_str(about, "copy_of")) {
        buf_printf(out, "%s presented the copy issued to %s, ", home_str(about, "by"),
                   home_str(about, "copy_of"));
        print_report(about, out);
        buf_printf(out, ": refused, %s", home_str(about, "state"));
        return;
    }
    if (*home_str(about, "what")) {
        buf_put_str(out, home_str(about, "what"));
        return;
    }
    buf_printf(out, "%s%s%s  ", home_str(item, "from"), *to ? " -> " : "", to);
    print_report(about, out);
    print_source(json_object_get(about, "source"), out);
    if (json_is_true(json_object_get(about, "cited")))
        buf_put_str(out, ", to cite it");
    if (*home_str(about, "reason"))
        buf_printf(out, "  \"%s\"", home_str(about, "reason"));
    if (*home_str(about, "state"))
        buf_printf(out, "  %s", home_str(about, "state"));
    if (*precedence && strcmp(precedence, "routine") != 0)
        buf_printf(out, "  %s", precedence);
}

static void print_item(const json_t *item)
{
    AUTO(buf_freep) struct buf *when = buf_new(64);
    AUTO(buf_freep) struct buf *text = buf_new(8192);
    const struct spoken *s = spoken_of(item);
    char brief[25] = "";
    if (s)
        short_print(home_str(item, "id"), 4, brief);
    print_time(item, when);
    describe(item, text);
    int at = cli_print(stdout, "%c %-14.*s  %-9s %s%-5s  ", needs_me(item) ? '!' : ' ', (int)when->len,
                       buf_text(when), home_str(item, "kind"), s ? s->letter : "  ", brief);
    print_wrapped(stdout, (size_t)at, INDENT, buf_text(text));
    if (s && needs_me(item))
        cli_print(stdout, "%*s%s %s%s\n", INDENT, "", s->command, s->letter, brief);
}

static void print_items(const struct cli *c, json_t *answer, bool all)
{
    const json_t *items = json_object_get(answer, "items");
    size_t count = json_array_size(items), mine = 0, shown = 0;
    if (c->json) {
        cli_json(json_incref(answer));
        return;
    }
    for (size_t i = 0; i < count; i++)
        mine += needs_me(json_array_get(items, i));
    if (mine == 0)
        fputs("Nothing needs you", stdout);
    else
        cli_print(stdout, "%zu need%s you", mine, mine == 1 ? "s" : "");
    cli_print(stdout, ", %zu for information (--all: also what is done)\n", count - mine);
    for (size_t i = 0; i < count; i++) {
        const json_t *item = json_array_get(items, i);
        if (!needs_me(item) && !all && shown++ >= SHOWN_MAX)
            continue;
        print_item(item);
    }
    if (shown > SHOWN_MAX)
        cli_print(stdout, "%zu more: orcon inbox --all\n", shown - SHOWN_MAX);
}

/* Following ---------------------------------------------------------------------------------------------------- */

static void nap(unsigned ms)
{
    const struct timespec t = { ms / 1000, (long)(ms % 1000) * 1000000 };
    nanosleep(&t, NULL);
}

/* A node that is being started again comes back; a proof made just before it did is refused once. Anything else
 * ends the following. */
static bool comes_back(enum err e, unsigned *refusals)
{
    if (e == E_UNAVAILABLE)
        return true;
    return e == E_UNAUTHENTICATED && ++*refusals <= REFUSALS_MAX;
}

/* What is new after ${after}, as an answer {items[], next}. */
static enum err fetch_news(struct mine *m, uint64_t after, json_t **out, struct fail *f)
{
    AUTO(net_answer_clear) struct net_answer answer = { 0 };
    AUTO(json_freep) json_t *v = NULL;
    AUTO(str_freep)
    char *path = str_format("/v1/inbox/events?after=%llu&wait=%d", (unsigned long long)after, WAIT_S);
    struct session_request r = { .method = "GET", .path = path, .timeout_ms = WAIT_MS };
    const json_t *events;
    TRY(session_call(m->session, &r, &answer, f));
    TRY(json_read(bytes_of(answer.body), NET_ANSWER_MAX, "inbox", &v, f));
    TRY(json_need_array(v, "events", "inbox", &events, f));
    *out = json_object();
    json_set_take(*out, "items", json_incref(json_object_get(v, "events")));
    json_object_set(*out, "next", json_object_get(v, "next"));
    rename_all(json_object_get(*out, "items"));
    return OK;
}

static enum err print_news(const struct cli *c, json_t *news, struct fail *f)
{
    const json_t *items = json_object_get(news, "items");
    if (json_array_size(items) == 0)
        return OK;
    if (c->json)
        cli_json(json_incref(news));
    for (size_t i = 0; !c->json && i < json_array_size(items); i++)
        print_item(json_array_get(items, i));
    return fflush(stdout) == 0 ? OK : fail_set(f, E_IO, "cannot write to standard output: %m");
}

/* Until Ctrl-C. Each notice once, also while the node is started again: `next` is where it goes on. */
static enum err follow(const struct cli *c, struct mine *m, uint64_t next, struct fail *f)
{
    unsigned pause_ms = PAUSE_MIN_MS, refusals = 0;
    for (;;) {
        AUTO(json_freep) json_t *news = NULL;
        struct fail why = { 0 };
        uint64_t began_ms = time_mono_ms();
        enum err e = fetch_news(m, next, &news, &why);
        if (e != OK && !comes_back(e, &refusals))
            return fail_pass(f, &why);
        if (e != OK) {
            nap(pause_ms);
            pause_ms = pause_ms * 2 > PAUSE_MAX_MS ? PAUSE_MAX_MS : pause_ms * 2;
            continue;
        }
        pause_ms = PAUSE_MIN_MS;
        refusals = 0;
        TRY(json_need_u64(news, "next", "inbox", &next, f));
        TRY(print_news(c, news, f));
        if (time_mono_ms() - began_ms < PAUSE_MIN_MS)
            nap(PAUSE_MIN_MS); /* the node has too many who wait: ask, but not all the time */
    }
}

/* The whole number of --after. */
static enum err read_after(const char *text, uint64_t *after, struct fail *f)
{
    char *end;
    if (!*text || strspn(text, "0123456789") != strlen(text) || strlen(text) > 18)
        return fail_set(f, E_USAGE, "--after takes the `next` of an earlier answer, not '%.40s'", text);
    *after = strtoull(text, &end, 10);
    return OK;
}

enum err verb_inbox(struct cli *c, int argc, char **argv, struct fail *f)
{
    AUTO(mine_end) struct mine m = { 0 };
    AUTO(json_freep) json_t *answer = NULL;
    bool all = false, following = false;
    const char *after = NULL;
    uint64_t next;
    const struct cli_option options[] = { { "all", 0, NULL, &all },
                                          { "follow", 0, NULL, &following },
                                          { "after", 0, &after, NULL } };
    TRY(cli_options(c, options, COUNT(options), &argc, &argv, f));
    TRY(cli_arguments(argc, 0, 0, "", f));
    if (after && !following)
        return fail_set(f, E_USAGE, "--after goes with --follow");
    if (after)
        TRY(read_after(after, &next, f));
    TRY(mine_begin(c, &m, f));
    heldkey_sweep(m.session);
    if (!after) {
        TRY(session_get(m.session, all ? "/v1/inbox?all=1" : "/v1/inbox", &answer, f));
        TRY(json_need_u64(answer, "next", "inbox", &next, f));
        rename_all(json_object_get(answer, "items"));
        print_items(c, answer, all);
        if (fflush(stdout) != 0)
            return fail_set(f, E_IO, "cannot write to standard output: %m");
    }
    return following ? follow(c, &m, next, f) : OK;
}
