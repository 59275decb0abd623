/* SPDX-License-Identifier: Apache-2.0
 * exchange/view_override.c - one override, as both sides see it */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/time.h"
#include "exchange/aware.h"
#include "exchange/view.h"
#include "ledger/statement.h"
#include "store/override.h"
#include "store/statement.h"
#include "store/store.h"

struct named {
    const struct aware *known;
    bool his; /* he made it */
    json_t *into;
};

static enum err add_portion(const char *portion, uint32_t n, void *ctx, struct fail *f)
{
    struct named *named = ctx;
    const struct aware_portion *known = aware_find(named->known, portion);
    (void)f;
    if (!known && !named->his)
        return OK;
    json_t *p = json_object();
    json_set_str(p, "id", portion);
    json_set_u64(p, "n", known ? known->n : n);
    json_array_append_new(named->into, p);
    return OK;
}

/* Those of its portions that he may know of. */
static enum err add_portions(struct node *n, struct db *db, const struct asker *a,
                             const struct override_row *row, json_t *portions, struct fail *f)
{
    AUTO(aware_clear) struct aware known = { 0 };
    struct named named = { &known, strcmp(row->by_person, a->person) == 0, portions };
    TRY(strcmp(row->originator, n->conf.domain) == 0
            ? aware_own(n, db, a, row->report, &known, f)
            : aware_held(n, db, a, row->originator, row->report, &known, f));
    return store_override_portions(db, row->id, add_portion, &named, f);
}

static enum err not_yours(const char *text, struct fail *f)
{
    return fail_why(f, REASON_NOT_YOURS, "override %.40s is unknown here, or not yours", text);
}

struct objections {
    const char *override;
    json_t *into;
};

static enum err add_objection(const struct statement_row *row, void *ctx, struct fail *f)
{
    struct objections *o = ctx;
    AUTO(statement_freep) struct statement *s = NULL;
    if (strcmp(row->ref, o->override) != 0)
        return OK;
    TRY(statement_read(bytes_str(row->jws), JOSE_MAX_SMALL, &s, f));
    json_t *one = json_object();
    json_set_str(one, "by", s->by);
    json_set_time(one, "at", s->at_ms);
    json_set_str(one, "text", json_string_value(json_object_get(s->body, "text")));
    json_array_append_new(o->into, one);
    return OK;
}

/* What the third party knows: the receipt, if it has one; and what has become of the notice that it sends itself. */
static enum err put_notice(struct db *db, const struct override_row *row, json_t *v, struct fail *f)
{
    AUTO(store_outbox_clear) struct outbox_row sent = { 0 };
    AUTO(statement_freep) struct statement *ack = NULL;
    enum err e = store_outbox_get(db, row->originator, row->giver, row->id, &sent, f);
    if (store_missing(e, f))
        return fail_set(f, E_STORE, "override %s has no notice", row->id);
    TRY(e);
    if (*row->receipt)
        TRY(statement_read(bytes_str(row->receipt), JOSE_MAX_SMALL, &ack, f));
    json_set_str(v, "notice", outbox_state_name(sent.state));
    json_set_bool(v, "originator_told", ack != NULL);
    json_set_time(v, "receipt", ack ? ack->at_ms : 0);
    json_set_str(v, "receipt_jws", row->receipt);
    return OK;
}

/* When the originator said, by his signed ack, that he has heard. */
static enum err put_receipt(struct db *db, const struct override_row *row, const char *home, json_t *v,
                            struct fail *f)
{
    AUTO(store_outbox_clear) struct outbox_row sent = { 0 };
    AUTO(store_statement_clear) struct statement_row taken = { 0 };
    if (row->sealed && strcmp(row->to_whom, home) == 0)
        return put_notice(db, row, v, f);
    if (strcmp(row->giver, home) != 0) {
        TRY(store_statement_get(db, row->giver, row->id, &taken, f));
        json_set_time(v, "receipt", taken.at_ms);
        return OK;
    }
    TRY(store_outbox_get(db, row->originator, home, row->id, &sent, f));
    json_set_time(v, "receipt", sent.acked_ms);
    return OK;
}

