/* SPDX-License-Identifier: Apache-2.0 - who is away, who stands in, who is on duty */
#include "flow.h"

#include "exchange/absence.h"
#include "exchange/audience.h"

static const struct flow_portion written[] = {
    { "TLP:GREEN", "A title" },
    { "TLP:AMBER//ORCON", "The group hides explosives in portable computers." },
};

#define HOUR    ((int64_t)3600000)
#define OLGA    "olga@alder.example"
#define ANN     "ann@alder.example"
#define PAT     "pat@alder.example"
#define OFFICER (ROLE_READER | ROLE_OFFICER)

static struct key *ann, *pat;

static json_t *body_of(const char *person, const char *deputy, int64_t from, int64_t until)
{
    char text[2][TIME_TEXT_SIZE];
    time_print((uint64_t)((int64_t)test_now() + from), text[0]);
    time_print((uint64_t)((int64_t)test_now() + until), text[1]);
    json_t *body = json_pack("{s:s,s:s,s:s}", "deputy", deputy, "from", text[0], "until", text[1]);
    if (person)
        json_set_str(body, "person", person);
    return body;
}

static enum err away(const char *by, unsigned roles, const struct key *key, json_t *body, char **id,
                     struct fail *f)
{
    AUTO(json_freep) json_t *out = NULL;
    enum err e = do_act(alder, by, roles, key, "absence", NULL, NULL, body, &out, f);
    if (e == OK && id)
        *id = str_dup(json_string_value(json_object_get(out, "absence")));
    return e;
}

static enum err back(const char *by, unsigned roles, const struct key *key, const char *id, struct fail *f)
{
    AUTO(json_freep) json_t *out = NULL;
    return do_act(alder, by, roles, key, "return", id, NULL, NULL, &out, f);
}

/* While ann is in for olga from one hour on, for two hours. */
static void refused(void)
{
    static const struct {
        const char *by, *person, *deputy;
        int64_t from, until;
        enum err err;
        enum reason reason;
        const char *what;
    } rows[] = {
        { OLGA, NULL, OLGA, 0, HOUR, E_REFUSED, REASON_DEPUTY_SELF, "for himself" },
        { OLGA, NULL, "amy@alder.example", 0, HOUR, E_REFUSED, REASON_DEPUTY_ROLE, "no officer" },
        { OLGA, NULL, "bob@birch.example", 0, HOUR, E_REFUSED, REASON_DEPUTY_ROLE, "another organisation's" },
        { OLGA, NULL, "nobody@alder.example", 0, HOUR, E_REFUSED, REASON_DEPUTY_ROLE, "nobody" },
        { OLGA, NULL, "ann", 0, HOUR, E_INVALID, REASON_NONE, "no person" },
        { OLGA, NULL, PAT, 2 * HOUR, 4 * HOUR, E_CONFLICT, REASON_ABSENCE_OVERLAP, "away then already" },
        { ANN, NULL, PAT, 2 * HOUR, 4 * HOUR, E_REFUSED, REASON_DEPUTY_CHAIN, "a deputy's deputy" },
        { PAT, NULL, OLGA, 2 * HOUR, 4 * HOUR, E_REFUSED, REASON_DEPUTY_CHAIN, "who is away himself" },
        { PAT, NULL, ANN, HOUR, HOUR, E_INVALID, REASON_TIME_ORDER, "no time at all" },
        { PAT, NULL, ANN, 2 * HOUR, HOUR, E_INVALID, REASON_TIME_ORDER, "inverted" },
        { PAT, NULL, ANN, -HOUR, HOUR, E_INVALID, REASON_TIME_PAST, "began before now" },
        { PAT, NULL, ANN, -2 * HOUR, -HOUR, E_INVALID, REASON_TIME_PAST, "over before now" },
        { PAT, NULL, ANN, 0, 400 * 24 * HOUR, E_INVALID, REASON_NONE, "more than a year" },
        { PAT, OLGA, ANN, 5 * HOUR, 6 * HOUR, E_REFUSED, REASON_NOT_ROLE, "for another, by no admin" },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct key *key = strcmp(rows[i].by, OLGA) == 0  ? olga
                                : strcmp(rows[i].by, ANN) == 0 ? ann
                                                               : pat;
        struct fail f = { 0 };
        enum err e = away(rows[i].by, OFFICER, key,
                          body_of(rows[i].person, rows[i].deputy, rows[i].from, rows[i].until), NULL, &f);
        ok(e == rows[i].err && f.reason == rows[i].reason, "%s: %s", rows[i].what, f.what);
    }
    static const char *const times[] = { "", "1969-12-31T23:59:59Z", "10000-01-01T00:00:00Z", "tomorrow" };
    for (size_t i = 0; i < COUNT(times); i++) {
        struct fail f = { 0 };
        json_t *body = body_of(NULL, ANN, 0, HOUR);
        json_set_str(body, "until", times[i]);
        ok(away(PAT, OFFICER, pat, body, NULL, &f) == E_INVALID, "until '%s': %s", times[i], f.what);
    }
}

