/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/knowers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/time.h"
#include "exchange/arrange.h"
#include "exchange/aware.h"
#include "exchange/facts.h"
#include "exchange/guests.h"
#include "exchange/view.h"
#include "ledger/body.h"
#include "ledger/statement.h"
#include "policy/ask.h"
#include "store/leaf.h"
#include "store/override.h"
#include "store/person.h"
#include "store/statement.h"
#include "store/store.h"

/* From the least to the most: of two things that are known of a cell the later one is shown. */
enum state { NOTHING, WITHHELD, REFUSED, MAY, OVERRIDE, TOLD, BRIEFED };
static const char *const state_names[] = { "", "withheld", "refused", "may", "override", "told", "briefed" };

struct cell {
    enum state state;
    enum reason reason; /* of WITHHELD */
    const char *basis;
    char *by; /* who told; NULL: nobody */
    char override[UUID_TEXT];
    uint64_t at_ms, entry;
    uint32_t generation; /* 0: no entry */
    struct {
        uint64_t at_ms, entry, times; /* times 0: he never tried in vain */
        uint32_t generation;
    } refused;
};

struct row {
    char *name; /* a person, @domain, or words */
    char organisation[DOMAIN_MAX + 1];
    bool words;
    struct cell *cells; /* one a column */
};

/* What was given of one portion to one organisation: the newest copy. */
struct holding {
    struct copy_row copy;
};

struct knowers {
    struct node *n;
    struct db *db;
    const struct asker *asker;
    const char *report;
    bool author;
    struct aware columns;
    struct holding *holdings;
    size_t holding_count;
    struct row *rows;
    size_t row_count;
    bool truncated;
    size_t column;            /* that is being filled */
    const char *organisation; /* whose people are being filled in */
    bool oversight;           /* his organisation's auditors see evidence about ours, by standing terms */
};

static void knowers_clear(struct knowers *k)
{
    for (size_t i = 0; i < k->row_count; i++) {
        for (size_t c = 0; c < k->columns.count; c++)
            free(k->rows[i].cells[c].by);
        free(k->rows[i].cells);
        free(k->rows[i].name);
    }
    for (size_t i = 0; i < k->holding_count; i++)
        store_copy_clear(&k->holdings[i].copy);
    free(k->rows);
    free(k->holdings);
    aware_clear(&k->columns);
}

/* Rows ---------------------------------------------------------------------------------------------------------- */

/* Whether a row about ${person} of ${organisation} is for the asker's eyes. The columns are. */
static bool may_see(const struct knowers *k, const char *person, const char *organisation)
{
    const struct asker *a = k->asker;
    const struct policy_asking p = { .exists = true,
                                     .shared = true,
                                     .about_self = strcmp(person, a->person) == 0,
                                     .about_own = strcmp(organisation, a->own ? a->domain : a->issuer) == 0,
                                     .about_originator = strcmp(organisation, k->n->conf.domain) == 0,
                                     .originator = a->own,
                                     .author = k->author,
                                     .officer = (a->roles & ROLE_OFFICER) != 0,
                                     .auditor = (a->roles & ROLE_AUDITOR) != 0,
                                     .oversight = k->oversight };
    return policy_may_ask(&p);
}

static struct row *find_row(struct knowers *k, const char *name, bool words)
{
    for (size_t i = 0; i < k->row_count; i++)
        if (k->rows[i].words == words && strcmp(k->rows[i].name, name) == 0)
            return &k->rows[i];
    return NULL;
}

/* The row of ${name}, a new one if need be; NULL if it is not to be shown. */
static struct row *row_of(struct knowers *k, const char *name, const char *organisation, bool words)
{
    struct row *row = find_row(k, name, words);
    if (row || !may_see(k, name, organisation))
        return row;
    if (k->row_count == KNOWERS_MAX) {
        k->truncated = true;
        return NULL;
    }
    k->rows = mem_grow(k->rows, k->row_count + 1, sizeof *k->rows);
    row = &k->rows[k->row_count++];
    *row = (struct row){ .name = str_dup(name), .words = words };
    snprintf(row->organisation, sizeof row->organisation, "%s", organisation);
    row->cells = mem_array(k->columns.count + 1, sizeof *row->cells);
    return row;
}

/* Whose person he is: a guest is his host's. */
static enum err organisation_of(struct knowers *k, const char *person, char out[static DOMAIN_MAX + 1],
                                struct fail *f)
{
    if (name_is_person(person))
        return guests_via(k->db, person, out, f);
    snprintf(out, DOMAIN_MAX + 1, "%s", person + (*person == '@'));
    return OK;
}

