/* SPDX-License-Identifier: Apache-2.0 - the inbox as a stream: what is said, to whom, how many, and when it ends */
#include "flow.h"

#include <pthread.h>

#include "exchange/bell.h"
#include "exchange/live.h"
#include "exchange/people.h"

static const struct flow_portion written[] = {
    { "TLP:GREEN", "A title" },
    { "TLP:AMBER//ORCON", "The group hides explosives in portable computers." },
};

#define MINUTE 60000

static struct asker signed_in(const char *who, unsigned roles, const struct key *key)
{
    struct asker a = asker_of(who, roles);
    struct fail f = { 0 };
    if (key_thumbprint(key, a.thumbprint, &f) != OK)
        exit(1);
    a.ends_ms = test_now() + 5 * (uint64_t)MINUTE;
    return a;
}

static struct asker olga_in(void)
{
    return signed_in("olga@alder.example", ROLE_OFFICER, olga);
}

/* bob asks for portion 1; alder has heard of it. */
static void *ask(void *ctx)
{
    AUTO(json_freep) json_t *asked = NULL;
    json_t *body = request_body("cedar.example");
    struct fail f = { 0 };
    char by[TIME_TEXT_SIZE];
    (void)ctx;
    time_print(test_now() + 60 * (uint64_t)MINUTE, by);
    json_set_str(body, "by", by);
    ok(do_act(birch, "bob@birch.example", ROLE_READER, bob, "request", NULL, ids[1], body, &asked, &f) ==
               OK &&
           deliver(birch, alder) == 1,
       "bob asks: %s", f.what);
    return str_dup(json_string_value(json_object_get(asked, "request")));
}

static void *ask_later(void *ctx)
{
    const struct timespec nap = { 0, 200000000 };
    nanosleep(&nap, NULL);
    return ask(ctx);
}

/* The next thing that is said, its line ends as '|'. Caller frees. */
static char *next(struct live *l)
{
    AUTO(buf_freep) struct buf *text = buf_new(1 << 16);
    while (text->len == 0)
        if (!live_next(l, text))
            return str_dup("(over)");
    char *got = buf_steal_text(text);
    for (char *p = got; *p; p++)
        *p = *p == '\n' ? '|' : *p;
    return got;
}

static struct live *opened(const struct asker *a, uint64_t after)
{
    struct live *l = NULL;
    struct fail f = { 0 };
    if (!ok(live_open(alder, a, after, &l, &f) == OK, "a stream: %s", f.what))
        exit(1);
    AUTO(str_freep) char *first = next(l);
    ok(strstr(first, "retry: 2000||") && strstr(first, "event: inbox|data: {\"next\":"), "begins: %s", first);
    return l;
}

static void said(void)
{
    struct asker a = olga_in();
    struct live *l = opened(&a, LIVE_FROM_NOW);
    pthread_t thread;
    void *request = NULL;
    struct fail f = { 0 };
    uint64_t began_ms = time_mono_ms();
    if (!ok(pthread_create(&thread, NULL, ask_later, NULL) == 0, "a thread"))
        return;
    AUTO(str_freep) char *got = next(l);
    pthread_join(thread, &request);
    ok(strstr(got, "event: notice|id: ") && strstr(got, "\"kind\":\"request\"") &&
           strstr(got, "event: inbox|"),
       "who waits hears of a request: %s", got);
    ok(time_mono_ms() - began_ms < 5000, "at once");

    /* what was said after a number comes again to who goes on there */
    uint64_t seq = strtoull(strstr(got, "id: ") + 4, NULL, 10);
    struct live *again = NULL;
    ok(live_open(alder, &a, seq - 1, &again, &f) == OK, "one goes on: %s", f.what);
    AUTO(str_freep) char *same = next(again);
    ok(strstr(same, "event: notice|id: ") && strtoull(strstr(same, "id: ") + 4, NULL, 10) == seq,
       "and misses nothing: %s", same);
    live_close(again);
    ok(live_open(alder, &a, seq + 1000, &again, &f) == E_INVALID, "a place that is still to come: %s",
       f.what);
    fail_clear(&f);

    /* somebody else decides: no notice, but the list is another one */
    AUTO(json_freep) json_t *denied = NULL;
    AUTO(key_freep) struct key *omar = home_person(alder, "omar@alder.example", "reader,officer");
    ok(do_act(alder, "omar@alder.example", ROLE_OFFICER, omar, "deny", request, NULL,
              json_pack("{s:s}", "reason", "no"), &denied, &f) == OK,
       "omar denies: %s", f.what);
    AUTO(str_freep) char *gone = next(l);
    ok(strstr(gone, "event: inbox|") && !strstr(gone, "event: notice|"), "olga's list has changed: %s", gone);
    live_close(l);
    deliver(alder, birch);
    free(request);
}

