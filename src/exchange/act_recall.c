/* SPDX-License-Identifier: Apache-2.0
 * exchange/act_recall.c - the originator takes his leave back; holders mark what they hold, and say that they
 * have heard.
 *
 * The person's act stays here, like the author's act of a share: it would tell one holder of the others, and of
 * portions that he may not know of. Each holder gets a statement of his own, about what was sealed for him. */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "exchange/act_rows.h"
#include "exchange/aware.h"
#include "exchange/cards.h"
#include "exchange/derive.h"
#include "store/held.h"
#include "store/override.h"
#include "store/report.h"
#include "store/request.h"
#include "store/statement.h"
#include "store/store.h"

struct recalling {
    const char *from, *reason; /* "": all holders; "": none was given */
    json_t *wanted;            /* portion ids */
};

void act_recall_release(struct act_call *c)
{
    struct recalling *r = c->state;
    if (!r)
        return;
    json_decref(r->wanted);
    mem_freep(&c->state);
}

/* What acts on own reports share ----------------------------------------------------------------------- */

static enum err note_originator(const char *originator, const char *id, void *ctx, struct fail *f)
{
    (void)id, (void)f;
    snprintf(ctx, DOMAIN_MAX + 1, "%s", originator);
    return OK;
}

enum err act_own_report(struct act_call *c, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    AUTO(aware_clear) struct aware known = { 0 };
    char author[PERSON_MAX + 1], other[DOMAIN_MAX + 1] = "";
    if (!*c->act->report)
        return fail_set(f, E_INVALID, "%s: it names no report", c->row->kind);
    TRY(store_read_begin(c->node->store, &db, f));
    enum err e = store_report_author(db, c->act->report, author, f);
    if (store_missing(e, f)) {
        TRY(store_held_origin(db, c->act->report, note_originator, other, f));
        TRY(aware_held(c->node, db, c->asker, other, c->act->report, &known, f));
        return known.count > 0
                   ? fail_why(f, REASON_NOT_ORIGINATOR, "report %s is of %s: a %s is its originator's alone",
                              c->act->report, other, c->row->kind)
                   : fail_why(f, REASON_NOT_YOURS, "report %s is unknown here, or not yours", c->act->report);
    }
    TRY(e);
    if (strcmp(author, c->act->by) != 0 && !(c->asker->roles & ROLE_OFFICER))
        return fail_why(f, REASON_NOT_AUTHOR, "only the author of %s, or an officer, may %s it",
                        c->act->report, c->row->kind);
    memcpy(c->report, c->act->report, sizeof c->report);
    memcpy(c->originator, c->node->conf.domain, strlen(c->node->conf.domain) + 1);
    return OK;
}

enum err act_reason(const json_t *body, const char *what, bool needed, const char **reason, struct fail *f)
{
    TRY(json_may_str(body, "reason", what, reason, f));
    if (!*reason && !needed)
        return OK;
    if (!*reason || strspn(*reason, " \t\r\n") == strlen(*reason))
        return fail_set(f, E_INVALID, "%s: a reason is needed, and not blank", what);
    if (strlen(*reason) > 1024)
        return fail_set(f, E_TOO_LARGE, "%s: the reason is longer than 1024 bytes", what);
    return OK;
}

/* The originator's side ---------------------------------------------------------------------------------- */

static enum err note_sealed(const struct portion_row *row, void *ctx, struct fail *f)
{
    (void)f;
    if (!row->clear)
        json_array_append_new(ctx, json_string(row->id));
    return OK;
}

