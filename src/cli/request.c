/* SPDX-License-Identifier: Apache-2.0
 * request, withdraw: asking the originator to let portions go further, and taking that back. */
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/time.h"
#include "cli/home.h"
#include "cli/mine.h"
#include "cli/print.h"
#include "cli/verbs.h"
#include "client/choice.h"
#include "client/wish.h"

struct asking {
    struct cli *c;
    struct mine mine;
    const char *report, *to, *portions, *reason, *by, *until, *precedence;
    json_t *draft; /* that is sent; strings above may live in it */
    struct choice choice;
    char due[TIME_TEXT_SIZE], end[TIME_TEXT_SIZE];
    json_t *view;
};

static void asking_clear(struct asking *a)
{
    json_decref(a->view);
    json_decref(a->draft);
    mine_end(&a->mine);
}

static enum err check_arguments(struct asking *a, struct fail *f)
{
    TRY(choice_id(a->report, "report", f));
    if (!a->to)
        return fail_set(f, E_USAGE, "--to says for whom: a domain, or me");
    if (strcmp(a->to, "me") != 0 && !name_is_domain(a->to) && !name_is_person(a->to))
        return fail_set(f, E_USAGE, "--to '%.80s': neither a domain in lower case nor `me`", a->to);
    TRY(mine_text(a->reason, "--reason", true, f));
    TRY(mine_precedence(a->precedence, f));
    TRY(choice_read(a->portions, &a->choice, f));
    TRY(mine_time(a->by ? a->by : "+24h", a->due, f));
    return mine_time(a->until, a->end, f);
}

static const char *whom(const struct asking *a)
{
    return strcmp(a->to, "me") == 0 ? a->mine.profile->person : a->to;
}

/* The held portions that need leave, or those that were named. */
static enum err choose_portions(const struct asking *a, json_t **out, struct fail *f)
{
    AUTO(json_freep) json_t *ids = json_array();
    const json_t *rows = json_object_get(a->view, "portions"), *title = json_object_get(a->view, "title");
    size_t named = 0;
    for (size_t i = 0; i < json_array_size(rows) + 1; i++) {
        const json_t *row = i == 0 ? title : json_array_get(rows, i - 1);
        uint64_t n = (uint64_t)json_integer_value(json_object_get(row, "n"));
        bool leave = json_is_true(json_object_get(row, "leave")) && n != 0;
        if (!row || n > CHOICE_MAX || !(a->choice.given ? a->choice.has[n] : leave))
            continue;
        json_array_append_new(ids, json_string(home_str(row, "id")));
        named++;
    }
    for (size_t n = 0; n <= CHOICE_MAX; n++)
        named -= a->choice.has[n];
    if (a->choice.given && named != 0)
        return fail_why(f, REASON_NOT_HELD, "not every portion of --portion %s is held here", a->portions);
    if (json_array_size(ids) == 0)
        return fail_set(f, E_REFUSED, "nothing of %s needs leave: name portions with --portion to ask anyway",
                        home_str(a->view, "short"));
    *out = json_incref(ids);
    return OK;
}

static json_t *request_body(const struct asking *a)
{
    json_t *body = json_object();
    json_set_str(body, "to", whom(a));
    json_set_str(body, "reason", a->reason);
    json_set_str(body, "by", a->due);
    json_set_str(body, "until", a->end);
    json_set_str(body, "precedence", a->precedence ? a->precedence : "routine");
    json_set_str(body, "originator", home_str(a->view, "originator"));
    return body;
}

/* What of the report need not wait for the answer, where it is for an organisation. */
static void say_free(const struct asking *a)
{
    AUTO(buf_freep) struct buf *numbers = buf_new(8192);
    const json_t *rows = json_object_get(a->view, "portions");
    size_t count = 0;
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        if (json_is_true(json_object_get(row, "leave")))
            continue;
        buf_printf(numbers, "%s%llu", count++ ? "," : "",
                   (unsigned long long)json_integer_value(json_object_get(row, "n")));
    }
    if (count && name_is_domain(a->to))
        print_say(
            "Portion%s %s need%s no leave: pass %s on now with `orcon forward %s --to %s --portion %s`.",
            count > 1 ? "s" : "", buf_text(numbers), count > 1 ? "" : "s", count > 1 ? "them" : "it",
            home_str(a->view, "short"), a->to, buf_text(numbers));
}

