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
    if (view_partners(alder, NULL, "birch.example", NULL, &v, &f) != OK)
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
    test_clock_ms += 1000;
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

/* Bad input ---------------------------------------------------------------------------------------------- */

static void put(json_t *body, const char *name, const char *value)
{
    if (value)
        json_set_str(body, name, value);
}

/* Each has its own reason, and changes nothing. */
static void bad_requests(void)
{
    static const struct {
        const char *name, *to, *reason, *by, *until, *precedence;
        int portion; /* -1: one that nobody has */
        enum err want;
        enum reason why;
    } rows[] = {
        { "a deadline in the past", NULL, NULL, "2001-01-01T00:00:00.000Z", NULL, NULL, 1, E_CONFLICT,
          REASON_EXPIRED },
        { "a deadline before 1970", NULL, NULL, "1969-12-31T23:59:59.000Z", NULL, NULL, 1, E_INVALID,
          REASON_TIME },
        { "a deadline after 9999", NULL, NULL, "10000-01-01T00:00:00.000Z", NULL, NULL, 1, E_INVALID,
          REASON_TIME },
        { "a deadline in nine thousand years", NULL, NULL, "9999-12-31T23:59:59.000Z", NULL, NULL, 1,
          E_INVALID, REASON_TIME_FAR },
        { "no deadline", NULL, NULL, "", NULL, NULL, 1, E_INVALID, 0 },
        { "an end in the past", NULL, NULL, NULL, "2001-01-01T00:00:00.000Z", NULL, 1, E_INVALID,
          REASON_TIME_PAST },
        { "an end that is no time", NULL, NULL, NULL, "Friday", NULL, 1, E_INVALID, REASON_TIME },
        { "an unknown precedence", NULL, NULL, NULL, NULL, "urgent", 1, E_INVALID, 0 },
        { "a blank reason", NULL, " ", NULL, NULL, NULL, 1, E_INVALID, 0 },
        { "to nobody", "cedar", NULL, NULL, NULL, NULL, 1, E_INVALID, 0 },
        { "to the originator", "alder.example", NULL, NULL, NULL, NULL, 1, E_REFUSED, 0 },
        { "to another person", "ben@birch.example", NULL, NULL, NULL, NULL, 1, E_REFUSED, 0 },
        { "a portion that is not held", NULL, NULL, NULL, NULL, NULL, -1, E_REFUSED, REASON_NOT_HELD },
    };
    char nobodys[UUID_TEXT];
    random_uuid(nobodys);
    for (size_t i = 0; i < COUNT(rows); i++) {
        AUTO(json_freep) json_t *out = NULL;
        struct fail f = { 0 };
        json_t *body = request_body("cedar.example");
        put(body, "to", rows[i].to);
        put(body, "reason", rows[i].reason);
        put(body, "by", rows[i].by);
        put(body, "until", rows[i].until);
        put(body, "precedence", rows[i].precedence);
        enum err e = do_act(birch, "bob@birch.example", ROLE_READER, bob, "request", NULL,
                            rows[i].portion < 0 ? nobodys : ids[rows[i].portion], body, &out, &f);
        ok(e == rows[i].want && f.reason == rows[i].why, "%s: %s", rows[i].name, f.what);
    }
    ok(deliver(birch, alder) == 0, "none of them left birch");
}

