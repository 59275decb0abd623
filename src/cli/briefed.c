/* SPDX-License-Identifier: Apache-2.0
 * briefed: was he? with proof either way. The originator answers; what is said here is what his proof shows. */
#include <string.h>

#include "base/mem.h"
#include "base/time.h"
#include "cli/anchors.h"
#include "cli/home.h"
#include "cli/mine.h"
#include "cli/print.h"
#include "cli/verbs.h"
#include "client/choice.h"
#include "client/own.h"
#include "client/sheet.h"
#include "ledger/evidence.h"

#define NO_WITNESS "no-witness"

/* One run of the verb. */
struct briefed {
    struct cli *c;
    struct mine mine;
    struct known known;
    const char *person, *evidence_file, *sheet_file, *fields;
    bool waited;  /* in vain: outsiders did not sign in time, so further questions don't wait for them */
    json_t *view; /* of the report, as the own node has it */
    struct card *originator;
};

static void briefed_clear(struct briefed *b)
{
    json_decref(b->view);
    card_free(b->originator);
    known_clear(&b->known);
    mine_end(&b->mine);
}

/* The answer about one portion, checked. Ended by answer_clear, also for AUTO. */
struct answer {
    json_t *said; /* by the originator */
    struct verify check;
    struct bytes proof;
    struct buf *kept; /* holds the proof where it is the reader's own */
    bool alone;       /* no witness signed it: the originator's word alone */
};

static void answer_clear(struct answer *a)
{
    json_decref(a->said);
    buf_free(a->kept);
    verify_clear(&a->check);
}

/* Asking ------------------------------------------------------------------------------------------------------- */

static json_t *field_list(const char *text)
{
    json_t *list = json_array();
    while (text && *text) {
        char *end;
        json_array_append_new(list, json_integer((json_int_t)strtoul(text, &end, 10)));
        text = *end == ',' ? end + 1 : end;
    }
    return list;
}

static enum err ask(struct briefed *b, const char *portion, json_t **out, struct fail *f)
{
    json_t *question = json_object();
    json_set_str(question, "person", b->person);
    json_set_str(question, "portion", portion);
    if (b->fields)
        json_set_take(question, "fields", field_list(b->fields));
    if (b->waited)
        json_set_bool(question, "wait", false);
    return session_briefed(b->mine.session, b->originator, question, out, f);
}

/* Nobody outside has signed the checkpoint: then it is the originator's word, and said to be. */
static enum err check_alone(struct briefed *b, struct answer *a, struct fail *f)
{
    AUTO(quorum_freep) struct quorum *policy = NULL;
    struct trust t = known_trust(&b->known);
    TRY(trust_policy(&t, b->originator->domain, a->proof, &policy, f));
    policy->root = QUORUM_MAX;
    a->check.policy = policy;
    enum err e = verify_bytes(&a->check, a->proof, f);
    a->check.policy = NULL;
    a->alone = e == OK;
    return e;
}

/* The proof holds, and it is about what was asked. */
static enum err check(struct briefed *b, const char *portion, const char *name, struct answer *a,
                      struct fail *f)
{
    AUTO(str_freep) char *object = str_format("%s/%s", b->originator->domain, portion);
    struct fail why = { 0 };
    a->check.known = &b->known;
    a->check.portion = name;
    enum err e = verify_bytes(&a->check, a->proof, &why);
    if (e != OK && !json_is_true(json_object_get(a->said, "witnessed"))) {
        fail_clear(&why);
        e = check_alone(b, a, &why);
    }
    if (e != OK)
        return fail_set(f, E_UNVERIFIED, "the proof that %s gave does not hold: %s", b->originator->domain,
                        why.what);
    if (!b->fields && (strcmp(home_str(a->check.out, "portion"), object) != 0 ||
                       strcmp(home_str(a->check.out, "person"), b->person) != 0))
        return fail_set(f, E_UNVERIFIED, "%s gave a proof about something else than was asked",
                        b->originator->domain);
    return OK;
}

static enum err answer_of(struct briefed *b, const json_t *row, const char *name, struct answer *a,
                          struct fail *f)
{
    const char *portion = home_str(row, "id");
    TRY(ask(b, portion, &a->said, f));
    json_object_set(a->said, "n",
                    json_object_get(row, "n")); /* as he sees it, which is not known elsewhere */
    a->proof = bytes_str(home_str(a->said, b->fields ? "presence" : "evidence"));
    return a->proof.len ? check(b, portion, name, a, f)
                        : OK; /* public text: nothing is on record, nothing to prove */
}

