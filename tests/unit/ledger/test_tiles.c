/* SPDX-License-Identifier: Apache-2.0 - tiles and bundles against Tessera's test log and computed logs */
#include "ledger/checkpoint.h"
#include "ledger/tiles.h"
#include "tap.h"
#include "vec.h"

static void paths(const json_t *index_paths)
{
    const char *n;
    const json_t *want;
    json_object_foreach ((json_t *)(uintptr_t)index_paths, n, want) {
        struct tile t = { .level = 3, .number = strtoull(n, NULL, 10), .width = 17 }, back;
        char path[TILES_PATH_SIZE], expected[80];
        snprintf(expected, sizeof expected, "tile/3/%s.p/17", json_string_value(want));
        tiles_path(&t, path);
        is_str(path, expected, "path");
        ok(tiles_path_read(path, &back) && back.level == 3 && back.number == t.number && back.width == 17,
           "and back");
    }
    static const char *const bad[] = {
        "",
        "tile",
        "tile/",
        "tile/0",
        "tile/0/",
        "tile/0/1",
        "tile/0/01",
        "tile/0/0001",
        "tile/0/x001",
        "tile/0/x000/001",
        "tile/0/001/002",
        "tile/64/001",
        "tile/00/001",
        "tile/-1/001",
        "tile/0/001.p/0",
        "tile/0/001.p/256",
        "tile/0/001.p/01",
        "tile/0/001.p",
        "tile/0/001/",
        "tile/data/001",
        "tile/0/001.p/1 ",
        "tile/0/x001/x002/",
        "/tile/0/001",
        "tile/0/001.p/1/2",
        "tile/0/x999/x999/x999/x999/x999/x999/x999/999",
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct tile t;
        ok(!tiles_path_read(bad[i], &t), "refused: '%s'", bad[i]);
    }
    struct tile largest = { .level = TILES_ENTRIES, .number = ((uint64_t)1 << 55) - 1, .width = 255 }, back;
    char path[TILES_PATH_SIZE];
    tiles_path(&largest, path);
    ok(tiles_path_read(path, &back) && back.number == largest.number && back.level == TILES_ENTRIES,
       "the largest: %s", path);
}

/* A log in memory, and its resources by path. */
struct memory {
    struct tree_memory *tree;
    struct tree_nodes nodes;
    struct bytes (*entry)(uint64_t i, char text[static 80]);
};

static void add(struct memory *m, uint64_t i)
{
    char text[80];
    uint8_t leaf[HASH_LEN];
    tree_leaf(m->entry(i, text), leaf);
    tree_memory_append(m->tree, leaf);
}

static void resource(struct memory *m, const struct tile *t, struct buf *out)
{
    char text[80];
    if (t->level == TILES_ENTRIES) {
        for (unsigned i = 0; i < t->width; i++)
            tiles_put_entry(out, m->entry(t->number * TILES_WIDTH + i, text));
        return;
    }
    if (tiles_put(&m->nodes, t, out, NULL) != OK)
        out->failed = true;
}

static struct bytes visible_entry(uint64_t i, char text[static 80])
{
    int n = snprintf(text, 80, "visible entry %llu ", (unsigned long long)i);
    memset(text + n, '.', i % 50);
    return BYTES(text, (size_t)n + i % 50);
}

static enum err fetch(void *ctx, const struct tile *t, struct buf *out, struct fail *f)
{
    (void)f;
    resource(ctx, t, out);
    return OK;
}

/* proofs: nodes from tiles give the same proofs as nodes from memory. */
static void proofs(struct memory *m, uint64_t size)
{
    struct tiles_source s = { fetch, m, size };
    struct tree_nodes from_tiles = tiles_nodes(&s);
    static const uint64_t at[] = { 0, 255, 256, 40000, 65535, 65536, 69887, 69999 };
    uint8_t root[HASH_LEN], want[HASH_LEN];
    ok(tree_root(&from_tiles, size, root, NULL) == OK && tree_root(&m->nodes, size, want, NULL) == OK &&
           memcmp(root, want, HASH_LEN) == 0,
       "root from tiles");
    for (size_t i = 0; i < COUNT(at); i++) {
        AUTO(buf_freep) struct buf *a = buf_new(4096);
        AUTO(buf_freep) struct buf *b = buf_new(4096);
        ok(tree_prove_inclusion(&from_tiles, at[i], size, a, NULL) == OK &&
               tree_prove_inclusion(&m->nodes, at[i], size, b, NULL) == OK &&
               tree_prove_consistency(&from_tiles, at[i] + 1, size, a, NULL) == OK &&
               tree_prove_consistency(&m->nodes, at[i] + 1, size, b, NULL) == OK &&
               bytes_equal(bytes_of(a), bytes_of(b)),
           "proofs of %llu from tiles", (unsigned long long)at[i]);
    }
    uint8_t h[HASH_LEN];
    ok(from_tiles.node(from_tiles.ctx, 0, size, h, NULL) == E_INVALID &&
           from_tiles.node(from_tiles.ctx, 17, 0, h, NULL) == E_INVALID,
       "no node beyond the size");
}

