/* SPDX-License-Identifier: Apache-2.0
 * exchange/act_sealed_take.c - a sealed override where it arrives: at the third party, which holds the copies, checks whose text
 * they are, and tells the originator itself; and what is told of it afterwards: that the originator has heard, and who was briefed. */
#include <stdio.h>
#include <string.h>

#include "base/b64.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/time.h"
#include "exchange/act_override.h"
#include "exchange/cards.h"
#include "exchange/onward.h"
#include "exchange/partner_held.h"
#include "marking/marking.h"
#include "store/card.h"
#include "store/held.h"
#include "store/override.h"
#include "store/statement.h"
#include "store/store.h"
#include "tdf/container.h"
#include "tdf/package.h"

/* The third party -------------------------------------------------------------------------------------------------- */

/* Whose text it is has to be known by somebody here; until then his card, which comes along, waits for its words. */
static enum err check_originator(struct act_call *c, const struct override *o, struct card_ref *out,
                                 struct fail *f)
{
    const char *card = json_string_value(json_object_get(c->taken->body, "card"));
    char domain[DOMAIN_MAX + 1];
    struct fail why = { 0 };
    if (cards_get_trusted(c->node, o->originator, out, &why) == OK)
        return OK;
    if (why.reason == REASON_UNKNOWN_PARTNER && card &&
        cards_hello(c->node, bytes_str(card), domain, &why) != OK)
        log_event(LOG_INFO, "card-not-kept", "iss=%s error=%s", c->taken->iss, err_row(why.code)->name);
    return fail_why(f, REASON_ORIGINATOR_UNKNOWN,
                    "the card of %s is not confirmed here: compare its words, then orcon partner confirm %s",
                    o->originator, o->originator);
}

static enum err check_banner(const struct override *o, struct fail *f)
{
    AUTO(marking_clear) struct marking banner = { 0 };
    for (size_t i = 0; i < o->count; i++) {
        AUTO(marking_clear) struct marking mark = { 0 };
        TRY(marking_read(o->portions[i].mark, &mark, f));
        if (mark.level == TLP_CLEAR || mark.hidden)
            return fail_set(f, E_INVALID, "override: portion %u is none that is passed on sealed",
                            o->portions[i].n);
        marking_banner_add(&banner, &mark);
    }
    AUTO(str_freep) char *text = marking_text(&banner, NULL);
    return strcmp(text, o->banner) == 0
               ? OK
               : fail_set(f, E_INVALID, "override: the banner is not that of its portions");
}

static enum err check_copy(const struct package *package, const struct override_portion *p, struct fail *f)
{
    AUTO(tdf_container_freep) struct tdf_container *t = NULL;
    uint8_t got[HASH_LEN];
    const struct package_portion *in = package_find(package, p->id);
    if (!in || in->kind != PACKAGE_SEALED)
        return fail_set(f, E_UNVERIFIED, "override: portion %u is not in the package", p->n);
    struct window window = in->bytes;
    struct source source = source_window(&window);
    TRY(tdf_container_read(&source, TDF_MANIFEST_OWN, &t, f));
    hash_sha256(bytes_of(t->manifest_text), got);
    return same(got, p->digest, HASH_LEN)
               ? OK
               : fail_why(f, REASON_TAMPERED, "portion %u is not the one that %s signed", p->n, "its giver");
}

struct holding {
    struct db *db;
    const struct override *o;
};

/* What its originator shared with us itself stands before what somebody passed on: his keys open it, by his leave. */
static enum err check_held(const struct held_portion_row *row, void *ctx, struct fail *f)
{
    const struct holding *h = ctx;
    bool passed, named = false;
    for (size_t i = 0; i < h->o->count; i++)
        named = named || strcmp(h->o->portions[i].id, row->portion) == 0;
    if (!named || row->recalled_ms)
        return OK;
    TRY(onward_brought(h->db, row->share, &passed, f));
    return passed ? OK
                  : fail_why(f, REASON_ALREADY_HELD, "portion %u is held here from %s itself", row->n,
                             row->originator);
}

