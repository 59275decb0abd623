/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/outbox.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cond.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/thread.h"
#include "base/time.h"
#include "exchange/cards.h"
#include "exchange/journal.h"
#include "exchange/onward.h"
#include "exchange/pack.h"
#include "exchange/publisher.h"
#include "ledger/statement.h"
#include "net/client.h"
#include "store/report.h"
#include "store/statement.h"
#include "store/store.h"
#include "store/writer.h"

#define WAIT_FIRST_MS 500
#define WAIT_FAST_MS  5000
#define FAST_FOR_MS   600000
#define WAIT_SLOW_MS  60000
#define SENDERS       4
#define PACKAGE_MS    60000
#define STATEMENT_MS  10000 /* who answers slowly keeps one of the senders so long from everybody else */
#define HELLO_CARDS   16    /* of our own, the last ones, for a partner who missed some */

/* What is known of one partner's line. */
struct line {
    struct line *next;
    char domain[DOMAIN_MAX + 1];
    uint64_t next_ms, wait_ms, failing_since_ms; /* monotonic */
    uint64_t full_until_ms;                      /* until then he takes no package */
    bool busy, hello_sent;
};

struct outbox {
    struct node *n;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    struct line *lines;
    bool stopping, look;
    pthread_t threads[SENDERS];
    size_t started;
};

/* Lines ------------------------------------------------------------------------------------------------- */

static struct line *line_of(struct outbox *o, const char *domain)
{
    struct line *l = o->lines;
    while (l && strcmp(l->domain, domain) != 0)
        l = l->next;
    if (!l) {
        l = mem_new(sizeof *l);
        snprintf(l->domain, sizeof l->domain, "%s", domain);
        l->next = o->lines;
        o->lines = l;
    }
    return l;
}

static void reset(struct line *l)
{
    l->next_ms = l->wait_ms = l->failing_since_ms = 0;
}

/* 0.5 s doubling to 5 s for ten minutes, then every minute; and not before he said, if he did. */
static void postpone(struct line *l, uint64_t now_ms, uint64_t retry_ms)
{
    if (l->failing_since_ms == 0)
        l->failing_since_ms = now_ms;
    l->wait_ms = l->wait_ms == 0 ? WAIT_FIRST_MS : l->wait_ms * 2;
    if (l->wait_ms > WAIT_FAST_MS)
        l->wait_ms = now_ms - l->failing_since_ms < FAST_FOR_MS ? WAIT_FAST_MS : WAIT_SLOW_MS;
    l->next_ms = now_ms + (l->wait_ms > retry_ms ? l->wait_ms : retry_ms);
}

static enum err add_line(const char *originator, const char *id, void *ctx, struct fail *f)
{
    (void)originator;
    (void)f;
    line_of(ctx, id);
    return OK;
}

/* Lines for everybody for whom something waits; with the lock held. */
static enum err find_lines(struct outbox *o, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    TRY(store_read_begin(o->n->store, &db, f));
    return store_outbox_partners(db, add_line, o, f);
}

/* The next line that may be tried; else how long to sleep. */
static struct line *due_line(struct outbox *o, uint64_t now_ms, uint64_t *sleep_ms)
{
    *sleep_ms = WAIT_SLOW_MS;
    for (struct line *l = o->lines; l; l = l->next) {
        if (l->busy)
            continue;
        if (l->next_ms <= now_ms)
            return l;
        if (l->next_ms - now_ms < *sleep_ms)
            *sleep_ms = l->next_ms - now_ms;
    }
    return NULL;
}

/* Sending ------------------------------------------------------------------------------------------------ */

/* KEPT: waits at the partner until somebody there confirms our card; STRANGER: he has no card of ours at all; FULL: he holds as much of
 * ours as he wants. */
enum sent { SENT_NOTHING, SENT_DELIVERED, SENT_REFUSED, SENT_KEPT, SENT_FULL, SENT_STRANGER, SENT_LATER };

