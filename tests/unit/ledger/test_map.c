/* SPDX-License-Identifier: Apache-2.0 - the map against torchwood's vectors and a plain slow model */
#include "ledger/map.h"
#include "tap.h"
#include "vec.h"

/* verify: a claim of a vector; ${value} of length 0 claims absence. */
static bool verify(struct bytes root, struct bytes key, struct bytes value, struct bytes proof)
{
    return (value.len == 0 ? map_verify_absent(root.data, key.data, proof, NULL)
                           : map_verify_present(root.data, key.data, value.data, proof, NULL)) == OK;
}

static void published(void)
{
    const json_t *t = vec_load("mpt_published"), *v, *kv;
    size_t i, j;
    json_array_foreach (json_object_get(t, "verify"), i, v) {
        struct bytes key = vec_hex(json_object_get(v, "key")), value = vec_hex(json_object_get(v, "value"));
        if (key.len != 32 || (value.len != 32 && value.len != 0))
            continue; /* no key of a ledger has another length */
        ok(verify(vec_hex(json_object_get(v, "root")), key, value, vec_hex(json_object_get(v, "proof"))) ==
               vec_bool(v, "want_ok"),
           "%s", vec_str(v, "why"));
    }
    json_array_foreach (json_object_get(t, "tree_hash"), i, v) {
        const json_t *list = json_object_get(v, "kv");
        struct map_pair pairs[8];
        uint8_t root[HASH_LEN];
        bool fits = true;
        json_array_foreach (list, j, kv) {
            struct bytes key = vec_hex(json_array_get(kv, 0)), value = vec_hex(json_array_get(kv, 1));
            fits = fits && j < COUNT(pairs) && key.len == 32 && value.len == 32;
            if (!fits)
                break;
            memcpy(pairs[j].key, key.data, 32);
            memcpy(pairs[j].value, value.data, 32);
        }
        if (fits)
            ok(map_root_sorted(pairs, json_array_size(list), root, NULL) == OK &&
                   memcmp(root, vec_hex(json_object_get(v, "root")).data, HASH_LEN) == 0,
               "root: %s", vec_str(v, "why"));
    }
}

/* computed_key: what the computed vectors put in. */
static void computed_key(uint64_t n, uint64_t i, uint8_t key[static 32])
{
    char text[60];
    snprintf(text, sizeof text, "key visible %llu %llu", (unsigned long long)n, (unsigned long long)i);
    hash_sha256(bytes_str(text), key);
}

static void computed_tree(const json_t *t)
{
    uint64_t n = vec_u64(t, "n");
    struct bytes want = vec_hex(json_object_get(t, "root"));
    AUTO(map_freep) struct map *m = map_new();
    uint8_t root[HASH_LEN];
    const json_t *v;
    size_t i;
    for (uint64_t k = 0; k < n; k++) {
        uint8_t key[32];
        computed_key(n, k, key);
        map_add(m, key, k);
    }
    map_root(m, root);
    ok(memcmp(root, want.data, HASH_LEN) == 0 && map_count(m) == n, "root of %llu keys",
       (unsigned long long)n);
    json_array_foreach (json_object_get(t, "proofs"), i, v) {
        struct bytes key = vec_hex(json_object_get(v, "key")), value = vec_hex(json_object_get(v, "value"));
        struct bytes proof = vec_hex(json_object_get(v, "proof"));
        AUTO(buf_freep) struct buf *made = buf_new(MAP_PROOF_MAX);
        uint8_t got[32];
        ok(verify(want, key, value, proof) == vec_bool(v, "want_ok"), "%llu keys, proof %zu",
           (unsigned long long)n, i);
        if (!vec_bool(v, "want_ok"))
            continue;
        bool present = map_prove(m, key.data, made, got);
        ok(present == (value.len != 0) && bytes_equal(proof, bytes_of(made)) &&
               (!present || memcmp(got, value.data, 32) == 0),
           "made: %llu keys, proof %zu", (unsigned long long)n, i);
    }
}

static void computed(void)
{
    const json_t *t;
    size_t i;
    json_array_foreach (json_object_get(vec_load("mpt_computed"), "trees"), i, t)
        computed_tree(t);
}

static int by_key(const void *a, const void *b)
{
    return memcmp(((const struct map_pair *)a)->key, ((const struct map_pair *)b)->key, 32);
}

