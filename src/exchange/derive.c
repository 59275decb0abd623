/* SPDX-License-Identifier: Apache-2.0
 * exchange/derive.c - one portion that we hold from somebody else: who of us may cite it, and to whom its originator lets
 * it go */
#include "exchange/derive.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/time.h"
#include "exchange/arrange.h"
#include "exchange/aware.h"
#include "exchange/facts.h"
#include "ledger/statement.h"
#include "policy/derive.h"
#include "store/held.h"
#include "store/statement.h"
#include "store/store.h"

void derive_source_clear(struct derive_source *s)
{
    mem_freep(&s->mark);
}

/* What is held --------------------------------------------------------------------------------------------- */

struct finding {
    struct db *db;
    struct derive_source *s;
    bool hidden;
};

static const json_t *row_of(const struct statement *s, const char *portion)
{
    const json_t *rows = json_object_get(s->body, "portions");
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const char *id = json_string_value(json_object_get(json_array_get(rows, i), "id"));
        if (id && strcmp(id, portion) == 0)
            return json_array_get(rows, i);
    }
    return NULL;
}

static enum err take_held(struct finding *find, const struct held_row *held, const json_t *row,
                          struct fail *f)
{
    AUTO(store_held_portion_clear) struct held_portion_row p = { 0 };
    struct derive_source *s = find->s;
    const char *commitment = json_string_value(json_object_get(row, "commitment"));
    TRY(store_held_portion_get(find->db, s->originator, held->share, s->portion, &p, f));
    mem_freep(&s->mark);
    s->mark = str_dup(p.mark);
    s->n = held->hidden ? 0 : p.n;
    s->clear = p.clear;
    s->recalled_ms = p.recalled_ms;
    s->shared_ms = held->shared_ms;
    snprintf(s->commitment, sizeof s->commitment, "%s", commitment && !p.clear ? commitment : "");
    return OK;
}

/* The newest share of its originator's that has it; an override gives nothing to pass on. */
static enum err note_share(const struct held_row *held, void *ctx, struct fail *f)
{
    struct finding *find = ctx;
    AUTO(statement_freep) struct statement *s = NULL;
    if (held->stray || find->s->given)
        return OK;
    TRY(statement_read(bytes_str(held->jws), JOSE_MAX_LARGE, &s, f));
    const json_t *row = row_of(s, find->s->portion);
    bool share = strcmp(s->kind, "share") == 0;
    if (!row || (!share && find->s->mark))
        return OK;
    find->s->given = share;
    return take_held(find, held, row, f);
}

enum err derive_find(struct node *n, struct db *db, struct derive_source *s, struct fail *f)
{
    struct finding find = { .db = db, .s = s };
    (void)n;
    return store_held_list_report(db, s->originator, s->report, note_share, &find, f);
}

/* Who may cite it -------------------------------------------------------------------------------------------- */

struct hearing {
    const char *person, *home;
    const struct derive_source *s;
    bool briefed;
};

static enum err note_receipt(const struct statement_row *row, void *ctx, struct fail *f)
{
    struct hearing *h = ctx;
    AUTO(statement_freep) struct statement *s = NULL;
    if (h->briefed || strcmp(row->iss, h->home) != 0)
        return OK;
    TRY(statement_read(bytes_str(row->jws), JOSE_MAX_SMALL, &s, f));
    h->briefed = strcmp(s->by, h->person) == 0 && statement_names(s->portions, h->s->portion);
    return OK;
}

static enum err note_telling(const struct statement_row *row, void *ctx, struct fail *f)
{
    struct hearing *h = ctx;
    AUTO(statement_freep) struct statement *s = NULL;
    if (h->briefed || strcmp(row->iss, h->s->originator) != 0)
        return OK;
    TRY(statement_read(bytes_str(row->jws), JOSE_MAX_SMALL, &s, f));
    const char *person = json_string_value(json_object_get(s->body, "person"));
    h->briefed = person && strcmp(person, h->person) == 0 && statement_names(s->portions, h->s->portion);
    return OK;
}

enum err derive_may_cite(struct node *n, struct db *db, const char *person, struct derive_source *s,
                         enum reason *out, struct fail *f)
{
    AUTO(aware_clear) struct aware known = { 0 };
    struct hearing h = { person, n->conf.domain, s, false };
    struct policy_citing c = { .own = strcmp(s->originator, n->conf.domain) == 0 };
    if (!c.own) {
        TRY(aware_of_theirs(n, db, person, s->originator, s->report, &known, f));
        TRY(derive_find(n, db, s, f));
        TRY(store_statement_list(db, s->report, "receipt", note_receipt, &h, f));
        TRY(store_statement_list(db, s->report, "tell", note_telling, &h, f));
    }
    c.known = s->mark && aware_find(&known, s->portion);
    c.given = s->given;
    c.recalled = s->recalled_ms != 0;
    c.clear = s->clear;
    c.briefed = h.briefed;
    *out = policy_cite(&c);
    return OK;
}

/* The leave ---------------------------------------------------------------------------------------------------- */

/* Of our requests for one recipient the newest, and of those that were granted the newest that still counts. */
struct asking {
    struct db *db;
    const char *home, *whom;
    const struct derive_source *s;
    uint64_t now_ms;
    struct derive_leave *out;
    struct policy_source facts;
    bool stands; /* a grant was found that is neither over nor taken back */
};

struct look {
    const char *portion;
    bool asked, granted;
};

static enum err note_portion(const struct request_portion_row *row, void *ctx, struct fail *f)
{
    struct look *look = ctx;
    (void)f;
    if (strcmp(row->portion, look->portion) != 0)
        return OK;
    look->asked = true;
    look->granted = row->state == REQUEST_PORTION_GRANTED;
    return OK;
}

