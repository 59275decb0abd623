/* SPDX-License-Identifier: Apache-2.0
 * list, show: what is sent and held; one report, with who holds it and who was briefed; one request. */
#include <string.h>

#include "base/mem.h"
#include "cli/home.h"
#include "cli/mine.h"
#include "cli/print.h"
#include "cli/verbs.h"
#include "client/choice.h"
#include "client/heldkey.h"
#include "marking/marking.h"

static int put_mark(const struct mine *m, const char *mark, int width)
{
    AUTO(buf_freep) struct buf *text = buf_new(MARKING_TEXT_MAX);
    print_mark(mark, m->profile->card->domain, text);
    return cli_print(stdout, "%-*s", width, buf_text(text));
}

static void add_names(struct buf *out, const char *before, const json_t *names)
{
    for (size_t i = 0; i < json_array_size(names); i++)
        buf_printf(out, "%s%s", i ? ", " : before, json_string_value(json_array_get(names, i)));
}

static void print_numbers(struct buf *out, const char *before, const json_t *numbers)
{
    for (size_t i = 0; i < json_array_size(numbers); i++)
        buf_printf(out, "%s%lld", i ? ", " : before,
                   (long long)json_integer_value(json_array_get(numbers, i)));
}

/* The list --------------------------------------------------------------------------------------------------- */

static void list_row(const struct mine *m, const json_t *r)
{
    AUTO(buf_freep) struct buf *when = buf_new(64);
    AUTO(buf_freep) struct buf *rest = buf_new(BUF_MAX_DEFAULT);
    const json_t *to = json_object_get(r, "to");
    print_when(home_str(r, "at"), when);
    int at = put_mark(m, home_str(r, "banner"), 28);
    at += cli_print(stdout, "  %-6s ", home_str(r, "short"));
    if (json_is_true(json_object_get(r, "own")))
        for (size_t i = 0; i < json_array_size(to); i++)
            buf_printf(rest, "%s%s", i ? ", " : "to ", json_string_value(json_array_get(to, i)));
    else
        buf_printf(rest, "from %s%s", home_str(r, "originator"),
                   json_is_true(json_object_get(r, "stray")) ? ", made for somebody else" : "");
    print_numbers(rest, ", recalled: ", json_object_get(r, "recalled"));
    buf_printf(rest, "%s%s", rest->len ? ", " : "", buf_text(when));
    print_wrapped(stdout, (size_t)at, 37, buf_text(rest));
}

/* What waits for a person to confirm its sender's card. */
static void list_quarantined(const json_t *waiting)
{
    for (size_t i = 0; i < json_array_size(waiting); i++) {
        const json_t *one = json_array_get(waiting, i);
        const char *from = home_str(one, "originator");
        AUTO(buf_freep) struct buf *since = buf_new(64);
        print_when(home_str(one, "since"), since);
        cli_print(stdout,
                  "quarantined: a report from %s, since %s\n  its words: %s\n"
                  "  if they are the ones it reads to you: orcon partner confirm %s\n",
                  from, buf_text(since), home_str(one, "words"), from);
    }
}

enum err verb_list(struct cli *c, int argc, char **argv, struct fail *f)
{
    AUTO(mine_end) struct mine m = { 0 };
    AUTO(json_freep) json_t *answer = NULL;
    TRY(cli_options(c, NULL, 0, &argc, &argv, f));
    TRY(cli_arguments(argc, 0, 0, "", f));
    TRY(mine_begin(c, &m, f));
    heldkey_sweep(m.session);
    TRY(session_get(m.session, "/v1/reports", &answer, f));
    const json_t *reports = json_object_get(answer, "reports");
    if (c->json) {
        cli_json(json_incref(answer));
        return OK;
    }
    for (size_t i = 0; i < json_array_size(reports); i++)
        list_row(&m, json_array_get(reports, i));
    list_quarantined(json_object_get(answer, "quarantined"));
    puts(json_array_size(reports) == 0 ? "No report yet. Share one: orcon share FILE --to DOMAIN"
                                       : "To read one: orcon open REPORT");
    return OK;
}

/* One report --------------------------------------------------------------------------------------------------- */

static void show_briefed(const json_t *briefed, uint64_t n)
{
    for (size_t i = 0; i < json_array_size(briefed); i++) {
        const json_t *b = json_array_get(briefed, i);
        AUTO(buf_freep) struct buf *when = buf_new(64);
        if ((uint64_t)json_integer_value(json_object_get(b, "n")) != n)
            continue;
        print_when(home_str(b, "at"), when);
        const char *basis = home_str(b, "basis"), *words = home_str(b, "words");
        AUTO(str_freep)
        char *line = str_format("     %s %s  %s%s%s", strncmp(basis, "told", 4) == 0 ? "told" : "briefed",
                                *words ? words : home_str(b, "person"), buf_text(when),
                                strstr(basis, "reporter") ? "  (reported)" : "",
                                json_is_true(json_object_get(b, "may_hold")) ? "  (may hold the key)" : "");
        print_wrapped(stdout, 0, 10, line);
    }
}

