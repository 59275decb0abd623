/* SPDX-License-Identifier: Apache-2.0 - requests from end to end: deadlines, silence, late decisions */
#include "flow.h"

#include "exchange/timer.h"
#include "store/request.h"

static const struct flow_portion written[] = {
    { "TLP:GREEN", "A title" },
    { "TLP:AMBER//ORCON", "The group hides explosives in portable computers." },
    { "TLP:GREEN//TEARLINE", "Take portable computers out of cabin baggage." },
    { "TLP:RED//alder.example/SOURCE//ORCON", "From one person inside the cell." },
};

#define HOUR 3600000

/* bob asks for portion 1 for cedar; alder has heard of it. Caller frees. */
static char *ask_for_cedar(void)
{
    AUTO(json_freep) json_t *asked = NULL;
    struct fail f = { 0 };
    ok(do_act(birch, "bob@birch.example", ROLE_READER, bob, "request", NULL, ids[1],
              request_body("cedar.example"), &asked, &f) == OK &&
           deliver(birch, alder) == 1,
       "bob asks: %s", f.what);
    return str_dup(json_string_value(json_object_get(asked, "request")));
}

/* A member of the request as ${who} of ${n} sees it. Caller owns the view. */
static json_t *view_of(struct node *n, const char *who, unsigned roles, const char *request)
{
    struct asker a = asker_of(who, roles);
    struct fail f = { 0 };
    json_t *v = NULL;
    ok(view_request(n, &a, request, &v, &f) == OK, "%s sees it: %s", who, f.what);
    return v;
}

static bool both_say(const char *request, const char *state, bool silent)
{
    AUTO(json_freep) json_t *here = view_of(alder, "olga@alder.example", ROLE_OFFICER, request);
    AUTO(json_freep) json_t *there = view_of(birch, "bob@birch.example", ROLE_READER, request);
    json_t *views[] = { here, there };
    bool good = true;
    for (int i = 0; i < 2; i++) {
        const char *got = json_string_value(json_object_get(views[i], "state"));
        const char *since = json_string_value(json_object_get(views[i], "silent"));
        good = good && got && strcmp(got, state) == 0 && (since && *since) == silent;
    }
    return good;
}

static uint64_t count_of(const char *name)
{
    AUTO(json_freep) json_t *v = NULL;
    struct fail f = { 0 };
    if (view_partners(alder, NULL, "birch.example", &v, &f) != OK)
        return UINT64_MAX;
    return (uint64_t)json_integer_value(
        json_object_get(json_array_get(json_object_get(v, "partners"), 0), name));
}

static size_t items_of(struct node *n, const char *who, unsigned roles, const char *kind, const char *state)
{
    struct asker a = asker_of(who, roles);
    AUTO(json_freep) json_t *inbox = NULL;
    struct fail f = { 0 };
    size_t i, count = 0;
    json_t *item;
    if (view_inbox(n, &a, false, &inbox, &f) != OK)
        return SIZE_MAX;
    json_array_foreach (json_object_get(inbox, "items"), i, item) {
        const char *got = json_string_value(json_object_get(json_object_get(item, "about"), "state"));
        count += strcmp(json_string_value(json_object_get(item, "kind")), kind) == 0 &&
                 strcmp(got ? got : "", state) == 0;
    }
    return count;
}

static void silence(void)
{
    AUTO(str_freep) char *request = ask_for_cedar();
    struct fail f = { 0 };
    uint64_t next_ms, asked_ms = test_clock_ms;
    test_clock_ms += HOUR - 1;
    ok(timer_turn(alder, &next_ms, &f) == OK && next_ms == asked_ms + HOUR &&
           both_say(request, "open", false),
       "open to the last moment, and the timer knows when that is: %s", f.what);
    test_clock_ms += 1;
    AUTO(json_freep) json_t *waiting = view_of(birch, "bob@birch.example", ROLE_READER, request);
    ok(json_is_true(json_object_get(waiting, "overdue")), "bob sees that the answer is overdue, no more");
    is_str(json_string_value(json_object_get(waiting, "state")), "open", "nothing was heard");
    ok(timer_turn(alder, &next_ms, &f) == OK && next_ms == TIMER_NEVER, "the deadline: %s", f.what);
    ok(timer_turn(alder, NULL, &f) == OK && deliver(alder, birch) == 1, "it is said once: %s", f.what);
    ok(both_say(request, "silent", true), "both sides say silent");
    ok(items_of(birch, "bob@birch.example", ROLE_READER, "decision", "silent") == 1, "bob's inbox tells him");
    ok(items_of(alder, "olga@alder.example", ROLE_OFFICER, "request", "") == 0 &&
           items_of(alder, "olga@alder.example", ROLE_OFFICER, "decision", "silent") == 1,
       "and olga's inbox counts it no longer as open");
    ok(count_of("silent") == 1 && count_of("granted") == 0, "counted as silent");

    AUTO(json_freep) json_t *granted = NULL;
    ok(do_act(alder, "olga@alder.example", ROLE_OFFICER, olga, "grant", request, ids[1], NULL, &granted,
              &f) == OK &&
           deliver(alder, birch) == 1 && deliver(alder, cedar) == 2,
       "olga grants it all the same: %s", f.what);
    ok(both_say(request, "granted", true), "both sides say granted, and silent before");
    ok(count_of("silent") == 1 && count_of("granted") == 1 && count_of("requests") == 1, "counted as both");
}

