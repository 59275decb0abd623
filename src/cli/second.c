/* SPDX-License-Identifier: Apache-2.0
 * second: what waits for my agreement, or for that of the person whom I named: shown, agreed to, refused, taken back. */
#include <string.h>

#include "base/mem.h"
#include "base/time.h"
#include "cli/home.h"
#include "cli/mine.h"
#include "cli/print.h"
#include "cli/verbs.h"
#include "client/choice.h"
#include "marking/marking.h"

struct seconding {
    struct cli *c;
    struct mine mine;
    const char *reason;
    bool refuse, withdraw, show;
    json_t *view, *answer;
};

static void seconding_clear(struct seconding *s)
{
    json_decref(s->view);
    json_decref(s->answer);
    mine_end(&s->mine);
}

static const char *state_of(const struct seconding *s)
{
    return s->withdraw ? "withdrawn" : s->refuse ? "refused" : "agreed";
}

/* What it is ------------------------------------------------------------------------------------------------ */

static void put_names(struct buf *out, const json_t *names)
{
    for (size_t i = 0; i < json_array_size(names); i++)
        buf_printf(out, "%s%s", i ? ", " : "", json_string_value(json_array_get(names, i)));
}

static void put_terms(const json_t *terms, struct buf *out)
{
    static const char *const names[] = { "until", "note", "person" };
    for (size_t i = 0; i < COUNT(names); i++) {
        if (!*home_str(terms, names[i]))
            continue;
        buf_printf(out, "%s: ", names[i]);
        print_folded(home_str(terms, names[i]), out);
        buf_put_u8(out, '\n');
    }
}

/* Everything that is agreed to but the text: its author shows that. */
static void describe(const struct seconding *s, struct buf *out)
{
    const json_t *view = s->view, *portions = json_object_get(view, "portions");
    const json_t *holders = json_object_get(view, "holders");
    char report[25];
    short_print(home_str(view, "report"), 4, report);
    buf_printf(out, "%s would %s ", home_str(view, "by"), home_str(view, "act"));
    if (*home_str(view, "asker"))
        buf_printf(out, "what %s asked for: ", home_str(view, "asker"));
    buf_printf(out, "report %s, to ", report);
    put_names(out, holders ? holders : json_object_get(view, "to"));
    buf_put_str(out, "\n");
    for (size_t i = 0; i < json_array_size(portions); i++) {
        const json_t *p = json_array_get(portions, i);
        AUTO(buf_freep) struct buf *mark = buf_new(MARKING_TEXT_MAX);
        print_mark(home_str(p, "mark"), s->mine.profile->card->domain, mark);
        buf_printf(out, "%-3lld %s\n", (long long)json_integer_value(json_object_get(p, "n")),
                   buf_text(mark));
    }
    put_terms(json_object_get(view, "terms"), out);
}

static void print_view(const struct seconding *s)
{
    AUTO(buf_freep) struct buf *text = buf_new(BUF_MAX_DEFAULT);
    AUTO(buf_freep) struct buf *left = buf_new(64);
    const char *brief = home_str(s->view, "short"), *state = home_str(s->view, "state");
    bool mine = strcmp(home_str(s->view, "person"), s->mine.profile->person) == 0;
    describe(s, text);
    cli_put(stdout, buf_text(text));
    if (strcmp(state, "waiting") != 0) {
        print_told("s-%s is %s.%s%s", brief, state, *home_str(s->view, "reason") ? " " : "",
                   home_str(s->view, "reason"));
        return;
    }
    print_left(home_str(s->view, "until"), left);
    print_say("It waits for %s, %s.", home_str(s->view, "person"), buf_text(left));
    if (mine)
        cli_print(stdout, "Agree: orcon second s-%s. Refuse: orcon second s-%s --refuse --reason ...\n",
                  brief, brief);
    else
        cli_print(stdout, "Take it back: orcon second s-%s --withdraw\n", brief);
}

static enum err list(struct seconding *s, struct fail *f)
{
    TRY(session_get(s->mine.session, "/v1/seconds", &s->answer, f));
    if (s->c->json) {
        cli_json(json_incref(s->answer));
        return OK;
    }
    const json_t *rows = json_object_get(s->answer, "seconds");
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        char report[25];
        short_print(home_str(row, "report"), 4, report);
        print_say("s-%s  %s  %s %s by %s, for %s", home_str(row, "short"), home_str(row, "state"),
                  home_str(row, "act"), report, home_str(row, "by"), home_str(row, "person"));
    }
    puts(json_array_size(rows) ? "One of them: orcon second SECOND --show"
                               : "Nothing waits for a second person.");
    return OK;
}

/* What is said to it ---------------------------------------------------------------------------------------- */

