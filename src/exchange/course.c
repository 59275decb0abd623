/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/course.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/time.h"
#include "exchange/aware.h"
#include "exchange/guests.h"
#include "exchange/view.h"
#include "ledger/statement.h"
#include "store/held.h"
#include "store/leaf.h"
#include "store/override.h"
#include "store/report.h"
#include "store/request.h"
#include "store/statement.h"
#include "store/store.h"

struct course {
    struct node *n;
    struct db *db;
    const struct asker *asker;
    char report[UUID_TEXT];
    char originator[DOMAIN_MAX + 1];
    bool own, all; /* ours; he may see what others did */
    struct aware known;
    json_t *into;       /* edges or lines */
    json_t *statements; /* timeline: ids of those that are shown */
};

static void course_clear(struct course *c)
{
    aware_clear(&c->known);
    json_decref(c->statements);
}

/* Which report, and what of it ----------------------------------------------------------------------------- */

static enum err take_origin(const char *originator, const char *id, void *ctx, struct fail *f)
{
    (void)id;
    (void)f;
    snprintf(ctx, DOMAIN_MAX + 1, "%s", originator);
    return OK;
}

static enum err load_known(struct course *c, struct fail *f)
{
    char author[PERSON_MAX + 1] = "";
    enum err e = store_report_author(c->db, c->report, author, f);
    c->own = !store_missing(e, f);
    c->all = c->asker->roles & (ROLE_OFFICER | ROLE_AUDITOR | (c->own ? 0 : ROLE_AUTHOR)) ||
             strcmp(author, c->asker->person) == 0;
    if (c->own) {
        TRY(e);
        snprintf(c->originator, sizeof c->originator, "%s", c->n->conf.domain);
        return aware_own(c->n, c->db, c->asker, c->report, &c->known, f);
    }
    TRY(store_held_origin(c->db, c->report, take_origin, c->originator, f));
    return *c->originator ? aware_held(c->n, c->db, c->asker, c->originator, c->report, &c->known, f) : OK;
}

static enum err begin(struct course *c, const char *text, struct fail *f)
{
    TRY(view_resolve_for(c->n, c->asker, "report", text, c->report, f));
    TRY(store_read_begin(c->n->store, &c->db, f));
    TRY(store_read_snapshot(c->db, f));
    TRY(load_known(c, f));
    if (c->known.count == 0)
        return fail_why(f, REASON_NOT_YOURS, "report %.40s is unknown here, or not yours", text);
    return OK;
}

static json_t *answer(const struct course *c, const char *name)
{
    json_t *v = json_object();
    json_set_str(v, "report", c->report);
    json_set_time(v, "at", c->n->now_ms());
    json_set_take(v, name, json_incref(c->into));
    return v;
}

/* Whether somebody's doing is his to see. */
static bool his(const struct course *c, const char *by)
{
    return c->all || strcmp(by, c->asker->person) == 0;
}

/* The path ---------------------------------------------------------------------------------------------------- */

struct edge {
    const char *portion, *from, *to, *kind, *by, *ref;
    uint64_t at_ms, until_ms, entry;
    uint32_t generation; /* 0: no entry */
};

static void add_edge(struct course *c, const struct edge *e)
{
    const struct aware_portion *p = aware_find(&c->known, e->portion);
    if (!p)
        return;
    json_t *v = json_object();
    json_array_append_new(c->into, v);
    json_set_u64(v, "n", p->n);
    json_set_str(v, "from", e->from);
    json_set_str(v, "to", e->to);
    json_set_str(v, "kind", e->kind);
    json_set_str(v, "by", e->by);
    json_set_str(v, "ref", e->ref);
    view_set_entry(v, e->generation, e->entry);
    json_set_time(v, "at", e->at_ms);
    json_set_time(v, "until", e->until_ms);
}

