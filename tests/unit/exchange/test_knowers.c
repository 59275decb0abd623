/* SPDX-License-Identifier: Apache-2.0 - who knows what, and the course of a report: what is shown to whom, and that what is
 * hidden leaves no trace; two hundred persons by forty portions in one answer */
#include "flow.h"

#include "exchange/course.h"
#include "exchange/knowers.h"
#include "store/person.h"

static const struct flow_portion written[] = {
    { "TLP:GREEN", "A title" },
    { "TLP:AMBER//ORCON", "The group hides explosives." },
    { "TLP:GREEN//TEARLINE", "Take computers out." },
    { "TLP:RED//alder.example/SOURCE//ORCON", "One person inside." },
    { "TLP:RED//alder.example/SOURCE//HIDDEN//ORCON", "His name." },
};

#define AMY  "amy@alder.example", ROLE_READER | ROLE_AUTHOR
#define OLGA "olga@alder.example", ROLE_READER | ROLE_OFFICER
#define BOB  "bob@birch.example"

/* A partner's person as his token shows him. */
static struct asker partner(const char *who, unsigned roles)
{
    struct asker a = asker_of(who, roles);
    a.own = false;
    return a;
}

static json_t *knowers(const struct asker *a, enum err *e)
{
    AUTO(json_freep) json_t *in = json_pack("{s:s}", "report", report);
    json_t *out = NULL;
    struct fail f = { 0 };
    *e = knowers_answer(alder, a, in, &out, &f);
    if (*e != OK)
        printf("# %s: %s\n", a->person, f.what);
    return out ? out : json_object();
}

static const json_t *person_row(const json_t *answer, const char *who)
{
    size_t i;
    json_t *row;
    json_array_foreach (json_object_get(answer, "persons"), i, row)
        if (strcmp(json_string_value(json_object_get(row, "person")), who) == 0)
            return row;
    return NULL;
}

static const json_t *cell(const json_t *answer, const char *who, unsigned n)
{
    size_t i;
    json_t *c;
    json_array_foreach (json_object_get(person_row(answer, who), "cells"), i, c)
        if (json_integer_value(json_object_get(c, "n")) == (json_int_t)n)
            return c;
    return NULL;
}

static const char *state(const json_t *answer, const char *who, unsigned n)
{
    const char *text = json_string_value(json_object_get(cell(answer, who, n), "state"));
    return text ? text : "";
}

static void matrix(void)
{
    struct asker amy_in = asker_of(AMY);
    struct opened opened = { 0 };
    enum err e;
    open_at(birch, BOB, bob, (const char *const[]){ ids[1], ids[2], ids[3] }, 3, bob, &opened);
    ok(opened.err == OK, "bob opens: %s", opened.fail.what);
    brief_answer_clear(&opened.answer);
    AUTO(json_freep) json_t *told = NULL;
    struct fail f = { 0 };
    char at[TIME_TEXT_SIZE];
    time_print(test_now(), at);
    ok(do_act(alder, "amy@alder.example", ROLE_READER | ROLE_AUTHOR, amy, "tell", NULL, ids[1],
              json_pack("{s:s,s:s,s:s,s:[],s:s}", "words", "S. Lind, ministry", "occasion", "meeting", "at",
                        at, "present", "reason", "need"),
              &told, &f) == OK,
       "amy tells somebody: %s", f.what);
    AUTO(json_freep) json_t *v = knowers(&amy_in, &e);
    ok(e == OK && json_array_size(json_object_get(v, "portions")) == 5, "the author sees all columns");
    is_str(state(v, BOB, 1), "briefed", "bob was briefed on 1");
    is_str(state(v, BOB, 2), "briefed", "and on 2");
    is_str(state(v, BOB, 3), "refused", "he tried 3 in vain");
    ok(json_integer_value(json_object_get(json_object_get(cell(v, BOB, 3), "refused"), "times")) == 1 &&
           strncmp(json_string_value(json_object_get(json_object_get(cell(v, BOB, 3), "refused"), "entry")),
                   "1/", 2) == 0,
       "with its entry");
    is_str(json_string_value(json_object_get(cell(v, BOB, 3), "reason")), "compartment", "and why");
    is_str(json_string_value(json_object_get(cell(v, BOB, 1), "basis")), "key", "what it rests on");
    is_str(state(v, "olga@alder.example", 1), "may", "olga may read 1, and has not");
    is_str(state(v, "olga@alder.example", 3), "withheld", "but not 3");
    is_str(state(v, BOB, 4), "", "of what is hidden from him nothing is withheld");
    ok(!person_row(v, "cyd@cedar.example"), "who has nothing has no row");
    const json_t *words = person_row(v, "");
    ok(words && strcmp(json_string_value(json_object_get(words, "words")), "S. Lind, ministry") == 0,
       "an outsider is words");
    const json_t *total = json_array_get(json_object_get(v, "totals"), 1);
    ok(json_integer_value(json_object_get(total, "briefed")) == 1 &&
           json_integer_value(json_object_get(total, "told")) == 1,
       "totals of portion 1");
}

