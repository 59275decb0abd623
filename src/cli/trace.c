/* SPDX-License-Identifier: Apache-2.0
 * trace: whose copy of one of our reports a text resembles. */
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "cli/home.h"
#include "cli/mine.h"
#include "cli/print.h"
#include "cli/verbs.h"
#include "client/reading.h"
#include "client/trace.h"

#define HOUSE "(own house)" /* whose people read the master */

/* One report against the text. */
struct tracing {
    struct reading r;
    char brief[25];
    struct trace_portion *portions;
    size_t portion_count;
    struct trace_holder *holders;
    bool *has; /* of each holder, for each portion */
    size_t holder_count;
    struct trace_result result;
};

static void tracing_clear(struct tracing *t)
{
    mem_freep(&t->portions);
    mem_freep(&t->holders);
    mem_freep(&t->has);
    reading_clear(&t->r);
}

/* Getting it -------------------------------------------------------------------------------------------------- */

static void take_portions(struct tracing *t)
{
    t->portions = mem_array(t->r.count, sizeof *t->portions);
    for (size_t i = 0; i < t->r.count; i++) {
        const struct held_portion *p = t->r.portions[i];
        if (p->state == HELD_OPEN && p->variants)
            t->portions[t->portion_count++] = (struct trace_portion){ .n = p->n,
                                                                      .raw = bytes_of(p->variants->raw),
                                                                      .places = &p->variants->places,
                                                                      .secret = p->variants->code.secret };
    }
}

static bool lists(const json_t *numbers, uint32_t n)
{
    for (size_t i = 0; i < json_array_size(numbers); i++)
        if (json_integer_value(json_array_get(numbers, i)) == (json_int_t)n)
            return true;
    return false;
}

/* All who have a number, and our own people. */
static void take_holders(struct tracing *t)
{
    const json_t *rows = json_object_get(t->r.view, "variants");
    t->holder_count = json_array_size(rows) + 1;
    t->holders = mem_array(t->holder_count, sizeof *t->holders);
    t->has = mem_array(t->holder_count * t->portion_count, sizeof *t->has);
    for (size_t h = 0; h < t->holder_count; h++) {
        const json_t *row = json_array_get(rows, h - 1);
        bool *has = t->has + h * t->portion_count;
        t->holders[h] = (struct trace_holder){ .name = HOUSE, .number = VARIANT_HOUSE, .has = has };
        if (h > 0) {
            t->holders[h].name = home_str(row, "holder");
            t->holders[h].number = (uint32_t)json_integer_value(json_object_get(row, "number"));
        }
        for (size_t i = 0; i < t->portion_count; i++)
            has[i] = h == 0 || lists(json_object_get(row, "portions"), t->portions[i].n);
    }
}

static const struct held_portion *withheld(const struct tracing *t)
{
    for (size_t i = 0; i < t->r.count; i++)
        if (t->r.portions[i]->differs && t->r.portions[i]->state == HELD_WITHHELD)
            return t->r.portions[i];
    return NULL;
}

static enum err trace_report(struct mine *m, const char *report, struct bytes text, struct tracing *t,
                             struct fail *f)
{
    struct choice all = { 0 };
    TRY(reading_fetch(m->session, report, &t->r, f));
    if (!t->r.own)
        return fail_why(f, REASON_NOT_ORIGINATOR, "report %s is not ours: its originator can trace it",
                        report);
    if (!json_object_get(t->r.view, "variants"))
        return fail_why(f, REASON_NOT_AUTHOR, "only the author of %s, or an officer, may trace it", report);
    mine_short(m, "reports", reading_report(&t->r), t->brief);
    TRY(reading_open(m->session, &t->r, &all, f));
    take_portions(t);
    const struct held_portion *closed = withheld(t);
    if (t->portion_count == 0 && closed) {
        fail_set(f, closed->err, "portion %u of %s is not open to %s: %s", closed->n, t->brief,
                 m->profile->person, closed->why);
        f->reason = closed->reason;
        return closed->err;
    }
    if (t->portion_count == 0)
        return OK;
    take_holders(t);
    trace_text(text, t->portions, t->portion_count, t->holders, t->holder_count, &t->result);
    return OK;
}

/* Saying it ---------------------------------------------------------------------------------------------------- */

static const char *const verdict_names[] = { [TRACE_NOTHING] = "nothing",
                                             [TRACE_INDISTINGUISHABLE] = "indistinguishable",
                                             [TRACE_ONE] = "holder",
                                             [TRACE_TWO] = "two-holders" };

