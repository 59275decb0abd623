/* SPDX-License-Identifier: Apache-2.0
 * exchange/view_request.c - a request with its portions and decision, as he may see it who asks; and whether one of
 * our statements has arrived */
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/time.h"
#include "exchange/aware.h"
#include "exchange/introduced.h"
#include "exchange/view.h"
#include "ledger/statement.h"
#include "store/report.h"
#include "store/request.h"
#include "store/statement.h"
#include "store/store.h"

/* Requests ---------------------------------------------------------------------------------------------------- */

/* The portions of a request that somebody may know of: all of his own. */
struct requested {
    const struct aware *known;
    bool his;
    json_t *into;
};

static enum err add_request_portion(const struct request_portion_row *row, void *ctx, struct fail *f)
{
    struct requested *r = ctx;
    const struct aware_portion *known = aware_find(r->known, row->portion);
    (void)f;
    if (!known && !r->his)
        return OK;
    json_t *p = json_object();
    json_array_append_new(r->into, p);
    json_set_str(p, "id", row->portion);
    json_set_u64(p, "n", known ? known->n : row->n);
    json_set_str(p, "state", request_portion_state_name(row->state));
    json_set_str(p, "mark", known ? known->mark : NULL);
    return OK;
}

static enum err add_request_portions(struct node *n, struct db *db, const struct asker *a,
                                     const struct request_row *row, json_t *portions, struct fail *f)
{
    AUTO(aware_clear) struct aware known = { 0 };
    struct requested r = { &known, strcmp(row->by_person, a->person) == 0, portions };
    TRY(strcmp(row->originator, n->conf.domain) == 0
            ? aware_own(n, db, a, row->report, &known, f)
            : aware_held(n, db, a, row->originator, row->report, &known, f));
    return store_request_portion_list(db, row->id, add_request_portion, &r, f);
}

/* Whether the originator has it at all: what was not acked is undelivered, never silence. */
static enum err add_delivery_of(struct db *db, const struct request_row *row, const char *home, json_t *r,
                                struct fail *f)
{
    AUTO(store_outbox_clear) struct outbox_row out = { 0 };
    enum err e = store_outbox_get(db, row->originator, home, row->id, &out, f);
    if (store_missing(e, f))
        return OK;
    TRY(e);
    json_set_str(r, "delivery", outbox_state_name(out.state));
    if (out.state != OUTBOX_DELIVERED)
        json_set_str(r, "delivery_error", out.error);
    return OK;
}

/* The decision stands in its statement; the row has who and when. */
struct granted {
    const char *request;
    json_t *into;
};

static enum err add_grant(const struct statement_row *row, void *ctx, struct fail *f)
{
    struct granted *g = ctx;
    AUTO(statement_freep) struct statement *s = NULL;
    const char *until;
    if (strcmp(row->ref, g->request) != 0)
        return OK;
    TRY(statement_read(bytes_str(row->jws), JOSE_MAX_SMALL, &s, f));
    TRY(json_may_str(s->body, "until", "grant", &until, f));
    json_set_str(g->into, "granted_until", until ? until : "");
    return OK;
}

