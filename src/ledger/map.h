/* SPDX-License-Identifier: Apache-2.0
 * ledger/map.h - the map from tags to entries: a Merkle Patricia trie, byte-compatible with torchwood's mpt
 * for 32-byte keys.
 *
 * An inner node at bit B exists where stored keys share their first B bits and differ at B (most significant
 * bit of byte 0 is bit 0). With uv = unsigned LEB128: empty H(""); leaf H(00 || uv(32) || key || uv(32) ||
 * value); inner H(01 || uv(B) || left || right). The value of a key is H(u64 index), of a key met in several
 * entries H of all indices, ascending. Keys are never removed.
 *
 * Keys lie in pages by their first bits, as many as leave a few dozen to a page (ledger/map_page.h); above the pages is a
 * table of hashes, always in memory. About 100 bytes a key; hashes are made once a root is asked for. One thread at a time,
 * also for reading.
 *
 * A map may be opened on pages that lie elsewhere and come when they are needed: map_open. */
#ifndef LEDGER_MAP_H
#define LEDGER_MAP_H

#include "base/buf.h"
#include "crypto/hash.h"

#define MAP_PROOF_MAX (66 + 256 * 34)

struct map;
struct map *map_new(void);
void map_free(struct map *m);
void map_freep(struct map **m);

/*
 * map_add: entry ${index} carries ${key}; indices must not fall. False if an earlier entry carried it too:
 * the value then covers both. The same (key, index) twice counts once, but gives false too.
 */
bool map_add(struct map *m, const uint8_t key[static 32], uint64_t index);

uint64_t map_count(const struct map *m);
void map_root(struct map *m, uint8_t out[static HASH_LEN]);

/*
 * map_open: a map of which only the table is given, as map_table_put wrote it; pages are asked of ${source}. ${limit}: of what
 * they hold, entries from there on do not count, since pages may be newer than the table. E_STORE if ${table} is malformed.
 * Nothing is believed: a page has to have the hash that the table says, and the table's root is for the caller to compare.
 *
 * load: append page ${number} of the 2^${depth} to ${page}, as map_page_put wrote it; with ${anew}, since that was not what
 * it has to be, made from the entries that the map is of.
 */
struct map_source {
    enum err (*load)(void *ctx, unsigned depth, uint64_t number, bool anew, struct buf *page, struct fail *f);
    void *ctx;
};
#define MAP_DEPTH_MAX 24u
MUST_USE enum err map_open(unsigned depth, struct bytes table, uint64_t limit,
                           const struct map_source *source, struct map **out, struct fail *f);
/* map_pages: from now on kept pages may leave, and come back from ${source}. */
void map_pages(struct map *m, const struct map_source *source);
/* map_whole: from now on all that pages hold counts. */
void map_whole(struct map *m);

/* map_need: see to it that the pages are in memory which map_add, map_find and map_prove need for ${key}; without it they may
 * be called only on a map that was made by map_new. E_STORE if a page is not what it has to be, also anew. */
MUST_USE enum err map_need(struct map *m, const uint8_t key[static 32], struct fail *f);

/* map_depth: there are 2^that pages; it grows with the map. map_table_put: append the table, a u32 and a hash a page.
 * map_page_put: append page ${number} and take it to be kept from now on, unless it is kept or away: false, and nothing to do.
 * map_let_go: kept pages leave the memory, until it holds at most ${keys} keys. map_held: how many it holds. */
unsigned map_depth(const struct map *m);
void map_table_put(struct map *m, struct buf *out);
bool map_page_put(struct map *m, uint64_t number, struct buf *out);
void map_let_go(struct map *m, uint64_t keys);
uint64_t map_held(const struct map *m);

/* map_find: the first index that carries ${key}; false if none does. */
bool map_find(const struct map *m, const uint8_t key[static 32], uint64_t *index);

/*
 * map_prove: append the proof for ${key}: of presence (then ${value} is written) or of absence. True if
 * present. Presence: for each inner node from leaf to root uv(B) || sibling. Absence: uv(32) || other key ||
 * uv(32) || its value || steps, where the other key is the leaf at which the walk for ${key} ends; nothing in
 * an empty map.
 */
bool map_prove(struct map *m, const uint8_t key[static 32], struct buf *proof, uint8_t value[static 32]);

/* map_verify_present, map_verify_absent: E_UNVERIFIED unless ${proof} shows it under ${root}. */
MUST_USE enum err map_verify_present(const uint8_t root[static HASH_LEN], const uint8_t key[static 32],
                                     const uint8_t value[static 32], struct bytes proof, struct fail *f);
MUST_USE enum err map_verify_absent(const uint8_t root[static HASH_LEN], const uint8_t key[static 32],
                                    struct bytes proof, struct fail *f);

/* map_value: H(u64 index). */
void map_value(uint64_t index, uint8_t out[static 32]);

/*
 * map_root_sorted: the root of ${count} pairs in ascending order of distinct keys, without a trie: another
 * way to the same result, to check the first one. E_INVALID if the keys do not ascend.
 */
struct map_pair {
    uint8_t key[32], value[32];
};
MUST_USE enum err map_root_sorted(const struct map_pair *pairs, size_t count, uint8_t out[static HASH_LEN],
                                  struct fail *f);

#endif
