/* SPDX-License-Identifier: Apache-2.0 */
#include "keeper/probed.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"

struct slot {
    uint8_t digest[HASH_LEN];
    uint64_t at_ms; /* monotonic */
    struct probed_token *token;
};

struct probed {
    pthread_mutex_t lock;
    struct slot slots[PROBED_MAX];
};

void probed_token_free(struct probed_token *t)
{
    if (!t)
        return;
    if (t->shares)
        wipe(t->shares, t->count * sizeof *t->shares);
    free(t->shares);
    srt_free(t->srt);
    free(t);
}

void probed_token_freep(struct probed_token **t)
{
    probed_token_free(*t);
    *t = NULL;
}

const uint8_t *probed_token_find(const struct probed_token *t, unsigned policy, unsigned kao)
{
    for (size_t i = 0; t && i < t->count; i++)
        if (t->shares[i].policy == policy && t->shares[i].kao == kao)
            return t->shares[i].share;
    return NULL;
}

struct probed *probed_new(void)
{
    struct probed *p = mem_new(sizeof *p);
    pthread_mutex_init(&p->lock, NULL);
    return p;
}

void probed_free(struct probed *p)
{
    if (!p)
        return;
    probed_forget(p);
    pthread_mutex_destroy(&p->lock);
    free(p);
}

static void empty(struct slot *s)
{
    probed_token_freep(&s->token);
}

/* With the lock held: nothing outlives its time. */
static void sweep(struct probed *p, uint64_t now_ms)
{
    for (size_t i = 0; i < PROBED_MAX; i++)
        if (p->slots[i].token && now_ms - p->slots[i].at_ms > PROBED_MS)
            empty(&p->slots[i]);
}

void probed_put(struct probed *p, const uint8_t digest[static HASH_LEN], struct probed_token *t)
{
    uint64_t now_ms = time_mono_ms();
    pthread_mutex_lock(&p->lock);
    sweep(p, now_ms);
    struct slot *oldest = &p->slots[0];
    for (size_t i = 1; i < PROBED_MAX && oldest->token; i++)
        if (!p->slots[i].token || p->slots[i].at_ms < oldest->at_ms)
            oldest = &p->slots[i];
    empty(oldest);
    *oldest = (struct slot){ .at_ms = now_ms, .token = t };
    memcpy(oldest->digest, digest, HASH_LEN);
    pthread_mutex_unlock(&p->lock);
}

struct probed_token *probed_take(struct probed *p, const uint8_t digest[static HASH_LEN])
{
    struct probed_token *t = NULL;
    pthread_mutex_lock(&p->lock);
    sweep(p, time_mono_ms());
    for (size_t i = 0; i < PROBED_MAX && !t; i++)
        if (p->slots[i].token && memcmp(p->slots[i].digest, digest, HASH_LEN) == 0) {
            t = p->slots[i].token;
            p->slots[i].token = NULL;
        }
    pthread_mutex_unlock(&p->lock);
    return t;
}

void probed_forget(struct probed *p)
{
    pthread_mutex_lock(&p->lock);
    for (size_t i = 0; i < PROBED_MAX; i++)
        empty(&p->slots[i]);
    pthread_mutex_unlock(&p->lock);
}
