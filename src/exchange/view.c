/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/time.h"
#include "exchange/introduced.h"
#include "exchange/pack.h"
#include "exchange/quarantine.h"
#include "ledger/body.h"
#include "ledger/statement.h"
#include "marking/marking.h"
#include "store/held.h"
#include "store/leaf.h"
#include "store/override.h"
#include "store/list.h"
#include "store/report.h"
#include "store/request.h"
#include "store/statement.h"
#include "store/store.h"

#define LIST_MAX 1000

static void set_time(json_t *object, const char *name, uint64_t ms)
{
    char text[TIME_TEXT_SIZE] = "";
    if (ms)
        time_print(ms, text);
    json_set_str(object, name, text);
}

/* Short forms --------------------------------------------------------------------------------------------- */

struct resolving {
    const char *text;
    char found[UUID_TEXT];
    size_t count;
    char others[200];
};

static enum err match_id(const char *originator, const char *id, void *ctx, struct fail *f)
{
    struct resolving *r = ctx;
    (void)originator;
    (void)f;
    if (!short_matches(r->text, id) || strcmp(r->found, id) == 0)
        return OK;
    size_t len = strlen(r->others);
    snprintf(r->others + len, sizeof r->others - len, "%s%s", len ? ", " : "", id);
    memcpy(r->found, id, UUID_TEXT);
    r->count++;
    return OK;
}

enum err view_resolve(struct node *n, const char *kind, const char *text, char id[static UUID_TEXT],
                      struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    struct resolving r = { .text = text };
    if (!name_is_uuid(text) && !short_is(text))
        return fail_set(f, E_INVALID, "'%.40s' is neither an id nor a short form of one", text);
    TRY(store_read_begin(n->store, &db, f));
    TRY(strcmp(kind, "report") == 0    ? store_report_ids(db, match_id, &r, f)
        : strcmp(kind, "request") == 0 ? store_request_ids(db, match_id, &r, f)
                                       : store_override_ids(db, match_id, &r, f));
    if (r.count == 0)
        return fail_why(f, REASON_NOT_YOURS, "%s %.40s is unknown here, or not yours", kind, text);
    if (r.count > 1)
        return fail_set(f, E_CONFLICT, "%s %.40s could be any of %s: write more of it", kind, text, r.others);
    memcpy(id, r.found, UUID_TEXT);
    return OK;
}

/* A short form that is unique here: as many letters as it takes. */
enum err view_shortest(struct node *n, const char *kind, const char *id, char out[static 25], struct fail *f)
{
    char found[UUID_TEXT];
    for (unsigned letters = 4; letters <= 24; letters++) {
        struct fail why = { 0 };
        short_print(id, letters, out);
        enum err e = view_resolve(n, kind, out, found, &why);
        if (e == OK)
            return OK;
        if (e != E_CONFLICT)
            return fail_pass(f, &why);
    }
    return OK;
}

/* The list ------------------------------------------------------------------------------------------------- */

struct listing {
    struct node *n;
    struct db *db;
    json_t *into;
};

static enum err list_copy(const struct copy_row *row, void *ctx, struct fail *f)
{
    json_t *holders = ctx;
    (void)f;
    if (*row->share && !statement_names(holders, row->holder))
        json_array_append_new(holders, json_string(row->holder));
    return OK;
}

static enum err list_own(const struct report_row *row, void *ctx, struct fail *f)
{
    struct listing *l = ctx;
    char brief[25];
    json_t *r = json_object(), *to = json_array();
    json_array_append_new(l->into, r);
    json_set_take(r, "to", to);
    TRY(view_shortest(l->n, "report", row->id, brief, f));
    TRY(store_copy_list_report(l->db, row->id, list_copy, to, f));
    json_set_str(r, "report", row->id);
    json_set_str(r, "short", brief);
    json_set_str(r, "originator", l->n->conf.domain);
    json_set_bool(r, "own", true);
    json_set_bool(r, "stray", false);
    json_set_str(r, "banner", row->banner);
    json_set_str(r, "author", row->author);
    set_time(r, "at", row->shared_ms);
    return OK;
}

static enum err note_recalled(const struct held_portion_row *row, void *ctx, struct fail *f)
{
    (void)f;
    if (row->recalled_ms && row->n > 0)
        json_array_append_new(ctx, json_integer(row->n));
    return OK;
}

