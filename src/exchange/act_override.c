/* SPDX-License-Identifier: Apache-2.0
 * exchange/act_override.c - a partner's authority tells on what he was briefed on, without waiting for leave; the
 * originator learns of it at once, may object, and reviews it.
 *
 * Nobody overrides on what he was not briefed on: his client shows the proofs that came with the keys, parts of the
 * originator's own ledger. It works while the originator's node is down: the statement waits in the outbox. */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "exchange/act_cited.h"
#include "exchange/act_override.h"
#include "exchange/act_rows.h"
#include "exchange/arrange.h"
#include "exchange/aware.h"
#include "exchange/cards.h"
#include "exchange/untaken.h"
#include "ledger/presence.h"
#include "marking/marking.h"
#include "store/held.h"
#include "store/item.h"
#include "store/leaf.h"
#include "store/override.h"
#include "store/report.h"
#include "store/store.h"

#define LOGS_MAX 64

void act_override_release(struct act_call *c)
{
    struct overriding *o = c->state;
    if (!o)
        return;
    json_decref(o->numbers);
    act_freep(&o->act);
    sealed_free(&o->sealed);
    mem_freep(&c->state);
}

static enum err read_override(const json_t *body, struct overriding *o, struct fail *f)
{
    TRY(json_need_str(body, "to", "override", &o->to, f));
    TRY(json_may_str(body, "occasion", "override", &o->occasion, f));
    TRY(act_reason(body, "override", true, &o->reason, f));
    o->occasion = o->occasion ? o->occasion : "";
    if (strspn(o->to, " \t\r\n") == strlen(o->to))
        return fail_set(f, E_INVALID, "override: it does not say to whom");
    if (strlen(o->to) > 1024 || strlen(o->occasion) > 1024)
        return fail_set(f, E_TOO_LARGE, "override: 'to', or the occasion, is longer than 1024 bytes");
    o->oral = json_is_true(json_object_get(body, "oral"));
    return OK;
}

/* The authority's side -------------------------------------------------------------------------------------- */

static enum err check_held(const struct act_call *c, const struct aware_portion *p, struct overriding *o,
                           struct fail *f)
{
    if (!p)
        return fail_why(f, REASON_NOT_HELD, "not every portion that is named of report %s is held here",
                        c->report);
    if (p->recalled_ms)
        return fail_why(f, REASON_RECALLED, "portion %u was recalled by %s", p->n, c->originator);
    if (p->clear)
        return fail_why(f, REASON_NEEDS_NO_LEAVE, "portion %u is public: it needs no override", p->n);
    if (json_object_get(o->numbers, p->id))
        return fail_set(f, E_INVALID, "override: portion %u is named twice", p->n);
    json_set_u64(o->numbers, p->id, p->n);
    return OK;
}

static enum err check_portions(struct act_call *c, struct overriding *o, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    AUTO(aware_clear) struct aware known = { 0 };
    size_t count = json_array_size(c->act->portions);
    if (count == 0)
        return fail_set(f, E_INVALID, "override: it names no portions");
    if (count > OVERRIDE_PORTIONS_MAX)
        return fail_set(f, E_TOO_LARGE, "override: more than %d portions at a time", OVERRIDE_PORTIONS_MAX);
    o->numbers = json_object();
    TRY(store_read_begin(c->node->store, &db, f));
    TRY(aware_held(c->node, db, c->asker, c->originator, c->report, &known, f));
    for (size_t i = 0; i < count; i++)
        TRY(check_held(c, aware_find(&known, json_string_value(json_array_get(c->act->portions, i))), o, f));
    return OK;
}

static void trust_logs(const struct card *card, struct note_key *keys, struct part_trust *trust)
{
    for (size_t i = 0; i < json_array_size(card->logs) && trust->log_count < LOGS_MAX; i++) {
        const char *vkey = json_string_value(json_array_get(card->logs, i));
        if (note_key_read(bytes_str(vkey), &keys[trust->log_count], NULL) == OK &&
            keys[trust->log_count].type == NOTE_ED25519)
            trust->log_count++;
    }
    trust->logs = keys;
}

