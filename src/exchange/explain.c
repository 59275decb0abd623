/* SPDX-License-Identifier: Apache-2.0
 * exchange/explain.c - the decision and its reasons, without a key and without an entry */
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "exchange/brief.h"
#include "exchange/facts.h"
#include "exchange/guests.h"
#include "exchange/aware.h"
#include "exchange/view.h"
#include "store/report.h"
#include "store/store.h"

/* The copy that the person's organisation would present, or else the master's facts with nobody's copy. */
struct choosing {
    const char *holder;
    struct copy_row copy;
};

static enum err choose(const struct copy_row *row, void *ctx, struct fail *f)
{
    struct choosing *c = ctx;
    (void)f;
    bool fits = strcmp(row->holder, c->holder) == 0;
    if (!fits && (c->copy.policy || *row->share))
        return OK;
    store_copy_clear(&c->copy);
    store_copy_copy(row, &c->copy);
    return OK;
}

static void put_result(const struct policy_result *result, json_t *answer)
{
    json_t *reasons = json_array();
    json_set_str(answer, "decision", policy_outcome_name(result->outcome));
    json_set_take(answer, "reasons", reasons);
    for (size_t i = 0; i < result->count; i++) {
        const struct policy_reason *r = &result->reasons[i];
        json_t *one = json_object();
        json_set_str(one, "rule", r->rule);
        json_set_str(one, "mark", r->mark);
        json_set_str(one, "outcome", policy_outcome_name(r->outcome));
        json_set_str(one, "reason", reason_code(r->reason));
        json_set_str(one, "text", reason_text(r->reason));
        json_array_append_new(reasons, one);
    }
}

/* A public portion has no copy and no master: the mark says all. */
static void put_clear(json_t *answer)
{
    struct policy_reason r = {
        .rule = "TLP", .mark = "TLP:CLEAR", .outcome = POLICY_ALLOW, .reason = REASON_CLEAR
    };
    struct policy_result result = { .outcome = POLICY_ALLOW, .reasons = &r, .count = 1 };
    put_result(&result, answer);
}

/* Of our own reports; what is held its originator decides on. */
static enum err find_portion(struct node *n, struct db *db, const struct asker *asker, const char *report,
                             struct aware *out, struct fail *f)
{
    AUTO(store_report_clear) struct report_row row = { 0 };
    enum err e = store_report_get(db, report, &row, f);
    if (store_missing(e, f))
        return OK;
    TRY(e);
    return aware_own(n, db, asker, report, out, f);
}

enum err brief_explain(struct node *n, const struct asker *asker, const char *person, const char *report,
                       unsigned number, json_t **out, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    AUTO(facts_clear) struct facts facts = { 0 };
    AUTO(json_freep) json_t *answer = json_object();
    char holder[DOMAIN_MAX + 1];
    struct choosing c = { .holder = holder };
    AUTO(store_copy_clear) struct copy_row copy = { 0 };
    AUTO(aware_clear) struct aware known = { 0 };
    char id[UUID_TEXT];
    if (!name_is_person(person))
        return fail_set(f, E_INVALID, "'%.80s' is not a person", person);
    /* about himself anybody; about others those who decide, who wrote, or who audit */
    if (strcmp(asker->person, person) != 0 && !(asker->roles & (ROLE_OFFICER | ROLE_AUTHOR | ROLE_AUDITOR)))
        return fail_why(f, REASON_NOT_ROLE,
                        "explaining about others needs the role officer, author or auditor");
    TRY(view_resolve_for(n, asker, "report", report, id, f));
    TRY(store_read_begin(n->store, &db, f));
    TRY(guests_via(db, person, holder, f));
    TRY(find_portion(n, db, asker, id, &known, f));
    const struct aware_portion *p = aware_number(&known, number);
    if (!p && guests_is(n, asker->person))
        return fail_why(f, REASON_NOT_YOURS, "report %.40s is unknown here, or not yours", report);
    if (!p)
        return fail_why(f, REASON_NOT_YOURS,
                        "portion %u of report %.40s is unknown here: its originator decides", number, report);
    json_set_str(answer, "person", person);
    json_set_str(answer, "report", id);
    json_set_u64(answer, "n", number);
    if (p->clear) {
        put_clear(answer);
    } else {
        TRY(store_copy_list(db, p->id, choose, &c, f));
        copy = c.copy;
        copy.holder = c.holder;
        TRY(facts_load(n, db, &copy, person, c.holder, NULL, n->now_ms(), &facts, f));
        facts_decide(&facts);
        put_result(&facts.result, answer);
    }
    *out = json_incref(answer);
    return OK;
}