/* His roles are looked up before anything is said: what a token once said does not count. */
static void only_his(void)
{
    struct asker was = signed_in("amy@alder.example", ROLE_OFFICER, amy);
    struct live *l = opened(&was, LIVE_FROM_NOW);
    free(ask(NULL));
    AUTO(str_freep) char *got = next(l); /* after 15 s */
    is_str(got, ":||", "an author is not told of requests, only that all is well");
    live_close(l);
}

static void bounded(void)
{
    struct asker a = olga_in(), other = signed_in("amy@alder.example", ROLE_OFFICER, amy);
    struct live *open[LIVE_PERSON_MAX] = { 0 }, *more = NULL;
    struct fail f = { 0 };
    for (size_t i = 0; i < LIVE_PERSON_MAX; i++)
        if (live_open(alder, &a, LIVE_FROM_NOW, &open[i], &f) != OK)
            ok(false, "stream %zu: %s", i, f.what);
    ok(live_open(alder, &a, LIVE_FROM_NOW, &more, &f) == E_RATE, "one more of his: %s", f.what);
    fail_clear(&f);
    ok(live_open(alder, &other, LIVE_FROM_NOW, &more, &f) == OK, "another's");
    live_close(more);
    live_close(open[3]);
    ok(live_open(alder, &a, LIVE_FROM_NOW, &open[3], &f) == OK, "one was closed: %s", f.what);
    uint64_t clients = alder->conf.max_clients;
    alder->conf.max_clients = 4 * LIVE_PERSON_MAX;
    ok(live_open(alder, &other, LIVE_FROM_NOW, &more, &f) == E_RATE, "more than all may: %s", f.what);
    alder->conf.max_clients = clients;
    for (size_t i = 0; i < LIVE_PERSON_MAX; i++)
        live_close(open[i]);
}

static void *wait_for_it(void *ctx)
{
    return next(ctx);
}

static void ends(void)
{
    struct asker a = olga_in();
    struct fail f = { 0 };
    a.ends_ms = test_now() + 100;
    struct live *l = opened(&a, LIVE_FROM_NOW);
    test_clock_ms += 100;
    AUTO(str_freep) char *got = next(l);
    ok(strstr(got, "event: end|data: {\"reason\":\"token\"}"), "with its token: %s", got);
    AUTO(str_freep) char *over = next(l);
    is_str(over, "(over)", "nothing follows");
    live_close(l);

    a = olga_in();
    l = opened(&a, LIVE_FROM_NOW);
    ok(people_suspend(alder, "olga@alder.example", NULL, &f) == OK, "olga is suspended: %s", f.what);
    AUTO(str_freep) char *gone = next(l);
    ok(strstr(gone, "event: end|data: {\"reason\":\"person-suspended\"}"), "with the person: %s", gone);
    live_close(l);
    ok(people_resume(alder, "olga@alder.example", &f) == OK, "and back: %s", f.what);

    a = olga_in();
    l = opened(&a, LIVE_FROM_NOW);
    pthread_t thread;
    void *said_last = NULL;
    uint64_t began_ms = time_mono_ms();
    if (!ok(pthread_create(&thread, NULL, wait_for_it, l) == 0, "a thread"))
        return;
    const struct timespec nap = { 0, 200000000 };
    nanosleep(&nap, NULL);
    bell_stop(alder->bell);
    pthread_join(thread, &said_last);
    ok(strstr(said_last, "event: end|data: {\"reason\":\"stopping\"}") && time_mono_ms() - began_ms < 5000,
       "with the node, at once: %s", (const char *)said_last);
    free(said_last);
    live_close(l);
}

int main(void)
{
    char dir[] = "/tmp/orcon-live-XXXXXX";
    if (!mkdtemp(dir))
        return 1;
    portions = written;
    portion_count = COUNT(written);
    flow_start(dir);
    flow_share();
    said();
    only_his();
    bounded();
    ends();
    flow_end(dir);
    return tap_done();
}
