/* SPDX-License-Identifier: Apache-2.0
 * Attacks on HIDDEN portions by a partner's node that says whatever it likes: for every statement, act and question that
 * takes a portion's id or number, a hidden one, one of a report that was not given, and one that there is not get the same answer
 * after the same steps. Steps are the statements that the store is asked while it answers, in order, and the entries
 * made; their times are not asserted on but measured: `script/bench hidden` prints the medians. */
#include <sqlite3.h>

#include "flow.h"

#include "exchange/briefed.h"
#include "exchange/people.h"
#include "store/leaf.h"

#ifndef ROUNDS /* script/bench hidden: measure instead, so often */
#define ROUNDS 0
#endif
#define TEXT_MAX  65536
#define AMY       "amy@alder.example"
#define OLGA      "olga@alder.example"
#define PIA       "pia@alder.example"
#define RAE       "rae@alder.example" /* read in to nothing */
#define BOB       "bob@birch.example"
#define BEN       "ben@birch.example"
#define MEL       "mel@birch.example"
#define PAT       "pat@birch.example"
#define SHARE_ALL 3 /* statements that a share makes: what is seen, and two hidden ones */

static const struct flow_portion written[] = {
    { "TLP:GREEN", "A title" },
    { "TLP:AMBER//ORCON", "The group hides explosives in portable computers." },
    { "TLP:GREEN//TEARLINE", "Take portable computers out of cabin baggage." },
    { "TLP:AMBER//alder.example/SOURCE//HIDDEN//ORCON", "From one person inside the cell." },
    { "TLP:AMBER//alder.example/METHOD//HIDDEN//ORCON", "By a wire." },
};
enum { SEEN = 1, SOURCE = 3, METHOD = 4 };

static struct key *pia, *ben, *mel, *pat;

/* ---- steps ---- */

static _Thread_local bool looking;
static char steps[TEXT_MAX];
static size_t steps_len;

static int note_step(unsigned what, void *ctx, void *statement, void *sql)
{
    (void)what, (void)ctx, (void)statement;
    int n = looking ? snprintf(steps + steps_len, TEXT_MAX - steps_len, "%s\n", (const char *)sql) : 0;
    if (n > 0 && (size_t)n < TEXT_MAX - steps_len)
        steps_len += (size_t)n;
    return 0;
}

static int watch(sqlite3 *db, char **error, const struct sqlite3_api_routines *api)
{
    (void)error, (void)api;
    return sqlite3_trace_v2(db, SQLITE_TRACE_STMT, note_step, NULL);
}

/* ---- what an attacker sees ---- */

struct seen {
    enum err err;
    enum reason reason;
    char what[512], *steps;
    uint64_t entries; /* of alder's log */
    double us;
};

static enum err count_event(const struct leaf_row *row, void *ctx, struct fail *f)
{
    (void)f;
    *(uint64_t *)ctx += row->form == LEAF_EVENT; /* when seals come, time decides */
    return OK;
}

static uint64_t entries(void)
{
    AUTO(store_read_endp) struct db *db = NULL;
    struct fail f = { 0 };
    uint64_t count = 0;
    if (store_read_begin(alder->store, &db, &f) != OK ||
        store_leaf_range(db, alder->generation, 0, INT64_MAX, count_event, &count, &f) != OK)
        exit(1);
    return count;
}

/* An answer repeats what was asked about: that is no news. */
static void mask(char *text, const char *id)
{
    for (char *at = text; *id && (at = strstr(at, id));)
        memset(at, '#', strlen(id));
}

/* An attempt: about ${id}, or number ${n}. */
struct attempt {
    const char *name;
    enum err (*run)(const struct attempt *a, const char *id, unsigned n, struct fail *f);
    const char *kind, *by;
    struct key **key;
    unsigned roles;
};

static void look_at(const struct attempt *a, const char *id, unsigned n, struct seen *out)
{
    struct fail f = { 0 };
    struct timespec from, to;
    uint64_t before = entries();
    steps_len = 0;
    *steps = '\0';
    clock_gettime(CLOCK_MONOTONIC, &from);
    out->err = a->run(a, id, n, &f);
    clock_gettime(CLOCK_MONOTONIC, &to);
    looking = false;
    out->us = (double)(to.tv_sec - from.tv_sec) * 1e6 + (double)(to.tv_nsec - from.tv_nsec) / 1e3;
    out->reason = f.reason;
    snprintf(out->what, sizeof out->what, "%s", f.what);
    mask(out->what, id);
    out->steps = str_dup(steps);
    out->entries = entries() - before;
}

/* ---- statements of a partner's node that lies ---- */

