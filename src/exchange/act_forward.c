/* SPDX-License-Identifier: Apache-2.0
 * exchange/act_forward.c - a request that a rule decides: the asker's node sends only what its mark could let
 * go; the originator's node grants or denies at once, as its organisation, with the rule's code */
#include <string.h>

#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "exchange/act_rows.h"
#include "exchange/arrange.h"
#include "exchange/compartment.h"
#include "exchange/derive.h"
#include "exchange/facts.h"
#include "exchange/hidden.h"
#include "exchange/publisher.h"
#include "store/held.h"
#include "store/report.h"
#include "store/request.h"
#include "store/statement.h"
#include "store/store.h"
#include "store/writer.h"

/* The asker's side ----------------------------------------------------------------------------------- */

struct checking {
    const struct act_call *call;
    struct db *db;
    const char *to;
};

static enum err check_portion(const struct held_portion_row *row, void *ctx, struct fail *f)
{
    const struct checking *c = ctx;
    AUTO(marking_clear) struct marking mark = { 0 };
    if (!statement_names(c->call->portions, row->portion))
        return OK;
    TRY(marking_read(row->mark, &mark, f));
    /* the lists that count are the originator's to look up */
    struct policy_onward best = { .to = c->to, .state = POLICY_ACTIVE, .in_community = true, .client = true };
    struct terms_say say;
    const struct terms_wait forward = { 0 };
    uint64_t version;
    TRY(arrange_say(c->db, c->call->originator, &mark, INT64_MAX, "", &say, &version, NULL, f));
    best.leave = terms_leave(&say, &forward);
    best.need = terms_need(&say);
    enum reason r = policy_might(&mark, 1, c->call->node->conf.domain, &best);
    return reason_err(r) == OK ? OK : fail_why(f, r, "portion %u needs leave: %s", row->n, reason_text(r));
}

enum err act_forward_asker(const char *by, const char *home, const char *to, struct fail *f)
{
    if (!name_is_domain(to))
        return fail_set(f, E_INVALID, "forward: '%.80s' is no organisation", to);
    if (strcmp(name_domain_of(by), home) != 0)
        return fail_set(f, E_REFUSED, "forward: %s is a guest of %s: he asks, and passes nothing on", by,
                        home);
    return OK;
}

enum err act_forward_check(struct act_call *c, const char *to, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    TRY(act_forward_asker(c->act->by, c->node->conf.domain, to, f));
    TRY(store_read_begin(c->node->store, &db, f));
    struct checking checking = { c, db, to };
    return store_held_portion_merged(db, c->originator, c->report, check_portion, &checking, f);
}

/* The originator's side ------------------------------------------------------------------------------- */

/* What a rule says of each portion that was asked for. */
struct ruling {
    struct node *n;
    struct db *db;
    const struct request_row *request;
    json_t *all, *allowed, *rules;
    enum reason first; /* of those that don't go */
    uint64_t given_ms; /* when the author gave the report */
    struct terms_wait wait;
    uint64_t wakes_ms; /* when standing terms may next let something go */
    bool by_terms;     /* something goes by them */
};

/* The rule by which one portion goes, and the version of the list that it rests on. */
static json_t *rule_json(const char *portion, enum reason rule, const struct facts *facts)
{
    json_t *row = json_object();
    const struct facts_list *list = rule == REASON_COMMUNITY_RULE ? &facts->community
                                    : rule == REASON_CLIENT_RULE  ? &facts->clients
                                                                  : NULL;
    json_set_str(row, "portion", portion);
    json_set_str(row, "rule", reason_code(rule));
    if (list) {
        json_set_str(row, "list", list->name);
        json_set_u64(row, "version", list->version);
    }
    if (facts->input.onward.leave != REASON_NONE) {
        json_set_str(row, "terms", reason_code(facts->input.onward.leave));
        json_set_u64(row, "terms_version", facts->terms_version);
    }
    return row;
}

/* When a portion that is told before may go: so that the timer looks again. */
static void note_wake(struct ruling *r, const struct facts *facts)
{
    uint64_t told_ms = r->wait.asked_ms + facts->terms.hours * (uint64_t)3600000;
    r->by_terms = r->by_terms || facts->input.onward.leave != REASON_NONE;
    if (facts->terms.rule == TERMS_TELL && told_ms > r->wait.now_ms && told_ms < r->wakes_ms)
        r->wakes_ms = told_ms;
}