static void show_groups(const json_t *groups)
{
    for (size_t i = 0; i < json_array_size(groups); i++) {
        const json_t *g = json_array_get(groups, i);
        cli_print(stdout, "shared with group %s as it was in version %llu\n", home_str(g, "name"),
                  (unsigned long long)json_integer_value(json_object_get(g, "version")));
    }
}

/* What each holder said to each recall: his word, so it is worded as such. */
static void show_recalls(const json_t *recalls)
{
    for (size_t i = 0; i < json_array_size(recalls); i++) {
        const json_t *r = json_array_get(recalls, i), *holders = json_object_get(r, "holders");
        AUTO(buf_freep) struct buf *when = buf_new(64);
        print_when(home_str(r, "at"), when);
        AUTO(str_freep)
        char *head =
            str_format("recalled by %s  %s  %s", home_str(r, "by"), buf_text(when), home_str(r, "reason"));
        print_wrapped(stdout, 0, 5, head);
        for (size_t k = 0; k < json_array_size(holders); k++) {
            const json_t *h = json_array_get(holders, k);
            AUTO(buf_freep) struct buf *line = buf_new(BUF_MAX_DEFAULT);
            buf_printf(line, "     %s: %s", home_str(h, "domain"), home_str(h, "state"));
            print_numbers(line, ": ", json_object_get(h, "n"));
            cli_print(stdout, "%s\n", buf_text(line));
        }
    }
}

/* What it rests on of others': theirs to say where it goes. */
static void show_derived(const json_t *rows)
{
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        AUTO(buf_freep) struct buf *line = buf_new(BUF_MAX_DEFAULT);
        buf_printf(line, "[%lld] cites ", (long long)json_integer_value(json_object_get(row, "in_n")));
        print_derived(row, line);
        print_wrapped(stdout, 0, 8, buf_text(line));
    }
}

static void show_report(const struct mine *m, const json_t *r)
{
    const json_t *portions = json_object_get(r, "portions"), *briefed = json_object_get(r, "briefed");
    const char *brief = home_str(r, "short");
    AUTO(buf_freep) struct buf *whose = buf_new(BUF_MAX_DEFAULT);
    buf_printf(whose, "from %s", home_str(r, "originator"));
    add_names(whose, ", held by ", json_object_get(r, "holders"));
    int at = put_mark(m, home_str(r, "banner"), 0);
    at += cli_print(stdout, "  %s  ", brief);
    print_wrapped(stdout, (size_t)at, 4, buf_text(whose));
    show_groups(json_object_get(r, "groups"));
    for (size_t i = 0; i < json_array_size(portions); i++) {
        const json_t *p = json_array_get(portions, i);
        uint64_t n = (uint64_t)json_integer_value(json_object_get(p, "n"));
        cli_print(stdout, "[%llu] ", (unsigned long long)n);
        put_mark(m, home_str(p, "mark"), 0);
        if (*home_str(p, "recalled"))
            puts("  recalled by its originator");
        else
            puts(json_is_true(json_object_get(p, "leave")) ? "" : "  may be passed on without asking");
        show_briefed(briefed, n);
    }
    show_derived(json_object_get(r, "derived_from"));
    show_recalls(json_object_get(r, "recalls"));
    cli_print(stdout, "To read it: orcon open %s\n", brief);
}

/* One request --------------------------------------------------------------------------------------------------- */

static void show_time(const char *before, const json_t *r, const char *name)
{
    AUTO(buf_freep) struct buf *when = buf_new(64);
    print_when(home_str(r, name), when);
    if (when->len)
        cli_print(stdout, "%s%s\n", before, buf_text(when));
}

static void show_request_portions(const struct mine *m, const json_t *portions)
{
    for (size_t i = 0; i < json_array_size(portions); i++) {
        const json_t *p = json_array_get(portions, i);
        cli_print(stdout, "[%llu] ", (unsigned long long)json_integer_value(json_object_get(p, "n")));
        put_mark(m, home_str(p, "mark"), 0);
        cli_print(stdout, "  %s\n", home_str(p, "state"));
    }
}

