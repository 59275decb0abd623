/* SPDX-License-Identifier: Apache-2.0
 * keeper/probed.h - what a probe opened, kept for the key request that follows it.
 *
 * A single object is opened twice: once to see whether it is sealed to us at all, before anything is entered,
 * and once for its reader, milliseconds later, by the same request token. What the first one opened is kept
 * here for the second: the token as it was read and the shares, under SHA-256 of the token's bytes, PROBED_MAX
 * of them, PROBED_MS long, taken once, wiped in any case. It saves the work and decides nothing: whoever takes
 * something from here has made all checks of a key request, and the bytes that were probed are the same. */
#ifndef KEEPER_PROBED_H
#define KEEPER_PROBED_H

#include "base/mem.h"
#include "crypto/hash.h"
#include "keeper/srt.h"
#include "tdf/open.h"

#define PROBED_MAX 16
#define PROBED_MS  10000

struct probed_share {
    unsigned policy, kao;
    uint8_t share[TDF_KEY_LEN];
};

/* The shares of one token. Owned by whoever holds it. */
struct probed_token {
    struct srt *srt;
    struct probed_share *shares;
    size_t count;
};
void probed_token_free(struct probed_token *t);
void probed_token_freep(struct probed_token **t);
/* probed_token_find: the share of an object, valid as long as ${t}; NULL if it did not open, or ${t} is NULL. */
const uint8_t *probed_token_find(const struct probed_token *t, unsigned policy, unsigned kao);

/* The store. Any thread. */
struct probed;
struct probed *probed_new(void);
void probed_free(struct probed *p);

/* probed_put: keep ${t}, which is p's from here on, in the place of the oldest. */
void probed_put(struct probed *p, const uint8_t digest[static HASH_LEN], struct probed_token *t);
/* probed_take: the one under ${digest}, the caller's from here on; NULL where there is none, or it is older than
 * PROBED_MS. */
struct probed_token *probed_take(struct probed *p, const uint8_t digest[static HASH_LEN]);
/* probed_forget: all of them; keys have changed. */
void probed_forget(struct probed *p);

#endif