/* Whether ${who} gets what goes to ${whom}. */
static bool stands_for(const char *who, const char *whom)
{
    AUTO(store_read_endp) struct db *db = NULL;
    AUTO(audience_clear) struct audience a = { 0 };
    struct fail f = { 0 };
    bool found = false;
    if (store_read_begin(alder->store, &db, &f) != OK || audience_of(alder, db, who, OFFICER, &a, &f) != OK)
        return false;
    for (size_t i = 0; i < a.count; i++)
        found = found || strcmp(a.names[i], whom) == 0;
    return found;
}

static void flash(const char *expected, const char *what)
{
    AUTO(json_freep) json_t *asked = NULL;
    AUTO(json_freep) json_t *events = NULL;
    struct asker a = asker_of(expected, OFFICER), o = asker_of(OLGA, OFFICER);
    struct fail f = { 0 };
    json_t *body = request_body("cedar.example"), *event;
    AUTO(json_freep) json_t *before = NULL;
    json_set_str(body, "precedence", "flash");
    ok(view_inbox(alder, &o, false, &before, &f) == OK, "before: %s", f.what);
    ok(do_act(birch, "bob@birch.example", ROLE_READER, bob, "request", NULL, ids[1], body, &asked, &f) ==
               OK &&
           deliver(birch, alder) == 1,
       "flash: %s", f.what);
    ok(view_inbox_events(alder, &a, (uint64_t)json_integer_value(json_object_get(before, "next")), 0, &events,
                         &f) == OK,
       "events: %s", f.what);
    size_t i, woken = 0;
    json_array_foreach (json_object_get(events, "events"), i, event)
        woken += strcmp(json_string_value(json_object_get(event, "notice")), "flash") == 0;
    ok(woken == 1, "%s: %s is woken", what, expected);
}

static void duty(void)
{
    AUTO(json_freep) json_t *to = json_object();
    AUTO(json_freep) json_t *later = json_object();
    AUTO(json_freep) json_t *view = NULL;
    struct fail f = { 0 };
    flash(OLGA, "nobody is on duty");
    ok(duty_set(alder, "amy@alder.example", &f) == E_REFUSED && f.reason == REASON_NOT_ROLE,
       "an author is not on duty: %s", f.what);
    fail_clear(&f);
    ok(duty_set(alder, "bob@birch.example", &f) == E_INVALID, "nor a partner's: %s", f.what);
    fail_clear(&f);
    ok(duty_set(alder, OLGA, &f) == OK && duty_tell(alder, to, &f) == OK, "olga is: %s", f.what);
    is_str(json_string_value(json_object_get(to, "duty")), OLGA, "askers are told");
    flash(OLGA, "on duty");
    test_clock_ms += 2 * HOUR;
    ok(duty_tell(alder, later, &f) == OK && absence_view(alder, &view, &f) == OK, "while she is away: %s",
       f.what);
    is_str(json_string_value(json_object_get(later, "duty")), ANN, "ann is");
    is_str(json_string_value(json_object_get(view, "acting")), ANN, "as the list says");
    flash(ANN, "in for olga");
}

static void absences(void)
{
    AUTO(str_freep) char *id = NULL;
    struct fail f = { 0 };
    ok(away(OLGA, OFFICER, olga, body_of(NULL, ANN, HOUR, 3 * HOUR), &id, &f) == OK, "olga will be away: %s",
       f.what);
    refused();
    ok(!stands_for(ANN, OLGA), "not yet");
    duty();
    ok(stands_for(ANN, OLGA) && !stands_for(PAT, OLGA), "ann gets what goes to olga");
    ok(back(PAT, OFFICER, pat, id, &f) == E_REFUSED && f.reason == REASON_NOT_ROLE, "pat can't end it: %s",
       f.what);
    fail_clear(&f);
    ok(back(OLGA, OFFICER, olga, "00000000-0000-4000-8000-000000000000", &f) == E_NOT_FOUND, "unknown: %s",
       f.what);
    fail_clear(&f);
    ok(back(OLGA, OFFICER, olga, id, &f) == OK && !stands_for(ANN, OLGA), "back early: %s", f.what);
    ok(back(OLGA, OFFICER, olga, id, &f) == E_CONFLICT && f.reason == REASON_EXPIRED, "once: %s", f.what);
    fail_clear(&f);
    AUTO(str_freep) char *other = NULL;
    ok(away(PAT, OFFICER | ROLE_ADMIN, pat, body_of(OLGA, PAT, 0, HOUR), &other, &f) == OK &&
           stands_for(PAT, OLGA),
       "an admin says it for her: %s", f.what);
    test_clock_ms += HOUR;
    ok(!stands_for(PAT, OLGA), "and it ends by itself");
    ok(back(PAT, OFFICER | ROLE_ADMIN, pat, other, &f) == E_CONFLICT && f.reason == REASON_EXPIRED,
       "nothing to end: %s", f.what);
}

int main(void)
{
    char dir[] = "/tmp/orcon-absence-XXXXXX";
    if (!mkdtemp(dir))
        return 1;
    portions = written;
    portion_count = COUNT(written);
    flow_start(dir);
    ann = home_person(alder, ANN, "reader,officer");
    pat = home_person(alder, PAT, "reader,officer,admin");
    deliver(alder, birch);
    flow_share();
    absences();
    key_free(ann);
    key_free(pat);
    flow_end(dir);
    return tap_done();
}