static void bad_terms(void)
{
    static const struct {
        const char *name, *member, *value;
        enum err want;
        enum reason why;
    } rows[] = {
        { "an end in the past", "until", "2001-01-01T00:00:00.000Z", E_INVALID, REASON_TIME_PAST },
        { "an end before 1970", "until", "1969-12-31T00:00:00.000Z", E_INVALID, REASON_TIME },
        { "an end after 9999", "until", "10000-01-01T00:00:00.000Z", E_INVALID, REASON_TIME },
        { "a person of another organisation", "person", "ben@birch.example", E_REFUSED,
          REASON_WIDER_THAN_ASKED },
        { "a person who is none", "person", "cyd", E_INVALID, 0 },
    };
    AUTO(str_freep) char *request = ask_for_cedar();
    AUTO(json_freep) json_t *wider = json_pack("[s, s]", ids[1], ids[2]);
    AUTO(json_freep) json_t *twice = json_pack("[s, s]", ids[1], ids[1]);
    for (size_t i = 0; i < COUNT(rows); i++) {
        AUTO(json_freep) json_t *out = NULL;
        struct fail f = { 0 };
        enum err e = do_act(alder, "olga@alder.example", ROLE_OFFICER, olga, "grant", request, ids[1],
                            json_pack("{s:s}", rows[i].member, rows[i].value), &out, &f);
        ok(e == rows[i].want && f.reason == rows[i].why, "%s: %s", rows[i].name, f.what);
    }
    AUTO(json_freep) json_t *out = NULL;
    struct fail f = { 0 };
    ok(do_acts(alder, "olga@alder.example", ROLE_OFFICER, olga, "grant", request, json_incref(wider), NULL,
               &out, &f) == E_REFUSED &&
           f.reason == REASON_WIDER_THAN_ASKED,
       "a grant wider than asked: %s", f.what);
    fail_clear(&f);
    ok(do_acts(alder, "olga@alder.example", ROLE_OFFICER, olga, "grant", request, json_incref(twice), NULL,
               &out, &f) == E_INVALID,
       "a portion twice: %s", f.what);
    fail_clear(&f);
    ok(do_act(alder, "olga@alder.example", ROLE_OFFICER, olga, "deny", request, NULL,
              json_pack("{s:s}", "reason", "  "), &out, &f) == E_INVALID,
       "a denial without a reason: %s", f.what);
    fail_clear(&f);
    ok(do_act(birch, "bob@birch.example", ROLE_READER | ROLE_OFFICER, bob, "grant", request, ids[1], NULL,
              &out, &f) == E_REFUSED &&
           f.reason == REASON_NOT_ORIGINATOR,
       "a decision at the asker's own node: %s", f.what);
    fail_clear(&f);
    ok(both_say(request, "open", false), "nothing of it has changed anything");
    ok(do_act(birch, "bob@birch.example", ROLE_READER, bob, "withdraw", request, NULL, NULL, &out, &f) ==
               OK &&
           deliver(birch, alder) == 1,
       "withdrawn: %s", f.what);
    AUTO(json_freep) json_t *late = NULL;
    ok(do_act(alder, "olga@alder.example", ROLE_OFFICER, olga, "grant", request, ids[1], NULL, &late, &f) ==
               E_CONFLICT &&
           f.reason == REASON_WITHDRAWN,
       "a decision on a withdrawn request: %s", f.what);
    fail_clear(&f);
    ok(do_act(birch, "bob@birch.example", ROLE_READER, bob, "withdraw", request, NULL, NULL, &late, &f) ==
               E_CONFLICT &&
           f.reason == REASON_WITHDRAWN,
       "withdrawn twice: %s", f.what);
}

