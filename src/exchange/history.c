/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/history.h"

#include <stdio.h>
#include <string.h>

#include "base/b64.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "exchange/acts.h"
#include "exchange/cards.h"
#include "exchange/earlier.h"
#include "exchange/renew.h"
#include "exchange/succession.h"
#include "ledger/checkpoint.h"
#include "ledger/entry.h"
#include "ledger/tiles.h"
#include "net/client.h"
#include "store/cosigner.h"
#include "store/store.h"
#include "store/writer.h"

#define ROLE      "reader" /* in the table of watched logs: what our people were shown */
#define KEYS_MAX  4
#define FETCH_MS  5000
#define CACHE_MAX 8 /* a proof needs one or two tiles of a level */

/* One log being looked at. */
struct looking {
    struct node *n;
    struct card_ref card;
    char domain[DOMAIN_MAX + 1];
    uint32_t generation;
    struct note_key keys[KEYS_MAX];
    size_t key_count;
    const char *note; /* what was shown now */
    struct checkpoint c;
    struct tiles_source source;
    struct tree_nodes nodes;
    struct {
        struct tile tile;
        struct buf *bytes;
    } cache[CACHE_MAX];
    size_t cached;
    bool unreachable; /* a tile could not be had */
};

static void looking_clear(struct looking *l)
{
    for (size_t i = 0; i < l->cached; i++)
        buf_free(l->cache[i].bytes);
    cards_put(&l->card);
}

/* Tiles ------------------------------------------------------------------------------------------------------------ */

static enum err get_tile(struct looking *l, const struct tile *t, struct buf *out, struct fail *f)
{
    AUTO(net_answer_clear) struct net_answer answer = { 0 };
    char path[TILES_PATH_SIZE];
    struct card_pins pins;
    tiles_path(t, path);
    card_pins(l->card.card, &pins);
    AUTO(str_freep) char *url = str_format("%s/log/%u/%s", l->card.card->url, (unsigned)l->generation, path);
    struct net_request r = { .url = url,
                             .pins = pins.list,
                             .pin_count = l->card.card->pin_count,
                             .max_answer = (size_t)TILES_WIDTH * HASH_LEN,
                             .timeout_ms = FETCH_MS,
                             .allow_private = l->card.local };
    TRY(net_client_send(l->n->net, &r, &answer, f));
    TRY(net_answer_check(&answer, l->domain, f));
    buf_put_bytes(out, bytes_of(answer.body));
    return OK;
}

/* The proof asks for many nodes of few tiles. */
static enum err fetch(void *ctx, const struct tile *t, struct buf *out, struct fail *f)
{
    struct looking *l = ctx;
    for (size_t i = 0; i < l->cached; i++) {
        const struct tile *have = &l->cache[i].tile;
        if (have->level == t->level && have->number == t->number && have->width == t->width) {
            buf_put_bytes(out, bytes_of(l->cache[i].bytes));
            return OK;
        }
    }
    l->unreachable = true; /* until it is here */
    TRY(get_tile(l, t, out, f));
    l->unreachable = false;
    if (l->cached < CACHE_MAX) {
        struct buf *kept = buf_new((size_t)TILES_WIDTH * HASH_LEN);
        buf_put_bytes(kept, bytes_of(out));
        l->cache[l->cached].tile = *t;
        l->cache[l->cached++].bytes = kept;
    }
    return OK;
}

/* Up to this size the log is asked for its hashes: our own by memory, a partner's over the network. */
static enum err open_log(struct looking *l, uint64_t size, struct fail *f)
{
    if (strcmp(l->domain, l->n->conf.domain) == 0)
        return earlier_nodes(l->n, l->generation, &l->nodes, f);
    l->source = (struct tiles_source){ fetch, l, size };
    l->nodes = tiles_nodes(&l->source);
    return OK;
}

/* What is compared --------------------------------------------------------------------------------------------------- */

static enum err read_note(const struct looking *l, const char *note, struct checkpoint *out, struct fail *f)
{
    for (size_t i = 0; i < l->key_count; i++)
        if (checkpoint_open(bytes_str(note), &l->keys[i], out, NULL) == OK)
            return OK;
    return fail_set(f, E_UNVERIFIED, "no checkpoint that a log of %s signed", l->domain);
}

