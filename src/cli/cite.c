/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cite.h"

#include <string.h>

#include "base/mem.h"
#include "base/time.h"
#include "cli/home.h"
#include "cli/print.h"

static bool is_state(const json_t *leave, const char *state)
{
    return strcmp(home_str(leave, "state"), state) == 0;
}

static const char *reason_words(const json_t *leave)
{
    return reason_text(reason_from_code(home_str(leave, "reason")));
}

static void put_request(const json_t *leave, struct buf *out)
{
    char brief[25];
    if (!*home_str(leave, "request"))
        return;
    short_print(home_str(leave, "request"), 4, brief);
    buf_printf(out, ", q-%s", brief);
}

static void say_leave(const json_t *leave)
{
    AUTO(buf_freep) struct buf *line = buf_new(BUF_MAX_DEFAULT);
    AUTO(buf_freep) struct buf *when = buf_new(64);
    const char *was = home_str(leave, "request_state");
    buf_printf(line, "%s: ", home_str(leave, "to"));
    if (is_state(leave, "free")) {
        buf_printf(line, "needs no leave: %s", reason_words(leave));
    } else if (is_state(leave, "granted")) {
        print_when(home_str(leave, "until"), when);
        buf_printf(line, "granted%s%s", when->len ? " until " : "", buf_text(when));
        put_request(leave, line);
    } else if (is_state(leave, "asked")) {
        print_when(home_str(leave, "due"), when);
        buf_printf(line, "asked for, answer due %s", buf_text(when));
        put_request(leave, line);
    } else {
        buf_printf(line, "leave is missing%s%s: %s", *was ? ", the last request was " : "",
                   strcmp(was, "silent") == 0 ? "not answered" : was, reason_words(leave));
        put_request(leave, line);
    }
    print_wrapped(stdout, (size_t)cli_print(stdout, "    "), 8, buf_text(line));
}

void cite_say(const struct mine *m, const json_t *cited)
{
    for (size_t i = 0; i < json_array_size(cited); i++) {
        const json_t *row = json_array_get(cited, i), *in = json_object_get(row, "in");
        const json_t *leaves = json_object_get(row, "leaves");
        AUTO(buf_freep) struct buf *line = buf_new(BUF_MAX_DEFAULT);
        buf_put_str(line, "(");
        print_mark(home_str(row, "mark"), m->profile->card->domain, line);
        buf_printf(line, ") %s/%lld of %s, cited in", home_str(row, "short"),
                   (long long)json_integer_value(json_object_get(row, "n")), home_str(row, "originator"));
        for (size_t k = 0; k < json_array_size(in); k++)
            buf_printf(line, "%s%lld", k ? ", " : " ", (long long)json_integer_value(json_array_get(in, k)));
        print_wrapped(stdout, 0, 4, buf_text(line));
        for (size_t k = 0; k < json_array_size(leaves); k++)
            say_leave(json_array_get(leaves, k));
    }
}

enum err cite_refuse(const json_t *cited, struct fail *f)
{
    size_t missing = cite_missing(cited);
    for (size_t i = 0; i < json_array_size(cited); i++) {
        const json_t *row = json_array_get(cited, i), *leaves = json_object_get(row, "leaves");
        for (size_t k = 0; k < json_array_size(leaves); k++) {
            const json_t *leave = json_array_get(leaves, k);
            if (is_state(leave, "free") || is_state(leave, "granted"))
                continue;
            AUTO(str_freep)
            char *more = missing > 1 ? str_format(" (and %zu more)", missing - 1) : str_dup("");
            return fail_why(f, REASON_SOURCE_LEAVE,
                            "nothing was sent: it cites %s/%lld, and the leave of %s for %s is missing%s",
                            home_str(row, "short"), (long long)json_integer_value(json_object_get(row, "n")),
                            home_str(row, "originator"), home_str(leave, "to"), more);
        }
    }
    return OK;
}

static void say_asked(struct mine *m, const json_t *one)
{
    AUTO(buf_freep) struct buf *line = buf_new(BUF_MAX_DEFAULT);
    const json_t *numbers = json_object_get(one, "n");
    char brief[25];
    mine_short(m, "requests", home_str(one, "request"), brief);
    buf_printf(line, "q-%s %s to %s: %s", brief, home_str(one, "delivery"), home_str(one, "originator"),
               home_str(one, "short"));
    for (size_t i = 0; i < json_array_size(numbers); i++)
        buf_printf(line, "%s%lld", i ? "," : "/", (long long)json_integer_value(json_array_get(numbers, i)));
    buf_printf(line, " for %s", home_str(one, "to"));
    print_wrapped(stdout, 0, 4, buf_text(line));
}

/* What was asked before one of them failed has been asked. */
static void report(struct mine *m, const struct cli *c, json_t *requests, char **why)
{
    uint64_t began_ms = time_mono_ms();
    for (size_t i = 0; i < json_array_size(requests); i++) {
        json_t *one = json_array_get(requests, i);
        AUTO(str_freep) char *said = NULL;
        json_set_str(one, "delivery", mine_wait(m, home_str(one, "statement"), began_ms, &said));
        if (said && !*why) {
            *why = said;
            said = NULL;
        }
        if (!c->json)
            say_asked(m, one);
    }
}

enum err cite_send(struct mine *m, const struct cli *c, const json_t *cited, const struct cite_asking *a,
                   struct fail *f)
{
    AUTO(json_freep) json_t *answer = json_object();
    AUTO(str_freep) char *why = NULL;
    json_t *requests = NULL;
    enum err e = cite_ask(m->session, cited, a, &requests, f);
    json_set_take(answer, "requests", requests);
    report(m, c, requests, &why);
    if (c->json) {
        json_set_take(answer, "derived_from", json_deep_copy(cited));
        json_set_take(answer, "report", json_null());
        cli_json(json_incref(answer));
    } else if (json_array_size(requests)) {
        print_say(
            "Nothing of the report was sent. Once all have granted, share it again without --ask. How it "
            "stands: the same with --dry-run.");
    } else if (e == OK) {
        puts(cite_missing(cited) ? "All is asked for already; nothing was sent."
                                 : "Nothing is missing: share it without --ask. Nothing was sent.");
    }
    TRY(e);
    return why ? fail_set(f, E_REFUSED, "not taken by %s", why) : OK;
}