static enum err take_third(struct act_call *c, struct overriding *o, struct fail *f)
{
    AUTO(cards_put) struct card_ref originator = { 0 };
    AUTO(store_read_endp) struct db *db = NULL;
    const struct override *read = &o->read;
    if (strcmp(read->to, c->node->conf.domain) != 0)
        return fail_why(f, REASON_AUDIENCE, "override: it passes nothing on to %s", c->node->conf.domain);
    if (!c->package || package_count(c->package) != read->count)
        return fail_set(f, E_INVALID, "override: it comes with its copies, and nothing else");
    TRY(check_originator(c, read, &originator, f));
    TRY(override_check_text(c->taken, read, originator.card, f));
    TRY(check_banner(read, f));
    for (size_t i = 0; i < read->count; i++)
        TRY(check_copy(c->package, &read->portions[i], f));
    TRY(store_read_begin(c->node->store, &db, f));
    TRY(override_check_authority(c, db, f));
    TRY(override_check_proofs(o->act, originator.card, f));
    struct holding holding = { db, read };
    return store_held_portion_merged(db, c->originator, c->report, check_held, &holding, f);
}

/* At its originator nothing but the record is new; at the third party, all. */
enum err sealed_take(struct act_call *c, struct overriding *o, struct fail *f)
{
    TRY(override_read(c->taken, &o->read, f));
    if (strcmp(o->read.originator, c->taken->iss) == 0)
        return fail_why(f, REASON_NOT_HELD, "override: nobody overrides on what is his own");
    memcpy(c->originator, o->read.originator, strlen(o->read.originator) + 1);
    return strcmp(c->originator, c->node->conf.domain) == 0 ? OK : take_third(c, o, f);
}

static enum err write_portion(struct act_call *c, struct db *db, const struct override_portion *p,
                              struct fail *f)
{
    AUTO(buf_freep) struct buf *content = buf_new(c->node->conf.max_report);
    struct window window = package_find(c->package, p->id)->bytes;
    struct source in = source_window(&window);
    struct buf_sink to;
    struct sink sink = sink_buf(&to, content);
    TRY(source_copy(&in, &sink, f));
    struct held_portion_row row = {
        .originator = c->originator, .share = c->id, .portion = p->id, .n = p->n, .mark = p->mark
    };
    return store_held_portion_add(db, &row, bytes_of(content), f);
}

static enum err write_held(struct act_call *c, struct db *db, const struct override *o, struct fail *f)
{
    struct held_row held = { .originator = c->originator,
                             .share = c->id,
                             .report = c->report,
                             .audience = c->node->conf.domain,
                             .banner = o->banner,
                             .received_ms = c->now_ms,
                             .jws = c->jws,
                             .shared_ms = c->taken->at_ms };
    TRY(store_held_add(db, &held, f));
    for (size_t i = 0; i < o->count; i++)
        TRY(write_portion(c, db, &o->portions[i], f));
    return OK;
}

/* The originator hears of it from us too, whatever its giver does: the giver's own bytes, in our outbox. */
static enum err queue_notice(struct act_call *c, struct db *db, struct fail *f)
{
    struct outbox_row out = { .partner = c->originator,
                              .iss = c->taken->iss,
                              .statement = c->id,
                              .route = OUTBOX_STATEMENTS,
                              .generation = c->last.generation,
                              .idx = c->last.index,
                              .state = OUTBOX_QUEUED,
                              .queued_ms = c->now_ms };
    return store_outbox_put(db, &out, f);
}

static enum err notify_readers(struct act_call *c, struct db *db, const struct override *o, struct fail *f)
{
    json_t *about = json_object(), *numbers = json_array();
    for (size_t i = 0; i < o->count; i++)
        if (o->portions[i].n > 0)
            json_array_append_new(numbers, json_integer(o->portions[i].n));
    json_set_str(about, "override", c->id);
    json_set_str(about, "report", c->report);
    json_set_str(about, "originator", c->originator);
    json_set_str(about, "by", c->taken->by);
    json_set_take(about, "n", numbers);
    json_set_take(about, "portions", json_deep_copy(c->taken->portions));
    return acts_notify(db, "delivery", "reader", c->taken->iss, c->now_ms, 0, c->report, about, f);
}