static json_t *result_json(const struct tracing *t)
{
    json_t *v = json_object(), *holders = json_array(), *named = json_array();
    json_set_str(v, "report", reading_report(&t->r));
    json_set_u64(v, "places", t->result.places);
    json_set_u64(v, "found", t->result.found);
    json_set_str(v, "verdict", verdict_names[t->result.verdict]);
    for (size_t i = 0; i < 2 && t->result.named[i]; i++)
        json_array_append_new(named, json_string(t->result.named[i]->name));
    if (json_array_size(named))
        json_object_set_new(v, "wrong", json_real(t->result.wrong));
    for (size_t i = 0; i < t->holder_count; i++) {
        json_t *one = json_object();
        json_set_str(one, "holder", t->holders[i].name);
        json_set_u64(one, "matches", t->holders[i].matches);
        json_object_set_new(one, "score", json_real(t->holders[i].score));
        json_array_append_new(holders, one);
    }
    json_set_take(v, "named", named);
    json_set_take(v, "holders", holders);
    return v;
}

static void print_wrong(double wrong)
{
    if (wrong < 1e-6)
        cli_print(stdout, "Odds that this is wrong: below 1 in a million.\n");
    else
        cli_print(stdout, "Odds that this is wrong: 1 in %.0f.\n", 1 / wrong);
}

static void print_result(const struct tracing *t)
{
    const struct trace_result *r = &t->result;
    cli_print(stdout, "%s  %zu of %zu places where copies differ are in this text\n", t->brief, r->found,
              r->places);
    for (size_t i = 0; r->found && i < t->holder_count; i++)
        cli_print(stdout, "  %-32s %4zu of %zu as in his copy   score %5.1f %%\n", t->holders[i].name,
                  t->holders[i].matches, r->found, 100 * t->holders[i].score);
    switch (r->verdict) {
    case TRACE_NOTHING:
        cli_print(stdout, "Nothing to go by.\n");
        return;
    case TRACE_INDISTINGUISHABLE:
        cli_print(stdout, "Indistinguishable: no copy stands out.\n");
        return;
    case TRACE_ONE:
        print_say("It resembles the copy of %s.", r->named[0]->name);
        break;
    case TRACE_TWO:
        print_say("It is put together of the copies of %s and %s.", r->named[0]->name, r->named[1]->name);
        break;
    }
    print_wrong(r->wrong);
    print_say("Whose copy it is does not say who passed it on. Ask: orcon inquire %s FILE --by +2d",
              r->named[0]->name);
}

/* The verb --------------------------------------------------------------------------------------------------- */

static enum err trace_one(const struct cli *c, struct mine *m, const char *report, struct bytes text,
                          json_t *traces, struct fail *f)
{
    AUTO(tracing_clear) struct tracing t = { 0 };
    TRY(trace_report(m, report, text, &t, f));
    if (!c->json && t.portion_count == 0)
        cli_print(stdout, "%s  no copies that differ: nothing to go by\n", t.brief);
    else if (!c->json)
        print_result(&t);
    json_array_append_new(traces, result_json(&t));
    return OK;
}

/* Every report of ours that has copies which differ; where a person may not trace one, the others go on. */
static enum err trace_all(const struct cli *c, struct mine *m, struct bytes text, json_t *traces,
                          struct fail *f)
{
    AUTO(json_freep) json_t *answer = NULL;
    bool seen = isatty(STDERR_FILENO);
    TRY(session_get(m->session, "/v1/reports", &answer, f));
    const json_t *rows = json_object_get(answer, "reports");
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        if (!json_is_true(json_object_get(row, "differs")))
            continue;
        if (seen)
            fprintf(stderr, "\r%zu of %zu", i + 1, json_array_size(rows));
        TRY(trace_one(c, m, home_str(row, "report"), text, traces, f));
    }
    if (seen)
        fputs("\r\033[K", stderr);
    if (json_array_size(traces) == 0 && !c->json)
        print_say("No report of yours has copies that differ. To make some: {conceal|hide} in its source.");
    return OK;
}

enum err verb_trace(struct cli *c, int argc, char **argv, struct fail *f)
{
    const char *report = NULL;
    const struct cli_option options[] = { { "report", 0, &report, NULL } };
    AUTO(mine_end) struct mine m = { 0 };
    AUTO(buf_freep) struct buf *text = buf_new_secret(TRACE_TEXT_MAX);
    AUTO(json_freep) json_t *traces = json_array();
    TRY(cli_options(c, options, COUNT(options), &argc, &argv, f));
    TRY(cli_arguments(argc, 1, 1, "FILE", f));
    if (report)
        TRY(choice_id(report, "report", f));
    TRY(file_read(argv[0], text, f));
    TRY(mine_begin(c, &m, f));
    TRY(report ? trace_one(c, &m, report, bytes_of(text), traces, f)
               : trace_all(c, &m, bytes_of(text), traces, f));
    if (!c->json)
        return OK;
    json_t *out = json_object();
    json_set_take(out, "traces", json_incref(traces));
    cli_json(out);
    return OK;
}
