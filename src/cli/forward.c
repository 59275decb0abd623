/* SPDX-License-Identifier: Apache-2.0
 * forward: pass on what needs no leave. The originator's node decides, by rule and at once. */
#include <string.h>
#include <time.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/time.h"
#include "cli/home.h"
#include "cli/mine.h"
#include "cli/print.h"
#include "cli/verbs.h"
#include "client/choice.h"

#define ASK_MS 100

struct forwarding {
    struct cli *c;
    struct mine mine;
    const char *to, *portions, *reason;
    struct choice choice;
    struct buf numbers; /* "1,2": those that are passed on */
    json_t *view, *answer, *request;
    const char *delivery;
};

static void forwarding_clear(struct forwarding *w)
{
    buf_clear(&w->numbers);
    json_decref(w->view);
    json_decref(w->answer);
    json_decref(w->request);
    mine_end(&w->mine);
}

static uint64_t number_of(const json_t *row)
{
    return (uint64_t)json_integer_value(json_object_get(row, "n"));
}

/* Asking is what helps: the command, to be pasted. */
static enum err ask_instead(struct forwarding *w, enum reason r, const char *what, const char *numbers,
                            struct fail *f)
{
    const char *brief = home_str(w->view, "short");
    if (reason_err(r) != E_NOT_RELEASED)
        return fail_why(f, r, "%s: %s", what, reason_text(r));
    return fail_why(f, r, "%s: %s. Ask: orcon request %s --to %s --portion %s --reason ...", what,
                    reason_text(r), brief, w->to, numbers);
}

/* Of the portions that were named each must be held; else those that need no leave. ${first}: one that does. */
static enum err choose_portions(struct forwarding *w, json_t *ids, struct fail *f)
{
    const json_t *rows = json_object_get(w->view, "portions"), *title = json_object_get(w->view, "title");
    struct choice left = w->choice;
    enum reason first = REASON_NONE;
    AUTO(buf_freep) struct buf *others = buf_new(8192);
    for (size_t i = 0; i < json_array_size(rows) + 1; i++) {
        const json_t *row = i == 0 ? title : json_array_get(rows, i - 1);
        uint64_t n = number_of(row);
        bool free = !json_is_true(json_object_get(row, "leave"));
        if (!row || n > CHOICE_MAX || (w->choice.given ? !w->choice.has[n] : n == 0))
            continue;
        left.has[n] = false;
        if (!free && first == REASON_NONE)
            first = reason_from_code(home_str(row, "onward"));
        if (!free)
            buf_printf(others, "%s%llu", others->len ? "," : "", (unsigned long long)n);
        if (!free)
            continue;
        json_array_append_new(ids, json_string(home_str(row, "id")));
        buf_printf(&w->numbers, "%s%llu", w->numbers.len ? "," : "", (unsigned long long)n);
    }
    for (unsigned n = 0; n <= CHOICE_MAX; n++)
        if (left.has[n])
            return fail_why(f, REASON_NOT_HELD, "portion %u of %s is not held here", n,
                            home_str(w->view, "short"));
    if (first != REASON_NONE && (w->choice.given || json_array_size(ids) == 0)) {
        AUTO(str_freep)
        char *what = str_format("portion %s of %s needs leave", buf_text(others), home_str(w->view, "short"));
        return ask_instead(w, first, what, buf_text(others), f);
    }
    return json_array_size(ids)
               ? OK
               : fail_set(f, E_REFUSED, "%s has no portion to pass on", home_str(w->view, "short"));
}

static json_t *forward_body(const struct forwarding *w)
{
    char due[TIME_TEXT_SIZE];
    json_t *body = json_object();
    time_print(time_now_ms() + (uint64_t)24 * 3600 * 1000, due);
    json_set_str(body, "to", w->to);
    json_set_str(body, "reason", w->reason ? w->reason : "passed on by rule");
    json_set_str(body, "by", due);
    json_set_str(body, "until", "");
    json_set_str(body, "precedence", "routine");
    json_set_str(body, "originator", home_str(w->view, "originator"));
    json_set_u64(body, "forward", 1);
    return body;
}