/* Answering ---------------------------------------------------------------------------------------------------- */

static json_t *briefed_value(const struct answer *a)
{
    const char *claim = home_str(a->check.out, "claim");
    return strcmp(claim, "yes") == 0         ? json_true()
           : strcmp(claim, "no-record") == 0 ? json_false()
                                             : json_null();
}

/* What it rests on, and what is missing for more. */
static json_t *assumptions_of(const struct answer *a)
{
    json_t *list = json_array();
    json_array_extend(list, json_object_get(a->check.out, "assumptions"));
    json_array_extend(list, json_object_get(a->check.out, "reasons"));
    if (a->alone)
        json_array_append_new(list, json_string(NO_WITNESS));
    return list;
}

static json_t *answer_json(const struct briefed *b, const struct answer *a, bool with_file)
{
    json_t *v = json_object();
    static const char *const same[] = { "report", "n", "portion" };
    json_set_str(v, "person", b->person);
    for (size_t i = 0; i < COUNT(same); i++)
        json_set_take(v, same[i], mine_copy(a->said, same[i]));
    if (!a->check.out) {
        json_set_take(v, "briefed", json_null());
        json_set_take(v, "until", json_null());
        json_set_take(v, "entry", json_null());
        json_set_take(v, "basis", mine_copy(a->said, "basis"));
        json_set_take(v, "assumptions", json_array());
        json_set_take(v, "evidence", json_null());
        return v;
    }
    json_set_take(v, "briefed", briefed_value(a));
    json_set_take(v, "until", mine_copy(a->check.out, "until"));
    json_set_take(v, "entry", mine_copy(a->check.out, "entry"));
    json_set_take(v, "basis", mine_copy(a->check.out, "basis"));
    json_set_take(v, "assumptions", assumptions_of(a));
    json_set_take(v, "statement", mine_copy(a->check.out, "statement"));
    json_set_take(v, "anchors", mine_copy(a->check.out, "anchors"));
    json_set_take(v, "evidence", with_file && b->evidence_file ? json_string(b->evidence_file) : json_null());
    return v;
}

/* One line each, as they are. */
static void print_lines(const char *text)
{
    cli_put(stdout, text);
    putchar('\n');
}

/* The sentence names the last generation of the ledger alone; where the answer rests on more, each is an anchor. */
static bool rests_on_several(const json_t *checked)
{
    const json_t *list = json_object_get(checked, "anchors");
    size_t logs = 0;
    for (size_t i = 0; i < json_array_size(list); i++)
        logs += strncmp(json_string_value(json_array_get(list, i)), "log ", 4) == 0;
    return logs > 1;
}

static void say(const struct briefed *b, const struct answer *a, const char *name)
{
    if (!a->check.out) {
        print_say("%s is public: no record is kept of who read it.", name);
        return;
    }
    if (b->fields)
        print_lines(buf_text(a->check.text));
    else
        print_say("%s", buf_text(a->check.text));
    if (a->alone)
        print_say("No witness outside %s has signed this yet: it is its word alone.", b->originator->domain);
    if (!b->fields && rests_on_several(a->check.out))
        anchors_print(a->check.out);
}

static enum err write_sheet(const struct briefed *b, const struct answer *a, const char *name, struct fail *f)
{
    AUTO(buf_freep) struct buf *out = buf_new((size_t)1 << 20);
    size_t len = strlen(b->sheet_file);
    bool html = len > 5 && (strcmp(b->sheet_file + len - 5, ".html") == 0 ||
                            strcmp(b->sheet_file + len - 4, ".htm") == 0);
    char now[TIME_TEXT_SIZE];
    time_print(time_now_ms(), now);
    struct sheet s = { a->check.out, b->evidence_file, name, now, a->proof };
    html ? sheet_html(&s, out) : sheet_text(&s, out);
    TRY(buf_check(out, b->sheet_file, f));
    return mine_write(b->sheet_file, bytes_of(out), f);
}

static enum err write_files(const struct briefed *b, const struct answer *a, const char *name, struct fail *f)
{
    if (!b->evidence_file && !b->sheet_file)
        return OK;
    if (!a->check.out)
        return fail_set(f, E_REFUSED, "%s is public: there is no record of who read it, and no evidence",
                        name);
    if (b->evidence_file)
        TRY(mine_write(b->evidence_file, a->proof, f));
    return b->sheet_file ? write_sheet(b, a, name, f) : OK;
}

