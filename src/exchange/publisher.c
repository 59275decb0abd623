/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/publisher.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "exchange/cosigners.h"
#include "exchange/outbox.h"
#include "exchange/snapshot.h"
#include "keeper/keeper.h"
#include "ledger/log.h"
#include "store/leaf.h"
#include "store/writer.h"

/* One caller of publisher_wait; lives on its stack. */
struct waiter {
    uint64_t index;
    bool ready;
    pthread_cond_t woken;
    struct waiter *next;
};

struct publisher {
    struct node *n;
    pthread_t thread;
    bool running;

    pthread_mutex_t log_lock; /* the log, and what follows it: one thread at a time */
    struct ledger_log *log;
    struct snapshot *snapshot;

    pthread_mutex_t lock; /* everything below */
    pthread_cond_t work;
    struct waiter *waiters;
    bool stopping;
    bool slot_pending,
        slot_ready;     /* in a batch that syncs; committed and waiting for the thread, or under way */
    uint64_t slot;      /* its index */
    uint64_t slots_end; /* rows below have a slot above them or are published */
    uint64_t size;      /* of the newest committed checkpoint */
    uint64_t sealed_ms; /* time of its seal */
    bool wanted;        /* a seal is wanted also if nothing new is below it */
    char *note;
};

/* One row on its way to public bytes. */
struct row {
    struct leaf_row leaf;
    struct body body;
    struct tag_plan plan;
    struct keeper_tag *tags; /* plan.count of them */
    struct buf entry;
};

struct publication {
    struct publisher *p;
    struct row *rows;
    size_t count;
    struct buf alphas; /* what the tags' alpha point into */
    struct keeper_tag *tags;
    size_t tag_count;
    uint64_t size, time_ms;
    uint8_t root[HASH_LEN];
    struct buf note;
};

/* Nothing can be promised any more: the store says one thing and memory another. A start settles it. */
static _Noreturn void give_up(const struct fail *f)
{
    log_fail(LOG_ERROR, "publication-failed", f);
    _exit(WRITER_EXIT_STATUS);
}

static void publication_clear(struct publication *pub)
{
    for (size_t i = 0; i < pub->count; i++) {
        wipe(&pub->rows[i].body, sizeof pub->rows[i].body);
        store_leaf_clear(&pub->rows[i].leaf);
        buf_clear(&pub->rows[i].entry);
    }
    free(pub->rows);
    free(pub->tags);
    buf_clear(&pub->alphas);
    buf_clear(&pub->note);
}

static enum err take_row(const struct leaf_row *leaf, void *ctx, struct fail *f)
{
    struct publication *pub = ctx;
    (void)f;
    /* doubling keeps a long backlog linear */
    if ((pub->count & (pub->count - 1)) == 0)
        pub->rows = mem_grow(pub->rows, pub->count ? 2 * pub->count : 1, sizeof *pub->rows);
    struct row *row = &pub->rows[pub->count++];
    *row = (struct row){ 0 };
    store_leaf_copy(leaf, &row->leaf);
    buf_init(&row->entry, ENTRY_MAX);
    return OK;
}

static enum err load_rows(struct publication *pub, uint64_t from, uint64_t to, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    TRY(store_read_begin(pub->p->n->store, &db, f));
    TRY(store_leaf_range(db, pub->p->n->generation, from, to, take_row, pub, f));
    if (pub->count != to - from)
        return fail_set(f, E_STORE, "rows %llu to %llu of the ledger are not all there",
                        (unsigned long long)from, (unsigned long long)to);
    return OK;
}

