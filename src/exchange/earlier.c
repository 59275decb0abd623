/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/earlier.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ledger/log.h"
#include "ledger/map.h"
#include "store/leaf.h"
#include "store/store.h"

#define ENTRIES_MAX ((uint64_t)1 << 20) /* of all logs in memory: some 300 bytes each */

/* One generation; it lives as long as the node, its log as long as there is room. */
struct past {
    struct past *next;
    struct earlier *of;
    uint32_t generation;
    struct ledger_log *log; /* NULL: not in memory */
};

struct earlier {
    struct node *n;
    pthread_mutex_t lock; /* everything below: one question at a time */
    struct past *first;
};

void earlier_open(struct node *n, struct earlier **out)
{
    struct earlier *e = mem_new(sizeof *e);
    e->n = n;
    pthread_mutex_init(&e->lock, NULL);
    *out = e;
}

void earlier_close(struct earlier *e)
{
    if (!e)
        return;
    for (struct past *next, *p = e->first; p; p = next) {
        next = p->next;
        ledger_log_free(p->log);
        free(p);
    }
    pthread_mutex_destroy(&e->lock);
    free(e);
}

static enum err no_such(uint32_t generation, struct fail *f)
{
    return fail_set(f, E_NOT_FOUND, "there is no generation %u of this ledger", (unsigned)generation);
}

enum err earlier_genesis(struct db *db, uint32_t generation, struct entry_genesis *out, struct fail *f)
{
    AUTO(store_leaf_clear) struct leaf_row row = { 0 };
    struct entry e;
    TRY(store_leaf_get(db, generation, 0, &row, f));
    TRY(entry_read(row.body, &e, f));
    if (e.form != ENTRY_GENESIS)
        return fail_set(f, E_STORE, "generation %u does not begin with a genesis", (unsigned)generation);
    *out = e.genesis;
    return OK;
}

static enum err newest(struct node *n, uint32_t generation, struct checkpoint_row *row, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    TRY(store_read_begin(n->store, &db, f));
    enum err e = store_checkpoint_newest(db, generation, row, f);
    return store_missing(e, f) ? no_such(generation, f) : e;
}

enum err earlier_size(struct node *n, uint32_t generation, uint64_t *size, struct fail *f)
{
    AUTO(store_checkpoint_clear) struct checkpoint_row row = { 0 };
    if (generation == n->generation) {
        *size = publisher_size(n->publisher);
        return OK;
    }
    TRY(newest(n, generation, &row, f));
    *size = row.size;
    return OK;
}

enum err earlier_head(struct node *n, uint32_t generation, struct publisher_head *out, struct fail *f)
{
    AUTO(store_checkpoint_clear) struct checkpoint_row row = { 0 };
    if (generation >= n->generation)
        return no_such(generation, f);
    TRY(newest(n, generation, &row, f));
    *out = (struct publisher_head){ row.size, str_dup(row.note), generation };
    return OK;
}

/* Logs in memory ------------------------------------------------------------------------------------------- */

static enum err add_entry(uint64_t index, struct bytes entry, void *ctx, struct fail *f)
{
    (void)index;
    return ledger_log_add_known(ctx, entry, f); /* the signed root shows that it is the same */
}

static enum err replay(struct past *p, const struct checkpoint_row *last, struct ledger_log *log,
                       struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    struct fail why = { 0 };
    uint8_t root[HASH_LEN];
    TRY(store_read_begin(p->of->n->store, &db, f));
    if (store_leaf_entries(db, p->generation, 0, last->size, add_entry, log, &why) != OK ||
        ledger_log_known_end(log, &why) != OK)
        return fail_set(f, E_STORE, "generation %u of the ledger does not replay, it was altered: %s",
                        (unsigned)p->generation, why.what);
    ledger_log_root(log, root);
    if (ledger_log_size(log) != last->size || memcmp(root, last->root, HASH_LEN) != 0)
        return fail_set(f, E_STORE,
                        "generation %u of the ledger does not give the root that was signed at its end, size "
                        "%llu: it was altered",
                        (unsigned)p->generation, (unsigned long long)last->size);
    return OK;
}

/* Others go while all together are too many entries. */
static void make_room(struct earlier *e, uint64_t size)
{
    for (struct past *p = e->first; p; p = p->next)
        if (p->log)
            size += ledger_log_size(p->log);
    for (struct past *p = e->first; p && size > ENTRIES_MAX; p = p->next)
        if (p->log) {
            size -= ledger_log_size(p->log);
            ledger_log_freep(&p->log);
        }
}

/* With the lock held. */
static enum err load(struct past *p, struct fail *f)
{
    AUTO(store_checkpoint_clear) struct checkpoint_row last = { 0 };
    AUTO(ledger_log_freep) struct ledger_log *log = NULL;
    if (p->log)
        return OK;
    TRY(newest(p->of->n, p->generation, &last, f));
    make_room(p->of, last.size);
    log = ledger_log_new();
    TRY(replay(p, &last, log, f));
    p->log = log;
    log = NULL;
    return OK;
}

static struct past *past_of(struct earlier *e, uint32_t generation)
{
    struct past *p = e->first;
    while (p && p->generation != generation)
        p = p->next;
    if (!p) {
        p = mem_new(sizeof *p);
        p->of = e;
        p->generation = generation;
        p->next = e->first;
        e->first = p;
    }
    return p;
}

static enum err past_node(void *ctx, unsigned height, uint64_t index, uint8_t out[static HASH_LEN],
                          struct fail *f)
{
    struct past *p = ctx;
    pthread_mutex_lock(&p->of->lock);
    enum err e = load(p, f);
    if (e == OK) {
        struct tree_nodes nodes = ledger_log_nodes(p->log);
        e = nodes.node(nodes.ctx, height, index, out, f);
    }
    pthread_mutex_unlock(&p->of->lock);
    return e;
}

enum err earlier_nodes(struct node *n, uint32_t generation, struct tree_nodes *out, struct fail *f)
{
    if (generation == n->generation) {
        *out = publisher_nodes(n->publisher);
        return OK;
    }
    if (generation == 0 || generation > n->generation)
        return no_such(generation, f);
    pthread_mutex_lock(&n->earlier->lock);
    *out = (struct tree_nodes){ past_node, past_of(n->earlier, generation) };
    pthread_mutex_unlock(&n->earlier->lock);
    return OK;
}

static enum err prove_absent(struct ledger_log *log, struct publisher_query *q, struct fail *f)
{
    uint8_t value[32];
    buf_reset(q->proof);
    TRY(map_need(ledger_log_map(log), q->tag, f));
    q->present = map_prove(ledger_log_map(log), q->tag, q->proof, value);
    if (q->present)
        buf_reset(q->proof);
    return buf_check(q->proof, "proof of absence", f);
}

enum err earlier_absent(struct node *n, uint32_t generation, struct publisher_query *queries, size_t count,
                        struct fail *f)
{
    if (generation == 0 || generation >= n->generation)
        return no_such(generation, f);
    pthread_mutex_lock(&n->earlier->lock);
    struct past *p = past_of(n->earlier, generation);
    enum err e = load(p, f);
    for (size_t i = 0; e == OK && i < count; i++)
        e = prove_absent(p->log, &queries[i], f);
    pthread_mutex_unlock(&n->earlier->lock);
    return e;
}
