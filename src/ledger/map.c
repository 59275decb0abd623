/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/map.h"

#include "base/mem.h"
#include "ledger/tree.h"

#define KEY_BITS 256u

/*
 * Nodes live in chunks that never move, so that growing a large map does not copy it. A reference is 0 for
 * none, else the number of a leaf or inner node, from 1, with the highest bit set for leaves.
 */
typedef uint32_t noderef;

#define LEAF        ((noderef)1 << 31)
#define CHUNK_ITEMS 4096u
#define MANY        ((uint64_t)1 << 63)

struct leaf {
    uint8_t key[32];
    uint64_t index; /* entry that carries it; MANY | n: see many[n] */
};

/* What a walk needs of an inner node. Its hash stands elsewhere, so that walks share few cache lines. */
struct inner {
    noderef child[2];
    uint16_t bit;
    uint8_t dirty; /* bit c: something below child c has changed since it was hashed */
};

struct chunks {
    uint8_t **chunk;
    size_t chunk_count, item_size;
    uint32_t count; /* items in use; number n is at n - 1 */
};

/* The entries that carry a key met more than once. A violation that a monitor reports, so rare. */
struct many {
    uint64_t *index;
    size_t count, cap;
};

struct map {
    struct chunks leaves, inners, hashes; /* hashes: of the inner node with the same number */
    struct many *many;
    size_t many_count;
    noderef root;
    bool dirty; /* something below the root has changed */
};

static void *chunks_at(const struct chunks *c, uint32_t number)
{
    uint32_t i = number - 1;
    return c->chunk[i / CHUNK_ITEMS] + (size_t)(i % CHUNK_ITEMS) * c->item_size;
}

static uint32_t chunks_add(struct chunks *c)
{
    if (c->count >= LEAF - 1)
        BUG("a map of more than 2^31 keys does not fit in memory");
    if (c->count % CHUNK_ITEMS == 0) {
        c->chunk = mem_grow(c->chunk, c->chunk_count + 1, sizeof *c->chunk);
        c->chunk[c->chunk_count++] = mem_array(CHUNK_ITEMS, c->item_size);
    }
    return ++c->count;
}

static void chunks_free(struct chunks *c)
{
    for (size_t i = 0; i < c->chunk_count; i++)
        free(c->chunk[i]);
    free(c->chunk);
}

static struct leaf *leaf_at(const struct map *m, noderef r)
{
    return chunks_at(&m->leaves, r & ~LEAF);
}

static struct inner *inner_at(const struct map *m, noderef r)
{
    return chunks_at(&m->inners, r);
}

static uint8_t *hash_at(const struct map *m, noderef r)
{
    return chunks_at(&m->hashes, r);
}

static bool is_leaf(noderef r)
{
    return (r & LEAF) != 0;
}

struct map *map_new(void)
{
    struct map *m = mem_new(sizeof *m);
    m->leaves.item_size = sizeof(struct leaf);
    m->inners.item_size = sizeof(struct inner);
    m->hashes.item_size = HASH_LEN;
    return m;
}

void map_free(struct map *m)
{
    if (m == NULL)
        return;
    chunks_free(&m->leaves);
    chunks_free(&m->inners);
    chunks_free(&m->hashes);
    for (size_t i = 0; i < m->many_count; i++)
        free(m->many[i].index);
    free(m->many);
    free(m);
}

void map_freep(struct map **m)
{
    map_free(*m);
    *m = NULL;
}

uint64_t map_count(const struct map *m)
{
    return m->leaves.count;
}

static unsigned bit_of(const uint8_t key[static 32], unsigned b)
{
    return (key[b >> 3] >> (7 - (b & 7))) & 1u;
}

/* first_difference: the first bit at which the keys differ, KEY_BITS if they are equal. */
static unsigned first_difference(const uint8_t a[static 32], const uint8_t b[static 32])
{
    for (unsigned i = 0; i < 32; i++)
        if (a[i] != b[i])
            return 8 * i + (unsigned)__builtin_clz((unsigned)(a[i] ^ b[i])) - 24;
    return KEY_BITS;
}

/* uv: unsigned LEB128 of a bit position, at most two bytes; returns how many. */
static size_t uv(unsigned v, uint8_t out[static 2])
{
    out[0] = (uint8_t)(v & 0x7f);
    if (v < 0x80)
        return 1;
    out[0] |= 0x80;
    out[1] = (uint8_t)(v >> 7);
    return 2;
}

static void leaf_hash(const uint8_t key[static 32], const uint8_t value[static 32],
                      uint8_t out[static HASH_LEN])
{
    uint8_t block[67] = { 0x00, 32 };
    memcpy(block + 2, key, 32);
    block[34] = 32;
    memcpy(block + 35, value, 32);
    hash_sha256(BYTES(block, sizeof block), out);
}

