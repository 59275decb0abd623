/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/acts.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/time.h"
#include "exchange/absence.h"
#include "exchange/act_rows.h"
#include "exchange/cards.h"
#include "exchange/guests.h"
#include "exchange/outbox.h"
#include "exchange/partner_held.h"
#include "exchange/people.h"
#include "exchange/publisher.h"
#include "exchange/rates.h"
#include "exchange/remind.h"
#include "exchange/second.h"
#include "exchange/timer.h"
#include "exchange/untaken.h"
#include "keeper/keeper.h"
#include "policy/decide.h"
#include "store/item.h"
#include "store/notice.h"
#include "store/statement.h"
#include "store/store.h"
#include "store/third.h"
#include "store/writer.h"
#include "tdf/package.h"

#define ACT_AGE_MS 120000

/* Pieces that acts are made of -------------------------------------------------------------------------------------- */

enum err acts_statement(struct node *n, struct statement_making m, char **jws,
                        uint8_t digest[static HASH_LEN], struct fail *f)
{
    AUTO(json_freep) json_t *payload = statement_payload(m);
    AUTO(buf_freep) struct buf *text = buf_new(JOSE_MAX_LARGE);
    TRY(keeper_sign(n->keeper, USE_STATEMENT, payload, text, f));
    const char *dot = strrchr(buf_text(text), '.');
    hash_sha256(BYTES(text->data, (size_t)(dot - buf_text(text))), digest);
    *jws = buf_steal_text(text);
    return OK;
}

/* So that whoever sees the statement finds what the ledger says of it. */
static enum err note_entry(struct db *db, const char *iss, const char *id, struct place at, struct fail *f)
{
    return at.generation ? store_statement_entered(db, iss, id, at.generation, at.index, f) : OK;
}

enum err acts_queue(struct node *n, struct db *db, const struct act_statement *s, const json_t *to,
                    bool package, struct place after, struct fail *f)
{
    struct statement_row row = { .iss = n->conf.domain,
                                 .id = s->id,
                                 .kind = s->kind,
                                 .direction = STATEMENT_MADE,
                                 .report = s->report,
                                 .ref = s->ref,
                                 .at_ms = n->now_ms(),
                                 .jws = s->jws,
                                 .ack = "" };
    memcpy(row.digest, s->digest, HASH_LEN);
    TRY(store_statement_add(db, &row, f));
    TRY(note_entry(db, row.iss, row.id, after, f));
    for (size_t i = 0; i < json_array_size(to); i++) {
        const char *partner = json_string_value(json_array_get(to, i));
        if (strcmp(partner, n->conf.domain) == 0)
            continue;
        bool with = package || (s->package_to && strcmp(s->package_to, partner) == 0);
        struct outbox_row out = { .partner = partner,
                                  .iss = n->conf.domain,
                                  .statement = s->id,
                                  .route = with ? OUTBOX_PACKAGES : OUTBOX_STATEMENTS,
                                  .generation = after.generation,
                                  .idx = after.index,
                                  .state = OUTBOX_QUEUED,
                                  .queued_ms = row.at_ms };
        TRY(store_outbox_put(db, &out, f));
    }
    return OK;
}

enum err acts_enter(struct node *n, struct db *db, struct journal_event *e, const json_t *portions,
                    struct place *last, struct fail *f)
{
    if (json_array_size(portions) == 0)
        return journal_enter(n, db, e, last, f);
    for (size_t i = 0; i < json_array_size(portions); i++) {
        e->portion = json_string_value(json_array_get(portions, i));
        TRY(journal_enter(n, db, e, last, f));
    }
    return OK;
}

void acts_end(struct act_call *c)
{
    if (c->row && c->row->release)
        c->row->release(c);
    json_decref(c->aud);
    json_decref(c->portions);
    json_decref(c->body);
    json_decref(c->answer);
    json_decref(c->readers);
}

/* What every entry of an act says; the row's apply may add to it. */
static struct journal_event event_of(const struct act_call *c, const char *other, const char *actor)
{
    return (struct journal_event){ .kind = c->row->entry,
                                   .originator = c->originator,
                                   .person = c->row->entry == KIND_RECEIPT ? actor : NULL, /* his own */
                                   .organisation = other,
                                   .actor = actor,
                                   .report = c->report,
                                   .digest = c->digest };
}