static enum err post(struct node *n, const struct card_ref *to, const char *path, const char *type,
                     struct bytes body, unsigned timeout_ms, struct net_answer *answer, struct fail *f)
{
    struct card_pins pins;
    AUTO(str_freep) char *url = str_format("%s%s", to->card->url, path);
    struct net_header header = { "Content-Type", type };
    card_pins(to->card, &pins);
    struct net_request r = { .url = url,
                             .headers = &header,
                             .header_count = 1,
                             .body = body,
                             .pins = pins.list,
                             .pin_count = to->card->pin_count,
                             .allow_private = to->local,
                             .timeout_ms = timeout_ms };
    return net_client_send(n->net, &r, answer, f);
}

/* The ack must be the partner's word on this very statement. */
static enum err check_ack(const struct card *card, struct bytes text, const uint8_t digest[static HASH_LEN],
                          struct statement **out, struct fail *f)
{
    AUTO(statement_freep) struct statement *ack = NULL;
    char want[44];
    TRY(statement_read(text, JOSE_MAX_SMALL, &ack, f));
    TRY(statement_verify(ack, card, f));
    statement_digest_text(digest, want);
    const char *got = json_string_value(json_object_get(ack->body, "digest"));
    if (strcmp(ack->kind, "ack") != 0 || !got || strcmp(got, want) != 0)
        return fail_set(f, E_UNVERIFIED, "%s acked something else", card->domain);
    *out = ack;
    ack = NULL;
    return OK;
}

struct result {
    struct node *n;
    const struct outbox_row *row;
    const struct statement_row *statement;
    const struct statement *ack; /* NULL: refused, or to be tried later */
    const char *error;
    bool refused;
};

static enum err enter_ack(struct node *n, struct db *db, const struct result *r, struct fail *f)
{
    AUTO(statement_freep) struct statement *s = NULL;
    struct place last;
    TRY(statement_read(bytes_str(r->statement->jws), JOSE_MAX_LARGE, &s, f));
    const char *originator = json_string_value(json_object_get(s->body, "originator"));
    struct journal_event e = { .kind = KIND_ACK,
                               .originator = originator ? originator : n->conf.domain,
                               .organisation = r->row->partner,
                               .actor = r->ack->by,
                               .report = s->report,
                               .digest = r->ack->digest };
    if (json_array_size(s->portions) == 0)
        return journal_enter(n, db, &e, &last, f);
    for (size_t i = 0; i < json_array_size(s->portions); i++) {
        e.portion = json_string_value(json_array_get(s->portions, i));
        TRY(journal_enter(n, db, &e, &last, f));
    }
    return OK;
}

static enum err write_result(struct db *db, void *ctx, struct fail *f)
{
    const struct result *r = ctx;
    if (r->refused)
        return store_outbox_set_failed(db, r->row->id, r->error, f);
    if (!r->ack)
        return store_outbox_set_error(db, r->row->id, r->error, f);
    TRY(store_outbox_set_acked(db, r->row->id, r->n->now_ms(), r->ack->jose->text, f));
    TRY(store_card_set_reached(db, r->row->partner, r->n->now_ms(), f));
    if (strcmp(r->statement->kind, "override") == 0)
        TRY(onward_acked(r->n, db, r->statement, r->row->partner, r->ack->jose->text, f));
    else if (r->row->route == OUTBOX_PACKAGES)
        TRY(store_copy_drop_payloads(db, r->row->statement, f));
    return enter_ack(r->n, db, r, f);
}

/* One row: what goes out, and what comes back. */
static enum err send_row(struct node *n, const struct card_ref *to, const struct outbox_row *row,
                         const struct statement_row *statement, struct statement **ack, bool *answered,
                         struct fail *f)
{
    AUTO(net_answer_clear) struct net_answer answer = { 0 };
    AUTO(buf_freep) struct buf *package = buf_new(n->conf.max_report);
    if (row->route == OUTBOX_PACKAGES) {
        TRY(strcmp(statement->kind, "override") == 0 ? onward_pack(n, statement, package, f)
                                                     : pack_share(n, statement, package, f));
        TRY(post(n, to, "/x/v1/packages", "application/zip", bytes_of(package), PACKAGE_MS, &answer, f));
    } else {
        TRY(post(n, to, "/x/v1/statements", "application/jose", bytes_str(statement->jws), STATEMENT_MS,
                 &answer, f));
    }
    *answered = true;
    TRY(net_answer_check(&answer, row->partner, f));
    return check_ack(to->card, bytes_of(answer.body), statement->digest, ack, f);
}

