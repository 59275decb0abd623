/* SPDX-License-Identifier: Apache-2.0
 * exchange/act_inquiry.c - a text is out: who had it, did you pass it? Asked of a partner by a date
 *
 * What goes out is the digest of the text, never the text. Where the asker knows which portions it is like, and the partner has
 * them, it names them by id. The deadline is the asker's; when it has passed both sides count it, and an answer may still come. */
#include <string.h>

#include "base/b64.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/time.h"
#include "exchange/act_rows.h"
#include "exchange/aware.h"
#include "exchange/cards.h"
#include "exchange/hidden.h"
#include "exchange/timer.h"
#include "store/held.h"
#include "store/inquiry.h"
#include "store/report.h"
#include "store/store.h"
#include "store/writer.h"

#define DUE_MAX_MS ((uint64_t)366 * 86400000)

struct inquiring {
    const char *to, *digest, *note;
    uint64_t due_ms;
    struct act *act; /* taken ones */
};

void act_inquiry_release(struct act_call *c)
{
    struct inquiring *q = c->state;
    if (!q)
        return;
    act_freep(&q->act);
    mem_freep(&c->state);
}

static enum err read_due(const json_t *body, uint64_t now_ms, uint64_t *due_ms, struct fail *f)
{
    const char *by;
    TRY(json_need_str(body, "by", "inquiry", &by, f));
    if (!time_read(by, due_ms))
        return fail_why(f, REASON_TIME, "inquiry: 'by' is not a time of the years 1970 to 9999");
    if (*due_ms <= now_ms)
        return fail_why(f, REASON_EXPIRED, "inquiry: the deadline has passed");
    if (*due_ms > now_ms + DUE_MAX_MS)
        return fail_why(f, REASON_TIME_FAR, "inquiry: the deadline is more than a year away");
    return OK;
}

static enum err read_inquiry(const json_t *body, uint64_t now_ms, struct inquiring *q, struct fail *f)
{
    uint8_t digest[HASH_LEN];
    TRY(json_need_str(body, "digest", "inquiry", &q->digest, f));
    TRY(json_may_str(body, "note", "inquiry", &q->note, f));
    TRY(read_due(body, now_ms, &q->due_ms, f));
    if (!b64_read_exact(B64_URL, bytes_str(q->digest), digest, HASH_LEN))
        return fail_set(f, E_INVALID, "inquiry: 'digest' is no SHA-256");
    q->note = q->note ? q->note : "";
    if (strlen(q->note) > 1024)
        return fail_set(f, E_TOO_LARGE, "inquiry: 'note' is longer than 1024 bytes");
    return OK;
}

/* The asker's side --------------------------------------------------------------------------------------------- */

/* Of our report: what the partner has, and everybody there may know of. */
static enum err check_given(struct db *db, const char *portion, const char *partner, uint32_t n,
                            struct fail *f)
{
    AUTO(store_portion_clear) struct portion_row row = { 0 };
    bool given;
    TRY(store_portion_get(db, portion, &row, f));
    TRY(hidden_given(db, &row, partner, &given, f));
    return given
               ? OK
               : fail_why(f, REASON_NOT_HELD, "portion %u was not given to %s: nothing was sent", n, partner);
}

static enum err check_portions(struct act_call *c, const struct inquiring *q, struct db *db,
                               const struct aware *known, struct fail *f)
{
    bool own = strcmp(c->originator, c->node->conf.domain) == 0;
    for (size_t i = 0; i < json_array_size(c->act->portions); i++) {
        const char *id = json_string_value(json_array_get(c->act->portions, i));
        const struct aware_portion *p = aware_find(known, id);
        if (!p)
            return fail_why(f, REASON_NOT_HELD, "portion %s of report %s is not held here", id, c->report);
        if (p->hidden)
            return fail_set(f, E_REFUSED,
                            "portion %u is HIDDEN: an inquiry that names it would show it to officers there "
                            "who may not know of it; leave it out",
                            p->n);
        if (own)
            TRY(check_given(db, id, q->to, p->n, f));
    }
    return OK;
}