static enum err list_held(const struct held_row *row, void *ctx, struct fail *f)
{
    struct listing *l = ctx;
    char brief[25];
    json_t *r = json_object(), *recalled = json_array();
    json_array_append_new(l->into, r);
    json_set_take(r, "recalled", recalled);
    TRY(view_shortest(l->n, "report", row->report, brief, f));
    TRY(store_held_portion_merged(l->db, row->originator, row->report, note_recalled, recalled, f));
    json_set_str(r, "report", row->report);
    json_set_str(r, "short", brief);
    json_set_str(r, "originator", row->originator);
    json_set_bool(r, "own", false);
    json_set_bool(r, "stray", row->stray);
    json_set_str(r, "banner", row->banner);
    set_time(r, "at", row->received_ms);
    return OK;
}

enum err view_reports(struct node *n, const struct asker *a, json_t **out, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    AUTO(json_freep) json_t *answer = json_object();
    json_t *reports = json_array(), *waiting = NULL;
    (void)a;
    json_set_take(answer, "reports", reports);
    TRY(store_read_begin(n->store, &db, f));
    struct listing l = { n, db, reports };
    TRY(store_report_list(db, LIST_MAX, 0, list_own, &l, f));
    TRY(store_held_list(db, LIST_MAX, 0, list_held, &l, f));
    TRY(quarantine_list(db, &waiting, f));
    json_set_take(answer, "quarantined", waiting);
    *out = json_incref(answer);
    return OK;
}

/* One report ------------------------------------------------------------------------------------------------ */

static enum err put_portion(json_t *report, const char *id, const char *share, uint32_t number,
                            const char *mark, bool clear, uint64_t recalled_ms, struct fail *f)
{
    AUTO(marking_clear) struct marking m = { 0 };
    TRY(marking_read(mark, &m, f));
    json_t *p = json_object();
    json_set_str(p, "id", id);
    json_set_str(p, "share", share);
    json_set_u64(p, "n", number);
    json_set_str(p, "mark", mark);
    json_set_bool(p, "clear", clear);
    /* what may be passed on without asking: public text and tearlines */
    json_set_bool(p, "leave", !clear && !m.tearline);
    if (share)
        set_time(p, "recalled", recalled_ms);
    if (number == 0)
        json_set_take(report, "title", p);
    else
        json_array_append_new(json_object_get(report, "portions"), p);
    return OK;
}

static enum err own_portion(const struct portion_row *row, void *ctx, struct fail *f)
{
    return put_portion(ctx, row->id, NULL, row->n, row->mark, row->clear, 0, f);
}

static enum err held_portion(const struct held_portion_row *row, void *ctx, struct fail *f)
{
    return put_portion(ctx, row->portion, row->share, row->n, row->mark, row->clear, row->recalled_ms, f);
}

struct briefed {
    struct node *n;
    struct db *db;
    json_t *into;
    uint32_t number;
};

/* What a briefing rests on: a key that was released, a telling, or what a partner reported. */
static const char *basis_of(const struct leaf_row *leaf)
{
    struct body body;
    struct fail why = { 0 };
    if (body_read(leaf->body, &body, &why) != OK)
        return "";
    wipe(body.key, sizeof body.key);
    switch (body_kind(&body)) {
    case KIND_TOLD:
        return "told";
    case KIND_REPORTED_BRIEFING:
        return body.field[FIELD_COPY].len ? "key, reporter" : "told, reporter";
    default:
        return "key";
    }
}

static enum err add_briefed(uint32_t generation, const char *person, uint64_t idx, void *ctx, struct fail *f)
{
    struct briefed *b = ctx;
    AUTO(store_leaf_clear) struct leaf_row leaf = { 0 };
    json_t *row = json_object();
    json_array_append_new(b->into, row);
    TRY(store_leaf_get(b->db, generation, idx, &leaf, f));
    json_set_str(row, "person", person);
    json_set_str(row, "basis", basis_of(&leaf));
    json_set_u64(row, "n", b->number);
    json_set_u64(row, "entry", idx);
    set_time(row, "at", leaf.time_ms);
    return OK;
}

static enum err briefed_on(const struct portion_row *row, void *ctx, struct fail *f)
{
    struct briefed *b = ctx;
    AUTO(str_freep) char *name = str_format("%s/%s", b->n->conf.domain, row->id);
    b->number = row->n;
    return store_briefing_list(b->db, name, add_briefed, b, f);
}

static enum err add_group(const char *name, uint64_t version, void *ctx, struct fail *f)
{
    json_t *group = json_object();
    (void)f;
    json_set_str(group, "name", name);
    json_set_u64(group, "version", version);
    json_array_append_new(ctx, group);
    return OK;
}

