/* SPDX-License-Identifier: Apache-2.0 */
#include "store/writer.h"

#include <pthread.h>
#include <semaphore.h>
#include <unistd.h>

#include "base/log.h"
#include "base/thread.h"
#include "store/inside.h"
#include "store/mover.h"

/* One waiting caller; lives on its stack. */
struct call {
    writer_job fn;
    bool (*ready)(const void *ctx); /* NULL: once it is committed */
    void *ctx;
    struct fail *f;
    enum err err;
    sem_t done;
    struct call *next;
};

/* Calls in order. */
struct queue {
    struct call *first, **last;
};

struct writer {
    struct store *store;
    struct db *db;
    struct mover *mover; /* the thread's */
    struct writer_hooks hooks;
    pthread_t thread;
    pthread_mutex_t lock; /* over what follows */
    pthread_cond_t work;
    struct queue waiting, soon; /* for a batch; the latter go first */
    struct queue held;          /* committed, and waiting to be ready */
    unsigned inside;            /* callers that still touch this struct */
    bool stopping;
};

static _Noreturn void give_up(const struct fail *f)
{
    log_fail(LOG_ERROR, "store-failed", f);
    _exit(WRITER_EXIT_STATUS);
}

void store_must(enum err e, const struct fail *f)
{
    if (e != OK)
        give_up(f);
}

static void queue_init(struct queue *q)
{
    *q = (struct queue){ NULL, &q->first };
}

static void queue_put(struct queue *q, struct call *call)
{
    call->next = NULL;
    *q->last = call;
    q->last = &call->next;
}

/* queue_take: at most ${count} from the front. */
static struct call *queue_take(struct queue *q, unsigned count)
{
    struct call *list = q->first, **end = &list;
    for (; *end && count; count--)
        end = &(*end)->next;
    q->first = *end;
    if (!q->first)
        q->last = &q->first;
    *end = NULL;
    return list;
}

static unsigned queue_len(const struct queue *q)
{
    unsigned count = 0;
    for (const struct call *call = q->first; call; call = call->next)
        count++;
    return count;
}

/* The next batch: at most WRITER_BATCH calls of each kind; NULL when stopping and nothing waits. */
static struct call *collect(struct writer *w)
{
    pthread_mutex_lock(&w->lock);
    while (!w->waiting.first && !w->soon.first && !w->stopping)
        pthread_cond_wait(&w->work, &w->lock);
    struct call *batch = queue_take(&w->soon, WRITER_BATCH), **end = &batch;
    while (*end)
        end = &(*end)->next;
    *end = queue_take(&w->waiting, WRITER_BATCH);
    pthread_mutex_unlock(&w->lock);
    return batch;
}

/* What came meanwhile and need not wait for the next batch. */
static struct call *collect_soon(struct writer *w)
{
    pthread_mutex_lock(&w->lock);
    struct call *list = queue_take(&w->soon, WRITER_BATCH);
    pthread_mutex_unlock(&w->lock);
    return list;
}

/* One job in its savepoint; true if it stays. */
static bool run_job(struct writer *w, struct call *call)
{
    struct fail own = { 0 };
    store_must(db_save(w->db, &own), &own);
    struct fail *f = call->f ? call->f : &own;
    call->err = call->fn(w->db, call->ctx, f);
    if (db_broken(w->db) || !db_in_transaction(w->db)) {
        fail_set(f, E_STORE, "a job broke the transaction");
        give_up(f);
    }
    if (call->err != OK)
        store_must(db_undo(w->db, &own), &own);
    else
        store_must(db_release(w->db, &own), &own);
    return call->err == OK;
}

static void commit(struct writer *w, size_t jobs)
{
    struct fail f = { 0 };
    const struct writer_hooks *h = &w->hooks;
    if (jobs == 0) {
        store_must(db_rollback(w->db, &f), &f);
        return;
    }
    if (h->before_commit)
        store_must(h->before_commit(w->db, h->ctx, jobs, &f), &f);
    if (h->fail_commit && h->fail_commit(h->ctx))
        store_must(fail_set(&f, E_STORE, "COMMIT: made to fail"), &f);
    store_must(db_commit(w->db, &f), &f);
    if (h->after_commit)
        h->after_commit(h->ctx);
}

/* finish: those of ${list}. No lock is held, since each would only wait for it. */
static void finish(struct call *list)
{
    for (struct call *next; list; list = next) {
        next = list->next; /* once done, the call may go out of scope */
        sem_post(&list->done);
    }
}

/* wake: the callers of a batch, but those who are not ready. */
static void wake(struct writer *w, struct call *batch)
{
    struct queue ready;
    queue_init(&ready);
    pthread_mutex_lock(&w->lock);
    for (struct call *next; batch; batch = next) {
        next = batch->next;
        bool held = batch->err == OK && batch->ready && !batch->ready(batch->ctx);
        queue_put(held ? &w->held : &ready, batch);
    }
    pthread_mutex_unlock(&w->lock);
    finish(ready.first);
}