/* Nobody's timer ran, and the officer decides after the deadline: it was silence all the same. */
static void late(void)
{
    AUTO(str_freep) char *request = ask_for_cedar();
    AUTO(json_freep) json_t *denied = NULL;
    struct fail f = { 0 };
    test_clock_ms += HOUR;
    ok(do_act(alder, "olga@alder.example", ROLE_OFFICER, olga, "deny", request, NULL,
              json_pack("{s:s}", "reason", "too late"), &denied, &f) == OK &&
           deliver(alder, birch) == 2 && both_say(request, "denied", true),
       "a late denial: first silence, then the denial: %s", f.what);
    ok(count_of("silent") == 2 && count_of("denied") == 1, "counted as both");
}

/* bob takes it back after the deadline: alder's silence and his word cross. */
static void crossing(void)
{
    AUTO(str_freep) char *request = ask_for_cedar();
    AUTO(json_freep) json_t *done = NULL;
    AUTO(json_freep) json_t *granted = NULL;
    struct fail f = { 0 };
    test_clock_ms += HOUR;
    ok(timer_turn(alder, NULL, &f) == OK &&
           do_act(birch, "bob@birch.example", ROLE_READER, bob, "withdraw", request, NULL, NULL, &done, &f) ==
               OK &&
           deliver(alder, birch) == 1 && deliver(birch, alder) == 1 && both_say(request, "withdrawn", true),
       "silence and a withdrawal cross: both hold, on both sides: %s", f.what);
    ok(do_act(alder, "olga@alder.example", ROLE_OFFICER, olga, "grant", request, ids[1], NULL, &granted,
              &f) == E_CONFLICT &&
           f.reason == REASON_WITHDRAWN,
       "nothing is decided after that: %s", f.what);
}

/* The thread itself: kicked when the clock was set. */
static void thread(void)
{
    AUTO(str_freep) char *request = ask_for_cedar();
    struct fail f = { 0 };
    struct timer *t = NULL;
    ok(timer_open(alder, &t, &f) == OK, "a timer: %s", f.what);
    test_clock_ms += HOUR;
    timer_kick(t);
    bool silent = false;
    for (int i = 0; i < 500 && !silent; i++) {
        const struct timespec nap = { 0, 10000000 };
        struct asker a = asker_of("olga@alder.example", ROLE_OFFICER);
        AUTO(json_freep) json_t *v = NULL;
        nanosleep(&nap, NULL);
        silent = view_request(alder, &a, request, &v, &f) == OK &&
                 strcmp(json_string_value(json_object_get(v, "state")), "silent") == 0;
    }
    timer_close(t);
    ok(silent && deliver(alder, birch) == 1, "says so by itself");
}

/* Forward by rule -------------------------------------------------------------------------------------- */

static json_t *forward_body(const char *to)
{
    json_t *body = request_body(to);
    json_set_u64(body, "forward", 1);
    return body;
}

static void forwards(void)
{
    AUTO(json_freep) json_t *asked = NULL;
    AUTO(json_freep) json_t *refused = NULL;
    struct fail f = { 0 };
    struct opened o;
    const char *wanted[] = { ids[2] };
    ok(do_act(birch, "bob@birch.example", ROLE_READER, bob, "request", NULL, ids[1],
              forward_body("cedar.example"), &refused, &f) == E_NOT_RELEASED &&
           f.reason == REASON_ORCON,
       "ORCON always asks, and nothing is sent: %s", f.what);
    fail_clear(&f);
    ok(do_act(birch, "bob@birch.example", ROLE_READER, bob, "request", NULL, ids[2],
              forward_body("cedar.example"), &asked, &f) == OK &&
           deliver(birch, alder) == 1,
       "the tearline goes to alder as a request: %s", f.what);
    const char *request = json_string_value(json_object_get(asked, "request"));
    ok(items_of(alder, "olga@alder.example", ROLE_OFFICER, "request", "") == 0, "no officer is asked");
    ok(timer_turn(alder, NULL, &f) == OK && deliver(alder, birch) == 1 && deliver(alder, cedar) == 2,
       "alder's node grants it, and seals for cedar: %s", f.what);
    ok(both_say(request, "granted", false), "both sides say granted");
    AUTO(json_freep) json_t *v = view_of(birch, "bob@birch.example", ROLE_READER, request);
    is_str(json_string_value(json_object_get(v, "rule")), "tearline", "by which rule");
    is_str(json_string_value(json_object_get(v, "decided_by")), "@alder.example", "by whom");
    open_at(cedar, "cyd@cedar.example", cyd, wanted, 1, cyd, &o);
    ok(o.err == OK && o.answer.results[0].err == OK, "cyd reads the tearline: %s", o.fail.what);
    brief_answer_clear(&o.answer);
}

int main(void)
{
    char dir[] = "/tmp/orcon-requests-XXXXXX";
    if (!mkdtemp(dir))
        return 1;
    portions = written;
    portion_count = COUNT(written);
    flow_start(dir);
    flow_share();
    silence();
    late();
    crossing();
    thread();
    forwards();
    flow_end(dir);
    return tap_done();
}
