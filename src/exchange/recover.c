/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/recover.h"

#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/time.h"
#include "exchange/cards.h"
#include "exchange/cosigned.h"
#include "exchange/publisher.h"
#include "ledger/entry.h"
#include "ledger/tiles.h"
#include "ledger/witness.h"
#include "net/client.h"
#include "store/leaf.h"
#include "store/store.h"

#define BUNDLE_MAX (TILES_WIDTH * (2 + (size_t)UINT16_MAX))
#define FETCH_MAX  ((size_t)64 << 20) /* of one generation: some 400,000 entries */
#define CARDS_MAX  1000               /* of ours that are had from one partner */
#define FETCH_MS   20000              /* the same from one monitor */

/* Who is asked --------------------------------------------------------------------------------------------------- */

struct others {
    struct cosigner *list;
    size_t count;
};

static void others_clear(struct others *o)
{
    mem_freep(&o->list);
}

static enum err take_other(const struct cosigner *c, const struct cosigner_row *row, void *ctx,
                           struct fail *f)
{
    struct others *o = ctx;
    (void)row;
    (void)f;
    o->list = mem_grow(o->list, o->count + 1, sizeof *o->list);
    o->list[o->count++] = *c;
    return OK;
}

/* What ${c} serves of the log ${origin} under ${name}. */
static enum err get(struct node *n, const struct cosigner *c, const char *origin, const char *name,
                    size_t max, struct net_answer *answer, struct fail *f)
{
    char hash[WITNESS_PATH_SIZE];
    witness_path(origin, hash);
    AUTO(str_freep) char *path = str_format("%.*s/%s", 2 * HASH_LEN, hash, name);
    TRY(cosign_call(n, c, path, BYTES(NULL, 0), max, answer, f));
    return net_answer_check(answer, c->key.name, f);
}

/* Our card ------------------------------------------------------------------------------------------------------- */

/* The one after ours. Each is signed by the card key of the one before, which may have been replaced since. ${more}: it was taken. */
static enum err ask_for_card(struct node *n, const struct cosigner *c, bool *more, struct fail *f)
{
    AUTO(net_answer_clear) struct net_answer answer = { 0 };
    AUTO(cards_put) struct card_ref own = { 0 };
    struct fail why = { 0 };
    *more = false;
    TRY(cards_get(n, n->conf.domain, &own, f));
    AUTO(str_freep) char *name = str_format("card/%llu", (unsigned long long)own.card->serial + 1);
    bool given = get(n, c, n->origin, name, CARD_MAX, &answer, &why) == OK;
    enum err e = given ? cards_take_back(n, bytes_of(answer.body), more, &why) : OK;
    if (e == E_REFUSED) { /* there may be a log that only this card names */
        fail_context(&why, "%s", c->domain);
        return fail_pass(f, &why);
    }
    if (!given || e != OK)
        log_fail(LOG_INFO, "card-not-had-back", &why);
    if (*more)
        log_event(LOG_WARN, "card-had-back", "partner=%s", c->domain);
    return OK;
}

enum err recover_card(struct node *n, struct fail *f)
{
    AUTO(others_clear) struct others o = { 0 };
    TRY(cosigned_each(n, take_other, &o, f));
    for (size_t i = 0; i < o.count; i++) {
        bool more = *o.list[i].domain && o.list[i].monitor;
        for (unsigned k = 0; more && k < CARDS_MAX; k++)
            TRY(ask_for_card(n, &o.list[i], &more, f));
    }
    return OK;
}

uint32_t recover_newest(struct node *n)
{
    AUTO(cards_put) struct card_ref own = { 0 };
    if (cards_get(n, n->conf.domain, &own, NULL) != OK)
        return n->generation;
    size_t named = json_array_size(own.card->logs);
    return named > n->generation ? (uint32_t)named : n->generation;
}

/* The end of a log -------------------------------------------------------------------------------------------------- */

/* The text with the lines of ${key}: those of others are added as they are verified. */
static char *with_own_lines(const struct note *note, const struct note_key *key)
{
    AUTO(buf_freep) struct buf *out = buf_new(NOTE_MAX);
    note_begin(out, note->text);
    for (size_t i = 0; i < note->count; i++)
        if (memcmp(note->line[i].id, key->id, sizeof key->id) == 0 &&
            bytes_equal(note->line[i].name, bytes_str(key->name)))
            buf_put_bytes(out, note->line[i].line);
    return buf_steal_text(out);
}

