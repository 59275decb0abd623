/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/brief.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "exchange/cosigners.h"
#include "exchange/facts.h"
#include "exchange/refuse.h"
#include "exchange/show.h"
#include "ledger/body.h"
#include "ledger/part.h"
#include "store/leaf.h"
#include "store/report.h"
#include "store/store.h"
#include "store/writer.h"
#include "tdf/manifest.h"

#define OBJECTS_MAX 1024
/* What the keeper wants to see of the event. */
#define SHOWN_FIELDS (1u << FIELD_KIND | 1u << FIELD_PERSON | 1u << FIELD_COPY | 1u << FIELD_READER)

/* One key access object on its way. */
struct wanted {
    unsigned policy, kao;           /* its place in the request token */
    const char *policy_id, *kao_id; /* echoed */
    const char *policy_text;        /* base64, as received */
    struct tdf_kao object;
    char uuid[UUID_TEXT]; /* of the policy; "" if it has none */
    struct copy_row copy; /* .policy NULL: not registered */
    struct place rests_on;
    enum err err;
    enum reason reason;
    struct place at, first;
};

/* One key request on its way. */
struct rewrap {
    struct node *n;
    const struct kas_request *r;
    struct jose *srt;
    json_t *body; /* the requestBody */
    bool v1;
    struct buf jwk; /* of the key that made the proof and signed this */
    uint8_t srt_sha[HASH_LEN], reader_digest[HASH_LEN];
    struct wanted *items;
    size_t count;
    uint64_t last; /* highest index to wait for */
    bool entered;
};

static void rewrap_clear(struct rewrap *w)
{
    for (size_t i = 0; i < w->count; i++) {
        tdf_kao_clear(&w->items[i].object);
        store_copy_clear(&w->items[i].copy);
    }
    free(w->items);
    json_decref(w->body);
    jose_free(w->srt);
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
    mem_freep(&a->results);
    mem_freep(&a->session_pem);
}

/* The request token --------------------------------------------------------------------------------------- */

static enum err read_object(const json_t *kao, const char *policy_id, const char *kao_id,
                            const char *policy_text, unsigned policy, unsigned number, struct rewrap *w,
                            struct fail *f)
{
    AUTO(tdf_policy_clear) struct tdf_policy parsed = { 0 };
    if (w->count == OBJECTS_MAX)
        return fail_set(f, E_TOO_LARGE, "request token: more than %d keys are asked for", OBJECTS_MAX);
    w->items = mem_grow(w->items, w->count + 1, sizeof *w->items);
    struct wanted *item = &w->items[w->count];
    *item = (struct wanted){
        .policy = policy, .kao = number, .policy_id = policy_id, .kao_id = kao_id, .policy_text = policy_text
    };
    TRY(tdf_kao_read(kao, &item->object, f));
    w->count++;
    if (tdf_policy_read(policy_text, &parsed, NULL) == OK && parsed.uuid && name_is_uuid(parsed.uuid))
        memcpy(item->uuid, parsed.uuid, UUID_TEXT);
    return OK;
}

static enum err read_bulk(const json_t *requests, struct rewrap *w, struct fail *f)
{
    for (size_t p = 0; p < json_array_size(requests); p++) {
        const json_t *request = json_array_get(requests, p), *policy, *objects;
        const char *policy_id, *policy_text;
        TRY(json_need_object(request, "policy", "request token", &policy, f));
        TRY(json_need_array(request, "keyAccessObjects", "request token", &objects, f));
        TRY(json_need_str(policy, "id", "request token", &policy_id, f));
        TRY(json_need_str(policy, "body", "request token", &policy_text, f));
        for (size_t k = 0; k < json_array_size(objects); k++) {
            const json_t *object = json_array_get(objects, k), *kao;
            const char *kao_id;
            TRY(json_need_str(object, "keyAccessObjectId", "request token", &kao_id, f));
            TRY(json_need_object(object, "keyAccessObject", "request token", &kao, f));
            TRY(read_object(kao, policy_id, kao_id, policy_text, (unsigned)p, (unsigned)k, w, f));
        }
    }
    return OK;
}

