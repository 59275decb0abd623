/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/publisher.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/thread.h"
#include "exchange/cosigners.h"
#include "exchange/outbox.h"
#include "exchange/publication.h"
#include "exchange/snapshot.h"
#include "exchange/turn.h"
#include "keeper/keeper.h"
#include "ledger/log.h"
#include "store/leaf.h"
#include "store/writer.h"

/* While the tags of one publication are made, those before it are signed and committed; never more than these. With two, both
 * waited for the disk a tenth of the time. */
#define FLYING_MAX 5u
/* Rows that are worth a publication of their own while another is under way; fewer wait for its end, and share the next. */
#define WORTH 80u

/* One caller of publisher_wait; lives on its stack. */
struct waiter {
    uint64_t index;
    sem_t ready;
    struct waiter *next;
};

/* What one publication is of: rows [from, slot], of which the last is a seal. */
struct span {
    uint64_t from, slot;
};

struct publisher {
    struct node *n;
    pthread_t thread[FLYING_MAX];
    unsigned threads;

    pthread_mutex_t log_lock; /* the log, and what follows it: one thread at a time */
    struct ledger_log *log;
    pthread_mutex_t turn_lock; /* held by whoever grows the log or has its snapshot in hand */
    struct snapshot *snapshot;

    pthread_mutex_t lock; /* everything below */
    pthread_cond_t work, turned;
    struct waiter *waiters;
    atomic_bool stopping;  /* as size */
    bool unread, auditing; /* entries that the start left are not all read; a thread is at it */
    bool slot_pending;     /* the newest span is in a batch that syncs */
    struct span
        span[FLYING_MAX];  /* whose rows are committed, and that no thread has yet; then the pending one */
    unsigned spans;        /* of those, the committed ones */
    unsigned flying;       /* spans that are not published yet, also pending ones */
    uint64_t turn;         /* whose span begins here may go on once it has its tags */
    uint64_t slots_end;    /* rows below have a slot above them or are published */
    _Atomic uint64_t size; /* of the newest committed checkpoint; read without the lock, too */
    uint64_t sealed_ms;    /* time of its seal */
    bool wanted;           /* a seal is wanted also if nothing new is below it */
    char *note;
};

/* What the writer's job is given. */
struct in_turn {
    struct publisher *p;
    struct publication pub;
};

/* Nothing can be promised any more: the store says one thing and memory another. A start settles it. */
static _Noreturn void give_up(const struct fail *f)
{
    log_fail(LOG_ERROR, "publication-failed", f);
    _exit(WRITER_EXIT_STATUS);
}

static enum err store_publication(struct db *db, void *ctx, struct fail *f)
{
    struct in_turn *t = ctx;
    TRY(publication_store(&t->pub, db, f));
    /* the hook that runs next, in this very batch, may open the next slot */
    pthread_mutex_lock(&t->p->lock);
    t->p->flying--;
    pthread_mutex_unlock(&t->p->lock);
    return OK;
}

/* woken: those whose entry is published, and nobody else; all of them at the end. The lock is held, and let go of before they
 * run: each would only wait for it. */
static struct waiter *woken(struct publisher *p)
{
    struct waiter *list = NULL;
    for (struct waiter **at = &p->waiters, *w; (w = *at);) {
        if (p->size <= w->index && !p->stopping) {
            at = &w->next;
            continue;
        }
        *at = w->next;
        w->next = list;
        list = w;
    }
    return list;
}

static void wake(struct waiter *list)
{
    for (struct waiter *next; list; list = next) {
        next = list->next; /* posted to, it may go out of scope */
        sem_post(&list->ready);
    }
}

static void announce(struct publisher *p, const struct publication *pub)
{
    pthread_mutex_lock(&p->lock);
    p->size = pub->size;
    p->sealed_ms = pub->time_ms;
    free(p->note);
    p->note = str_dup(buf_text(&pub->note));
    struct waiter *list = woken(p);
    pthread_mutex_unlock(&p->lock);
    wake(list);
    writer_recheck(p->n->writer);
}

