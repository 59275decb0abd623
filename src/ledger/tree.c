/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/tree.h"

#define SIZE_END ((uint64_t)1 << TREE_LEVELS)

static unsigned bit_length(uint64_t v)
{
    return v == 0 ? 0 : 64 - (unsigned)__builtin_clzll(v);
}

/* The largest power of two that is at most ${v}, as an exponent; ${v} is not 0. */
static unsigned log2_of(uint64_t v)
{
    return 63 - (unsigned)__builtin_clzll(v);
}

void tree_leaf(struct bytes entry, uint8_t out[static HASH_LEN])
{
    static const uint8_t prefix = 0x00;
    hash_sha256_parts((struct bytes[]){ { &prefix, 1 }, entry }, 2, out);
}

void tree_node(const uint8_t left[static HASH_LEN], const uint8_t right[static HASH_LEN],
               uint8_t out[static HASH_LEN])
{
    uint8_t block[1 + 2 * HASH_LEN];
    block[0] = 0x01;
    memcpy(block + 1, left, HASH_LEN);
    memcpy(block + 1 + HASH_LEN, right, HASH_LEN);
    hash_sha256(BYTES(block, sizeof block), out);
}

void tree_empty_root(uint8_t out[static HASH_LEN])
{
    hash_sha256(BYTES(NULL, 0), out);
}

/* fold: the root of a list of perfect subtrees, largest first. */
static void fold(const uint8_t hash[][HASH_LEN], size_t count, uint8_t out[static HASH_LEN])
{
    if (count == 0) {
        tree_empty_root(out);
        return;
    }
    memcpy(out, hash[count - 1], HASH_LEN);
    for (size_t i = count - 1; i > 0; i--)
        tree_node(hash[i - 1], out, out);
}

void tree_range_append(struct tree_range *r, const uint8_t leaf[static HASH_LEN])
{
    size_t count = (size_t)__builtin_popcountll(r->size);
    uint8_t h[HASH_LEN];
    memcpy(h, leaf, HASH_LEN);
    for (uint64_t s = r->size; s & 1; s >>= 1)
        tree_node(r->hash[--count], h, h);
    memcpy(r->hash[count], h, HASH_LEN);
    r->size++;
}

void tree_range_root(const struct tree_range *r, uint8_t out[static HASH_LEN])
{
    fold(r->hash, (size_t)__builtin_popcountll(r->size), out);
}

/* pieces: the perfect subtrees of leaves [begin, end), where begin is a multiple of a power of two that is at
 * least end - begin. */
static MUST_USE enum err pieces(const struct tree_nodes *t, uint64_t begin, uint64_t end,
                                uint8_t hash[][HASH_LEN], size_t *count, struct fail *f)
{
    size_t n = 0;
    while (begin < end) {
        unsigned height = log2_of(end - begin);
        TRY(t->node(t->ctx, height, begin >> height, hash[n++], f));
        begin += (uint64_t)1 << height;
    }
    *count = n;
    return OK;
}

static MUST_USE enum err range_root(const struct tree_nodes *t, uint64_t begin, uint64_t end,
                                    uint8_t out[static HASH_LEN], struct fail *f)
{
    uint8_t hash[TREE_LEVELS][HASH_LEN];
    size_t count;
    TRY(pieces(t, begin, end, hash, &count, f));
    fold(hash, count, out);
    return OK;
}

MUST_USE enum err tree_load(const struct tree_nodes *t, uint64_t size, struct tree_range *out, struct fail *f)
{
    size_t count;
    if (size >= SIZE_END)
        return fail_set(f, E_INVALID, "tree size out of range");
    TRY(pieces(t, 0, size, out->hash, &count, f));
    out->size = size;
    return OK;
}

MUST_USE enum err tree_root(const struct tree_nodes *t, uint64_t size, uint8_t out[static HASH_LEN],
                            struct fail *f)
{
    if (size >= SIZE_END)
        return fail_set(f, E_INVALID, "tree size out of range");
    return range_root(t, 0, size, out, f);
}

/* put_range: append the root of leaves [begin, end) to a proof. */
static MUST_USE enum err put_range(const struct tree_nodes *t, uint64_t begin, uint64_t end, struct buf *out,
                                   struct fail *f)
{
    uint8_t h[HASH_LEN];
    TRY(range_root(t, begin, end, h, f));
    buf_put(out, h, sizeof h);
    return OK;
}

/* Length of an inclusion proof: ${inner} siblings inside the last common subtree, then ${border} to its
 * left. */
static void inclusion_shape(uint64_t index, uint64_t size, unsigned *inner, unsigned *border)
{
    *inner = bit_length(index ^ (size - 1));
    *border = *inner == 64 ? 0 : (unsigned)__builtin_popcountll(index >> *inner);
}

MUST_USE enum err tree_prove_inclusion(const struct tree_nodes *t, uint64_t index, uint64_t size,
                                       struct buf *out, struct fail *f)
{
    unsigned inner, border;
    if (size >= SIZE_END || index >= size)
        return fail_set(f, E_INVALID, "leaf %llu is not in a tree of %llu", (unsigned long long)index,
                        (unsigned long long)size);
    inclusion_shape(index, size, &inner, &border);
    for (unsigned k = 0; k < inner; k++) {
        uint64_t begin = ((index >> k) ^ 1) << k;
        uint64_t end = begin + ((uint64_t)1 << k);
        TRY(put_range(t, begin, end < size ? end : size, out, f));
    }
    for (unsigned k = inner; k < 64 && index >> k != 0; k++) {
        if (((index >> k) & 1) == 0)
            continue;
        uint64_t begin = ((index >> k) - 1) << k;
        TRY(put_range(t, begin, begin + ((uint64_t)1 << k), out, f));
    }
    return buf_check(out, "inclusion proof", f);
}

