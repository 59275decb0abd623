/* SPDX-License-Identifier: Apache-2.0
 * exchange/act_decide.c - an officer decides on a request; what a grant lets go is sealed and delivered */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/time.h"
#include "exchange/act_rows.h"
#include "exchange/arrange.h"
#include "exchange/cards.h"
#include "exchange/copies.h"
#include "exchange/derive.h"
#include "exchange/hidden.h"
#include "exchange/aware.h"
#include "exchange/introduced.h"
#include "exchange/second.h"
#include "marking/marking.h"
#include "store/arrangement.h"
#include "store/held.h"
#include "store/item.h"
#include "store/report.h"
#include "store/request.h"
#include "store/statement.h"
#include "store/store.h"
#include "store/writer.h"

/* A decision under way: the request as it was when it began, its portions, and who asked. */
struct deciding {
    struct request_row request;
    json_t *asked;             /* portion ids */
    const char *note, *person; /* person: a grant goes to him alone; NULL: to whom it was asked for */
    struct act *act;           /* taken ones: the officer's; NULL where a rule decided */
    const char *rule;          /* its code; NULL: a person decided */
    uint64_t task;             /* that ends with it; 0: none */
};

void act_decision_release(struct act_call *c)
{
    struct deciding *d = c->state;
    if (!d)
        return;
    store_request_clear(&d->request);
    json_decref(d->asked);
    act_freep(&d->act);
    mem_freep(&c->state);
}

static enum err note_asked(const struct request_portion_row *row, void *ctx, struct fail *f)
{
    (void)f;
    json_array_append_new(ctx, json_string(row->portion));
    return OK;
}

static enum err load(struct act_call *c, const char *id, struct deciding *d, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    TRY(store_read_begin(c->node->store, &db, f));
    enum err e = store_request_get(db, id, &d->request, f);
    if (store_missing(e, f))
        return fail_why(f, REASON_NOT_YOURS, "request %s is unknown, or not yours", id);
    TRY(e);
    d->asked = json_array();
    return store_request_portion_list(db, id, note_asked, d->asked, f);
}

/* Nobody has decided: it is open, or nobody answered in time and somebody still may. */
static enum err check_pending(const struct request_row *r, struct fail *f)
{
    if (r->state == REQUEST_WITHDRAWN)
        return fail_why(f, REASON_WITHDRAWN, "request %s was withdrawn", r->id);
    if (r->state != REQUEST_OPEN && r->state != REQUEST_SILENT)
        return fail_why(f, REASON_DECIDED, "request %s is %s already", r->id, request_state_name(r->state));
    return OK;
}

/* Who decides after the deadline decides late, even where the timer has not come round to it yet. */
static enum err check_late(struct act_call *c, const struct request_row *r, struct fail *f)
{
    uint64_t next_ms;
    return r->state == REQUEST_OPEN && r->due_ms <= c->now_ms
               ? act_silence_run(c->node, c->now_ms, &next_ms, f)
               : OK;
}

/* By which rule our node, or the originator's, decided: the code in a denial, that of the first portion in a
 * grant. NULL: none is given. */
static const char *rule_code(const json_t *body)
{
    const char *code = json_string_value(json_object_get(body, "code"));
    const json_t *first = json_array_get(json_object_get(body, "rules"), 0);
    return code ? code : json_string_value(json_object_get(first, "rule"));
}

/* What grant and deny have in common; afterwards aud, portions and body stand but for the terms. */
static enum err prepare(struct act_call *c, struct fail *f)
{
    struct deciding *d = c->state = mem_new(sizeof *d);
    const char *home = c->node->conf.domain;
    if (!*c->act->ref)
        return fail_set(f, E_INVALID, "%s: it names no request", c->row->kind);
    TRY(load(c, c->act->ref, d, f));
    if (strcmp(d->request.originator, home) != 0)
        return fail_why(f, REASON_NOT_ORIGINATOR, "%s decides on this request", d->request.originator);
    if (strcmp(d->request.by_person, c->act->by) == 0)
        return fail_why(f, REASON_SELF_DECISION, "nobody decides on his own request");
    TRY(check_pending(&d->request, f));
    TRY(check_late(c, &d->request, f));
    memcpy(c->originator, home, strlen(home) + 1);
    memcpy(c->report, d->request.report, strlen(d->request.report) + 1);
    memcpy(c->ref, d->request.id, strlen(d->request.id) + 1);
    c->aud = json_pack("[s]", d->request.asker);
    c->body = json_deep_copy(c->act->body);
    json_set_str(c->answer, "request", d->request.id);
    AUTO(store_read_endp) struct db *db = NULL;
    TRY(store_read_begin(c->node->store, &db, f));
    return hidden_note(db, json_array_size(c->act->portions) ? c->act->portions : d->asked, c->body, f);
}