/* grow: keys that share long prefixes, in an order of their own, against the sorted list after each. */
static void grow(void)
{
    enum { N = 400 };
    static struct map_pair pairs[N], sorted[N];
    AUTO(map_freep) struct map *m = map_new();
    uint32_t seed = 1;
    bool same_roots = true, added = true;
    for (uint32_t i = 0; i < N; i++) {
        uint8_t root[HASH_LEN], want[HASH_LEN];
        if (i > 0) /* like an earlier key but for one bit, so that every depth occurs */
            memcpy(pairs[i].key, pairs[(seed = seed * 1664525 + 1013904223) % i].key, 32);
        uint32_t bit = (seed = seed * 1664525 + 1013904223) >> 24;
        pairs[i].key[bit / 8] ^= (uint8_t)(1u << bit % 8);
        map_value(i, pairs[i].value);
        bool fresh = true;
        for (uint32_t j = 0; j < i; j++)
            fresh = fresh && memcmp(pairs[j].key, pairs[i].key, 32) != 0;
        if (!fresh) {
            i--;
            continue;
        }
        added = added && map_add(m, pairs[i].key, i);
        memcpy(sorted, pairs, sizeof sorted);
        qsort(sorted, i + 1, sizeof *sorted, by_key);
        map_root(m, root);
        same_roots = same_roots && map_root_sorted(sorted, i + 1, want, NULL) == OK &&
                     memcmp(root, want, HASH_LEN) == 0;
    }
    ok(added && map_count(m) == N, "each key is new");
    ok(same_roots, "trie and sorted list agree at every size");
}

static void met_again(void)
{
    AUTO(map_freep) struct map *m = map_new();
    uint8_t key[32] = { 7 }, other[32] = { 9 }, want[32], got[32], be[24] = { 0 };
    AUTO(buf_freep) struct buf *proof = buf_new(MAP_PROOF_MAX);
    uint64_t index = 99;
    be[7] = 3;
    be[15] = 5;
    be[23] = 8;
    ok(!map_find(m, key, &index) && index == 99, "not in an empty map");
    ok(map_add(m, key, 3) && map_add(m, other, 4), "new");
    ok(!map_add(m, key, 3), "twice in one entry");
    map_value(3, want);
    ok(map_prove(m, key, proof, got) && memcmp(got, want, 32) == 0, "counts once");
    ok(!map_add(m, key, 5) && !map_add(m, key, 8) && !map_add(m, key, 8), "met again");
    hash_sha256(BYTES(be, 24), want);
    buf_reset(proof);
    ok(map_prove(m, key, proof, got) && memcmp(got, want, 32) == 0, "value is the hash of all indices");
    uint8_t root[HASH_LEN];
    map_root(m, root);
    ok(map_verify_present(root, key, got, bytes_of(proof), NULL) == OK, "and proved");
    ok(map_find(m, key, &index) && index == 3 && map_count(m) == 2, "the first one is found");
}

static void refused(void)
{
    static const uint8_t key[32] = { 0 }, value[32] = { 1 };
    uint8_t proof[2 * 34] = { 0 }, root[32];
    struct map_pair pairs[2] = { { .key = { 2 } }, { .key = { 1 } } };
    ok(map_root_sorted(pairs, 2, root, NULL) == E_INVALID, "keys that do not ascend");
    for (unsigned first = 0; first < 256; first++) { /* a step at a bit, then one at the same bit */
        proof[0] = (uint8_t)first;
        proof[33] = (uint8_t)first;
        if (map_verify_present(root, key, value, BYTES(proof, 66), NULL) == OK)
            ok(false, "equal bit positions %u", first);
    }
    ok(map_verify_present(root, key, value, BYTES(proof, 66), NULL) == E_UNVERIFIED, "equal bit positions");
}

/* 10^6 keys: the arena and its references hold. */
static void many(void)
{
    enum { N = 1000000 };
    AUTO(map_freep) struct map *m = map_new();
    AUTO(buf_freep) struct buf *proof = buf_new(MAP_PROOF_MAX);
    uint8_t root[HASH_LEN], key[32] = { 0 }, value[32];
    uint64_t x = 88172645463325252u;
    bool found = true;
    for (uint32_t i = 0; i < N; i++) {
        for (int w = 0; w < 32; w += 8) {
            x ^= x << 13, x ^= x >> 7, x ^= x << 17;
            memcpy(key + w, &x, 8);
        }
        map_add(m, key, i);
    }
    map_root(m, root);
    found = map_prove(m, key, proof, value);
    ok(found && map_count(m) == N && map_verify_present(root, key, value, bytes_of(proof), NULL) == OK,
       "a million keys: presence in %zu bytes", proof->len);
    key[0] ^= 1;
    buf_reset(proof);
    found = map_prove(m, key, proof, value);
    ok(!found && map_verify_absent(root, key, bytes_of(proof), NULL) == OK, "and absence in %zu bytes",
       proof->len);
}

int main(void)
{
    if (crypto_start(NULL) != OK)
        return 99;
    published();
    computed();
    grow();
    met_again();
    refused();
    many();
    vec_done();
    return tap_done();
}