static enum err view_own(struct node *n, struct db *db, const struct report_row *row, json_t *r,
                         struct fail *f)
{
    json_t *holders = json_array(), *briefed = json_array(), *groups = json_array();
    json_set_take(r, "groups", groups);
    json_set_take(r, "holders", holders);
    json_set_take(r, "briefed", briefed);
    json_set_str(r, "originator", n->conf.domain);
    json_set_bool(r, "own", true);
    json_set_bool(r, "stray", false);
    json_set_str(r, "banner", row->banner);
    json_set_str(r, "author", row->author);
    set_time(r, "at", row->shared_ms);
    TRY(store_report_group_list(db, row->id, add_group, groups, f));
    TRY(store_portion_list(db, row->id, own_portion, r, f));
    TRY(store_copy_list_report(db, row->id, list_copy, holders, f));
    struct briefed b = { n, db, briefed, 0 };
    TRY(store_portion_list(db, row->id, briefed_on, &b, f));
    TRY(view_told(n, db, row->id, briefed, f));
    return view_recalls(n, db, row->id, r, f);
}

/* The share that counts: the newest that is ours, else the newest stray. */
static enum err find_held(struct db *db, const char *originator, const char *id, struct held_row *held,
                          struct fail *f)
{
    enum err e = store_held_newest(db, originator, id, held, f);
    return store_missing(e, f) ? store_held_stray(db, originator, id, held, f) : e;
}

static enum err take_origin(const char *originator, const char *id, void *ctx, struct fail *f)
{
    (void)id;
    (void)f;
    snprintf(ctx, DOMAIN_MAX + 1, "%s", originator);
    return OK;
}

/* The banner of what came in several shares is none of theirs. */
static enum err roll_up(json_t *r, struct fail *f)
{
    AUTO(marking_clear) struct marking banner = { 0 };
    AUTO(str_freep) char *text = NULL;
    const json_t *rows = json_object_get(r, "portions");
    for (size_t i = 0; i < json_array_size(rows) + 1; i++) {
        AUTO(marking_clear) struct marking mark = { 0 };
        const json_t *row = i == 0 ? json_object_get(r, "title") : json_array_get(rows, i - 1);
        if (!row)
            continue;
        TRY(marking_read(json_string_value(json_object_get(row, "mark")), &mark, f));
        marking_banner_add(&banner, &mark);
    }
    text = marking_text(&banner, NULL);
    json_set_str(r, "banner", text);
    return OK;
}

static enum err view_held(struct db *db, const char *id, json_t *r, struct fail *f)
{
    AUTO(store_held_clear) struct held_row held = { 0 };
    char originator[DOMAIN_MAX + 1] = "";
    TRY(store_held_origin(db, id, take_origin, originator, f));
    if (!*originator)
        return fail_why(f, REASON_NOT_YOURS, "report %s is unknown here, or not yours", id);
    TRY(find_held(db, originator, id, &held, f));
    json_set_str(r, "originator", originator);
    json_set_bool(r, "own", false);
    json_set_bool(r, "stray", held.stray);
    json_set_str(r, "made_for", held.audience);
    json_set_str(r, "share", held.share);
    set_time(r, "at", held.received_ms);
    TRY(held.stray ? store_held_portion_list(db, originator, held.share, held_portion, r, f)
                   : store_held_portion_merged(db, originator, id, held_portion, r, f));
    return roll_up(r, f);
}

enum err view_report(struct node *n, const struct asker *a, const char *text, json_t **out, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    AUTO(store_report_clear) struct report_row row = { 0 };
    AUTO(json_freep) json_t *r = json_object();
    char id[UUID_TEXT], brief[25];
    (void)a;
    TRY(view_resolve(n, "report", text, id, f));
    TRY(view_shortest(n, "report", id, brief, f));
    json_set_str(r, "report", id);
    json_set_str(r, "short", brief);
    json_set_take(r, "portions", json_array());
    TRY(store_read_begin(n->store, &db, f));
    enum err e = store_report_get(db, id, &row, f);
    TRY(store_missing(e, f) ? view_held(db, id, r, f) : e == OK ? view_own(n, db, &row, r, f) : e);
    *out = json_incref(r);
    return OK;
}

/* One share of a held report: the one that is named, or the one that counts. */
static enum err choose_held(struct db *db, const char *id, const char *share, struct held_row *held,
                            struct fail *f)
{
    char originator[DOMAIN_MAX + 1] = "";
    TRY(store_held_origin(db, id, take_origin, originator, f));
    enum err e = !*originator ? E_NOT_FOUND
                 : share      ? store_held_get(db, originator, share, held, f)
                              : find_held(db, originator, id, held, f);
    if (e == E_NOT_FOUND || (e == OK && strcmp(held->report, id) != 0)) {
        fail_clear(f);
        return fail_why(f, REASON_NOT_YOURS, "report %s is unknown here, or not yours", id);
    }
    return e;
}

