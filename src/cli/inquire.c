/* SPDX-License-Identifier: Apache-2.0
 * alert, inquire, answer: a copy presented by somebody else, a text that is out, and what each side says to it. */
#include <string.h>

#include "base/b64.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/time.h"
#include "cli/home.h"
#include "cli/mine.h"
#include "cli/print.h"
#include "cli/verbs.h"
#include "client/choice.h"
#include "crypto/hash.h"
#include "marking/marking.h"

#define TEXT_MAX     ((size_t)64 << 20)
#define EVIDENCE_MAX 24576 /* as docs/protocol.md, 1 */

/* What all three end with: the act, and whether it has arrived. ${done} gets the answer, caller owns. */
static enum err send(struct mine *m, struct statement_making act, json_t **done, const char **delivery,
                     char **why, struct fail *f)
{
    uint64_t began_ms = time_mono_ms();
    TRY(mine_unsent(act_send(m->session, act, done, f), f));
    *delivery = mine_wait(m, home_str(*done, "statement"), began_ms, why);
    json_set_str(*done, "delivery", *delivery);
    return OK;
}

static enum err taken(const char *why, struct fail *f)
{
    return why ? fail_set(f, E_REFUSED, "recorded, but not taken by %s", why) : OK;
}

/* Alerts -------------------------------------------------------------------------------------------------------- */

static void print_below(const char *before, const char *by, const char *text)
{
    AUTO(str_freep) char *line = str_format("%s%s: %s", before, by, text);
    print_wrapped(stdout, (size_t)cli_print(stdout, "%8s", ""), 10, line);
}

static void print_alert(const json_t *v)
{
    AUTO(buf_freep) struct buf *text = buf_new(BUF_MAX_DEFAULT);
    AUTO(buf_freep) struct buf *when = buf_new(64);
    char report[25];
    short_print(home_str(v, "report"), 4, report);
    print_when(home_str(v, "at"), when);
    buf_printf(text, "a-%s  %-10s  %s presented the copy issued to %s of %s/%lld: refused, %s",
               home_str(v, "short"), home_str(v, "state"), home_str(v, "by"), home_str(v, "copy_of"), report,
               (long long)json_integer_value(json_object_get(v, "n")), buf_text(when));
    print_wrapped(stdout, 0, 8, buf_text(text));
    if (*home_str(v, "note"))
        print_below("", home_str(v, "set_by"), home_str(v, "note"));
    if (*home_str(v, "answer"))
        print_below("answer of ", home_str(v, "answered_by"), home_str(v, "answer"));
}

/* What can be done about it, by whichever side asks. */
static void print_next(const struct mine *m, const json_t *v)
{
    bool ours = strcmp(home_str(v, "originator"), m->profile->card->domain) == 0;
    if (ours)
        cli_print(stdout, "Next: orcon alert a-%s --state explained|attributed --note ...\n",
                  home_str(v, "short"));
    else if (!*home_str(v, "answer"))
        cli_print(stdout, "Next: orcon answer a-%s --no --note ...\n", home_str(v, "short"));
}

static enum err alerts(struct cli *c, struct mine *m, const char *id, struct fail *f)
{
    AUTO(json_freep) json_t *v = NULL;
    AUTO(str_freep) char *path = str_format("/v1/alerts%s%s", id ? "/" : "", id ? id : "");
    TRY(session_get(m->session, path, &v, f));
    const json_t *rows = json_object_get(v, "alerts");
    if (c->json) {
        cli_json(json_incref(v));
        return OK;
    }
    for (size_t i = 0; i < json_array_size(rows); i++)
        print_alert(json_array_get(rows, i));
    if (id) {
        print_alert(v);
        print_next(m, v);
    } else if (json_array_size(rows) == 0) {
        cli_print(stdout, "No copy was presented by anybody whom it was not issued to.\n");
    } else {
        cli_print(stdout, "One of them: orcon alert a-...\n");
    }
    return OK;
}

