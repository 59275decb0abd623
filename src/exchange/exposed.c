/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/exposed.h"

#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "exchange/knowers.h"
#include "exchange/node.h"
#include "exchange/view.h"
#include "ledger/statement.h"
#include "store/override.h"
#include "store/report.h"
#include "store/store.h"

struct exposing {
    struct node *n;
    const struct asker *asker;
    json_t *alerts;  /* all that he may see */
    json_t *persons; /* who was briefed or told on any of it, each once */
    const json_t *portions;
    json_t *report;  /* being filled */
    json_t *numbers; /* of these portions, for him */
    uint64_t reports, portion_count, briefed, told, overrides, attempts, refused;
};

void exposed_add(json_t *found, const char *report, const char *portion)
{
    json_t *list = json_object_get(found, report);
    if (!list) {
        list = json_array();
        json_set_take(found, report, list);
    }
    if (!statement_names(list, portion))
        json_array_append_new(list, json_string(portion));
}

static uint64_t number(const json_t *object, const char *name)
{
    return (uint64_t)json_integer_value(json_object_get(object, name));
}

static bool has_number(const json_t *numbers, uint64_t n)
{
    size_t i;
    const json_t *one;
    json_array_foreach (numbers, i, one)
        if ((uint64_t)json_integer_value(one) == n)
            return true;
    return false;
}

/* Who knows ------------------------------------------------------------------------------------------------- */

/* Those rows of ${from} that are about these portions. */
static json_t *only(const json_t *from, const json_t *numbers)
{
    json_t *out = json_array();
    size_t i;
    json_t *row;
    json_array_foreach (from, i, row)
        if (has_number(numbers, number(row, "n")))
            json_array_append(out, row);
    return out;
}

/* A person, or who is named in words, once over all reports. */
static void count_person(struct exposing *x, const json_t *person, const json_t *cells)
{
    AUTO(str_freep)
    char *name = str_format("%s\n%s", json_text_of(person, "person"), json_text_of(person, "words"));
    bool briefed = false, told = false;
    size_t i;
    const json_t *cell;
    json_array_foreach (cells, i, cell) {
        const char *state = json_text_of(cell, "state");
        briefed = briefed || strcmp(state, "briefed") == 0;
        told = told || strcmp(state, "told") == 0 || strcmp(state, "override") == 0;
        x->refused += number(json_object_get(cell, "refused"), "times");
    }
    if ((!briefed && !told) || json_object_get(x->persons, name))
        return;
    json_object_set_new(x->persons, name, json_true());
    x->briefed += briefed;
    x->told += !briefed;
}

static enum err put_knowers(struct exposing *x, const char *report, struct fail *f)
{
    AUTO(json_freep) json_t *in = json_object();
    AUTO(json_freep) json_t *known = NULL;
    json_t *persons = json_array(), *row;
    size_t i;
    json_set_take(x->report, "persons", persons);
    json_set_str(in, "report", report);
    TRY(knowers_answer(x->n, x->asker, in, &known, f));
    json_array_foreach (json_object_get(known, "portions"), i, row)
        if (statement_names(x->portions, json_text_of(row, "id")))
            json_array_append_new(x->numbers, json_integer((json_int_t)number(row, "n")));
    json_set_take(x->report, "portions", only(json_object_get(known, "portions"), x->numbers));
    json_set_take(x->report, "totals", only(json_object_get(known, "totals"), x->numbers));
    json_array_foreach (json_object_get(known, "persons"), i, row) {
        json_t *cells = only(json_object_get(row, "cells"), x->numbers);
        count_person(x, row, cells);
        json_set_take(row, "cells", cells);
        if (json_array_size(cells))
            json_array_append(persons, row);
    }
    x->portion_count += json_array_size(x->numbers);
    return OK;
}

/* What was done, and tried ---------------------------------------------------------------------------------------- */

static enum err note_override(const struct override_row *row, void *ctx, struct fail *f)
{
    (void)f;
    json_array_append_new(ctx, json_string(row->id));
    return OK;
}