static enum err begin(struct looking *l, struct node *n, const char *note, struct fail *f)
{
    char origin[ORIGIN_SIZE];
    l->n = n;
    l->note = note;
    snprintf(origin, sizeof origin, "%.*s", (int)strcspn(note, "\n"), note);
    if (!origin_read(origin, l->domain, &l->generation))
        return fail_set(f, E_INVALID, "not the checkpoint of a ledger");
    TRY(renew_card(n, l->domain, l->generation, &l->card, f));
    l->key_count = card_log_keys(l->card.card, origin, l->keys, KEYS_MAX);
    return read_note(l, note, &l->c, f);
}

/* Both histories at once, signed by one key. */
static enum err tell(struct looking *l, const char *other, struct fail *f)
{
    return fail_why(
        f, REASON_TWO_HISTORIES,
        "the ledger of %s shows two histories: the checkpoint of size %llu does not fit to one that was "
        "seen before%s",
        l->domain, (unsigned long long)l->c.size, other);
}

/* The checkpoint fits to ${seen}; ${proof} (may be NULL) gets how the larger extends the smaller. */
static enum err compare(struct looking *l, const struct checkpoint *seen, struct buf *proof, struct fail *f)
{
    AUTO(buf_freep) struct buf *own = buf_new(TREE_PROOF_MAX);
    const struct checkpoint *small = seen->size < l->c.size ? seen : &l->c;
    const struct checkpoint *large = seen->size < l->c.size ? &l->c : seen;
    if (small->size == large->size)
        return memcmp(small->root, large->root, HASH_LEN) == 0 ? OK : tell(l, "", f);
    if (small->size == 0)
        return OK;
    TRY(open_log(l, large->size, f));
    struct fail why = { 0 };
    enum err e = tree_prove_consistency(&l->nodes, small->size, large->size, own, &why);
    /* tiles that don't give the roots prove nothing by themselves: but a log that can't show its own growth is no better */
    if (e != OK && l->unreachable)
        return fail_set(f, E_UNAVAILABLE, "%s does not show how its ledger grew: %s", l->domain, why.what);
    if (e != OK || tree_verify_consistency(small->size, large->size, small->root, large->root, bytes_of(own),
                                           NULL) != OK)
        return tell(l, ", as its own tiles show", f);
    if (proof)
        buf_put_bytes(proof, bytes_of(own));
    return OK;
}

/* On record ------------------------------------------------------------------------------------------------------------- */

/* Officers see it, with both checkpoints, once. */
struct alarm {
    struct looking *l;
    const char *what, *seen;
};

static enum err alarm_job(struct db *db, void *ctx, struct fail *f)
{
    struct alarm *a = ctx;
    struct looking *l = a->l;
    AUTO(store_watched_clear) struct watched_row old = { 0 };
    enum err e = store_watched_get(db, ROLE, l->c.origin, &old, f);
    if (!store_missing(e, f))
        TRY(e);
    if (old.wrong && *old.wrong)
        return OK;
    json_t *about = json_object();
    json_set_str(about, "what", a->what);
    json_set_str(about, "log", l->c.origin);
    json_set_u64(about, "index", l->c.size);
    json_set_str(about, "checkpoint", l->note);
    json_set_str(about, "cosigned", a->seen);
    AUTO(str_freep) char *proof = json_text(about);
    struct watched_row row = old;
    row.role = ROLE;
    row.origin = l->c.origin;
    row.note = old.note ? old.note : "";
    row.wrong = proof;
    TRY(store_watched_put(db, &row, f));
    log_event(LOG_WARN, "log-wrong", "log=%s role=" ROLE " index=%llu", l->c.origin,
              (unsigned long long)l->c.size);
    return acts_notify(db, "alert", "officer", l->domain, l->n->now_ms(), 0, l->c.origin, about, f);
}

static enum err against(struct looking *l, const char *note, struct buf *proof, struct fail *f)
{
    struct checkpoint seen;
    struct fail why = { 0 };
    if (!note || !*note)
        return OK;
    TRY(read_note(l, note, &seen, f));
    if (strcmp(seen.origin, l->c.origin) != 0)
        return fail_set(f, E_INVALID, "checkpoints of two logs");
    enum err e = compare(l, &seen, proof, &why);
    if (e == E_UNVERIFIED && why.reason == REASON_TWO_HISTORIES) {
        struct alarm a = { l, why.what, note };
        TRY(writer_run(l->n->writer, alarm_job, &a, f));
    }
    return e == OK ? OK : fail_pass(f, &why);
}