/* A compartment that wants a second person for a grant wants one here, too: no rule has four eyes. */
static enum err check_second(const struct ruling *r, const char *text, enum reason *rule, struct fail *f)
{
    AUTO(marking_clear) struct marking mark = { 0 };
    const char *wants;
    TRY(marking_read(text, &mark, f));
    TRY(compartment_wants(r->db, &mark, "grant", &wants, f));
    if (wants)
        *rule = REASON_SECOND_NEEDED;
    return OK;
}

/* What it cites of others' goes on only if they let it. */
static enum err check_cited(const struct ruling *r, const char *portion, enum reason *rule, struct fail *f)
{
    AUTO(json_freep) json_t *one = json_pack("[s]", portion);
    struct fail why = { 0 };
    enum err e = derived_may_pass(r->n, r->db, one, r->request->to_whom, &why);
    if (e == OK)
        return OK;
    if (why.reason != REASON_SOURCE_LEAVE)
        return fail_pass(f, &why);
    *rule = REASON_SOURCE_LEAVE;
    return OK;
}

static enum err rule_on(const struct request_portion_row *row, void *ctx, struct fail *f)
{
    struct ruling *r = ctx;
    const struct request_row *q = r->request;
    AUTO(store_portion_clear) struct portion_row portion = { 0 };
    AUTO(facts_clear) struct facts facts = { 0 };
    TRY(store_portion_get(r->db, row->portion, &portion, f));
    const struct copy_row copy = {
        .portion = portion.id, .holder = q->asker, .mark = portion.mark, .report = portion.report, .share = ""
    };
    TRY(facts_load(r->n, r->db, &copy, q->by_person, q->asker, NULL, r->n->now_ms(), &facts, f));
    facts.given_ms = r->given_ms;
    facts.wait = r->wait;
    facts.precedence = r->wait.asked ? q->precedence : NULL;
    TRY(facts_onward(r->n, r->db, q->to_whom, &facts, f));
    note_wake(r, &facts);
    enum reason rule = policy_rule(&facts.result);
    json_array_append_new(r->all, json_string(row->portion));
    if (facts.result.outcome == POLICY_ALLOW)
        TRY(check_second(r, portion.mark, &rule, f));
    if (facts.result.outcome == POLICY_ALLOW)
        TRY(check_cited(r, row->portion, &rule, f));
    if (facts.result.outcome != POLICY_ALLOW || rule == REASON_SECOND_NEEDED || rule == REASON_SOURCE_LEAVE) {
        r->first = r->first == REASON_NONE ? rule : r->first;
        return OK;
    }
    json_array_append_new(r->allowed, json_string(row->portion));
    json_array_append_new(r->rules, rule_json(row->portion, rule, &facts));
    return OK;
}

static enum err end_task(struct db *db, void *ctx, struct fail *f)
{
    return store_task_delete(db, *(const uint64_t *)ctx, f);
}

/* The time of the author's own signature: by it the sealer judges which terms held. */
static enum err load_given(struct ruling *r, struct fail *f)
{
    AUTO(store_report_clear) struct report_row row = { 0 };
    AUTO(act_freep) struct act *act = NULL;
    TRY(store_report_get(r->db, r->request->report, &row, f));
    TRY(act_read(bytes_str(row.act), JOSE_MAX_LARGE, &act, f));
    r->given_ms = act->at_ms;
    return OK;
}

static enum err rule(struct ruling *r, const char *id, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    TRY(store_read_begin(r->n->store, &db, f));
    r->db = db;
    TRY(load_given(r, f));
    return store_request_portion_list(db, id, rule_on, r, f);
}

/* The decision as acts_decree wants it. */
static void fill_call(struct act_call *c, const struct ruling *r)
{
    const struct request_row *q = r->request;
    bool grant = json_array_size(r->allowed) > 0;
    c->row = acts_find(grant ? "grant" : "deny");
    c->now_ms = r->n->now_ms();
    memcpy(c->originator, q->originator, strlen(q->originator) + 1);
    memcpy(c->report, q->report, sizeof c->report);
    memcpy(c->ref, q->id, sizeof c->ref);
    c->portions = json_incref(grant ? r->allowed : r->all);
    c->aud = json_pack("[s]", q->asker);
    if (!grant) {
        c->body = json_pack("{s:s, s:s}", "reason", reason_text(r->first), "code", reason_code(r->first));
        return;
    }
    c->body = json_pack("{s:s, s:O}", "to", q->to_whom, "rules", r->rules);
    if (strcmp(q->to_whom, q->asker) != 0)
        json_array_append_new(c->aud, json_string(q->to_whom));
}

