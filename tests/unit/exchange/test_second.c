/* SPDX-License-Identifier: Apache-2.0 - four eyes: what waits for a second person, who may be he, and what becomes of it */
#include "flow.h"

#include "exchange/compartment.h"
#include "exchange/second.h"

static const struct flow_portion plain[] = {
    { "TLP:GREEN", "A title" },
    { "TLP:AMBER//ORCON", "The group hides explosives in portable computers." },
};
static const struct flow_portion walled[] = {
    { "TLP:GREEN", "A title" },
    { "TLP:AMBER//alder.example/SOURCE//ORCON", "The source is a driver." },
};

#define AMY  "amy@alder.example"
#define OLGA "olga@alder.example"
#define OTTO "otto@alder.example" /* an officer, too */
#define PAT  "pat@alder.example"  /* a reader */
#define GONE "gone@alder.example" /* an officer, suspended */
#define BOB  "bob@birch.example"
#define HOUR ((uint64_t)3600000)
#define DAY  (24 * HOUR)

#define AUTHOR  (ROLE_READER | ROLE_AUTHOR)
#define OFFICER (ROLE_READER | ROLE_OFFICER)

static struct key *otto, *pat, *gone;

static const struct person {
    const char *name;
    unsigned roles;
    struct key **key;
} people[] = {
    { AMY, AUTHOR, &amy }, { OLGA, OFFICER, &olga }, { OTTO, OFFICER, &otto }, { PAT, ROLE_READER, &pat }
};

static const struct person *find(const char *name)
{
    for (size_t i = 0; i < COUNT(people); i++)
        if (strcmp(people[i].name, name) == 0)
            return &people[i];
    return NULL;
}

/* Things to wait for ------------------------------------------------------------------------------------------ */

/* amy's share with birch; ${second} may be NULL. The id of what waits, "" where nothing does. */
static enum err share(const char *second, char id[static UUID_TEXT], struct fail *f)
{
    AUTO(buf_freep) struct buf *bytes = buf_new(1 << 20);
    AUTO(package_freep) struct package *package = NULL;
    AUTO(json_freep) json_t *answer = NULL;
    struct asker who = asker_of(AMY, AUTHOR);
    *id = '\0';
    share_second = second;
    enum err e = make_share(alder, bytes, f);
    share_second = NULL;
    TRY(e);
    struct bytes view = bytes_of(bytes);
    struct source in = source_bytes(&view);
    TRY(package_read(&in, &package, f));
    TRY(acts_share(alder, &who, package, &answer, f));
    const char *waits = json_string_value(json_object_get(json_object_get(answer, "waits"), "second"));
    snprintf(id, UUID_TEXT, "%s", waits ? waits : "");
    return OK;
}

/* bob's request for cedar. */
static void request(char id[static UUID_TEXT])
{
    AUTO(json_freep) json_t *asked = NULL;
    struct fail f = { 0 };
    enum err e = do_act(birch, BOB, ROLE_READER, bob, "request", NULL, ids[1], request_body("cedar.example"),
                        &asked, &f);
    ok(e == OK && deliver(birch, alder) == 1, "bob asks: %s", f.what);
    snprintf(id, UUID_TEXT, "%s", json_string_value(json_object_get(asked, "request")));
}

/* olga's grant of it. */
static enum err grant(const char *req, const char *second, char id[static UUID_TEXT], struct fail *f)
{
    AUTO(json_freep) json_t *answer = NULL;
    json_t *body = json_object();
    json_set_str(body, "second", second);
    *id = '\0';
    TRY(do_act(alder, OLGA, OFFICER, olga, "grant", req, ids[1], body, &answer, f));
    const char *waits = json_string_value(json_object_get(json_object_get(answer, "waits"), "second"));
    snprintf(id, UUID_TEXT, "%s", waits ? waits : "");
    return OK;
}