/* The grant that answered a request: when it was, until when it holds, and for whom alone. */
struct answer {
    const char *request;
    uint64_t at_ms, until_ms;
    char person[PERSON_MAX + 1];
};

static enum err note_grant(const struct statement_row *row, void *ctx, struct fail *f)
{
    struct answer *a = ctx;
    AUTO(statement_freep) struct statement *s = NULL;
    if (strcmp(row->ref, a->request) != 0)
        return OK;
    TRY(statement_read(bytes_str(row->jws), JOSE_MAX_SMALL, &s, f));
    const char *until = json_string_value(json_object_get(s->body, "until"));
    const char *person = json_string_value(json_object_get(s->body, "person"));
    a->at_ms = s->at_ms;
    if (until && *until && !time_read(until, &a->until_ms))
        return fail_set(f, E_INVALID, "grant %s has an end that is no time", row->id);
    snprintf(a->person, sizeof a->person, "%s", person ? person : "");
    return OK;
}

struct recalling {
    const struct derive_source *s;
    const char *to;
    uint64_t since_ms;
    bool recalled;
};

/* A recall that we heard of: from that holder, by its originator, after the grant. */
static enum err note_recall(const struct statement_row *row, void *ctx, struct fail *f)
{
    struct recalling *r = ctx;
    AUTO(statement_freep) struct statement *s = NULL;
    if (r->recalled || strcmp(row->iss, r->s->originator) != 0)
        return OK;
    TRY(statement_read(bytes_str(row->jws), JOSE_MAX_SMALL, &s, f));
    r->recalled = s->at_ms >= r->since_ms && statement_names(s->portions, r->s->portion) &&
                  statement_names(json_object_get(s->body, "holders"), r->to);
    return OK;
}

static enum err weigh_grant(struct asking *a, const struct request_row *row, struct fail *f)
{
    struct answer grant = { .request = row->id };
    struct recalling recall = { .s = a->s, .to = name_domain_of(a->whom) };
    TRY(store_statement_list(a->db, row->report, "grant", note_grant, &grant, f));
    if (*grant.person && strcmp(grant.person, a->whom) != 0)
        return OK; /* it goes to him alone */
    recall.since_ms = grant.at_ms;
    TRY(store_statement_list(a->db, row->report, "recall", note_recall, &recall, f));
    bool ended = grant.until_ms && grant.until_ms <= a->now_ms;
    bool stands = !recall.recalled && !ended;
    if (a->stands && !stands)
        return OK;
    a->stands = stands;
    a->facts.granted = true;
    a->facts.withdrawn = recall.recalled;
    a->facts.ended = ended;
    a->out->until_ms = grant.until_ms;
    memcpy(a->out->request, row->id, UUID_TEXT);
    a->out->state = row->state;
    return OK;
}

/* In the order in which they were made. */
static enum err note_request(const struct request_row *row, void *ctx, struct fail *f)
{
    struct asking *a = ctx;
    struct look look = { a->s->portion, false, false };
    bool his = strcmp(row->to_whom, a->whom) == 0 || strcmp(row->to_whom, name_domain_of(a->whom)) == 0;
    if (strcmp(row->asker, a->home) != 0 || !his)
        return OK;
    TRY(store_request_portion_list(a->db, row->id, note_portion, &look, f));
    if (!look.asked)
        return OK;
    if (look.granted)
        return weigh_grant(a, row, f);
    if (a->stands)
        return OK;
    memcpy(a->out->request, row->id, UUID_TEXT);
    a->out->state =
        row->state == REQUEST_GRANTED ? REQUEST_DENIED : row->state; /* what a partial grant left out */
    a->out->due_ms = row->due_ms;
    return OK;
}

/* By which rule it goes there, as far as we know: the lists and terms are those that we were sent. */
static enum err find_rule(struct node *n, struct db *db, const struct derive_source *s, const char *to,
                          enum reason *out, struct fail *f)
{
    AUTO(marking_clear) struct marking mark = { 0 };
    struct facts_list community, clients;
    struct terms_say say;
    const struct terms_wait forward = { 0 };
    uint64_t version;
    TRY(marking_read(s->mark, &mark, f));
    TRY(facts_lists(db, s->originator, n->conf.domain, to, &community, &clients, f));
    TRY(arrange_say(db, s->originator, &mark, s->shared_ms, "", &say, &version, NULL, f));
    const struct policy_onward onward = { .to = to,
                                          .state = POLICY_ACTIVE,
                                          .in_community = community.version != 0,
                                          .client = clients.version != 0,
                                          .leave = terms_leave(&say, &forward),
                                          .need = terms_need(&say) };
    *out = policy_might(&mark, 1, n->conf.domain, &onward);
    return OK;
}

enum err derive_leave(struct node *n, struct db *db, const struct derive_source *s, const char *whom,
                      struct derive_leave *out, struct fail *f)
{
    const char *to = name_domain_of(whom);
    *out = (struct derive_leave){ .reason = REASON_NOT_HELD };
    if (!s->mark || !s->given)
        return OK;
    struct asking a = { .db = db,
                        .home = n->conf.domain,
                        .whom = whom,
                        .s = s,
                        .now_ms = n->now_ms(),
                        .out = out,
                        .facts = { .originator = s->originator,
                                   .home = n->conf.domain,
                                   .to = to,
                                   .recalled = s->recalled_ms != 0 } };
    TRY(find_rule(n, db, s, to, &a.facts.rule, f));
    TRY(store_request_list(db, s->originator, s->report, note_request, &a, f));
    out->reason = policy_source_leave(&a.facts);
    return OK;
}