enum err view_override(struct node *n, const struct asker *a, const char *text, json_t **out, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    AUTO(store_override_clear) struct override_row row = { 0 };
    AUTO(json_freep) json_t *v = json_object();
    json_t *portions = json_array(), *objections = json_array();
    char id[UUID_TEXT], brief[25];
    json_set_take(v, "portions", portions);
    json_set_take(v, "objections", objections);
    TRY(view_resolve_for(n, a, "override", text, id, f));
    TRY(view_shortest(n, "override", id, brief, f));
    TRY(store_read_begin(n->store, &db, f));
    TRY(store_override_get(db, id, &row, f));
    bool third = row.sealed && strcmp(row.to_whom, n->conf.domain) == 0; /* all its readers may read it */
    if (strcmp(row.by_person, a->person) != 0 && !third &&
        !(a->roles & (ROLE_OFFICER | ROLE_AUDITOR | ROLE_AUTHOR | ROLE_AUTHORITY)))
        return not_yours(text, f);
    struct objections list = { id, objections };
    TRY(add_portions(n, db, a, &row, portions, f));
    if (json_array_size(portions) == 0)
        return not_yours(text, f);
    TRY(store_statement_list(db, row.report, "objection", add_objection, &list, f));
    json_set_str(v, "override", id);
    json_set_str(v, "short", brief);
    json_set_str(v, "report", row.report);
    json_set_str(v, "originator", row.originator);
    json_set_str(v, "giver", row.giver);
    json_set_str(v, "by", row.by_person);
    json_set_str(v, "to", row.to_whom);
    json_set_bool(v, "oral", !row.sealed);
    json_set_str(v, "occasion", row.occasion);
    json_set_str(v, "reason", row.reason);
    json_set_time(v, "at", row.at_ms);
    json_set_str(v, "review", override_state_name(row.state));
    json_set_str(v, "closed_by", row.closed_by);
    json_set_time(v, "closed", row.closed_ms);
    json_set_str(v, "outcome", row.outcome);
    TRY(put_receipt(db, &row, n->conf.domain, v, f));
    *out = json_incref(v);
    return OK;
}

/* Told in words only ------------------------------------------------------------------------------------------ */

struct told {
    struct db *db;
    const struct aware *known;
    json_t *briefed;
    const char *words, *basis; /* of the one that is added */
    uint64_t at_ms;
};

/* Under the number that the portion has for him who looks, if he may know of it. */
static enum err add_told(const char *portion, uint32_t n, void *ctx, struct fail *f)
{
    struct told *t = ctx;
    const struct aware_portion *known = aware_find(t->known, portion);
    (void)n, (void)f;
    if (!known)
        return OK;
    json_t *one = json_object();
    json_set_str(one, "person", "");
    json_set_str(one, "words", t->words);
    json_set_str(one, "basis", t->basis);
    json_set_u64(one, "n", known->n);
    json_set_time(one, "at", t->at_ms);
    json_array_append_new(t->briefed, one);
    return OK;
}

static enum err add_telling(const struct statement_row *row, void *ctx, struct fail *f)
{
    struct told *t = ctx;
    AUTO(statement_freep) struct statement *s = NULL;
    TRY(statement_read(bytes_str(row->jws), JOSE_MAX_SMALL, &s, f));
    t->words = json_string_value(json_object_get(s->body, "words"));
    t->basis = "told";
    t->at_ms = s->at_ms;
    for (size_t i = 0; t->words && i < json_array_size(s->portions); i++)
        TRY(add_told(json_string_value(json_array_get(s->portions, i)), 0, t, f));
    return OK;
}

static enum err add_overridden(const struct override_row *row, void *ctx, struct fail *f)
{
    struct told *t = ctx;
    if (row->sealed || name_is_domain(row->to_whom) || name_is_person(row->to_whom))
        return OK;
    t->words = row->to_whom;
    t->basis = "told, reporter";
    t->at_ms = row->at_ms;
    return store_override_portions(t->db, row->id, add_told, t, f);
}

enum err view_told(struct db *db, const char *id, const struct aware *known, json_t *briefed, struct fail *f)
{
    struct told t = { .db = db, .known = known, .briefed = briefed };
    TRY(store_statement_list(db, id, "tell", add_telling, &t, f));
    return store_override_list(db, id, add_overridden, &t, f);
}
