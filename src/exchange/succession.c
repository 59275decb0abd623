/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/succession.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "store/store.h"

#define KEYS_MAX 4

/* What this node cosigned of ${origin} as monitor; size 0: nothing. */
static enum err get_row(struct db *db, const char *origin, struct watched_row *row, struct fail *f)
{
    enum err e = store_watched_get(db, keeper_use_name(USE_MONITOR), origin, row, f);
    return store_missing(e, f) ? OK : e;
}

static enum err read_row(struct node *n, const char *origin, struct watched_row *row, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    TRY(store_read_begin(n->store, &db, f));
    return get_row(db, origin, row, f);
}

PRINTF(5, 6)
static enum witness_status wrong_because(struct watch_wrong *wrong, struct fail *f, uint64_t index,
                                         const char *against, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(wrong->what, sizeof wrong->what, fmt, ap);
    va_end(ap);
    wrong->index = index;
    wrong->stop = true;
    wrong->against = against && *against ? str_dup(against) : NULL;
    (void)!fail_set(f, E_UNVERIFIED, "%s", wrong->what);
    return WITNESS_INCONSISTENT;
}

/* Beginnings ------------------------------------------------------------------------------------------------------ */

/* The log before, while it is read to the end that ${g} names. */
struct before {
    struct node *n;
    const struct card_ref *card;
    const struct entry_genesis *g;
    struct watched_row row;
    struct replay *replay;
};

static void before_clear(struct before *b)
{
    monitor_end(b->replay);
    store_watched_clear(&b->row);
}

static enum witness_status read_to_end(struct before *b, struct watch_wrong *wrong, struct fail *f)
{
    const struct entry_genesis *g = b->g;
    struct note_key keys[KEYS_MAX];
    struct watch_wrong why = { .index = 0 };
    struct fail what = { 0 };
    struct checkpoint end = { .size = g->prev_size };
    size_t count = card_log_keys(b->card->card, g->prev_origin, keys, KEYS_MAX);
    memcpy(end.origin, g->prev_origin, sizeof end.origin);
    memcpy(end.root, g->prev_root, sizeof end.root);
    if (count == 0)
        return wrong_because(wrong, f, 0, b->row.note, "it follows %s, which the card does not name",
                             g->prev_origin);
    if (monitor_begin(b->n, g->prev_origin, &b->row, keys, count, &b->replay, f) != OK)
        return WITNESS_LATER;
    if (monitor_close_entry(b->replay) && monitor_size(b->replay) < g->prev_size)
        return wrong_because(
            wrong, f, 0, b->row.note, "it names size %llu as the end of %s, which ended at %llu",
            (unsigned long long)g->prev_size, g->prev_origin, (unsigned long long)monitor_size(b->replay));
    enum witness_status s = monitor_follow(b->n, b->replay, b->card, &keys[0], &end, &why, &what);
    if (s == WITNESS_LATER)
        (void)!fail_pass(f, &what);
    if (s != WITNESS_INCONSISTENT)
        return s;
    wrong_because(wrong, f, 0, b->row.note, "the end of %s that it names, size %llu, does not fit: %.100s",
                  g->prev_origin, (unsigned long long)g->prev_size, why.what);
    wrong->stop = why.stop;
    return s;
}

/* The log before is closed there, and names this one. */
static enum witness_status compare_close(const struct before *b, struct watch_wrong *wrong, struct fail *f)
{
    const struct entry_genesis *g = b->g;
    const struct entry_close *close = monitor_close_entry(b->replay);
    if (!close || monitor_size(b->replay) != g->prev_size)
        return wrong_because(wrong, f, 0, b->row.note,
                             "it names size %llu as the end of %s, which is not closed there",
                             (unsigned long long)g->prev_size, g->prev_origin);
    const char *other = entry_close_names(close, g);
    return other ? wrong_because(wrong, f, 0, b->row.note,
                                 "it has another %s than entry %llu of %s, its close, says", other,
                                 (unsigned long long)g->prev_size - 2, g->prev_origin)
                 : WITNESS_ACCEPTED;
}

enum witness_status succession_begins(struct node *n, const struct card_ref *card,
                                      const struct entry_genesis *g, struct watch_wrong *wrong,
                                      struct fail *f)
{
    AUTO(before_clear) struct before b = { .n = n, .card = card, .g = g };
    if (g->how == ENTRY_FIRST)
        return WITNESS_ACCEPTED;
    if (read_row(n, g->prev_origin, &b.row, f) != OK)
        return WITNESS_LATER;
    bool cut = g->how == ENTRY_CUT;
    if (b.row.size == 0 || (cut && (g->prev_size == 0 || b.row.size < g->prev_size)))
        return WITNESS_ACCEPTED;
    if (!cut && b.row.size > g->prev_size)
        return wrong_because(wrong, f, 0, b.row.note,
                             "it names size %llu as the end of %s, of which %llu entries were cosigned",
                             (unsigned long long)g->prev_size, g->prev_origin,
                             (unsigned long long)b.row.size);
    enum witness_status s = read_to_end(&b, wrong, f);
    return s == WITNESS_ACCEPTED && !cut ? compare_close(&b, wrong, f) : s;
}

enum err succession_kept(struct db *db, const struct entry_genesis *g, uint64_t *size, struct fail *f)
{
    AUTO(store_watched_clear) struct watched_row row = { 0 };
    TRY(get_row(db, g->prev_origin, &row, f));
    *size = row.size;
    return OK;
}

/* Ends --------------------------------------------------------------------------------------------------------------- */

void succession_end_clear(struct succession_end *e)
{
    str_freep(&e->note);
}

static enum err take_genesis(uint64_t idx, struct bytes entry, void *ctx, struct fail *f)
{
    struct entry *e = ctx;
    (void)idx;
    return entry_read(entry, e, f);
}

enum err succession_end(struct node *n, const char *origin, struct succession_end *out, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    AUTO(store_watched_clear) struct watched_row row = { 0 };
    char domain[DOMAIN_MAX + 1], next[ORIGIN_SIZE];
    struct entry e = { .form = ENTRY_SEAL };
    uint32_t generation;
    out->next[0] = '\0';
    if (!origin_read(origin, domain, &generation) || generation == UINT32_MAX)
        return OK;
    origin_print(domain, generation + 1, next);
    TRY(store_read_begin(n->store, &db, f));
    TRY(get_row(db, next, &row, f));
    if (row.size == 0)
        return OK;
    TRY(store_watched_entries(db, next, 0, 1, take_genesis, &e, f));
    if (e.form != ENTRY_GENESIS) /* damaged: the next reading finds it */
        return OK;
    memcpy(out->next, next, sizeof next);
    out->size = e.genesis.prev_size;
    memcpy(out->root, e.genesis.prev_root, sizeof out->root);
    out->note = str_dup(row.note);
    return OK;
}

enum witness_status succession_ends(struct node *n, const struct checkpoint *c, struct watch_wrong *wrong,
                                    struct fail *f)
{
    AUTO(succession_end_clear) struct succession_end end = { .note = NULL };
    if (succession_end(n, c->origin, &end, f) != OK)
        return WITNESS_LATER;
    if (!*end.next || c->size < end.size || (c->size == end.size && memcmp(c->root, end.root, HASH_LEN) == 0))
        return WITNESS_ACCEPTED;
    return wrong_because(wrong, f, c->size, end.note,
                         c->size == end.size ? "another root at size %llu than %s says that it ended with"
                                             : "it goes on after its end: size %llu, which %s begins after",
                         (unsigned long long)end.size, end.next);
}
