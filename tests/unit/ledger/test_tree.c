/* SPDX-License-Identifier: Apache-2.0 - the Merkle tree against RFC 6962's reference tree and foreign proofs */
#include "ledger/tree.h"
#include "tap.h"
#include "vec.h"

/* A proof list of the upstream files: entries that are not 32 bytes long must make a verifier refuse. Joined
 * they may hide that, so an odd one is a refusal already. */
static bool joined(const json_t *list, struct bytes *out)
{
    size_t i;
    const json_t *v;
    json_array_foreach (list, i, v)
        if (vec_b64(v).len != HASH_LEN)
            return false;
    *out = vec_joined(list);
    return true;
}

static bool hash_of(const json_t *v, const char *name, struct bytes *out)
{
    *out = vec_b64(json_object_get(v, name));
    return out->len == HASH_LEN;
}

static void reference_tree(void)
{
    const json_t *t = vec_load("rfc6962_reference_tree"), *v;
    struct tree_range r = { 0 };
    AUTO(tree_memory_freep) struct tree_memory *m = tree_memory_new();
    struct tree_nodes nodes = tree_memory_nodes(m);
    uint8_t h[HASH_LEN], root[HASH_LEN], again[HASH_LEN];
    size_t i;
    tree_range_root(&r, root);
    ok(memcmp(root, vec_hex(json_object_get(t, "empty_root_hex")).data, HASH_LEN) == 0, "empty tree");
    json_array_foreach (json_object_get(t, "leaf_inputs_hex"), i, v) {
        tree_leaf(vec_hex(v), h);
        ok(memcmp(h, vec_hex(json_array_get(json_object_get(t, "leaf_hashes_hex"), i)).data, HASH_LEN) == 0,
           "leaf %zu", i);
        tree_range_append(&r, h);
        tree_memory_append(m, h);
        tree_range_root(&r, root);
        ok(memcmp(root, vec_hex(json_array_get(json_object_get(t, "root_hashes_hex"), i)).data, HASH_LEN) ==
               0,
           "root of %zu", i + 1);
        ok(tree_root(&nodes, i + 1, again, NULL) == OK && memcmp(root, again, HASH_LEN) == 0,
           "root of %zu from nodes", i + 1);
    }
}

static void inclusion(const char *file)
{
    const json_t *v;
    size_t i;
    json_array_foreach (json_object_get(vec_load(file), "vectors"), i, v) {
        struct bytes root, leaf, proof;
        bool good = hash_of(v, "root", &root) && hash_of(v, "leafHash", &leaf) &&
                    joined(json_object_get(v, "proof"), &proof) &&
                    tree_verify_inclusion(vec_u64(v, "leafIdx"), vec_u64(v, "treeSize"), leaf.data, proof,
                                          root.data, NULL) == OK;
        ok(good == !vec_bool(v, "wantErr"), "%s %s", vec_str(v, "file"), vec_str(v, "desc"));
    }
}

static void consistency(const char *file)
{
    const json_t *v;
    size_t i;
    json_array_foreach (json_object_get(vec_load(file), "vectors"), i, v) {
        struct bytes root1, root2, proof;
        bool good = hash_of(v, "root1", &root1) && hash_of(v, "root2", &root2) &&
                    joined(json_object_get(v, "proof"), &proof) &&
                    tree_verify_consistency(vec_u64(v, "size1"), vec_u64(v, "size2"), root1.data, root2.data,
                                            proof, NULL) == OK;
        /* roots that are no hashes, accepted upstream only since sizes and roots are equal */
        bool no_hash = root1.len != HASH_LEN && !vec_bool(v, "wantErr");
        ok(good == (!vec_bool(v, "wantErr") && !no_hash), "%s %s", vec_str(v, "file"), vec_str(v, "desc"));
    }
}

#define LEAVES 1100

/* visible_leaf: what the computed vectors put into their trees. */
static void visible_leaf(uint64_t i, uint8_t out[static HASH_LEN])
{
    char text[40];
    snprintf(text, sizeof text, "visible leaf %llu", (unsigned long long)i);
    tree_leaf(bytes_str(text), out);
}

static bool proof_is(const json_t *want, const struct buf *got)
{
    return bytes_equal(vec_joined(want), bytes_of(got));
}