/* Who let it go on: the asker of the request that a grant answers, or else the originator himself. */
static enum err find_giver(struct course *c, const char *statement, struct request_row *request,
                           const char **by, struct statement **s, struct fail *f)
{
    AUTO(store_statement_clear) struct statement_row row = { 0 };
    enum err e = store_statement_get(c->db, c->n->conf.domain, statement, &row, f);
    *by = "";
    if (store_missing(e, f))
        return OK;
    TRY(e);
    TRY(statement_read(bytes_str(row.jws), JOSE_MAX_LARGE, s, f));
    *by = (*s)->by;
    if (strcmp((*s)->kind, "grant") != 0 || !*(*s)->ref)
        return OK;
    e = store_request_get(c->db, (*s)->ref, request, f);
    return store_missing(e, f) ? OK : e;
}

static enum err add_release(const struct release_row *row, void *ctx, struct fail *f)
{
    struct course *c = ctx;
    AUTO(store_request_clear) struct request_row request = { 0 };
    AUTO(statement_freep) struct statement *s = NULL;
    const char *by;
    if (strcmp(row->holder, c->n->conf.domain) == 0 && !*row->person)
        return OK;
    TRY(find_giver(c, row->statement, &request, &by, &s, f));
    bool onward = request.asker && strcmp(request.asker, row->holder) != 0;
    struct edge e = { .portion = row->portion,
                      .from = onward ? request.asker : c->originator,
                      .to = *row->person ? row->person : row->holder,
                      .kind = row->recalled_ms ? "recalled" : "granted",
                      .by = by,
                      .ref = row->statement,
                      .at_ms = row->from_ms,
                      .until_ms = row->recalled_ms ? row->recalled_ms : row->until_ms,
                      .generation = row->generation,
                      .entry = row->idx };
    add_edge(c, &e);
    return OK;
}

static enum err add_refusal(const struct refusal_row *row, const char *portion, const char *holder, void *ctx,
                            struct fail *f)
{
    struct course *c = ctx;
    AUTO(store_leaf_clear) struct leaf_row leaf = { 0 };
    char home[DOMAIN_MAX + 1];
    if (!name_is_person(row->identity))
        return OK;
    TRY(guests_via(c->db, row->identity, home, f));
    if (strcmp(home, holder) == 0)
        return OK; /* his own organisation's copy: nothing went anywhere */
    TRY(store_leaf_get(c->db, row->generation, row->idx, &leaf, f));
    struct edge e = { .portion = portion,
                      .from = holder,
                      .to = home,
                      .kind = "refused",
                      .by = row->identity,
                      .ref = "",
                      .at_ms = leaf.time_ms,
                      .generation = row->generation,
                      .entry = row->idx };
    add_edge(c, &e);
    return OK;
}

struct overriding {
    struct course *c;
    const struct override_row *row;
};

static enum err add_overridden(const char *portion, uint32_t n, void *ctx, struct fail *f)
{
    const struct overriding *o = ctx;
    (void)n;
    (void)f;
    struct edge e = { .portion = portion,
                      .from = o->row->giver,
                      .to = o->row->to_whom,
                      .kind = "override",
                      .by = o->row->by_person,
                      .ref = o->row->id,
                      .at_ms = o->row->at_ms,
                      .generation = o->row->generation,
                      .entry = o->row->idx };
    add_edge(o->c, &e);
    return OK;
}

static enum err add_override(const struct override_row *row, void *ctx, struct fail *f)
{
    struct course *c = ctx;
    struct overriding o = { c, row };
    return his(c, row->by_person) ? store_override_portions(c->db, row->id, add_overridden, &o, f) : OK;
}

/* Of what we hold: from the originator to us, and what our own people asked for. */
static void add_held(struct course *c)
{
    for (size_t i = 0; i < c->known.count; i++) {
        const struct aware_portion *p = &c->known.rows[i];
        AUTO(store_held_clear) struct held_row held = { 0 };
        struct fail why = { 0 };
        if (store_held_get(c->db, c->originator, p->share, &held, &why) != OK)
            continue;
        struct edge e = { .portion = p->id,
                          .from = c->originator,
                          .to = c->n->conf.domain,
                          .kind = p->recalled_ms ? "recalled" : "granted",
                          .by = "",
                          .ref = p->share,
                          .at_ms = held.received_ms,
                          .until_ms = p->recalled_ms };
        /* that it came is in our own ledger; its release is in the originator's */
        if (store_statement_entry(c->db, c->originator, p->share, &e.generation, &e.entry, &why) != OK)
            fail_clear(&why);
        add_edge(c, &e);
    }
}

