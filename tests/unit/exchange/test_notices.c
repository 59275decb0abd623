/* SPDX-License-Identifier: Apache-2.0 - what people are told: the feed of notices, reminders, who gets them */
#include "flow.h"

#include <pthread.h>

#include "exchange/bell.h"
#include "exchange/timer.h"

static const struct flow_portion written[] = {
    { "TLP:GREEN", "A title" },
    { "TLP:AMBER//ORCON", "The group hides explosives in portable computers." },
};

#define MINUTE 60000
#define OLGA   "olga@alder.example", ROLE_OFFICER

/* bob asks for portion 1, an answer being due in ${minutes}; alder has heard of it. Caller frees. */
static char *ask(unsigned minutes)
{
    AUTO(json_freep) json_t *asked = NULL;
    json_t *body = request_body("cedar.example");
    struct fail f = { 0 };
    char by[TIME_TEXT_SIZE];
    time_print(test_now() + (uint64_t)minutes * MINUTE, by);
    json_set_str(body, "by", by);
    ok(do_act(birch, "bob@birch.example", ROLE_READER, bob, "request", NULL, ids[1], body, &asked, &f) ==
               OK &&
           deliver(birch, alder) == 1,
       "bob asks for an answer in %u minutes: %s", minutes, f.what);
    return str_dup(json_string_value(json_object_get(asked, "request")));
}

/* What somebody was told after *next, as "new half"; *next goes on. Caller frees. */
static char *told(struct node *n, const char *who, unsigned roles, uint64_t *next)
{
    struct asker a = asker_of(who, roles);
    AUTO(json_freep) json_t *v = NULL;
    AUTO(buf_freep) struct buf *text = buf_new(4096);
    struct fail f = { 0 };
    size_t i;
    json_t *event;
    if (!ok(view_inbox_events(n, &a, *next, 0, &v, &f) == OK, "%s looks: %s", who, f.what))
        return str_dup("");
    json_array_foreach (json_object_get(v, "events"), i, event)
        buf_printf(text, "%s%s", i ? " " : "", json_string_value(json_object_get(event, "notice")));
    *next = (uint64_t)json_integer_value(json_object_get(v, "next"));
    return buf_steal_text(text);
}

static uint64_t newest(struct node *n)
{
    struct asker a = asker_of(OLGA);
    AUTO(json_freep) json_t *v = NULL;
    struct fail f = { 0 };
    return view_inbox(n, &a, false, &v, &f) == OK ? (uint64_t)json_integer_value(json_object_get(v, "next"))
                                                  : 0;
}

static void turn(void)
{
    struct fail f = { 0 };
    ok(timer_turn(alder, NULL, &f) == OK && timer_turn(alder, NULL, &f) == OK, "the timer, twice: %s",
       f.what);
}

/* Rows: how long there is, what is done before a look, and what olga has been told by then. */
static void reminders(void)
{
    static const struct {
        unsigned minutes, later[3];
        const char *told[3];
    } rows[] = {
        { 120, { 60, 45, 15 }, { "half", "last", "new" } }, /* the silence at the end */
        { 14, { 6, 1, 7 }, { "", "half", "new" } },         /* too short for the last one */
        { 120, { 110, 9, 1 }, { "half last", "", "new" } }, /* nobody was there at half time */
        { 120, { 121, 1, 1 }, { "new", "", "" } },          /* nor at the deadline: too late to remind */
        { 20, { 5, 5, 10 }, { "last", "half", "new" } },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint64_t next = newest(alder), none = next;
        free(ask(rows[i].minutes));
        AUTO(str_freep) char *first = told(alder, OLGA, &next);
        is_str(first, "new", "olga hears of it");
        for (int k = 0; k < 3; k++) {
            test_clock_ms += (uint64_t)rows[i].later[k] * MINUTE;
            turn();
            AUTO(str_freep) char *got = told(alder, OLGA, &next);
            ok(strcmp(got, rows[i].told[k]) == 0, "row %zu, look %d: '%s'", i, k, got);
        }
        AUTO(str_freep) char *others = told(alder, "bob@birch.example", ROLE_READER, &none);
        is_str(others, "", "it is for officers");
        deliver(alder, birch);
    }
}

static void decided(void)
{
    uint64_t next = newest(alder);
    AUTO(str_freep) char *request = ask(120);
    AUTO(json_freep) json_t *denied = NULL;
    struct fail f = { 0 };
    ok(do_act(alder, "olga@alder.example", ROLE_OFFICER, olga, "deny", request, NULL,
              json_pack("{s:s}", "reason", "no"), &denied, &f) == OK &&
           deliver(alder, birch) == 1,
       "denied: %s", f.what);
    test_clock_ms += 119 * MINUTE;
    turn();
    AUTO(str_freep) char *got = told(alder, OLGA, &next);
    is_str(got, "new", "nobody is reminded of what is decided");
}

/* What was to be said is said after a start, once. */
static void restarted(void)
{
    uint64_t next = newest(alder);
    free(ask(120));
    AUTO(str_freep) char *home = str_dup(alder->home);
    struct fail f = { 0 };
    for (int i = 0; i < 2; i++) {
        node_close(alder);
        alder = NULL;
        if (!ok(node_open(home, false, &alder, &f) == OK, "started again: %s", f.what))
            exit(1);
        alder->now_ms = test_now;
        test_clock_ms += 60 * MINUTE - 1 + (uint64_t)i;
        turn();
        AUTO(str_freep) char *got = told(alder, OLGA, &next);
        ok(strcmp(got, i == 0 ? "new" : "half last") == 0, "start %d: '%s'", i, got);
    }
}

static void *ring_later(void *ctx)
{
    (void)ctx;
    const struct timespec nap = { 0, 50000000 };
    nanosleep(&nap, NULL);
    free(ask(60));
    return NULL;
}

static void waiting(void)
{
    struct asker a = asker_of(OLGA);
    AUTO(json_freep) json_t *v = NULL;
    AUTO(json_freep) json_t *none = NULL;
    struct fail f = { 0 };
    pthread_t thread;
    uint64_t began_ms = time_mono_ms(), next = newest(alder);
    if (!ok(pthread_create(&thread, NULL, ring_later, NULL) == 0, "a thread"))
        return;
    ok(view_inbox_events(alder, &a, next, 20000, &v, &f) == OK &&
           json_array_size(json_object_get(v, "events")) == 1 && time_mono_ms() - began_ms < 10000,
       "who waits is woken: %s", f.what);
    pthread_join(thread, NULL);
    ok(view_inbox_events(alder, &a, next + 1000, 0, &none, &f) == E_INVALID,
       "a place that is still to come: %s", f.what);
    fail_clear(&f);
    bell_stop(alder->bell);
    began_ms = time_mono_ms();
    ok(view_inbox_events(alder, &a, newest(alder), 20000, &none, &f) == OK &&
           time_mono_ms() - began_ms < 5000,
       "a node that stops keeps nobody: %s", f.what);
}

int main(void)
{
    char dir[] = "/tmp/orcon-notices-XXXXXX";
    if (!mkdtemp(dir))
        return 1;
    portions = written;
    portion_count = COUNT(written);
    flow_start(dir);
    flow_share();
    reminders();
    decided();
    restarted();
    waiting();
    flow_end(dir);
    return tap_done();
}
