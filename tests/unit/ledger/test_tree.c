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

/* Where the rows of a tree come from that is opened on its rows' nodes. */
struct shelf {
    uint64_t size;
    uint64_t broken, lost; /* rows: that one has a changed leaf, or none, the first time; */
    bool anew;             /* and also when it is made anew */
    unsigned loads, again;
};

#define NO_ROW UINT64_MAX

static enum err take_down(void *ctx, uint64_t row, bool anew, struct buf *leaves, struct fail *f)
{
    struct shelf *s = ctx;
    bool bad = !anew || s->anew;
    (anew ? &s->again : &s->loads)[0]++;
    for (uint64_t i = row * TREE_ROW; i < (row + 1) * TREE_ROW && i < s->size; i++) {
        uint8_t leaf[HASH_LEN];
        visible_leaf(i, leaf);
        leaf[9] ^= (uint8_t)(bad && row == s->broken && i % TREE_ROW == 77);
        if (!bad || row != s->lost)
            buf_put(leaves, leaf, sizeof leaf);
    }
    return buf_check(leaves, "leaves", f);
}

/* same: all that can be asked of the one tree the other says, too. */
static bool same_nodes(struct tree_memory *a, struct tree_memory *b)
{
    struct tree_nodes x = tree_memory_nodes(a), y = tree_memory_nodes(b);
    for (unsigned h = 0; h < TREE_LEVELS; h++)
        for (uint64_t i = 0; i <= tree_memory_size(a) >> h; i++) {
            uint8_t in_a[HASH_LEN] = { 0 }, in_b[HASH_LEN] = { 0 };
            enum err is = x.node(x.ctx, h, i, in_a, NULL), was = y.node(y.ctx, h, i, in_b, NULL);
            if (is != was || (is == OK) != (i < tree_memory_size(a) >> h) ||
                memcmp(in_a, in_b, HASH_LEN) != 0)
                return false;
        }
    return true;
}

/* The first ${size} leaves as a tree, and its rows' nodes. */
static struct tree_memory *grown(uint64_t size, struct buf *rows)
{
    struct tree_memory *m = tree_memory_new();
    struct tree_nodes nodes = tree_memory_nodes(m);
    for (uint64_t i = 0; i < size; i++) {
        uint8_t h[HASH_LEN];
        visible_leaf(i, h);
        tree_memory_append(m, h);
        if ((i + 1) % TREE_ROW == 0 &&
            ok(nodes.node(nodes.ctx, TREE_ROW_HEIGHT, i / TREE_ROW, h, NULL) == OK, "a row's node"))
            buf_put(rows, h, sizeof h);
    }
    return m;
}

/* A tree on the nodes of its rows is the tree: its root without any full row, the rest once it is asked for; and it grows. */
static void opened(uint64_t size, bool given)
{
    AUTO(buf_freep) struct buf *rows = buf_new(1 << 16);
    AUTO(tree_memory_freep) struct tree_memory *m = grown(size, rows), *o = NULL;
    struct shelf shelf = { size, NO_ROW, NO_ROW, false, 0, 0 };
    struct tree_source source = { take_down, &shelf };
    struct fail f = { 0 };
    uint8_t is[HASH_LEN], was[HASH_LEN];
    if (!ok(tree_memory_open(size, given ? bytes_of(rows) : BYTES(NULL, 0), &source, &o, &f) == OK &&
                tree_memory_size(o) == size,
            "%llu leaves, rows %s: %s", (unsigned long long)size, given ? "given" : "made", f.what))
        return;
    struct tree_nodes a = tree_memory_nodes(m), b = tree_memory_nodes(o);
    unsigned loads = shelf.loads;
    ok(tree_root(&a, size, was, &f) == OK && tree_root(&b, size, is, &f) == OK &&
           memcmp(is, was, HASH_LEN) == 0 && shelf.loads == loads,
       "the same root, and no row was read for it");
    ok(loads == (given ? 0 : size / TREE_ROW) + (size % TREE_ROW != 0), "%u rows read to open it", loads);
    for (uint64_t i = size; i < size + 300; i++) {
        uint8_t leaf[HASH_LEN];
        visible_leaf(i, leaf);
        tree_memory_append(m, leaf);
        tree_memory_append(o, leaf);
    }
    ok(same_nodes(m, o) && same_nodes(o, m), "grown, every node is the same");
    ok(shelf.loads == loads + size / TREE_ROW && shelf.again == 0, "each row was read once");
}

/* Rows that are not what they have to be: made anew, or refused; nodes above and in others stay. */
static void torn(void)
{
    static const struct {
        const char *name;
        uint64_t broken, lost;
        bool anew, good;
    } rows[] = {
        { "a changed leaf", 1, NO_ROW, false, true },
        { "no leaves", NO_ROW, 1, false, true },
        { "a changed leaf, also anew", 1, NO_ROW, true, false },
        { "no leaves, also anew", NO_ROW, 1, true, false },
    };
    const uint64_t size = 3 * TREE_ROW + 5;
    AUTO(buf_freep) struct buf *nodes = buf_new(1 << 16);
    AUTO(tree_memory_freep) struct tree_memory *m = grown(size, nodes);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct shelf shelf = { size, rows[i].broken, rows[i].lost, rows[i].anew, 0, 0 };
        struct tree_source source = { take_down, &shelf };
        AUTO(tree_memory_freep) struct tree_memory *o = NULL;
        struct fail f = { 0 };
        uint8_t h[HASH_LEN];
        if (!ok(tree_memory_open(size, bytes_of(nodes), &source, &o, &f) == OK, "%s: opens: %s", rows[i].name,
                f.what))
            continue;
        struct tree_nodes n = tree_memory_nodes(o);
        enum err e = n.node(n.ctx, 3, TREE_ROW / 8 + 2, h, &f);
        ok(rows[i].good ? e == OK && same_nodes(m, o) : e == E_STORE && f.what[0], "%s: %s", rows[i].name,
           f.what);
        ok(shelf.again == 1, "%s: made anew once", rows[i].name);
        ok(n.node(n.ctx, 3, 2, h, NULL) == OK && n.node(n.ctx, 0, size - 1, h, NULL) == OK &&
               tree_root(&n, size, h, NULL) == OK,
           "%s: the rest is there", rows[i].name);
    }
    struct shelf shelf = { size, NO_ROW, 3, false, 0, 0 };
    struct tree_source source = { take_down, &shelf };
    AUTO(tree_memory_freep) struct tree_memory *o = NULL;
    struct fail f = { 0 };
    ok(tree_memory_open(size, bytes_of(nodes), &source, &o, &f) == E_STORE && !o,
       "the last row is missing: %s", f.what);
    shelf.lost = 1;
    ok(tree_memory_open(size, BYTES(NULL, 0), &source, &o, NULL) == E_STORE && !o,
       "no nodes, and a row is missing");
    shelf.lost = NO_ROW;
    ok(tree_memory_open(size, BYTES(nodes->data, nodes->len - 1), &source, &o, NULL) == E_STORE && !o,
       "half a node");
    ok(tree_memory_open(size + TREE_ROW, bytes_of(nodes), &source, &o, NULL) == E_STORE && !o,
       "nodes for fewer rows");
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
    static const uint64_t sizes[] = { 0, 1, 255, 256, 257, 511, 512, 1024, 1300 };
    for (size_t i = 0; i < COUNT(sizes); i++) {
        opened(sizes[i], true);
        opened(sizes[i], false);
    }
    torn();
    return tap_done();
}