struct asking {
    struct course *c;
    const struct request_row *row;
};

static enum err add_asked(const struct request_portion_row *portion, void *ctx, struct fail *f)
{
    const struct asking *a = ctx;
    const char *state = request_portion_state_name(portion->state);
    (void)f;
    bool granted = strcmp(state, "granted") == 0;
    bool open = a->row->state == REQUEST_OPEN;
    struct edge e = { .portion = portion->portion,
                      .from = a->c->n->conf.domain,
                      .to = a->row->to_whom,
                      .kind = granted ? "granted"
                              : open  ? "asked"
                                      : "denied",
                      .by = a->row->by_person,
                      .ref = a->row->id,
                      .at_ms = a->row->decided_ms ? a->row->decided_ms : a->row->asked_ms,
                      .generation = a->row->generation,
                      .entry = a->row->idx };
    add_edge(a->c, &e);
    return OK;
}

static enum err add_request(const struct request_row *row, void *ctx, struct fail *f)
{
    struct course *c = ctx;
    struct asking a = { c, row };
    if (!his(c, row->by_person) || row->state == REQUEST_WITHDRAWN)
        return OK;
    return store_request_portion_list(c->db, row->id, add_asked, &a, f);
}

static int in_time(const void *a, const void *b)
{
    const json_t *x = *(json_t *const *)a, *y = *(json_t *const *)b;
    int by_time = strcmp(json_text_of(x, "at"), json_text_of(y, "at"));
    if (by_time)
        return by_time;
    return (int)json_integer_value(json_object_get(x, "n")) -
           (int)json_integer_value(json_object_get(y, "n"));
}

static json_t *sorted(const json_t *list)
{
    size_t count = json_array_size(list);
    json_t **rows = mem_array(count + 1, sizeof *rows), *out = json_array();
    for (size_t i = 0; i < count; i++)
        rows[i] = json_array_get(list, i);
    qsort(rows, count, sizeof *rows, in_time);
    for (size_t i = 0; i < count; i++)
        json_array_append(out, rows[i]);
    mem_freep(&rows);
    return out;
}

static void add_organisation(const struct course *c, json_t *list, const char *who, struct fail *f)
{
    char domain[DOMAIN_MAX + 1];
    if (name_is_person(who)) {
        if (guests_via(c->db, who, domain, f) != OK)
            snprintf(domain, sizeof domain, "%s", name_domain_of(who));
        fail_clear(f);
        who = domain;
    }
    if (name_is_domain(who) && !statement_names(list, who))
        json_array_append_new(list, json_string(who));
}

static json_t *organisations(const struct course *c)
{
    json_t *list = json_array();
    struct fail f = { 0 };
    add_organisation(c, list, c->originator, &f);
    for (size_t i = 0; i < json_array_size(c->into); i++) {
        add_organisation(c, list, json_text_of(json_array_get(c->into, i), "from"), &f);
        add_organisation(c, list, json_text_of(json_array_get(c->into, i), "to"), &f);
    }
    return list;
}

enum err course_path(struct node *n, const struct asker *a, const char *report, json_t **out, struct fail *f)
{
    AUTO(course_clear) struct course c = { .n = n, .asker = a };
    AUTO(store_read_endp) struct db *db = NULL;
    AUTO(json_freep) json_t *edges = json_array();
    AUTO(json_freep) json_t *ordered = NULL;
    c.into = edges;
    enum err e = begin(&c, report, f);
    db = c.db;
    TRY(e);
    if (c.own && !c.all)
        return fail_why(f, REASON_NOT_ROLE, "where its copies went is for its author, officers and auditors");
    if (c.own) {
        TRY(store_release_list_report(db, c.report, add_release, &c, f));
        TRY(store_refusal_list(db, c.report, add_refusal, &c, f));
    } else {
        add_held(&c);
        TRY(store_request_list(db, c.originator, c.report, add_request, &c, f));
    }
    TRY(store_override_list(db, c.report, add_override, &c, f));
    ordered = sorted(edges);
    c.into = ordered;
    *out = answer(&c, "edges");
    json_set_take(*out, "organisations", organisations(&c));
    return OK;
}

