/* SPDX-License-Identifier: Apache-2.0
 * exchange/seen.h - things remembered until a time: used DPoP proofs, checked access tokens.
 *
 * A fixed number of slots; what is over makes room for what is new, and what still counts is never dropped:
 * when a bucket is full of it, adding fails, and the caller refuses. Threads: any. */
#ifndef EXCHANGE_SEEN_H
#define EXCHANGE_SEEN_H

#include <stdbool.h>
#include <stdint.h>

#include "crypto/hash.h"

struct seen;

/* seen_new: room for ${capacity} live entries. */
struct seen *seen_new(size_t capacity);
void seen_free(struct seen *s);

enum seen_result { SEEN_NEW, SEEN_BEFORE, SEEN_FULL };
/* seen_add: remember ${name} until ${until_ms}; SEEN_BEFORE if it is there and not yet over. SEEN_FULL:
 * nothing was added. */
enum seen_result seen_add(struct seen *s, const uint8_t name[static HASH_LEN], uint64_t now_ms,
                          uint64_t until_ms);
/* seen_has: whether it is there and not yet over. */
bool seen_has(struct seen *s, const uint8_t name[static HASH_LEN], uint64_t now_ms);

#endif