/* An act of our own people ------------------------------------------------------------------------------------------- */

static enum err check_role(const struct act_row *row, const struct asker *asker, struct fail *f)
{
    char names[64];
    if (row->who & asker->roles)
        return OK;
    auth_roles_print(row->who, names);
    return fail_why(f, REASON_NOT_ROLE, "%s needs the role %s, which %s does not have", row->kind, names,
                    asker->person);
}

enum err acts_check(struct node *n, const struct act *a, const struct asker *asker, struct fail *f)
{
    AUTO(key_freep) struct key *key = NULL;
    uint64_t now_ms = n->now_ms();
    if (strcmp(a->by, asker->person) != 0 || strcmp(a->org, n->conf.domain) != 0)
        return fail_set(f, E_REFUSED, "the act is by %s of %s, but %s signed in here", a->by, a->org,
                        asker->person);
    if (a->at_ms > now_ms + ACT_AGE_MS || a->at_ms + ACT_AGE_MS < now_ms)
        return fail_set(f, E_REFUSED, "the act was not made in the last %d s: check the clock",
                        ACT_AGE_MS / 1000);
    if (!a->jose->kid)
        return fail_set(f, E_INVALID, "the act names no key");
    const struct act_row *row = acts_find(a->kind);
    if (!row || !row->who)
        return fail_set(f, E_INVALID, "'%.20s' is no act of people", a->kind);
    TRY(auth_device(n, a->by, a->jose->kid, &key, f));
    TRY(act_verify(a, key, f));
    return check_role(row, asker, f);
}

enum err acts_apply(struct act_call *c, struct db *db, struct fail *f)
{
    struct node *n = c->node;
    const char *other = json_string_value(json_array_get(c->aud, 0));
    struct journal_event e = event_of(c, other ? other : n->conf.domain, c->actor);
    if (c->row->apply)
        TRY(c->row->apply(c, db, &e, f));
    if (!c->row->enters)
        TRY(acts_enter(n, db, &e, c->portions, &c->last, f));
    if (c->row->place)
        TRY(c->row->place(c, db, c->last, f));
    struct act_statement s = { .kind = c->row->kind,
                               .id = c->id,
                               .jws = c->jws,
                               .report = c->report,
                               .ref = c->ref,
                               .digest = c->digest,
                               .package_to = c->package_to };
    return acts_queue(n, db, &s, c->aud, false, c->last, f);
}

static enum err apply_act(struct db *db, void *ctx, struct fail *f)
{
    return acts_apply(ctx, db, f);
}

static enum err sign_act(struct act_call *c, char **jws, struct fail *f)
{
    if (c->act)
        json_set_str(c->body, "act", c->act->jose->text);
    struct statement_making m = { .kind = c->row->kind,
                                  .id = c->id,
                                  .iss = c->node->conf.domain,
                                  .by = c->actor,
                                  .report = c->report,
                                  .ref = c->ref,
                                  .aud = json_incref(c->aud),
                                  .portions = json_incref(c->portions),
                                  .body = json_incref(c->body),
                                  .at_ms = c->now_ms };
    return acts_statement(c->node, m, jws, c->digest, f);
}

static enum err prepare(struct act_call *c, struct fail *f)
{
    memcpy(c->id, c->act->id, sizeof c->id);
    snprintf(c->actor, sizeof c->actor, "%s", c->act->by);
    c->answer = json_object();
    return c->row->prepare(c, f);
}

enum err acts_prepare(struct act_call *c, char **jws, struct fail *f)
{
    TRY(prepare(c, f));
    TRY(sign_act(c, jws, f));
    c->jws = *jws;
    return OK;
}

/* It has been looked at as if it were carried out; a second person does the rest. */
static enum err wait_for_second(const struct act_call *c, json_t **out, struct fail *f)
{
    TRY(second_wait(c->node, c->act, BYTES(NULL, 0), c->answer, f));
    *out = json_incref(c->answer);
    return OK;
}

