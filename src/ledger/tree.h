/* SPDX-License-Identifier: Apache-2.0
 * ledger/tree.h - the Merkle tree of RFC 6962, 2.1: hashes, roots, proofs and their verification.
 *
 * Sizes and indices are below 2^63. A proof is its 32-byte hashes joined, in the order of the standard.
 * Any thread; a struct is used by one thread at a time. */
#ifndef LEDGER_TREE_H
#define LEDGER_TREE_H

#include "base/buf.h"
#include "crypto/hash.h"

#define TREE_LEVELS    63
#define TREE_PROOF_MAX ((size_t)(64 * HASH_LEN)) /* bytes of the longest proof */

/* tree_leaf: H(0x00 || entry). tree_node: H(0x01 || left || right); ${out} may be one of them.
 * tree_empty_root: H(""). */
void tree_leaf(struct bytes entry, uint8_t out[static HASH_LEN]);
void tree_node(const uint8_t left[static HASH_LEN], const uint8_t right[static HASH_LEN],
               uint8_t out[static HASH_LEN]);
void tree_empty_root(uint8_t out[static HASH_LEN]);

/* The perfect subtrees of a growing tree, largest first: enough for its root. Starts as { 0 }. */
struct tree_range {
    uint64_t size;
    uint8_t hash[TREE_LEVELS][HASH_LEN];
};
void tree_range_append(struct tree_range *r, const uint8_t leaf[static HASH_LEN]);
void tree_range_root(const struct tree_range *r, uint8_t out[static HASH_LEN]);

/*
 * Where nodes come from. node: the hash of the perfect subtree of 2^${height} leaves that begins at leaf
 * ${index} x 2^${height}; asked only for subtrees that lie wholly inside the size the caller named.
 */
struct tree_nodes {
    enum err (*node)(void *ctx, unsigned height, uint64_t index, uint8_t out[static HASH_LEN],
                     struct fail *f);
    void *ctx;
};

/* tree_load: the compact range of the first ${size} leaves. tree_root: their root; H("") for none. */
MUST_USE enum err tree_load(const struct tree_nodes *t, uint64_t size, struct tree_range *out,
                            struct fail *f);
MUST_USE enum err tree_root(const struct tree_nodes *t, uint64_t size, uint8_t out[static HASH_LEN],
                            struct fail *f);

/*
 * tree_prove_inclusion: append the proof for leaf ${index} in the tree of ${size} leaves (2.1.1).
 * tree_prove_consistency: append the proof that the tree of ${size} extends that of ${old} (2.1.2); nothing
 * where old is 0 or size.
 * Errors: E_INVALID out of range; whatever node returns. ${out} may have grown on failure.
 */
MUST_USE enum err tree_prove_inclusion(const struct tree_nodes *t, uint64_t index, uint64_t size,
                                       struct buf *out, struct fail *f);
MUST_USE enum err tree_prove_consistency(const struct tree_nodes *t, uint64_t old, uint64_t size,
                                         struct buf *out, struct fail *f);

/*
 * tree_verify_inclusion: E_UNVERIFIED unless ${proof} shows ${leaf} (a leaf hash) at ${index} under ${root}.
 * tree_verify_consistency: E_UNVERIFIED unless ${proof} shows that the tree (size, root) extends
 * (old, old_root). Nothing can be shown about an empty tree, so old = 0 is refused.
 */
MUST_USE enum err tree_verify_inclusion(uint64_t index, uint64_t size, const uint8_t leaf[static HASH_LEN],
                                        struct bytes proof, const uint8_t root[static HASH_LEN],
                                        struct fail *f);
MUST_USE enum err tree_verify_consistency(uint64_t old, uint64_t size,
                                          const uint8_t old_root[static HASH_LEN],
                                          const uint8_t root[static HASH_LEN], struct bytes proof,
                                          struct fail *f);

/* All perfect nodes in memory: 64 bytes a leaf. They lie in rows of TREE_ROW leaves, of which those that are full may be away.
 * tree_memory_nodes: valid while ${m} lives; E_INVALID for a node that is not complete yet; E_STORE if a row is not what it has
 * to be. A node may have its row read, so one thread at a time, also for nodes. */
struct tree_memory;
struct tree_memory *tree_memory_new(void);
void tree_memory_free(struct tree_memory *m);
void tree_memory_freep(struct tree_memory **m);
uint64_t tree_memory_size(const struct tree_memory *m);
void tree_memory_append(struct tree_memory *m, const uint8_t leaf[static HASH_LEN]);
struct tree_nodes tree_memory_nodes(struct tree_memory *m);

/*
 * tree_memory_open: a tree of ${size} leaves, of which only the nodes of full rows are given, ${rows}, joined; none: they are made from
 * all leaves. Rows come from ${source} when a node below theirs is asked for, but for the last one, if it is not full, at once. E_STORE
 * if ${rows} does not fit ${size}, or leaves are missing. Nothing is believed: a row has to have the node given for it, and the root is
 * for the caller to compare.
 *
 * load: append the leaf hashes of row ${row}, more than that of one that is not full are left out; with ${anew}, since those were
 * missing or not what they have to be, made from what the tree is of. Nothing if there is none.
 */
#define TREE_ROW        256u
#define TREE_ROW_HEIGHT 8u /* of its own node */
struct tree_source {
    enum err (*load)(void *ctx, uint64_t row, bool anew, struct buf *leaves, struct fail *f);
    void *ctx;
};
MUST_USE enum err tree_memory_open(uint64_t size, struct bytes rows, const struct tree_source *source,
                                   struct tree_memory **out, struct fail *f);

#endif