/* One portion ----------------------------------------------------------------------------------------------------- */

static void say_next(const struct briefed *b, const struct answer *a, const char *name)
{
    if (b->evidence_file)
        cli_print(stdout, "Proof: %s (%zu bytes).\nTo check it anywhere: orcon verify %s\n", b->evidence_file,
                  a->proof.len, b->evidence_file);
    else if (a->check.out && !b->fields)
        cli_print(stdout, "To have the proof: orcon briefed %s %s --evidence FILE\n", b->person, name);
}

static enum err give(const struct briefed *b, const struct answer *a, const char *name, struct fail *f)
{
    TRY(write_files(b, a, name, f));
    if (b->c->json) {
        cli_json(b->fields ? json_deep_copy(a->check.out) : answer_json(b, a, true));
        return OK;
    }
    if ((b->evidence_file && strcmp(b->evidence_file, "-") == 0) ||
        (b->sheet_file && strcmp(b->sheet_file, "-") == 0))
        return OK;
    say(b, a, name);
    say_next(b, a, name);
    return OK;
}

static enum err one_portion(struct briefed *b, const json_t *row, const char *name, struct fail *f)
{
    AUTO(answer_clear) struct answer a = { 0 };
    TRY(answer_of(b, row, name, &a, f));
    return give(b, &a, name, f);
}

/* No node in reach, and he asks about himself: what his profile kept when the key came shows it, too. */
static enum err own_answer(struct briefed *b, const struct choice_target *t, struct fail *f)
{
    AUTO(answer_clear) struct answer a = { .kept = buf_new(EVIDENCE_MAX), .said = json_object() };
    struct own own;
    TRY(own_evidence(b->mine.profile, t->report, t->number, &own, a.kept, f));
    TRY(known_profile(&b->known, b->mine.profile, f));
    struct trust trust = known_trust(&b->known);
    const struct card *card = trust_card(&trust, own.originator);
    if (!card)
        return fail_set(f, E_UNVERIFIED, "there is no card of %s here", own.originator);
    TRY(card_read(bytes_str(card->jose->text), &b->originator, f));
    AUTO(str_freep) char *name = str_format("%s/%u", t->report, t->number);
    json_set_str(a.said, "report", own.report);
    json_set_u64(a.said, "n", own.n);
    json_set_str(a.said, "portion", own.portion);
    a.proof = bytes_of(a.kept);
    TRY(check(b, own.portion, name, &a, f));
    return give(b, &a, name, f);
}

/* A whole report: each portion by itself, and one answer for all: yes if any is, no-record only if all are. */
static enum err all_portions(struct briefed *b, const char *report, struct fail *f)
{
    AUTO(json_freep) json_t *portions = json_array();
    const json_t *rows = json_object_get(b->view, "portions");
    bool any = false, unknown = false;
    for (size_t i = 0; i < json_array_size(rows); i++) {
        AUTO(answer_clear) struct answer a = { 0 };
        const json_t *row = json_array_get(rows, i);
        AUTO(str_freep)
        char *name =
            str_format("%s/%llu", report, (unsigned long long)json_integer_value(json_object_get(row, "n")));
        TRY(answer_of(b, row, name, &a, f));
        json_t *v = answer_json(b, &a, false);
        json_array_append_new(portions, v);
        b->waited = b->waited || a.alone || strcmp(home_str(v, "basis"), "self-asserted") == 0;
        any = any || json_is_true(json_object_get(v, "briefed"));
        unknown = unknown || (json_is_null(json_object_get(v, "briefed")) && a.check.out);
        if (!b->c->json) {
            cli_print(stdout, "%s[%s] ", i ? "\n" : "", strrchr(name, '/') + 1);
            say(b, &a, name);
        }
    }
    if (!b->c->json)
        return OK;
    /* the answer as a whole is about the last seal that all of them were looked up under: the earliest */
    const json_t *first = json_array_get(portions, 0), *last;
    json_t *v = json_object();
    for (size_t i = 0; i < json_array_size(portions); i++) {
        last = json_array_get(portions, i);
        bool is_yes = json_is_true(json_object_get(last, "briefed"));
        bool was_yes = json_is_true(json_object_get(first, "briefed"));
        if (is_yes && !was_yes)
            first = last;
    }
    json_set_str(v, "person", b->person);
    json_set_take(v, "report", mine_copy(first, "report"));
    json_set_take(v, "briefed", any ? json_true() : unknown ? json_null() : mine_copy(first, "briefed"));
    json_set_take(v, "until", mine_copy(first, "until"));
    json_set_take(v, "entry", mine_copy(first, "entry"));
    json_set_take(v, "basis", mine_copy(first, "basis"));
    json_set_take(v, "assumptions", mine_copy(first, "assumptions"));
    json_set_take(v, "evidence", json_null());
    json_set_take(v, "portions", json_incref(portions));
    cli_json(v);
    return OK;
}

