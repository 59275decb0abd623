/* SPDX-License-Identifier: Apache-2.0
 * override, object, review: told on without leave; what the originator says to it. */
#include <string.h>

#include "base/mem.h"
#include "base/time.h"
#include "cli/home.h"
#include "cli/mine.h"
#include "cli/print.h"
#include "cli/verbs.h"
#include "client/choice.h"
#include "client/heldkey.h"
#include "client/onward.h"
#include "client/own.h"

#define PROOF_MAX ((size_t)1 << 20)

struct overriding {
    struct cli *c;
    struct mine mine;
    const char *to, *portions, *reason, *occasion;
    bool oral;
    struct choice choice;
    json_t *view, *answer;
};

static void overriding_clear(struct overriding *o)
{
    json_decref(o->view);
    json_decref(o->answer);
    mine_end(&o->mine);
}

static enum err check_arguments(struct overriding *o, const char *report, struct fail *f)
{
    TRY(choice_id(report, "report", f));
    TRY(mine_text(o->to, "--to", true, f));
    TRY(mine_text(o->reason, "--reason", true, f));
    TRY(mine_text(o->occasion, "--occasion", false, f));
    TRY(choice_read(o->portions, &o->choice, f));
    if (!o->choice.given)
        return fail_set(f, E_USAGE, "--portion says what: an override is never of a whole report");
    if (!o->oral && !name_is_domain(o->to))
        return fail_set(
            f, E_USAGE,
            "--to '%.80s': a sealed copy goes to an organisation, such as cedar.example; whoever else "
            "is told, with --oral",
            o->to);
    return OK;
}

/* The proofs that came with the keys: without one, he was not briefed, and his side has nothing to tell. */
static enum err add_proofs(const struct overriding *o, const json_t *portions, json_t *body, struct fail *f)
{
    json_t *evidence = json_object();
    json_set_take(body, "evidence", evidence);
    for (size_t i = 0; i < json_array_size(portions); i++) {
        AUTO(buf_freep) struct buf *text = buf_new(PROOF_MAX);
        const char *id = json_string_value(json_array_get(portions, i));
        struct fail why = { 0 };
        enum err e = own_presence(o->mine.profile, id, text, &why);
        if (e == E_NOT_FOUND)
            return fail_why(
                f, REASON_NOT_BRIEFED,
                "no briefing of %s on all of --portion %s is on record here: nobody overrides on what "
                "he was not briefed on",
                o->mine.profile->person, o->portions);
        if (e != OK)
            return fail_pass(f, &why);
        json_set_str(evidence, id, buf_text(text));
    }
    return OK;
}

/* As the own node has heard: the held key is gone by then, and the recall is why. */
static enum err check_recalled(const struct overriding *o, const json_t *portions, struct fail *f)
{
    const json_t *rows = json_object_get(o->view, "portions");
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        if (*home_str(row, "recalled") && statement_names(portions, home_str(row, "id")))
            return fail_why(f, REASON_RECALLED, "portion %lld was recalled by %s",
                            (long long)json_integer_value(json_object_get(row, "n")),
                            home_str(o->view, "originator"));
    }
    return OK;
}

/* What needs no override, said before the question. */
static void offer_tearline(const struct overriding *o, struct buf *out)
{
    const json_t *rows = json_object_get(o->view, "portions");
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        if (!json_is_true(json_object_get(row, "leave")) && !*home_str(row, "recalled"))
            buf_printf(out, "Portion %lld needs no override: orcon forward %s --portion %lld --to ...\n",
                       (long long)json_integer_value(json_object_get(row, "n")), home_str(o->view, "short"),
                       (long long)json_integer_value(json_object_get(row, "n")));
    }
}

static enum err confirm(const struct overriding *o, struct fail *f)
{
    AUTO(buf_freep) struct buf *text = buf_new(BUF_MAX_DEFAULT);
    const char *originator = home_str(o->view, "originator"), *brief = home_str(o->view, "short");
    buf_printf(
        text,
        "You are about to %s portion %s %s%s%swithout the answer of %s.\nIt learns of it at once, under your "
        "name; it counts in the record of %s.\n",
        o->oral ? "tell" : "pass on", o->portions, o->oral ? "" : "to ", o->oral ? "" : o->to,
        o->oral ? "" : " ", originator, o->mine.profile->card->domain);
    offer_tearline(o, text);
    return cli_confirm(o->c, buf_text(text), brief, f);
}

static enum err send_told(struct overriding *o, const json_t *portions, const json_t *evidence,
                          struct fail *f)
{
    json_t *body = json_object();
    json_set_str(body, "to", o->to);
    json_set_bool(body, "oral", true);
    json_set_str(body, "reason", o->reason);
    json_set_str(body, "occasion", o->occasion ? o->occasion : "");
    json_set_str(body, "originator", home_str(o->view, "originator"));
    json_set_take(body, "evidence", json_deep_copy(evidence));
    struct statement_making m = { .kind = "override",
                                  .report = home_str(o->view, "report"),
                                  .portions = json_deep_copy(portions),
                                  .body = body };
    return act_send(o->mine.session, m, &o->answer, f);
}

/* Opened with the held keys, and sealed anew, here. */
static enum err send_copies(struct overriding *o, json_t *evidence, struct fail *f)
{
    AUTO(reading_clear) struct reading r = { 0 };
    struct onward onward = {
        .to = o->to, .reason = o->reason, .occasion = o->occasion ? o->occasion : "", .evidence = evidence
    };
    TRY(reading_fetch(o->mine.session, home_str(o->view, "report"), &r, f));
    return onward_send(o->mine.session, &r, &o->choice, &onward, &o->answer, f);
}

