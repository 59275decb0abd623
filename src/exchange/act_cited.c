/* SPDX-License-Identifier: Apache-2.0
 * exchange/act_cited.c - an override on a portion that cites others' is one on what it cites, too: their originators hear of it
 *
 * Its giver tells the originator of what he passed on; that one, who holds what it cites, tells on. A cited portion may itself cite
 * others': then its originator does the same. */
#include "exchange/act_cited.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/time.h"
#include "exchange/act_rows.h"
#include "exchange/hidden.h"
#include "store/derived.h"
#include "store/report.h"
#include "store/store.h"

#define KIND "cited-override"

/* Telling --------------------------------------------------------------------------------------------------------- */

/* "originator report" -> the portions of it that are cited. What is public (without a commitment) goes anywhere. */
static enum err note_source(const struct derived_row *row, void *ctx, struct fail *f)
{
    AUTO(str_freep) char *name = str_format("%s %s", row->originator, row->source_report);
    json_t *all = ctx, *sources = json_object_get(all, name);
    (void)f;
    if (!*row->commitment)
        return OK;
    if (!sources) {
        sources = json_array();
        json_set_take(all, name, sources);
    }
    if (!statement_names(sources, row->source))
        json_array_append_new(sources, json_string(row->source));
    return OK;
}

static json_t *body_of(const struct cited_override *o)
{
    char at[TIME_TEXT_SIZE];
    json_t *body = json_object();
    time_print(o->at_ms, at);
    json_set_str(body, "override", o->id);
    json_set_str(body, "giver", o->giver);
    json_set_str(body, "by", o->by);
    json_set_str(body, "to", o->to);
    json_set_str(body, "reason", o->reason);
    json_set_bool(body, "oral", o->oral);
    json_set_str(body, "at", at);
    return body;
}

/* Signed inside the transaction: what is told is what was taken. */
static enum err tell_one(struct act_call *c, struct db *db, const struct cited_override *o, const char *to,
                         const char *report, json_t *sources, struct fail *f)
{
    struct node *n = c->node;
    AUTO(json_freep) json_t *aud = json_pack("[s]", to);
    AUTO(str_freep) char *jws = NULL;
    char id[UUID_TEXT], by[DOMAIN_MAX + 2];
    uint8_t digest[HASH_LEN];
    random_uuid(id);
    snprintf(by, sizeof by, "@%s", n->conf.domain);
    struct statement_making m = { .kind = KIND,
                                  .id = id,
                                  .iss = n->conf.domain,
                                  .by = by,
                                  .report = report,
                                  .aud = json_incref(aud),
                                  .portions = json_incref(sources),
                                  .body = body_of(o),
                                  .at_ms = c->now_ms };
    TRY(acts_statement(n, m, &jws, digest, f));
    struct journal_event e = { .kind = KIND_NOTICE,
                               .originator = to,
                               .organisation = to,
                               .actor = by,
                               .report = report,
                               .reason = o->reason,
                               .digest = digest };
    TRY(acts_enter(n, db, &e, sources, &c->last, f));
    struct act_statement s = {
        .kind = KIND, .id = id, .jws = jws, .report = report, .ref = "", .digest = digest
    };
    return acts_queue(n, db, &s, aud, false, c->last, f);
}

enum err cited_tell(struct act_call *c, struct db *db, const struct cited_override *o, const json_t *portions,
                    struct fail *f)
{
    AUTO(json_freep) json_t *all = json_object();
    const char *home = c->node->conf.domain, *name;
    json_t *sources;
    for (size_t i = 0; i < json_array_size(portions); i++)
        TRY(store_derived_list_portion(db, home, json_string_value(json_array_get(portions, i)), note_source,
                                       all, f));
    json_object_foreach (all, name, sources) {
        AUTO(str_freep) char *originator = mem_dup(name, strcspn(name, " "));
        if (strcmp(originator, o->giver) != 0)
            TRY(tell_one(c, db, o, originator, strchr(name, ' ') + 1, sources, f));
    }
    return OK;
}

/* Hearing of it ----------------------------------------------------------------------------------------------------- */