static void inner_hash(unsigned bit, const uint8_t left[static HASH_LEN],
                       const uint8_t right[static HASH_LEN], uint8_t out[static HASH_LEN])
{
    uint8_t block[1 + 2 + 2 * HASH_LEN] = { 0x01 };
    size_t n = 1 + uv(bit, block + 1);
    memcpy(block + n, left, HASH_LEN);
    memcpy(block + n + HASH_LEN, right, HASH_LEN);
    hash_sha256(BYTES(block, n + 2 * HASH_LEN), out);
}

static void put_u64(uint64_t v, uint8_t out[static 8])
{
    for (int i = 0; i < 8; i++)
        out[i] = (uint8_t)(v >> (56 - 8 * i));
}

void map_value(uint64_t index, uint8_t out[static 32])
{
    uint8_t be[8];
    put_u64(index, be);
    hash_sha256(BYTES(be, sizeof be), out);
}

static void value_of(const struct map *m, const struct leaf *l, uint8_t out[static 32])
{
    if ((l->index & MANY) == 0) {
        map_value(l->index, out);
        return;
    }
    const struct many *many = &m->many[l->index & ~MANY];
    AUTO(hash_stream_freep) struct hash_stream *h = hash_stream_new();
    for (size_t i = 0; i < many->count; i++) {
        uint8_t be[8];
        put_u64(many->index[i], be);
        hash_stream_add(h, BYTES(be, sizeof be));
    }
    hash_stream_final(h, out);
}

/* node_hash: the hash of ${r}; where ${dirty} is not 0, hash what has changed below first. Depth is at most the
 * 256 bits of a key. */
static void node_hash(const struct map *m, noderef r, unsigned dirty, uint8_t out[static HASH_LEN])
{
    if (is_leaf(r)) {
        const struct leaf *l = leaf_at(m, r);
        uint8_t value[32];
        value_of(m, l, value);
        leaf_hash(l->key, value, out);
        return;
    }
    uint8_t *hash = hash_at(m, r);
    if (dirty != 0) {
        struct inner *n = inner_at(m, r);
        uint8_t left[HASH_LEN], right[HASH_LEN];
        node_hash(m, n->child[0], n->dirty & 1u, left);
        node_hash(m, n->child[1], n->dirty & 2u, right);
        inner_hash(n->bit, left, right, hash);
        n->dirty = 0;
    }
    memcpy(out, hash, HASH_LEN);
}

void map_root(struct map *m, uint8_t out[static HASH_LEN])
{
    if (m->root == 0) {
        tree_empty_root(out);
        return;
    }
    node_hash(m, m->root, m->dirty, out);
    m->dirty = false;
}

/* walk: the leaf at which the walk for ${key} ends; the map is not empty. */
static noderef walk(const struct map *m, const uint8_t key[static 32])
{
    noderef r = m->root;
    while (!is_leaf(r)) {
        const struct inner *n = inner_at(m, r);
        r = n->child[bit_of(key, n->bit)];
    }
    return r;
}

/* again: ${l} is met once more, in entry ${index}. */
static void again(struct map *m, struct leaf *l, uint64_t index)
{
    if ((l->index & MANY) == 0) {
        if (l->index == index)
            return;
        m->many = mem_grow(m->many, m->many_count + 1, sizeof *m->many);
        m->many[m->many_count] = (struct many){ mem_array(4, sizeof(uint64_t)), 1, 4 };
        m->many[m->many_count].index[0] = l->index;
        l->index = MANY | m->many_count++;
    }
    struct many *many = &m->many[l->index & ~MANY];
    if (many->index[many->count - 1] == index)
        return;
    if (many->count == many->cap) {
        many->cap *= 2;
        many->index = mem_grow(many->index, many->cap, sizeof *many->index);
    }
    many->index[many->count++] = index;
}

/* mark: every inner node on the way to ${key} above bit ${bit} must be hashed again. Returns where the way goes
 * on; ${was}: whether what is there was to be hashed again already. */
static noderef *mark(struct map *m, const uint8_t key[static 32], unsigned bit, bool *was)
{
    noderef *at = &m->root;
    *was = m->dirty;
    m->dirty = true;
    while (!is_leaf(*at)) {
        struct inner *n = inner_at(m, *at);
        unsigned c = bit_of(key, n->bit);
        if (n->bit > bit)
            break;
        if (!is_leaf(n->child[!c])) /* its hash will be needed, and is in no cache yet */
            __builtin_prefetch(hash_at(m, n->child[!c]));
        *was = (n->dirty >> c & 1u) != 0;
        n->dirty |= (uint8_t)(1u << c);
        at = &n->child[c];
    }
    return at;
}

