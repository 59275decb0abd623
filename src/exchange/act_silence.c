/* SPDX-License-Identifier: Apache-2.0
 * exchange/act_silence.c - the deadline of a request has passed by the originator's clock and nobody decided:
 * the originator's node says so, as its organisation, and both sides enter it.
 *
 * Silence is a denial that an officer may still overrule: whoever decides later, decides, and the request
 * counts as both. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/time.h"
#include "exchange/act_rows.h"
#include "exchange/outbox.h"
#include "exchange/timer.h"
#include "store/item.h"
#include "store/request.h"
#include "store/store.h"
#include "store/writer.h"

#define SILENCE_REASON "no answer by the deadline"

/* One request that nobody answered, and the statement that says so. */
struct silence {
    struct node *n;
    uint64_t now_ms;
    struct request_row request;
    json_t *portions;
    char id[UUID_TEXT], *jws;
    uint8_t digest[HASH_LEN];
};

static void silence_clear(struct silence *s)
{
    store_request_clear(&s->request);
    json_decref(s->portions);
    mem_freep(&s->jws);
}

static enum err sign(struct silence *s, struct fail *f)
{
    const struct request_row *r = &s->request;
    char by[DOMAIN_MAX + 2], due[TIME_TEXT_SIZE];
    json_t *body = json_object();
    snprintf(by, sizeof by, "@%s", s->n->conf.domain);
    time_print(r->due_ms, due);
    random_uuid(s->id);
    json_set_str(body, "reason", SILENCE_REASON);
    json_set_str(body, "due", due);
    struct statement_making m = { .kind = "silence",
                                  .id = s->id,
                                  .iss = s->n->conf.domain,
                                  .by = by,
                                  .report = r->report,
                                  .ref = r->id,
                                  .aud = json_pack("[s]", r->asker),
                                  .portions = json_incref(s->portions),
                                  .body = body,
                                  .at_ms = s->now_ms };
    return acts_statement(s->n, m, &s->jws, s->digest, f);
}

/* For the officers: it is no longer due, and they may still decide. */
static enum err notify(const struct silence *s, struct db *db, struct fail *f)
{
    const struct request_row *r = &s->request;
    json_t *about = json_object();
    json_set_str(about, "request", r->id);
    json_set_str(about, "report", r->report);
    json_set_str(about, "state", request_state_name(REQUEST_SILENT));
    json_set_str(about, "what", SILENCE_REASON);
    TRY(store_item_done(db, r->id, "request", s->now_ms, f));
    return acts_notify(db, "decision", "officer", r->asker, s->now_ms, 0, r->id, about, f);
}

static enum err write_silence(struct db *db, void *ctx, struct fail *f)
{
    struct silence *s = ctx;
    const struct request_row *r = &s->request;
    AUTO(json_freep) json_t *to = json_pack("[s]", r->asker);
    struct place last;
    struct journal_event e = { .kind = KIND_SILENCE,
                               .originator = s->n->conf.domain,
                               .organisation = r->asker,
                               .report = r->report,
                               .follows = { r->generation, r->idx },
                               .reason = SILENCE_REASON,
                               .digest = s->digest };
    struct act_statement statement = {
        .kind = "silence", .id = s->id, .jws = s->jws, .report = r->report, .ref = r->id, .digest = s->digest
    };
    TRY(store_request_silence(db, r->id, REQUEST_OPEN, s->now_ms, f));
    TRY(acts_enter(s->n, db, &e, s->portions, &last, f));
    TRY(notify(s, db, f));
    return acts_queue(s->n, db, &statement, to, false, last, f);
}

static enum err note_portion(const struct request_portion_row *row, void *ctx, struct fail *f)
{
    (void)f;
    json_array_append_new(ctx, json_string(row->portion));
    return OK;
}

static enum err load(struct silence *s, const char *id, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    TRY(store_read_begin(s->n->store, &db, f));
    TRY(store_request_get(db, id, &s->request, f));
    s->portions = json_array();
    return store_request_portion_list(db, id, note_portion, s->portions, f);
}

static enum err be_silent(struct node *n, const char *id, uint64_t now_ms, struct fail *f)
{
    AUTO(silence_clear) struct silence s = { .n = n, .now_ms = now_ms };
    TRY(load(&s, id, f));
    TRY(sign(&s, f));
    struct fail why = { 0 };
    enum err e = writer_run(n->writer, write_silence, &s, &why);
    if (e == E_CONFLICT) /* somebody decided, or took it back, in the meantime */
        return OK;
    if (e != OK)
        return fail_pass(f, &why);
    log_event(LOG_INFO, "silence", "request=%s asker=%s", s.request.id, s.request.asker);
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