/* What is recalled: the portions that are named, or all that are sealed. */
static enum err choose_portions(struct act_call *c, struct db *db, struct recalling *r, struct fail *f)
{
    const json_t *named = c->act->portions;
    r->wanted = json_array();
    if (json_array_size(named) == 0) {
        TRY(store_portion_list(db, c->report, note_sealed, r->wanted, f));
        return json_array_size(r->wanted)
                   ? OK
                   : fail_why(f, REASON_NO_HOLDER, "all of report %s is public: nothing can be recalled",
                              c->report);
    }
    for (size_t i = 0; i < json_array_size(named); i++) {
        AUTO(store_portion_clear) struct portion_row row = { 0 };
        const char *id = json_string_value(json_array_get(named, i));
        enum err e = store_portion_get(db, id, &row, f);
        if (store_missing(e, f) || (e == OK && strcmp(row.report, c->report) != 0))
            return fail_why(f, REASON_NOT_YOURS, "portion %s is unknown here, or not of this report", id);
        TRY(e);
        if (row.clear)
            return fail_why(f, REASON_NO_HOLDER, "portion %u is public: it can't be recalled", row.n);
        if (statement_names(r->wanted, id))
            return fail_set(f, E_INVALID, "recall: portion %u is named twice", row.n);
        json_array_append_new(r->wanted, json_string(id));
    }
    return OK;
}

struct finding {
    const struct recalling *r;
    struct node *n;
    json_t *holders; /* domain -> portion ids */
    json_t *guests;  /* of ours, and clients whose people are: person or domain -> portion ids */
    json_t *
        givers; /* who passed it on to the one holder meant, by an override or in a report that cites it: domain -> portion ids */
};

static void finding_clear(struct finding *find)
{
    json_decref(find->holders);
    json_decref(find->guests);
    json_decref(find->givers);
}

static void note(json_t *into, const char *domain, const char *portion)
{
    json_t *portions = json_object_get(into, domain);
    if (!portions) {
        portions = json_array();
        json_set_take(into, domain, portions);
    }
    if (!statement_names(portions, portion))
        json_array_append_new(portions, json_string(portion));
}

static enum err note_holder(const struct copy_row *row, void *ctx, struct fail *f)
{
    const struct finding *find = ctx;
    (void)f;
    if (strcmp(row->holder, find->n->conf.domain) == 0 ||
        (*find->r->from && strcmp(row->holder, find->r->from) != 0) ||
        !statement_names(find->r->wanted, row->portion))
        return OK;
    note(find->holders, row->holder, row->portion);
    return OK;
}

/* Guests read our masters: they hold nothing, and nothing is sent. */
static enum err note_guest(const struct release_row *row, void *ctx, struct fail *f)
{
    const struct finding *find = ctx;
    (void)f;
    if (strcmp(row->holder, find->n->conf.domain) != 0 || !*row->person || row->recalled_ms ||
        (*find->r->from && strcmp(name_domain_of(row->person), find->r->from) != 0) ||
        !statement_names(find->r->wanted, row->portion))
        return OK;
    note(find->guests, row->person, row->portion);
    return OK;
}

/* Who got it by an override hears of it himself, if he is known here; whose key it is sealed to, always. */
static enum err note_passed(const struct override_copy_row *row, void *ctx, struct fail *f)
{
    const struct finding *find = ctx;
    AUTO(cards_put) struct card_ref ref = { 0 };
    struct fail why = { 0 };
    (void)f;
    if ((*find->r->from && strcmp(row->holder, find->r->from) != 0) ||
        !statement_names(find->r->wanted, row->portion))
        return OK;
    if (cards_get_met(find->n, row->holder, &ref, &why) == OK)
        note(find->holders, row->holder, row->portion);
    if (*find->r->from)
        note(find->givers, row->giver, row->portion);
    return OK;
}

struct citing {
    struct finding *find;
    struct db *db;
    const char *asker;
};

static enum err note_cited_portion(const struct request_portion_row *row, void *ctx, struct fail *f)
{
    const struct citing *c = ctx;
    (void)f;
    if (row->state == REQUEST_PORTION_GRANTED && statement_names(c->find->r->wanted, row->portion))
        note(c->find->givers, c->asker, row->portion);
    return OK;
}

/* Who asked for it, to cite it in a report to the one holder meant, hears that its leave is gone. */
static enum err note_cited(const struct request_row *row, void *ctx, struct fail *f)
{
    struct citing *c = ctx;
    const char *from = c->find->r->from;
    if (!row->cited || row->state != REQUEST_GRANTED || !*from || strcmp(row->to_whom, from) != 0)
        return OK;
    c->asker = row->asker;
    return store_request_portion_list(c->db, row->id, note_cited_portion, c, f);
}

