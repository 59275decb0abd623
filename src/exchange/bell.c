/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/bell.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "base/cond.h"
#include "base/mem.h"

struct bell {
    pthread_mutex_t lock;
    pthread_cond_t rung;
    uint64_t count;
    unsigned waiting;
    bool stopped;
};

struct bell *bell_new(void)
{
    struct bell *b = mem_new(sizeof *b);
    pthread_mutex_init(&b->lock, NULL);
    cond_init(&b->rung);
    return b;
}

void bell_free(struct bell *b)
{
    if (!b)
        return;
    pthread_cond_destroy(&b->rung);
    pthread_mutex_destroy(&b->lock);
    free(b);
}

void bell_ring(struct bell *b)
{
    if (!b)
        return;
    pthread_mutex_lock(&b->lock);
    b->count++;
    if (b->waiting)
        pthread_cond_broadcast(&b->rung);
    pthread_mutex_unlock(&b->lock);
}

void bell_stop(struct bell *b)
{
    if (!b)
        return;
    pthread_mutex_lock(&b->lock);
    b->stopped = true;
    pthread_cond_broadcast(&b->rung);
    pthread_mutex_unlock(&b->lock);
}

bool bell_stopped(struct bell *b)
{
    pthread_mutex_lock(&b->lock);
    bool stopped = b->stopped;
    pthread_mutex_unlock(&b->lock);
    return stopped;
}

uint64_t bell_heard(struct bell *b)
{
    pthread_mutex_lock(&b->lock);
    uint64_t count = b->count;
    pthread_mutex_unlock(&b->lock);
    return count;
}

bool bell_wait(struct bell *b, uint64_t heard, uint64_t ms, unsigned most)
{
    uint64_t until_ms = cond_after(ms);
    pthread_mutex_lock(&b->lock);
    if (b->waiting < most) {
        b->waiting++;
        while (!b->stopped && b->count <= heard)
            if (!cond_wait_until(&b->rung, &b->lock, until_ms))
                break;
        b->waiting--;
    }
    bool rang = !b->stopped && b->count > heard;
    pthread_mutex_unlock(&b->lock);
    return rang;
}