/* That the originator's ledger says: this person was briefed on this portion. */
static enum err check_proof(const struct act *act, const struct card *card, const char *portion,
                            struct fail *f)
{
    AUTO(presence_freep) struct presence *presence = NULL;
    AUTO(str_freep) char *name = str_format("%s/%s", card->domain, portion);
    struct note_key keys[LOGS_MAX];
    struct part_trust trust = { 0 };
    struct presence_facts facts;
    struct fail why = { 0 };
    const char *text = json_string_value(json_object_get(json_object_get(act->body, "evidence"), portion));
    trust_logs(card, keys, &trust);
    if (text && presence_read(bytes_str(text), &presence, &why) == OK &&
        presence_verify(presence, &trust, &facts, &why) == OK &&
        presence_check_reply(&facts, name, act->by, &why) == OK)
        return OK;
    return fail_why(f, REASON_NOT_BRIEFED, "no briefing of %s on portion %s is shown%s%s", act->by, portion,
                    text ? ": " : "", text ? why.what : "");
}

enum err override_check_proofs(const struct act *act, const struct card *originator, struct fail *f)
{
    for (size_t i = 0; i < json_array_size(act->portions); i++)
        TRY(check_proof(act, originator, json_string_value(json_array_get(act->portions, i)), f));
    return OK;
}

static enum err check_proofs(struct act_call *c, struct fail *f)
{
    AUTO(cards_put) struct card_ref from = { 0 };
    TRY(cards_get_trusted(c->node, c->originator, &from, f));
    return override_check_proofs(c->act, from.card, f);
}

static enum err check_arrangement(const struct act_call *c, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    TRY(store_read_begin(c->node->store, &db, f));
    return arrange_may_override(db, c->originator, c->act->by, f);
}

enum err act_override_prepare(struct act_call *c, struct fail *f)
{
    struct overriding *o = c->state = mem_new(sizeof *o);
    const char *originator;
    TRY(json_need_str(c->act->body, "originator", "override", &originator, f));
    TRY(read_override(c->act->body, o, f));
    if (!name_is_domain(originator) || !*c->act->report)
        return fail_set(f, E_INVALID, "override: no report, or no originator");
    if (strcmp(originator, c->node->conf.domain) == 0)
        return fail_set(f, E_REFUSED, "this is your own organisation's report: orcon tell");
    if (strcmp(o->to, originator) == 0 ||
        (name_is_person(o->to) && strcmp(name_domain_of(o->to), originator) == 0))
        return fail_set(f, E_REFUSED, "%s has the report: it is its originator", originator);
    memcpy(c->originator, originator, strlen(originator) + 1);
    memcpy(c->report, c->act->report, sizeof c->report);
    TRY(check_arrangement(c, f));
    TRY(check_portions(c, o, f));
    TRY(check_proofs(c, f));
    c->portions = json_deep_copy(c->act->portions);
    c->aud = json_pack("[s]", originator);
    c->body = json_deep_copy(c->act->body);
    json_object_del(c->body, "evidence"); /* it stands in the act */
    json_object_del(c->body, "originator");
    if (name_is_person(o->to))
        json_set_str(c->body, "person", o->to);
    json_set_str(c->answer, "override", c->id);
    if (o->oral)
        return c->package ? fail_set(f, E_INVALID, "override: by voice, and with copies") : OK;
    return sealed_prepare(c, o, f);
}

/* Both sides keep the same row. */
enum err override_keep(struct act_call *c, struct db *db, const char *giver, const char *by, uint64_t at_ms,
                       struct fail *f)
{
    const struct overriding *o = c->state;
    const char *portion;
    const json_t *n;
    struct override_row row = { .id = c->id,
                                .originator = c->originator,
                                .giver = giver,
                                .by_person = by,
                                .report = c->report,
                                .to_whom = o->to,
                                .occasion = o->occasion,
                                .reason = o->reason,
                                .at_ms = at_ms,
                                .state = OVERRIDE_OPEN,
                                .closed_by = "",
                                .outcome = "",
                                .generation = c->last.generation,
                                .idx = c->last.index,
                                .sealed = !o->oral,
                                .receipt = "" };
    TRY(store_override_add(db, &row, f));
    json_object_foreach (o->numbers, portion, n)
        TRY(store_override_portion_add(db, c->id, portion, (uint32_t)json_integer_value(n), f));
    return OK;
}