enum err sealed_take_apply(struct act_call *c, struct db *db, const struct overriding *o,
                           struct journal_event *e, struct fail *f)
{
    TRY(act_check_names(c->node, db, c->originator, c->report, c->taken->portions, f));
    e->kind = KIND_RECEIVED;
    e->reason = o->reason;
    TRY(acts_enter(c->node, db, e, c->taken->portions, &c->last, f));
    TRY(partner_held_add(c->node, db, c->taken, c->package, f));
    TRY(write_held(c, db, &o->read, f));
    TRY(override_keep(c, db, c->taken->iss, c->taken->by, c->taken->at_ms, f));
    TRY(queue_notice(c, db, f));
    return notify_readers(c, db, &o->read, f);
}

/* The originator ------------------------------------------------------------------------------------------------------ */

enum err sealed_note_copies(struct act_call *c, struct db *db, const struct overriding *o, struct fail *f)
{
    for (size_t i = 0; i < o->read.count; i++) {
        const struct override_portion *p = &o->read.portions[i];
        struct override_copy_row row = { .policy = p->copy,
                                         .override = c->id,
                                         .originator = c->originator,
                                         .giver = c->taken->iss,
                                         .holder = o->read.to,
                                         .report = c->report,
                                         .portion = p->id,
                                         .share = p->share,
                                         .n = p->n,
                                         .mark = p->mark,
                                         .made_ms = c->taken->at_ms };
        TRY(store_override_copy_add(db, &row, NULL, f));
    }
    return OK;
}

/* The giver passes on that the originator has heard -------------------------------------------------------------------- */

static enum err load_override(struct act_call *c, struct db *db, struct override_row *row, struct fail *f)
{
    enum err e = *c->ref ? store_override_get(db, c->ref, row, f) : E_NOT_FOUND;
    if (!store_missing(e, f) && e != OK)
        return e;
    if (e != OK || strcmp(row->giver, c->taken->iss) != 0 || strcmp(row->to_whom, c->node->conf.domain) != 0)
        return fail_why(f, REASON_NOT_YOURS, "override %s is unknown here, or not yours", c->ref);
    return OK;
}

enum err act_heard_take(struct act_call *c, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    AUTO(store_override_clear) struct override_row row = { 0 };
    AUTO(store_statement_clear) struct statement_row of = { 0 };
    AUTO(statement_freep) struct statement *s = NULL;
    AUTO(cards_put) struct card_ref originator = { 0 };
    const char *receipt;
    TRY(json_need_str(c->taken->body, "receipt", "heard", &receipt, f));
    TRY(store_read_begin(c->node->store, &db, f));
    TRY(load_override(c, db, &row, f));
    TRY(store_statement_get(db, row.giver, row.id, &of, f));
    TRY(statement_read(bytes_str(of.jws), JOSE_MAX_SMALL, &s, f));
    TRY(cards_get_trusted(c->node, row.originator, &originator, f));
    memcpy(c->originator, row.originator, strlen(row.originator) + 1);
    return override_check_receipt(s, bytes_str(receipt), originator.card, NULL, f);
}

enum err act_heard_take_apply(struct act_call *c, struct db *db, struct journal_event *e, struct fail *f)
{
    e->reason = "heard";
    return store_override_set_receipt(db, c->ref,
                                      json_string_value(json_object_get(c->taken->body, "receipt")), f);
}

/* Who was briefed on what was passed on ---------------------------------------------------------------------------------- */

/* Of which copies: the giver's, on these portions of this report. */
struct reporting {
    const struct act_call *c;
    const char *copy; /* NULL: any */
    const char *portion;
    char holder[DOMAIN_MAX + 1]; /* "": not found */
};

