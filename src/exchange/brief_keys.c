/* SPDX-License-Identifier: Apache-2.0
 * exchange/brief_keys.c - the keys of a request whose briefings are in the ledger: the keeper wants to see them there */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "exchange/brief_way.h"
#include "exchange/publisher.h"
#include "exchange/show.h"
#include "keeper/keeper.h"
#include "ledger/part.h"
#include "store/store.h"

/* What the keeper wants to see of the event. */
#define SHOWN_FIELDS                                                                                         \
    (1u << FIELD_KIND | 1u << FIELD_PERSON | 1u << FIELD_REPORT | 1u << FIELD_COPY | 1u << FIELD_READER)

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
    TRY(show_entry(w->n, db, head, item->at, SHOWN_FIELDS, &shown->release, f));
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
    TRY(show_presence(w->n, head, first, &p->genesis, first == &shown->release.proof, presence, f));
    to->presence = buf_steal_text(presence);
    return OK;
}

enum err brief_keys(struct rewrap *w, struct kas_answer *out, struct fail *f)
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