static void put_time(json_t *body, const char *name, uint64_t ms)
{
    char text[TIME_TEXT_SIZE];
    time_print(ms, text);
    json_set_str(body, name, text);
}

/* What each kind needs to be looked at at all. */
static json_t *body_of(const char *kind, const char *id)
{
    json_t *body = json_pack("{s:s,s:s,s:s,s:s,s:s,s:b,s:s}", "to", "cedar.example", "reason",
                             "threat to life", "text", "no", "outcome", "noted", "words", "the minister",
                             "oral", 1, "originator", "alder.example");
    uint8_t digest[HASH_LEN] = { 7 };
    put_time(body, "by", test_now() + 3600000);
    put_time(body, "at", test_now() - 1000);
    set_digest(body, "digest", digest);
    set_digest(body, "sha256", digest);
    json_set_take(body, "about", json_pack("{s:s,s:s,s:s}", "by", BOB, "portion", id, "report", report));
    json_set_take(body, "members", json_array());
    json_set_take(body, "hidden", json_pack("[s]", id));
    json_set_str(body, "override", id);
    if (strcmp(kind, "tell") == 0) {
        json_object_del(body, "words");
        json_set_str(body, "person", OLGA);
    }
    return body;
}

/* ${a}.kind about ${id}, by a person whose key the attacker has, in a statement that birch's node signs. */
static enum err forge(const struct attempt *a, const char *id, unsigned n, struct fail *f)
{
    AUTO(buf_freep) struct buf *act = buf_new(JOSE_MAX_SMALL);
    AUTO(buf_freep) struct buf *ack = buf_new(JOSE_MAX_SMALL);
    AUTO(str_freep) char *jws = NULL;
    uint8_t digest[HASH_LEN];
    char uuid[UUID_TEXT];
    bool refers = n != 0; /* the id stands for a request, or an override */
    random_uuid(uuid);
    struct statement_making m = { .kind = a->kind,
                                  .id = uuid,
                                  .iss = "birch.example",
                                  .by = a->by,
                                  .report = report,
                                  .ref = refers ? id : NULL,
                                  .portions = refers ? NULL : json_pack("[s]", id),
                                  .body = body_of(a->kind, id),
                                  .at_ms = test_now() };
    AUTO(json_freep) json_t *payload = act_payload(m);
    TRY(jose_sign(*a->key, NULL, ACT_TYP, payload, act, f));
    m.aud = json_pack("[s]", "alder.example");
    m.portions = refers ? NULL : json_pack("[s]", id);
    m.body = body_of(a->kind, id);
    json_set_str(m.body, "act", buf_text(act));
    TRY(acts_statement(birch, m, &jws, digest, f));
    looking = true;
    return acts_take(alder, bytes_str(jws), NULL, ack, f);
}

static enum err forge_ref(const struct attempt *a, const char *id, unsigned n, struct fail *f)
{
    (void)n;
    return forge(a, id, 1, f);
}

/* ---- questions, and acts at home ---- */

static struct asker from_birch(const char *person, unsigned roles)
{
    struct asker who = asker_of(person, roles);
    who.own = false;
    return who;
}

static enum err ask(const struct asker *who, json_t *question, struct fail *f)
{
    AUTO(json_freep) json_t *in = question;
    AUTO(json_freep) json_t *answer = NULL;
    json_set_str(in, "person", who->person);
    json_set_bool(in, "wait", false);
    looking = true;
    return briefed_answer(alder, who, in, &answer, f);
}

static enum err ask_id(const struct attempt *a, const char *id, unsigned n, struct fail *f)
{
    const struct asker who = from_birch(a->by, a->roles);
    (void)n;
    return ask(&who, json_pack("{s:s}", "portion", id), f);
}

static enum err ask_number(const struct attempt *a, const char *id, unsigned n, struct fail *f)
{
    const struct asker who = asker_of(a->by, a->roles);
    (void)id;
    return ask(&who, json_pack("{s:s,s:i}", "report", report, "n", n), f);
}

static enum err at_home(const struct attempt *a, const char *id, unsigned n, struct fail *f)
{
    AUTO(json_freep) json_t *answer = NULL;
    (void)n;
    looking = true;
    return do_act(birch, a->by, a->roles, *a->key, a->kind, NULL, id, body_of(a->kind, id), &answer, f);
}

