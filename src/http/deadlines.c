/* SPDX-License-Identifier: Apache-2.0 */
#include "http/deadlines.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/cond.h"
#include "base/mem.h"
#include "base/thread.h"
#include "base/time.h"

struct deadline {
    struct deadline *prev, *next;
    int fd;
    atomic_uint_fast64_t at_ms; /* on the monotonic clock */
};

struct deadlines {
    pthread_mutex_t lock;
    pthread_cond_t ended;
    struct deadline *first;
    uint64_t every_ms;
    bool end;
    pthread_t thread;
};

void deadline_set(struct deadline *one, uint64_t in_ms)
{
    if (one)
        atomic_store(&one->at_ms, in_ms == DEADLINE_NEVER ? DEADLINE_NEVER : time_mono_ms() + in_ms);
}

void deadline_more(struct deadline *one, uint64_t ms)
{
    if (one)
        atomic_fetch_add(&one->at_ms, ms);
}

static void cut_late(struct deadlines *d)
{
    uint64_t now = time_mono_ms();
    for (struct deadline *one = d->first; one; one = one->next)
        if (atomic_load(&one->at_ms) < now) {
            shutdown(one->fd, SHUT_RDWR); /* its thread wakes up and ends it; the library closes it */
            deadline_set(one, DEADLINE_NEVER);
        }
}

static void *watch(void *arg)
{
    struct deadlines *d = arg;
    pthread_mutex_lock(&d->lock);
    while (!d->end) {
        (void)cond_wait_until(&d->ended, &d->lock, cond_after(d->every_ms));
        cut_late(d);
    }
    pthread_mutex_unlock(&d->lock);
    return NULL;
}

static void deadlines_free(struct deadlines *d)
{
    pthread_cond_destroy(&d->ended);
    pthread_mutex_destroy(&d->lock);
    free(d);
}

struct deadlines *deadlines_start(unsigned timeout_ms)
{
    struct deadlines *d = mem_new(sizeof *d);
    d->every_ms = timeout_ms / 8 < 20 ? 20 : timeout_ms / 8 > 1000 ? 1000 : timeout_ms / 8;
    pthread_mutex_init(&d->lock, NULL);
    cond_init(&d->ended);
    if (thread_start(&d->thread, "deadlines", watch, d))
        return d;
    deadlines_free(d);
    return NULL;
}

void deadlines_stop(struct deadlines *d)
{
    if (!d)
        return;
    pthread_mutex_lock(&d->lock);
    d->end = true;
    pthread_cond_broadcast(&d->ended);
    pthread_mutex_unlock(&d->lock);
    pthread_join(d->thread, NULL);
    deadlines_free(d);
}

struct deadline *deadline_new(struct deadlines *d, int fd, uint64_t in_ms)
{
    struct deadline *one = mem_new(sizeof *one);
    one->fd = fd;
    deadline_set(one, in_ms);
    pthread_mutex_lock(&d->lock);
    one->next = d->first;
    if (one->next)
        one->next->prev = one;
    d->first = one;
    pthread_mutex_unlock(&d->lock);
    return one;
}

void deadline_end(struct deadlines *d, struct deadline *one)
{
    if (!one)
        return;
    pthread_mutex_lock(&d->lock);
    if (one->prev)
        one->prev->next = one->next;
    else
        d->first = one->next;
    if (one->next)
        one->next->prev = one->prev;
    pthread_mutex_unlock(&d->lock);
    free(one);
}