static enum err send(struct overriding *o, struct fail *f)
{
    AUTO(json_freep) json_t *body = json_object();
    json_t *portions = NULL;
    TRY(mine_unsent(mine_portions(o->view, &o->choice, &portions, f), f));
    AUTO(json_freep) json_t *named = portions;
    TRY(mine_unsent(check_recalled(o, named, f), f));
    TRY(mine_unsent(add_proofs(o, named, body, f), f));
    json_t *evidence = json_object_get(body, "evidence");
    TRY(confirm(o, f));
    return mine_unsent(o->oral ? send_told(o, named, evidence, f) : send_copies(o, evidence, f), f);
}

/* The originator's receipt is his signed ack; what it is about stays recorded without it. */
static enum err tell(struct overriding *o, struct fail *f)
{
    AUTO(str_freep) char *why = NULL;
    AUTO(json_freep) json_t *view = NULL;
    AUTO(buf_freep) struct buf *when = buf_new(64);
    const char *id = home_str(o->answer, "override");
    const char *delivery = mine_wait(&o->mine, home_str(o->answer, "statement"), time_mono_ms(), &why);
    AUTO(str_freep) char *path = str_format("/v1/overrides/%s", id);
    TRY(session_get(o->mine.session, path, &view, f));
    if (o->c->json) {
        json_t *out = json_object();
        json_set_str(out, "override", id);
        json_set_take(out, "report", mine_copy(o->view, "report"));
        json_set_str(out, "delivery", delivery);
        json_set_take(out, "receipt", mine_copy(view, "receipt"));
        cli_json(out);
    } else if (*home_str(view, "receipt")) {
        print_when(home_str(view, "receipt"), when);
        print_say("o-%s recorded; receipt of %s, %s", home_str(view, "short"),
                  home_str(o->view, "originator"), buf_text(when));
    } else {
        print_say("o-%s recorded; queued for %s, which has not heard of it yet", home_str(view, "short"),
                  home_str(o->view, "originator"));
    }
    return why ? fail_set(f, E_REFUSED, "recorded, but not taken by %s", why) : OK;
}

enum err verb_override(struct cli *c, int argc, char **argv, struct fail *f)
{
    AUTO(overriding_clear) struct overriding o = { .c = c };
    const struct cli_option options[] = { { "to", 0, &o.to, NULL },
                                          { "portion", 0, &o.portions, NULL },
                                          { "reason", 0, &o.reason, NULL },
                                          { "occasion", 0, &o.occasion, NULL },
                                          { "oral", 0, NULL, &o.oral } };
    TRY(cli_options(c, options, COUNT(options), &argc, &argv, f));
    TRY(cli_arguments(argc, 1, 1, "REPORT", f));
    TRY(check_arguments(&o, argv[0], f));
    TRY(mine_begin(c, &o.mine, f));
    AUTO(str_freep) char *path = str_format("/v1/reports/%s", argv[0]);
    heldkey_sweep(o.mine.session);
    TRY(session_get(o.mine.session, path, &o.view, f));
    TRY(send(&o, f));
    return tell(&o, f);
}

/* The originator's answer ---------------------------------------------------------------------------------------- */

static enum err answer(struct cli *c, const char *kind, const char *member, const char *option, int argc,
                       char **argv, struct fail *f)
{
    AUTO(mine_end) struct mine m = { 0 };
    AUTO(json_freep) json_t *view = NULL;
    AUTO(json_freep) json_t *done = NULL;
    AUTO(str_freep) char *why = NULL;
    AUTO(str_freep) char *dashed = str_format("--%s", option);
    const char *text = NULL;
    uint64_t began_ms = time_mono_ms();
    const struct cli_option options[] = { { option, 0, &text, NULL } };
    TRY(cli_options(c, options, COUNT(options), &argc, &argv, f));
    TRY(cli_arguments(argc, 1, 1, "OVERRIDE", f));
    TRY(choice_id(argv[0], "override", f));
    TRY(mine_text(text, dashed, true, f));
    TRY(mine_begin(c, &m, f));
    AUTO(str_freep) char *path = str_format("/v1/overrides/%s", argv[0]);
    TRY(session_get(m.session, path, &view, f));
    json_t *body = json_object();
    json_set_str(body, member, text);
    struct statement_making act = {
        .kind = kind, .report = home_str(view, "report"), .ref = home_str(view, "override"), .body = body
    };
    TRY(mine_unsent(act_send(m.session, act, &done, f), f));
    const char *delivery = mine_wait(&m, home_str(done, "statement"), began_ms, &why);
    if (c->json) {
        json_t *out = json_deep_copy(done);
        json_set_str(out, "delivery", delivery);
        cli_json(out);
    } else {
        cli_print(stdout, "o-%s: %s; %s to %s\n", home_str(view, "short"),
                  strcmp(kind, "review") == 0 ? "review closed" : "objection recorded", delivery,
                  home_str(view, "giver"));
        if (strcmp(kind, "review") != 0)
            cli_print(stdout, "To close the review: orcon review o-%s --outcome ...\n",
                      home_str(view, "short"));
    }
    return why ? fail_set(f, E_REFUSED, "recorded, but not taken by %s", why) : OK;
}

enum err verb_object(struct cli *c, int argc, char **argv, struct fail *f)
{
    return answer(c, "objection", "text", "reason", argc, argv, f);
}

enum err verb_review(struct cli *c, int argc, char **argv, struct fail *f)
{
    return answer(c, "review", "outcome", "outcome", argc, argv, f);
}