/* What tags are wanted. Alphas go into one buffer, so they are pointed at only once it no longer moves. */
static enum err plan_tags(struct publication *pub, struct fail *f)
{
    for (size_t i = 0; i < pub->count; i++) {
        struct row *row = &pub->rows[i];
        if (row->leaf.form != LEAF_EVENT)
            continue;
        TRY(body_read(row->leaf.body, &row->body, f));
        TRY(body_check(&row->body, f));
        TRY(tag_plan_of(&row->body, &row->plan, f));
        pub->tag_count += row->plan.count;
    }
    size_t *end = mem_array(pub->tag_count, sizeof *end), t = 0;
    pub->tags = mem_array(pub->tag_count, sizeof *pub->tags);
    for (size_t i = 0; i < pub->count; i++) {
        struct row *row = &pub->rows[i];
        row->tags = pub->tags + t;
        for (size_t k = 0; k < row->plan.count; k++) {
            const struct tag_need *need = &row->plan.need[k];
            tag_alpha(&pub->alphas, need->class, need->portion, need->name, need->version);
            pub->tags[t].with_proof = need->proof;
            end[t++] = pub->alphas.len;
        }
    }
    for (t = 0; t < pub->tag_count; t++) {
        size_t begin = t ? end[t - 1] : 0;
        pub->tags[t].alpha = BYTES(pub->alphas.data + begin, end[t] - begin);
    }
    free(end);
    return buf_check(&pub->alphas, "tag names", f);
}

static enum err add_to_log(struct ledger_log *log, struct row *row, struct fail *f)
{
    uint8_t tag[ENTRY_TAGS][32] = { { 0 } };
    struct entry e;
    switch (row->leaf.form) {
    case LEAF_EVENT:
        for (size_t k = 0; k < row->plan.count; k++)
            memcpy(tag[row->plan.need[k].class - 1], row->tags[k].tag, 32);
        return ledger_log_add_event(log, row->leaf.idx, &row->body, tag, &row->entry, f);
    case LEAF_SEAL:
        return ledger_log_add_seal(log, row->leaf.idx, row->leaf.time_ms, &row->entry, f);
    case LEAF_GENESIS:
        TRY(entry_read(row->leaf.body, &e, f));
        return ledger_log_add_genesis(log, &e.genesis, &row->entry, f);
    case LEAF_CLOSE:
        TRY(entry_read(row->leaf.body, &e, f));
        return ledger_log_add_close(log, row->leaf.idx, &e.close, &row->entry, f);
    }
    return fail_set(f, E_STORE, "row %llu of the ledger has an unknown form",
                    (unsigned long long)row->leaf.idx);
}

/* Public bytes, root, and the proof that the tree only grew since the last checkpoint. */
static enum err extend_log(struct publication *pub, struct buf *consistency, struct fail *f)
{
    struct publisher *p = pub->p;
    enum err e = OK;
    pthread_mutex_lock(&p->log_lock);
    for (size_t i = 0; e == OK && i < pub->count; i++)
        e = add_to_log(p->log, &pub->rows[i], f);
    if (e == OK) {
        struct tree_nodes nodes = ledger_log_nodes(p->log);
        pub->size = ledger_log_size(p->log);
        pub->time_ms = ledger_log_last_time(p->log);
        ledger_log_root(p->log, pub->root);
        if (p->size > 0)
            e = tree_prove_consistency(&nodes, p->size, pub->size, consistency, f);
    }
    pthread_mutex_unlock(&p->log_lock);
    return e;
}

static enum err store_publication(struct db *db, void *ctx, struct fail *f)
{
    struct publication *pub = ctx;
    for (size_t i = 0; i < pub->count; i++) {
        const struct row *row = &pub->rows[i];
        struct bytes proof = { 0 };
        for (size_t k = 0; k < row->plan.count; k++)
            if (row->plan.need[k].proof)
                proof = BYTES(row->tags[k].proof, VRF_PROOF_LEN);
        TRY(store_leaf_publish(db, row->leaf.generation, row->leaf.idx, bytes_of(&row->entry), proof, f));
    }
    struct checkpoint_row row = { .generation = pub->p->n->generation,
                                  .size = pub->size,
                                  .note = buf_text(&pub->note),
                                  .time_ms = pub->time_ms };
    memcpy(row.root, pub->root, sizeof row.root);
    TRY(store_checkpoint_put(db, &row, f));
    /* the hook that runs next, in this very batch, may open the next slot */
    pthread_mutex_lock(&pub->p->lock);
    pub->p->slot_ready = false;
    pthread_mutex_unlock(&pub->p->lock);
    return OK;
}

