/* SPDX-License-Identifier: Apache-2.0 - what a probe opened: found once, under its own bytes, and not for ever */
#include "keeper/probed.h"

#include <string.h>

#include "tap.h"

static uint64_t clock_ms = 1000;

/* By the linker: the clock of the store. */
uint64_t __wrap_time_mono_ms(void);
uint64_t __wrap_time_mono_ms(void)
{
    return clock_ms;
}

static void digest_of(unsigned i, uint8_t out[static HASH_LEN])
{
    hash_sha256(BYTES(&i, sizeof i), out);
}

/* A token with the shares of objects 0 and 2 of policy ${i}. */
static void put(struct probed *p, unsigned i)
{
    uint8_t digest[HASH_LEN];
    struct probed_token *t = mem_new(sizeof *t);
    t->shares = mem_array(3, sizeof *t->shares);
    for (t->count = 0; t->count < 2; t->count++) {
        t->shares[t->count].policy = i;
        t->shares[t->count].kao = 2 * (unsigned)t->count;
        memset(t->shares[t->count].share, (int)(i + t->count), TDF_KEY_LEN);
    }
    digest_of(i, digest);
    probed_put(p, digest, t);
}

static struct probed_token *take(struct probed *p, unsigned i)
{
    uint8_t digest[HASH_LEN];
    digest_of(i, digest);
    return probed_take(p, digest);
}

static bool there(struct probed *p, unsigned i)
{
    AUTO(probed_token_freep) struct probed_token *t = take(p, i);
    return t != NULL;
}

static void shares(struct probed *p)
{
    put(p, 7);
    AUTO(probed_token_freep) struct probed_token *t = take(p, 7);
    const uint8_t *second = probed_token_find(t, 7, 2);
    ok(second && second[0] == 8 && second[TDF_KEY_LEN - 1] == 8, "the share of its object");
    ok(!probed_token_find(t, 7, 1) && !probed_token_find(t, 6, 0) && !probed_token_find(NULL, 7, 0),
       "none of another object");
    ok(!there(p, 7), "taken once");
}

static void room(struct probed *p)
{
    for (unsigned i = 0; i <= PROBED_MAX; i++, clock_ms++)
        put(p, i);
    ok(!there(p, 0), "the oldest makes room");
    for (unsigned i = 1; i <= PROBED_MAX; i++)
        ok(there(p, i), "%u is there", i);
    put(p, 1);
    put(p, 1);
    ok(there(p, 1) && there(p, 1) && !there(p, 1), "the same token twice, for two requests");
}

static void end(struct probed *p)
{
    put(p, 3);
    clock_ms += PROBED_MS;
    put(p, 4);
    ok(there(p, 3), "there until its time");
    put(p, 3);
    clock_ms += PROBED_MS + 1;
    ok(!there(p, 3) && !there(p, 4), "not after it");
    put(p, 5);
    probed_forget(p);
    ok(!there(p, 5), "and not when keys change");
}

int main(void)
{
    struct probed *p = probed_new();
    shares(p);
    room(p);
    end(p);
    put(p, 9); /* the sanitizers see that nothing is left behind */
    probed_free(p);
    probed_free(NULL);
    return tap_done();
}