/* Of those who are held the ones that are ready, up to the first who is not; all of them at the end. */
static void let_go(struct writer *w, bool all)
{
    unsigned count = 0;
    pthread_mutex_lock(&w->lock);
    for (const struct call *c = w->held.first; c && (all || c->ready(c->ctx)); c = c->next)
        count++;
    struct call *list = queue_take(&w->held, count);
    pthread_mutex_unlock(&w->lock);
    finish(list);
}

void writer_recheck(struct writer *w)
{
    let_go(w, false);
}

size_t writer_waiting(struct writer *w)
{
    pthread_mutex_lock(&w->lock);
    size_t count = queue_len(&w->soon) + queue_len(&w->waiting);
    pthread_mutex_unlock(&w->lock);
    return count;
}

static void *work(void *arg)
{
    struct writer *w = arg;
    struct fail f = { 0 };
    for (struct call *batch; (batch = collect(w));) {
        size_t jobs = 0;
        store_must(db_begin(w->db, &f), &f);
        for (struct call *c = batch; c; c = c->next) {
            jobs += run_job(w, c);
            if (!c->next)
                c->next = collect_soon(w);
        }
        commit(w, jobs);
        wake(w, batch);
        mover_look(w->mover, w->db);
    }
    mover_freep(&w->mover);
    store_must(db_checkpoint_last(w->db, &f), &f);
    return NULL;
}

enum err writer_new(struct store *s, const struct writer_hooks *hooks, struct writer **out, struct fail *f)
{
    struct db *db = store_writing_take(s);
    if (!db)
        return fail_set(f, E_CONFLICT, "the store has a writer already");
    struct writer *w = mem_new(sizeof *w);
    w->store = s;
    w->db = db;
    w->mover = mover_new(store_path(s));
    if (hooks)
        w->hooks = *hooks;
    queue_init(&w->waiting);
    queue_init(&w->soon);
    queue_init(&w->held);
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->work, NULL);
    if (!thread_start(&w->thread, "writer", work, w)) {
        store_writing_give(s);
        mover_freep(&w->mover);
        free(w);
        return fail_set(f, E_INTERNAL, "can't start the writer's thread");
    }
    *out = w;
    return OK;
}

void writer_freep(struct writer **slot)
{
    struct writer *w = *slot;
    if (!w)
        return;
    *slot = NULL;
    pthread_mutex_lock(&w->lock);
    w->stopping = true;
    pthread_cond_signal(&w->work);
    pthread_mutex_unlock(&w->lock);
    pthread_join(w->thread, NULL);
    let_go(w, true);
    pthread_mutex_lock(&w->lock);
    while (w->inside)
        pthread_cond_wait(&w->work, &w->lock);
    pthread_mutex_unlock(&w->lock);
    pthread_cond_destroy(&w->work);
    pthread_mutex_destroy(&w->lock);
    store_writing_give(w->store);
    free(w);
}

/* A call in ${to}, a queue of ${w}, until it is ready. */
static enum err run(struct writer *w, struct queue *to, struct call *call)
{
    if (pthread_equal(pthread_self(), w->thread))
        BUG("a job waits for the writer it runs on");
    pthread_mutex_lock(&w->lock);
    if (w->stopping) {
        pthread_mutex_unlock(&w->lock);
        return fail_set(call->f, E_UNAVAILABLE, "the store is being closed");
    }
    sem_init(&call->done, 0, 0);
    w->inside++;
    queue_put(to, call);
    pthread_cond_signal(&w->work);
    pthread_mutex_unlock(&w->lock);
    while (sem_wait(&call->done) != 0)
        ; /* a signal */
    sem_destroy(&call->done);
    pthread_mutex_lock(&w->lock);
    if (--w->inside == 0 && w->stopping)
        pthread_cond_signal(&w->work); /* writer_freep waits for it */
    pthread_mutex_unlock(&w->lock);
    return call->err;
}

enum err writer_run(struct writer *w, writer_job fn, void *ctx, struct fail *f)
{
    return run(w, &w->waiting, &(struct call){ .fn = fn, .ctx = ctx, .f = f });
}

enum err writer_run_soon(struct writer *w, writer_job fn, void *ctx, struct fail *f)
{
    return run(w, &w->soon, &(struct call){ .fn = fn, .ctx = ctx, .f = f });
}

enum err writer_run_until(struct writer *w, writer_job fn, bool (*ready)(const void *ctx), void *ctx,
                          struct fail *f)
{
    return run(w, &w->waiting, &(struct call){ .fn = fn, .ready = ready, .ctx = ctx, .f = f });
}