/* Any node takes what is its maker's own, whatever ids stand in it: the answer says nothing, but is looked at, too. */
static const struct attempt attempts[] = {
    { "a request", forge, "request", BOB, &bob, 0 },
    { "an override", forge, "override", PAT, &pat, 0 },
    { "a receipt", forge, "receipt", BOB, &bob, 0 },
    { "a telling", forge, "tell", BOB, &bob, 0 },
    { "an inquiry", forge, "inquiry", BOB, &bob, 0 },
    { "a recall", forge, "recall", BOB, &bob, 0 },
    { "a notice", forge, "notice", BOB, &bob, 0 },
    { "a grant", forge_ref, "grant", BOB, &bob, 0 },
    { "a denial", forge_ref, "deny", BOB, &bob, 0 },
    { "silence", forge_ref, "silence", BOB, &bob, 0 },
    { "a withdrawal", forge_ref, "withdraw", BOB, &bob, 0 },
    { "an objection", forge_ref, "objection", BOB, &bob, 0 },
    { "a review", forge_ref, "review", BOB, &bob, 0 },
    { "was I briefed", ask_id, NULL, BOB, &bob, ROLE_READER },
    { "was I briefed, by an officer", ask_id, NULL, PAT, &pat, ROLE_READER | ROLE_OFFICER | ROLE_AUDITOR },
    { "an act of request at the holder", at_home, "request", BOB, &bob, ROLE_READER },
    { "an act of override at the holder", at_home, "override", PAT, &pat, ROLE_AUTHORITY },
};

static const struct attempt numbered = {
    "by number, at the originator", ask_number, NULL, RAE, NULL, ROLE_READER
};

/* ---- the comparisons ---- */

static char nobody[UUID_TEXT], elsewhere[UUID_TEXT]; /* there is none; of a report that birch does not have */

static void compare(const struct attempt *a, const char *what, const char *id, unsigned n,
                    const char *other_id, unsigned other)
{
    struct seen one = { 0 }, two = { 0 };
    look_at(a, other_id, other, &one);
    look_at(a, id, n, &two);
    bool same = one.err == two.err && one.reason == two.reason && strcmp(one.what, two.what) == 0;
    if (!ok(same, "%s: %s is what there is not (%s)", a->name, what, one.what))
        printf("# %s: %s\n", what, two.what);
    if (!ok(strcmp(one.steps, two.steps) == 0, "%s: %s takes the same steps", a->name, what))
        printf("# absent:\n%s# %s:\n%s", one.steps, what, two.steps);
    ok(one.entries == two.entries, "%s: %s is entered as often", a->name, what);
    free(one.steps);
    free(two.steps);
}

static void attacked(void)
{
    for (size_t i = 0; i < COUNT(attempts); i++) {
        const struct attempt *a = &attempts[i];
        compare(a, "nothing again", nobody, 0, nobody, 0);
        compare(a, "a hidden portion", ids[SOURCE], 0, nobody, 0);
        compare(a, "another hidden one", ids[METHOD], 0, nobody, 0);
        if (a->run != at_home)
            compare(a, "a portion that was not given", elsewhere, 0, nobody, 0);
    }
    compare(&numbered, "the hidden number", "", SOURCE, "", 9);
}

/* ---- what people see ---- */

static json_t *view_of(struct node *n, const char *person, unsigned roles)
{
    struct asker a = asker_of(person, roles);
    struct fail f = { 0 };
    json_t *v = NULL;
    ok(view_report(n, &a, report, &v, &f) == OK, "%s sees the report %s", person, f.what);
    return v;
}

/* The text of ${person}'s inbox. */
static char *inbox_of(struct node *n, const char *person, unsigned roles)
{
    struct asker a = asker_of(person, roles);
    AUTO(json_freep) json_t *v = NULL;
    struct fail f = { 0 };
    ok(view_inbox(n, &a, true, &v, &f) == OK, "the inbox of %s %s", person, f.what);
    return json_text(v);
}

static bool mentions(struct node *n, const char *person, unsigned roles, size_t portion)
{
    AUTO(str_freep) char *text = inbox_of(n, person, roles);
    return strstr(text, ids[portion]) != NULL;
}

static enum err tell(const char *person, const char *words, size_t portion, struct fail *f)
{
    AUTO(json_freep) json_t *answer = NULL;
    json_t *body = json_pack("{s:s}", "reason", "they must know");
    json_set_str(body, person ? "person" : "words", person ? person : words);
    put_time(body, "at", test_now() - 1000);
    *f = (struct fail){ 0 };
    return do_act(alder, OLGA, ROLE_OFFICER, olga, "tell", NULL, ids[portion], body, &answer, f);
}

