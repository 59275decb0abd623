/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/cosign_ask.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "exchange/cards.h"
#include "exchange/publisher.h"
#include "ledger/witness.h"
#include "net/client.h"

#define LINE_ENDS  "\r\n"
#define TRIES      3
#define WITNESS_MS 2000
#define MONITOR_MS 6000 /* it reads the entries first */

void cosign_result_init(struct cosign_result *r, uint64_t known)
{
    *r = (struct cosign_result){ .outcome = COSIGN_FAILED, .known = known };
    buf_init(&r->line, 4096);
    buf_init(&r->shown, NOTE_MAX);
}

void cosign_result_clear(struct cosign_result *r)
{
    buf_clear(&r->line);
    buf_clear(&r->shown);
}

/* A partner over the pinned connection. A foreign witness has no pin: what it is asked is public, and what it answers
 * counts by its signature only. */
enum err cosign_call(struct node *n, const struct cosigner *c, const char *path, struct bytes body,
                     size_t max, struct net_answer *answer, struct fail *f)
{
    uint8_t spki[NET_SPKI_LEN];
    struct net_header type = { "Content-Type", "text/plain; charset=utf-8" };
    struct net_request r = { .headers = &type,
                             .header_count = 1,
                             .body = body,
                             .max_answer = max,
                             .timeout_ms = c->monitor ? MONITOR_MS : WITNESS_MS,
                             .connect_ms = WITNESS_MS };
    if (!*c->domain) {
        AUTO(str_freep) char *url = str_format("%s/%s", c->url, path);
        r.url = url;
        r.allow_private = c->local;
        return net_client_first_contact(n->net, &r, spki, answer, f);
    }
    AUTO(cards_put) struct card_ref to = { 0 };
    struct card_pins pins;
    TRY(cards_get_trusted(n, c->domain, &to, f));
    AUTO(str_freep)
    char *url = str_format("%s/%s/%s", to.card->url, c->monitor ? "monitor" : "witness", path);
    card_pins(to.card, &pins);
    r.url = url;
    r.pins = pins.list;
    r.pin_count = to.card->pin_count;
    r.allow_private = to.local;
    return net_client_send(n->net, &r, answer, f);
}

static enum err own_log_key(struct node *n, struct note_key *key, struct fail *f)
{
    AUTO(cards_put) struct card_ref own = { 0 };
    TRY(cards_get(n, n->conf.domain, &own, f));
    if (card_log_keys(own.card, n->origin, key, 1) != 1)
        return fail_set(f, E_INTERNAL, "our card does not name our log");
    return OK;
}

/* Whether a checkpoint that we signed is on the way of our tree. */
static enum err is_ours(struct node *n, const struct checkpoint *c, bool *ours, struct fail *f)
{
    struct tree_nodes nodes = publisher_nodes(n->publisher);
    uint8_t root[HASH_LEN];
    *ours = false;
    if (c->size > publisher_size(n->publisher))
        return OK;
    TRY(tree_root(&nodes, c->size, root, f));
    *ours = memcmp(root, c->root, HASH_LEN) == 0;
    return OK;
}

/* He says that he saw another history of ours. His word is nothing, our signature is. */
static void ask_for_proof(struct node *n, const struct cosigner *c, struct cosign_result *r,
                          const char *claim)
{
    AUTO(net_answer_clear) struct net_answer answer = { 0 };
    char path[WITNESS_PATH_SIZE];
    struct note_key log;
    struct checkpoint seen;
    struct fail why = { 0 };
    bool ours = true;
    witness_path(n->origin, path);
    enum err e = cosign_call(n, c, path, BYTES(NULL, 0), NOTE_MAX, &answer, &why);
    if (e == OK)
        e = net_answer_check(&answer, c->key.name, &why);
    if (e == OK)
        e = own_log_key(n, &log, &why);
    if (e == OK)
        e = checkpoint_open(bytes_of(answer.body), &log, &seen, &why);
    if (e == OK)
        e = is_ours(n, &seen, &ours, &why);
    if (e == OK && !ours) {
        r->outcome = COSIGN_AHEAD;
        r->ahead = seen.size;
        buf_put_bytes(&r->shown, bytes_of(answer.body));
        return;
    }
    snprintf(r->problem, sizeof r->problem, "%.90s, and shows no checkpoint of ours that says so%s%.60s",
             claim, e != OK ? ": " : "", e != OK ? why.what : "");
}

/* His time lies between our asking and his answering, or his clock or ours is off. He gives whole seconds. */
static int64_t offset(uint64_t time_s, uint64_t sent_ms, uint64_t got_ms)
{
    uint64_t ms = time_s > UINT64_MAX / 2000 ? UINT64_MAX / 2 : time_s * 1000;
    if (ms > got_ms)
        return (int64_t)(ms - got_ms);
    return ms + 999 < sent_ms ? -(int64_t)(sent_ms - ms - 999) : 0;
}