static enum err read_single(struct rewrap *w, struct fail *f)
{
    const json_t *kao;
    const char *policy_text;
    w->v1 = true;
    TRY(json_need_object(w->body, "keyAccess", "request token", &kao, f));
    TRY(json_need_str(w->body, "policy", "request token", &policy_text, f));
    return read_object(kao, "policy-1", "kao-0", policy_text, 0, 0, w, f);
}

/* The token is signed by the key that proved itself; what it asks for is read. */
static enum err read_srt(struct rewrap *w, struct fail *f)
{
    const struct asker *asker = w->r->asker;
    AUTO(key_freep) struct key *key = NULL;
    const char *text;
    struct fail why = { 0 };
    TRY(key_read_public(KEY_P256, BYTES(asker->key, sizeof asker->key), &key, f));
    key_thumbprint_bytes(key, &w->jwk);
    if (jose_read(w->r->srt, JOSE_MAX_LARGE, "request token", &w->srt, &why) != OK)
        return fail_why(f, REASON_REQUEST_TOKEN, "%s", why.what);
    if (jose_verify(w->srt, JOSE_ES256, NULL, key, NULL) != OK)
        return fail_why(f, REASON_REQUEST_TOKEN,
                        "the request token is not signed by the key that made the proof");
    TRY(json_need_str(w->srt->payload, "requestBody", "request token", &text, f));
    TRY(json_read(bytes_str(text), JOSE_MAX_LARGE, "request body", &w->body, f));
    const json_t *requests = json_object_get(w->body, "requests");
    TRY(json_array_size(requests) ? read_bulk(requests, w, f) : read_single(w, f));
    if (w->count == 0)
        return fail_set(f, E_INVALID, "request token: no key is asked for");
    hash_sha256(w->r->srt, w->srt_sha);
    body_reader_digest(w->r->srt, w->r->token, w->reader_digest);
    return OK;
}