static void show_undelivered(const json_t *r)
{
    const char *delivery = home_str(r, "delivery"), *originator = home_str(r, "originator");
    if (strcmp(home_str(r, "state"), "open") != 0)
        return;
    if (strcmp(delivery, "queued") == 0)
        print_say("not delivered yet: %s has not acknowledged it; it is tried again by itself", originator);
    if (strcmp(delivery, "failed") == 0)
        print_told("not taken by %s: %s", originator, home_str(r, "delivery_error"));
}

static void show_third(const json_t *third)
{
    const char *domain = home_str(third, "domain"), *by = home_str(third, "introduced_by");
    const char *state = home_str(third, "state");
    if (*by)
        cli_print(stdout,
                  "%s is unknown here, introduced by %s.\n  its words: %s\n"
                  "  granting trusts its card for this release only.\n",
                  domain, by, home_str(third, "words"));
    else if (third && *domain && strcmp(state, "confirmed") != 0 && strcmp(state, "own") != 0)
        cli_print(stdout, "%s is %s here: nothing can go there.\n", domain, state);
}

static void show_request(const struct mine *m, const json_t *r)
{
    char report[25];
    const char *brief = home_str(r, "short"), *home = m->profile->card->domain;
    short_print(home_str(r, "report"), 4, report);
    print_say("q-%s  %s: %s %s %s to %s%s%s", brief, home_str(r, "state"), home_str(r, "by"),
              json_is_true(json_object_get(r, "forward")) ? "forwards" : "asks to pass", report,
              home_str(r, "to"), strcmp(home_str(r, "precedence"), "routine") == 0 ? "" : ", ",
              strcmp(home_str(r, "precedence"), "routine") == 0 ? "" : home_str(r, "precedence"));
    if (json_is_true(json_object_get(r, "cited")))
        print_say("to cite it in a report of %s", home_str(r, "asker"));
    show_request_portions(m, json_object_get(r, "portions"));
    if (strcmp(home_str(r, "originator"), home) == 0)
        show_third(json_object_get(r, "third"));
    AUTO(str_freep) char *reason = str_format("why:  %s", home_str(r, "reason"));
    print_wrapped(stdout, 0, 6, reason);
    show_time("due:  ", r, "due");
    show_time("wanted until: ", r, "until");
    show_time("silent: nobody had decided by the deadline; said ", r, "silent");
    if (*home_str(r, "rule"))
        cli_print(stdout, "decided by %s, by rule: %s\n", home_str(r, "decided_by"), home_str(r, "rule"));
    else if (*home_str(r, "decided_by"))
        cli_print(stdout, "decided by %s\n", home_str(r, "decided_by"));
    show_time("granted until: ", r, "granted_until");
    show_undelivered(r);
    if (json_is_true(json_object_get(r, "overdue")) && strcmp(home_str(r, "delivery"), "failed") != 0)
        print_say("overdue: nothing was heard from %s, and that is all that is known here",
                  home_str(r, "originator"));
    if (*home_str(r, "note")) {
        AUTO(str_freep) char *note = str_format("note: %s", home_str(r, "note"));
        print_wrapped(stdout, 0, 6, note);
    }
    if (strcmp(home_str(r, "state"), "open") != 0 && strcmp(home_str(r, "state"), "silent") != 0)
        return;
    if (strcmp(home_str(r, "originator"), home) == 0)
        cli_print(stdout, "Next: orcon grant q-%s, or orcon deny q-%s --reason ...\n", brief, brief);
    else
        cli_print(stdout, "To take it back: orcon withdraw q-%s\n", brief);
}

/* One override ----------------------------------------------------------------------------------------------------- */

static void show_override(const struct mine *m, const json_t *r)
{
    const json_t *portions = json_object_get(r, "portions"), *objections = json_object_get(r, "objections");
    AUTO(buf_freep) struct buf *line = buf_new(BUF_MAX_DEFAULT);
    const char *brief = home_str(r, "short");
    char report[25];
    short_print(home_str(r, "report"), 4, report);
    bool oral = json_is_true(json_object_get(r, "oral"));
    buf_printf(line, "o-%s  review %s: %s %s %s", brief, home_str(r, "review"), home_str(r, "by"),
               oral ? "told" : "passed on", report);
    for (size_t i = 0; i < json_array_size(portions); i++)
        buf_printf(line, "%s%lld", i ? "," : "/",
                   (long long)json_integer_value(json_object_get(json_array_get(portions, i), "n")));
    buf_printf(line, " to %s%s", home_str(r, "to"), oral ? ", by voice" : "");
    print_wrapped(stdout, 0, 8, buf_text(line));
    AUTO(str_freep) char *why = str_format("why:  %s", home_str(r, "reason"));
    print_wrapped(stdout, 0, 6, why);
    show_time(oral ? "told: " : "passed on: ", r, "at");
    show_time("receipt of the originator: ", r, "receipt");
    for (size_t i = 0; i < json_array_size(objections); i++) {
        const json_t *o = json_array_get(objections, i);
        print_told("objection of %s: %s", home_str(o, "by"), home_str(o, "text"));
    }
    if (*home_str(r, "outcome"))
        print_told("closed by %s: %s", home_str(r, "closed_by"), home_str(r, "outcome"));
    else if (strcmp(home_str(r, "originator"), m->profile->card->domain) == 0)
        cli_print(stdout, "Next: orcon object o-%s --reason ..., orcon review o-%s --outcome ...\n", brief,
                  brief);
}

