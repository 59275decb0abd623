/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/seen.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* Buckets of eight; a name lives in the bucket that its first bytes pick. Names are hashes, so buckets fill
 * evenly. */
#define WAYS 8

struct slot {
    uint8_t name[16];
    uint64_t until_ms;
};

struct seen {
    pthread_mutex_t lock;
    size_t buckets; /* a power of two */
    struct slot *slots;
};

struct seen *seen_new(size_t capacity)
{
    struct seen *s = mem_new(sizeof *s);
    pthread_mutex_init(&s->lock, NULL);
    s->buckets = 1;
    /* half full on average, so that a bucket overflows only under attack */
    while (s->buckets * WAYS < 2 * capacity)
        s->buckets *= 2;
    s->slots = mem_array(s->buckets * WAYS, sizeof *s->slots);
    return s;
}

void seen_free(struct seen *s)
{
    if (!s)
        return;
    pthread_mutex_destroy(&s->lock);
    free(s->slots);
    free(s);
}

static struct slot *bucket(struct seen *s, const uint8_t *name)
{
    uint64_t pick;
    memcpy(&pick, name + 16, sizeof pick);
    return &s->slots[(pick & (s->buckets - 1)) * WAYS];
}

enum seen_result seen_add(struct seen *s, const uint8_t name[static HASH_LEN], uint64_t now_ms,
                          uint64_t until_ms)
{
    enum seen_result result = SEEN_FULL;
    pthread_mutex_lock(&s->lock);
    struct slot *b = bucket(s, name), *room = NULL;
    for (size_t i = 0; i < WAYS; i++) {
        bool live = b[i].until_ms > now_ms;
        if (live && memcmp(b[i].name, name, sizeof b[i].name) == 0) {
            result = SEEN_BEFORE;
            room = NULL;
            break;
        }
        if (!live && !room)
            room = &b[i];
    }
    if (room) {
        memcpy(room->name, name, sizeof room->name);
        room->until_ms = until_ms;
        result = SEEN_NEW;
    }
    pthread_mutex_unlock(&s->lock);
    return result;
}

bool seen_has(struct seen *s, const uint8_t name[static HASH_LEN], uint64_t now_ms)
{
    bool has = false;
    pthread_mutex_lock(&s->lock);
    const struct slot *b = bucket(s, name);
    for (size_t i = 0; i < WAYS && !has; i++)
        has = b[i].until_ms > now_ms && memcmp(b[i].name, name, sizeof b[i].name) == 0;
    pthread_mutex_unlock(&s->lock);
    return has;
}