static enum err note_hidden(struct node *n, struct act_call *c, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    TRY(store_read_begin(n->store, &db, f));
    return hidden_note(db, c->portions, c->body, f);
}

static enum err load(struct node *n, const char *id, struct request_row *row, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    TRY(store_read_begin(n->store, &db, f));
    return store_request_get(db, id, row, f);
}

enum err act_forward_decide(struct node *n, const char *id, uint64_t task, struct fail *f)
{
    AUTO(store_request_clear) struct request_row row = { 0 };
    AUTO(json_freep) json_t *all = json_array();
    AUTO(json_freep) json_t *allowed = json_array();
    AUTO(json_freep) json_t *rules = json_array();
    struct ruling r = { .n = n, .request = &row, .all = all, .allowed = allowed, .rules = rules };
    struct act_call c = { 0 };
    struct place last;
    TRY(load(n, id, &row, f));
    if (row.state != REQUEST_OPEN && row.state != REQUEST_SILENT)
        return writer_run(n->writer, end_task, &task, f);
    TRY(rule(&r, id, f));
    fill_call(&c, &r);
    TRY(note_hidden(n, &c, f));
    log_event(LOG_INFO, "forward", "request=%s granted=%zu of=%zu", id, json_array_size(allowed),
              json_array_size(all));
    act_decide_by_rule(&c, &row, all, task);
    TRY(acts_decree(n, &c, &last, f));
    return publisher_wait(n->publisher, last.index, f); /* what is sealed rests on it */
}

/* Standing terms ---------------------------------------------------------------------------------------- */

/* When it was asked, by the later of both clocks: the sealer sees the asker's alone. */
static enum err load_wait(struct node *n, const struct request_row *row, struct terms_wait *out,
                          struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    AUTO(store_statement_clear) struct statement_row kept = { 0 };
    AUTO(statement_freep) struct statement *s = NULL;
    AUTO(act_freep) struct act *act = NULL;
    const char *text;
    TRY(store_read_begin(n->store, &db, f));
    TRY(store_statement_get(db, row->asker, row->id, &kept, f));
    TRY(statement_read(bytes_str(kept.jws), JOSE_MAX_SMALL, &s, f));
    TRY(json_need_str(s->body, "act", s->kind, &text, f));
    TRY(act_read(bytes_str(text), JOSE_MAX_SMALL, &act, f));
    *out = (struct terms_wait){ .asked = true,
                                .asked_ms = act->at_ms > row->asked_ms ? act->at_ms : row->asked_ms,
                                .due_ms = row->due_ms,
                                .now_ms = n->now_ms() };
    return OK;
}

enum err act_forward_by_terms(struct node *n, const char *id, bool *granted, uint64_t *wakes_ms,
                              struct fail *f)
{
    AUTO(store_request_clear) struct request_row row = { 0 };
    AUTO(json_freep) json_t *all = json_array();
    AUTO(json_freep) json_t *allowed = json_array();
    AUTO(json_freep) json_t *rules = json_array();
    struct ruling r = {
        .n = n, .request = &row, .all = all, .allowed = allowed, .rules = rules, .wakes_ms = UINT64_MAX
    };
    struct act_call c = { 0 };
    struct fail why = { 0 };
    struct place last;
    *granted = false;
    *wakes_ms = UINT64_MAX;
    TRY(load(n, id, &row, f));
    if (row.state != REQUEST_OPEN || row.forward ||
        act_forward_asker(row.by_person, row.asker, row.to_whom, NULL) != OK)
        return OK;
    TRY(load_wait(n, &row, &r.wait, f));
    TRY(rule(&r, id, f));
    *wakes_ms = r.wakes_ms;
    if (!r.by_terms || json_array_size(allowed) != json_array_size(all))
        return OK;
    fill_call(&c, &r);
    TRY(note_hidden(n, &c, f));
    act_decide_by_rule(&c, &row, all, 0);
    enum err e = acts_decree(n, &c, &last, &why);
    if (e == E_CONFLICT) /* somebody decided, or took it back, in the meantime */
        return OK;
    if (e != OK)
        return fail_pass(f, &why);
    *granted = true;
    log_event(LOG_INFO, "terms", "request=%s granted=%zu", id, json_array_size(all));
    TRY(publisher_wait(n->publisher, last.index, f)); /* what is sealed rests on it */
    return acts_resume(n, f);
}