/* Every holder for whom something of it was sealed, and every guest. */
static enum err find_holders(struct act_call *c, struct db *db, struct finding *find, struct fail *f)
{
    const struct recalling *r = find->r = c->state;
    find->n = c->node;
    find->holders = json_object();
    find->guests = json_object();
    find->givers = json_object();
    TRY(store_copy_list_report(db, c->report, note_holder, find, f));
    TRY(store_release_list_report(db, c->report, note_guest, find, f));
    TRY(store_override_copy_list_report(db, c->node->conf.domain, c->report, note_passed, find, f));
    struct citing citing = { find, db, NULL };
    TRY(store_request_list(db, c->node->conf.domain, c->report, note_cited, &citing, f));
    if (json_object_size(find->holders) + json_object_size(find->guests) + json_object_size(find->givers) > 0)
        return OK;
    return *r->from
               ? fail_why(f, REASON_NO_HOLDER, "%s holds nothing of this of report %s", r->from, c->report)
               : fail_why(f, REASON_NO_HOLDER, "nobody else holds any of this of report %s", c->report);
}

enum err act_recall_prepare(struct act_call *c, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    AUTO(finding_clear) struct finding find = { 0 };
    struct recalling *r = c->state = mem_new(sizeof *r);
    TRY(act_own_report(c, f));
    TRY(json_may_str(c->act->body, "from", "recall", &r->from, f));
    TRY(act_reason(c->act->body, "recall", false, &r->reason, f));
    r->from = r->from ? r->from : "";
    if (*r->from && !name_is_domain(r->from))
        return fail_set(f, E_INVALID, "recall: '%.80s' is not a domain", r->from);
    TRY(store_read_begin(c->node->store, &db, f));
    TRY(choose_portions(c, db, r, f));
    TRY(find_holders(c, db, &find, f));
    c->aud = json_array();
    c->portions = json_deep_copy(r->wanted);
    c->body = json_deep_copy(c->act->body);
    json_set_str(c->answer, "recall", c->id);
    return OK;
}

/* What ${to} is told of ${holder}, mostly himself. Signed inside the transaction: who holds what is known only here. */
static enum err tell_holder(struct act_call *c, const char *to, const char *holder, json_t *portions,
                            struct act_statement *s, char id[static UUID_TEXT],
                            uint8_t digest[static HASH_LEN], char **jws, struct fail *f)
{
    const struct recalling *r = c->state;
    char by[DOMAIN_MAX + 2];
    json_t *body = json_object();
    random_uuid(id);
    snprintf(by, sizeof by, "@%s", c->node->conf.domain);
    json_set_str(body, "reason", r->reason ? r->reason : "");
    json_set_take(body, "holders", json_pack("[s]", holder));
    struct statement_making m = { .kind = "recall",
                                  .id = id,
                                  .iss = c->node->conf.domain,
                                  .by = by,
                                  .report = c->report,
                                  .ref = c->id,
                                  .aud = json_pack("[s]", to),
                                  .portions = json_incref(portions),
                                  .body = body,
                                  .at_ms = c->now_ms };
    TRY(acts_statement(c->node, m, jws, digest, f));
    *s = (struct act_statement){
        .kind = "recall", .id = id, .jws = *jws, .report = c->report, .ref = c->id, .digest = digest
    };
    return OK;
}

static enum err send_recall(struct act_call *c, struct db *db, struct journal_event e, const char *to,
                            const char *holder, json_t *portions, struct fail *f)
{
    AUTO(str_freep) char *jws = NULL;
    AUTO(json_freep) json_t *aud = json_pack("[s]", to);
    char id[UUID_TEXT];
    uint8_t digest[HASH_LEN];
    struct act_statement s;
    TRY(tell_holder(c, to, holder, portions, &s, id, digest, &jws, f));
    e.organisation = holder;
    e.digest = digest;
    TRY(acts_enter(c->node, db, &e, portions, &c->last, f));
    json_array_append_new(json_object_get(c->answer, "statements"),
                          json_pack("{s:s,s:s}", "to", to, "statement", id));
    return acts_queue(c->node, db, &s, aud, false, c->last, f);
}

