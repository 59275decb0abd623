/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/brief_way.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "exchange/cosigners.h"
#include "exchange/facts.h"
#include "exchange/foreign.h"
#include "exchange/onward.h"
#include "exchange/publisher.h"
#include "exchange/rates.h"
#include "exchange/refuse.h"
#include "keeper/keeper.h"
#include "ledger/body.h"
#include "store/leaf.h"
#include "store/person.h"
#include "store/store.h"
#include "store/writer.h"

static void copy_clear(struct wanted *item)
{
    if (item->onward.policy)
        store_override_copy_clear(&item->onward);
    else
        store_copy_clear(&item->copy);
}

static void rewrap_clear(struct rewrap *w)
{
    for (size_t i = 0; i < w->count; i++) {
        tdf_kao_clear(&w->items[i].object);
        copy_clear(&w->items[i]);
    }
    free(w->items);
    srt_free(w->srt);
    buf_clear(&w->jwk);
}

void brief_answer_clear(struct kas_answer *a)
{
    for (size_t i = 0; i < a->count; i++) {
        free(a->results[i].policy_id);
        free(a->results[i].kao_id);
        free(a->results[i].presence);
        wipe(a->results[i].wrapped, sizeof a->results[i].wrapped);
    }
    a->count = 0; /* whoever clears it again finds nothing */
    mem_freep(&a->results);
    mem_freep(&a->session_pem);
}

/* The request token --------------------------------------------------------------------------------------- */

/* Refused or allowed: the reason says which. */
static void settle(struct wanted *item, enum reason reason)
{
    item->reason = item->told = reason;
    item->err = reason_err(reason);
}

/* One object; what is wrong with it is its own fault, and not its neighbours'. */
static void read_object(struct rewrap *w, unsigned policy, unsigned number)
{
    AUTO(tdf_policy_clear) struct tdf_policy parsed = { 0 };
    const struct srt_policy *p = &w->srt->policies[policy];
    struct wanted *item = &w->items[w->count++];
    *item = (struct wanted){
        .policy = policy, .kao = number, .policy_id = p->id, .kao_id = "", .policy_text = p->body
    };
    struct fail why = { 0 };
    if (srt_kao_id(w->srt, policy, number, &item->kao_id, NULL) != OK)
        item->kao_id = "";
    if (srt_kao(w->srt, policy, number, &item->object, &why) != OK)
        settle(item, REASON_MALFORMED);
    if (item->err == OK && tdf_policy_read(p->body, &parsed, NULL) == OK && parsed.uuid &&
        name_is_uuid(parsed.uuid))
        memcpy(item->uuid, parsed.uuid, UUID_TEXT);
}

/* The request token is signed by the key of the proof, and that is the one which the access token binds. */
static enum err signed_by_reader(struct rewrap *w, bool *is, struct fail *f)
{
    AUTO(key_freep) struct key *key = NULL;
    AUTO(json_freep) json_t *jwk = NULL;
    *is = false;
    if (!*w->r->asker->jwk)
        return OK;
    TRY(json_read(bytes_str(w->r->asker->jwk), DPOP_JWK_MAX, "key of the proof", &jwk, f));
    TRY(key_read_jwk(jwk, false, &key, f));
    *is = srt_verify(w->srt, key, NULL) == OK;
    if (*is)
        buf_put_str(&w->jwk, w->r->asker->jwk);
    w->bound = *is && w->r->asker->bound;
    return OK;
}

/* By the key that the answer is wrapped to: whoever made the request reads the answer. */
static bool signed_by_session(struct rewrap *w)
{
    AUTO(key_freep) struct key *key = NULL;
    if (key_read_pem(bytes_str(w->srt->client_pem), &key, NULL) != OK || srt_verify(w->srt, key, NULL) != OK)
        return false;
    key_thumbprint_bytes(key, &w->jwk);
    return true;
}