/* Rows: who asks, how many columns and persons he sees. */
static void who_sees(void)
{
    struct asker reader = asker_of("olga@alder.example", ROLE_READER);
    struct asker officer = asker_of(OLGA), bob_in = partner(BOB, ROLE_READER);
    struct asker bobs_officer = partner("ben@birch.example", ROLE_READER | ROLE_OFFICER);
    struct asker cyd_in = partner("cyd@cedar.example", ROLE_READER | ROLE_OFFICER);
    enum err e;
    AUTO(json_freep) json_t *all = knowers(&officer, &e);
    ok(e == OK && person_row(all, BOB) && person_row(all, "olga@alder.example") &&
           json_array_size(json_object_get(all, "portions")) == 5,
       "an officer sees all");
    AUTO(json_freep) json_t *self = knowers(&reader, &e);
    ok(e == OK && json_array_size(json_object_get(self, "persons")) == 1 &&
           person_row(self, "olga@alder.example") && json_array_size(json_object_get(self, "portions")) == 4,
       "a reader only himself, and no hidden column");
    AUTO(json_freep) json_t *his = knowers(&bob_in, &e);
    ok(e == OK && json_array_size(json_object_get(his, "persons")) == 1 && person_row(his, BOB) &&
           json_array_size(json_object_get(his, "portions")) == 4,
       "bob only himself");
    AUTO(json_freep) json_t *holders = knowers(&bobs_officer, &e);
    ok(e == OK && person_row(holders, BOB) && !person_row(holders, "olga@alder.example") &&
           !person_row(holders, ""),
       "a holder's officer his own organisation");
    AUTO(str_freep) char *text = json_text(holders);
    ok(!strstr(text, ids[4]) && !strstr(text, "HIDDEN"), "nothing of the hidden portion");
    AUTO(json_freep) json_t *none = knowers(&cyd_in, &e);
    ok(json_array_size(json_object_get(none, "persons")) == 0 && (e == E_REFUSED || e == E_NOT_FOUND),
       "an organisation that holds nothing of it: not yours");
    struct fail f = { 0 };
    json_t *out = NULL;
    AUTO(json_freep) json_t *unknown = json_pack("{s:s}", "report", "00000000-0000-4000-8000-000000000000");
    struct fail g = { 0 };
    AUTO(json_freep) json_t *in = json_pack("{s:s}", "report", report);
    ok(knowers_answer(alder, &cyd_in, in, &out, &f) == knowers_answer(alder, &cyd_in, unknown, &out, &g) &&
           strcmp(f.what, g.what) == 0,
       "which reads like one that is not there: %s", f.what);
}

static bool has_line(const json_t *answer, const char *list, const char *name, const char *value)
{
    size_t i;
    json_t *line;
    json_array_foreach (json_object_get(answer, list), i, line) {
        const char *text = json_string_value(json_object_get(line, name));
        if (text && strcmp(text, value) == 0)
            return true;
    }
    return false;
}

