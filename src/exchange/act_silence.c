/* SPDX-License-Identifier: Apache-2.0
 * exchange/act_silence.c - the deadline of a request has passed by the originator's clock and nobody decided:
 * the originator's node says so, as its organisation, and both sides enter it.
 *
 * Silence is a denial that an officer may still overrule: whoever decides later, decides, and the request
 * counts as both. Where standing terms make silence a grant, a grant by rule is made instead (act_forward.c). */
#include <string.h>

#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/time.h"
#include "exchange/act_rows.h"
#include "exchange/hidden.h"
#include "exchange/outbox.h"
#include "exchange/timer.h"
#include "store/item.h"
#include "store/request.h"
#include "store/store.h"

#define SILENCE_REASON "no answer by the deadline"

/* For the officers: it is no longer due, and they may still decide. */
static enum err notify(const struct act_call *c, struct db *db, const char *asker, struct fail *f)
{
    json_t *about = json_object();
    json_set_str(about, "request", c->ref);
    json_set_str(about, "report", c->report);
    json_set_str(about, "state", request_state_name(REQUEST_SILENT));
    json_set_str(about, "what", SILENCE_REASON);
    TRY(store_item_done(db, c->ref, "request", c->now_ms, f));
    return acts_notify(db, "decision", "officer", asker, c->now_ms, 0, c->ref, about, f);
}

enum err act_silence_apply(struct act_call *c, struct db *db, struct journal_event *e, struct fail *f)
{
    AUTO(store_request_clear) struct request_row row = { 0 };
    TRY(store_request_get(db, c->ref, &row, f));
    e->follows = (struct place){ row.generation, row.idx };
    e->reason = SILENCE_REASON;
    TRY(store_request_silence(db, c->ref, REQUEST_OPEN, c->now_ms, f));
    return notify(c, db, e->organisation, f);
}

static enum err note_portion(const struct request_portion_row *row, void *ctx, struct fail *f)
{
    (void)f;
    json_array_append_new(ctx, json_string(row->portion));
    return OK;
}

static enum err prepare(struct node *n, const char *id, struct act_call *c, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    AUTO(store_request_clear) struct request_row row = { 0 };
    AUTO(json_freep) json_t *portions = json_array();
    char due[TIME_TEXT_SIZE];
    TRY(store_read_begin(n->store, &db, f));
    TRY(store_request_get(db, id, &row, f));
    TRY(store_request_portion_list(db, id, note_portion, portions, f));
    time_print(row.due_ms, due);
    memcpy(c->originator, row.originator, strlen(row.originator) + 1);
    memcpy(c->report, row.report, sizeof c->report);
    memcpy(c->ref, row.id, sizeof c->ref);
    c->portions = json_incref(portions);
    c->aud = json_pack("[s]", row.asker);
    c->body = json_pack("{s:s, s:s}", "reason", SILENCE_REASON, "due", due);
    return hidden_note(db, c->portions, c->body, f);
}

static enum err be_silent(struct node *n, const char *id, uint64_t now_ms, struct fail *f)
{
    struct act_call c = { .row = acts_find("silence"), .now_ms = now_ms };
    struct fail why = { 0 };
    uint64_t wakes_ms;
    bool granted;
    TRY(act_forward_by_terms(n, id, &granted, &wakes_ms, f));
    if (granted)
        return OK;
    TRY(prepare(n, id, &c, f));
    enum err e = acts_decree(n, &c, NULL, &why);
    if (e == E_CONFLICT) /* somebody decided, or took it back, in the meantime */
        return OK;
    if (e != OK)
        return fail_pass(f, &why);
    log_event(LOG_INFO, "silence", "request=%s", id);
    return OK;
}

static enum err note_due(const struct request_row *row, void *ctx, struct fail *f)
{
    (void)f;
    json_array_append_new(ctx, json_string(row->id));
    return OK;
}

static enum err find_due(struct node *n, uint64_t now_ms, json_t *due, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    TRY(store_read_begin(n->store, &db, f));
    return store_request_list_due(db, n->conf.domain, now_ms, note_due, due, f);
}

static enum err find_next(struct node *n, uint64_t *next_ms, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    TRY(store_read_begin(n->store, &db, f));
    enum err e = store_request_next_due(db, n->conf.domain, next_ms, f);
    return store_missing(e, f) ? OK : e;
}

enum err act_silence_run(struct node *n, uint64_t now_ms, uint64_t *next_ms, struct fail *f)
{
    AUTO(json_freep) json_t *due = json_array();
    TRY(find_due(n, now_ms, due, f));
    for (size_t i = 0; i < json_array_size(due); i++)
        TRY(be_silent(n, json_string_value(json_array_get(due, i)), now_ms, f));
    if (json_array_size(due))
        outbox_kick(n->outbox, NULL);
    return find_next(n, next_ms, f);
}

/* The asker's side ----------------------------------------------------------------------------------- */

enum err act_silence_take(struct act_call *c, struct fail *f)
{
    AUTO(store_request_clear) struct request_row row = { 0 };
    AUTO(store_read_endp) struct db *db = NULL;
    if (!*c->ref)
        return fail_set(f, E_INVALID, "silence: it names no request");
    TRY(store_read_begin(c->node->store, &db, f));
    enum err e = store_request_get(db, c->ref, &row, f);
    if (store_missing(e, f) || (e == OK && strcmp(row.asker, c->node->conf.domain) != 0))
        return fail_why(f, REASON_NOT_YOURS, "request %s is unknown, or not yours", c->ref);
    TRY(e);
    if (strcmp(row.originator, c->taken->iss) != 0)
        return fail_why(f, REASON_NOT_ORIGINATOR, "%s does not decide on request %s", c->taken->iss, c->ref);
    if (strcmp(row.report, c->report) != 0)
        return fail_set(f, E_INVALID, "silence: request %s is about another report", c->ref);
    return OK;
}

enum err act_silence_take_apply(struct act_call *c, struct db *db, struct journal_event *e, struct fail *f)
{
    AUTO(store_request_clear) struct request_row row = { 0 };
    TRY(store_request_get(db, c->ref, &row, f));
    e->follows = (struct place){ row.generation, row.idx };
    e->reason = SILENCE_REASON;
    /* it may have been taken back here while the originator's word was on its way: both hold */
    return store_request_silence(
        db, c->ref, row.state == REQUEST_WITHDRAWN ? REQUEST_WITHDRAWN : REQUEST_OPEN, c->now_ms, f);
}