static enum err answer_act(struct act_call *c, json_t **out, struct fail *f)
{
    TRY(publisher_wait(c->node->publisher, c->last.index, f));
    TRY(acts_resume(c->node, f));
    timer_kick(c->node->timer);
    json_set_str(c->answer, "statement", c->id);
    *out = json_incref(c->answer);
    return OK;
}

static enum err do_with(struct node *n, const struct asker *asker, struct bytes act_jws,
                        struct package *package, json_t **out, struct fail *f)
{
    AUTO(act_freep) struct act *act = NULL;
    AUTO(str_freep) char *jws = NULL;
    AUTO(acts_end)
    struct act_call c = { .node = n, .asker = asker, .now_ms = n->now_ms(), .package = package };
    TRY(act_read(act_jws, JOSE_MAX_SMALL, &act, f));
    TRY(acts_check(n, act, asker, f));
    const struct act_row *row = acts_find(act->kind);
    if (!row->prepare || (package && !row->packaged))
        return fail_set(f, E_INVALID, "a %s is not made this way: it comes %s", act->kind,
                        package ? "alone" : "with its package");
    c.row = row;
    c.act = act;
    TRY(prepare(&c, f));
    if (row->seconded && second_named(act))
        return wait_for_second(&c, out, f);
    TRY(sign_act(&c, &jws, f));
    c.jws = jws;
    if (strlen(jws) > row->max)
        return fail_set(f, E_TOO_LARGE, "the %s is too long for a statement: name fewer portions", act->kind);
    enum err e = writer_run(n->writer, apply_act, &c, f);
    if (e == E_CONFLICT && f && f->reason == REASON_NONE)
        f->reason = REASON_OTHER_CONTENT;
    TRY(e);
    return answer_act(&c, out, f);
}

enum err acts_do(struct node *n, const struct asker *asker, struct bytes act_jws, json_t **out,
                 struct fail *f)
{
    return do_with(n, asker, act_jws, NULL, out, f);
}

enum err acts_override(struct node *n, const struct asker *asker, struct package *package, json_t **out,
                       struct fail *f)
{
    return do_with(n, asker, package_report(package), package, out, f);
}

/* What our node says by itself ------------------------------------------------------------------------------------------ */

static enum err decree(struct act_call *c, struct fail *f)
{
    AUTO(str_freep) char *jws = NULL;
    random_uuid(c->id);
    snprintf(c->actor, sizeof c->actor, "@%s", c->node->conf.domain);
    TRY(sign_act(c, &jws, f));
    c->jws = jws;
    return writer_run(c->node->writer, apply_act, c, f);
}

enum err acts_decree(struct node *n, struct act_call *c, struct place *last, struct fail *f)
{
    c->node = n;
    enum err e = decree(c, f);
    if (last)
        *last = c->last;
    acts_end(c);
    return e;
}

/* A statement from a partner ------------------------------------------------------------------------------------------- */

/* The statement was here before: the same ack for the same content, an alarm for another. */
static enum err seen_before(struct node *n, const struct statement *s, struct buf *ack, bool *seen,
                            struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    AUTO(store_statement_clear) struct statement_row row = { 0 };
    TRY(store_read_begin(n->store, &db, f));
    enum err e = store_statement_get(db, s->iss, s->id, &row, f);
    *seen = !store_missing(e, f);
    if (!*seen)
        return OK;
    TRY(e);
    if (memcmp(row.digest, s->digest, HASH_LEN) != 0)
        return fail_why(f, REASON_OTHER_CONTENT, "%s statement %s of %s came again with other content",
                        s->kind, s->id, s->iss);
    buf_put_str(ack, row.ack);
    return OK;
}