static struct cell *cell_in(struct knowers *k, struct row *row, const char *portion)
{
    for (size_t c = 0; row && c < k->columns.count; c++)
        if (strcmp(k->columns.rows[c].id, portion) == 0)
            return &row->cells[c];
    return NULL;
}

/* Columns ------------------------------------------------------------------------------------------------------- */

static enum err note_copy(const struct copy_row *row, void *ctx, struct fail *f)
{
    struct knowers *k = ctx;
    (void)f;
    for (size_t i = 0; i < k->holding_count; i++) {
        struct copy_row *known = &k->holdings[i].copy;
        if (strcmp(known->portion, row->portion) != 0 || strcmp(known->holder, row->holder) != 0)
            continue;
        store_copy_clear(known); /* the list goes on in time: the newest counts */
        store_copy_copy(row, known);
        return OK;
    }
    k->holdings = mem_grow(k->holdings, k->holding_count + 1, sizeof *k->holdings);
    memset(&k->holdings[k->holding_count], 0, sizeof *k->holdings);
    store_copy_copy(row, &k->holdings[k->holding_count++].copy);
    return OK;
}

static const struct copy_row *copy_for(const struct knowers *k, const char *portion, const char *holder)
{
    for (size_t i = 0; i < k->holding_count; i++)
        if (strcmp(k->holdings[i].copy.portion, portion) == 0 &&
            strcmp(k->holdings[i].copy.holder, holder) == 0)
            return &k->holdings[i].copy;
    return NULL;
}

static enum err decide(struct knowers *k, const struct copy_row *copy, const char *person, const char *home,
                       struct facts *facts, struct fail *f)
{
    TRY(facts_load(k->n, k->db, copy, person, home, NULL, k->n->now_ms(), facts, f));
    facts_decide(facts);
    return OK;
}

/* Of a hidden portion a holder's person knows if he was briefed on it, or may be. */
static enum err may_have(struct knowers *k, const struct copy_row *copy, bool *may, struct fail *f)
{
    AUTO(facts_clear) struct facts facts = { 0 };
    AUTO(str_freep) char *name = str_format("%s/%s", k->n->conf.domain, copy->portion);
    uint32_t generation;
    uint64_t index;
    enum err e = store_briefing_pick(k->db, name, k->asker->person, true, &generation, &index, f);
    *may = e == OK;
    if (!store_missing(e, f))
        return e;
    TRY(decide(k, copy, k->asker->person, k->asker->issuer, &facts, f));
    *may = facts.result.outcome == POLICY_ALLOW;
    return OK;
}

static enum err keep_for_holder(struct knowers *k, const struct aware_portion *p, bool *keep, struct fail *f)
{
    const struct copy_row *copy = copy_for(k, p->id, k->asker->issuer);
    *keep = copy != NULL;
    return copy && p->hidden ? may_have(k, copy, keep, f) : OK;
}

/* All columns as the author has them, then only those that the holder has, and its person knows of; numbered for him. */
static enum err columns_of_holder(struct knowers *k, struct fail *f)
{
    struct asker all = { .roles = ROLE_AUDITOR, .own = true };
    struct aware every = { 0 };
    uint32_t next = 1;
    enum err e = aware_own(k->n, k->db, &all, k->report, &every, f);
    k->columns.rows = mem_array(every.count + 1, sizeof *k->columns.rows);
    for (size_t i = 0; e == OK && i < every.count; i++) {
        struct aware_portion *p = &every.rows[i];
        bool keep;
        e = keep_for_holder(k, p, &keep, f);
        if (e != OK || !keep)
            continue;
        if (p->hidden)
            p->n = next;
        next = p->n + 1;
        k->columns.rows[k->columns.count++] = *p;
        p->mark = NULL;
    }
    aware_clear(&every);
    return e;
}

static enum err load_columns(struct knowers *k, struct fail *f)
{
    char author[PERSON_MAX + 1];
    enum err e = store_report_author(k->db, k->report, author, f);
    if (e == OK)
        e = store_copy_list_report(k->db, k->report, note_copy, k, f);
    if (e == OK) {
        k->author = k->asker->own && strcmp(author, k->asker->person) == 0;
        e = k->asker->own ? aware_own(k->n, k->db, k->asker, k->report, &k->columns, f)
                          : columns_of_holder(k, f);
    }
    if (e != OK && !store_missing(e, f))
        return e;
    if (e != OK || k->columns.count == 0)
        return fail_why(f, REASON_NOT_YOURS, "this report is unknown here, or not yours to ask about");
    return OK;
}