/* A report that both have: ours, or the partner's. */
static enum err check_report(struct act_call *c, const struct inquiring *q, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    AUTO(aware_clear) struct aware known = { 0 };
    AUTO(store_report_clear) struct report_row row = { 0 };
    TRY(store_read_begin(c->node->store, &db, f));
    enum err e = store_report_get(db, c->act->report, &row, f);
    bool held = store_missing(e, f);
    if (!held)
        TRY(e);
    const char *originator = held ? q->to : c->node->conf.domain;
    memcpy(c->originator, originator, strlen(originator) + 1);
    memcpy(c->report, c->act->report, sizeof c->report);
    TRY(held ? aware_held(c->node, db, c->asker, originator, c->report, &known, f)
             : aware_own(c->node, db, c->asker, c->report, &known, f));
    if (known.count == 0)
        return fail_why(f, REASON_NOT_YOURS, "report %s is unknown here, or not yours", c->report);
    if (json_array_size(c->act->portions) == 0)
        return fail_set(f, E_INVALID, "inquiry: it names a report, and none of its portions");
    return check_portions(c, q, db, &known, f);
}

enum err act_inquiry_prepare(struct act_call *c, struct fail *f)
{
    AUTO(cards_put) struct card_ref ref = { 0 };
    struct inquiring *q = c->state = mem_new(sizeof *q);
    TRY(json_need_str(c->act->body, "to", "inquiry", &q->to, f));
    TRY(read_inquiry(c->act->body, c->now_ms, q, f));
    if (!name_is_domain(q->to) || strcmp(q->to, c->node->conf.domain) == 0)
        return fail_set(f, E_INVALID, "inquiry: '%.80s' is no other organisation", q->to);
    TRY(cards_get_trusted(c->node, q->to, &ref, f));
    if (*c->act->report)
        TRY(check_report(c, q, f));
    else if (json_array_size(c->act->portions))
        return fail_set(f, E_INVALID, "inquiry: portions of no report");
    c->portions = json_deep_copy(c->act->portions);
    c->aud = json_pack("[s]", q->to);
    c->body = json_deep_copy(c->act->body);
    json_object_del(c->body, "to");
    json_set_str(c->answer, "inquiry", c->id);
    return OK;
}

enum err act_inquiry_apply(struct act_call *c, struct db *db, struct journal_event *e, struct fail *f)
{
    (void)db, (void)f;
    e->reason = c->row->kind;
    return OK;
}

/* Both sides keep the same row. */
enum err act_inquiry_place(struct act_call *c, struct db *db, struct place at, struct fail *f)
{
    const struct inquiring *q = c->state;
    const char *home = c->node->conf.domain;
    struct inquiry_row row = { .id = c->id,
                               .asker = c->taken ? c->taken->iss : home,
                               .asked = c->taken ? home : q->to,
                               .by_person = c->taken ? c->taken->by : c->act->by,
                               .originator = *c->report ? c->originator : "",
                               .report = c->report,
                               .digest = q->digest,
                               .note = q->note,
                               .at_ms = c->taken ? c->taken->at_ms : c->now_ms,
                               .due_ms = q->due_ms,
                               .answer = "",
                               .text = "",
                               .answered_by = "",
                               .generation = at.generation,
                               .idx = at.index };
    return store_inquiry_add(db, &row, f);
}

/* The partner's side ---------------------------------------------------------------------------------------------- */

struct naming {
    const json_t *ids;
    size_t count;
};

static enum err count_named(const struct held_portion_row *row, void *ctx, struct fail *f)
{
    struct naming *n = ctx;
    (void)f;
    n->count += statement_names(n->ids, row->portion);
    return OK;
}

/* In the same words whether the report is one of ours, the asker's, or none. */
static enum err not_known(const struct act_call *c, struct fail *f)
{
    return fail_why(f, REASON_NOT_YOURS, "not every portion that is named of report %s is known, or yours",
                    c->report);
}

/* It names only what we hold from the asker, or gave it; the title, too. */
static enum err check_known(struct act_call *c, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    AUTO(store_report_clear) struct report_row row = { 0 };
    const json_t *ids = c->taken->portions;
    TRY(store_read_begin(c->node->store, &db, f));
    enum err e = store_report_get(db, c->report, &row, f);
    if (store_missing(e, f)) {
        struct naming named = { ids, 0 };
        TRY(store_held_portion_merged(db, c->taken->iss, c->report, count_named, &named, f));
        return named.count && named.count == json_array_size(ids) ? OK : not_known(c, f);
    }
    TRY(e);
    memcpy(c->originator, c->node->conf.domain, strlen(c->node->conf.domain) + 1);
    for (size_t i = 0; i < json_array_size(ids); i++) {
        AUTO(store_portion_clear) struct portion_row p = { 0 };
        const char *id = json_string_value(json_array_get(ids, i));
        const struct hidden_asked asked = { id, c->report, c->taken->by, c->taken->iss };
        bool yours;
        TRY(hidden_yours(c->node, db, &asked, &p, &yours, f));
        if (!yours)
            return not_known(c, f);
    }
    return OK;
}