/* Whom to call at the originator's, if it says so: its ack does. */
static void find_duty(struct asking *a, const char *statement, struct buf *out)
{
    AUTO(json_freep) json_t *answer = NULL;
    AUTO(str_freep) char *path = str_format("/v1/deliveries/%s", statement);
    if (session_get(a->mine.session, path, &answer, NULL) != OK)
        return;
    const char *duty = home_str(json_array_get(json_object_get(answer, "partners"), 0), "duty");
    if (*duty)
        buf_printf(out, " Duty officer: %s.", duty);
}

static void say_asked(struct asking *a, const char *request, const char *delivery)
{
    AUTO(buf_freep) struct buf *due = buf_new(64);
    AUTO(buf_freep) struct buf *duty = buf_new(512);
    char brief[25];
    mine_short(&a->mine, "requests", request, brief);
    print_when(a->due, due);
    find_duty(a, request, duty);
    cli_print(stdout,
              "q-%s %s to %s.\nAnswer due %s; silence is a denial.%s\nHow it stands: orcon show q-%s\n",
              brief, strcmp(delivery, "delivered") == 0 ? "delivered" : "queued for delivery",
              home_str(a->view, "originator"), buf_text(due), buf_text(duty), brief);
    say_free(a);
}

/* What an act that was done tells: its delivery, and for programs what the node answered. */
static enum err tell(struct mine *m, const struct cli *c, const json_t *answer, const char **delivery,
                     struct fail *f)
{
    AUTO(str_freep) char *why = NULL;
    *delivery = mine_wait(m, home_str(answer, "statement"), time_mono_ms(), &why);
    if (c->json) {
        json_t *out = json_deep_copy(answer);
        json_set_str(out, "delivery", *delivery);
        cli_json(out);
    }
    return why ? fail_set(f, E_REFUSED, "not taken by %s", why) : OK;
}

static enum err ask(struct asking *a, struct fail *f)
{
    AUTO(json_freep) json_t *answer = NULL;
    json_t *portions = NULL;
    const char *delivery;
    TRY(mine_unsent(choose_portions(a, &portions, f), f));
    struct statement_making m = { .kind = "request",
                                  .report = home_str(a->view, "report"),
                                  .portions = portions,
                                  .body = request_body(a) };
    TRY(mine_unsent(act_send(a->mine.session, m, &answer, f), f));
    TRY(tell(&a->mine, a->c, answer, &delivery, f));
    if (!a->c->json)
        say_asked(a, home_str(answer, "request"), delivery);
    return OK;
}

/* Drafts -------------------------------------------------------------------------------------------------- */

/* What a draft keeps: the words of the command line, read again when it is sent. */
#define DRAFT_WORDS 7
struct word {
    const char *name, **value;
};
static void words_of(struct asking *a, struct word out[static DRAFT_WORDS])
{
    const struct word words[DRAFT_WORDS] = {
        { "report", &a->report },         { "to", &a->to }, { "portions", &a->portions },
        { "reason", &a->reason },         { "by", &a->by }, { "until", &a->until },
        { "precedence", &a->precedence },
    };
    memcpy(out, words, sizeof words);
}

static enum err keep_draft(struct asking *a, struct fail *f)
{
    AUTO(json_freep) json_t *draft = json_object();
    struct word words[DRAFT_WORDS];
    char brief[25];
    words_of(a, words);
    for (size_t i = 0; i < DRAFT_WORDS; i++)
        json_set_str(draft, words[i].name, *words[i].value);
    TRY(wish_keep(a->mine.profile, draft, f));
    if (a->c->json) {
        cli_json(json_incref(draft));
        return OK;
    }
    short_print(home_str(draft, "draft"), 4, brief);
    cli_print(stdout,
              "Kept as draft %s on this machine; nothing was sent.\nTo send it: orcon request --send %s\n",
              brief, brief);
    return OK;
}

/* What is given with --send counts before what the draft says. */
static enum err take_draft(struct asking *a, const char *id, struct fail *f)
{
    struct word words[DRAFT_WORDS];
    TRY(choice_id(id, "draft", f));
    TRY(wish_find(a->mine.profile, id, &a->draft, f));
    words_of(a, words);
    for (size_t i = 0; i < DRAFT_WORDS; i++)
        if (!*words[i].value)
            *words[i].value = json_string_value(json_object_get(a->draft, words[i].name));
    if (!a->report)
        return fail_set(f, E_INVALID, "draft %s names no report: orcon request --drop %s", id, id);
    return OK;
}

