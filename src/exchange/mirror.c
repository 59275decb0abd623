/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/mirror.h"

#include "base/mem.h"
#include "exchange/cards.h"
#include "exchange/watch.h"
#include "ledger/entry.h"
#include "store/card.h"
#include "store/cosigner.h"
#include "store/store.h"

static enum err find(struct node *n, const char *hash, struct watched_row *row, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    TRY(store_read_begin(n->store, &db, f));
    return watch_find(db, USE_MONITOR, hash, row, f);
}

enum err mirror_card(struct node *n, const char *hash, uint64_t serial, struct buf *out, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    AUTO(str_freep) char *before = NULL;
    AUTO(store_watched_clear) struct watched_row row = { 0 };
    AUTO(cards_put) struct card_ref card = { 0 };
    char domain[DOMAIN_MAX + 1];
    uint32_t generation;
    TRY(find(n, hash, &row, f));
    if (!origin_read(row.origin, domain, &generation) || cards_get_trusted(n, domain, &card, NULL) != OK)
        return fail_set(f, E_NOT_FOUND, "no such log is cosigned here");
    TRY(store_read_begin(n->store, &db, f));
    enum err e = store_card_history(db, domain, serial, &before, f);
    if (!store_missing(e, f))
        TRY(e);
    buf_put_str(out, before ? before : card.card->jose->text);
    return buf_check(out, "card", f);
}

struct bundle {
    struct buf *out;
    unsigned count;
};

static enum err put_entry(uint64_t idx, struct bytes entry, void *ctx, struct fail *f)
{
    struct bundle *b = ctx;
    (void)idx;
    (void)f;
    tiles_put_entry(b->out, entry);
    b->count++;
    return OK;
}

enum err mirror_entries(struct node *n, const char *hash, const struct tile *t, struct buf *out,
                        struct fail *f)
{
    AUTO(store_watched_clear) struct watched_row row = { 0 };
    AUTO(store_read_endp) struct db *db = NULL;
    struct bundle b = { .out = out };
    uint64_t from = t->number * TILES_WIDTH;
    TRY(find(n, hash, &row, f));
    bool there = t->level == TILES_ENTRIES && t->width <= tiles_width(0, t->number, row.size);
    if (there) {
        TRY(store_read_begin(n->store, &db, f));
        TRY(store_watched_entries(db, row.origin, from, from + t->width, put_entry, &b, f));
    }
    if (!there || b.count != t->width)
        return fail_set(f, E_NOT_FOUND, "the log is not kept that far here");
    return buf_check(out, "bundle", f);
}