enum err view_request(struct node *n, const struct asker *a, const char *text, json_t **out, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    AUTO(store_request_clear) struct request_row row = { 0 };
    AUTO(json_freep) json_t *r = json_object();
    json_t *portions = json_array(), *third = NULL;
    char id[UUID_TEXT], brief[25];
    json_set_take(r, "portions", portions);
    TRY(view_resolve_for(n, a, "request", text, id, f));
    TRY(view_shortest(n, "request", id, brief, f));
    TRY(store_read_begin(n->store, &db, f));
    TRY(store_request_get(db, id, &row, f));
    TRY(add_request_portions(n, db, a, &row, portions, f));
    /* whoever asked sees his; the others are for those who decide, if they may know what it is about */
    if (json_array_size(portions) == 0 ||
        (strcmp(row.by_person, a->person) != 0 && !(a->roles & (ROLE_OFFICER | ROLE_AUDITOR | ROLE_AUTHOR))))
        return fail_why(f, REASON_NOT_YOURS, "request %.40s is unknown here, or not yours", text);
    json_set_str(r, "request", id);
    json_set_str(r, "short", brief);
    json_set_str(r, "state", request_state_name(row.state));
    json_set_str(r, "report", row.report);
    json_set_str(r, "originator", row.originator);
    json_set_str(r, "asker", row.asker);
    json_set_str(r, "by", row.by_person);
    json_set_str(r, "to", row.to_whom);
    json_set_str(r, "reason", row.reason);
    json_set_str(r, "precedence", row.precedence);
    json_set_time(r, "asked", row.asked_ms);
    json_set_time(r, "due", row.due_ms);
    json_set_time(r, "until", row.until_ms);
    json_set_time(r, "silent", row.silent_ms);
    json_set_bool(r, "forward", row.forward);
    json_set_bool(r, "cited", row.cited);
    json_set_str(r, "rule", row.rule);
    json_set_bool(r, "overdue", row.state == REQUEST_OPEN && row.due_ms <= n->now_ms());
    json_set_str(r, "decided_by", row.decided_by);
    json_set_time(r, "decided", row.decided_ms);
    json_set_str(r, "note", row.note);
    json_set_str(r, "granted_until", "");
    if (row.state == REQUEST_GRANTED)
        TRY(store_statement_list(db, row.report, "grant", add_grant, &(struct granted){ id, r }, f));
    if (strcmp(row.asker, n->conf.domain) == 0)
        TRY(add_delivery_of(db, &row, n->conf.domain, r, f));
    TRY(introduced_show(db, id, row.to_whom, &third, f));
    json_set_take(r, "third", third ? third : json_null());
    *out = json_incref(r);
    return OK;
}

/* Deliveries ------------------------------------------------------------------------------------------------------ */

/* Whom to call there, where the ack of a request says so. */
static enum err add_duty(const struct outbox_row *row, json_t *p, struct fail *f)
{
    AUTO(statement_freep) struct statement *ack = NULL;
    const char *duty;
    if (row->state != OUTBOX_DELIVERED ||
        statement_read(bytes_str(row->ack), JOSE_MAX_SMALL, &ack, NULL) != OK)
        return OK;
    TRY(json_may_str(ack->body, "duty", "ack", &duty, f));
    if (duty && name_is_person(duty) && strcmp(name_domain_of(duty), row->partner) == 0)
        json_set_str(p, "duty", duty);
    return OK;
}

static enum err add_delivery(const struct outbox_row *row, void *ctx, struct fail *f)
{
    json_t *p = json_object();
    (void)f;
    json_array_append_new(ctx, p);
    json_set_str(p, "domain", row->partner);
    json_set_str(p, "state", outbox_state_name(row->state));
    json_set_str(p, "error", row->error);
    json_set_time(p, "since", row->state == OUTBOX_DELIVERED ? row->acked_ms : row->queued_ms);
    return add_duty(row, p, f);
}

enum err view_delivery(struct node *n, const struct asker *a, const char *statement, json_t **out,
                       struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    AUTO(json_freep) json_t *answer = json_object();
    json_t *partners = json_array();
    const char *state = outbox_state_name(OUTBOX_DELIVERED);
    (void)a;
    json_set_take(answer, "partners", partners);
    TRY(store_read_begin(n->store, &db, f));
    TRY(store_outbox_list(db, n->conf.domain, statement, add_delivery, partners, f));
    for (size_t i = 0; i < json_array_size(partners); i++) {
        const char *one = json_string_value(json_object_get(json_array_get(partners, i), "state"));
        /* one that failed outweighs one that waits */
        if (strcmp(one, outbox_state_name(OUTBOX_FAILED)) == 0 ||
            (strcmp(one, outbox_state_name(OUTBOX_QUEUED)) == 0 &&
             strcmp(state, outbox_state_name(OUTBOX_FAILED)) != 0))
            state = one;
    }
    json_set_str(answer, "state", state);
    *out = json_incref(answer);
    return OK;
}