/* To a third party a hidden portion goes only if somebody there may know of it. */
static enum err check_hidden(const struct act_call *c, const char *to, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    const json_t *hidden = json_object_get(c->body, "hidden");
    TRY(store_read_begin(c->node->store, &db, f));
    for (size_t i = 0; i < json_array_size(hidden); i++) {
        AUTO(store_portion_clear) struct portion_row row = { 0 };
        AUTO(marking_clear) struct marking mark = { 0 };
        bool may;
        TRY(store_portion_get(db, json_string_value(json_array_get(hidden, i)), &row, f));
        TRY(marking_read(row.mark, &mark, f));
        TRY(aware_anyone(c->node, db, &mark, to, true, &may, f));
        if (!may)
            return fail_set(
                f, E_REFUSED,
                "portion %u is HIDDEN, and nobody at %s may have it: read somebody in first, or leave "
                "it out",
                row.n, to);
    }
    return OK;
}

static enum err check_granted(const struct act_call *c, const struct deciding *d, struct fail *f)
{
    const json_t *portions = c->act->portions;
    if (json_array_size(portions) == 0)
        return fail_set(f, E_INVALID, "grant: it names no portions");
    for (size_t i = 0; i < json_array_size(portions); i++) {
        const char *id = json_string_value(json_array_get(portions, i));
        if (!statement_names(d->asked, id))
            return fail_why(f, REASON_WIDER_THAN_ASKED, "portion %s was not asked for in request %s", id,
                            d->request.id);
        for (size_t k = 0; k < i; k++)
            if (strcmp(json_string_value(json_array_get(portions, k)), id) == 0)
                return fail_set(f, E_INVALID, "grant: a portion is named twice");
    }
    return OK;
}

/* Four eyes: whether somebody else must agree, and may. */
static enum err check_second(const struct act_call *c, const struct deciding *d, struct fail *f)
{
    AUTO(json_freep) json_t *marks = json_array();
    const json_t *portions = c->act->portions;
    for (size_t i = 0; i < json_array_size(portions); i++) {
        AUTO(store_read_endp) struct db *db = NULL;
        AUTO(store_portion_clear) struct portion_row row = { 0 };
        TRY(store_read_begin(c->node->store, &db, f));
        TRY(store_portion_get(db, json_string_value(json_array_get(portions, i)), &row, f));
        json_array_append_new(marks, json_string(row.mark));
    }
    return second_check(c->node, c->act, marks, d->request.by_person, f);
}

enum err act_grant_prepare(struct act_call *c, struct fail *f)
{
    struct act_terms terms;
    TRY(prepare(c, f));
    struct deciding *d = c->state;
    /* who asks for himself, also as a guest, reads what his asker holds */
    const char *third = name_is_person(d->request.to_whom) ? d->request.asker : d->request.to_whom;
    TRY(check_granted(c, d, f));
    TRY(derived_grant(c->node, c->act->portions, third, f));
    TRY(check_second(c, d, f));
    TRY(act_terms_read(c->act->body, d->request.to_whom, c->now_ms, &terms, f));
    d->note = terms.note;
    d->person = terms.person;
    TRY(introduced_may(c->node, d->request.id, third, f));
    TRY(check_hidden(c, terms.person ? terms.person : d->request.to_whom, f));
    c->portions = json_deep_copy(c->act->portions);
    TRY(act_terms_lacking(c, third, name_is_person(d->request.to_whom) ? d->request.to_whom : terms.person,
                          f));
    if (strcmp(third, d->request.asker) != 0)
        json_array_append_new(c->aud, json_string(third));
    json_set_str(c->body, "to", d->request.to_whom);
    /* what waits for a second person is not granted yet */
    json_set_str(c->answer, "state",
                 request_state_name(c->asker && second_named(c->act) ? d->request.state : REQUEST_GRANTED));
    return OK;
}