/* What is on record --------------------------------------------------------------------------------------------- */

/* What a briefing rests on: a key that was released, a telling, or what a partner reported. */
static enum err read_briefing(struct knowers *k, uint32_t generation, uint64_t index, struct cell *cell,
                              struct fail *f)
{
    AUTO(store_leaf_clear) struct leaf_row leaf = { 0 };
    struct body body;
    struct fail why = { 0 };
    TRY(store_leaf_get(k->db, generation, index, &leaf, f));
    cell->generation = generation;
    cell->entry = index;
    cell->at_ms = leaf.time_ms;
    cell->basis = "key";
    cell->state = BRIEFED;
    if (body_read(leaf.body, &body, &why) != OK) /* erased: that there was one stays */
        return OK;
    wipe(body.key, sizeof body.key);
    bool reported = body_kind(&body) == KIND_REPORTED_BRIEFING, copy = body.field[FIELD_COPY].len > 0;
    if (body_kind(&body) == KIND_TOLD || (reported && !copy)) {
        cell->state = reported ? OVERRIDE : TOLD;
        cell->basis = reported ? "told, reporter" : "told";
        free(cell->by);
        cell->by = body.field[FIELD_ACTOR].len
                       ? mem_dup(body.field[FIELD_ACTOR].data, body.field[FIELD_ACTOR].len)
                       : NULL;
    } else if (reported) {
        cell->basis = "key, reporter";
    }
    return OK;
}

static enum err add_briefing(uint32_t generation, const char *person, uint64_t index, void *ctx,
                             struct fail *f)
{
    struct knowers *k = ctx;
    char organisation[DOMAIN_MAX + 1];
    TRY(organisation_of(k, person, organisation, f));
    struct row *row = row_of(k, person, organisation, false);
    return row ? read_briefing(k, generation, index, &row->cells[k->column], f) : OK;
}

static enum err add_refusal(const struct refusal_row *refusal, const char *portion, const char *holder,
                            void *ctx, struct fail *f)
{
    struct knowers *k = ctx;
    char organisation[DOMAIN_MAX + 1];
    (void)holder;
    if (!name_is_person(refusal->identity) || !aware_find(&k->columns, portion))
        return OK;
    TRY(organisation_of(k, refusal->identity, organisation, f));
    struct cell *cell = cell_in(k, row_of(k, refusal->identity, organisation, false), portion);
    if (!cell)
        return OK;
    AUTO(store_leaf_clear) struct leaf_row leaf = { 0 };
    TRY(store_leaf_get(k->db, refusal->generation, refusal->idx, &leaf, f));
    cell->refused.times += 1 + refusal->count;
    cell->refused.at_ms = leaf.time_ms;
    cell->refused.entry = refusal->idx;
    cell->refused.generation = refusal->generation;
    if (cell->state < REFUSED)
        cell->state = REFUSED;
    return OK;
}

/* Outsiders, who are words only, and what an override says of those who have names. */
struct overriding {
    struct knowers *k;
    const struct override_row *row;
    struct row *into;
};

static enum err mark_override(const char *portion, uint32_t n, void *ctx, struct fail *f)
{
    struct overriding *o = ctx;
    struct cell *cell = cell_in(o->k, o->into, portion);
    (void)n;
    (void)f;
    if (!cell)
        return OK;
    snprintf(cell->override, sizeof cell->override, "%s", o->row->id);
    if (cell->state >= TOLD)
        return OK;
    cell->state = OVERRIDE;
    cell->at_ms = o->row->at_ms;
    cell->entry = o->row->idx;
    cell->generation = o->row->generation;
    cell->basis = "told, reporter";
    free(cell->by);
    cell->by = str_dup(o->row->by_person);
    return OK;
}

static bool any_column(struct knowers *k, const json_t *portions)
{
    for (size_t c = 0; c < k->columns.count; c++)
        if (statement_names(portions, k->columns.rows[c].id))
            return true;
    return false;
}

static enum err name_portion(const char *portion, uint32_t n, void *ctx, struct fail *f)
{
    (void)n;
    (void)f;
    json_array_append_new(ctx, json_string(portion));
    return OK;
}

static enum err add_override(const struct override_row *row, void *ctx, struct fail *f)
{
    struct knowers *k = ctx;
    AUTO(json_freep) json_t *portions = json_array();
    bool words = !name_is_domain(row->to_whom) && !name_is_person(row->to_whom);
    char organisation[DOMAIN_MAX + 1] = "", name[DOMAIN_MAX + 2];
    TRY(store_override_portions(k->db, row->id, name_portion, portions, f));
    if (!any_column(k, portions))
        return OK;
    if (!words)
        TRY(organisation_of(k, row->to_whom, organisation, f));
    snprintf(name, sizeof name, "@%s", organisation);
    struct overriding o = { k, row, NULL };
    o.into = row_of(k, name_is_domain(row->to_whom) ? name : row->to_whom, organisation, words);
    return store_override_portions(k->db, row->id, mark_override, &o, f);
}