static enum err recall_from(struct act_call *c, struct db *db, struct journal_event e, const char *holder,
                            json_t *portions, struct fail *f)
{
    for (size_t i = 0; i < json_array_size(portions); i++) {
        const char *portion = json_string_value(json_array_get(portions, i));
        TRY(store_release_recall(db, portion, holder, NULL, c->now_ms, NULL, f));
        TRY(store_override_copy_recall(db, c->originator, portion, holder, c->now_ms, f));
    }
    return send_recall(c, db, e, holder, holder, portions, f);
}

static enum err recall_guest(struct act_call *c, struct db *db, struct journal_event e, const char *whom,
                             json_t *portions, struct fail *f)
{
    const char *home = c->node->conf.domain;
    for (size_t i = 0; i < json_array_size(portions); i++)
        TRY(store_release_recall_person(db, json_string_value(json_array_get(portions, i)), home, whom,
                                        c->now_ms, f));
    e.organisation = home;
    return acts_enter(c->node, db, &e, portions, &c->last, f);
}

enum err act_recall_apply(struct act_call *c, struct db *db, struct journal_event *e, struct fail *f)
{
    const struct recalling *r = c->state;
    AUTO(finding_clear) struct finding find = { 0 };
    const char *holder;
    json_t *portions;
    TRY(find_holders(c, db, &find, f));
    atomic_fetch_add(&c->node->taken_back, 1);
    json_set_take(c->answer, "statements", json_array());
    e->reason = r->reason;
    json_object_foreach (find.holders, holder, portions)
        TRY(recall_from(c, db, *e, holder, portions, f));
    json_object_foreach (find.guests, holder, portions)
        TRY(recall_guest(c, db, *e, holder, portions, f));
    /* the key of such a copy, or what cites it, is with its giver, who keeps what is his own */
    json_object_foreach (find.givers, holder, portions)
        TRY(send_recall(c, db, *e, holder, r->from, portions, f));
    return OK;
}

/* The holder's side ------------------------------------------------------------------------------------------ */

/* Only the originator of what is held recalls it: rows are keyed by him, so nobody else's word touches them. A
 * recall may come before what it recalls, where that is carried by hand. */
enum err act_recall_take(struct act_call *c, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    AUTO(store_held_clear) struct held_row held = { 0 };
    char author[PERSON_MAX + 1], other[DOMAIN_MAX + 1] = "";
    const char *reason;
    TRY(json_may_str(c->taken->body, "reason", "recall", &reason, f));
    if (!*c->report || json_array_size(c->taken->portions) == 0)
        return fail_set(f, E_INVALID, "recall: it names no report, or no portions");
    TRY(store_read_begin(c->node->store, &db, f));
    enum err e = store_held_newest(db, c->taken->iss, c->report, &held, f);
    if (!store_missing(e, f))
        return e;
    TRY(store_held_origin(db, c->report, note_originator, other, f));
    e = store_report_author(db, c->report, author, f);
    if (store_missing(e, f) && !*other)
        return OK;
    return e != OK && e != E_NOT_FOUND
               ? e
               : fail_why(f, REASON_NOT_ORIGINATOR, "%s is not the originator of report %s", c->taken->iss,
                          c->report);
}

/* Readers hear of what they all may know of, and of a hidden portion those who may. */
struct hearing {
    struct act_call *call;
    struct db *db;
    const char *reason;
    json_t *seen, *numbers;
};

static json_t *about_recall(const struct hearing *h, json_t *portions, json_t *numbers)
{
    const struct act_call *c = h->call;
    json_t *about = json_object();
    json_set_str(about, "recall", *c->ref ? c->ref : c->id);
    json_set_str(about, "report", c->report);
    json_set_take(about, "portions", portions);
    json_set_take(about, "n", numbers);
    json_set_str(about, "reason", h->reason ? h->reason : "");
    return about;
}