/* What is said to it; ${bent}: to other content. */
static enum err say(const char *name, const char *id, const char *state, const char *bent, struct fail *f)
{
    AUTO(json_freep) json_t *view = NULL;
    AUTO(json_freep) json_t *answer = NULL;
    const struct person *p = find(name);
    struct asker maker = asker_of(AMY, AUTHOR), officer = asker_of(OLGA, OFFICER);
    json_t *body = json_pack("{s:s}", "state", state);
    struct fail why = { 0 };
    if (second_view(alder, &maker, id, &view, &why) != OK &&
        second_view(alder, &officer, id, &view, NULL) != OK)
        return fail_pass(f, &why);
    json_object_set(body, "digest", json_object_get(view, "digest"));
    if (json_object_get(view, "package"))
        json_object_set(body, "package", json_object_get(view, "package"));
    if (bent)
        json_set_str(body, bent, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
    if (strcmp(state, "refused") == 0)
        json_set_str(body, "reason", "not now");
    return do_act(alder, p->name, p->roles, *p->key, "second", id, NULL, body, &answer, f);
}

static const char *state_of(const char *id, const char *who)
{
    static char text[16];
    AUTO(json_freep) json_t *view = NULL;
    struct asker a = asker_of(who, OFFICER);
    *text = '\0';
    if (second_view(alder, &a, id, &view, NULL) == OK)
        snprintf(text, sizeof text, "%s", json_string_value(json_object_get(view, "state")));
    return text;
}

/* How many of that kind the inbox of ${who} has open. */
static size_t items(const char *who, const char *kind)
{
    AUTO(json_freep) json_t *v = NULL;
    struct asker a = asker_of(who, find(who)->roles);
    size_t i, count = 0;
    const json_t *item;
    if (view_inbox(alder, &a, false, &v, NULL) != OK)
        return 0;
    json_array_foreach (json_object_get(v, "items"), i, item)
        count += strcmp(json_string_value(json_object_get(item, "kind")), kind) == 0;
    return count;
}

/* Who ------------------------------------------------------------------------------------------------------------ */

static void who_may(void)
{
    static const struct {
        const char *person;
        bool grant;
        enum err want;
        enum reason reason;
        const char *what;
    } rows[] = {
        { OLGA, false, OK, 0, "an officer for a share" },
        { AMY, false, E_REFUSED, REASON_SECOND_PERSON, "its maker for a share" },
        { PAT, false, E_REFUSED, REASON_SECOND_PERSON, "a reader for a share" },
        { GONE, false, E_REFUSED, REASON_SECOND_PERSON, "one who is suspended" },
        { BOB, false, E_REFUSED, REASON_SECOND_PERSON, "a partner's person" },
        { "nobody@alder.example", false, E_REFUSED, REASON_SECOND_PERSON, "nobody" },
        { "olga", false, E_REFUSED, REASON_SECOND_PERSON, "what is no person" },
        { OTTO, true, OK, 0, "another officer for a grant" },
        { OLGA, true, E_REFUSED, REASON_SECOND_PERSON, "its maker for a grant" },
        { AMY, true, E_REFUSED, REASON_SECOND_PERSON, "an author for a grant" },
        { BOB, true, E_REFUSED, REASON_SECOND_PERSON, "who asked" },
    };
    char req[UUID_TEXT], id[UUID_TEXT];
    flow_share();
    request(req);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct fail f = { 0 };
        char kept[UUID_TEXT], part[UUID_TEXT];
        memcpy(kept, report, sizeof kept);
        memcpy(part, ids[1], sizeof part);
        enum err e = rows[i].grant ? grant(req, rows[i].person, id, &f) : share(rows[i].person, id, &f);
        ok(e == rows[i].want && f.reason == rows[i].reason && (e == OK) == (*id != '\0'), "%s: %s",
           rows[i].what, f.what);
        memcpy(report, kept, sizeof kept);
        memcpy(ids[1], part, sizeof part);
    }
    ok(deliver(alder, birch) == 0 && deliver(alder, cedar) == 0, "and nothing has left");
}

/* What is said --------------------------------------------------------------------------------------------------- */

static void refused(const char *id, const char *by, const char *state, const char *bent, enum reason reason,
                    const char *what)
{
    struct fail f = { 0 };
    enum err e = say(by, id, state, bent, &f);
    ok(e != OK && f.reason == reason, "%s: %s (%s)", what, f.what, reason_code(f.reason));
}

static bool is_shared(void)
{
    AUTO(json_freep) json_t *v = NULL;
    struct asker a = asker_of(OLGA, OFFICER);
    return view_report(alder, &a, report, &v, NULL) == OK;
}