/* What he cosigned of that very text. */
static void take_line(const struct cosigner *c, const struct note *note, struct recovered *r)
{
    AUTO(buf_freep) struct buf *line = buf_new(NOTE_MAX);
    AUTO(buf_freep) struct buf *with = buf_new(NOTE_MAX);
    uint64_t time_s;
    for (size_t i = 0; i < note->count && line->len == 0; i++)
        if (witness_answer(note->text, note->line[i].line, &c->key, line, &time_s, NULL) != OK)
            buf_reset(line);
    if (line->len == 0 || witness_note_add(bytes_str(r->note), bytes_of(line), with, NULL) != OK)
        return;
    str_freep(&r->note);
    r->note = buf_steal_text(with);
}

static void ask_for_end(struct node *n, const struct cosigner *c, const struct note_key *key,
                        struct recovered *r)
{
    AUTO(net_answer_clear) struct net_answer answer = { 0 };
    AUTO(note_freep) struct note *note = NULL;
    struct checkpoint end;
    if (get(n, c, key->name, "checkpoint", NOTE_MAX, &answer, NULL) != OK ||
        checkpoint_open(bytes_of(answer.body), key, &end, NULL) != OK || end.size <= r->from ||
        end.size < r->end.size || note_read(bytes_of(answer.body), &note, NULL) != OK)
        return;
    if (end.size > r->end.size) {
        str_freep(&r->note);
        r->end = end;
        r->note = with_own_lines(note, key);
    }
    if (memcmp(end.root, r->end.root, HASH_LEN) == 0)
        take_line(c, note, r);
}

/* Its entries --------------------------------------------------------------------------------------------------------- */

static enum err take_bundle(struct recovered *r, struct bytes bundle, const struct tile *t,
                            struct tree_range *range, struct fail *f)
{
    struct reader at = reader_of(bundle);
    struct bytes entry;
    uint8_t leaf[HASH_LEN];
    for (uint64_t idx = t->number * TILES_WIDTH; idx < t->number * TILES_WIDTH + t->width; idx++) {
        if (!tiles_next_entry(&at, &entry))
            return fail_set(f, E_INVALID, "a bundle that is cut off");
        if (idx < range->size)
            continue;
        tree_leaf(entry, leaf);
        tree_range_append(range, leaf);
        tiles_put_entry(r->entries, entry);
    }
    return buf_check(r->entries, "entries", f);
}

/* ${range}: of what is here. */
static enum err fetch(struct node *n, const struct cosigner *c, struct recovered *r, struct tree_range range,
                      struct fail *f)
{
    uint64_t until_ms = time_mono_ms() + FETCH_MS;
    uint8_t root[HASH_LEN];
    while (range.size < r->end.size) {
        AUTO(net_answer_clear) struct net_answer answer = { 0 };
        struct tile t = { .level = TILES_ENTRIES, .number = range.size / TILES_WIDTH };
        char path[TILES_PATH_SIZE];
        t.width = tiles_width(0, t.number, r->end.size);
        tiles_path(&t, path);
        if (time_mono_ms() > until_ms)
            return fail_set(f, E_UNAVAILABLE, "it takes too long");
        TRY(get(n, c, r->end.origin, path, BUNDLE_MAX, &answer, f));
        TRY(take_bundle(r, bytes_of(answer.body), &t, &range, f));
    }
    tree_range_root(&range, root);
    return memcmp(root, r->end.root, HASH_LEN) == 0
               ? OK
               : fail_set(f, E_UNVERIFIED, "%s gives entries that are not those that were signed",
                          c->key.name);
}

static enum err find_entries(struct node *n, const struct others *o, struct recovered *r, struct fail *f)
{
    struct tree_nodes nodes = publisher_nodes(n->publisher);
    struct tree_range here = { 0 };
    TRY(tree_load(&nodes, r->from, &here, f));
    for (size_t i = 0; i < o->count && !r->entries; i++) {
        struct fail why = { 0 };
        if (!o->list[i].monitor || !*o->list[i].domain)
            continue;
        r->entries = buf_new(FETCH_MAX);
        if (fetch(n, &o->list[i], r, here, &why) == OK)
            continue;
        log_fail(LOG_INFO, "entries-not-had-back", &why);
        buf_freep(&r->entries);
    }
    return OK;
}

/* Everything ------------------------------------------------------------------------------------------------------------ */