static void computed_inclusion(const json_t *v, const struct tree_nodes *nodes, uint64_t have)
{
    uint64_t index = vec_u64(v, "index"), size = vec_u64(v, "size");
    const json_t *at = json_object_get(v, "leaf_index"), *proof = json_object_get(v, "proof");
    uint8_t leaf[HASH_LEN];
    AUTO(buf_freep) struct buf *made = buf_new(TREE_PROOF_MAX);
    visible_leaf(at ? (uint64_t)json_integer_value(at) : index, leaf);
    bool good = tree_verify_inclusion(index, size, leaf, vec_joined(proof),
                                      vec_b64(json_object_get(v, "root")).data, NULL) == OK;
    ok(good == vec_bool(v, "want_ok"), "inclusion of %llu in %llu %s", (unsigned long long)index,
       (unsigned long long)size, vec_str(v, "why"));
    if (vec_bool(v, "want_ok") && size <= have)
        ok(tree_prove_inclusion(nodes, index, size, made, NULL) == OK && proof_is(proof, made),
           "made: inclusion of %llu in %llu", (unsigned long long)index, (unsigned long long)size);
}

static void computed_consistency(const json_t *v, const struct tree_nodes *nodes, uint64_t have)
{
    uint64_t old = vec_u64(v, "size1"), size = vec_u64(v, "size2");
    const json_t *proof = json_object_get(v, "proof");
    AUTO(buf_freep) struct buf *made = buf_new(TREE_PROOF_MAX);
    bool good =
        tree_verify_consistency(old, size, vec_b64(json_object_get(v, "root1")).data,
                                vec_b64(json_object_get(v, "root2")).data, vec_joined(proof), NULL) == OK;
    ok(good == vec_bool(v, "want_ok"), "consistency %llu to %llu %s", (unsigned long long)old,
       (unsigned long long)size, vec_str(v, "why"));
    if (vec_bool(v, "want_ok") && size <= have)
        ok(tree_prove_consistency(nodes, old, size, made, NULL) == OK && proof_is(proof, made),
           "made: consistency %llu to %llu", (unsigned long long)old, (unsigned long long)size);
}

static void computed(void)
{
    const json_t *t = vec_load("tree_computed"), *v;
    AUTO(tree_memory_freep) struct tree_memory *m = tree_memory_new();
    struct tree_nodes nodes = tree_memory_nodes(m);
    size_t i;
    for (uint64_t n = 0; n < LEAVES; n++) {
        uint8_t leaf[HASH_LEN];
        visible_leaf(n, leaf);
        tree_memory_append(m, leaf);
    }
    json_array_foreach (json_object_get(t, "inclusion"), i, v)
        computed_inclusion(v, &nodes, LEAVES);
    json_array_foreach (json_object_get(t, "consistency"), i, v)
        computed_consistency(v, &nodes, LEAVES);
}

static void refused(void)
{
    AUTO(tree_memory_freep) struct tree_memory *m = tree_memory_new();
    struct tree_nodes nodes = tree_memory_nodes(m);
    AUTO(buf_freep) struct buf *b = buf_new(TREE_PROOF_MAX);
    struct tree_range r = { 0 };
    uint8_t h[HASH_LEN] = { 1 };
    for (int i = 0; i < 5; i++) {
        h[0]++;
        tree_memory_append(m, h);
        tree_range_append(&r, h);
    }
    struct tree_range loaded;
    ok(tree_load(&nodes, 5, &loaded, NULL) == OK && loaded.size == 5 &&
           memcmp(loaded.hash, r.hash, 2 * HASH_LEN) == 0,
       "compact range from nodes");
    ok(tree_prove_inclusion(&nodes, 5, 5, b, NULL) == E_INVALID, "no such leaf");
    ok(tree_prove_inclusion(&nodes, 4, 6, b, NULL) == E_INVALID, "tree is not that large");
    ok(tree_prove_consistency(&nodes, 6, 5, b, NULL) == E_INVALID, "a smaller tree extends nothing");
    ok(tree_prove_consistency(&nodes, 0, 5, b, NULL) == OK &&
           tree_prove_consistency(&nodes, 5, 5, b, NULL) == OK,
       "nothing to prove");
    ok(tree_root(&nodes, (uint64_t)1 << 63, h, NULL) == E_INVALID, "2^63 leaves");
    ok(tree_verify_inclusion(0, (uint64_t)1 << 63, h, BYTES(NULL, 0), h, NULL) == E_UNVERIFIED,
       "proof for 2^63 leaves");
}

int main(void)
{
    if (crypto_start(NULL) != OK)
        return 99;
    reference_tree();
    inclusion("merkle_inclusion");
    consistency("merkle_consistency");
    computed();
    refused();
    vec_done();
    return tap_done();
}