static enum err against_row(struct looking *l, const char *role, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    AUTO(store_watched_clear) struct watched_row row = { 0 };
    TRY(store_read_begin(l->n->store, &db, f));
    enum err e = store_watched_get(db, role, l->c.origin, &row, f);
    store_read_endp(&db);
    if (store_missing(e, f))
        return OK;
    TRY(e);
    return against(l, row.note, NULL, f);
}

/* Nothing is entered after a log's end, as the next one says where that is: a key shown there would be on no record. */
static enum err against_end(struct looking *l, struct fail *f)
{
    AUTO(succession_end_clear) struct succession_end end = { .note = NULL };
    TRY(succession_end(l->n, l->c.origin, &end, f));
    if (!*end.next || l->c.size < end.size ||
        (l->c.size == end.size && memcmp(l->c.root, end.root, HASH_LEN) == 0))
        return OK;
    struct fail why = { 0 };
    AUTO(str_freep)
    char *how = str_format(": its log %s ended at size %llu, as %s says", l->c.origin,
                           (unsigned long long)end.size, end.next);
    (void)!tell(l, how, &why);
    struct alarm a = { l, why.what, end.note };
    TRY(writer_run(l->n->writer, alarm_job, &a, f));
    return fail_pass(f, &why);
}

/* The newest one is kept. */
static enum err keep_job(struct db *db, void *ctx, struct fail *f)
{
    struct looking *l = ctx;
    AUTO(store_watched_clear) struct watched_row old = { 0 };
    enum err e = store_watched_get(db, ROLE, l->c.origin, &old, f);
    if (!store_missing(e, f))
        TRY(e);
    if (old.size >= l->c.size)
        return OK;
    struct watched_row row = { .role = ROLE,
                               .origin = l->c.origin,
                               .size = l->c.size,
                               .note = l->note,
                               .time_s = l->n->now_ms() / 1000,
                               .wrong = old.wrong ? old.wrong : "" };
    memcpy(row.root, l->c.root, HASH_LEN);
    return store_watched_put(db, &row, f);
}

static enum err check_own(struct looking *l, struct fail *f)
{
    uint8_t root[HASH_LEN];
    uint64_t size;
    TRY(earlier_size(l->n, l->generation, &size, f));
    if (l->c.size > size)
        return tell(l, ": it is not this node's", f);
    TRY(open_log(l, l->c.size, f));
    TRY(tree_root(&l->nodes, l->c.size, root, f));
    return memcmp(root, l->c.root, HASH_LEN) == 0 ? OK : tell(l, ": it is not this node's", f);
}

enum err history_check(struct node *n, const struct asker *a, const json_t *in, json_t **out, struct fail *f)
{
    AUTO(looking_clear) struct looking l = { 0 };
    AUTO(buf_freep) struct buf *proof = buf_new(TREE_PROOF_MAX);
    AUTO(buf_freep) struct buf *text = buf_new(2 * TREE_PROOF_MAX);
    const char *note, *seen;
    (void)a;
    TRY(json_need_str(in, "checkpoint", "question", &note, f));
    TRY(json_may_str(in, "seen", "question", &seen, f));
    TRY(begin(&l, n, note, f));
    if (strcmp(l.domain, n->conf.domain) == 0) {
        TRY(check_own(&l, f));
    } else {
        TRY(against_end(&l, f));
        TRY(against_row(&l, ROLE, f));
        TRY(against_row(&l, "witness", f));
    }
    TRY(against(&l, seen, proof, f));
    if (strcmp(l.domain, n->conf.domain) != 0)
        TRY(writer_run(n->writer, keep_job, &l, f));
    b64_put(text, B64_STD, bytes_of(proof));
    json_t *answer = json_object();
    json_set_str(answer, "origin", l.c.origin);
    json_set_u64(answer, "size", l.c.size);
    json_set_str(answer, "proof", buf_text(text));
    *out = answer;
    return OK;
}
