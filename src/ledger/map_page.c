/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/map_page.h"

#include "base/mem.h"
#include "ledger/map.h"

/* A reference is 0 for none, else the number of a leaf or inner node, from 1, with the highest bit set for leaves. */
typedef uint32_t noderef;

#define LEAF   ((noderef)1 << 31)
#define MANY   ((uint64_t)1 << 63)
#define RECORD 40u /* bytes of a key in the store */

struct leaf {
    uint8_t key[32];
    uint64_t index; /* entry that carries it; MANY | n: see repeats, n */
};

/* What a walk needs of an inner node. Its hash stands elsewhere, so that walks share few cache lines. */
struct inner {
    noderef child[2];
    uint16_t bit;
    uint8_t dirty; /* bit c: something below child c has changed since it was hashed */
};

static struct leaf *leaf_at(const struct page *p, noderef r)
{
    return (struct leaf *)(void *)p->block + ((r & ~LEAF) - 1);
}

static struct inner *inner_at(const struct page *p, noderef r)
{
    return (struct inner *)(void *)(p->block + (size_t)p->cap * sizeof(struct leaf)) + (r - 1);
}

static uint8_t *hash_at(const struct page *p, noderef r)
{
    return p->block + (size_t)p->cap * (sizeof(struct leaf) + sizeof(struct inner)) +
           (size_t)(r - 1) * HASH_LEN;
}

static bool is_leaf(noderef r)
{
    return (r & LEAF) != 0;
}

/* resize: room for ${cap} keys. */
static void resize(struct page *p, uint32_t cap)
{
    struct page old = *p;
    p->block = mem_array(cap, sizeof(struct leaf) + sizeof(struct inner) + HASH_LEN);
    p->cap = cap;
    if (old.block) {
        memcpy(leaf_at(p, 1), leaf_at(&old, 1), old.leaves * sizeof(struct leaf));
        memcpy(inner_at(p, 1), inner_at(&old, 1), old.inners * sizeof(struct inner));
        memcpy(hash_at(p, 1), hash_at(&old, 1), (size_t)old.inners * HASH_LEN);
    }
    free(old.block);
}

static noderef new_leaf(struct page *p, const uint8_t key[static 32], uint64_t index)
{
    if (p->leaves == p->cap) {
        if (p->cap > LEAF / 2)
            BUG("a page of more than 2^31 keys does not fit in memory");
        resize(p, p->cap + p->cap / 8 + 4);
    }
    noderef r = ++p->leaves | LEAF;
    memcpy(leaf_at(p, r)->key, key, 32);
    leaf_at(p, r)->index = index;
    return r;
}

void page_clear(struct page *p)
{
    free(p->block);
    *p = (struct page){ 0 };
}

void repeats_clear(struct repeats *r)
{
    for (size_t i = 0; i < r->count; i++)
        free(r->list[i].index);
    free(r->list);
    *r = (struct repeats){ 0 };
}

/* Keys and hashes ----------------------------------------------------------------------------------------- */

unsigned map_bit(const uint8_t key[static 32], unsigned b)
{
    return (key[b >> 3] >> (7 - (b & 7))) & 1u;
}

unsigned map_differ(const uint8_t a[static 32], const uint8_t b[static 32])
{
    for (unsigned i = 0; i < 32; i++)
        if (a[i] != b[i])
            return 8 * i + (unsigned)__builtin_clz((unsigned)(a[i] ^ b[i])) - 24;
    return MAP_KEY_BITS;
}

size_t map_uv(unsigned v, uint8_t out[static 2])
{
    out[0] = (uint8_t)(v & 0x7f);
    if (v < 0x80)
        return 1;
    out[0] |= 0x80;
    out[1] = (uint8_t)(v >> 7);
    return 2;
}

void map_leaf_hash(const uint8_t key[static 32], const uint8_t value[static 32], uint8_t out[static HASH_LEN])
{
    uint8_t block[67] = { 0x00, 32 };
    memcpy(block + 2, key, 32);
    block[34] = 32;
    memcpy(block + 35, value, 32);
    hash_sha256(BYTES(block, sizeof block), out);
}