static const json_t *find_row(const json_t *view, uint64_t n)
{
    const json_t *rows = json_object_get(view, "portions");
    if (n == 0)
        return json_object_get(view, "title");
    for (size_t i = 0; i < json_array_size(rows); i++)
        if ((uint64_t)json_integer_value(json_object_get(json_array_get(rows, i), "n")) == n)
            return json_array_get(rows, i);
    return NULL;
}

static enum err load(struct briefed *b, const struct choice_target *t, struct fail *f)
{
    AUTO(str_freep) char *path = str_format("/v1/reports/%s", t->report);
    struct fail why = { 0 };
    TRY(session_get(b->mine.session, path, &b->view, f));
    TRY(session_card(b->mine.session, home_str(b->view, "originator"), &b->originator, f));
    /* whoever cosigned is known by his card; where that can't be had, the older ones serve */
    if (known_refresh(b->mine.session, &why) != OK)
        fail_clear(&why);
    return known_profile(&b->known, b->mine.profile, f);
}

static enum err run(struct briefed *b, const struct choice_target *t, struct fail *f)
{
    const char *brief;
    struct fail why = { 0 }, none = { 0 };
    enum err e = load(b, t, &why);
    bool about_me = strcmp(b->person, b->mine.profile->person) == 0;
    if (e == E_UNAVAILABLE && about_me && t->has_number && !b->fields && own_answer(b, t, &none) == OK)
        return OK;
    if (e != OK)
        return fail_pass(f, &why);
    brief = home_str(b->view, "short");
    if (!t->has_number)
        return all_portions(b, brief, f);
    const json_t *row = find_row(b->view, t->number);
    if (!row) /* in the words that the originator has for one that he does not show */
        return fail_why(f, REASON_NOT_YOURS,
                        "%s says: this portion is unknown here, or not yours to ask about",
                        b->originator->domain);
    AUTO(str_freep) char *name = str_format("%s/%u", brief, t->number);
    return one_portion(b, row, name, f);
}

static enum err check_fields(const char *text, struct fail *f)
{
    struct choice c;
    TRY(choice_read(text, &c, f));
    for (unsigned n = FIELD_COUNT; n <= CHOICE_MAX; n++)
        if (c.has[n])
            return fail_set(f, E_USAGE, "an entry has fields 0 to %d", FIELD_COUNT - 1);
    return OK;
}

enum err verb_briefed(struct cli *c, int argc, char **argv, struct fail *f)
{
    AUTO(briefed_clear) struct briefed b = { .c = c };
    struct choice_target target;
    const struct cli_option options[] = { { "evidence", 0, &b.evidence_file, NULL },
                                          { "sheet", 0, &b.sheet_file, NULL },
                                          { "field", 0, &b.fields, NULL } };
    TRY(cli_options(c, options, COUNT(options), &argc, &argv, f));
    TRY(cli_arguments(argc, 2, 2, "PERSON|me REPORT[/N]", f));
    TRY(cli_output(c, "--evidence", b.evidence_file, f));
    TRY(cli_output(c, "--sheet", b.sheet_file, f));
    b.person = argv[0];
    bool me = strcmp(b.person, "me") == 0;
    if (!me && !name_is_person(b.person) && !evidence_is_organisation(bytes_str(b.person)))
        return fail_set(f, E_USAGE, "'%.80s' is no person: local@domain in lower case, or me", b.person);
    TRY(choice_target(argv[1], &target, f));
    if (b.fields)
        TRY(check_fields(b.fields, f));
    if ((b.evidence_file || b.sheet_file || b.fields) && !target.has_number)
        return fail_set(f, E_USAGE, "a proof is about one portion: say which, %.40s/N", argv[1]);
    if (b.fields && b.sheet_file)
        return fail_set(f, E_USAGE, "single fields have no sheet: --field goes with --evidence FILE");
    TRY(mine_begin(c, &b.mine, f));
    if (me)
        b.person = b.mine.profile->person;
    return run(&b, &target, f);
}