/* What has its tags is entered, signed and committed. */
static enum err complete(struct in_turn *t, struct fail *f)
{
    struct publisher *p = t->p;
    pthread_mutex_lock(&p->log_lock);
    enum err e = publication_enter(&t->pub, p->log, f);
    pthread_mutex_unlock(&p->log_lock);
    TRY(e);
    TRY(publication_sign(&t->pub, p->n->keeper, f));
    TRY(writer_run_soon(p->n->writer, store_publication, t, f));
    announce(p, &t->pub);
    return OK;
}

/* take_turn: once all before ${from} is published. */
static void take_turn(struct publisher *p, uint64_t from)
{
    pthread_mutex_lock(&p->lock);
    while (p->turn != from)
        pthread_cond_wait(&p->turned, &p->lock);
    pthread_mutex_unlock(&p->lock);
    pthread_mutex_lock(&p->turn_lock);
}

static void end_turn(struct publisher *p, uint64_t next)
{
    pthread_mutex_unlock(&p->turn_lock);
    pthread_mutex_lock(&p->lock);
    p->turn = next;
    pthread_cond_broadcast(&p->turned);
    pthread_mutex_unlock(&p->lock);
}

static void audit(struct publisher *p)
{
    struct fail f = { 0 };
    pthread_mutex_lock(&p->turn_lock);
    if (snapshot_audit(p->snapshot, p->log, &f) != OK)
        give_up(&f);
    bool more = !snapshot_audited(p->snapshot);
    pthread_mutex_unlock(&p->turn_lock);
    pthread_mutex_lock(&p->lock);
    p->unread = more;
    p->auditing = false;
}

/* wait_for_span: a committed one; false: the end. Until it comes, what the start left unread is read, by one thread. */
static bool wait_for_span(struct publisher *p, struct span *out)
{
    pthread_mutex_lock(&p->lock);
    while (p->spans == 0 && !p->stopping) {
        if (!p->unread || p->auditing) {
            pthread_cond_wait(&p->work, &p->lock);
            continue;
        }
        p->auditing = true;
        pthread_mutex_unlock(&p->lock);
        audit(p); /* comes back with the lock */
    }
    bool ready = p->spans > 0;
    if (ready) {
        *out = p->span[0];
        memmove(p->span, p->span + 1, (FLYING_MAX - 1) * sizeof *p->span);
        p->spans--;
    }
    pthread_mutex_unlock(&p->lock);
    return ready;
}

/* ${then}: in its turn, after it; may be NULL. */
static enum err publish(struct publisher *p, struct span span,
                        enum err (*then)(struct publisher *p, struct fail *f), struct fail *f)
{
    struct in_turn t = { p, { 0 } };
    enum err e = publication_prepare(&t.pub, p->n, span.from, span.slot + 1, f);
    if (e == OK) {
        take_turn(p, span.from);
        e = complete(&t, f);
        if (e == OK && then)
            e = then(p, f);
        end_turn(p, span.slot + 1);
    }
    publication_clear(&t.pub);
    return e;
}

/* What may be done once it is published; the log still is as it was signed. */
static enum err after(struct publisher *p, struct fail *f)
{
    outbox_kick(p->n->outbox, NULL); /* what waited for L1 may go */
    cosigners_kick(p->n->cosigners);
    return snapshot_step(p->snapshot, p->log, f);
}

