/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/bell.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

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
    pthread_condattr_t attr;
    pthread_mutex_init(&b->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&b->rung, &attr);
    pthread_condattr_destroy(&attr);
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
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += (time_t)(ms / 1000);
    until.tv_nsec += (long)(ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    pthread_mutex_lock(&b->lock);
    if (b->waiting < most) {
        b->waiting++;
        while (!b->stopped && b->count <= heard)
            if (pthread_cond_timedwait(&b->rung, &b->lock, &until) != 0)
                break;
        b->waiting--;
    }
    bool rang = !b->stopped && b->count > heard;
    pthread_mutex_unlock(&b->lock);
    return rang;
}