static void shares(void)
{
    struct fail f = { 0 };
    char id[UUID_TEXT];
    size_t before = items(OLGA, "second"), told = items(AMY, "decision");
    ok(share(OLGA, id, &f) == OK && !is_shared(), "a share waits: %s", f.what);
    ok(items(OLGA, "second") == before + 1, "olga is told");
    refused(id, AMY, "agreed", NULL, REASON_SECOND_PERSON, "the maker can't agree");
    refused(id, OTTO, "agreed", NULL, REASON_NOT_YOURS, "nor another officer, to whom it does not exist");
    is_str(state_of(id, OTTO), "", "nor is he shown it");
    refused(id, PAT, "agreed", NULL, REASON_NOT_ROLE, "nor a reader");
    refused(id, OLGA, "withdrawn", NULL, REASON_SECOND_PERSON, "olga can't take it back");
    refused(id, OLGA, "agreed", "digest", REASON_OTHER_CONTENT, "nor agree to another act");
    refused(id, OLGA, "agreed", "package", REASON_OTHER_CONTENT, "nor to another package");
    refused(id, OLGA, "waiting", NULL, REASON_NONE, "nor say nothing");
    ok(deliver(alder, birch) == 0 && !is_shared(), "nothing of all that sent anything");
    ok(say(OLGA, id, "agreed", NULL, &f) == OK && is_shared(), "she agrees: %s", f.what);
    ok(deliver(alder, birch) == 1, "and it goes out");
    ok(items(OLGA, "second") == before && items(AMY, "decision") == told + 1,
       "amy is told, olga has done it");
    refused(id, OLGA, "agreed", NULL, REASON_DECIDED, "not twice");
    refused(id, OLGA, "refused", NULL, REASON_DECIDED, "nor refused afterwards");
    refused(id, AMY, "withdrawn", NULL, REASON_DECIDED, "nor taken back");
    struct opened o;
    const char *wanted[] = { ids[1] };
    open_at(birch, BOB, bob, wanted, 1, bob, &o);
    ok(o.err == OK && o.answer.count == 1 && o.answer.results[0].err == OK, "bob reads it: %s", o.fail.what);
    brief_answer_clear(&o.answer);
}

static void ends(void)
{
    struct fail f = { 0 };
    char id[UUID_TEXT];
    ok(share(OLGA, id, &f) == OK && say(OLGA, id, "refused", NULL, &f) == OK && !is_shared(), "refused: %s",
       f.what);
    is_str(state_of(id, AMY), "refused", "as amy sees");
    refused(id, OLGA, "agreed", NULL, REASON_DECIDED, "for good");
    ok(share(OLGA, id, &f) == OK && say(AMY, id, "withdrawn", NULL, &f) == OK, "taken back: %s", f.what);
    refused(id, OLGA, "agreed", NULL, REASON_WITHDRAWN, "too late");
    ok(share(OLGA, id, &f) == OK && people_suspend(alder, AMY, NULL, &f) == OK, "amy is suspended: %s",
       f.what);
    refused(id, OLGA, "agreed", NULL, REASON_SUSPENDED_PERSON, "what she made does not go ahead");
    ok(people_resume(alder, AMY, &f) == OK && people_suspend(alder, OLGA, NULL, &f) == OK, "and olga: %s",
       f.what);
    refused(id, OLGA, "agreed", NULL, REASON_SUSPENDED_PERSON, "she can't agree");
    ok(people_resume(alder, OLGA, &f) == OK, "both are back: %s", f.what);
    ok(say(OLGA, id, "agreed", NULL, &f) == OK && is_shared(), "then it does: %s", f.what);
    deliver(alder, birch);
}

static void runs_out(void)
{
    struct fail f = { 0 };
    uint64_t next_ms = 0;
    char id[UUID_TEXT];
    size_t told = items(AMY, "decision");
    ok(share(OLGA, id, &f) == OK, "one more waits: %s", f.what);
    test_clock_ms += SECOND_DAYS * DAY - 1;
    ok(second_run(alder, test_now(), &next_ms, &f) == OK && next_ms > test_now(), "not yet over: %s", f.what);
    is_str(state_of(id, AMY), "waiting", "it waits");
    test_clock_ms += 1;
    refused(id, OLGA, "agreed", NULL, REASON_EXPIRED, "over by the clock");
    ok(second_run(alder, test_now(), &next_ms, &f) == OK, "the timer: %s", f.what);
    is_str(state_of(id, AMY), "ended", "it ended");
    ok(items(AMY, "decision") > told, "amy is told");
    refused(id, OLGA, "agreed", NULL, REASON_EXPIRED, "over");
}

static const char *request_state(const char *req)
{
    static char text[16];
    AUTO(json_freep) json_t *view = NULL;
    struct asker a = asker_of(OLGA, OFFICER);
    *text = '\0';
    if (view_request(alder, &a, req, &view, NULL) == OK)
        snprintf(text, sizeof text, "%s", json_string_value(json_object_get(view, "state")));
    return text;
}