/* What another organisation, or a suspended officer, says. */
static void bad_deciders(void)
{
    AUTO(str_freep) char *request = ask_for_cedar();
    AUTO(json_freep) json_t *out = NULL;
    AUTO(buf_freep) struct buf *ack = buf_new(JOSE_MAX_SMALL);
    AUTO(str_freep) char *jws = NULL;
    uint8_t digest[HASH_LEN];
    char id[UUID_TEXT];
    struct fail f = { 0 };
    random_uuid(id);
    /* cedar says that birch's request is granted */
    struct statement_making m = { .kind = "silence",
                                  .id = id,
                                  .iss = "cedar.example",
                                  .by = "@cedar.example",
                                  .report = report,
                                  .ref = request,
                                  .aud = json_pack("[s]", "birch.example"),
                                  .portions = json_pack("[s]", ids[1]),
                                  .body = json_pack("{s:s}", "reason", "no answer"),
                                  .at_ms = test_now() };
    ok(acts_statement(cedar, m, &jws, digest, &f) == OK &&
           acts_take(birch, bytes_str(jws), NULL, ack, &f) == E_REFUSED && f.reason == REASON_NOT_ORIGINATOR,
       "silence by another organisation: %s", f.what);
    fail_clear(&f);
    mem_freep(&jws);
    random_uuid(id);
    m.kind = "grant";
    m.aud = json_pack("[s]", "birch.example");
    m.portions = json_pack("[s]", ids[1]);
    m.body = json_pack("{s:s, s:[{s:s, s:s}]}", "to", "cedar.example", "rules", "portion", ids[1], "rule",
                       "tearline");
    ok(acts_statement(cedar, m, &jws, digest, &f) == OK &&
           acts_take(birch, bytes_str(jws), NULL, ack, &f) == E_REFUSED && f.reason == REASON_NOT_ORIGINATOR,
       "a grant by another organisation: %s", f.what);
    fail_clear(&f);
    ok(people_suspend(alder, "olga@alder.example", NULL, &f) == OK, "olga is suspended: %s", f.what);
    ok(do_act(alder, "olga@alder.example", ROLE_OFFICER, olga, "grant", request, ids[1], NULL, &out, &f) !=
               OK &&
           f.reason == REASON_SUSPENDED_PERSON,
       "a decision by a suspended officer: %s", f.what);
    fail_clear(&f);
    ok(people_resume(alder, "olga@alder.example", &f) == OK, "and back: %s", f.what);
    deliver(alder, birch);
    deliver(alder, cedar);
    ok(both_say(request, "open", false), "nothing of it has changed anything");
}

/* Terms -------------------------------------------------------------------------------------------------- */

static enum reason reason_at_cedar(const char *who, const struct key *key, size_t portion)
{
    struct opened o;
    const char *wanted[] = { ids[portion] };
    open_at(cedar, who, key, wanted, 1, key, &o);
    enum reason r = o.err == OK ? o.answer.results[0].reason : o.fail.reason;
    if (o.err == OK && o.answer.results[0].err == OK)
        r = REASON_NONE;
    brief_answer_clear(&o.answer);
    return r;
}

/* alder's node as a hostile one signs what ${signer} acted; ${by} is whom its statement names. */
static enum err decision_of(const char *request, const char *signer, const struct key *key, const char *by,
                            struct fail *f)
{
    AUTO(buf_freep) struct buf *jws = buf_new(JOSE_MAX_SMALL);
    AUTO(buf_freep) struct buf *ack = buf_new(JOSE_MAX_SMALL);
    AUTO(str_freep) char *text = NULL;
    uint8_t digest[HASH_LEN];
    char id[UUID_TEXT];
    random_uuid(id);
    struct statement_making act = { .kind = "deny",
                                    .id = id,
                                    .iss = "alder.example",
                                    .by = signer,
                                    .ref = request,
                                    .body = json_pack("{s:s}", "reason", "no"),
                                    .at_ms = test_now() };
    AUTO(json_freep) json_t *payload = act_payload(act);
    *f = (struct fail){ 0 };
    TRY(jose_sign(key, NULL, ACT_TYP, payload, jws, f));
    struct statement_making m = { .kind = "deny",
                                  .id = id,
                                  .iss = "alder.example",
                                  .by = by,
                                  .report = report,
                                  .ref = request,
                                  .aud = json_pack("[s]", "birch.example"),
                                  .portions = json_pack("[s]", ids[1]),
                                  .body = json_pack("{s:s,s:s}", "reason", "no", "act", buf_text(jws)),
                                  .at_ms = test_now() };
    TRY(acts_statement(alder, m, &text, digest, f));
    return acts_take(birch, bytes_str(text), NULL, ack, f);
}

/* Who was asked for a decision looks who decided: an officer, as his organisation said of him. */
static void decided_by_whom(void)
{
    AUTO(str_freep) char *request = ask_for_cedar();
    struct fail f;
    ok(decision_of(request, "amy@alder.example", amy, "amy@alder.example", &f) == E_REFUSED &&
           f.reason == REASON_NOT_ROLE,
       "birch takes no decision by who is no officer: %s", f.what);
    ok(decision_of(request, "amy@alder.example", amy, "olga@alder.example", &f) == E_UNVERIFIED,
       "nor one in an officer's name that somebody else signed: %s", f.what);
    ok(decision_of(request, "olga@alder.example", olga, "olga@alder.example", &f) == OK,
       "an officer's it takes: %s", f.what);
}

