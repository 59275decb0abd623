/* SPDX-License-Identifier: Apache-2.0 */
#include "client/words.h"

#include <string.h>

#include "base/mem.h"
#include "crypto/hash.h"

#define FNV_START 0xcbf29ce484222325u /* FNV-1a, 64 bits: for equality of words only */
#define FNV_PRIME 0x100000001b3u

void words_clear(struct words *w)
{
    if (w->hash)
        wipe(w->hash, w->room * sizeof *w->hash);
    mem_freep(&w->hash);
    *w = (struct words){ 0 };
}

bool words_is_letter(uint8_t c)
{
    return c > 127 || (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
}

static void push(struct words *w, uint64_t hash)
{
    if (w->count == w->room) {
        w->room = w->room ? 2 * w->room : 16;
        w->hash = mem_grow(w->hash, w->room, sizeof *w->hash);
    }
    w->hash[w->count++] = hash;
}

void words_add(struct words *w, struct bytes text)
{
    for (size_t i = 0; i < text.len;) {
        uint64_t hash = FNV_START;
        size_t start = i;
        for (; i < text.len && words_is_letter(text.data[i]); i++)
            hash = (hash ^ lower(text.data[i])) * FNV_PRIME;
        if (i > start)
            push(w, hash);
        else
            i++;
    }
}

bool words_stand(const struct words *text, size_t at, const struct words *part)
{
    for (size_t i = 0; i < part->count; i++)
        if (text->hash[at + i] != part->hash[i])
            return false;
    return true;
}

bool words_same(const struct words *a, const struct words *b)
{
    return a->count == b->count && words_stand(a, 0, b);
}

static size_t count_of(const struct words *w, size_t from, size_t to, uint64_t hash)
{
    size_t n = 0;
    for (size_t i = from; i < to; i++)
        n += w->hash[i] == hash;
    return n;
}

size_t words_shared(const struct words *text, size_t from, size_t to, const struct words *near,
                    size_t *possible)
{
    size_t shared = 0;
    if (to > text->count)
        to = text->count;
    for (size_t i = from; i < to; i++) /* a word that stands twice is shared twice if it is near twice */
        shared += count_of(text, from, i + 1, text->hash[i]) <= count_of(near, 0, near->count, text->hash[i]);
    size_t there = to > from ? to - from : 0;
    *possible += there < near->count ? there : near->count;
    return shared;
}