enum err act_deny_prepare(struct act_call *c, struct fail *f)
{
    TRY(prepare(c, f));
    struct deciding *d = c->state;
    TRY(json_need_str(c->act->body, "reason", "deny", &d->note, f));
    if (strspn(d->note, " \t\r\n") == strlen(d->note))
        return fail_set(f, E_INVALID, "deny: a reason is needed");
    c->portions = json_deep_copy(d->asked);
    json_set_str(c->answer, "state", request_state_name(REQUEST_DENIED));
    return OK;
}

void act_decide_by_rule(struct act_call *c, struct request_row *request, const json_t *asked, uint64_t task)
{
    struct deciding *d = c->state = mem_new(sizeof *d);
    d->request = *request;
    *request = (struct request_row){ 0 };
    d->asked = json_deep_copy(asked);
    d->note = json_string_value(json_object_get(c->body, "reason"));
    d->rule = rule_code(c->body);
    d->task = task;
}

/* Names are those of the request as it was loaded: they outlive the transaction's own look at it. */
static void fill_event(const struct deciding *d, struct journal_event *e)
{
    e->organisation = d->request.asker;
    e->follows = (struct place){ d->request.generation, d->request.idx };
    e->reason = d->note;
    if (d->person || name_is_person(d->request.to_whom))
        e->person = d->person ? d->person : d->request.to_whom;
}

/* The rows of a decision, on either side: ${granted} lists what was granted; the rest is denied. */
static enum err decide(struct act_call *c, struct db *db, struct journal_event *e, const char *by,
                       const json_t *granted, struct fail *f)
{
    struct deciding *d = c->state;
    bool any = granted != NULL;
    enum request_state state = any ? REQUEST_GRANTED : REQUEST_DENIED;
    const char *note = d->note ? d->note : "";
    fill_event(d, e);
    TRY(c->taken ? store_request_settle(db, c->ref, state, by, c->now_ms, note, f)
                 : store_request_decide(db, c->ref, state, by, c->now_ms, note, f));
    if (d->rule)
        TRY(store_request_set_rule(db, c->ref, d->rule, f));
    if (d->task)
        TRY(store_task_delete(db, d->task, f));
    for (size_t i = 0; i < json_array_size(d->asked); i++) {
        const char *id = json_string_value(json_array_get(d->asked, i));
        bool yes = any && statement_names(granted, id);
        TRY(store_request_portion_set_state(db, c->ref, id,
                                            yes ? REQUEST_PORTION_GRANTED : REQUEST_PORTION_DENIED, f));
        if (any && !yes) {
            /* what a partial grant leaves out is denied, and entered so */
            struct journal_event no = *e;
            no.kind = KIND_DENY;
            no.portion = id;
            TRY(journal_enter(c->node, db, &no, NULL, f));
        }
    }
    return store_item_done(db, c->ref, "request", c->now_ms, f);
}

enum err act_grant_apply(struct act_call *c, struct db *db, struct journal_event *e, struct fail *f)
{
    const struct deciding *d = c->state;
    TRY(decide(c, db, e, c->actor, c->portions, f));
    TRY(introduced_trust(c->node, db, d->request.id, d->request.to_whom, c->actor, f));
    return store_task_put(db, "seal", c->id, c->now_ms, f);
}

enum err act_deny_apply(struct act_call *c, struct db *db, struct journal_event *e, struct fail *f)
{
    return decide(c, db, e, c->actor, NULL, f);
}

/* The asker's and the third party's side ------------------------------------------------------------- */

/* An officer's, as his organisation told us of him. */
static enum err take_officers(struct act_call *c, struct deciding *d, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    TRY(act_carried(c, &d->act, f));
    if (strcmp(d->act->by, c->taken->by) != 0)
        return fail_set(f, E_UNVERIFIED, "%s: the act is not by %s", c->row->kind, c->taken->by);
    TRY(store_read_begin(c->node->store, &db, f));
    return act_need_role(c, db, ROLE_OFFICER, "officer", f);
}

/* Whose word it is: an officer's, by his act, or the organisation's own, by a rule that it names. */
static enum err take_word(struct act_call *c, struct deciding *d, struct fail *f)
{
    const char *rule = rule_code(c->taken->body);
    if (!rule || *c->taken->by != '@')
        return take_officers(c, d, f);
    if (strcmp(c->taken->by + 1, c->taken->iss) != 0 || reason_from_code(rule) == REASON_NONE)
        return fail_set(f, E_INVALID, "%s: by no rule that is known, or by somebody else's", c->row->kind);
    d->rule = rule;
    return OK;
}

