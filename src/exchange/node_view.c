/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/node_view.h"

#include "base/json.h"
#include "base/time.h"
#include "exchange/cards.h"
#include "exchange/doctor.h"
#include "exchange/publisher.h"
#include "store/leaf.h"
#include "store/statement.h"
#include "store/store.h"

static json_t *keys_json(const struct card *card)
{
    json_t *keys = json_array();
    for (size_t i = 0; i < card->key_count; i++) {
        const struct card_key *k = &card->keys[i];
        json_t *v = json_object();
        json_array_append_new(keys, v);
        json_set_str(v, "use", k->use);
        json_set_str(v, "kid", k->kid);
        json_set_time(v, "from", k->nbf_s * 1000);
        json_set_time(v, "until", k->exp_s * 1000);
        json_set_time(v, "revoked", k->revoked_s * 1000);
    }
    return keys;
}

static enum err put_card(struct node *n, json_t *v, struct fail *f)
{
    AUTO(cards_put) struct card_ref own = { 0 };
    char words[WORDS_SIZE];
    TRY(cards_get(n, n->conf.domain, &own, f));
    card_words(own.card, words);
    json_set_str(v, "name", own.card->name);
    json_set_u64(v, "card", own.card->serial);
    json_set_str(v, "words", words);
    json_set_take(v, "keys", keys_json(own.card));
    return OK;
}

struct waiting {
    struct db *db;
    json_t *into;
};

static enum err add_partner(const char *originator, const char *partner, void *ctx, struct fail *f)
{
    struct waiting *w = ctx;
    uint64_t count, oldest_ms;
    (void)originator;
    TRY(store_outbox_pending(w->db, partner, &count, &oldest_ms, f));
    json_t *v = json_object();
    json_array_append_new(w->into, v);
    json_set_str(v, "partner", partner);
    json_set_u64(v, "waiting", count);
    json_set_time(v, "oldest", oldest_ms);
    return OK;
}

static enum err put_ledger(struct node *n, struct db *db, json_t *v, struct fail *f)
{
    AUTO(store_checkpoint_clear) struct checkpoint_row newest = { 0 };
    uint64_t entries, last_ms;
    TRY(store_leaf_next(db, n->generation, &entries, &last_ms, f));
    enum err e = store_checkpoint_newest(db, n->generation, &newest, f);
    if (!store_missing(e, f))
        TRY(e);
    json_set_u64(v, "generation", n->generation);
    json_set_u64(v, "entries", entries);
    json_set_u64(v, "signed", publisher_size(n->publisher));
    json_set_time(v, "checkpoint", newest.time_ms);
    return OK;
}

enum err node_view(struct node *n, json_t **out, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    AUTO(json_freep) json_t *v = NULL;
    json_t *outbox = json_array();
    struct waiting w = { .into = outbox };
    enum err e = doctor_run(n, &v, f);
    if (e == OK)
        e = store_read_begin(n->store, &db, f);
    w.db = db;
    if (e == OK)
        e = store_outbox_partners(db, add_partner, &w, f);
    if (e != OK) {
        json_decref(outbox);
        return e;
    }
    json_set_take(v, "outbox", outbox);
    json_set_str(v, "domain", n->conf.domain);
    json_set_str(v, "url", n->conf.url);
    json_set_str(v, "version", ORCON_VERSION);
    json_set_time(v, "started", n->started_ms);
    TRY(put_ledger(n, db, v, f));
    TRY(put_card(n, v, f));
    *out = json_incref(v);
    return OK;
}