MUST_USE enum err tree_prove_consistency(const struct tree_nodes *t, uint64_t old, uint64_t size,
                                         struct buf *out, struct fail *f)
{
    /* SUBPROOF walks down to where the old tree ends; what it passes is emitted on the way back. */
    struct {
        uint64_t begin, end;
    } passed[TREE_LEVELS + 1];
    size_t depth = 0;
    uint64_t begin = 0, end = size;
    if (size >= SIZE_END || old > size)
        return fail_set(f, E_INVALID, "no tree of %llu extends one of %llu", (unsigned long long)size,
                        (unsigned long long)old);
    if (old == 0 || old == size)
        return OK;
    while (old != end) {
        uint64_t k = (uint64_t)1 << log2_of(end - begin - 1);
        if (old - begin <= k) {
            passed[depth].begin = begin + k;
            passed[depth++].end = end;
            end = begin + k;
        } else {
            passed[depth].begin = begin;
            passed[depth++].end = begin + k;
            begin += k;
        }
    }
    if (begin != 0)
        TRY(put_range(t, begin, end, out, f));
    while (depth-- > 0)
        TRY(put_range(t, passed[depth].begin, passed[depth].end, out, f));
    return buf_check(out, "consistency proof", f);
}

MUST_USE enum err tree_verify_inclusion(uint64_t index, uint64_t size, const uint8_t leaf[static HASH_LEN],
                                        struct bytes proof, const uint8_t root[static HASH_LEN],
                                        struct fail *f)
{
    unsigned inner, border;
    uint8_t h[HASH_LEN];
    if (size >= SIZE_END || index >= size)
        return fail_set(f, E_UNVERIFIED, "inclusion proof: leaf %llu is not in a tree of %llu",
                        (unsigned long long)index, (unsigned long long)size);
    inclusion_shape(index, size, &inner, &border);
    if (proof.len != (size_t)(inner + border) * HASH_LEN)
        return fail_set(f, E_UNVERIFIED, "inclusion proof: wrong length");
    memcpy(h, leaf, HASH_LEN);
    for (unsigned k = 0; k < inner + border; k++) {
        const uint8_t *p = proof.data + (size_t)k * HASH_LEN;
        if (k < inner && ((index >> k) & 1) == 0)
            tree_node(h, p, h);
        else
            tree_node(p, h, h);
    }
    if (memcmp(h, root, HASH_LEN) != 0)
        return fail_set(f, E_UNVERIFIED, "inclusion proof: root differs");
    return OK;
}

/* fold_consistency: RFC 9162, 2.1.4.2, steps 4 to 6: the two roots that the proof leads to. */
static bool fold_consistency(uint64_t old, uint64_t size, struct bytes proof, uint8_t fr[static HASH_LEN],
                             uint8_t sr[static HASH_LEN])
{
    uint64_t fn = old - 1, sn = size - 1;
    for (; fn & 1; fn >>= 1)
        sn >>= 1;
    for (size_t at = 0; at < proof.len; at += HASH_LEN) {
        const uint8_t *c = proof.data + at;
        if (sn == 0)
            return false;
        if ((fn & 1) != 0 || fn == sn) {
            tree_node(c, fr, fr);
            tree_node(c, sr, sr);
            for (; fn != 0 && (fn & 1) == 0; fn >>= 1)
                sn >>= 1;
        } else {
            tree_node(sr, c, sr);
        }
        fn >>= 1;
        sn >>= 1;
    }
    return sn == 0;
}

MUST_USE enum err tree_verify_consistency(uint64_t old, uint64_t size,
                                          const uint8_t old_root[static HASH_LEN],
                                          const uint8_t root[static HASH_LEN], struct bytes proof,
                                          struct fail *f)
{
    uint8_t fr[HASH_LEN], sr[HASH_LEN];
    bool good;
    if (old == 0 || old > size || size >= SIZE_END || proof.len % HASH_LEN != 0 || proof.len > TREE_PROOF_MAX)
        return fail_set(f, E_UNVERIFIED, "consistency proof: wrong sizes");
    if (old == size) {
        good = proof.len == 0 && memcmp(old_root, root, HASH_LEN) == 0;
    } else if ((old & (old - 1)) == 0) { /* the old tree is itself the first hash */
        memcpy(fr, old_root, HASH_LEN);
        memcpy(sr, old_root, HASH_LEN);
        good = proof.len > 0 && fold_consistency(old, size, proof, fr, sr);
        good = good && memcmp(fr, old_root, HASH_LEN) == 0 && memcmp(sr, root, HASH_LEN) == 0;
    } else if (proof.len == 0) {
        good = false;
    } else {
        memcpy(fr, proof.data, HASH_LEN);
        memcpy(sr, proof.data, HASH_LEN);
        good = fold_consistency(old, size, BYTES(proof.data + HASH_LEN, proof.len - HASH_LEN), fr, sr);
        good = good && memcmp(fr, old_root, HASH_LEN) == 0 && memcmp(sr, root, HASH_LEN) == 0;
    }
    if (!good)
        return fail_set(f, E_UNVERIFIED, "consistency proof: does not lead from %llu to %llu",
                        (unsigned long long)old, (unsigned long long)size);
    return OK;
}