/* Kinds that will not change by trying again; a partner who does not know us yet may. */
static bool is_final(const struct fail *f)
{
    switch (f->reason) {
    case REASON_UNKNOWN_PARTNER:
    case REASON_UNCONFIRMED_PARTNER:
    case REASON_SUSPENDED_PARTNER:
    case REASON_QUARANTINED:
    case REASON_ORIGINATOR_UNKNOWN:
    case REASON_TOKEN: /* a person's key that he has not been told of yet */
        return false;
    default:
        break;
    }
    return f->code == E_INVALID || f->code == E_REFUSED || f->code == E_NOT_FOUND || f->code == E_CONFLICT ||
           f->code == E_TOO_LARGE || f->code == E_NOT_RELEASED;
}

static enum sent later(enum reason reason)
{
    return reason == REASON_QUARANTINED || reason == REASON_ORIGINATOR_UNKNOWN ? SENT_KEPT
           : reason == REASON_PARTNER_FULL                                     ? SENT_FULL
           : reason == REASON_UNKNOWN_PARTNER                                  ? SENT_STRANGER
                                                                               : SENT_LATER;
}

/* ${passed}: something before it is kept at the partner; he may refuse this one for lack of that one. ${retry_ms}: how long he
 * asked us to wait, where he said so. */
static enum err try_row(struct node *n, const struct outbox_row *row, bool passed, enum sent *sent,
                        uint64_t *retry_ms, struct fail *f)
{
    AUTO(store_statement_clear) struct statement_row statement = { 0 };
    AUTO(statement_freep) struct statement *ack = NULL;
    AUTO(cards_put) struct card_ref to = { 0 };
    struct fail why = { 0 };
    bool answered = false;
    {
        AUTO(store_read_endp) struct db *db = NULL;
        TRY(store_read_begin(n->store, &db, f));
        TRY(store_statement_get(db, row->iss, row->statement, &statement, f));
    }
    enum err e = cards_get_met(n, row->partner, &to, &why);
    if (e == OK)
        e = send_row(n, &to, row, &statement, &ack, &answered, &why);
    /* what we could not send, we may be able to send later; what he refused, he refused */
    bool final = answered && e != OK && is_final(&why);
    struct result r = { n, row, &statement, ack, why.what, final && !passed };
    *retry_ms = (uint64_t)why.retry_s * 1000;
    *sent = e == OK     ? SENT_DELIVERED
            : r.refused ? SENT_REFUSED
            : final     ? SENT_KEPT
            : !answered ? SENT_LATER
                        : later(why.reason);
    if (e != OK)
        log_event(LOG_INFO, "not-delivered", "partner=%s statement=%s kind=%s error=%s reason=%s final=%s",
                  row->partner, row->statement, statement.kind, err_row(why.code)->name,
                  reason_code(why.reason), r.refused ? "yes" : "no");
    return writer_run(n->writer, write_result, &r, f);
}

static enum err next_row(struct node *n, const char *partner, uint64_t after, struct outbox_row *row,
                         struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    TRY(store_read_begin(n->store, &db, f));
    return store_outbox_after(db, partner, n->generation, publisher_size(n->publisher), after, row, f);
}

/* One of our cards to a partner; ${sent}: he answered. */
static enum err send_card(struct node *n, const struct card_ref *to, const char *jws, bool *sent,
                          struct fail *f)
{
    AUTO(net_answer_clear) struct net_answer answer = { 0 };
    TRY(post(n, to, "/x/v1/hello", "application/jose", bytes_str(jws), STATEMENT_MS, &answer, f));
    *sent = true;
    return net_answer_check(&answer, to->card->domain, f);
}

static enum err send_serial(struct node *n, const struct card_ref *to, uint64_t serial, bool *sent,
                            struct fail *f)
{
    AUTO(str_freep) char *jws = NULL;
    {
        AUTO(store_read_endp) struct db *db = NULL;
        TRY(store_read_begin(n->store, &db, f));
        TRY(store_card_history(db, n->conf.domain, serial, &jws, f));
    }
    *sent = false;
    return send_card(n, to, jws, sent, f);
}