static void computed(void)
{
    json_t *t = vec_load("tiles_computed"), *want;
    const char *path;
    struct memory m = { tree_memory_new(), { 0 }, visible_entry };
    uint64_t size = vec_u64(t, "size");
    uint8_t h[HASH_LEN];
    m.nodes = tree_memory_nodes(m.tree);
    for (uint64_t i = 0; i < size; i++)
        add(&m, i);
    ok(tree_root(&m.nodes, size, h, NULL) == OK &&
           memcmp(h, vec_b64(json_object_get(t, "root")).data, HASH_LEN) == 0,
       "root of %llu entries", (unsigned long long)size);
    json_object_foreach (json_object_get(t, "resources"), path, want) {
        AUTO(buf_freep) struct buf *b = buf_new(1 << 20);
        struct tile tile;
        bool good = tiles_path_read(path, &tile) && tiles_width(tile.level, tile.number, size) == tile.width;
        if (good)
            resource(&m, &tile, b);
        hash_sha256(bytes_of(b), h);
        ok(good && b->len == vec_u64(want, "len") &&
               memcmp(h, vec_hex(json_object_get(want, "sha256")).data, HASH_LEN) == 0,
           "%s", path);
    }
    ok(tiles_width(1, 2, size) == 0 && tiles_width(3, 0, size) == 0 && tiles_width(0, 274, size) == 0,
       "no tile where there is nothing");
    paths(json_object_get(t, "index_paths"));
    proofs(&m, size);
    tree_memory_free(m.tree);
}

/* Tessera's log: every resource hashes up to its checkpoints. */
static void tessera(void)
{
    json_t *t = vec_load("tessera_testlog"), *note;
    const json_t *resources = json_object_get(t, "resources_base64");
    const char *size_text;
    struct note_key key;
    if (note_key_read(bytes_str(vec_str(t, "vkey")), &key, NULL) != OK)
        exit(99);
    json_object_foreach (json_object_get(t, "checkpoints"), size_text, note) {
        struct checkpoint c;
        uint64_t size = strtoull(size_text, NULL, 10);
        struct tree_range r = { 0 };
        uint8_t root[HASH_LEN];
        char path[TILES_PATH_SIZE];
        if (!ok(checkpoint_open(bytes_str(json_string_value(note)), &key, &c, NULL) == OK && c.size == size,
                "checkpoint of %llu", (unsigned long long)size) ||
            size == 0)
            continue;
        struct tile bundle = { TILES_ENTRIES, 0, (unsigned)size }, hashes = { 0, 0, (unsigned)size };
        tiles_path(&bundle, path);
        struct reader entries = reader_of(vec_b64(json_object_get(resources, path)));
        tiles_path(&hashes, path);
        struct bytes tile = vec_b64(json_object_get(resources, path)), e;
        while (tiles_next_entry(&entries, &e)) {
            uint8_t leaf[HASH_LEN];
            tree_leaf(e, leaf);
            if (tile.len <= r.size * HASH_LEN || memcmp(leaf, tile.data + r.size * HASH_LEN, HASH_LEN) != 0)
                break;
            tree_range_append(&r, leaf);
        }
        tree_range_root(&r, root);
        ok(reader_done(&entries) && r.size == size && memcmp(root, c.root, HASH_LEN) == 0,
           "bundle, tile and root of %llu", (unsigned long long)size);
    }
}

int main(void)
{
    if (crypto_start(NULL) != OK)
        return 99;
    computed();
    tessera();
    vec_done();
    return tap_done();
}