enum err view_package(struct node *n, const struct asker *a, const char *text, const char *share,
                      struct buf *out, struct fail *f)
{
    AUTO(store_report_clear) struct report_row row = { 0 };
    AUTO(store_held_clear) struct held_row held = { 0 };
    char id[UUID_TEXT];
    (void)a;
    TRY(view_resolve(n, "report", text, id, f));
    {
        AUTO(store_read_endp) struct db *db = NULL;
        TRY(store_read_begin(n->store, &db, f));
        enum err e = store_report_get(db, id, &row, f);
        TRY(store_missing(e, f) ? choose_held(db, id, share, &held, f) : e);
    }
    return held.share ? pack_held(n, held.originator, held.share, out, f) : pack_own(n, id, out, f);
}

enum err view_share_package(struct node *n, const struct asker *a, const char *statement, struct buf *out,
                            struct fail *f)
{
    AUTO(store_statement_clear) struct statement_row row = { 0 };
    (void)a;
    {
        AUTO(store_read_endp) struct db *db = NULL;
        TRY(store_read_begin(n->store, &db, f));
        enum err e = store_statement_get(db, n->conf.domain, statement, &row, f);
        if (store_missing(e, f) || (e == OK && strcmp(row.kind, "share") != 0))
            return fail_why(f, REASON_NOT_YOURS, "share %.40s is unknown here, or not yours", statement);
        TRY(e);
    }
    return pack_share(n, &row, out, f);
}

/* Requests ---------------------------------------------------------------------------------------------------- */

static enum err add_request_portion(const struct request_portion_row *row, void *ctx, struct fail *f)
{
    json_t *p = json_object();
    (void)f;
    json_array_append_new(ctx, p);
    json_set_str(p, "id", row->portion);
    json_set_u64(p, "n", row->n);
    json_set_str(p, "state", request_portion_state_name(row->state));
    return OK;
}

static enum err note_mark(const struct held_portion_row *row, void *ctx, struct fail *f)
{
    (void)f;
    json_set_str(ctx, row->portion, row->mark);
    return OK;
}

/* The mark of each portion, as its originator or its holder knows it. */
static enum err add_marks(struct db *db, const struct request_row *row, bool own, json_t *portions,
                          struct fail *f)
{
    AUTO(json_freep) json_t *held = json_object();
    if (!own)
        TRY(store_held_portion_merged(db, row->originator, row->report, note_mark, held, f));
    for (size_t i = 0; i < json_array_size(portions); i++) {
        AUTO(store_portion_clear) struct portion_row portion = { 0 };
        json_t *p = json_array_get(portions, i);
        const char *id = json_string_value(json_object_get(p, "id"));
        if (own)
            TRY(store_portion_get(db, id, &portion, f));
        json_set_str(p, "mark", own ? portion.mark : json_string_value(json_object_get(held, id)));
    }
    return OK;
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

enum err view_request(struct node *n, const struct asker *a, const char *text, json_t **out, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    AUTO(store_request_clear) struct request_row row = { 0 };
    AUTO(json_freep) json_t *r = json_object();
    json_t *portions = json_array(), *third = NULL;
    char id[UUID_TEXT], brief[25];
    json_set_take(r, "portions", portions);
    TRY(view_resolve(n, "request", text, id, f));
    TRY(view_shortest(n, "request", id, brief, f));
    TRY(store_read_begin(n->store, &db, f));
    TRY(store_request_get(db, id, &row, f));
    bool own = strcmp(row.originator, n->conf.domain) == 0;
    /* whoever asked sees his; the others are for those who decide */
    if (strcmp(row.by_person, a->person) != 0 && !(a->roles & (ROLE_OFFICER | ROLE_AUDITOR | ROLE_AUTHOR)))
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
    set_time(r, "asked", row.asked_ms);
    set_time(r, "due", row.due_ms);
    set_time(r, "until", row.until_ms);
    set_time(r, "silent", row.silent_ms);
    json_set_bool(r, "forward", row.forward);
    json_set_str(r, "rule", row.rule);
    json_set_bool(r, "overdue", row.state == REQUEST_OPEN && row.due_ms <= n->now_ms());
    json_set_str(r, "decided_by", row.decided_by);
    set_time(r, "decided", row.decided_ms);
    json_set_str(r, "note", row.note);
    if (strcmp(row.asker, n->conf.domain) == 0)
        TRY(add_delivery_of(db, &row, n->conf.domain, r, f));
    TRY(introduced_show(db, id, row.to_whom, &third, f));
    json_set_take(r, "third", third ? third : json_null());
    TRY(store_request_portion_list(db, id, add_request_portion, portions, f));
    TRY(add_marks(db, &row, own, portions, f));
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
    set_time(p, "since", row->state == OUTBOX_DELIVERED ? row->acked_ms : row->queued_ms);
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