/* He takes a card only after the one before it: go back to the first that he takes, and send those after it. */
static bool send_succession(struct node *n, const struct card_ref *to, uint64_t serial)
{
    struct fail f = { 0 };
    bool sent = true;
    enum err e = E_REFUSED;
    uint64_t at = serial, least = serial > HELLO_CARDS ? serial - HELLO_CARDS : 0;
    while (e == E_REFUSED && sent && f.reason == REASON_NONE && at > least + 1) {
        f = (struct fail){ 0 };
        e = send_serial(n, to, --at, &sent, &f);
    }
    while (e == OK && at < serial)
        e = send_serial(n, to, ++at, &sent, &f);
    return sent;
}

/* A hello: our card, so that a partner who lost sight of us tries what he has for us, and takes a newer
 * card. Whether he was there. */
static bool say_hello(struct node *n, const char *partner)
{
    AUTO(cards_put) struct card_ref to = { 0 };
    AUTO(cards_put) struct card_ref own = { 0 };
    struct fail f = { 0 };
    bool sent = false;
    if (cards_get_met(n, partner, &to, &f) != OK || cards_get(n, n->conf.domain, &own, &f) != OK)
        return true; /* nobody to say it to */
    if (send_card(n, &to, own.card->jose->text, &sent, &f) == E_REFUSED && sent && f.reason == REASON_NONE)
        sent = send_succession(n, &to, own.card->serial);
    if (!sent)
        log_event(LOG_DEBUG, "hello-failed", "partner=%s", partner);
    return sent;
}

/* A package that is not sent while he has no room for one before it, or for this one. */
static enum err put_off(struct node *n, const struct outbox_row *row, struct fail *f)
{
    struct result r = { .n = n,
                        .row = row,
                        .error = "waits behind a package that there is no room for at the partner" };
    return *row->error ? OK : writer_run(n->writer, write_result, &r, f);
}

/* Everything that is due for one partner, in order, until nothing is or it can't be delivered. What he keeps
 * until our card is confirmed is passed over: he takes it in this order when it is, or we send it again. So are packages from the first
 * one on that he has no room for (${full}: that he had none for a while ago; ${full_ms}: for how long not, where he says it now): a
 * recall must reach him all the same. */
static enum sent run_line(struct node *n, const char *partner, bool full, uint64_t *full_ms,
                          uint64_t *retry_ms)
{
    enum sent last = SENT_NOTHING;
    uint64_t after = 0;
    bool kept = false;
    for (;;) {
        AUTO(store_outbox_clear) struct outbox_row row = { 0 };
        struct fail f = { 0 };
        enum err e = next_row(n, partner, after, &row, &f);
        if (e == E_NOT_FOUND)
            return kept ? SENT_LATER : after ? SENT_FULL : last;
        enum sent sent = SENT_FULL;
        bool off = full && row.route == OUTBOX_PACKAGES;
        if (e == OK)
            e = off ? put_off(n, &row, &f) : try_row(n, &row, after != 0, &sent, retry_ms, &f);
        if (e != OK) {
            log_fail(LOG_ERROR, "outbox-failed", &f);
            return SENT_LATER;
        }
        if (sent == SENT_LATER || sent == SENT_STRANGER)
            return sent;
        if (sent == SENT_FULL && !off) {
            full = true;
            *full_ms = *retry_ms ? *retry_ms : WAIT_SLOW_MS;
            *retry_ms = 0;
        }
        if (sent == SENT_KEPT || sent == SENT_FULL)
            after = row.id;
        kept = kept || sent == SENT_KEPT;
        last = sent;
    }
}

