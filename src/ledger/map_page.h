/* SPDX-License-Identifier: Apache-2.0
 * ledger/map_page.h - inside the map: a page, the trie of all keys that share a prefix
 *
 * The nodes of a page lie together, so that a walk touches few cache lines and a page can go to the store and come back as
 * one piece. A page without keys has no memory. */
#ifndef LEDGER_MAP_PAGE_H
#define LEDGER_MAP_PAGE_H

#include "base/buf.h"
#include "crypto/hash.h"

#define MAP_KEY_BITS 256u

/* What the map's trie is made of. map_bit: bit ${b} of a key. map_differ: the first bit at which two keys differ, MAP_KEY_BITS
 * if they are equal. map_uv: unsigned LEB128 of a bit position; returns how many bytes. */
unsigned map_bit(const uint8_t key[static 32], unsigned b);
unsigned map_differ(const uint8_t a[static 32], const uint8_t b[static 32]);
size_t map_uv(unsigned v, uint8_t out[static 2]);
void map_leaf_hash(const uint8_t key[static 32], const uint8_t value[static 32],
                   uint8_t out[static HASH_LEN]);
void map_inner_hash(unsigned bit, const uint8_t left[static HASH_LEN], const uint8_t right[static HASH_LEN],
                    uint8_t out[static HASH_LEN]);

/* The entries that carry a key met more than once. A violation that a monitor reports, so rare. */
struct repeats {
    struct repeat {
        uint64_t *index;
        size_t count, cap;
    } * list;
    size_t count;
};
void repeats_clear(struct repeats *r);

struct page {
    uint8_t *block; /* leaves, inner nodes, their hashes, each ${cap} times */
    uint32_t cap, leaves, inners;
    uint32_t root;
    bool dirty;    /* something has changed since it was hashed */
    bool away;     /* only in the store; ${leaves} still says how many keys it has */
    bool kept;     /* the store has all of it */
    bool repeated; /* a key was met more than once */
};

void page_clear(struct page *p);
/* page_add: false if an earlier entry carried ${key}, and then ${index} counts too, if it is another. */
bool page_add(struct page *p, struct repeats *r, const uint8_t key[static 32], uint64_t index);
bool page_find(const struct page *p, const struct repeats *r, const uint8_t key[static 32], uint64_t *index);
/* page_hash: of a page with keys; hashes what has changed. */
void page_hash(struct page *p, const struct repeats *r, uint8_t out[static HASH_LEN]);
/* page_prove: the steps of a proof inside the page; in front of them, in a proof of absence, the key at which the walk ends.
 * The page has keys and is hashed. */
bool page_prove(const struct page *p, const struct repeats *r, const uint8_t key[static 32],
                struct buf *proof, uint8_t value[static 32]);
/* page_split: move all keys to ${half}, by bit ${bit}; hashes are taken along. */
void page_split(struct page *p, unsigned bit, struct page half[static 2]);
/* page_put: each key in ascending order with each entry that carries it: key[32] || u64 index. page_get: read that, but
 * for entries from ${limit} on; ${p} is empty. E_STORE if it is not of that form. */
void page_put(const struct page *p, const struct repeats *r, struct buf *out);
MUST_USE enum err page_get(struct page *p, struct repeats *r, struct bytes v, uint64_t limit, struct fail *f);

#endif
