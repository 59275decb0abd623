/* SPDX-License-Identifier: Apache-2.0 - proofs of the map checked, and its root without a trie */
#include "ledger/map.h"
#include "ledger/map_page.h"
#include "ledger/tree.h"

/* get_uv: a varint as uv writes it; the longer spellings of a number, and numbers over 255, are refused. */
static bool get_uv(struct reader *r, unsigned *v)
{
    uint8_t low, high;
    if (!get_u8(r, &low))
        return false;
    if (low < 0x80) {
        *v = low;
        return true;
    }
    if (!get_u8(r, &high) || high != 1)
        return false;
    *v = (low & 0x7fu) | 0x80u;
    return true;
}

/* climb: from hash ${h} of the leaf for ${at}, the steps of a proof, whose bits must also be those of
 * ${key}. */
static bool climb(struct reader *r, const uint8_t at[static 32], const uint8_t key[static 32],
                  uint8_t h[static HASH_LEN])
{
    unsigned below = MAP_KEY_BITS, bit;
    struct bytes sibling;
    while (!reader_done(r)) {
        if (!get_uv(r, &bit) || bit >= below || !get_bytes(r, HASH_LEN, &sibling) ||
            map_bit(at, bit) != map_bit(key, bit))
            return false;
        if (map_bit(at, bit) == 0)
            map_inner_hash(bit, h, sibling.data, h);
        else
            map_inner_hash(bit, sibling.data, h, h);
        below = bit;
    }
    return true;
}

MUST_USE enum err map_verify_present(const uint8_t root[static HASH_LEN], const uint8_t key[static 32],
                                     const uint8_t value[static 32], struct bytes proof, struct fail *f)
{
    uint8_t h[HASH_LEN];
    struct reader r = reader_of(proof);
    map_leaf_hash(key, value, h);
    if (!climb(&r, key, key, h) || memcmp(h, root, HASH_LEN) != 0)
        return fail_set(f, E_UNVERIFIED, "proof of presence in the map does not hold");
    return OK;
}

MUST_USE enum err map_verify_absent(const uint8_t root[static HASH_LEN], const uint8_t key[static 32],
                                    struct bytes proof, struct fail *f)
{
    uint8_t h[HASH_LEN], other[32], value[32], key_len, value_len;
    struct reader r = reader_of(proof);
    bool good;
    if (proof.len == 0) {
        tree_empty_root(h);
        good = true;
    } else {
        good = get_u8(&r, &key_len) && key_len == 32 && get_copy(&r, other, 32) && get_u8(&r, &value_len) &&
               value_len == 32 && get_copy(&r, value, 32) && memcmp(other, key, 32) != 0;
        if (good) {
            map_leaf_hash(other, value, h);
            good = climb(&r, other, key, h);
        }
    }
    if (!good || memcmp(h, root, HASH_LEN) != 0)
        return fail_set(f, E_UNVERIFIED, "proof of absence from the map does not hold");
    return OK;
}

/* A finished subtree on the stack. */
struct subtree {
    const uint8_t *key; /* any key in it */
    uint8_t hash[HASH_LEN];
};

static void merge(struct subtree *left, const struct subtree *right)
{
    map_inner_hash(map_differ(left->key, right->key), left->hash, right->hash, left->hash);
}

MUST_USE enum err map_root_sorted(const struct map_pair *pairs, size_t count, uint8_t out[static HASH_LEN],
                                  struct fail *f)
{
    struct subtree stack[MAP_KEY_BITS + 3];
    size_t n = 0;
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && memcmp(pairs[i - 1].key, pairs[i].key, 32) >= 0)
            return fail_set(f, E_INVALID, "the keys do not ascend");
        stack[n].key = pairs[i].key;
        map_leaf_hash(pairs[i].key, pairs[i].value, stack[n].hash);
        n++;
        while (n >= 3 && map_differ(stack[n - 3].key, stack[n - 2].key) >
                             map_differ(stack[n - 2].key, stack[n - 1].key)) {
            merge(&stack[n - 3], &stack[n - 2]);
            stack[n - 2] = stack[n - 1];
            n--;
        }
    }
    for (; n > 1; n--)
        merge(&stack[n - 2], &stack[n - 1]);
    if (n == 0)
        tree_empty_root(out);
    else
        memcpy(out, stack[0].hash, HASH_LEN);
    return OK;
}