static enum err list_drafts(const struct asking *a, struct fail *f)
{
    json_t *list = NULL;
    TRY(wish_list(a->mine.profile, &list, f));
    AUTO(json_freep) json_t *answer = json_object();
    json_set_take(answer, "drafts", list);
    if (a->c->json) {
        cli_json(json_incref(answer));
        return OK;
    }
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *row = json_array_get(list, i);
        char brief[25];
        short_print(home_str(row, "draft"), 4, brief);
        print_told("%s  %s to %s: %s", brief, home_str(row, "report"), home_str(row, "to"),
                   home_str(row, "reason"));
    }
    puts(json_array_size(list) ? "To send one: orcon request --send DRAFT"
                               : "No draft. Keep one: orcon request REPORT --to DOMAIN --reason T --draft");
    return OK;
}

static enum err drop_draft(struct asking *a, const char *id, struct fail *f)
{
    TRY(choice_id(id, "draft", f));
    TRY(wish_find(a->mine.profile, id, &a->draft, f));
    TRY(wish_drop(a->mine.profile, a->draft, f));
    if (a->c->json)
        cli_json(json_incref(a->draft));
    else
        cli_print(stdout, "draft %s dropped; nothing was sent\n", id);
    return OK;
}

/* One thing at a time, and a report where one is written. */
struct drafting {
    const char *send, *drop;
    bool keep, list;
};

static enum err check_drafting(const struct drafting *d, int argc, struct fail *f)
{
    if ((d->send != NULL) + (d->drop != NULL) + d->keep + d->list > 1)
        return fail_set(f, E_USAGE, "one of --draft, --drafts, --send and --drop at a time");
    return cli_arguments(argc, d->send || d->drop || d->list ? 0 : 1, d->send || d->drop || d->list ? 0 : 1,
                         "REPORT", f);
}

static enum err send_request(struct asking *a, struct fail *f)
{
    AUTO(str_freep) char *path = str_format("/v1/reports/%s?to=%s", a->report, whom(a));
    TRY(session_get(a->mine.session, path, &a->view, f));
    TRY(ask(a, f));
    return a->draft ? wish_drop(a->mine.profile, a->draft, f) : OK;
}

enum err verb_request(struct cli *c, int argc, char **argv, struct fail *f)
{
    AUTO(asking_clear) struct asking a = { .c = c };
    struct drafting d = { 0 };
    const struct cli_option options[] = {
        { "to", 0, &a.to, NULL },         { "portion", 0, &a.portions, NULL },
        { "reason", 0, &a.reason, NULL }, { "by", 0, &a.by, NULL },
        { "until", 0, &a.until, NULL },   { "precedence", 0, &a.precedence, NULL },
        { "draft", 0, NULL, &d.keep },    { "drafts", 0, NULL, &d.list },
        { "send", 0, &d.send, NULL },     { "drop", 0, &d.drop, NULL },
    };
    TRY(cli_options(c, options, COUNT(options), &argc, &argv, f));
    TRY(check_drafting(&d, argc, f));
    a.report = argc ? argv[0] : NULL;
    if (a.report)
        TRY(check_arguments(&a, f));
    TRY(mine_begin(c, &a.mine, f));
    if (d.keep)
        return keep_draft(&a, f);
    if (d.list)
        return list_drafts(&a, f);
    if (d.drop)
        return drop_draft(&a, d.drop, f);
    if (d.send) {
        TRY(take_draft(&a, d.send, f));
        TRY(check_arguments(&a, f));
    }
    return send_request(&a, f);
}

enum err verb_withdraw(struct cli *c, int argc, char **argv, struct fail *f)
{
    AUTO(mine_end) struct mine m = { 0 };
    AUTO(json_freep) json_t *request = NULL;
    AUTO(json_freep) json_t *answer = NULL;
    const char *delivery;
    TRY(cli_options(c, NULL, 0, &argc, &argv, f));
    TRY(cli_arguments(argc, 1, 1, "REQUEST", f));
    TRY(choice_id(argv[0], "request", f));
    TRY(mine_begin(c, &m, f));
    AUTO(str_freep) char *path = str_format("/v1/requests/%s", argv[0]);
    TRY(session_get(m.session, path, &request, f));
    struct statement_making act = { .kind = "withdraw",
                                    .report = home_str(request, "report"),
                                    .ref = home_str(request, "request"),
                                    .body = json_object() };
    TRY(mine_unsent(act_send(m.session, act, &answer, f), f));
    TRY(tell(&m, c, answer, &delivery, f));
    if (!c->json)
        cli_print(stdout, "q-%s withdrawn, %s to %s\n", home_str(request, "short"), delivery,
                  home_str(request, "originator"));
    return OK;
}