static const char *receiver_of(const struct overriding *o, const char *otherwise)
{
    return name_is_domain(o->to) || name_is_person(o->to) ? name_domain_of(o->to) : otherwise;
}

/* The override, and what it was: a telling, or copies that go out. */
enum err act_override_apply(struct act_call *c, struct db *db, struct journal_event *e, struct fail *f)
{
    const struct overriding *o = c->state;
    const char *home = c->node->conf.domain;
    e->organisation = receiver_of(o, home);
    e->reason = o->reason;
    TRY(acts_enter(c->node, db, e, c->portions, &c->last, f));
    TRY(override_keep(c, db, home, c->act->by, c->now_ms, f));
    if (!o->oral)
        return sealed_write(c, db, o, f);
    e->kind = KIND_TOLD;
    e->organisation = home;
    e->follows = c->last;
    return act_enter_told(c, db, e, o->to, c->portions, f);
}

/* The originator's side ---------------------------------------------------------------------------------------- */

enum err override_check_authority(struct act_call *c, struct db *db, struct fail *f)
{
    return act_need_role(c, db, ROLE_AUTHORITY, "authority", f);
}

/* Our own ledger says whether he was briefed: who was not is told the same of any id, whether there is such a portion, and
 * whether his organisation has it. The same is looked up, too. */
static enum err check_briefed(struct act_call *c, struct db *db, struct overriding *o, struct fail *f)
{
    o->numbers = json_object();
    for (size_t i = 0; i < json_array_size(c->taken->portions); i++) {
        AUTO(store_portion_clear) struct portion_row row = { 0 };
        const char *id = json_string_value(json_array_get(c->taken->portions, i));
        AUTO(str_freep) char *name = str_format("%s/%s", c->originator, id);
        struct place first;
        enum err e = store_portion_get(db, id, &row, f);
        bool ours = !store_missing(e, f);
        if (ours)
            TRY(e);
        e = store_briefing_pick(db, name, c->taken->by, true, &first.generation, &first.index, f);
        if (store_missing(e, f) || (e == OK && (!ours || strcmp(row.report, c->report) != 0)))
            return fail_why(f, REASON_NOT_BRIEFED, "no briefing of %s on portion %s is on record",
                            c->taken->by, id);
        TRY(e);
        json_set_u64(o->numbers, id, row.n);
    }
    return OK;
}

/* We are neither its giver nor its originator: we got the copies. */
static bool is_third(const struct act_call *c)
{
    return strcmp(c->originator, c->node->conf.domain) != 0;
}

static enum err number_copies(struct overriding *o)
{
    o->numbers = json_object();
    for (size_t i = 0; i < o->read.count; i++)
        json_set_u64(o->numbers, o->read.portions[i].id, o->read.portions[i].n);
    return OK;
}

static enum err take_sealed(struct act_call *c, struct overriding *o, struct fail *f)
{
    TRY(sealed_take(c, o, f));
    return is_third(c) ? number_copies(o) : OK;
}

enum err act_override_take(struct act_call *c, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    struct overriding *o = c->state = mem_new(sizeof *o);
    TRY(act_carried(c, &o->act, f));
    TRY(read_override(c->taken->body, o, f));
    if (strcmp(c->taken->by, o->act->by) != 0 ||
        !json_equal(json_object_get(c->taken->body, "to"), json_object_get(o->act->body, "to")) ||
        !json_equal(json_object_get(c->taken->body, "reason"), json_object_get(o->act->body, "reason")) ||
        o->oral != json_is_true(json_object_get(o->act->body, "oral")))
        return fail_set(f, E_UNVERIFIED,
                        "override: its organisation says something else than the person who overrode");
    if (json_array_size(c->taken->portions) == 0)
        return fail_set(f, E_INVALID, "override: it names no portions");
    memcpy(c->originator, c->node->conf.domain, strlen(c->node->conf.domain) + 1);
    if (!o->oral)
        TRY(take_sealed(c, o, f));
    if (is_third(c))
        return OK;
    TRY(store_read_begin(c->node->store, &db, f));
    TRY(override_check_authority(c, db, f));
    return check_briefed(c, db, o, f);
}