static void *run(void *arg)
{
    struct publisher *p = arg;
    for (struct span span; wait_for_span(p, &span);) {
        struct fail f = { 0 };
        if (publish(p, span, after, &f) != OK)
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
    bool busy = p->slot_pending || p->flying == FLYING_MAX, alone = p->flying == 0, wanted = p->wanted;
    uint64_t end = p->slots_end;
    pthread_mutex_unlock(&p->lock);
    if (busy)
        return OK;
    TRY(store_leaf_next(db, p->n->generation, &next, &last_ms, f));
    if (turn_is_closed(p->n))
        wanted = false; /* nothing follows the seal of a closed log */
    if (alone ? next == end && !wanted : next - end < WORTH)
        return OK; /* nothing new, no new seal; little new, not yet */
    uint64_t slot;
    TRY(journal_seal_slot(db, p->n->generation, p->n->now_ms(), &slot, f));
    pthread_mutex_lock(&p->lock);
    p->slot_pending = true;
    p->wanted = false;
    p->span[p->spans] = (struct span){ end, slot };
    p->flying++;
    p->slots_end = slot + 1;
    pthread_mutex_unlock(&p->lock);
    return OK;
}

void publisher_committed(struct publisher *p)
{
    pthread_mutex_lock(&p->lock);
    if (p->slot_pending) {
        p->slot_pending = false;
        p->spans++;
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
    p->size = p->slots_end = p->turn = last.size;
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
    enum err e = store_leaf_range(db, p->n->generation, p->size, next, find_slot, &slots, f);
    for (size_t i = 0; e == OK && i < slots.count; i++) {
        p->flying++;
        e = publish(p, (struct span){ p->size, slots.index[i] }, NULL, f);
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
    pthread_cond_destroy(&p->turned);
    pthread_mutex_destroy(&p->lock);
    pthread_mutex_destroy(&p->turn_lock);
    pthread_mutex_destroy(&p->log_lock);
    free(p);
}

static enum err start(struct publisher *p, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    TRY(store_read_begin(p->n->store, &db, f));
    TRY(replay(p, db, f));
    TRY(finish(p, db, f));
    p->unread = !snapshot_audited(p->snapshot);
    for (; p->threads < FLYING_MAX; p->threads++)
        if (!thread_start(&p->thread[p->threads], "publisher", run, p))
            return fail_set(f, E_INTERNAL, "cannot start the publisher's threads");
    return OK;
}

/* stop: what has a committed slot is published first. */
static void stop(struct publisher *p)
{
    pthread_mutex_lock(&p->lock);
    p->stopping = true;
    pthread_cond_broadcast(&p->work);
    struct waiter *list = woken(p);
    pthread_mutex_unlock(&p->lock);
    wake(list);
    writer_recheck(p->n->writer);
    while (p->threads > 0)
        pthread_join(p->thread[--p->threads], NULL);
}

enum err publisher_open(struct node *n, struct publisher **out, struct fail *f)
{
    struct publisher *p = mem_new(sizeof *p);
    p->n = n;
    p->log = ledger_log_new();
    pthread_mutex_init(&p->log_lock, NULL);
    pthread_mutex_init(&p->turn_lock, NULL);
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->work, NULL);
    pthread_cond_init(&p->turned, NULL);
    const struct snapshot_log own = snapshot_own(n, &p->log_lock);
    p->snapshot = snapshot_new(n, &own);
    enum err e = start(p, f);
    if (e == OK) {
        *out = p;
        return OK;
    }
    stop(p);
    publisher_free(p);
    return e;
}

void publisher_close(struct publisher *p)
{
    if (!p)
        return;
    stop(p);
    struct fail f = { 0 };
    if (snapshot_finish(p->snapshot, p->log, &f) != OK)
        log_fail(LOG_WARN, "snapshot-not-made", &f);
    publisher_free(p);
}

enum err publisher_wait(struct publisher *p, uint64_t index, struct fail *f)
{
    struct waiter w = { .index = index };
    pthread_mutex_lock(&p->lock);
    bool done = p->size > index;
    if (!done && !p->stopping) {
        sem_init(&w.ready, 0, 0);
        w.next = p->waiters;
        p->waiters = &w;
        pthread_mutex_unlock(&p->lock);
        while (sem_wait(&w.ready) != 0)
            ; /* a signal */
        sem_destroy(&w.ready);
        pthread_mutex_lock(&p->lock);
        done = p->size > index;
    }
    pthread_mutex_unlock(&p->lock);
    return done ? OK : fail_set(f, E_UNAVAILABLE, "the node is stopping");
}

bool publisher_has(struct publisher *p, uint64_t index)
{
    return p->size > index || p->stopping;
}

uint64_t publisher_size(struct publisher *p)
{
    return p->size;
}

void publisher_head(struct publisher *p, struct publisher_head *out)
{
    pthread_mutex_lock(&p->lock);
    *out = (struct publisher_head){ p->size, str_dup(p->note), p->n->generation };
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
    *head = (struct publisher_head){ size, str_dup(row.note), p->n->generation };
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
    if (!old || turn_is_closed(p->n))
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