static enum err make_ack(struct act_call *c, struct buf *ack, struct fail *f)
{
    struct node *n = c->node;
    char digest[44], by[DOMAIN_MAX + 2], received[TIME_TEXT_SIZE], id[UUID_TEXT];
    AUTO(str_freep) char *jws = NULL;
    uint8_t ignored[HASH_LEN];
    json_t *body = json_object(), *aud = json_array();
    snprintf(by, sizeof by, "@%s", n->conf.domain);
    statement_digest_text(c->digest, digest);
    time_print(c->now_ms, received);
    random_uuid(id);
    json_set_str(body, "digest", digest);
    json_set_str(body, "received", received);
    if (c->row->to == ACT_OPEN) /* whom the asker may call */
        TRY(duty_tell(n, body, f));
    json_array_append_new(aud, json_string(c->taken->iss));
    struct statement_making m = { .kind = "ack",
                                  .id = id,
                                  .iss = n->conf.domain,
                                  .by = by,
                                  .report = c->report,
                                  .ref = c->taken->id,
                                  .aud = aud,
                                  .body = body,
                                  .at_ms = c->now_ms };
    TRY(acts_statement(n, m, &jws, ignored, f));
    buf_put_str(ack, jws);
    return buf_check(ack, "ack", f);
}

struct taking {
    struct act_call *call;
    const char *ack;
};

static enum err apply_taken(struct db *db, void *ctx, struct fail *f)
{
    struct taking *t = ctx;
    struct act_call *c = t->call;
    struct journal_event e = event_of(c, c->taken->iss, c->taken->by);
    struct statement_row row = { .iss = c->taken->iss,
                                 .id = c->taken->id,
                                 .kind = c->taken->kind,
                                 .direction = STATEMENT_TAKEN,
                                 .report = c->report,
                                 .ref = c->ref,
                                 .at_ms = c->now_ms,
                                 .jws = c->jws,
                                 .ack = t->ack };
    memcpy(row.digest, c->digest, HASH_LEN);
    TRY(store_statement_add(db, &row, f));
    if (c->row->take_apply)
        TRY(c->row->take_apply(c, db, &e, f));
    if (!c->row->enters)
        TRY(acts_enter(c->node, db, &e, c->taken->portions, &c->last, f));
    TRY(note_entry(db, row.iss, row.id, c->last, f));
    if (c->row->place)
        TRY(c->row->place(c, db, c->last, f));
    /* a row that makes its own item has none in the table's sense */
    return c->row->item && !c->quiet && strcmp(c->row->item, "alert") != 0 ? acts_notify_taken(c, db, f) : OK;
}

struct clash {
    const struct act_call *call;
    const char *what;
    enum reason reason;
};

/* Once, while somebody still has to look at it. */
static enum err write_alarm(struct db *db, void *ctx, struct fail *f)
{
    const struct clash *clash = ctx;
    const struct act_call *c = clash->call;
    uint64_t open;
    if (clash->reason == REASON_KEY_TAKEN)
        return people_taken_key(c->node, db, c->taken, f);
    TRY(store_item_open(db, c->taken->id, "alert", &open, f));
    if (open > 0)
        return OK;
    json_t *about = json_object();
    json_set_str(about, "what", clash->what);
    json_set_str(about, "statement", c->taken->id);
    return acts_notify(db, "alert", "officer", c->taken->iss, c->now_ms, 0, c->taken->id, about, f);
}

/* What it calls by an id is called so already, by other content or by somebody else: people have to know. */
static void alarm(const struct act_call *c, const struct fail *why)
{
    struct clash clash = { c, why->what, why->reason };
    if (why->code == E_CONFLICT && (why->reason == REASON_OTHER_CONTENT || why->reason == REASON_KEY_TAKEN) &&
        writer_run(c->node->writer, write_alarm, &clash, NULL) != OK)
        log_event(LOG_ERROR, "alarm-lost", "iss=%s id=%s", c->taken->iss, c->taken->id);
}

/* Who sent it, and whether it is meant for us. */
static enum err check_statement(struct node *n, const struct statement *s, struct fail *f)
{
    AUTO(cards_put) struct card_ref from = { 0 };
    const struct act_row *row = acts_find(s->kind);
    TRY(row && row->introduced ? cards_get_met(n, s->iss, &from, f) : cards_get_trusted(n, s->iss, &from, f));
    if (from.state == CARD_OWN)
        return fail_set(f, E_REFUSED, "a statement of our own does not come from outside");
    TRY(statement_verify(s, from.card, f));
    TRY(guests_check(n, s->iss, s->by, f));
    bool for_all = row && row->for_all && json_array_size(s->aud) == 0;
    if (!statement_is_for(s, n->conf.domain) && !for_all)
        return fail_why(f, REASON_AUDIENCE, "%s statement %s of %s is not for %s", s->kind, s->id, s->iss,
                        n->conf.domain);
    return OK;
}