enum err verb_alert(struct cli *c, int argc, char **argv, struct fail *f)
{
    AUTO(mine_end) struct mine m = { 0 };
    AUTO(json_freep) json_t *view = NULL;
    AUTO(json_freep) json_t *done = NULL;
    AUTO(str_freep) char *why = NULL;
    const char *state = NULL, *note = NULL, *delivery;
    const struct cli_option options[] = { { "state", 0, &state, NULL }, { "note", 0, &note, NULL } };
    TRY(cli_options(c, options, COUNT(options), &argc, &argv, f));
    TRY(cli_arguments(argc, 0, 1, "[ALERT]", f));
    if (argc)
        TRY(choice_id(argv[0], "alert", f));
    if (!state && note)
        return fail_set(f, E_USAGE, "--note goes with --state");
    if (state && !argc)
        return fail_set(f, E_USAGE, "--state says something of one alert: orcon alert ALERT --state ...");
    if (state)
        TRY(mine_text(note, "--note", true, f));
    TRY(mine_begin(c, &m, f));
    if (!state)
        return alerts(c, &m, argc ? argv[0] : NULL, f);
    AUTO(str_freep) char *path = str_format("/v1/alerts/%s", argv[0]);
    TRY(session_get(m.session, path, &view, f));
    json_t *body = json_object();
    json_set_str(body, "state", state);
    json_set_str(body, "note", note);
    struct statement_making act = {
        .kind = "notice", .report = home_str(view, "report"), .ref = home_str(view, "alert"), .body = body
    };
    TRY(send(&m, act, &done, &delivery, &why, f));
    if (c->json)
        cli_json(json_incref(done));
    else if (strcmp(home_str(view, "copy_of"), home_str(view, "originator")) == 0)
        cli_print(stdout, "a-%s: %s\n", home_str(view, "short"), home_str(done, "state"));
    else
        cli_print(stdout, "a-%s: %s; %s to %s\n", home_str(view, "short"), home_str(done, "state"), delivery,
                  home_str(view, "copy_of"));
    return taken(why, f);
}

/* Asking ---------------------------------------------------------------------------------------------------------- */

static enum err digest_of(const char *path, char out[static 44], struct fail *f)
{
    AUTO(buf_freep) struct buf *text = buf_new(TEXT_MAX);
    uint8_t digest[HASH_LEN];
    TRY(file_read(path, text, f));
    if (text->len == 0)
        return fail_set(f, E_INVALID, "%s is empty: there is nothing to ask about", path);
    hash_sha256(bytes_of(text), digest);
    statement_digest_text(digest, out);
    return OK;
}

/* Those that are named; else all but HIDDEN ones, which an inquiry must not show to whoever reads it there. */
static enum err choose(const json_t *view, const struct choice *choice, json_t **out, struct fail *f)
{
    const json_t *rows = json_object_get(view, "portions");
    TRY(mine_portions(view, choice, out, f));
    if (*out)
        return OK;
    *out = json_array();
    for (size_t i = 0; i < json_array_size(rows); i++) {
        AUTO(marking_clear) struct marking mark = { 0 };
        const json_t *row = json_array_get(rows, i);
        if (marking_read(home_str(row, "mark"), &mark, NULL) == OK && !mark.hidden)
            json_array_append_new(*out, json_string(home_str(row, "id")));
    }
    return OK;
}

struct inquiring {
    const char *by, *report, *portions, *note;
    struct choice choice;
    char at[25], digest[44];
};

static enum err inquire(struct cli *c, struct mine *m, const struct inquiring *q, const char *to,
                        struct fail *f)
{
    AUTO(json_freep) json_t *view = NULL;
    AUTO(json_freep) json_t *portions = NULL;
    AUTO(json_freep) json_t *done = NULL;
    AUTO(str_freep) char *why = NULL;
    AUTO(str_freep) char *path = str_format("/v1/reports/%s", q->report ? q->report : "");
    AUTO(buf_freep) struct buf *when = buf_new(64);
    const char *delivery;
    char brief[25];
    if (q->report) {
        TRY(session_get(m->session, path, &view, f));
        TRY(mine_unsent(choose(view, &q->choice, &portions, f), f));
    }
    json_t *body = json_object();
    json_set_str(body, "to", to);
    json_set_str(body, "digest", q->digest);
    json_set_str(body, "by", q->at);
    json_set_str(body, "note", q->note);
    struct statement_making act = { .kind = "inquiry",
                                    .report = view ? home_str(view, "report") : NULL,
                                    .portions = json_incref(portions),
                                    .body = body };
    TRY(send(m, act, &done, &delivery, &why, f));
    mine_short(m, "inquiries", home_str(done, "inquiry"), brief);
    print_when(q->at, when);
    if (c->json)
        cli_json(json_incref(done));
    else
        print_say("i-%s %s to %s. Answer due %s; without one it counts as unanswered. The text itself was "
                  "not sent, "
                  "only its SHA-256. See it: orcon show i-%s",
                  brief, delivery, to, buf_text(when), brief);
    return taken(why, f);
}

enum err verb_inquire(struct cli *c, int argc, char **argv, struct fail *f)
{
    AUTO(mine_end) struct mine m = { 0 };
    struct inquiring q = { 0 };
    const struct cli_option options[] = { { "by", 0, &q.by, NULL },
                                          { "report", 0, &q.report, NULL },
                                          { "portion", 0, &q.portions, NULL },
                                          { "note", 0, &q.note, NULL } };
    TRY(cli_options(c, options, COUNT(options), &argc, &argv, f));
    TRY(cli_arguments(argc, 2, 2, "DOMAIN FILE", f));
    if (!name_is_domain(argv[0]))
        return fail_set(f, E_USAGE, "'%.80s' is not a domain in lower case", argv[0]);
    if (!q.by)
        return fail_set(f, E_USAGE, "--by says until when an answer is due, such as +2d");
    TRY(mine_time(q.by, q.at, f));
    TRY(mine_text(q.note, "--note", false, f));
    TRY(choice_read(q.portions, &q.choice, f));
    if (q.report)
        TRY(choice_id(q.report, "report", f));
    if (q.portions && !q.report)
        return fail_set(f, E_USAGE, "--portion goes with --report");
    TRY(digest_of(argv[1], q.digest, f));
    TRY(mine_begin(c, &m, f));
    return inquire(c, &m, &q, argv[0], f);
}