/* The numbers in the newest item `told` of ${person}, as JSON. */
static char *told_numbers(struct node *n, const char *person)
{
    struct asker a = asker_of(person, ROLE_READER);
    AUTO(json_freep) json_t *v = NULL;
    struct fail f = { 0 };
    size_t i;
    const json_t *item;
    if (view_inbox(n, &a, true, &v, &f) != OK)
        return NULL;
    json_array_foreach (json_object_get(v, "items"), i, item)
        if (strcmp(json_string_value(json_object_get(item, "kind")), "told") == 0)
            return json_text(json_object_get(json_object_get(item, "about"), "n"));
    return NULL;
}

static void told(void)
{
    struct fail f;
    ok(tell(MEL, NULL, METHOD, &f) == OK && tell(BOB, NULL, SOURCE, &f) == OK && deliver(alder, birch) == 2,
       "olga tells mel of what mel has, and bob of what he has not: %s", f.what);
    AUTO(str_freep) char *mels = told_numbers(birch, MEL);
    AUTO(str_freep) char *bobs = told_numbers(birch, BOB);
    is_str(mels, "[3]", "to mel, who sees one hidden portion, it is the third");
    is_str(bobs, "[]", "to bob it has no number: he has no copy that he may know of");
    ok(!mentions(birch, PAT, ROLE_READER | ROLE_OFFICER | ROLE_AUDITOR, SOURCE) &&
           !mentions(birch, PAT, ROLE_READER | ROLE_OFFICER | ROLE_AUDITOR, METHOD),
       "birch's officers hear of neither");
    ok(tell(NULL, "the minister", METHOD, &f) == OK, "a telling in words: %s", f.what);
    AUTO(json_freep) json_t *hers = view_of(alder, PIA, ROLE_READER);
    AUTO(json_freep) json_t *all = view_of(alder, OLGA, ROLE_READER | ROLE_OFFICER);
    AUTO(str_freep) char *hers_text = json_text(json_object_get(hers, "briefed"));
    AUTO(str_freep) char *all_text = json_text(json_object_get(all, "briefed"));
    ok(strstr(hers_text, BOB) && !strstr(hers_text, "the minister") && !strstr(hers_text, MEL),
       "pia, who is read in to the other, sees nothing of it, under whatever number");
    ok(strstr(all_text, "the minister") && strstr(all_text, MEL), "olga sees all");
}

static json_t *record_of(struct node *n, const char *person, const char *partner, const char *list)
{
    struct asker a = asker_of(person, ROLE_READER);
    AUTO(json_freep) json_t *v = NULL;
    struct fail f = { 0 };
    ok(view_partners(n, &a, partner, list, &v, &f) == OK, "the record: %s", f.what);
    return json_incref(
        json_object_get(json_array_get(json_object_get(v, "partners"), 0), list ? "record" : "requests"));
}

static void recorded(void)
{
    AUTO(json_freep) json_t *answer = NULL;
    AUTO(json_freep) json_t *both = NULL;
    struct fail f = { 0 };
    test_clock_ms += 1000;
    ok(do_act(birch, BEN, ROLE_READER, ben, "request", NULL, ids[SOURCE], request_body(BEN), &answer, &f) ==
               OK &&
           deliver(birch, alder) == 1,
       "ben asks about what is hidden: %s", f.what);
    ok(do_acts(birch, BEN, ROLE_READER, ben, "request", NULL, json_pack("[ss]", ids[SEEN], ids[SOURCE]),
               request_body("cedar.example"), &both, &f) == OK &&
           deliver(birch, alder) == 1,
       "and about that with what is seen: %s", f.what);
    AUTO(json_freep) json_t *theirs = record_of(birch, BOB, "alder.example", "");
    AUTO(json_freep) json_t *ours = record_of(alder, PIA, "birch.example", "");
    AUTO(json_freep) json_t *count = record_of(alder, PIA, "birch.example", NULL);
    AUTO(str_freep) char *left = json_text(theirs);
    AUTO(str_freep) char *right = json_text(ours);
    is_str(left, right, "both sides compute the same bytes");
    ok(json_integer_value(json_object_get(json_object_get(ours, "d30"), "asked_by_birch.example")) == 1 &&
           json_integer_value(count) == 1,
       "one request counts: the other is about nothing that everybody may know of");
    AUTO(json_freep) json_t *open = NULL;
    struct asker olgas = asker_of(OLGA, ROLE_READER | ROLE_OFFICER);
    ok(view_request(alder, &olgas, json_string_value(json_object_get(answer, "request")), &open, &f) == OK,
       "olga sees and decides on both: %s", f.what);
}

/* ---- medians ---- */