static enum err put_override(struct exposing *x, const char *id, json_t *into, struct fail *f)
{
    static const char *const members[] = { "override", "short", "giver", "by", "to", "at", "oral", "review" };
    AUTO(json_freep) json_t *view = NULL;
    AUTO(json_freep) json_t *rows = NULL;
    TRY(view_override(x->n, x->asker, id, &view, f));
    rows = only(json_object_get(view, "portions"), x->numbers);
    if (json_array_size(rows) == 0)
        return OK;
    json_t *one = json_object(), *n = json_array();
    for (size_t i = 0; i < COUNT(members); i++)
        json_object_set(one, members[i], json_object_get(view, members[i]));
    for (size_t i = 0; i < json_array_size(rows); i++)
        json_array_append(n, json_object_get(json_array_get(rows, i), "n"));
    json_set_take(one, "n", n);
    json_array_append_new(into, one);
    x->overrides++;
    return OK;
}

static enum err put_overrides(struct exposing *x, const char *report, struct fail *f)
{
    AUTO(json_freep) json_t *ids = json_array();
    json_t *into = json_array();
    json_set_take(x->report, "overrides", into);
    {
        AUTO(store_read_endp) struct db *db = NULL;
        TRY(store_read_begin(x->n->store, &db, f));
        TRY(store_override_list(db, report, note_override, ids, f));
    }
    for (size_t i = 0; i < json_array_size(ids); i++)
        TRY(put_override(x, json_string_value(json_array_get(ids, i)), into, f));
    return OK;
}

static void put_attempts(struct exposing *x, const char *report)
{
    static const char *const members[] = { "alert", "short", "copy_of", "by", "at", "n", "state" };
    json_t *into = json_array(), *row;
    size_t i;
    json_set_take(x->report, "attempts", into);
    json_array_foreach (x->alerts, i, row) {
        if (strcmp(json_text_of(row, "report"), report) != 0 || !has_number(x->numbers, number(row, "n")))
            continue;
        json_t *one = json_object();
        for (size_t k = 0; k < COUNT(members); k++)
            json_object_set(one, members[k], json_object_get(row, members[k]));
        json_array_append_new(into, one);
        x->attempts++;
    }
}

/* A report ------------------------------------------------------------------------------------------------------- */

static enum err put_head(struct exposing *x, const char *id, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    AUTO(store_report_clear) struct report_row row = { 0 };
    char brief[25];
    TRY(view_shortest(x->n, "report", id, brief, f));
    TRY(store_read_begin(x->n->store, &db, f));
    TRY(store_report_get(db, id, &row, f));
    json_set_str(x->report, "report", id);
    json_set_str(x->report, "short", brief);
    json_set_str(x->report, "author", row.author);
    json_set_time(x->report, "shared", row.shared_ms);
    return OK;
}

static enum err put_report(struct exposing *x, const char *id, struct fail *f)
{
    TRY(put_head(x, id, f));
    TRY(put_knowers(x, id, f));
    TRY(put_overrides(x, id, f));
    put_attempts(x, id);
    x->reports++;
    return OK;
}

static json_t *totals_json(const struct exposing *x)
{
    json_t *v = json_object();
    json_set_u64(v, "reports", x->reports);
    json_set_u64(v, "portions", x->portion_count);
    json_set_u64(v, "briefed", x->briefed);
    json_set_u64(v, "told", x->told);
    json_set_u64(v, "overrides", x->overrides);
    json_set_u64(v, "attempts", x->attempts);
    json_set_u64(v, "refused", x->refused);
    return v;
}

enum err exposed_fill(struct node *n, const struct asker *a, json_t *found, json_t *answer, struct fail *f)
{
    AUTO(json_freep) json_t *alerts = NULL;
    AUTO(json_freep) json_t *persons = json_object();
    json_t *reports = json_array();
    struct exposing x = { .n = n, .asker = a, .persons = persons };
    json_set_take(answer, "reports", reports);
    TRY(view_alerts(n, a, &alerts, f));
    x.alerts = json_object_get(alerts, "alerts");
    const char *report;
    json_t *portions;
    json_object_foreach (found, report, portions) {
        AUTO(json_freep) json_t *numbers = json_array();
        x.portions = portions;
        x.numbers = numbers;
        x.report = json_object();
        json_array_append_new(reports, x.report);
        TRY(put_report(&x, report, f));
    }
    json_set_take(answer, "totals", totals_json(&x));
    return OK;
}