static enum err confirm(const struct seconding *s, struct fail *f)
{
    AUTO(buf_freep) struct buf *text = buf_new(BUF_MAX_DEFAULT);
    if (s->refuse || s->withdraw)
        return OK;
    describe(s, text);
    buf_put_str(text, "You agree to just this, under your name.\n");
    return cli_confirm(s->c, buf_text(text), home_str(s->view, "short"), f);
}

static enum err send(struct seconding *s, struct fail *f)
{
    json_t *body = json_object();
    json_set_str(body, "state", state_of(s));
    json_set_str(body, "digest", home_str(s->view, "digest"));
    if (*home_str(s->view, "package"))
        json_set_str(body, "package", home_str(s->view, "package"));
    if (s->reason)
        json_set_str(body, "reason", s->reason);
    struct statement_making m = { .kind = "second",
                                  .report = home_str(s->view, "report"),
                                  .ref = home_str(s->view, "second"),
                                  .body = body };
    return mine_unsent(act_send(s->mine.session, m, &s->answer, f), f);
}

/* Where it went ahead: whether it has arrived with everybody. NULL where it did not. */
static const char *wait_all(struct seconding *s, char **why)
{
    uint64_t began_ms = time_mono_ms();
    const json_t *grant = json_object_get(s->answer, "grant"), *share = json_object_get(s->answer, "share");
    const json_t *shares = json_object_get(share, "shares");
    const char *all = grant   ? mine_wait(&s->mine, home_str(grant, "statement"), began_ms, why)
                      : share ? "delivered"
                              : NULL;
    for (size_t i = 0; i < json_array_size(shares); i++) {
        AUTO(str_freep) char *said = NULL;
        const char *state =
            mine_wait(&s->mine, home_str(json_array_get(shares, i), "statement"), began_ms, &said);
        if (strcmp(state, "delivered") != 0 && strcmp(all, "refused") != 0)
            all = state;
        if (said && !*why) {
            *why = said;
            said = NULL;
        }
    }
    return all;
}

static void say_done(const struct seconding *s, const char *delivery)
{
    char report[25];
    const char *brief = home_str(s->view, "short");
    short_print(home_str(s->view, "report"), 4, report);
    if (!delivery) {
        print_say("s-%s %s; nothing was sent. %s learns of it.", brief, state_of(s),
                  s->withdraw ? home_str(s->view, "person") : home_str(s->view, "by"));
        return;
    }
    print_say("s-%s agreed to; the %s is %s", brief, home_str(s->view, "act"), delivery);
    cli_print(stdout, "Who holds it: orcon show %s\n", report);
}

static enum err tell(struct seconding *s, struct fail *f)
{
    AUTO(str_freep) char *why = NULL;
    const char *delivery = wait_all(s, &why);
    if (s->c->json) {
        json_t *out = json_deep_copy(s->answer);
        json_set_take(out, "delivery", delivery ? json_string(delivery) : json_null());
        cli_json(out);
    } else {
        say_done(s, delivery);
    }
    return why ? fail_set(f, E_REFUSED, "agreed to, but not taken by %s", why) : OK;
}

enum err verb_second(struct cli *c, int argc, char **argv, struct fail *f)
{
    AUTO(seconding_clear) struct seconding s = { .c = c };
    const struct cli_option options[] = { { "refuse", 0, NULL, &s.refuse },
                                          { "withdraw", 0, NULL, &s.withdraw },
                                          { "show", 0, NULL, &s.show },
                                          { "reason", 0, &s.reason, NULL } };
    TRY(cli_options(c, options, COUNT(options), &argc, &argv, f));
    TRY(cli_arguments(argc, 0, 1, "[SECOND]", f));
    if (s.refuse + s.withdraw + s.show > 1 || (argc == 0 && (s.refuse || s.withdraw || s.show)))
        return fail_set(f, E_USAGE, "one of --refuse, --withdraw and --show, with what it is about");
    if (s.reason && !s.refuse)
        return fail_set(f, E_USAGE, "--reason goes with --refuse");
    TRY(mine_text(s.reason, "--reason", s.refuse, f));
    if (argc)
        TRY(choice_id(argv[0], "share or grant that waits", f));
    TRY(mine_begin(c, &s.mine, f));
    if (argc == 0)
        return list(&s, f);
    AUTO(str_freep) char *path = str_format("/v1/seconds/%s", argv[0]);
    TRY(session_get(s.mine.session, path, &s.view, f));
    if (s.show && c->json)
        cli_json(json_incref(s.view));
    else if (s.show)
        print_view(&s);
    if (s.show)
        return OK;
    TRY(confirm(&s, f));
    TRY(send(&s, f));
    return tell(&s, f);
}