static void *run(void *arg)
{
    struct outbox *o = arg;
    pthread_mutex_lock(&o->lock);
    while (!o->stopping) {
        struct fail f = { 0 };
        uint64_t sleep_ms, now_ms = time_mono_ms();
        if (o->look && find_lines(o, &f) != OK)
            log_fail(LOG_ERROR, "outbox-failed", &f);
        o->look = false;
        struct line *l = due_line(o, now_ms, &sleep_ms);
        if (!l) {
            (void)cond_wait_until(&o->wake, &o->lock, cond_after(sleep_ms));
            continue;
        }
        bool hello = !l->hello_sent, full = l->full_until_ms > now_ms;
        l->busy = l->hello_sent = true;
        l->next_ms = UINT64_MAX; /* until it is kicked, or postponed below */
        pthread_mutex_unlock(&o->lock);
        bool missed = hello && !say_hello(o->n, l->domain);
        uint64_t retry_ms = 0, full_ms = 0;
        enum sent sent = run_line(o->n, l->domain, full, &full_ms, &retry_ms);
        pthread_mutex_lock(&o->lock);
        l->busy = false;
        if (sent == SENT_STRANGER || missed)
            l->hello_sent = false;
        if (sent == SENT_LATER || sent == SENT_STRANGER || (missed && sent == SENT_NOTHING))
            postpone(l, time_mono_ms(), retry_ms);
        else if (l->next_ms == UINT64_MAX)
            l->failing_since_ms = l->wait_ms = 0;
        if (full_ms)
            l->full_until_ms = time_mono_ms() + full_ms;
        if (sent == SENT_FULL && l->next_ms == UINT64_MAX)
            l->next_ms = l->full_until_ms;
    }
    pthread_mutex_unlock(&o->lock);
    return NULL;
}

static enum err add_partner(const struct card_row *row, void *ctx, struct fail *f)
{
    (void)f;
    if (row->state == CARD_CONFIRMED)
        line_of(ctx, row->domain);
    return OK;
}

static enum err first_lines(struct outbox *o, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    TRY(store_read_begin(o->n->store, &db, f));
    TRY(store_card_list(db, add_partner, o, f));
    return store_outbox_partners(db, add_line, o, f);
}

enum err outbox_open(struct node *n, struct outbox **out, struct fail *f)
{
    struct outbox *o = mem_new(sizeof *o);
    o->n = n;
    pthread_mutex_init(&o->lock, NULL);
    cond_init(&o->wake);
    enum err e = first_lines(o, f);
    for (; e == OK && o->started < SENDERS; o->started++)
        if (!thread_start(&o->threads[o->started], "outbox", run, o)) {
            e = fail_set(f, E_INTERNAL, "cannot start the outbox's threads");
            break;
        }
    if (e != OK)
        outbox_close(o);
    else
        *out = o;
    return e;
}

void outbox_stop(struct outbox *o)
{
    if (!o)
        return;
    pthread_mutex_lock(&o->lock);
    o->stopping = true;
    pthread_cond_broadcast(&o->wake);
    pthread_mutex_unlock(&o->lock);
    for (size_t i = 0; i < o->started; i++)
        pthread_join(o->threads[i], NULL);
    o->started = 0;
}

void outbox_close(struct outbox *o)
{
    if (!o)
        return;
    outbox_stop(o);
    while (o->lines) {
        struct line *l = o->lines;
        o->lines = l->next;
        free(l);
    }
    pthread_cond_destroy(&o->wake);
    pthread_mutex_destroy(&o->lock);
    free(o);
}

void outbox_kick(struct outbox *o, const char *domain)
{
    if (!o)
        return;
    pthread_mutex_lock(&o->lock);
    if (domain)
        reset(line_of(o, domain));
    else
        for (struct line *l = o->lines; l; l = l->next)
            if (l->wait_ms == 0) /* news for one partner is no reason to try those that don't answer */
                l->next_ms = 0;
    o->look = true;
    pthread_cond_broadcast(&o->wake);
    pthread_mutex_unlock(&o->lock);
}

void outbox_hello(struct outbox *o, const char *domain)
{
    if (!o)
        return;
    pthread_mutex_lock(&o->lock);
    line_of(o, domain)->full_until_ms = 0;
    pthread_mutex_unlock(&o->lock);
    outbox_kick(o, domain);
}

void outbox_card(struct outbox *o)
{
    if (!o)
        return;
    pthread_mutex_lock(&o->lock);
    for (struct line *l = o->lines; l; l = l->next) {
        l->hello_sent = false;
        reset(l);
    }
    pthread_cond_broadcast(&o->wake);
    pthread_mutex_unlock(&o->lock);
}