/* The timeline -------------------------------------------------------------------------------------------------- */

static json_t *numbers_of(const struct course *c, const struct statement *s)
{
    json_t *numbers = json_array();
    for (size_t i = 0; i < json_array_size(s->portions); i++) {
        const struct aware_portion *p =
            aware_find(&c->known, json_string_value(json_array_get(s->portions, i)));
        if (p)
            json_array_append_new(numbers, json_integer(p->n));
    }
    return numbers;
}

static enum err delivery_of(struct course *c, const struct statement_row *row, const struct statement *s,
                            json_t *line, struct fail *f)
{
    const char *to = json_string_value(json_array_get(s->aud, 0));
    AUTO(store_outbox_clear) struct outbox_row sent = { 0 };
    json_set_str(line, "delivery", "");
    if (row->direction != STATEMENT_MADE || !to)
        return OK;
    enum err e = store_outbox_get(c->db, to, row->iss, row->id, &sent, f);
    if (store_missing(e, f))
        return OK;
    TRY(e);
    json_set_str(line, "delivery", outbox_state_name(sent.state));
    return OK;
}

static enum err entry_of(struct course *c, const struct statement_row *row, json_t *line, struct fail *f)
{
    uint32_t generation = 0;
    uint64_t index = 0;
    enum err e = store_statement_entry(c->db, row->iss, row->id, &generation, &index, f);
    if (!store_missing(e, f))
        TRY(e);
    view_set_entry(line, generation, index);
    return OK;
}

/* One that names no portion belongs to what it answers. */
static enum err add_line(const struct statement_row *row, void *ctx, struct fail *f)
{
    struct course *c = ctx;
    AUTO(statement_freep) struct statement *s = NULL;
    AUTO(json_freep) json_t *numbers = NULL;
    TRY(statement_read(bytes_str(row->jws), JOSE_MAX_LARGE, &s, f));
    numbers = numbers_of(c, s);
    bool about = json_array_size(s->portions) ? json_array_size(numbers) > 0
                                              : *s->ref && json_object_get(c->statements, s->ref);
    bool share = strcmp(s->kind, "share") == 0 || strcmp(s->kind, "recall") == 0;
    if (!about || !(his(c, s->by) || (!c->own && share)))
        return OK;
    json_object_set_new(c->statements, s->id, json_true());
    json_t *line = json_object();
    json_array_append_new(c->into, line);
    json_set_time(line, "at", row->at_ms);
    json_set_str(line, "kind", s->kind);
    json_set_str(line, "id", s->id);
    json_set_str(line, "ref", s->ref);
    json_set_str(line, "by", s->by);
    json_set_str(line, "from", s->iss);
    json_set_str(line, "direction", row->direction == STATEMENT_MADE ? "made" : "taken");
    json_set_take(line, "to", json_deep_copy(s->aud));
    json_set_take(line, "n", json_incref(numbers));
    TRY(entry_of(c, row, line, f));
    return delivery_of(c, row, s, line, f);
}

enum err course_timeline(struct node *n, const struct asker *a, const char *report, json_t **out,
                         struct fail *f)
{
    AUTO(course_clear) struct course c = { .n = n, .asker = a, .statements = json_object() };
    AUTO(store_read_endp) struct db *db = NULL;
    AUTO(json_freep) json_t *lines = json_array();
    c.into = lines;
    enum err e = begin(&c, report, f);
    db = c.db;
    TRY(e);
    TRY(store_statement_list(db, c.report, NULL, add_line, &c, f));
    *out = answer(&c, "lines");
    return OK;
}