/* What an organisation sent before its card was confirmed here is taken first: the order in which it spoke holds. */
static enum err check_order(struct node *n, const char *iss, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    uint64_t count, bytes;
    TRY(store_read_begin(n->store, &db, f));
    TRY(store_quarantine_usage(db, iss, &count, &bytes, f));
    return count == 0 ? OK
                      : fail_set(f, E_UNAVAILABLE, "what came from %s before is being taken: try again", iss);
}

/* It was not here before. */
static enum err take_new(struct act_call *c, bool kept, struct buf *ack, struct fail *f)
{
    struct node *n = c->node;
    const struct statement *s = c->taken;
    struct taking t = { .call = c };
    struct fail why = { 0 };
    bool seen;
    memcpy(c->id, s->id, sizeof c->id);
    memcpy(c->report, s->report, strlen(s->report) + 1);
    memcpy(c->ref, s->ref, strlen(s->ref) + 1);
    memcpy(c->digest, s->digest, HASH_LEN);
    c->jws = s->jose->text;
    memcpy(c->originator, s->iss, strlen(s->iss) + 1);
    if (!kept)
        TRY(check_order(n, s->iss, f));
    TRY(c->row->take(c, f));
    TRY(make_ack(c, ack, f));
    t.ack = buf_text(ack);
    enum err e = writer_run(n->writer, apply_taken, &t, &why);
    if (e == E_CONFLICT && why.reason == REASON_NONE) {
        /* the same statement came twice at a time, and the other one was first */
        buf_reset(ack);
        TRY(seen_before(n, s, ack, &seen, f));
        return seen ? OK
                    : fail_why(f, REASON_OTHER_CONTENT,
                               "%s statement %s of %s brings an id that is taken here", s->kind, s->id,
                               s->iss);
    }
    if (e != OK)
        return fail_pass(f, &why);
    outbox_kick(n->outbox, s->iss);
    timer_kick(n->timer);
    return OK;
}

static enum err take_statement(struct node *n, struct bytes jws, struct package *package, bool kept,
                               struct buf *ack, struct fail *f)
{
    AUTO(statement_freep) struct statement *s = NULL;
    AUTO(acts_end) struct act_call c = { .node = n, .now_ms = n->now_ms(), .package = package };
    struct fail why = { 0 };
    bool seen;
    TRY(statement_read(jws, package ? JOSE_MAX_LARGE : JOSE_MAX_SMALL, &s, f));
    TRY(check_statement(n, s, f));
    /* what is not taken for that takes nothing of the hour's either */
    TRY(partner_held_early(n, s, package, f));
    if (!kept) /* that was counted when it came */
        TRY(rates_take(n->rates, RATE_STATEMENTS, s->iss, 1, partner_held_size(jws, package), c.now_ms, f));
    c.taken = s;
    c.row = acts_find(s->kind);
    if (!c.row || !c.row->take || (!c.row->packaged && (package != NULL) != (c.row->max == JOSE_MAX_LARGE))) {
        c.row = NULL;
        return fail_set(f, E_INVALID, "'%.20s' is no kind of statement that is taken here", s->kind);
    }
    enum err e = seen_before(n, s, ack, &seen, &why);
    if (e == OK && !seen)
        e = take_new(&c, kept, ack, &why);
    if (e == OK)
        return OK;
    alarm(&c, &why);
    return fail_pass(f, &why);
}

enum err acts_take(struct node *n, struct bytes jws, struct package *package, struct buf *ack, struct fail *f)
{
    struct fail why = { 0 };
    if (take_statement(n, jws, package, false, ack, &why) == OK)
        return OK;
    untaken_note(n, jws, &why);
    return fail_pass(f, &why);
}

enum err acts_take_kept(struct node *n, struct bytes jws, struct package *package, struct buf *ack,
                        struct fail *f)
{
    return take_statement(n, jws, package, true, ack, f);
}