/* Answering ------------------------------------------------------------------------------------------------------- */

struct answering {
    const char *evidence, *passed, *request, *note;
    bool no;
};

static enum err check_answer(const struct answering *a, struct fail *f)
{
    if (a->no + (a->evidence != NULL) + (a->passed != NULL) != 1)
        return fail_set(f, E_USAGE, "one of --no, --evidence FILE, --passed WHOM says what the answer is");
    if ((a->passed != NULL) != (a->request != NULL))
        return fail_set(f, E_USAGE,
                        "--passed WHOM and --request REQUEST go together: the leave that it rests on");
    if (a->passed && !name_is_domain(a->passed) && !name_is_person(a->passed))
        return fail_set(f, E_USAGE, "--passed '%.80s' is neither a domain nor a person", a->passed);
    if (a->request)
        TRY(choice_id(a->request, "request", f));
    return mine_text(a->note, "--note", false, f);
}

/* The answer as the act has it. ${body} is the caller's. */
static enum err fill(struct mine *m, const struct answering *a, json_t *body, struct fail *f)
{
    AUTO(buf_freep) struct buf *evidence = buf_new(EVIDENCE_MAX);
    json_set_str(body, "answer", a->no ? "no" : a->evidence ? "evidence" : "passed");
    json_set_str(body, "text", a->note);
    if (a->evidence) {
        TRY(file_read(a->evidence, evidence, f));
        json_set_str(body, "evidence", buf_text(evidence));
    }
    if (a->passed) {
        AUTO(json_freep) json_t *request = NULL;
        AUTO(str_freep) char *path = str_format("/v1/requests/%s", a->request);
        TRY(session_get(m->session, path, &request, f));
        json_set_str(body, "to", a->passed);
        json_set_str(body, "request", home_str(request, "request"));
    }
    return OK;
}

/* An inquiry, or an alert: which of the two this id is. */
static enum err find(struct mine *m, const char *id, json_t **view, struct fail *f)
{
    AUTO(str_freep) char *inquiry = str_format("/v1/inquiries/%s", id);
    AUTO(str_freep) char *alert = str_format("/v1/alerts/%s", id);
    struct fail why = { 0 };
    enum err e = strncmp(id, "a-", 2) == 0 ? E_NOT_FOUND : session_get(m->session, inquiry, view, &why);
    if (e == E_NOT_FOUND && strncmp(id, "i-", 2) != 0) {
        why = (struct fail){ 0 };
        e = session_get(m->session, alert, view, &why);
    }
    return e == OK ? OK : fail_pass(f, &why);
}

enum err verb_answer(struct cli *c, int argc, char **argv, struct fail *f)
{
    AUTO(mine_end) struct mine m = { 0 };
    AUTO(json_freep) json_t *view = NULL;
    AUTO(json_freep) json_t *done = NULL;
    AUTO(json_freep) json_t *body = json_object();
    AUTO(str_freep) char *why = NULL;
    struct answering a = { 0 };
    const char *delivery;
    const struct cli_option options[] = { { "no", 0, NULL, &a.no },
                                          { "evidence", 0, &a.evidence, NULL },
                                          { "passed", 0, &a.passed, NULL },
                                          { "request", 0, &a.request, NULL },
                                          { "note", 0, &a.note, NULL } };
    TRY(cli_options(c, options, COUNT(options), &argc, &argv, f));
    TRY(cli_arguments(argc, 1, 1, "INQUIRY|ALERT", f));
    TRY(choice_id(argv[0], "inquiry or alert", f));
    TRY(check_answer(&a, f));
    TRY(mine_begin(c, &m, f));
    TRY(find(&m, argv[0], &view, f));
    TRY(mine_unsent(fill(&m, &a, body, f), f));
    bool alert = json_object_get(view, "alert") != NULL;
    struct statement_making act = { .kind = "answer",
                                    .report = home_str(view, "report"),
                                    .ref = home_str(view, alert ? "alert" : "inquiry"),
                                    .body = json_incref(body) };
    TRY(send(&m, act, &done, &delivery, &why, f));
    if (c->json)
        cli_json(json_incref(done));
    else
        cli_print(stdout, "%s-%s: answered, %s; %s to %s\n", alert ? "a" : "i", home_str(view, "short"),
                  home_str(done, "answer"), delivery, home_str(view, alert ? "originator" : "asker"));
    return taken(why, f);
}