/* Whoever was told and has no name here but words. */
static enum err add_telling(const struct statement_row *row, void *ctx, struct fail *f)
{
    struct knowers *k = ctx;
    AUTO(statement_freep) struct statement *s = NULL;
    TRY(statement_read(bytes_str(row->jws), JOSE_MAX_SMALL, &s, f));
    const char *words = json_string_value(json_object_get(s->body, "words"));
    uint32_t generation = 0;
    uint64_t index = 0;
    if (!words || !any_column(k, s->portions))
        return OK;
    enum err e = store_statement_entry(k->db, row->iss, row->id, &generation, &index, f);
    if (!store_missing(e, f))
        TRY(e);
    struct row *into = row_of(k, words, "", true);
    for (size_t i = 0; i < json_array_size(s->portions); i++) {
        struct cell *cell = cell_in(k, into, json_string_value(json_array_get(s->portions, i)));
        if (!cell || cell->state >= TOLD)
            continue;
        cell->state = TOLD;
        cell->at_ms = s->at_ms;
        cell->basis = "told";
        cell->generation = generation;
        cell->entry = index;
        free(cell->by);
        cell->by = str_dup(s->by);
    }
    return OK;
}

/* What may be ---------------------------------------------------------------------------------------------------- */

static enum err fill_may(struct knowers *k, struct row *row, size_t c, struct fail *f)
{
    AUTO(facts_clear) struct facts facts = { 0 };
    const struct aware_portion *p = &k->columns.rows[c];
    const struct copy_row *copy = copy_for(k, p->id, row->organisation);
    struct cell *cell = &row->cells[c];
    if (cell->state > MAY)
        return OK;
    if (p->clear) {
        cell->state = MAY;
        return OK;
    }
    if (!copy)
        return OK;
    TRY(decide(k, copy, row->name, row->organisation, &facts, f));
    if (facts.result.outcome == POLICY_ALLOW)
        cell->state = MAY;
    else if (p->hidden) /* for him it does not exist: nothing is withheld */
        return OK;
    else if (cell->state < WITHHELD)
        cell->state = WITHHELD;
    for (size_t i = 0; i < facts.result.count && cell->state <= REFUSED && cell->reason == REASON_NONE; i++)
        if (facts.result.reasons[i].outcome == facts.result.outcome)
            cell->reason = facts.result.reasons[i].reason;
    return OK;
}

static enum err add_person(const struct person_row *person, void *ctx, struct fail *f)
{
    struct knowers *k = ctx;
    unsigned roles;
    if (person->state != PERSON_ACTIVE)
        return OK;
    TRY(auth_roles_read(person->roles, &roles, f));
    if (!(roles & ROLE_READER))
        return OK;
    struct row *row = row_of(k, person->id, k->organisation, false);
    for (size_t c = 0; row && c < k->columns.count; c++)
        TRY(fill_may(k, row, c, f));
    return OK;
}

/* The people of every organisation that holds something of it, our own first. */
static enum err add_people(struct knowers *k, struct fail *f)
{
    AUTO(json_freep) json_t *seen = json_array();
    json_array_append_new(seen, json_string(k->n->conf.domain));
    for (size_t i = 0; i < k->holding_count; i++)
        if (!statement_names(seen, k->holdings[i].copy.holder))
            json_array_append_new(seen, json_string(k->holdings[i].copy.holder));
    for (size_t i = 0; i < json_array_size(seen); i++) {
        k->organisation = json_string_value(json_array_get(seen, i));
        TRY(store_person_list(k->db, k->organisation, add_person, k, f));
        TRY(store_guest_list(k->db, k->organisation, add_person, k, f));
    }
    return OK;
}

static enum err fill(struct knowers *k, struct fail *f)
{
    for (k->column = 0; k->column < k->columns.count; k->column++) {
        AUTO(str_freep)
        char *name = str_format("%s/%s", k->n->conf.domain, k->columns.rows[k->column].id);
        TRY(store_briefing_list(k->db, name, add_briefing, k, f));
    }
    TRY(store_refusal_list(k->db, k->report, add_refusal, k, f));
    TRY(store_override_list(k->db, k->report, add_override, k, f));
    TRY(store_statement_list(k->db, k->report, "tell", add_telling, k, f));
    return add_people(k, f);
}