enum err act_inquiry_take(struct act_call *c, struct fail *f)
{
    struct inquiring *q = c->state = mem_new(sizeof *q);
    TRY(act_carried(c, &q->act, f));
    /* its deadline may pass on the way: it is taken all the same, and counts against nobody who did not get it */
    TRY(read_inquiry(c->taken->body, c->taken->at_ms, q, f));
    if (!json_equal(json_object_get(q->act->body, "digest"), json_object_get(c->taken->body, "digest")) ||
        !json_equal(json_object_get(q->act->body, "by"), json_object_get(c->taken->body, "by")) ||
        strcmp(q->act->report, c->report) != 0)
        return fail_set(f, E_UNVERIFIED, "inquiry: its organisation says something else than its officer");
    if (*c->report)
        return check_known(c, f);
    return json_array_size(c->taken->portions) == 0
               ? OK
               : fail_set(f, E_INVALID, "inquiry: portions of no report");
}

/* Numbers as they are here, for those who answer. */
static enum err put_numbers(struct act_call *c, struct db *db, json_t *about, struct fail *f)
{
    json_t *numbers = NULL;
    if (!*c->report || strcmp(c->originator, c->node->conf.domain) == 0)
        return OK;
    TRY(act_held_numbers(db, c->originator, c->report, c->taken->portions, &numbers, f));
    json_set_take(about, "n", numbers);
    return OK;
}

enum err act_inquiry_take_apply(struct act_call *c, struct db *db, struct journal_event *e, struct fail *f)
{
    const struct inquiring *q = c->state;
    AUTO(json_freep) json_t *about = json_object();
    e->reason = c->row->kind;
    json_set_str(about, "inquiry", c->id);
    json_set_str(about, "by", c->taken->by);
    json_set_str(about, "digest", q->digest);
    if (*q->note)
        json_set_str(about, "reason", q->note);
    if (*c->report)
        json_set_str(about, "report", c->report);
    TRY(put_numbers(c, db, about, f));
    return acts_notify(db, "inquiry", "officer", c->taken->iss, c->now_ms, q->due_ms, c->id,
                       json_incref(about), f);
}

/* The deadline ------------------------------------------------------------------------------------------------------ */

struct lapsing {
    const char *id, *home;
    uint64_t now_ms;
};

/* Those who asked are told; those who did not answer still have it before them. */
static enum err lapse(struct db *db, void *ctx, struct fail *f)
{
    const struct lapsing *l = ctx;
    AUTO(store_inquiry_clear) struct inquiry_row row = { 0 };
    enum err e = store_inquiry_lapse(db, l->id, f);
    if (store_missing(e, f)) /* answered in the meantime */
        return OK;
    TRY(e);
    TRY(store_inquiry_get(db, l->id, &row, f));
    if (strcmp(row.asker, l->home) != 0)
        return OK;
    json_t *about = json_object();
    json_set_str(about, "inquiry", row.id);
    json_set_str(about, "state", inquiry_state_name(row.state));
    json_set_str(about, "what", "inquiry: no answer by the deadline");
    if (*row.report)
        json_set_str(about, "report", row.report);
    return acts_notify(db, "decision", "officer", row.asked, l->now_ms, 0, row.id, about, f);
}

static enum err note_due(const struct inquiry_row *row, void *ctx, struct fail *f)
{
    (void)f;
    json_array_append_new(ctx, json_string(row->id));
    return OK;
}

static enum err find_due(struct node *n, uint64_t now_ms, json_t *due, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    TRY(store_read_begin(n->store, &db, f));
    return store_inquiry_due(db, now_ms, note_due, due, f);
}

enum err act_inquiry_run(struct node *n, uint64_t now_ms, uint64_t *next_ms, struct fail *f)
{
    AUTO(json_freep) json_t *due = json_array();
    TRY(find_due(n, now_ms, due, f));
    for (size_t i = 0; i < json_array_size(due); i++) {
        struct lapsing l = { json_string_value(json_array_get(due, i)), n->conf.domain, now_ms };
        TRY(writer_run(n->writer, lapse, &l, f));
        log_event(LOG_INFO, "inquiry-unanswered", "inquiry=%s", l.id);
    }
    AUTO(store_read_endp) struct db *db = NULL;
    TRY(store_read_begin(n->store, &db, f));
    enum err e = store_inquiry_next_due(db, next_ms, f);
    return store_missing(e, f) ? OK : e;
}