static void grants(void)
{
    struct fail f = { 0 };
    char req[UUID_TEXT], id[UUID_TEXT], other[UUID_TEXT];
    AUTO(json_freep) json_t *done = NULL;
    flow_share();
    request(req);
    ok(grant(req, OTTO, id, &f) == OK, "a grant waits: %s", f.what);
    is_str(request_state(req), "open", "nothing is decided");
    refused(id, OLGA, "agreed", NULL, REASON_SECOND_PERSON, "olga can't agree with herself");
    ok(grant(req, OTTO, other, &f) == OK && say(OTTO, id, "agreed", NULL, &f) == OK, "otto agrees: %s",
       f.what);
    is_str(request_state(req), "granted", "granted");
    ok(deliver(alder, birch) >= 1 && deliver(alder, cedar) == 2,
       "birch and cedar hear of it, and cedar gets a copy");
    refused(other, OTTO, "agreed", NULL, REASON_DECIDED, "another grant comes too late");
    request(req);
    ok(grant(req, OTTO, id, &f) == OK &&
           do_act(birch, BOB, ROLE_READER, bob, "withdraw", req, NULL, NULL, &done, &f) == OK &&
           deliver(birch, alder) == 1,
       "bob takes it back: %s", f.what);
    refused(id, OTTO, "agreed", NULL, REASON_WITHDRAWN, "nothing to grant");
    is_str(state_of(id, OLGA), "waiting", "and it waits on");
    request(req);
    ok(grant(req, OTTO, id, &f) == OK, "the last one: %s", f.what);
    test_clock_ms += 2 * HOUR; /* beyond its deadline */
    ok(say(OTTO, id, "agreed", NULL, &f) == OK, "agreed after the deadline: %s", f.what);
    is_str(request_state(req), "granted", "late, as any decision may be");
    deliver(alder, birch);
    deliver(alder, cedar);
}

static void terms(void)
{
    static const char *const bad[] = { "", "tell", "share,share", "share, grant" };
    struct fail f = { 0 };
    char id[UUID_TEXT], req[UUID_TEXT];
    AUTO(json_freep) json_t *term = NULL;
    AUTO(json_freep) json_t *again = NULL;
    AUTO(json_freep) json_t *none = NULL;
    for (size_t i = 0; i < COUNT(bad); i++) {
        json_t *out = NULL;
        struct fail why = { 0 };
        ok(compartment_set(alder, "SOURCE", bad[i], &out, &why) == E_USAGE, "second '%s': %s", bad[i],
           why.what);
    }
    json_t *out = NULL;
    ok(compartment_set(alder, "birch.example/SOURCE", "share", &out, &f) == E_REFUSED, "another's: %s",
       f.what);
    fail_clear(&f);
    portions = walled;
    ok(share(NULL, id, &f) == OK, "without a term: %s", f.what);
    deliver(alder, birch);
    ok(compartment_set(alder, "SOURCE", "share,grant", &term, &f) == OK, "a term: %s", f.what);
    ok(compartment_set(alder, "alder.example/SOURCE", "grant,share", &again, &f) == OK &&
           json_equal(term, again),
       "the same again is no new version: %s", f.what);
    request(req);
    ok(share(NULL, id, &f) == E_REFUSED && f.reason == REASON_SECOND_NEEDED && strstr(f.what, "--second"),
       "then a share needs a second person: %s", f.what);
    fail_clear(&f);
    ok(share(OLGA, id, &f) == OK && *id, "whom it names: %s", f.what);
    ok(grant(req, NULL, id, &f) != OK, "and so does a grant: %s", f.what);
    fail_clear(&f);
    portions = plain;
    ok(share(NULL, id, &f) == OK && !*id, "what is not marked so does not: %s", f.what);
    ok(compartment_set(alder, "SOURCE", "none", &none, &f) == OK, "the term ends: %s", f.what);
    ok(json_integer_value(json_object_get(none, "version")) == 2, "in version 2");
    portions = walled;
    ok(share(NULL, id, &f) == OK && !*id, "then nothing needs one: %s", f.what);
    portions = plain;
    deliver(alder, birch);
}

int main(void)
{
    char dir[] = "/tmp/orcon-second-XXXXXX";
    struct fail f = { 0 };
    if (!mkdtemp(dir))
        return 1;
    portions = plain;
    portion_count = COUNT(plain);
    flow_start(dir);
    otto = home_person(alder, OTTO, "reader,officer");
    pat = home_person(alder, PAT, "reader");
    gone = home_person(alder, GONE, "reader,officer");
    ok(people_suspend(alder, GONE, NULL, &f) == OK, "gone is suspended: %s", f.what);
    deliver(alder, birch);
    deliver(alder, cedar);
    who_may();
    shares();
    ends();
    deliver(alder, birch);
    deliver(alder, cedar);
    grants();
    terms();
    runs_out();
    key_free(otto);
    key_free(pat);
    key_free(gone);
    flow_end(dir);
    return tap_done();
}