/* wake: those whose entry is published, and nobody else; all of them at the end. The lock is held. */
static void wake(struct publisher *p)
{
    for (struct waiter **at = &p->waiters, *w; (w = *at);) {
        if (p->size <= w->index && !p->stopping) {
            at = &w->next;
            continue;
        }
        *at = w->next;
        w->ready = true;
        pthread_cond_signal(&w->woken);
    }
}

static void announce(struct publisher *p, struct publication *pub)
{
    pthread_mutex_lock(&p->lock);
    p->size = pub->size;
    p->sealed_ms = pub->time_ms;
    free(p->note);
    p->note = str_dup(buf_text(&pub->note));
    wake(p);
    pthread_mutex_unlock(&p->lock);
    writer_recheck(p->n->writer);
}

/* Publish rows [size, slot]: the last of them is a seal. */
static enum err publish(struct publisher *p, uint64_t slot, struct fail *f)
{
    struct publication pub = { .p = p };
    AUTO(buf_freep) struct buf *consistency = buf_new(TREE_PROOF_MAX);
    buf_init(&pub.alphas, (size_t)1 << 28);
    buf_init(&pub.note, 16384);
    enum err e = load_rows(&pub, p->size, slot + 1, f);
    if (e == OK)
        e = plan_tags(&pub, f);
    if (e == OK && pub.tag_count)
        e = keeper_tags(p->n->keeper, pub.tags, pub.tag_count, f);
    if (e == OK)
        e = extend_log(&pub, consistency, f);
    if (e == OK)
        e = keeper_checkpoint(p->n->keeper, pub.size, pub.root, bytes_of(consistency), &pub.note, f);
    if (e == OK)
        e = writer_run(p->n->writer, store_publication, &pub, f);
    if (e == OK)
        announce(p, &pub);
    publication_clear(&pub);
    return e;
}

/* wait: for a committed slot; false: the end. Until it comes, what the start left unread is read. */
static bool wait_for_slot(struct publisher *p, uint64_t *slot)
{
    pthread_mutex_lock(&p->lock);
    while (!p->slot_ready && !p->stopping) {
        if (snapshot_audited(p->snapshot)) {
            pthread_cond_wait(&p->work, &p->lock);
            continue;
        }
        struct fail f = { 0 };
        pthread_mutex_unlock(&p->lock);
        if (snapshot_audit(p->snapshot, p->log, &f) != OK)
            give_up(&f);
        pthread_mutex_lock(&p->lock);
    }
    *slot = p->slot;
    bool ready = p->slot_ready;
    pthread_mutex_unlock(&p->lock);
    return ready;
}

static void *run(void *arg)
{
    struct publisher *p = arg;
    for (uint64_t slot; wait_for_slot(p, &slot);) {
        struct fail f = { 0 };
        if (publish(p, slot, &f) != OK)
            give_up(&f);
        outbox_kick(p->n->outbox, NULL); /* what waited for L1 may go */
        cosigners_kick(p->n->cosigners);
        if (snapshot_step(p->snapshot, p->log, &f) != OK)
            give_up(&f);
    }
    return NULL;
}

enum err publisher_slot(struct publisher *p, struct db *db, struct fail *f)
{
    uint64_t next, last_ms;
    if (atomic_load(&p->n->restored))
        return OK; /* a new seal could be a second one at a size that was signed already */
    pthread_mutex_lock(&p->lock);
    bool busy = p->slot_ready || p->slot_pending, wanted = p->wanted;
    uint64_t end = p->slots_end;
    pthread_mutex_unlock(&p->lock);
    if (busy)
        return OK;
    TRY(store_leaf_next(db, p->n->generation, &next, &last_ms, f));
    if (next == end && !wanted)
        return OK; /* nothing new, no new seal */
    uint64_t slot;
    TRY(journal_seal_slot(db, p->n->generation, p->n->now_ms(), &slot, f));
    pthread_mutex_lock(&p->lock);
    p->slot_pending = true;
    p->wanted = false;
    p->slot = slot;
    p->slots_end = slot + 1;
    pthread_mutex_unlock(&p->lock);
    return OK;
}

void publisher_committed(struct publisher *p)
{
    pthread_mutex_lock(&p->lock);
    if (p->slot_pending) {
        p->slot_pending = false;
        p->slot_ready = true;
        pthread_cond_signal(&p->work);
    }
    pthread_mutex_unlock(&p->lock);
}