static int by_time(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Absent and hidden in turn, so that whatever else the machine does meets both. */
static void measure(const struct attempt *a, size_t rounds, double *us[2])
{
    const char *about[2] = { nobody, ids[SOURCE] };
    const unsigned number[2] = { 9, SOURCE };
    for (size_t i = 0; i < 2 * rounds; i++) {
        struct seen seen = { 0 };
        test_clock_ms += 1;
        look_at(a, a->run == ask_number ? "" : about[i % 2], a->run == ask_number ? number[i % 2] : 0, &seen);
        us[i % 2][i / 2] = seen.us;
        free(seen.steps);
    }
    for (size_t i = 0; i < 2; i++)
        qsort(us[i], rounds, sizeof *us[i], by_time);
    double half = us[0][rounds / 2], step = (us[0][rounds * 3 / 4] - us[0][rounds / 4]);
    printf("# %-36s absent %8.1f us  hidden %8.1f us  difference %+6.1f us  (half of all within %.1f us)\n",
           a->name, half, us[1][rounds / 2], us[1][rounds / 2] - half, step);
}

static void measured(size_t rounds)
{
    double *us[2] = { mem_array(rounds, sizeof(double)), mem_array(rounds, sizeof(double)) };
    for (size_t i = 0; i < COUNT(attempts); i++)
        measure(&attempts[i], rounds, us);
    measure(&numbered, rounds, us);
    mem_freep(&us[0]);
    mem_freep(&us[1]);
}

/* ---- the world ---- */

static void shared(void)
{
    AUTO(buf_freep) struct buf *bytes = buf_new(1 << 20);
    AUTO(package_freep) struct package *package = NULL;
    AUTO(json_freep) json_t *answer = NULL;
    AUTO(json_freep) json_t *whom = json_pack("[s]", "cedar.example");
    struct asker who = asker_of(AMY, ROLE_READER | ROLE_AUTHOR);
    struct fail f = { 0 };
    enum err e = make_share_by(alder, AMY, amy, whom, bytes, &f);
    struct bytes view = bytes_of(bytes);
    struct source in = source_bytes(&view);
    memcpy(elsewhere, ids[SEEN], UUID_TEXT);
    if (e == OK)
        e = package_read(&in, &package, &f);
    if (e == OK)
        e = acts_share(alder, &who, package, &answer, &f);
    ok(e == OK && deliver(alder, cedar) == 1, "a report that birch does not get: %s", f.what);
}

static void shared_hidden(void)
{
    AUTO(buf_freep) struct buf *bytes = buf_new(1 << 20);
    AUTO(package_freep) struct package *package = NULL;
    AUTO(json_freep) json_t *answer = NULL;
    struct asker who = asker_of(AMY, ROLE_READER | ROLE_AUTHOR);
    struct fail f = { 0 };
    enum err e = make_share(alder, bytes, &f);
    struct bytes view = bytes_of(bytes);
    struct source in = source_bytes(&view);
    if (e == OK)
        e = package_read(&in, &package, &f);
    if (e == OK)
        e = acts_share(alder, &who, package, &answer, &f);
    ok(e == OK && deliver(alder, birch) == SHARE_ALL,
       "a report with two hidden portions, for ben and for mel: %s", f.what);
}

static void people(void)
{
    struct fail f = { 0 };
    pia = home_person(alder, PIA, "reader");
    ben = home_person(birch, BEN, "reader");
    mel = home_person(birch, MEL, "reader");
    pat = home_person(birch, PAT, "reader,authority,officer,auditor");
    ok(people_read_in(alder, BEN, "SOURCE", 0, &f) == OK &&
           people_read_in(alder, MEL, "METHOD", 0, &f) == OK &&
           people_read_in(alder, PIA, "SOURCE", 0, &f) == OK,
       "ben and pia are read in to one, mel to the other: %s", f.what);
    deliver(birch, alder);
    deliver(birch, cedar);
    deliver(alder, birch);
    deliver(alder, cedar);
}

int main(void)
{
    char dir[] = "/tmp/orcon-hidden-XXXXXX";
    if (sqlite3_auto_extension((void (*)(void))watch) != SQLITE_OK || !mkdtemp(dir))
        return 1;
    flow_start(dir);
    people();
    random_uuid(nobody);
    portions = written;
    portion_count = COUNT(written) - 2;
    shared();
    portion_count = COUNT(written);
    shared_hidden();
    if (ROUNDS) {
        measured(ROUNDS);
    } else {
        recorded();
        attacked();
        told(); /* last: bob knows more after it */
    }
    key_free(pia);
    key_free(ben);
    key_free(mel);
    key_free(pat);
    flow_end(dir);
    return tap_done();
}
