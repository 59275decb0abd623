/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/follower.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/thread.h"
#include "base/time.h"
#include "exchange/bell.h"

#define LOOK_MS        10000 /* the longest sleep: digests become due, and the clock may be set */
#define RETRY_FIRST_MS 500
#define RETRY_MAX_MS   60000

struct follower {
    struct node *n;
    const char *event;
    follower_fn fn;
    pthread_t thread;
    pthread_mutex_t lock;
    bool stopping;
};

bool follower_stopping(struct follower *w)
{
    pthread_mutex_lock(&w->lock);
    bool stopping = w->stopping;
    pthread_mutex_unlock(&w->lock);
    return stopping;
}

static uint64_t retry_after(uint64_t retry_ms)
{
    if (retry_ms == 0)
        return RETRY_FIRST_MS;
    return retry_ms * 2 < RETRY_MAX_MS ? retry_ms * 2 : RETRY_MAX_MS;
}

static void *work(void *arg)
{
    const struct timespec tenth = { 0, 100000000 };
    struct follower *w = arg;
    uint64_t retry_ms = 0;
    while (!follower_stopping(w)) {
        struct fail f = { 0 };
        uint64_t heard = bell_heard(w->n->bell), next_ms;
        if (w->fn(w->n, w, &f) == OK) {
            retry_ms = 0;
        } else {
            log_fail(LOG_WARN, w->event, &f);
            retry_ms = retry_after(retry_ms);
        }
        next_ms = time_mono_ms() + (retry_ms ? retry_ms : LOOK_MS);
        while (!follower_stopping(w) && time_mono_ms() < next_ms) {
            nanosleep(&tenth, NULL); /* many commits make one look */
            if (!retry_ms && bell_heard(w->n->bell) != heard)
                break;
        }
    }
    return NULL;
}

enum err follower_open(struct node *n, const char *event, follower_fn fn, struct follower **out,
                       struct fail *f)
{
    struct follower *w = mem_new(sizeof *w);
    *w = (struct follower){ .n = n, .event = event, .fn = fn };
    pthread_mutex_init(&w->lock, NULL);
    if (!thread_start(&w->thread, "follower", work, w)) {
        pthread_mutex_destroy(&w->lock);
        free(w);
        return fail_set(f, E_INTERNAL, "cannot start the thread that follows the notices");
    }
    *out = w;
    return OK;
}

void follower_close(struct follower *w)
{
    if (!w)
        return;
    pthread_mutex_lock(&w->lock);
    w->stopping = true;
    pthread_mutex_unlock(&w->lock);
    pthread_join(w->thread, NULL);
    pthread_mutex_destroy(&w->lock);
    free(w);
}