enum err act_decision_take(struct act_call *c, struct fail *f)
{
    struct deciding *d = c->state = mem_new(sizeof *d);
    TRY(take_word(c, d, f));
    TRY(json_may_str(c->taken->body, strcmp(c->row->kind, "grant") == 0 ? "note" : "reason", c->row->kind,
                     &d->note, f));
    TRY(json_may_str(c->taken->body, "person", c->row->kind, &d->person, f));
    if (d->person && !name_is_person(d->person))
        return fail_set(f, E_INVALID, "%s: '%.80s' is no person", c->row->kind, d->person);
    if (!*c->ref)
        return fail_set(f, E_INVALID, "%s: it names no request", c->row->kind);
    enum err e = load(c, c->ref, d, f);
    if (e == E_NOT_FOUND) {
        /* the third party hears of the grant, but the request was not its own */
        fail_clear(f);
        return OK;
    }
    TRY(e);
    if (strcmp(d->request.originator, c->taken->iss) != 0)
        return fail_why(f, REASON_NOT_ORIGINATOR, "%s does not decide on request %s", c->taken->iss, c->ref);
    if (d->act && strcmp(d->request.by_person, d->act->by) == 0)
        return fail_why(f, REASON_SELF_DECISION, "nobody decides on his own request");
    return OK;
}

enum err act_decision_take_apply(struct act_call *c, struct db *db, struct journal_event *e, struct fail *f)
{
    struct deciding *d = c->state;
    bool grant = strcmp(c->row->kind, "grant") == 0;
    if (!d->asked || !d->request.id) {
        e->reason = d->note;
        return OK;
    }
    TRY(decide(c, db, e, c->taken->by, grant ? c->taken->portions : NULL, f));
    e->organisation = c->taken->iss;
    /* leave for one of ours makes our copy readable again; other grants bring a copy of their own */
    for (size_t i = 0; grant && name_is_person(d->request.to_whom) && i < json_array_size(c->taken->portions);
         i++)
        TRY(store_held_recall_drop(
            db, c->taken->iss, json_string_value(json_array_get(c->taken->portions, i)), c->taken->at_ms, f));
    return OK;
}

/* Sealing what was granted ----------------------------------------------------------------------------- */

struct granted {
    struct node *n;
    struct statement *statement;
    struct act *act;          /* the officer's, or the asker's where a rule decided */
    struct report_row report; /* by rule: it has the author's act */
    struct act *author;
    struct arrangement_row terms_row; /* by standing terms: what officers of both sides signed */
    struct act *ours, *theirs;
    struct request_row request;
    struct copy_item *items; /* HIDDEN ones last */
    struct portion_row *rows;
    struct buf **payloads;
    size_t count, seen;
    const char *person; /* who asked for himself; NULL: for an organisation */
    struct act_terms terms;
    bool no_held; /* nobody's client holds a key of it */
    uint64_t task;
    struct copies_share *shares; /* what is seen, if anything is, then each HIDDEN portion */
    size_t share_count;
    struct place last;
};

static void granted_clear(struct granted *g)
{
    copies_clear(g->items, g->count);
    for (size_t i = 0; i < g->count; i++) {
        store_portion_clear(&g->rows[i]);
        buf_freep(&g->payloads[i]);
    }
    mem_freep(&g->items);
    mem_freep(&g->rows);
    mem_freep(&g->payloads);
    for (size_t i = 0; i < g->share_count; i++)
        mem_freep(&g->shares[i].jws);
    mem_freep(&g->shares);
    store_request_clear(&g->request);
    store_report_clear(&g->report);
    statement_freep(&g->statement);
    act_freep(&g->author);
    act_freep(&g->ours);
    act_freep(&g->theirs);
    store_arrangement_clear(&g->terms_row);
    act_freep(&g->act);
}

/* The act in a statement, as it was received. */
static enum err read_act(const struct statement *s, struct act **out, struct fail *f)
{
    const char *text;
    TRY(json_need_str(s->body, "act", s->kind, &text, f));
    return act_read(bytes_str(text), JOSE_MAX_SMALL, out, f);
}

