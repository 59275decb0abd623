/* SPDX-License-Identifier: Apache-2.0
 * exchange/view_derived.c - what reports cite, for those who may know; and what a draft would cite, and by whose leave it
 * could go to whom */
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "exchange/aware.h"
#include "exchange/derive.h"
#include "exchange/view.h"
#include "marking/citation.h"
#include "store/derived.h"
#include "store/held.h"
#include "store/report.h"
#include "store/store.h"

#define TO_MAX     ((size_t)1000)
#define NUMBER_MAX 1023 /* of a portion */

/* One report ------------------------------------------------------------------------------------------------ */

struct showing {
    struct node *n;
    struct db *db;
    const struct asker *a;
    const struct aware *known;
    json_t *into;
};

/* The number of what is cited is his who asks, if he knows it at all. */
static enum err show_source(const struct showing *s, const struct derived_row *row, json_t *j, struct fail *f)
{
    AUTO(aware_clear) struct aware known = { 0 };
    if (strcmp(row->originator, s->n->conf.domain) == 0)
        TRY(aware_own(s->n, s->db, s->a, row->source_report, &known, f));
    else
        TRY(aware_held(s->n, s->db, s->a, row->originator, row->source_report, &known, f));
    const struct aware_portion *p = aware_find(&known, row->source);
    if (!p)
        return OK;
    json_set_u64(j, "n", p->n);
    json_set_str(j, "mark", p->mark);
    json_set_time(j, "recalled", p->recalled_ms);
    return OK;
}

static enum err show_row(const struct derived_row *row, void *ctx, struct fail *f)
{
    const struct showing *s = ctx;
    const struct aware_portion *in = aware_find(s->known, row->portion);
    if (!in)
        return OK;
    json_t *j = json_object();
    json_array_append_new(s->into, j);
    json_set_str(j, "in", in->id);
    json_set_u64(j, "in_n", in->n);
    json_set_str(j, "originator", row->originator);
    json_set_str(j, "report", row->source_report);
    json_set_str(j, "portion", row->source);
    json_set_str(j, "commitment", *row->commitment ? row->commitment : NULL);
    return show_source(s, row, j, f);
}

static int by_place(const json_t *a, const json_t *b)
{
    json_int_t x = json_integer_value(json_object_get(a, "in_n"));
    json_int_t y = json_integer_value(json_object_get(b, "in_n"));
    return (x > y) - (x < y);
}

/* By the portions that cite: an insertion that keeps the rest as it is. */
static json_t *in_order(json_t *rows)
{
    json_t *out = json_array();
    for (size_t i = 0; i < json_array_size(rows); i++) {
        json_t *row = json_array_get(rows, i);
        size_t at = json_array_size(out);
        while (at > 0 && by_place(json_array_get(out, at - 1), row) > 0)
            at--;
        json_array_insert(out, at, row);
    }
    return out;
}

enum err derived_show(struct node *n, struct db *db, const struct asker *a, const char *owner,
                      const struct aware *known, json_t *report, struct fail *f)
{
    AUTO(json_freep) json_t *rows = json_array();
    struct showing s = { n, db, a, known, rows };
    const char *id = json_string_value(json_object_get(report, "report"));
    TRY(store_derived_list_report(db, owner, id, show_row, &s, f));
    json_set_take(report, "derived_from", in_order(rows));
    return OK;
}

/* A draft ------------------------------------------------------------------------------------------------------ */

struct drafting {
    struct node *n;
    struct db *db;
    const struct asker *a;
    const json_t *to;
};

struct wanted {
    const char *report, *originator; /* as it was written; "": not said */
    uint64_t n;
};

static enum err read_wanted(const json_t *cite, struct wanted *w, struct fail *f)
{
    TRY(json_need_str(cite, "report", "cites", &w->report, f));
    TRY(json_need_u64(cite, "n", "cites", &w->n, f));
    TRY(json_may_str(cite, "originator", "cites", &w->originator, f));
    if (!w->originator)
        w->originator = "";
    if (*w->originator && !name_is_domain(w->originator))
        return fail_set(f, E_INVALID, "cites: '%.80s' is no domain", w->originator);
    return w->n >= 1 && w->n <= NUMBER_MAX
               ? OK
               : fail_set(f, E_INVALID, "cites: n is the number of a portion, from 1");
}

static enum err take_origin(const char *originator, const char *id, void *ctx, struct fail *f)
{
    json_t *list = ctx;
    (void)id;
    (void)f;
    json_array_append_new(list, json_string(originator));
    return OK;
}

/* Of several reports with one id the one whose originator was written. */
static enum err find_originator(const struct drafting *d, const struct wanted *w, const char *id,
                                char out[static DOMAIN_MAX + 1], struct fail *f)
{
    AUTO(json_freep) json_t *list = json_array();
    AUTO(store_report_clear) struct report_row own = { 0 };
    enum err e = store_report_get(d->db, id, &own, f);
    if (!store_missing(e, f)) {
        TRY(e);
        json_array_append_new(list, json_string(d->n->conf.domain));
    }
    TRY(store_held_origin(d->db, id, take_origin, list, f));
    *out = '\0';
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *one = json_string_value(json_array_get(list, i));
        if (!*out && (!*w->originator || strcmp(w->originator, one) == 0))
            memcpy(out, one, strlen(one) + 1);
    }
    return OK;
}