/* Clients of other makers sign with other keys than they prove; the admin says whether they are let in. */
static enum err check_signer(struct rewrap *w, struct fail *f)
{
    bool is;
    TRY(signed_by_reader(w, &is, f));
    if (is)
        return OK;
    if (w->n->interop == INTEROP_OFF || !w->r->asker->service || !w->r->asker->own)
        return fail_why(f, REASON_REQUEST_TOKEN,
                        "the request token is not signed by the key that made the proof");
    if (signed_by_session(w) || w->n->interop == INTEROP_ANY)
        return OK;
    return fail_why(
        f, REASON_REQUEST_TOKEN,
        "the request token is signed neither by the key of a proof nor by the one that the answer "
        "goes to: such clients are served only with interop = any");
}

/* Before anything is entered: an answer can be wrapped to it. */
static enum err check_session_key(const struct rewrap *w, struct fail *f)
{
    AUTO(key_freep) struct key *key = NULL;
    if (key_read_pem(bytes_str(w->srt->client_pem), &key, NULL) != OK ||
        (key_kind(key) != KEY_RSA && key_kind(key) != KEY_P256))
        return fail_set(f, E_INVALID, "request token: clientPublicKey is neither a P-256 nor an RSA key");
    return OK;
}

/* The token is signed by the key that proved itself; what it asks for is read. */
static enum err read_srt(struct rewrap *w, struct fail *f)
{
    const struct asker *asker = w->r->asker;
    TRY(srt_read(w->r->srt, &w->srt, f));
    TRY(check_signer(w, f));
    TRY(check_session_key(w, f));
    if (w->srt->kao_count == 0)
        return fail_set(f, E_INVALID, "request token: no key is asked for");
    w->items = mem_array(w->srt->kao_count, sizeof *w->items);
    for (unsigned p = 0; p < w->srt->policy_count; p++)
        for (unsigned k = 0; k < srt_kao_count(w->srt, p); k++)
            read_object(w, p, k);
    hash_sha256(w->r->srt, w->srt_sha);
    body_reader_digest(w->r->srt, w->r->token, w->reader_digest);
    if (asker->service)
        snprintf(w->briefed, sizeof w->briefed, "@%s", asker->issuer);
    else
        memcpy(w->briefed, asker->person, sizeof w->briefed);
    return OK;
}

/* The request token counts for a while; the same one again finds its entry, so age alone says nothing. */
static enum err check_times(const struct rewrap *w, struct fail *f)
{
    uint64_t iat, exp, now_s = w->r->now_ms / 1000;
    TRY(json_need_u64(w->srt->jose->payload, "iat", "request token", &iat, f));
    TRY(json_need_u64(w->srt->jose->payload, "exp", "request token", &exp, f));
    if (exp + 60 < now_s || iat > now_s + 60)
        return fail_why(f, REASON_REQUEST_TOKEN, "the request token has ended, or is from the future");
    return OK;
}

/* The decision ----------------------------------------------------------------------------------------------- */

static bool digest_is(const char *text, const uint8_t want[static HASH_LEN])
{
    uint8_t got[HASH_LEN];
    if (!text)
        return false;
    hash_sha256(bytes_str(text), got);
    return same(got, want, HASH_LEN);
}

/* A request counts for a copy only if all three are the registered ones. */
static bool is_registered(const struct wanted *item)
{
    return digest_is(item->object.wrapped_key, item->copy.wrapped_sha) &&
           digest_is(item->policy_text, item->copy.policy_sha) &&
           digest_is(item->object.binding, item->copy.binding_sha);
}

/* Of what he may not know of, or has only guessed, he hears no more than of what is not there, and after the same
 * work: decide_foreign fills in what that is. The record has the reason all the same. */
static void conceal(struct rewrap *w, struct wanted *item, enum reason reason)
{
    settle(item, reason);
    item->concealed = item->foreign = true;
    w->foreign++;
}

/* A machine shows what it opens to nobody knows whom; and who proved no key gets nothing of a report. */
static enum reason too_much(const struct rewrap *w, const struct marking *mark)
{
    if (!w->bound)
        return REASON_PROOF;
    return w->r->asker->service && mark->level > TLP_GREEN ? REASON_MACHINE : REASON_NONE;
}