/* And, where standing terms let it go, on what both sides had signed when the report was given. */
static enum err load_terms(struct db *db, struct granted *g, struct fail *f)
{
    const json_t *rules = json_object_get(g->statement->body, "rules");
    bool used = false;
    for (size_t i = 0; i < json_array_size(rules); i++)
        used = used || json_object_get(json_array_get(rules, i), "terms") != NULL;
    if (!used)
        return OK;
    TRY(store_arrangement_at(db, g->request.asker, g->author->at_ms, &g->terms_row, f));
    TRY(act_read(bytes_str(g->terms_row.own_act), JOSE_MAX_SMALL, &g->ours, f));
    return act_read(bytes_str(g->terms_row.their_act), JOSE_MAX_SMALL, &g->theirs, f);
}

/* A grant by rule rests on what the asker signed, and on how the author marked it. */
static enum err load_rule(struct db *db, struct granted *g, struct fail *f)
{
    AUTO(store_statement_clear) struct statement_row row = { 0 };
    AUTO(statement_freep) struct statement *asked = NULL;
    TRY(store_statement_get(db, g->request.asker, g->request.id, &row, f));
    TRY(statement_read(bytes_str(row.jws), JOSE_MAX_SMALL, &asked, f));
    TRY(read_act(asked, &g->act, f));
    TRY(store_report_get(db, g->statement->report, &g->report, f));
    TRY(act_read(bytes_str(g->report.act), JOSE_MAX_LARGE, &g->author, f));
    return load_terms(db, g, f);
}

static enum err load_statement(struct db *db, const char *id, struct granted *g, struct fail *f)
{
    AUTO(store_statement_clear) struct statement_row row = { 0 };
    TRY(store_statement_get(db, g->n->conf.domain, id, &row, f));
    TRY(statement_read(bytes_str(row.jws), JOSE_MAX_SMALL, &g->statement, f));
    TRY(store_request_get(db, g->statement->ref, &g->request, f));
    TRY(act_terms_read(g->statement->body, g->request.to_whom, 0, &g->terms, f));
    if (name_is_person(g->request.to_whom))
        g->person = g->request.to_whom;
    return rule_code(g->statement->body) ? load_rule(db, g, f) : read_act(g->statement, &g->act, f);
}

/* Where the entry of this grant for this portion stands: the newest of (portion, asker) that carries its
 * statement. */
static enum err find_grant(struct db *db, struct granted *g, const char *portion, struct place *at,
                           struct fail *f)
{
    return journal_find(g->n, db, g->n->conf.domain, portion, g->request.asker, KIND_GRANT,
                        g->statement->digest, at, f);
}

static int by_number(const void *a, const void *b)
{
    const struct copy_item *x = a, *y = b;
    return (x->n > y->n) - (x->n < y->n);
}

static enum err load_portion(struct db *db, struct granted *g, const char *id, size_t at, struct fail *f)
{
    struct portion_row *row = &g->rows[at];
    TRY(store_portion_get(db, id, row, f));
    TRY(store_portion_payload(db, id, &g->payloads[at], f));
    g->items[at] = (struct copy_item){ .portion = row->id,
                                       .mark = row->mark,
                                       .n = row->n,
                                       .clear = row->clear,
                                       .differs = row->differs,
                                       .manifest = row->manifest,
                                       .payload = bytes_of(g->payloads[at]) };
    const char *to = g->person ? g->request.asker : g->request.to_whom;
    TRY(derived_limit(g->n, db, id, to, &g->items[at].until_ms, f));
    return find_grant(db, g, id, &g->items[at].grant, f);
}

/* In a package portions stand by their numbers, in whatever order they were asked for; HIDDEN ones come after the
 * others, each in a package of its own, and numbered as their holder will see them. */
static enum err load_portions(struct db *db, struct granted *g, struct fail *f)
{
    const json_t *portions = g->statement->portions, *hidden = json_object_get(g->statement->body, "hidden");
    size_t count = json_array_size(portions);
    uint32_t next = 0;
    g->items = mem_array(count, sizeof *g->items);
    g->rows = mem_array(count, sizeof *g->rows);
    g->payloads = mem_array(count, sizeof *g->payloads);
    g->shares = mem_array(count, sizeof *g->shares);
    if (json_array_size(hidden) > 0)
        TRY(hidden_number(db, g->statement->report, g->request.to_whom, &next, f));
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < count; i++) {
            const char *id = json_string_value(json_array_get(portions, i));
            if (statement_names(hidden, id) != (pass == 1))
                continue;
            size_t at = g->count++;
            TRY(load_portion(db, g, id, at, f));
            if (pass == 0)
                g->seen++;
            else
                g->items[at].n = next++;
        }
    qsort(g->items, g->seen, sizeof *g->items, by_number);
    return OK;
}