static enum err match_copy(const struct override_copy_row *row, void *ctx, struct fail *f)
{
    struct reporting *r = ctx;
    (void)f;
    if (strcmp(row->giver, r->c->taken->iss) == 0 && strcmp(row->portion, r->portion) == 0 &&
        (!r->copy || strcmp(row->policy, r->copy) == 0))
        snprintf(r->holder, sizeof r->holder, "%s", row->holder);
    return OK;
}

/* Who got the copy opens it, or a guest of his: nobody of an organisation that we know, ours included, which would have a word in
 * it. */
static enum err check_opener(struct db *db, const struct reporting *r, const char *person, struct fail *f)
{
    AUTO(store_card_clear) struct card_row card = { 0 };
    const char *domain = name_domain_of(person);
    if (strcmp(domain, r->holder) == 0)
        return OK;
    enum err e = store_card_get(db, domain, &card, f);
    if (store_missing(e, f))
        return OK;
    TRY(e);
    return fail_why(f, REASON_NO_SUCH_COPY,
                    "the copy of portion %s was passed on to %s: nobody of %s opens it", r->portion,
                    r->holder, domain);
}

static enum err check_report(struct act_call *c, const char *copy, const char *portion, const char *person,
                             struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    struct reporting r = { .c = c, .copy = copy, .portion = portion };
    TRY(store_read_begin(c->node->store, &db, f));
    TRY(store_override_copy_list_report(db, c->node->conf.domain, c->report, match_copy, &r, f));
    if (!*r.holder)
        return fail_why(f, REASON_NO_SUCH_COPY, "%s has told of no copy %s of portion %s that it passed on",
                        c->taken->iss, copy ? copy : "at all", portion);
    return person ? check_opener(db, &r, person, f) : OK;
}

/* One about a person: the copy, and when its key was released; one about nobody: up to when all are reported. */
enum err act_report_take(struct act_call *c, struct fail *f)
{
    const char *person, *copy, *time;
    uint64_t at_ms;
    uint8_t digest[HASH_LEN];
    size_t count = json_array_size(c->taken->portions);
    TRY(json_may_str(c->taken->body, "person", "briefing-report", &person, f));
    TRY(json_may_str(c->taken->body, "copy", "briefing-report", &copy, f));
    TRY(json_need_str(c->taken->body, person ? "time" : "until", "briefing-report", &time, f));
    if (!*c->report || count == 0 || (person && (count != 1 || !copy)) || !time_read(time, &at_ms) ||
        (person && !name_is_person(person)))
        return fail_set(f, E_INVALID, "briefing-report: it names no report, portions, person or time");
    if (at_ms > c->now_ms + 60000)
        return fail_set(f, E_INVALID, "briefing-report: its time is still to come");
    const char *text = json_string_value(json_object_get(c->taken->body, "digest"));
    if (person && (!text || !b64_read_exact(B64_URL, bytes_str(text), digest, HASH_LEN)))
        return fail_set(f, E_INVALID, "briefing-report: no digest of what the reader signed");
    memcpy(c->originator, c->node->conf.domain, strlen(c->node->conf.domain) + 1);
    for (size_t i = 0; i < count; i++)
        TRY(check_report(c, person ? copy : NULL, json_string_value(json_array_get(c->taken->portions, i)),
                         person, f));
    return OK;
}

/* The same tags as of a briefing of ours, on the giver's word. */
enum err act_report_take_apply(struct act_call *c, struct db *db, struct journal_event *e, struct fail *f)
{
    char reporter[DOMAIN_MAX + 2];
    const char *person = json_string_value(json_object_get(c->taken->body, "person"));
    snprintf(reporter, sizeof reporter, "@%s", c->taken->iss);
    e->actor = reporter;
    if (!person) {
        e->kind = KIND_REMARK;
        e->reason = "briefing-report";
        return acts_enter(c->node, db, e, c->taken->portions, &c->last, f);
    }
    e->copy = json_string_value(json_object_get(c->taken->body, "copy"));
    return act_enter_told(c, db, e, person, c->taken->portions, f);
}