static enum err decide_copy(struct rewrap *w, struct db *db, struct wanted *item, struct fail *f)
{
    const struct asker *asker = w->r->asker;
    AUTO(facts_clear) struct facts facts = { 0 };
    AUTO(marking_clear) struct marking mark = { 0 };
    TRY(marking_read(item->copy.mark, &mark, f));
    if (!is_registered(item)) {
        if (mark.hidden || strcmp(item->copy.holder, asker->issuer) != 0)
            conceal(w, item, REASON_TAMPERED);
        else
            settle(item, REASON_TAMPERED);
        return OK;
    }
    TRY(facts_load(w->n, db, &item->copy, asker->person, asker->issuer, asker->clearance, w->r->now_ms,
                   &facts, f));
    facts_decide(&facts);
    item->rests_on = facts.rests_on;
    item->until_ms = facts.input.release.until_ms;
    if (mark.hidden && facts.result.outcome != POLICY_ALLOW) {
        conceal(w, item, facts.result.within);
        return OK;
    }
    settle(item, facts.result.reasons[0].reason);
    if (item->err == OK && too_much(w, &facts.mark) != REASON_NONE)
        settle(item, too_much(w, &facts.mark));
    return OK;
}

/* A copy of a partner's portion, which an override of ours passed on. */
static enum err decide_passed(struct rewrap *w, struct db *db, struct wanted *item, struct fail *f)
{
    const struct override_copy_row *row = &item->onward;
    enum reason reason;
    item->copy = (struct copy_row){ .policy = row->policy,
                                    .portion = row->portion,
                                    .holder = row->holder,
                                    .report = row->report,
                                    .n = row->n,
                                    .mark = row->mark };
    memcpy(item->copy.wrapped_sha, row->wrapped_sha, HASH_LEN);
    memcpy(item->copy.policy_sha, row->policy_sha, HASH_LEN);
    memcpy(item->copy.binding_sha, row->binding_sha, HASH_LEN);
    if (!is_registered(item)) {
        if (strcmp(row->holder, w->r->asker->issuer) != 0)
            conceal(w, item, REASON_TAMPERED);
        else
            settle(item, REASON_TAMPERED);
        return OK;
    }
    TRY(onward_decide(w->n, db, row, w->r->asker, w->r->now_ms, &reason, f));
    settle(item, !w->bound ? REASON_PROOF : w->r->asker->service ? REASON_MACHINE : reason);
    return OK;
}

static enum err decide_one(struct rewrap *w, struct db *db, struct wanted *item, struct fail *f)
{
    if (item->err != OK) /* malformed */
        return OK;
    if (!*item->uuid) {
        settle(item, REASON_UNKNOWN_OBJECT);
        return OK;
    }
    enum err e = store_copy_get(db, item->uuid, &item->copy, f);
    if (!store_missing(e, f)) {
        TRY(e);
        return decide_copy(w, db, item, f);
    }
    e = store_override_copy_get(db, item->uuid, &item->onward, f);
    if (!store_missing(e, f)) {
        TRY(e);
        /* at its originator there is only a note of it: the key is with its giver */
        if (strcmp(item->onward.giver, w->n->conf.domain) == 0)
            return decide_passed(w, db, item, f);
        store_override_copy_clear(&item->onward);
    }
    item->foreign = true; /* see decide_foreign */
    w->foreign++;
    return OK;
}

static enum err decide_all(struct rewrap *w, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    w->taken_back = atomic_load(&w->n->taken_back);
    TRY(store_read_begin(w->n->store, &db, f));
    TRY(store_read_snapshot(db, f)); /* all by one state, and the log's locks taken once */
    for (size_t i = 0; i < w->count; i++)
        TRY(decide_one(w, db, &w->items[i], f));
    return OK;
}

/* Whether it is allowed or refused; what is concealed is refused whatever its own policy says. */
static void answer_foreign(struct wanted *item, enum reason reason)
{
    if (!item->concealed) {
        settle(item, reason);
        return;
    }
    item->told = reason_err(reason) == OK ? REASON_UNKNOWN_OBJECT : reason;
    item->err = reason_err(item->told);
    item->foreign = item->told != REASON_TAMPERED;
}

/* Objects that are registered nowhere: is it sealed to us at all, and is its policy the one that was bound? Only
 * then does that policy say anything. */