static enum err note_recalled(const struct held_portion_row *row, void *ctx, struct fail *f)
{
    struct hearing *h = ctx;
    struct act_call *c = h->call;
    AUTO(json_freep) json_t *readers = json_array();
    bool hidden;
    if (!statement_names(c->taken->portions, row->portion))
        return OK;
    TRY(aware_held_readers(c->node, h->db, row, &hidden, readers, f));
    if (!hidden) {
        json_array_append_new(h->seen, json_string(row->portion));
        if (row->n > 0)
            json_array_append_new(h->numbers, json_integer(row->n));
        return OK;
    }
    for (size_t i = 0; i < json_array_size(readers); i++)
        TRY(acts_notify(h->db, "recall", json_string_value(json_array_get(readers, i)), c->taken->iss,
                        c->now_ms, 0, c->report,
                        about_recall(h, json_pack("[s]", row->portion), json_array()), f));
    return OK;
}

struct numbering {
    const json_t *portions;
    json_t *numbers;
};

static enum err note_number(const struct held_portion_row *row, void *ctx, struct fail *f)
{
    const struct numbering *n = ctx;
    (void)f;
    if (row->n > 0 && statement_names(n->portions, row->portion))
        json_array_append_new(n->numbers, json_integer(row->n));
    return OK;
}

enum err act_held_numbers(struct db *db, const char *originator, const char *report, const json_t *portions,
                          json_t **out, struct fail *f)
{
    AUTO(json_freep) json_t *numbers = json_array();
    struct numbering n = { portions, numbers };
    TRY(store_held_portion_merged(db, originator, report, note_number, &n, f));
    *out = json_incref(numbers);
    return OK;
}

static enum err notify_readers(struct act_call *c, struct db *db, const char *reason, struct fail *f)
{
    AUTO(json_freep) json_t *seen = json_array();
    AUTO(json_freep) json_t *numbers = json_array();
    struct hearing h = { c, db, reason, seen, numbers };
    TRY(store_held_portion_merged(db, c->taken->iss, c->report, note_recalled, &h, f));
    if (json_array_size(seen) == 0)
        return OK;
    return acts_notify_readers(c, db, "recall", c->report,
                               about_recall(&h, json_incref(seen), json_incref(numbers)), f);
}

/* Copies that we passed on by an override: all, or where the recall names others, theirs. */
static enum err recall_passed(struct act_call *c, struct db *db, const char *portion, const json_t *holders,
                              bool ours, struct fail *f)
{
    if (ours)
        return store_override_copy_recall(db, c->taken->iss, portion, NULL, c->taken->at_ms, f);
    for (size_t i = 0; i < json_array_size(holders); i++)
        TRY(store_override_copy_recall(db, c->taken->iss, portion,
                                       json_string_value(json_array_get(holders, i)), c->taken->at_ms, f));
    return OK;
}

enum err act_recall_take_apply(struct act_call *c, struct db *db, struct journal_event *e, struct fail *f)
{
    const json_t *portions = c->taken->portions, *holders = json_object_get(c->taken->body, "holders");
    bool ours = json_array_size(holders) == 0 || statement_names(holders, c->node->conf.domain);
    e->reason = json_string_value(json_object_get(c->taken->body, "reason"));
    for (size_t i = 0; i < json_array_size(portions); i++) {
        const char *portion = json_string_value(json_array_get(portions, i));
        if (ours)
            TRY(store_held_recall_put(db, c->taken->iss, portion, c->taken->at_ms, c->taken->id, f));
        TRY(recall_passed(c, db, portion, holders, ours, f));
    }
    TRY(acts_enter(c->node, db, e, portions, &c->last, f));
    TRY(derived_recalled(c, db, portions, holders, f));
    return ours ? notify_readers(c, db, e->reason, f) : OK;
}