void recovery_clear(struct recovery *r)
{
    for (size_t i = 0; i < r->count; i++) {
        str_freep(&r->of[i].note);
        buf_freep(&r->of[i].entries);
    }
    mem_freep(&r->of);
    r->count = 0;
}

static enum err look_at(struct node *n, const struct others *o, uint32_t generation, struct recovered *r,
                        struct fail *f)
{
    AUTO(cards_put) struct card_ref own = { 0 };
    char origin[ORIGIN_SIZE];
    struct note_key key;
    r->generation = generation;
    r->from = generation == n->generation ? publisher_size(n->publisher) : 0;
    origin_print(n->conf.domain, generation, origin);
    TRY(cards_get(n, n->conf.domain, &own, f));
    if (card_log_keys(own.card, origin, &key, 1) != 1)
        return fail_set(f, E_INTERNAL, "our card does not name %s", origin);
    for (size_t i = 0; i < o->count; i++)
        ask_for_end(n, &o->list[i], &key, r);
    /* a copy of a home that ran may have entries of its own there */
    return r->note && atomic_load(&n->restored) ? find_entries(n, o, r, f) : OK;
}

enum err recover_look(struct node *n, struct recovery *out, struct fail *f)
{
    AUTO(others_clear) struct others o = { 0 };
    AUTO(recovery_clear) struct recovery r = { 0 };
    TRY(node_network_client(n, f));
    TRY(recover_card(n, f));
    TRY(cosigned_each(n, take_other, &o, f));
    uint32_t newest = recover_newest(n);
    r.of = mem_array(newest - n->generation + 1, sizeof *r.of);
    for (uint32_t g = n->generation; g <= newest; g++)
        TRY(look_at(n, &o, g, &r.of[r.count++], f));
    *out = r;
    r = (struct recovery){ 0 };
    return OK;
}

/* Storing ---------------------------------------------------------------------------------------------------------------- */

/* Genesis and close are all public. An event's fields are lost, as if they had been erased; a seal has none. */
static enum err put_row(struct db *db, uint32_t generation, uint64_t idx, struct bytes bytes,
                        uint64_t *time_ms, struct fail *f)
{
    AUTO(store_leaf_clear) struct leaf_row there = { 0 };
    struct entry e;
    struct leaf_row row = { .generation = generation, .idx = idx, .body = BYTES("", 0) };
    TRY(entry_read(bytes, &e, f));
    switch (e.form) {
    case ENTRY_GENESIS:
        *time_ms = e.genesis.time_ms;
        break;
    case ENTRY_SEAL:
        *time_ms = e.seal.time_ms;
        break;
    case ENTRY_CLOSE:
        *time_ms = e.close.time_ms;
        break;
    case ENTRY_EVENT:
        break; /* not before the one before it */
    }
    if (e.form == ENTRY_GENESIS || e.form == ENTRY_CLOSE)
        row.body = bytes;
    row.form = (enum leaf_form)e.form;
    row.time_ms = *time_ms;
    enum err err = store_leaf_get(db, generation, idx, &there, f);
    bool missing = store_missing(err, f);
    if (missing)
        TRY(store_leaf_add(db, &row, f));
    else
        TRY(err);
    return missing || there.entry.len == 0 ? store_leaf_publish(db, generation, idx, bytes, BYTES("", 0), f)
                                           : OK;
}

static enum err store_one(struct db *db, const struct recovered *r, struct fail *f)
{
    struct reader at = reader_of(bytes_of(r->entries));
    struct bytes entry;
    uint64_t next, time_ms, idx = r->from;
    struct checkpoint_row row = { .generation = r->generation, .size = r->end.size, .note = r->note };
    TRY(store_leaf_next(db, r->generation, &next, &time_ms, f));
    for (; tiles_next_entry(&at, &entry); idx++)
        TRY(put_row(db, r->generation, idx, entry, &time_ms, f));
    row.time_ms = time_ms;
    memcpy(row.root, r->end.root, HASH_LEN);
    log_event(LOG_WARN, "entries-had-back", "log=%s from=%llu to=%llu", r->end.origin,
              (unsigned long long)r->from, (unsigned long long)idx);
    return store_checkpoint_put(db, &row, f);
}

enum err recover_store(struct db *db, const struct recovery *r, struct fail *f)
{
    for (size_t i = 0; i < r->count; i++)
        if (r->of[i].entries)
            TRY(store_one(db, &r->of[i], f));
    return OK;
}