/* The answer ------------------------------------------------------------------------------------------------------ */

static json_t *cell_json(const struct cell *cell, uint32_t n)
{
    json_t *v = json_object();
    json_set_u64(v, "n", n);
    json_set_str(v, "state", state_names[cell->state]);
    if (cell->state >= OVERRIDE) {
        json_set_time(v, "at", cell->at_ms);
        view_set_entry(v, cell->generation, cell->entry);
        json_set_str(v, "basis", cell->basis);
    }
    if (cell->by)
        json_set_str(v, "by", cell->by);
    if (*cell->override)
        json_set_str(v, "override", cell->override);
    if (cell->reason != REASON_NONE && cell->state <= REFUSED)
        json_set_str(v, "reason", reason_code(cell->reason));
    if (cell->refused.times) {
        json_t *refused = json_object();
        json_set_time(refused, "at", cell->refused.at_ms);
        view_set_entry(refused, cell->refused.generation, cell->refused.entry);
        json_set_u64(refused, "times", cell->refused.times);
        json_set_take(v, "refused", refused);
    }
    return v;
}

static int in_order(const void *a, const void *b)
{
    const struct row *x = a, *y = b;
    if (x->words != y->words)
        return x->words ? 1 : -1;
    int by_organisation = strcmp(x->organisation, y->organisation);
    return by_organisation ? by_organisation : strcmp(x->name, y->name);
}

static json_t *rows_json(const struct knowers *k)
{
    json_t *rows = json_array();
    for (size_t i = 0; i < k->row_count; i++) {
        const struct row *row = &k->rows[i];
        json_t *v = json_object(), *cells = json_array();
        json_set_str(v, "person", row->words ? "" : row->name);
        if (row->words)
            json_set_str(v, "words", row->name);
        json_set_str(v, "organisation", row->organisation);
        json_set_take(v, "cells", cells);
        for (size_t c = 0; c < k->columns.count; c++)
            if (row->cells[c].state != NOTHING)
                json_array_append_new(cells, cell_json(&row->cells[c], k->columns.rows[c].n));
        if (json_array_size(cells))
            json_array_append_new(rows, v);
        else
            json_decref(v);
    }
    return rows;
}

static uint64_t total(const struct knowers *k, size_t column, enum state from, enum state to)
{
    uint64_t count = 0;
    for (size_t i = 0; i < k->row_count; i++)
        count += k->rows[i].cells[column].state >= from && k->rows[i].cells[column].state <= to;
    return count;
}

static json_t *answer_json(struct knowers *k)
{
    json_t *v = json_object(), *portions = json_array(), *totals = json_array();
    if (k->row_count)
        qsort(k->rows, k->row_count, sizeof *k->rows, in_order);
    json_set_str(v, "report", k->report);
    json_set_time(v, "at", k->n->now_ms());
    json_set_bool(v, "truncated", k->truncated);
    json_set_take(v, "portions", portions);
    json_set_take(v, "persons", rows_json(k));
    json_set_take(v, "totals", totals);
    for (size_t c = 0; c < k->columns.count; c++) {
        json_t *p = json_object(), *t = json_object();
        json_array_append_new(portions, p);
        json_set_u64(p, "n", k->columns.rows[c].n);
        json_set_str(p, "id", k->columns.rows[c].id);
        json_set_str(p, "mark", k->columns.rows[c].mark);
        json_array_append_new(totals, t);
        json_set_u64(t, "n", k->columns.rows[c].n);
        json_set_u64(t, "briefed", total(k, c, BRIEFED, BRIEFED));
        json_set_u64(t, "told", total(k, c, OVERRIDE, TOLD));
        json_set_u64(t, "may", total(k, c, MAY, MAY));
    }
    return v;
}

enum err knowers_answer(struct node *n, const struct asker *a, const json_t *in, json_t **out, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    AUTO(knowers_clear) struct knowers k = { .n = n, .asker = a };
    const char *report;
    TRY(json_need_str(in, "report", "question", &report, f));
    if (!name_is_uuid(report))
        return fail_set(f, E_INVALID, "question: report is no id");
    k.report = report;
    TRY(store_read_begin(n->store, &db, f));
    TRY(store_read_snapshot(db, f));
    k.db = db;
    TRY(arrange_oversight(db, a->own ? a->domain : a->issuer, &k.oversight, f));
    TRY(load_columns(&k, f));
    TRY(fill(&k, f));
    *out = answer_json(&k);
    return OK;
}