static enum err no_job(struct db *db, void *ctx, struct fail *f)
{
    (void)db;
    (void)ctx;
    (void)f;
    return OK;
}

enum err publisher_kick(struct node *n, struct fail *f)
{
    return writer_run(n->writer, no_job, NULL, f);
}

/* What is published, as it was signed. */
static enum err replay(struct publisher *p, struct db *db, struct fail *f)
{
    AUTO(store_checkpoint_clear) struct checkpoint_row last = { 0 };
    struct fail why = { 0 };
    enum err e = store_checkpoint_newest(db, p->n->generation, &last, f);
    if (store_missing(e, f))
        return OK;
    TRY(e);
    TRY(snapshot_replay(p->snapshot, db, &last, &p->log, f));
    if (keeper_log_anchor(p->n->keeper, bytes_str(last.note), &why) != OK)
        return fail_set(f, E_STORE, "the stored checkpoint is not ours: %s", why.what);
    p->size = p->slots_end = last.size;
    p->sealed_ms = last.time_ms;
    p->note = str_dup(last.note);
    return OK;
}

struct slots {
    uint64_t *index;
    size_t count;
};

static enum err find_slot(const struct leaf_row *leaf, void *ctx, struct fail *f)
{
    struct slots *s = ctx;
    (void)f;
    if (leaf->form == LEAF_SEAL) {
        s->index = mem_grow(s->index, s->count + 1, sizeof *s->index);
        s->index[s->count++] = leaf->idx;
    }
    return OK;
}

/* Publications that a crash cut off: the rows fix everything, so they come out the same. */
static enum err finish(struct publisher *p, struct db *db, struct fail *f)
{
    struct slots slots = { 0 };
    uint64_t next, last_ms;
    TRY(store_leaf_next(db, p->n->generation, &next, &last_ms, f));
    enum err e = store_leaf_range_entries(db, p->n->generation, p->size, next, find_slot, &slots, f);
    for (size_t i = 0; e == OK && i < slots.count; i++) {
        e = publish(p, slots.index[i], f);
        p->slots_end = slots.index[i] + 1;
    }
    free(slots.index);
    return e;
}

static void publisher_free(struct publisher *p)
{
    ledger_log_free(p->log);
    snapshot_free(p->snapshot);
    free(p->note);
    pthread_cond_destroy(&p->work);
    pthread_mutex_destroy(&p->lock);
    pthread_mutex_destroy(&p->log_lock);
    free(p);
}

static enum err start(struct publisher *p, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    TRY(store_read_begin(p->n->store, &db, f));
    TRY(replay(p, db, f));
    TRY(finish(p, db, f));
    if (pthread_create(&p->thread, NULL, run, p) != 0)
        return fail_set(f, E_INTERNAL, "cannot start the publisher's thread");
    p->running = true;
    return OK;
}

enum err publisher_open(struct node *n, struct publisher **out, struct fail *f)
{
    struct publisher *p = mem_new(sizeof *p);
    p->n = n;
    p->log = ledger_log_new();
    pthread_mutex_init(&p->log_lock, NULL);
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->work, NULL);
    p->snapshot = snapshot_new(n, &p->log_lock);
    enum err e = start(p, f);
    if (e != OK)
        publisher_free(p);
    else
        *out = p;
    return e;
}

void publisher_close(struct publisher *p)
{
    if (!p)
        return;
    pthread_mutex_lock(&p->lock);
    p->stopping = true;
    pthread_cond_broadcast(&p->work);
    wake(p);
    pthread_mutex_unlock(&p->lock);
    writer_recheck(p->n->writer);
    pthread_join(p->thread, NULL);
    struct fail f = { 0 };
    if (snapshot_finish(p->snapshot, p->log, &f) != OK)
        log_fail(LOG_WARN, "snapshot-not-made", &f);
    publisher_free(p);
}