static enum err read_cited(const struct act_call *c, struct cited_override *o, struct fail *f)
{
    const json_t *body = c->taken->body;
    const char *at;
    TRY(json_need_str(body, "override", KIND, &o->id, f));
    TRY(json_need_str(body, "giver", KIND, &o->giver, f));
    TRY(json_need_str(body, "by", KIND, &o->by, f));
    TRY(json_need_str(body, "to", KIND, &o->to, f));
    TRY(json_need_str(body, "at", KIND, &at, f));
    TRY(act_reason(body, KIND, true, &o->reason, f));
    o->oral = json_is_true(json_object_get(body, "oral"));
    if (!name_is_uuid(o->id) || !name_is_domain(o->giver) || !name_is_person(o->by) || !*o->to ||
        strlen(o->to) > 1024 || !time_read(at, &o->at_ms))
        return fail_set(f, E_INVALID, KIND ": it does not say which override, by whom, to whom, or when");
    return OK;
}

/* Of what is ours, and was given to who tells: of anything else he hears what he would of an id that there is not. */
static enum err check_given(const struct act_call *c, struct db *db, const char *id, struct fail *f)
{
    AUTO(store_portion_clear) struct portion_row row = { 0 };
    bool given = false;
    enum err e = store_portion_get(db, id, &row, f);
    if (!store_missing(e, f)) {
        TRY(e);
        TRY(hidden_given(db, &row, c->taken->iss, &given, f));
    }
    return given && strcmp(row.report, c->report) == 0
               ? OK
               : fail_why(f, REASON_NOT_YOURS, "portion %s is unknown, or not yours", id);
}

enum err act_cited_take(struct act_call *c, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    struct cited_override o = { 0 };
    TRY(read_cited(c, &o, f));
    if (json_array_size(c->taken->portions) == 0)
        return fail_set(f, E_INVALID, KIND ": it names no portions");
    memcpy(c->originator, c->node->conf.domain, strlen(c->node->conf.domain) + 1);
    TRY(store_read_begin(c->node->store, &db, f));
    for (size_t i = 0; i < json_array_size(c->taken->portions); i++)
        TRY(check_given(c, db, json_string_value(json_array_get(c->taken->portions, i)), f));
    return OK;
}

static enum err put_numbers(struct db *db, const json_t *portions, json_t *about, struct fail *f)
{
    json_t *numbers = json_array();
    json_set_take(about, "n", numbers);
    for (size_t i = 0; i < json_array_size(portions); i++) {
        AUTO(store_portion_clear) struct portion_row row = { 0 };
        TRY(store_portion_get(db, json_string_value(json_array_get(portions, i)), &row, f));
        json_array_append_new(numbers, json_integer(row.n));
    }
    return OK;
}

static enum err notify(const struct act_call *c, struct db *db, const struct cited_override *o,
                       struct fail *f)
{
    AUTO(json_freep) json_t *about = json_object();
    AUTO(str_freep)
    char *what =
        str_format("%s of %s %s %.256s, by an override, what a report of %s cites of ours: \"%s\"", o->by,
                   o->giver, o->oral ? "told" : "passed on to", o->to, c->taken->iss, o->reason);
    json_set_str(about, "what", what);
    json_set_str(about, "report", c->report);
    json_set_take(about, "portions", json_deep_copy(c->taken->portions));
    TRY(put_numbers(db, c->taken->portions, about, f));
    json_set_str(about, "giver", o->giver);
    json_set_str(about, "by", o->by);
    json_set_str(about, "to", o->to);
    json_set_str(about, "reason", o->reason);
    json_set_bool(about, "oral", o->oral);
    return acts_notify(db, "alert", "officer", c->taken->iss, c->now_ms, 0, c->id, json_incref(about), f);
}

enum err act_cited_take_apply(struct act_call *c, struct db *db, struct journal_event *e, struct fail *f)
{
    struct cited_override o = { 0 };
    TRY(read_cited(c, &o, f));
    e->reason = o.reason;
    TRY(acts_enter(c->node, db, e, c->taken->portions, &c->last, f));
    TRY(cited_tell(c, db, &o, c->taken->portions, f));
    return notify(c, db, &o, f);
}