static enum err notify_officers(struct act_call *c, struct db *db, struct fail *f)
{
    const struct overriding *o = c->state;
    const char *portion;
    const json_t *n;
    json_t *about = json_object(), *numbers = json_array();
    json_object_foreach (o->numbers, portion, n)
        json_array_append_new(numbers, json_integer(json_integer_value(n)));
    json_set_str(about, "override", c->id);
    json_set_str(about, "report", c->report);
    json_set_take(about, "n", numbers);
    json_set_take(about, "portions", json_deep_copy(c->taken->portions));
    json_set_str(about, "by", c->taken->by);
    json_set_str(about, "to", o->to);
    json_set_str(about, "reason", o->reason);
    json_set_bool(about, "oral", o->oral);
    return acts_notify(db, "override", "officer", c->taken->iss, c->now_ms, 0, c->id, about, f);
}

/* Whose portions it cites, they hear of it from us. */
static enum err tell_cited(struct act_call *c, struct db *db, struct fail *f)
{
    const struct overriding *o = c->state;
    const struct cited_override told = { .id = c->id,
                                         .giver = c->taken->iss,
                                         .by = c->taken->by,
                                         .to = o->to,
                                         .reason = o->reason,
                                         .oral = o->oral,
                                         .at_ms = c->taken->at_ms };
    return cited_tell(c, db, &told, c->taken->portions, f);
}

/* A notice for giver and receiver, and the briefing that it was, on the giver's word. */
enum err act_override_take_apply(struct act_call *c, struct db *db, struct journal_event *e, struct fail *f)
{
    const struct overriding *o = c->state;
    char reporter[DOMAIN_MAX + 2];
    const char *receiver = receiver_of(o, "");
    if (is_third(c))
        return sealed_take_apply(c, db, o, e, f);
    snprintf(reporter, sizeof reporter, "@%s", c->taken->iss);
    e->kind = KIND_NOTICE;
    e->reason = o->reason;
    TRY(untaken_end(db, c->taken->iss, c->id, c->now_ms, f));
    TRY(acts_enter(c->node, db, e, c->taken->portions, &c->last, f));
    TRY(override_keep(c, db, c->taken->iss, c->taken->by, c->taken->at_ms, f));
    struct place notice = c->last;
    TRY(tell_cited(c, db, f));
    if (*receiver && strcmp(receiver, c->taken->iss) != 0) {
        e->organisation = receiver;
        TRY(acts_enter(c->node, db, e, c->taken->portions, &c->last, f));
    }
    if (!o->oral) {
        /* nobody was briefed yet: that is reported when a key goes out */
        TRY(sealed_note_copies(c, db, o, f));
        return notify_officers(c, db, f);
    }
    e->kind = KIND_REPORTED_BRIEFING;
    e->organisation = c->taken->iss;
    e->actor = reporter;
    e->follows = notice;
    TRY(act_enter_told(c, db, e, o->to, c->taken->portions, f));
    return notify_officers(c, db, f);
}

/* Objection and review -------------------------------------------------------------------------------------------- */

struct answering {
    struct override_row row;
    const char *text;
    struct act *act; /* taken ones */
};

void act_answer_release(struct act_call *c)
{
    struct answering *a = c->state;
    if (!a)
        return;
    store_override_clear(&a->row);
    act_freep(&a->act);
    mem_freep(&c->state);
}

static bool is_review(const struct act_call *c)
{
    return strcmp(c->row->kind, "review") == 0;
}