static void course(void)
{
    struct asker amy_in = asker_of(AMY), reader = asker_of("olga@alder.example", ROLE_READER);
    struct asker bob_in = asker_of(BOB, ROLE_READER);
    AUTO(json_freep) json_t *asked = NULL;
    AUTO(json_freep) json_t *denied = NULL;
    struct fail f = { 0 };
    ok(do_act(birch, BOB, ROLE_READER, bob, "request", NULL, ids[1], request_body("cedar.example"), &asked,
              &f) == OK &&
           deliver(birch, alder) == 1,
       "bob asks: %s", f.what);
    AUTO(json_freep) json_t *path = NULL;
    ok(course_path(alder, &amy_in, report, &path, &f) == OK, "the path: %s", f.what);
    ok(has_line(path, "edges", "to", "birch.example") && has_line(path, "edges", "kind", "granted"),
       "birch was given");
    ok(strcmp(json_string_value(json_array_get(json_object_get(path, "organisations"), 0)),
              "alder.example") == 0,
       "from alder");
    AUTO(json_freep) json_t *refused = NULL;
    ok(course_path(alder, &reader, report, &refused, &f) == E_REFUSED && f.reason == REASON_NOT_ROLE,
       "not for any reader: %s", f.what);
    fail_clear(&f);
    AUTO(json_freep) json_t *held = NULL;
    ok(course_path(birch, &bob_in, report, &held, &f) == OK && has_line(held, "edges", "kind", "asked"),
       "the holder sees what he has and asked for: %s", f.what);
    AUTO(str_freep) char *held_text = json_text(held);
    ok(!strstr(held_text, ids[4]), "nothing of the hidden portion");

    AUTO(json_freep) json_t *lines = NULL;
    ok(course_timeline(alder, &amy_in, report, &lines, &f) == OK &&
           has_line(lines, "lines", "kind", "share") && has_line(lines, "lines", "kind", "request") &&
           has_line(lines, "lines", "kind", "tell"),
       "the timeline: %s", f.what);
    AUTO(json_freep) json_t *his = NULL;
    ok(course_timeline(birch, &bob_in, report, &his, &f) == OK && has_line(his, "lines", "kind", "request") &&
           has_line(his, "lines", "kind", "share"),
       "bob's: %s", f.what);
    const json_t *line;
    size_t at, entered = 0;
    json_array_foreach (json_object_get(lines, "lines"), at, line)
        entered += strchr(json_string_value(json_object_get(line, "entry")), '/') != NULL;
    ok(at > 0 && entered == at, "each line of it has its entry: %zu of %zu", entered, at);
    json_array_foreach (json_object_get(held, "edges"), at, line)
        ok(strchr(json_string_value(json_object_get(line, "entry")), '/') != NULL,
           "and each edge of what is held, in the holder's ledger: %zu", at);
    /* a reader who did none of it */
    AUTO(json_freep) json_t *others = NULL;
    ok(course_timeline(alder, &reader, report, &others, &f) == OK &&
           json_array_size(json_object_get(others, "lines")) == 0,
       "what others did is not for any reader");
    ok(do_act(alder, "olga@alder.example", ROLE_OFFICER, olga, "deny",
              json_string_value(json_object_get(asked, "request")), NULL, json_pack("{s:s}", "reason", "no"),
              &denied, &f) == OK &&
           deliver(alder, birch) == 1,
       "olga denies: %s", f.what);
    AUTO(json_freep) json_t *after = NULL;
    ok(course_path(birch, &bob_in, report, &after, &f) == OK && has_line(after, "edges", "kind", "denied"),
       "which the path shows");
}

/* Two hundred persons, forty portions. */
static struct flow_portion many[PORTIONS_MAX];

struct adding {
    struct node *n;
};

static enum err add_people(struct db *db, void *ctx, struct fail *f)
{
    (void)ctx;
    for (int i = 0; i < 200; i++) {
        AUTO(str_freep) char *id = str_format("reader%03d@birch.example", i);
        struct person_row row = { .id = id,
                                  .domain = "birch.example",
                                  .state = PERSON_ACTIVE,
                                  .roles = "reader",
                                  .pending_roles = "",
                                  .clearance = "",
                                  .added_ms = test_now() };
        TRY(store_person_put(db, &row, f));
    }
    return OK;
}

static void large(void)
{
    struct asker amy_in = asker_of(AMY);
    struct fail f = { 0 };
    enum err e;
    for (size_t i = 0; i < PORTIONS_MAX; i++)
        many[i] = (struct flow_portion){ i ? "TLP:AMBER//ORCON" : "TLP:GREEN", "Text." };
    portions = many;
    portion_count = PORTIONS_MAX;
    flow_share();
    ok(writer_run(alder->writer, add_people, NULL, &f) == OK, "200 people of birch: %s", f.what);
    uint64_t began_ms = time_mono_ms();
    AUTO(json_freep) json_t *v = knowers(&amy_in, &e);
    uint64_t took_ms = time_mono_ms() - began_ms;
    ok(e == OK && json_array_size(json_object_get(v, "persons")) >= 200,
       "%zu persons by %zu portions in %llu ms", json_array_size(json_object_get(v, "persons")),
       json_array_size(json_object_get(v, "portions")), (unsigned long long)took_ms);
    ok(took_ms < 10000, "in reasonable time");
}

int main(void)
{
    char dir[] = "/tmp/orcon-knowers-XXXXXX";
    if (!mkdtemp(dir))
        return 1;
    portions = written;
    portion_count = COUNT(written);
    flow_start(dir);
    flow_share();
    matrix();
    who_sees();
    course();
    large();
    flow_end(dir);
    return tap_done();
}