static enum err probe_foreign(struct rewrap *w, struct fail *f)
{
    AUTO(mem_freep) struct keeper_rewrap_item *probes = mem_array(w->foreign, sizeof *probes);
    size_t count = 0;
    for (size_t i = 0; i < w->count; i++)
        if (w->items[i].foreign)
            probes[count++] =
                (struct keeper_rewrap_item){ .policy = w->items[i].policy, .kao = w->items[i].kao };
    TRY(keeper_probe(w->n->keeper, w->r->srt, probes, count, f));
    for (size_t i = w->count; i-- > 0;)
        if (w->items[i].foreign && probes[--count].result != OK)
            answer_foreign(&w->items[i], REASON_TAMPERED);
    return OK;
}

static enum err decide_foreign(struct rewrap *w, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    if (w->foreign == 0)
        return OK;
    TRY(probe_foreign(w, f));
    TRY(store_read_begin(w->n->store, &db, f));
    for (size_t i = 0; i < w->count; i++) {
        struct wanted *item = &w->items[i];
        enum reason reason;
        if (!item->foreign || (item->err != OK && !item->concealed))
            continue;
        TRY(foreign_decide(w->n, db, w->r->asker, item->policy_text, item->uuid, w->r->now_ms, &reason, f));
        answer_foreign(item, reason);
    }
    return OK;
}

/* Entering ------------------------------------------------------------------------------------------------------ */

/* Whose portion it is. */
static const char *originator_of(const struct rewrap *w, const struct wanted *item)
{
    return item->onward.policy ? item->onward.originator : w->n->conf.domain;
}

static enum err enter_one(struct rewrap *w, struct db *db, struct wanted *item, uint64_t reader,
                          struct fail *f)
{
    const struct asker *asker = w->r->asker;
    const char *object = item->foreign ? item->uuid : item->copy.portion;
    enum err e = store_key_release_find(db, w->srt_sha, item->uuid, &item->at.generation, &item->at.index, f);
    if (e == OK && item->at.generation == w->n->generation) {
        /* a retry: the same entry again; one of an earlier generation is a briefing in this one */
        char portion[DOMAIN_MAX + 1 + UUID_TEXT];
        snprintf(portion, sizeof portion, "%s/%s", originator_of(w, item), object);
        item->first.generation = item->at.generation;
        return store_briefing_get(db, item->at.generation, portion, w->briefed, &item->first.index, f);
    }
    if (!store_missing(e, f))
        TRY(e);
    struct journal_event event = { .originator = originator_of(w, item),
                                   .portion = object,
                                   .person = w->briefed,
                                   .organisation = asker->issuer,
                                   .actor = asker->person,
                                   .report = item->copy.report,
                                   .copy = item->uuid,
                                   .rests_on = item->rests_on,
                                   .reader = w->reader_digest,
                                   .reader_row = reader };
    TRY(journal_brief(w->n, db, &event, &item->at, &item->first, f));
    if (item->onward.policy && item->first.index == item->at.index)
        TRY(onward_report(w->n, db, &item->onward, w->briefed, w->reader_digest, item->at, f));
    return store_key_release_put(db, w->srt_sha, item->uuid, item->at.generation, item->at.index, f);
}

/* Of one report's copies that are somebody else's, the one to be told of: the first portion, else the title. */
static bool is_told(const struct rewrap *w, const struct wanted *item)
{
    const struct wanted *best = NULL;
    for (size_t i = 0; i < w->count; i++) {
        const struct wanted *other = &w->items[i];
        if (other->err == OK || other->reason != REASON_OTHERS_COPY || !item->copy.policy ||
            strcmp(other->copy.report, item->copy.report) != 0)
            continue;
        if (!best || (other->copy.n > 0 && (best->copy.n == 0 || other->copy.n < best->copy.n)))
            best = other;
    }
    return best == item;
}

static enum err is_revoked(struct db *db, const char *thumbprint, bool *revoked, struct fail *f)
{
    AUTO(store_device_clear) struct device_row device = { 0 };
    enum err e = store_device_get(db, thumbprint, &device, f);
    *revoked = e == OK && device.state != DEVICE_ACTIVE;
    return store_missing(e, f) ? OK : e;
}