static enum err load_granted(const char *id, struct granted *g, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    TRY(store_read_begin(g->n->store, &db, f));
    TRY(load_statement(db, id, g, f));
    return load_portions(db, g, f);
}

/* The asker's own people hold copies already: what a person lacked is the release. */
static enum err write_person(struct db *db, struct granted *g, struct fail *f)
{
    for (size_t i = 0; i < g->count; i++) {
        struct release_row row = { .portion = g->items[i].portion,
                                   .holder = g->request.asker,
                                   .person = g->person,
                                   .from_ms = g->n->now_ms(),
                                   .until_ms = g->terms.until_ms,
                                   .note = "",
                                   .statement = g->statement->id,
                                   .generation = g->items[i].grant.generation,
                                   .idx = g->items[i].grant.index };
        TRY(store_release_add(db, &row, NULL, f));
    }
    return OK;
}

/* How many portions the share has that begins at ${at}. */
static size_t share_size(const struct granted *g, size_t at)
{
    return at < g->seen ? g->seen : 1;
}

static enum err write_granted(struct db *db, void *ctx, struct fail *f)
{
    struct granted *g = ctx;
    const struct statement *s = g->statement;
    struct copies_terms terms = { .holder = g->request.to_whom, .person = g->terms.person, .actor = s->by };
    terms.grant = s->id;
    terms.granted_ms = s->at_ms;
    terms.until_ms = g->terms.until_ms;
    TRY(store_task_delete(db, g->task, f));
    if (g->person)
        return write_person(db, g, f);
    for (size_t i = 0, at = 0, count; at < g->count; i++, at += count) {
        count = share_size(g, at);
        TRY(copies_write(g->n, db, g->statement->report, &g->shares[i], &terms, g->items + at, count,
                         &g->last, f));
    }
    return OK;
}

static json_t *share_terms(const struct granted *g, bool hidden)
{
    json_t *terms = json_object();
    const char *note = json_string_value(json_object_get(g->statement->body, "note"));
    json_set_str(terms, "grant", g->statement->id);
    json_set_str(terms, "via", g->request.asker);
    if (note && *note)
        json_set_str(terms, "note", note);
    json_set_str(terms, "person", g->terms.person);
    if (g->terms.until_ms) {
        char until[TIME_TEXT_SIZE];
        time_print(g->terms.until_ms, until);
        json_set_str(terms, "until", until);
    }
    if (g->no_held)
        json_set_bool(terms, "no_held", true);
    if (hidden && g->terms.person) /* so that their node shows it to nobody else */
        json_set_take(terms, "persons", json_pack("[s]", g->terms.person));
    return terms;
}

enum err act_seal_granted(struct node *n, const char *id, uint64_t task, struct fail *f)
{
    AUTO(granted_clear) struct granted g = { .n = n, .task = task };
    TRY(load_granted(id, &g, f));
    if (!g.person) {
        struct copy_leave leave = { .act = bytes_str(g.act->jose->text),
                                    .signer_kid = g.act->jose->kid,
                                    .statement = bytes_str(g.statement->jose->text) };
        if (g.author) {
            leave.author = bytes_str(g.author->jose->text);
            leave.author_kid = g.author->jose->kid;
        }
        if (g.ours) {
            leave.terms = bytes_str(g.ours->jose->text);
            leave.terms_kid = g.ours->jose->kid;
            leave.theirs = bytes_str(g.theirs->jose->text);
            leave.theirs_kid = g.theirs->jose->kid;
        }
        TRY(arrange_no_held(n, g.statement->body, g.request.to_whom, &g.no_held, f));
        TRY(copies_seal(n, &leave, g.statement->report, g.request.to_whom, g.items, g.count, f));
        for (size_t at = 0; at < g.count; at += share_size(&g, at))
            TRY(copies_statement(n, g.statement->report, g.request.to_whom, g.items + at, share_size(&g, at),
                                 NULL, share_terms(&g, at >= g.seen), &g.shares[g.share_count++], f));
    }
    return writer_run(n->writer, write_granted, &g, f);
}