static void to_a_person(void)
{
    AUTO(json_freep) json_t *asked = NULL;
    AUTO(json_freep) json_t *granted = NULL;
    test_clock_ms += 1000; /* the newest share of several is the one that is opened */
    struct key *cora = home_person(cedar, "cora@cedar.example", "reader");
    struct fail f = { 0 };
    deliver(cedar, alder);
    deliver(cedar, birch);
    deliver(alder, birch); /* who was read in */
    deliver(alder, cedar);
    ok(do_act(birch, "bob@birch.example", ROLE_READER, bob, "request", NULL, ids[3],
              request_body("cedar.example"), &asked, &f) == OK &&
           deliver(birch, alder) == 1,
       "bob asks for the source, for cedar: %s", f.what);
    const char *request = json_string_value(json_object_get(asked, "request"));
    ok(do_act(alder, "olga@alder.example", ROLE_OFFICER, olga, "grant", request, ids[3],
              json_pack("{s:s}", "person", "cora@cedar.example"), &granted, &f) == OK,
       "olga grants it to cora alone: %s", f.what);
    const json_t *lacking = json_array_get(json_object_get(granted, "lacking"), 0);
    is_str(json_string_value(json_object_get(lacking, "reason")), "compartment",
           "and is told that a read-in is another thing");
    ok(deliver(alder, birch) == 1 && deliver(alder, cedar) == 2, "it is delivered");
    ok(reason_at_cedar("cora@cedar.example", cora, 3) == REASON_COMPARTMENT, "cora needs the read-in");
    ok(people_read_in(alder, "cora@cedar.example", "alder.example/SOURCE", 0, &f) == OK, "she is read in: %s",
       f.what);
    ok(reason_at_cedar("cora@cedar.example", cora, 3) == REASON_NONE, "cora reads it");
    ok(reason_at_cedar("cyd@cedar.example", cyd, 3) != REASON_NONE, "cyd does not");
    ok(people_read_in(alder, "cyd@cedar.example", "alder.example/SOURCE", 0, &f) == OK,
       "he is read in, too: %s", f.what);
    ok(reason_at_cedar("cyd@cedar.example", cyd, 3) == REASON_NOT_NAMED, "but it is not beyond cora");
    key_free(cora);
}

/* One's own withheld portion: a release to oneself, and no read-in. */
static void to_me(void)
{
    AUTO(json_freep) json_t *asked = NULL;
    AUTO(json_freep) json_t *granted = NULL;
    struct fail f = { 0 };
    struct opened o;
    const char *wanted[] = { ids[3] };
    ok(do_act(birch, "bob@birch.example", ROLE_READER, bob, "request", NULL, ids[3],
              request_body("bob@birch.example"), &asked, &f) == OK &&
           deliver(birch, alder) == 1,
       "bob asks for himself: %s", f.what);
    ok(do_act(alder, "olga@alder.example", ROLE_OFFICER, olga, "grant",
              json_string_value(json_object_get(asked, "request")), ids[3], NULL, &granted, &f) == OK &&
           deliver(alder, birch) == 1,
       "granted: %s", f.what);
    ok(json_array_size(json_object_get(granted, "lacking")) == 1,
       "the officer is told what it does not open");
    open_at(birch, "bob@birch.example", bob, wanted, 1, bob, &o);
    ok(o.err == OK && o.answer.results[0].reason == REASON_COMPARTMENT, "the wall stands: %s", o.fail.what);
    brief_answer_clear(&o.answer);
    ok(people_read_in(alder, "bob@birch.example", "alder.example/SOURCE", 0, &f) == OK, "he is read in: %s",
       f.what);
    open_at(birch, "bob@birch.example", bob, wanted, 1, bob, &o);
    ok(o.err == OK && o.answer.results[0].err == OK, "now he reads it: %s", o.fail.what);
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
    bad_requests();
    bad_terms();
    bad_deciders();
    decided_by_whom();
    to_me();
    to_a_person();
    flow_end(dir);
    return tap_done();
}