bool map_add(struct map *m, const uint8_t key[static 32], uint64_t index)
{
    unsigned bit = 0;
    bool was;
    if (index >= MANY)
        BUG("an entry has an index below 2^63");
    if (m->root != 0) {
        struct leaf *met = leaf_at(m, walk(m, key));
        bit = first_difference(met->key, key);
        if (bit == KEY_BITS) {
            again(m, met, index);
            mark(m, key, KEY_BITS, &was);
            return false;
        }
    }
    noderef leaf = chunks_add(&m->leaves) | LEAF;
    memcpy(leaf_at(m, leaf)->key, key, 32);
    leaf_at(m, leaf)->index = index;
    if (m->root == 0) {
        m->root = leaf;
        return true;
    }
    noderef inner = chunks_add(&m->inners);
    chunks_add(&m->hashes);
    noderef *at = mark(m, key, bit, &was);
    struct inner *n = inner_at(m, inner);
    unsigned c = bit_of(key, bit);
    n->bit = (uint16_t)bit;
    n->child[c] = leaf;
    n->child[!c] = *at;
    n->dirty = (uint8_t)((unsigned)was << !c);
    *at = inner;
    return true;
}

bool map_find(const struct map *m, const uint8_t key[static 32], uint64_t *index)
{
    if (m->root == 0)
        return false;
    const struct leaf *l = leaf_at(m, walk(m, key));
    if (memcmp(l->key, key, 32) != 0)
        return false;
    *index = (l->index & MANY) == 0 ? l->index : m->many[l->index & ~MANY].index[0];
    return true;
}

bool map_prove(struct map *m, const uint8_t key[static 32], struct buf *proof, uint8_t value[static 32])
{
    noderef way[KEY_BITS];
    size_t depth = 0;
    uint8_t own[32], h[HASH_LEN];
    if (m->root == 0)
        return false;
    noderef r = m->root;
    for (; !is_leaf(r); r = inner_at(m, r)->child[bit_of(key, inner_at(m, r)->bit)])
        way[depth++] = r;
    const struct leaf *l = leaf_at(m, r);
    bool present = memcmp(l->key, key, 32) == 0;
    value_of(m, l, own);
    if (present) {
        memcpy(value, own, 32);
    } else {
        buf_put_u8(proof, 32);
        buf_put(proof, l->key, 32);
        buf_put_u8(proof, 32);
        buf_put(proof, own, 32);
    }
    while (depth-- > 0) {
        const struct inner *n = inner_at(m, way[depth]);
        unsigned other = !bit_of(key, n->bit);
        uint8_t bit[2];
        buf_put(proof, bit, uv(n->bit, bit));
        node_hash(m, n->child[other], n->dirty & 1u << other, h);
        buf_put(proof, h, HASH_LEN);
    }
    return present;
}

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
    unsigned below = KEY_BITS, bit;
    struct bytes sibling;
    while (!reader_done(r)) {
        if (!get_uv(r, &bit) || bit >= below || !get_bytes(r, HASH_LEN, &sibling) ||
            bit_of(at, bit) != bit_of(key, bit))
            return false;
        if (bit_of(at, bit) == 0)
            inner_hash(bit, h, sibling.data, h);
        else
            inner_hash(bit, sibling.data, h, h);
        below = bit;
    }
    return true;
}

MUST_USE enum err map_verify_present(const uint8_t root[static HASH_LEN], const uint8_t key[static 32],
                                     const uint8_t value[static 32], struct bytes proof, struct fail *f)
{
    uint8_t h[HASH_LEN];
    struct reader r = reader_of(proof);
    leaf_hash(key, value, h);
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
            leaf_hash(other, value, h);
            good = climb(&r, other, key, h);
        }
    }
    if (!good || memcmp(h, root, HASH_LEN) != 0)
        return fail_set(f, E_UNVERIFIED, "proof of absence from the map does not hold");
    return OK;
}

/* A finished subtree on the stack. */
struct part {
    const uint8_t *key; /* any key in it */
    uint8_t hash[HASH_LEN];
};

static void merge(struct part *left, const struct part *right)
{
    inner_hash(first_difference(left->key, right->key), left->hash, right->hash, left->hash);
}

MUST_USE enum err map_root_sorted(const struct map_pair *pairs, size_t count, uint8_t out[static HASH_LEN],
                                  struct fail *f)
{
    struct part stack[KEY_BITS + 3];
    size_t n = 0;
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && memcmp(pairs[i - 1].key, pairs[i].key, 32) >= 0)
            return fail_set(f, E_INVALID, "the keys do not ascend");
        stack[n].key = pairs[i].key;
        leaf_hash(pairs[i].key, pairs[i].value, stack[n].hash);
        n++;
        while (n >= 3 && first_difference(stack[n - 3].key, stack[n - 2].key) >
                             first_difference(stack[n - 2].key, stack[n - 1].key)) {
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