static enum err load(struct act_call *c, struct answering *a, const char *id, const json_t *body,
                     struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    const char *name = is_review(c) ? "outcome" : "text";
    TRY(json_need_str(body, name, c->row->kind, &a->text, f));
    if (strspn(a->text, " \t\r\n") == strlen(a->text))
        return fail_set(f, E_INVALID, "%s: '%s' is blank", c->row->kind, name);
    if (strlen(a->text) > 1024)
        return fail_set(f, E_TOO_LARGE, "%s: '%s' is longer than 1024 bytes", c->row->kind, name);
    TRY(store_read_begin(c->node->store, &db, f));
    enum err e = *id ? store_override_get(db, id, &a->row, f) : E_NOT_FOUND;
    if (store_missing(e, f))
        return fail_why(f, REASON_NOT_YOURS, "override %s is unknown here, or not yours", id);
    TRY(e);
    if (is_review(c) && a->row.state == OVERRIDE_CLOSED)
        return fail_why(f, REASON_REVIEWED, "the review of override %s is closed already", id);
    memcpy(c->originator, a->row.originator, strlen(a->row.originator) + 1);
    memcpy(c->report, a->row.report, strlen(a->row.report) + 1);
    memcpy(c->ref, a->row.id, strlen(a->row.id) + 1);
    return OK;
}

static enum err note_portion(const char *portion, uint32_t n, void *ctx, struct fail *f)
{
    (void)n, (void)f;
    json_array_append_new(ctx, json_string(portion));
    return OK;
}

enum err act_answer_prepare(struct act_call *c, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    struct answering *a = c->state = mem_new(sizeof *a);
    TRY(load(c, a, c->act->ref, c->act->body, f));
    if (strcmp(a->row.originator, c->node->conf.domain) != 0)
        return fail_why(f, REASON_NOT_ORIGINATOR, "%s answers to this override", a->row.originator);
    TRY(store_read_begin(c->node->store, &db, f));
    c->portions = json_array();
    TRY(store_override_portions(db, a->row.id, note_portion, c->portions, f));
    c->aud = json_pack("[s]", a->row.giver);
    c->body = json_deep_copy(c->act->body);
    json_set_str(c->body, "override", a->row.id);
    json_set_str(c->answer, "override", a->row.id);
    json_set_str(c->answer, "review", override_state_name(is_review(c) ? OVERRIDE_CLOSED : OVERRIDE_OPEN));
    return OK;
}

/* The state again, inside the transaction: of two reviews one counts. */
static enum err close(struct act_call *c, struct db *db, const char *by, struct journal_event *e,
                      struct fail *f)
{
    const struct answering *a = c->state;
    e->reason = a->text;
    e->follows = (struct place){ a->row.generation, a->row.idx };
    if (!is_review(c))
        return OK;
    enum err err = store_override_close(db, a->row.id, by, c->now_ms, a->text, f);
    if (store_missing(err, f))
        return fail_why(f, REASON_REVIEWED, "the review of override %s is closed already", a->row.id);
    TRY(err);
    return store_item_done(db, a->row.id, "override", c->now_ms, f);
}

enum err act_answer_apply(struct act_call *c, struct db *db, struct journal_event *e, struct fail *f)
{
    return close(c, db, c->act->by, e, f);
}

enum err act_answer_take(struct act_call *c, struct fail *f)
{
    struct answering *a = c->state = mem_new(sizeof *a);
    TRY(act_carried(c, &a->act, f));
    TRY(load(c, a, c->ref, c->taken->body, f));
    if (strcmp(a->row.originator, c->taken->iss) != 0)
        return fail_why(f, REASON_NOT_ORIGINATOR, "%s does not answer to override %s", c->taken->iss, c->ref);
    return OK;
}

enum err act_answer_take_apply(struct act_call *c, struct db *db, struct journal_event *e, struct fail *f)
{
    const struct answering *a = c->state;
    TRY(close(c, db, c->taken->by, e, f));
    json_t *about = json_object();
    json_set_str(about, "override", a->row.id);
    json_set_str(about, "report", a->row.report);
    json_set_str(about, "state", is_review(c) ? "reviewed" : "objection");
    json_set_str(about, "reason", a->text);
    return acts_notify(db, "decision", a->row.by_person, c->taken->iss, c->now_ms, 0, a->row.id, about, f);
}