/* The rule's word follows the delivery at once; it waits, like every act, for 10 s in all. */
static void await(struct forwarding *w, uint64_t began_ms)
{
    const struct timespec nap = { 0, ASK_MS * 1000000 };
    AUTO(str_freep) char *path = str_format("/v1/requests/%s", home_str(w->answer, "request"));
    for (;;) {
        json_t *now = NULL;
        if (session_get(w->mine.session, path, &now, NULL) == OK) {
            json_decref(w->request);
            w->request = now;
        }
        if (strcmp(home_str(w->request, "state"), "open") != 0 || strcmp(w->delivery, "delivered") != 0 ||
            time_mono_ms() > began_ms + ACT_WAIT_MS)
            return;
        nanosleep(&nap, NULL);
    }
}

static enum err say(struct forwarding *w, struct fail *f)
{
    const char *state = home_str(w->request, "state"), *brief = home_str(w->view, "short");
    if (strcmp(state, "denied") == 0) {
        AUTO(str_freep)
        char *what = str_format("portion %s of %s was not passed on", buf_text(&w->numbers), brief);
        return ask_instead(w, reason_from_code(home_str(w->request, "rule")), what, buf_text(&w->numbers), f);
    }
    if (w->c->json)
        return OK;
    if (strcmp(state, "granted") == 0) {
        AUTO(buf_freep) struct buf *left = buf_new(4096);
        const json_t *rows = json_object_get(w->request, "portions");
        for (size_t i = 0; i < json_array_size(rows); i++)
            if (strcmp(home_str(json_array_get(rows, i), "state"), "granted") != 0)
                buf_printf(left, "%s%llu", left->len ? "," : " Not passed on: portion ",
                           (unsigned long long)number_of(json_array_get(rows, i)));
        print_say("%s/%s passed on to %s by rule (%s); %s delivers it.%s", brief, buf_text(&w->numbers),
                  w->to, home_str(w->request, "rule"), home_str(w->request, "originator"), buf_text(left));
    } else {
        print_say("%s/%s: %s to %s, which decides by rule as soon as it hears of it", brief,
                  buf_text(&w->numbers), w->delivery, home_str(w->view, "originator"));
    }
    cli_print(stdout, "How it stands: orcon show q-%s\n", home_str(w->request, "short"));
    return OK;
}

static enum err pass_on(struct forwarding *w, struct fail *f)
{
    AUTO(str_freep) char *why = NULL;
    AUTO(json_freep) json_t *ids = json_array();
    uint64_t began_ms = time_mono_ms();
    TRY(mine_unsent(choose_portions(w, ids, f), f));
    struct statement_making m = { .kind = "request",
                                  .report = home_str(w->view, "report"),
                                  .portions = json_incref(ids),
                                  .body = forward_body(w) };
    TRY(mine_unsent(act_send(w->mine.session, m, &w->answer, f), f));
    w->delivery = mine_wait(&w->mine, home_str(w->answer, "statement"), began_ms, &why);
    await(w, began_ms);
    if (w->c->json) {
        json_t *out = json_deep_copy(w->answer);
        json_set_str(out, "delivery", w->delivery);
        json_set_str(out, "state", home_str(w->request, "state"));
        json_set_str(out, "rule", home_str(w->request, "rule"));
        json_set_take(out, "portions", mine_copy(w->request, "portions"));
        cli_json(out);
    }
    return why ? fail_set(f, E_REFUSED, "not taken by %s", why) : say(w, f);
}

enum err verb_forward(struct cli *c, int argc, char **argv, struct fail *f)
{
    AUTO(forwarding_clear) struct forwarding w = { .c = c };
    const struct cli_option options[] = { { "to", 0, &w.to, NULL },
                                          { "portion", 0, &w.portions, NULL },
                                          { "reason", 0, &w.reason, NULL } };
    buf_init(&w.numbers, 8192);
    TRY(cli_options(c, options, COUNT(options), &argc, &argv, f));
    TRY(cli_arguments(argc, 1, 1, "REPORT", f));
    TRY(choice_id(argv[0], "report", f));
    if (!w.to || !name_is_domain(w.to))
        return fail_set(f, E_USAGE, "--to says for whom: a domain in lower case");
    if (w.reason)
        TRY(mine_text(w.reason, "--reason", true, f));
    TRY(choice_read(w.portions, &w.choice, f));
    TRY(mine_begin(c, &w.mine, f));
    AUTO(str_freep) char *path = str_format("/v1/reports/%s?to=%s", argv[0], w.to);
    TRY(session_get(w.mine.session, path, &w.view, f));
    if (json_is_true(json_object_get(w.view, "own")))
        return fail_set(f, E_REFUSED,
                        "%s is your own organisation's report: share it with %s; nothing was sent",
                        home_str(w.view, "short"), w.to);
    return pass_on(&w, f);
}