/* The request token counts for a while; the same one again finds its entry, so age alone says nothing. */
static enum err check_times(const struct rewrap *w, struct fail *f)
{
    uint64_t iat, exp, now_s = w->r->now_ms / 1000;
    TRY(json_need_u64(w->srt->payload, "iat", "request token", &iat, f));
    TRY(json_need_u64(w->srt->payload, "exp", "request token", &exp, f));
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

static void refuse(struct wanted *item, enum reason reason)
{
    item->reason = reason;
    item->err = reason_err(reason);
}

static enum err decide_one(struct node *n, struct db *db, const struct asker *asker, uint64_t now_ms,
                           struct wanted *item, struct fail *f)
{
    enum err e = *item->uuid ? store_copy_get(db, item->uuid, &item->copy, f) : E_NOT_FOUND;
    if (e == E_NOT_FOUND) {
        fail_clear(f);
        refuse(item, REASON_UNKNOWN_OBJECT);
        return OK;
    }
    TRY(e);
    if (!is_registered(item)) {
        refuse(item, REASON_TAMPERED);
        return OK;
    }
    AUTO(facts_clear) struct facts facts = { 0 };
    TRY(facts_load(n, db, &item->copy, asker->person, asker->issuer, asker->clearance, now_ms, &facts, f));
    facts_decide(&facts);
    item->rests_on = facts.rests_on;
    item->reason = facts.result.reasons[0].reason;
    item->err = facts.result.outcome == POLICY_ALLOW ? OK : reason_err(item->reason);
    return OK;
}

static enum err decide_all(struct rewrap *w, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    TRY(store_read_begin(w->n->store, &db, f));
    TRY(store_read_snapshot(db, f)); /* all by one state, and the log's locks taken once */
    for (size_t i = 0; i < w->count; i++)
        TRY(decide_one(w->n, db, w->r->asker, w->r->now_ms, &w->items[i], f));
    return OK;
}

/* Entering ------------------------------------------------------------------------------------------------------ */

static enum err enter_one(struct rewrap *w, struct db *db, struct wanted *item, uint64_t reader,
                          struct fail *f)
{
    const struct asker *asker = w->r->asker;
    enum err e = store_key_release_find(db, w->srt_sha, item->uuid, &item->at.generation, &item->at.index, f);
    if (e == OK) {
        /* a retry: the same entry again */
        char portion[DOMAIN_MAX + 1 + UUID_TEXT];
        snprintf(portion, sizeof portion, "%s/%s", w->n->conf.domain, item->copy.portion);
        item->first.generation = item->at.generation;
        return store_briefing_get(db, item->at.generation, portion, asker->person, &item->first.index, f);
    }
    if (!store_missing(e, f))
        return e;
    struct journal_event event = { .originator = w->n->conf.domain,
                                   .portion = item->copy.portion,
                                   .person = asker->person,
                                   .organisation = asker->issuer,
                                   .actor = asker->person,
                                   .report = item->copy.report,
                                   .copy = item->uuid,
                                   .rests_on = item->rests_on,
                                   .reader = w->reader_digest,
                                   .reader_row = reader };
    TRY(journal_brief(w->n, db, &event, &item->at, &item->first, f));
    return store_key_release_put(db, w->srt_sha, item->uuid, item->at.generation, item->at.index, f);
}

/* Of what was refused of one report, the one to be told of: the first portion, else the title. */
static bool is_told(const struct rewrap *w, const struct wanted *item)
{
    const struct wanted *best = NULL;
    for (size_t i = 0; i < w->count; i++) {
        const struct wanted *other = &w->items[i];
        if (other->err == OK || !other->copy.policy || !item->copy.policy ||
            strcmp(other->copy.report, item->copy.report) != 0)
            continue;
        if (!best || (other->copy.n > 0 && (best->copy.n == 0 || other->copy.n < best->copy.n)))
            best = other;
    }
    return best == item;
}

/* Everything that this request leaves in the ledger, in one job: briefings, and refusals with their alerts. */
static enum err enter_all(struct db *db, void *ctx, struct fail *f)
{
    struct rewrap *w = ctx;
    uint64_t reader = 0;
    AUTO(str_freep) char *srt = mem_dup(w->r->srt.data, w->r->srt.len);
    AUTO(str_freep) char *token = mem_dup(w->r->token.data, w->r->token.len);
    struct reader_row row = { .srt = srt, .token = token, .jwk = buf_text(&w->jwk) };
    for (size_t i = 0; i < w->count; i++) {
        struct wanted *item = &w->items[i];
        if (item->err == OK) {
            if (!reader)
                TRY(store_reader_add(db, &row, &reader, f));
            TRY(enter_one(w, db, item, reader, f));
        } else {
            TRY(refuse_enter(w->n, db, w->r->asker, item->uuid, item->copy.policy ? &item->copy : NULL,
                             item->reason, is_told(w, item), w->r->now_ms, &item->at, f));
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

/* Rewrapping ------------------------------------------------------------------------------------------------------ */

/* What one permitted object is shown with: the release, and the first briefing where that is another entry. */
struct proof_shown {
    size_t of; /* which wanted one */
    struct show_entry release;
    struct show_proof first; /* empty: the release is it */
};

/* The same for all of a request, from one state of the store. */
struct proofs_shown {
    struct proof_shown *each;
    struct keeper_rewrap_item *items;
    size_t count;
    struct show_proof genesis;
};

static void proofs_clear(struct proofs_shown *p)
{
    for (size_t i = 0; i < p->count; i++) {
        show_entry_clear(&p->each[i].release);
        show_proof_clear(&p->each[i].first);
        wipe(p->items[i].wrapped, sizeof p->items[i].wrapped);
    }
    show_proof_clear(&p->genesis);
    free(p->each);
    free(p->items);
}

static enum err show_one(struct rewrap *w, struct db *db, const struct publisher_head *head, size_t i,
                         struct proofs_shown *p, struct fail *f)
{
    const struct wanted *item = &w->items[i];
    struct proof_shown *shown = &p->each[p->count];
    shown->of = i;
    TRY(show_entry(w->n, db, head, item->at.index, SHOWN_FIELDS, &shown->release, f));
    p->items[p->count++] = (struct keeper_rewrap_item){ .policy = item->policy,
                                                        .kao = item->kao,
                                                        .entry = shown->release.entry };
    return item->first.index == item->at.index
               ? OK
               : show_proof(w->n, db, head, item->first.index, &shown->first, f);
}

static enum err show_all(struct rewrap *w, const struct publisher_head *head, struct proofs_shown *p,
                         struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    p->each = mem_array(w->count, sizeof *p->each);
    p->items = mem_array(w->count, sizeof *p->items);
    TRY(store_read_begin(w->n->store, &db, f));
    TRY(store_read_snapshot(db, f));
    for (size_t i = 0; i < w->count; i++)
        if (w->items[i].err == OK)
            TRY(show_one(w, db, head, i, p, f));
    return p->count ? show_proof(w->n, db, head, 0, &p->genesis, f) : OK;
}

static enum err give_key(struct rewrap *w, const struct publisher_head *head, const struct proofs_shown *p,
                         size_t k, struct kas_result *to, struct fail *f)
{
    AUTO(buf_freep) struct buf *presence = buf_new(PART_MAX);
    const struct keeper_rewrap_item *from = &p->items[k];
    const struct proof_shown *shown = &p->each[k];
    const struct wanted *item = &w->items[shown->of];
    const struct show_proof *first = shown->first.entry.len ? &shown->first : &shown->release.proof;
    to->err = from->result;
    if (to->err != OK) {
        to->reason = REASON_TAMPERED;
        return OK;
    }
    memcpy(to->wrapped, from->wrapped, from->wrapped_len);
    to->wrapped_len = from->wrapped_len;
    to->entry.generation = item->at.generation;
    to->entry.index = item->at.index;
    TRY(show_presence(w->n, head, first, &p->genesis, presence, f));
    to->presence = buf_steal_text(presence);
    return OK;
}

static enum err release_keys(struct rewrap *w, struct kas_answer *out, struct fail *f)
{
    AUTO(publisher_head_clear) struct publisher_head head = { 0 };
    AUTO(proofs_clear) struct proofs_shown shown = { 0 };
    AUTO(buf_freep) struct buf *pem = buf_new(4096);
    publisher_head(w->n->publisher, &head);
    TRY(show_all(w, &head, &shown, f));
    if (shown.count == 0)
        return OK;
    TRY(keeper_rewrap(w->n->keeper, w->r->srt, w->r->token, bytes_of(&w->jwk), bytes_str(head.note),
                      shown.items, shown.count, pem, f));
    for (size_t k = 0; k < shown.count; k++)
        TRY(give_key(w, &head, &shown, k, &out->results[shown.each[k].of], f));
    out->session_pem = buf_steal_text(pem);
    return OK;
}

enum err brief_rewrap(struct node *n, const struct kas_request *r, struct kas_answer *out, struct fail *f)
{
    AUTO(rewrap_clear) struct rewrap w = { .n = n, .r = r };
    *out = (struct kas_answer){ 0 };
    buf_init(&w.jwk, 1024);
    TRY(cosigners_clock(n, f));
    TRY(read_srt(&w, f));
    TRY(check_times(&w, f));
    TRY(decide_all(&w, f));
    TRY(writer_run_until(n->writer, enter_all, is_published, &w, f));
    if (w.entered)
        TRY(publisher_wait(n->publisher, w.last, f));
    out->v1 = w.v1;
    out->count = w.count;
    out->results = mem_array(w.count, sizeof *out->results);
    for (size_t i = 0; i < w.count; i++)
        out->results[i] = (struct kas_result){ .policy_id = str_dup(w.items[i].policy_id),
                                               .kao_id = str_dup(w.items[i].kao_id),
                                               .reason = w.items[i].reason,
                                               .err = w.items[i].err };
    enum err e = release_keys(&w, out, f);
    if (e != OK)
        brief_answer_clear(out);
    return e;
}