void map_inner_hash(unsigned bit, const uint8_t left[static HASH_LEN], const uint8_t right[static HASH_LEN],
                    uint8_t out[static HASH_LEN])
{
    uint8_t block[1 + 2 + 2 * HASH_LEN] = { 0x01 };
    size_t n = 1 + map_uv(bit, block + 1);
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

static void value_of(const struct repeats *repeats, const struct leaf *l, uint8_t out[static 32])
{
    if ((l->index & MANY) == 0) {
        map_value(l->index, out);
        return;
    }
    const struct repeat *many = &repeats->list[l->index & ~MANY];
    AUTO(hash_stream_freep) struct hash_stream *h = hash_stream_new();
    for (size_t i = 0; i < many->count; i++) {
        uint8_t be[8];
        put_u64(many->index[i], be);
        hash_stream_add(h, BYTES(be, sizeof be));
    }
    hash_stream_final(h, out);
}

/* node_hash: the hash of ${r}; where ${dirty} is not 0, hash what has changed below first. Depth is at most the 256 bits of a
 * key. */
static void node_hash(const struct page *p, const struct repeats *repeats, noderef r, unsigned dirty,
                      uint8_t out[static HASH_LEN])
{
    if (is_leaf(r)) {
        const struct leaf *l = leaf_at(p, r);
        uint8_t value[32];
        value_of(repeats, l, value);
        map_leaf_hash(l->key, value, out);
        return;
    }
    uint8_t *hash = hash_at(p, r);
    if (dirty != 0) {
        struct inner *n = inner_at(p, r);
        uint8_t left[HASH_LEN], right[HASH_LEN];
        node_hash(p, repeats, n->child[0], n->dirty & 1u, left);
        node_hash(p, repeats, n->child[1], n->dirty & 2u, right);
        map_inner_hash(n->bit, left, right, hash);
        n->dirty = 0;
    }
    memcpy(out, hash, HASH_LEN);
}

void page_hash(struct page *p, const struct repeats *r, uint8_t out[static HASH_LEN])
{
    node_hash(p, r, p->root, p->dirty, out);
    p->dirty = false;
}

/* Walking and adding -------------------------------------------------------------------------------------- */

/* walk: the leaf at which the walk for ${key} ends; the page is not empty. */
static noderef walk(const struct page *p, const uint8_t key[static 32])
{
    noderef r = p->root;
    while (!is_leaf(r)) {
        const struct inner *n = inner_at(p, r);
        r = n->child[map_bit(key, n->bit)];
    }
    return r;
}

/* again: ${l} is met once more, in entry ${index}. */
static void again(struct page *p, struct repeats *r, struct leaf *l, uint64_t index)
{
    if ((l->index & MANY) == 0) {
        if (l->index == index)
            return;
        r->list = mem_grow(r->list, r->count + 1, sizeof *r->list);
        r->list[r->count] = (struct repeat){ mem_array(4, sizeof(uint64_t)), 1, 4 };
        r->list[r->count].index[0] = l->index;
        l->index = MANY | r->count++;
        p->repeated = true;
    }
    struct repeat *many = &r->list[l->index & ~MANY];
    if (many->index[many->count - 1] == index)
        return;
    if (many->count == many->cap) {
        many->cap *= 2;
        many->index = mem_grow(many->index, many->cap, sizeof *many->index);
    }
    many->index[many->count++] = index;
}

/* mark: every inner node on the way to ${key} above bit ${bit} must be hashed again. Returns where the way goes on; ${was}:
 * whether what is there was to be hashed again already. */
static noderef *mark(struct page *p, const uint8_t key[static 32], unsigned bit, bool *was)
{
    noderef *at = &p->root;
    *was = p->dirty;
    p->dirty = true;
    while (!is_leaf(*at)) {
        struct inner *n = inner_at(p, *at);
        unsigned c = map_bit(key, n->bit);
        if (n->bit > bit)
            break;
        *was = (n->dirty >> c & 1u) != 0;
        n->dirty |= (uint8_t)(1u << c);
        at = &n->child[c];
    }
    return at;
}

bool page_add(struct page *p, struct repeats *r, const uint8_t key[static 32], uint64_t index)
{
    bool was;
    if (index >= MANY)
        BUG("an entry has an index below 2^63");
    p->kept = false;
    if (p->leaves == 0) {
        p->root = new_leaf(p, key, index);
        p->dirty = true;
        return true;
    }
    struct leaf *met = leaf_at(p, walk(p, key));
    unsigned bit = map_differ(met->key, key);
    if (bit == MAP_KEY_BITS) {
        again(p, r, met, index);
        mark(p, key, MAP_KEY_BITS, &was);
        return false;
    }
    noderef leaf = new_leaf(p, key, index), inner = ++p->inners;
    noderef *at = mark(p, key, bit, &was);
    struct inner *n = inner_at(p, inner);
    unsigned c = map_bit(key, bit);
    n->bit = (uint16_t)bit;
    n->child[c] = leaf;
    n->child[!c] = *at;
    n->dirty = (uint8_t)((unsigned)was << !c);
    *at = inner;
    return true;
}

bool page_find(const struct page *p, const struct repeats *r, const uint8_t key[static 32], uint64_t *index)
{
    if (p->leaves == 0)
        return false;
    const struct leaf *l = leaf_at(p, walk(p, key));
    if (memcmp(l->key, key, 32) != 0)
        return false;
    *index = (l->index & MANY) == 0 ? l->index : r->list[l->index & ~MANY].index[0];
    return true;
}

bool page_prove(const struct page *p, const struct repeats *r, const uint8_t key[static 32],
                struct buf *proof, uint8_t value[static 32])
{
    noderef way[MAP_KEY_BITS], at = p->root;
    size_t depth = 0;
    uint8_t own[32], h[HASH_LEN];
    for (; !is_leaf(at); at = inner_at(p, at)->child[map_bit(key, inner_at(p, at)->bit)])
        way[depth++] = at;
    const struct leaf *l = leaf_at(p, at);
    bool present = memcmp(l->key, key, 32) == 0;
    value_of(r, l, own);
    if (present) {
        memcpy(value, own, 32);
    } else {
        buf_put_u8(proof, 32);
        buf_put(proof, l->key, 32);
        buf_put_u8(proof, 32);
        buf_put(proof, own, 32);
    }
    while (depth-- > 0) {
        const struct inner *n = inner_at(p, way[depth]);
        uint8_t bit[2];
        buf_put(proof, bit, map_uv(n->bit, bit));
        node_hash(p, r, n->child[!map_bit(key, n->bit)], 0, h);
        buf_put(proof, h, HASH_LEN);
    }
    return present;
}

/* Splitting ------------------------------------------------------------------------------------------------ */

static uint32_t keys_below(const struct page *p, noderef r)
{
    if (is_leaf(r))
        return 1;
    const struct inner *n = inner_at(p, r);
    return keys_below(p, n->child[0]) + keys_below(p, n->child[1]);
}

static noderef copy(const struct page *from, noderef r, struct page *to)
{
    if (is_leaf(r))
        return new_leaf(to, leaf_at(from, r)->key, leaf_at(from, r)->index);
    noderef made = ++to->inners;
    *inner_at(to, made) = *inner_at(from, r);
    memcpy(hash_at(to, made), hash_at(from, r), HASH_LEN);
    for (unsigned c = 0; c < 2; c++)
        inner_at(to, made)->child[c] = copy(from, inner_at(from, r)->child[c], to);
    return made;
}

void page_split(struct page *p, unsigned bit, struct page half[static 2])
{
    half[0] = half[1] = (struct page){ 0 };
    if (p->leaves == 0)
        return;
    const struct inner *n = is_leaf(p->root) ? NULL : inner_at(p, p->root);
    if (!n || n->bit != bit) { /* all on one side */
        struct page *side = &half[map_bit(leaf_at(p, LEAF | 1)->key, bit)];
        *side = *p;
        side->kept = false;
    } else {
        for (unsigned c = 0; c < 2; c++) {
            uint32_t keys = keys_below(p, n->child[c]);
            resize(&half[c], keys + keys / 8 + 2);
            half[c].root = copy(p, n->child[c], &half[c]);
            half[c].dirty = is_leaf(half[c].root) || (n->dirty >> c & 1u) != 0;
            half[c].repeated = p->repeated;
        }
        free(p->block);
    }
    *p = (struct page){ 0 };
}

/* To the store and back ------------------------------------------------------------------------------------ */

static void put_below(const struct page *p, const struct repeats *r, noderef at, struct buf *out)
{
    if (!is_leaf(at)) {
        put_below(p, r, inner_at(p, at)->child[0], out);
        put_below(p, r, inner_at(p, at)->child[1], out);
        return;
    }
    const struct leaf *l = leaf_at(p, at);
    bool one = (l->index & MANY) == 0;
    const uint64_t *index = one ? &l->index : r->list[l->index & ~MANY].index;
    size_t count = one ? 1 : r->list[l->index & ~MANY].count;
    for (size_t i = 0; i < count; i++) {
        buf_put(out, l->key, 32);
        buf_put_u64(out, index[i]);
    }
}

void page_put(const struct page *p, const struct repeats *r, struct buf *out)
{
    if (p->leaves > 0)
        put_below(p, r, p->root, out);
}

MUST_USE enum err page_get(struct page *p, struct repeats *r, struct bytes v, uint64_t limit, struct fail *f)
{
    const uint8_t *before = NULL;
    uint64_t index_before = 0;
    if (v.len % RECORD != 0)
        return fail_set(f, E_STORE, "a page of the map has %zu bytes", v.len);
    if (v.len > 0)
        resize(p, (uint32_t)(v.len / RECORD) + 4);
    struct reader in = reader_of(v);
    struct bytes key;
    uint64_t index;
    while (get_bytes(&in, 32, &key) && get_u64(&in, &index)) {
        int order = before ? memcmp(before, key.data, 32) : -1;
        if (index >= MANY || order > 0 || (order == 0 && index <= index_before))
            return fail_set(f, E_STORE, "the keys of a page of the map do not ascend");
        if (index < limit)
            page_add(p, r, key.data, index);
        before = key.data;
        index_before = index;
    }
    return OK;
}