static const char *state_of(const struct derive_leave *l)
{
    if (reason_err(l->reason) == OK)
        return l->reason == REASON_RELEASED ? "granted" : "free";
    return *l->request && l->state == REQUEST_OPEN ? "asked" : "missing";
}

static json_t *leave_json(const char *whom, const struct derive_leave *l)
{
    const char *state = state_of(l);
    bool free_ = strcmp(state, "free") == 0;
    json_t *j = json_object();
    json_set_str(j, "to", whom);
    json_set_str(j, "state", state);
    json_set_str(j, "reason", reason_code(l->reason));
    if (free_ || !*l->request)
        return j;
    json_set_str(j, "request", l->request);
    json_set_str(j, "request_state", request_state_name(l->state));
    if (strcmp(state, "asked") == 0)
        json_set_time(j, "due", l->due_ms);
    else
        json_set_time(j, "until", l->until_ms);
    return j;
}

static enum err put_leaves(const struct drafting *d, const struct derive_source *s, json_t *j, struct fail *f)
{
    json_t *leaves = json_array();
    json_set_take(j, "leaves", leaves);
    for (size_t i = 0; i < json_array_size(d->to); i++) {
        const char *whom = json_string_value(json_array_get(d->to, i));
        struct derive_leave leave;
        TRY(derive_leave(d->n, d->db, s, whom, &leave, f));
        json_array_append_new(leaves, leave_json(whom, &leave));
    }
    return OK;
}

static void put_refused(json_t *j, enum reason why, const char *text)
{
    json_set_str(j, "state", "refused");
    json_set_str(j, "reason", reason_code(why));
    json_set_str(j, "why", text);
}

/* What is unknown, not held, hidden from him or has no such portion reads the same. */
static enum err put_source(const struct drafting *d, const struct wanted *w, const char *id, json_t *j,
                           struct fail *f)
{
    AUTO(aware_clear) struct aware known = { 0 };
    char originator[DOMAIN_MAX + 1];
    enum reason why = REASON_NOT_YOURS;
    TRY(find_originator(d, w, id, originator, f));
    bool own = strcmp(originator, d->n->conf.domain) == 0;
    if (*originator && !own)
        TRY(aware_held(d->n, d->db, d->a, originator, id, &known, f));
    const struct aware_portion *p = aware_number(&known, (uint32_t)w->n);
    AUTO(derive_source_clear)
    struct derive_source s = { .originator = originator, .report = id, .portion = p ? p->id : "" };
    if (own || p)
        TRY(derive_may_cite(d->n, d->db, d->a->person, &s, &why, f));
    if (reason_err(why) != OK) {
        put_refused(j, why, reason_text(why));
        return OK;
    }
    char brief[25];
    TRY(view_shortest(d->n, "report", id, brief, f));
    json_set_str(j, "state", "cited");
    json_set_str(j, "report", id);
    json_set_str(j, "short", brief);
    json_set_str(j, "originator", originator);
    json_set_str(j, "portion", p->id);
    json_set_u64(j, "n", p->n);
    json_set_str(j, "mark", s.mark);
    json_set_str(j, "commitment", *s.commitment ? s.commitment : NULL);
    return put_leaves(d, &s, j, f);
}

static enum err put_cited(const struct drafting *d, const json_t *cite, json_t *j, struct fail *f)
{
    struct wanted w;
    struct fail why = { 0 };
    char id[UUID_TEXT];
    TRY(read_wanted(cite, &w, f));
    enum err e = view_resolve_for(d->n, d->a, "report", w.report, id, &why);
    if (e == OK)
        return put_source(d, &w, id, j, f);
    if (e != E_NOT_FOUND && e != E_CONFLICT)
        return fail_pass(f, &why);
    put_refused(j, why.reason, e == E_CONFLICT ? why.what : reason_text(REASON_NOT_YOURS));
    return OK;
}

static enum err check_to(const json_t *to, size_t cites, struct fail *f)
{
    for (size_t i = 0; i < json_array_size(to); i++) {
        const char *whom = json_string_value(json_array_get(to, i));
        if (!whom || (!name_is_domain(whom) && !name_is_person(whom)))
            return fail_set(f, E_INVALID, "cites: 'to' names domains and persons");
    }
    if (cites < 1 || cites > SOURCE_CITATIONS_MAX || json_array_size(to) > TO_MAX)
        return fail_set(f, E_INVALID, "cites: 1 to %zu portions, for at most %zu recipients",
                        SOURCE_CITATIONS_MAX, TO_MAX);
    if (cites * json_array_size(to) > DERIVE_LEAVES_MAX)
        return fail_set(f, E_TOO_LARGE, "cites: more than %zu leaves: ask for fewer", DERIVE_LEAVES_MAX);
    return OK;
}

enum err derived_preview(struct node *n, const struct asker *a, const json_t *in, json_t **out,
                         struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    AUTO(json_freep) json_t *answer = json_object();
    const json_t *cites, *to = json_object_get(in, "to");
    json_t *cited = json_array();
    json_set_take(answer, "cited", cited);
    TRY(json_need_array(in, "cites", "cites", &cites, f));
    TRY(check_to(to, json_array_size(cites), f));
    TRY(store_read_begin(n->store, &db, f));
    struct drafting d = { n, db, a, to };
    for (size_t i = 0; i < json_array_size(cites); i++) {
        json_t *j = json_object();
        json_array_append_new(cited, j);
        TRY(put_cited(&d, json_array_get(cites, i), j, f));
    }
    *out = json_incref(answer);
    return OK;
}
