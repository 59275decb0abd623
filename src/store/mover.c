/* SPDX-License-Identifier: Apache-2.0 */
#include "store/mover.h"

#include <pthread.h>

#include "base/thread.h"
#include "store/inside.h"

/* Pages of the log at which it is moved, 8 MiB, and at which nothing is added until it is. */
#define LOG_PAGES     2000
#define LOG_PAGES_MAX (2 * LOG_PAGES)

enum state {
    RESTING,
    MOVING, /* asked for, or under way */
    MOVED,  /* all that was there; the writer has not moved the rest yet */
};

struct mover {
    char *path;
    bool started; /* the writer's */
    pthread_t thread;
    pthread_mutex_t lock; /* over what follows */
    pthread_cond_t turned;
    enum state state;
    bool stopping;
};

static void turn(struct mover *m, enum state state)
{
    pthread_mutex_lock(&m->lock);
    m->state = state;
    pthread_cond_broadcast(&m->turned);
    pthread_mutex_unlock(&m->lock);
}

/* Waits while the state is ${state}; false: the end. */
static bool wait_while(struct mover *m, enum state state)
{
    pthread_mutex_lock(&m->lock);
    while (m->state == state && !m->stopping)
        pthread_cond_wait(&m->turned, &m->lock);
    bool on = !m->stopping;
    pthread_mutex_unlock(&m->lock);
    return on;
}

static void *run(void *arg)
{
    struct mover *m = arg;
    struct fail f = { 0 };
    AUTO(db_freep) struct db *db = NULL;
    do {
        /* without a connection, as where descriptors are short, the writer moves all of it */
        if (db || db_open(m->path, DB_BESIDE, &db, NULL) == OK)
            store_must(db_checkpoint(db, false, &f), &f);
        turn(m, MOVED);
    } while (wait_while(m, MOVED) && wait_while(m, RESTING));
    return NULL;
}

struct mover *mover_new(const char *path)
{
    struct mover *m = mem_new(sizeof *m);
    m->path = str_dup(path);
    pthread_mutex_init(&m->lock, NULL);
    pthread_cond_init(&m->turned, NULL);
    return m;
}

void mover_freep(struct mover **slot)
{
    struct mover *m = *slot;
    if (!m)
        return;
    *slot = NULL;
    pthread_mutex_lock(&m->lock);
    m->stopping = true;
    pthread_cond_broadcast(&m->turned);
    pthread_mutex_unlock(&m->lock);
    if (m->started)
        pthread_join(m->thread, NULL);
    pthread_cond_destroy(&m->turned);
    pthread_mutex_destroy(&m->lock);
    free(m->path);
    free(m);
}

static void ask(struct mover *m)
{
    turn(m, MOVING);
    if (!m->started && !thread_start(&m->thread, "mover", run, m))
        turn(m, MOVED); /* without a thread, too */
    else
        m->started = true;
}

void mover_look(struct mover *m, struct db *writing)
{
    struct fail f = { 0 };
    unsigned pages = db_log_pages(writing);
    if (pages < LOG_PAGES)
        return;
    if (pages >= LOG_PAGES_MAX)
        wait_while(m, MOVING);
    pthread_mutex_lock(&m->lock);
    enum state state = m->state;
    pthread_mutex_unlock(&m->lock);
    if (state == RESTING)
        ask(m);
    if (state == MOVED) {
        store_must(db_checkpoint(writing, false, &f), &f);
        turn(m, RESTING);
    }
}