/* One inquiry ------------------------------------------------------------------------------------------------------ */

static void show_inquiry(const struct mine *m, const json_t *r)
{
    const char *brief = home_str(r, "short"), *note = home_str(r, "note");
    char report[25];
    const json_t *portions = json_object_get(r, "portions");
    print_say("i-%s  %s: %s of %s asks whether %s passed on a text that is out", brief, home_str(r, "state"),
              home_str(r, "by"), home_str(r, "asker"), home_str(r, "asked"));
    if (*home_str(r, "report")) {
        AUTO(buf_freep) struct buf *line = buf_new(BUF_MAX_DEFAULT);
        short_print(home_str(r, "report"), 4, report);
        buf_printf(line, "like: %s", report);
        for (size_t i = 0; i < json_array_size(portions); i++)
            buf_printf(line, "%s%lld", i ? "," : "/",
                       (long long)json_integer_value(json_object_get(json_array_get(portions, i), "n")));
        print_wrapped(stdout, 0, 6, buf_text(line));
    }
    cli_print(stdout, "SHA-256 of the text: %s\n", home_str(r, "digest"));
    if (*note)
        print_told("note: %s", note);
    show_time("answer due: ", r, "due");
    if (*home_str(r, "answer"))
        print_told("answer of %s%s: %s%s%s", home_str(r, "answered_by"),
                   json_is_true(json_object_get(r, "late")) ? ", late" : "", home_str(r, "answer"),
                   *home_str(r, "text") ? ", " : "", home_str(r, "text"));
    else if (strcmp(home_str(r, "asked"), m->profile->card->domain) == 0)
        cli_print(stdout,
                  "Next: orcon answer i-%s --no, or --evidence FILE, or --passed WHOM --request q-...\n",
                  brief);
}

/* What can be shown, in the order in which a bare id is looked for. */
static const struct shown {
    const char *letter, *path;
    void (*show)(const struct mine *, const json_t *);
} shown[] = {
    { NULL, "reports", show_report },
    { "q-", "requests", show_request },
    { "o-", "overrides", show_override },
    { "i-", "inquiries", show_inquiry },
};

static enum err fetch_any(struct mine *m, const char *id, const struct shown **what, json_t **out,
                          struct fail *f)
{
    const struct shown *only = NULL;
    for (size_t i = 0; i < COUNT(shown); i++)
        if (shown[i].letter && strncmp(id, shown[i].letter, 2) == 0)
            only = &shown[i];
    for (size_t i = 0; i < COUNT(shown); i++) {
        AUTO(str_freep) char *path = str_format("/v1/%s/%s", shown[i].path, id);
        struct fail why = { 0 };
        if (only && only != &shown[i])
            continue;
        enum err e = session_get(m->session, path, out, &why);
        *what = &shown[i];
        /* what a bare id is of, is not known: that he may see no override says nothing about it */
        if (e != E_NOT_FOUND && (only || why.reason != REASON_NOT_ROLE))
            return e == OK ? OK : fail_pass(f, &why);
    }
    return fail_why(f, REASON_NOT_YOURS, "%s is unknown here, or not yours", id);
}

enum err verb_show(struct cli *c, int argc, char **argv, struct fail *f)
{
    AUTO(mine_end) struct mine m = { 0 };
    AUTO(json_freep) json_t *answer = NULL;
    const struct shown *what = NULL;
    TRY(cli_options(c, NULL, 0, &argc, &argv, f));
    TRY(cli_arguments(argc, 1, 1, "REPORT|REQUEST|OVERRIDE|INQUIRY", f));
    TRY(choice_id(argv[0], "report, request, override or inquiry", f));
    TRY(mine_begin(c, &m, f));
    TRY(fetch_any(&m, argv[0], &what, &answer, f));
    if (c->json)
        cli_json(json_incref(answer));
    else
        what->show(&m, answer);
    return OK;
}