/* Since it was decided somebody took leave back, maybe this one: what is entered after that has to be allowed after it. */
static enum err decide_again(struct rewrap *w, struct db *db, struct fail *f)
{
    bool revoked;
    TRY(is_revoked(db, w->r->asker->thumbprint, &revoked, f));
    for (size_t i = 0; i < w->count; i++) {
        struct wanted *item = &w->items[i];
        if (item->err != OK)
            continue;
        if (!item->foreign) {
            copy_clear(item);
            item->copy = (struct copy_row){ 0 };
            item->onward = (struct override_copy_row){ 0 };
            TRY(decide_one(w, db, item, f));
        }
        if (item->concealed)
            answer_foreign(item, REASON_UNKNOWN_OBJECT);
        else if (item->err == OK && revoked)
            settle(item, REASON_SUSPENDED_DEVICE);
    }
    return OK;
}

/* Everything that this request leaves in the ledger, in one job: briefings, and refusals with their alerts. */
static enum err enter_all(struct db *db, void *ctx, struct fail *f)
{
    struct rewrap *w = ctx;
    uint64_t reader = 0;
    AUTO(str_freep) char *srt = mem_dup(w->r->srt.data, w->r->srt.len);
    AUTO(str_freep) char *token = mem_dup(w->r->token.data, w->r->token.len);
    struct reader_row row = { .srt = srt, .token = token, .jwk = buf_text(&w->jwk) };
    if (atomic_load(&w->n->taken_back) != w->taken_back)
        TRY(decide_again(w, db, f));
    for (size_t i = 0; i < w->count; i++) {
        struct wanted *item = &w->items[i];
        if (item->err == OK) {
            /* where the token does not bind the signer there is no reader's proof to keep */
            if (!reader && w->bound)
                TRY(store_reader_add(db, &row, &reader, f));
            TRY(enter_one(w, db, item, reader, f));
        } else {
            TRY(refuse_enter(w->n, db, w->r->asker, originator_of(w, item), item->uuid,
                             item->copy.policy ? &item->copy : NULL, item->reason, is_told(w, item),
                             w->r->now_ms, &item->at, f));
        }
        if (item->at.generation && item->at.index > w->last)
            w->last = item->at.index;
        w->entered = w->entered || item->at.generation;
    }
    return OK;
}

/* Where nothing was entered there is nothing to wait for. */
static bool is_published(const void *ctx)
{
    const struct rewrap *w = ctx;
    return !w->entered || publisher_has(w->n->publisher, w->last);
}

/* Each may become an entry. The partner's whole first: he may invent people, and devices for them. */
static enum err count_keys(const struct rewrap *w, struct fail *f)
{
    const struct asker *asker = w->r->asker;
    const char *device = *asker->thumbprint ? asker->thumbprint : asker->person;
    if (!asker->own)
        TRY(rates_take(w->n->rates, RATE_PARTNER_KEYS, asker->issuer, w->count, 0, w->r->now_ms, f));
    return rates_take(w->n->rates, RATE_DEVICE_KEYS, device, w->count, 0, w->r->now_ms, f);
}

enum err brief_rewrap(struct node *n, const struct kas_request *r, struct kas_answer *out, struct fail *f)
{
    AUTO(rewrap_clear) struct rewrap w = { .n = n, .r = r };
    *out = (struct kas_answer){ 0 };
    buf_init(&w.jwk, 1024);
    TRY(cosigners_clock(n, f));
    TRY(read_srt(&w, f));
    TRY(check_times(&w, f));
    TRY(count_keys(&w, f));
    TRY(decide_all(&w, f));
    TRY(decide_foreign(&w, f));
    TRY(writer_run_until(n->writer, enter_all, is_published, &w, f));
    if (w.entered)
        TRY(publisher_wait(n->publisher, w.last, f));
    out->v1 = w.srt->single;
    snprintf(out->ask, sizeof out->ask, "https://%s/obl/originator/value/ask", n->conf.domain);
    out->count = w.count;
    out->results = mem_array(w.count, sizeof *out->results);
    for (size_t i = 0; i < w.count; i++)
        out->results[i] = (struct kas_result){ .policy_id = str_dup(w.items[i].policy_id),
                                               .kao_id = str_dup(w.items[i].kao_id),
                                               .reason = w.items[i].told,
                                               .until_ms = w.items[i].until_ms,
                                               .err = w.items[i].err };
    enum err e = brief_keys(&w, out, f);
    if (e != OK)
        brief_answer_clear(out);
    return e;
}