enum err publisher_wait(struct publisher *p, uint64_t index, struct fail *f)
{
    struct waiter w = { .index = index };
    pthread_mutex_lock(&p->lock);
    if (p->size <= index && !p->stopping) {
        pthread_cond_init(&w.woken, NULL);
        w.next = p->waiters;
        p->waiters = &w;
        while (!w.ready)
            pthread_cond_wait(&w.woken, &p->lock);
        pthread_cond_destroy(&w.woken);
    }
    bool done = p->size > index;
    pthread_mutex_unlock(&p->lock);
    return done ? OK : fail_set(f, E_UNAVAILABLE, "the node is stopping");
}

bool publisher_has(struct publisher *p, uint64_t index)
{
    pthread_mutex_lock(&p->lock);
    bool has = p->size > index || p->stopping;
    pthread_mutex_unlock(&p->lock);
    return has;
}

uint64_t publisher_size(struct publisher *p)
{
    pthread_mutex_lock(&p->lock);
    uint64_t size = p->size;
    pthread_mutex_unlock(&p->lock);
    return size;
}

void publisher_head(struct publisher *p, struct publisher_head *out)
{
    pthread_mutex_lock(&p->lock);
    *out = (struct publisher_head){ p->size, str_dup(p->note) };
    pthread_mutex_unlock(&p->lock);
}

void publisher_head_clear(struct publisher_head *h)
{
    mem_freep(&h->note);
}

/* The checkpoint of exactly ${size}, once it is committed. */
static enum err head_of(struct publisher *p, uint64_t size, struct publisher_head *head, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    AUTO(store_checkpoint_clear) struct checkpoint_row row = { 0 };
    TRY(publisher_wait(p, size - 1, f));
    TRY(store_read_begin(p->n->store, &db, f));
    TRY(store_checkpoint_at(db, p->n->generation, size, &row, f));
    *head = (struct publisher_head){ size, str_dup(row.note) };
    return OK;
}

enum err publisher_absent(struct publisher *p, struct publisher_query *queries, size_t count,
                          struct publisher_head *head, struct fail *f)
{
    /* entries are added up to a seal at a time, so that whatever state this is, a checkpoint of it exists or is
     * on its way */
    pthread_mutex_lock(&p->log_lock);
    uint64_t size = ledger_log_size(p->log);
    enum err e = OK;
    for (size_t i = 0; e == OK && i < count; i++) {
        uint8_t value[32];
        buf_reset(queries[i].proof);
        e = map_need(ledger_log_map(p->log), queries[i].tag, f);
        if (e != OK)
            break;
        queries[i].present = map_prove(ledger_log_map(p->log), queries[i].tag, queries[i].proof, value);
        if (queries[i].present)
            buf_reset(queries[i].proof);
    }
    pthread_mutex_unlock(&p->log_lock);
    TRY(e);
    for (size_t i = 0; i < count; i++)
        TRY(buf_check(queries[i].proof, "proof of absence", f));
    return head_of(p, size, head, f);
}

static enum err want_seal(struct db *db, void *ctx, struct fail *f)
{
    struct publisher *p = ctx;
    (void)db;
    (void)f;
    pthread_mutex_lock(&p->lock);
    p->wanted = true;
    pthread_mutex_unlock(&p->lock);
    return OK;
}

enum err publisher_fresh(struct publisher *p, uint64_t max_age_ms, struct fail *f)
{
    uint64_t now_ms = p->n->now_ms();
    pthread_mutex_lock(&p->lock);
    uint64_t size = p->size;
    bool old = p->sealed_ms + max_age_ms < now_ms;
    pthread_mutex_unlock(&p->lock);
    if (!old)
        return OK;
    TRY(cosigners_restored(p->n, f));
    TRY(writer_run(p->n->writer, want_seal, p, f));
    return publisher_wait(p, size, f); /* the next one: it is sealed after this call began */
}

static enum err locked_node(void *ctx, unsigned height, uint64_t index, uint8_t out[static HASH_LEN],
                            struct fail *f)
{
    struct publisher *p = ctx;
    pthread_mutex_lock(&p->log_lock);
    struct tree_nodes nodes = ledger_log_nodes(p->log);
    enum err e = nodes.node(nodes.ctx, height, index, out, f);
    pthread_mutex_unlock(&p->log_lock);
    return e;
}

struct tree_nodes publisher_nodes(struct publisher *p)
{
    return (struct tree_nodes){ locked_node, p };
}