static void take_line(struct node *n, const struct cosigner *c, struct bytes text, struct bytes body,
                      uint64_t sent_ms, struct cosign_result *r)
{
    struct fail why = { 0 };
    uint64_t got_ms = n->now_ms();
    if (witness_answer(text, body, &c->key, &r->line, &r->time_s, &why) != OK) {
        snprintf(r->problem, sizeof r->problem, "answers without its cosignature: %.140s", why.what);
        return;
    }
    r->outcome = COSIGN_DONE;
    r->offset_ms = offset(r->time_s, sent_ms, got_ms);
}

/* A 409. True: it named a size that we can prove from. */
static bool take_size(struct node *n, const struct cosigner *c, uint64_t size, struct bytes body,
                      struct cosign_result *r)
{
    char claim[80];
    uint64_t his;
    if (!witness_size(body, &his)) {
        ask_for_proof(n, c, r, "answers 409 without a size");
        return false;
    }
    if (his <= size) {
        bool fresh = his != r->known;
        r->known = his;
        if (!fresh)
            snprintf(r->problem, sizeof r->problem, "answers 409 to the very size that it names, %llu",
                     (unsigned long long)his);
        return fresh;
    }
    if (his <= publisher_size(n->publisher)) { /* he was asked for more since */
        r->known = his;
        snprintf(r->problem, sizeof r->problem, "has cosigned size %llu already", (unsigned long long)his);
        return false;
    }
    snprintf(claim, sizeof claim, "says that it cosigned size %llu", (unsigned long long)his);
    ask_for_proof(n, c, r, claim);
    return false;
}

static enum err request(struct node *n, uint64_t size, const char *note, uint64_t known, struct buf *body,
                        struct fail *f)
{
    struct tree_nodes nodes = publisher_nodes(n->publisher);
    AUTO(buf_freep) struct buf *proof = buf_new(TREE_PROOF_MAX);
    TRY(tree_prove_consistency(&nodes, known, size, proof, f));
    buf_reset(body);
    witness_ask_put(body, known, bytes_of(proof), bytes_str(note));
    return buf_check(body, "request to cosign", f);
}

/* One request and what follows from its answer. True: ask again. */
static bool ask_once(struct node *n, const struct cosigner *c, uint64_t size, const char *note,
                     struct bytes text, struct cosign_result *r)
{
    AUTO(net_answer_clear) struct net_answer answer = { 0 };
    AUTO(buf_freep) struct buf *body = buf_new(WITNESS_BODY_MAX);
    struct fail why = { 0 };
    uint64_t sent_ms = n->now_ms();
    if (r->known > size) { /* newer than this one, or than all that is here */
        char claim[80];
        snprintf(r->problem, sizeof r->problem, "has cosigned size %llu already",
                 (unsigned long long)r->known);
        snprintf(claim, sizeof claim, "is on record as having cosigned size %llu",
                 (unsigned long long)r->known);
        if (r->known > publisher_size(n->publisher))
            ask_for_proof(n, c, r, claim);
        return false;
    }
    enum err e = request(n, size, note, r->known, body, &why);
    if (e == OK)
        e = cosign_call(n, c, "add-checkpoint", bytes_of(body), NOTE_MAX, &answer, &why);
    if (e != OK) {
        snprintf(r->problem, sizeof r->problem, "%.190s", why.what);
        return false;
    }
    r->reached = true;
    r->answered =
        answer.status != WITNESS_UNKNOWN; /* he who does not know our ledger holds nothing against it */
    if (answer.status == WITNESS_ACCEPTED) {
        take_line(n, c, text, bytes_of(answer.body), sent_ms, r);
        if (r->outcome == COSIGN_DONE)
            r->known = size;
    } else if (answer.status == WITNESS_STALE) {
        return take_size(n, c, size, bytes_of(answer.body), r);
    } else if (answer.status == WITNESS_INCONSISTENT) {
        char claim[100];
        snprintf(claim, sizeof claim, "refuses it: %.80s", buf_text(answer.body));
        claim[strcspn(claim, LINE_ENDS)] = '\0';
        ask_for_proof(n, c, r, claim);
    } else {
        snprintf(r->problem, sizeof r->problem, "answers with status %d: %.100s", answer.status,
                 buf_text(answer.body));
        r->problem[strcspn(r->problem, LINE_ENDS)] = '\0';
    }
    return false;
}

/* What others said goes to a terminal, and into JSON. */
static void make_plain(char *text)
{
    for (; *text; text++)
        if (*text < 0x20 || *text > 0x7e)
            *text = '?';
}

void cosign_ask(struct node *n, const struct cosigner *c, uint64_t size, const char *note,
                struct cosign_result *r)
{
    AUTO(note_freep) struct note *parsed = NULL;
    if (note_read(bytes_str(note), &parsed, NULL) != OK)
        BUG("a checkpoint of ours that is no note");
    for (int i = 0; i < TRIES && ask_once(n, c, size, note, parsed->text, r); i++)
        continue;
    make_plain(r->problem);
}
