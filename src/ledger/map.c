/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/map.h"

#include "base/mem.h"
#include "ledger/map_page.h"
#include "ledger/tree.h"

#define PAGE_KEYS 48u /* on average, before there are twice as many pages */

/*
 * The table is a binary heap: node 1 is the root, nodes 2n and 2n + 1 are below n, node 2^depth + i is page i. A node at depth
 * B stands for the inner node at bit B if there are keys on both sides, else for what is on the one side that has any. So the
 * numbers of nodes stay when the depth grows.
 */
enum { FILLED = 1, DIRTY = 2 }; /* has keys; is to be hashed: then so are all above it */

struct map {
    unsigned depth;
    struct page *page;
    uint8_t (*hash)[HASH_LEN];
    uint8_t *state;
    uint64_t count, held; /* keys; those in memory */
    uint64_t away;        /* pages that are not */
    struct repeats repeats;
    struct map_source source;
    uint64_t limit, next_out; /* the page that map_let_go looks at next */
};

static uint64_t pages(const struct map *m)
{
    return (uint64_t)1 << m->depth;
}

/* hashes: of ${count} nodes; two that are next to each other in the heap share a cache line. */
static void *hashes(uint64_t count)
{
    void *p = NULL;
    if (posix_memalign(&p, 2 * (size_t)HASH_LEN, count * HASH_LEN) != 0)
        BUG("out of memory");
    memset(p, 0, count * HASH_LEN);
    return p;
}

static struct map *map_of(unsigned depth)
{
    struct map *m = mem_new(sizeof *m);
    m->depth = depth;
    m->page = mem_array(pages(m), sizeof *m->page);
    m->hash = hashes(2 * pages(m));
    m->state = mem_array(2 * pages(m), 1);
    m->limit = UINT64_MAX;
    return m;
}

struct map *map_new(void)
{
    return map_of(0);
}

void map_free(struct map *m)
{
    if (m == NULL)
        return;
    for (uint64_t i = 0; i < pages(m); i++)
        page_clear(&m->page[i]);
    repeats_clear(&m->repeats);
    free(m->page);
    free(m->hash);
    free(m->state);
    free(m);
}

void map_freep(struct map **m)
{
    map_free(*m);
    *m = NULL;
}

uint64_t map_count(const struct map *m)
{
    return m->count;
}

uint64_t map_held(const struct map *m)
{
    return m->held;
}

unsigned map_depth(const struct map *m)
{
    return m->depth;
}

/* The table ------------------------------------------------------------------------------------------------ */

/* prefix: the page that ${key} belongs to. */
static uint64_t prefix(const struct map *m, const uint8_t key[static 32])
{
    uint64_t top = (uint64_t)key[0] << 24 | (uint64_t)key[1] << 16 | (uint64_t)key[2] << 8 | key[3];
    return top >> (32 - m->depth);
}

static void mark(struct map *m, uint64_t page)
{
    for (uint64_t n = pages(m) + page; n > 0 && (m->state[n] & DIRTY) == 0; n >>= 1)
        m->state[n] = FILLED | DIRTY;
}

static bool filled(const struct map *m, uint64_t n)
{
    return (m->state[n] & FILLED) != 0;
}

static void node_hash(struct map *m, uint64_t n)
{
    if ((m->state[n] & DIRTY) == 0)
        return;
    m->state[n] = FILLED;
    if (n >= pages(m)) {
        page_hash(&m->page[n - pages(m)], &m->repeats, m->hash[n]);
        return;
    }
    node_hash(m, 2 * n);
    node_hash(m, 2 * n + 1);
    if (filled(m, 2 * n) && filled(m, 2 * n + 1))
        map_inner_hash(63 - (unsigned)__builtin_clzll(n), m->hash[2 * n], m->hash[2 * n + 1], m->hash[n]);
    else
        memcpy(m->hash[n], m->hash[2 * n + !filled(m, 2 * n)], HASH_LEN);
}

void map_root(struct map *m, uint8_t out[static HASH_LEN])
{
    if (m->count == 0) {
        tree_empty_root(out);
        return;
    }
    node_hash(m, 1);
    memcpy(out, m->hash[1], HASH_LEN);
}

/* walk: the node of the page in which the walk for ${key} ends; the map is not empty. */
static uint64_t walk(const struct map *m, const uint8_t key[static 32])
{
    uint64_t n = 1;
    for (unsigned bit = 0; bit < m->depth; bit++) {
        n = 2 * n + map_bit(key, bit);
        if (!filled(m, n))
            n ^= 1;
    }
    return n;
}

/* deepen: twice as many pages; all of them are in memory. What is new in the table is hashed with the next root, for which the
 * hashes inside the pages are there already. */
static void deepen(struct map *m)
{
    uint64_t old = pages(m);
    struct page *page = mem_array(2 * old, sizeof *page);
    uint8_t(*hash)[HASH_LEN] = hashes(4 * old);
    memcpy(hash, m->hash, 2 * old * HASH_LEN);
    free(m->hash);
    m->hash = hash;
    m->state = mem_grow(m->state, 4 * old, 1);
    memset(m->state + 2 * old, 0, 2 * old);
    for (uint64_t i = 0; i < old; i++)
        page_split(&m->page[i], m->depth, &page[2 * i]);
    free(m->page);
    m->page = page;
    m->depth++;
    memset(m->state + 1, 0, pages(m) - 1);
    for (uint64_t i = 0; i < pages(m); i++)
        if (page[i].leaves > 0)
            mark(m, i);
}

static bool crowded(const struct map *m)
{
    return m->depth < MAP_DEPTH_MAX && m->count >= (uint64_t)PAGE_KEYS << m->depth;
}

/* Pages from elsewhere ------------------------------------------------------------------------------------- */

MUST_USE enum err map_open(unsigned depth, struct bytes table, uint64_t limit,
                           const struct map_source *source, struct map **out, struct fail *f)
{
    if (depth > MAP_DEPTH_MAX || table.len != (sizeof(uint32_t) + HASH_LEN) << depth)
        return fail_set(f, E_STORE, "the table of the map has %zu bytes at depth %u", table.len, depth);
    struct map *m = map_of(depth);
    struct reader r = reader_of(table);
    m->source = *source;
    m->limit = limit;
    for (uint64_t i = 0; i < pages(m); i++) {
        struct page *p = &m->page[i];
        if (!get_u32(&r, &p->leaves) || !get_copy(&r, m->hash[pages(m) + i], HASH_LEN))
            BUG("the table was measured");
        if (p->leaves == 0)
            continue;
        p->away = p->kept = true;
        m->away++;
        m->count += p->leaves;
        mark(m, i);
        m->state[pages(m) + i] = FILLED;
    }
    *out = m;
    return OK;
}

void map_pages(struct map *m, const struct map_source *source)
{
    m->source = *source;
}

void map_whole(struct map *m)
{
    m->limit = UINT64_MAX;
}

/* come: read ${v} as page ${i}; E_STORE unless it has the keys and the hash that the table says. */
static MUST_USE enum err come(struct map *m, uint64_t i, struct bytes v, struct fail *f)
{
    struct page p = { 0 };
    uint8_t hash[HASH_LEN];
    enum err e = page_get(&p, &m->repeats, v, m->limit, f);
    if (e == OK && p.leaves != m->page[i].leaves)
        e = fail_set(f, E_STORE, "page %llu of the map has %u keys instead of %u", (unsigned long long)i,
                     p.leaves, m->page[i].leaves);
    if (e == OK) {
        page_hash(&p, &m->repeats, hash);
        if (memcmp(hash, m->hash[pages(m) + i], HASH_LEN) != 0)
            e = fail_set(f, E_STORE, "page %llu of the map has another hash", (unsigned long long)i);
    }
    if (e != OK) {
        page_clear(&p);
        return e;
    }
    p.kept = true;
    m->page[i] = p;
    m->away--;
    m->held += p.leaves;
    return OK;
}

static MUST_USE enum err fetch(struct map *m, uint64_t i, struct fail *f)
{
    AUTO(buf_freep) struct buf *v = buf_new((size_t)1 << 30);
    if (!m->page[i].away)
        return OK;
    enum err e = m->source.load(m->source.ctx, m->depth, i, false, v, NULL);
    if (e == OK)
        e = come(m, i, bytes_of(v), NULL);
    if (e == OK)
        return OK;
    buf_reset(v);
    TRY(m->source.load(m->source.ctx, m->depth, i, true, v, f));
    TRY(come(m, i, bytes_of(v), f));
    m->page[i].kept = false;
    return OK;
}

MUST_USE enum err map_need(struct map *m, const uint8_t key[static 32], struct fail *f)
{
    if (m->away == 0)
        return OK;
    if (crowded(m)) /* they are about to be split, which needs all */
        for (uint64_t i = 0; i < pages(m); i++)
            TRY(fetch(m, i, f));
    return m->away == 0 ? OK : fetch(m, walk(m, key) - pages(m), f);
}

void map_table_put(struct map *m, struct buf *out)
{
    uint8_t root[HASH_LEN];
    map_root(m, root);
    for (uint64_t i = 0; i < pages(m); i++) {
        buf_put_u32(out, m->page[i].leaves);
        buf_put(out, m->hash[pages(m) + i], HASH_LEN);
    }
}

bool map_page_put(struct map *m, uint64_t number, struct buf *out)
{
    struct page *p = &m->page[number];
    if (p->kept || p->away || p->leaves == 0)
        return false;
    page_put(p, &m->repeats, out);
    p->kept = true;
    return true;
}

void map_let_go(struct map *m, uint64_t keys)
{
    for (uint64_t looked = 0; m->source.load && m->held > keys && looked < pages(m); looked++) {
        uint64_t i = m->next_out++ % pages(m);
        struct page *p = &m->page[i];
        if (!p->kept || p->away || p->repeated || (m->state[pages(m) + i] & DIRTY) != 0)
            continue;
        uint32_t leaves = p->leaves;
        page_clear(p);
        p->leaves = leaves;
        p->away = p->kept = true;
        m->away++;
        m->held -= leaves;
    }
}

/* Keys ----------------------------------------------------------------------------------------------------- */

static struct page *present_page(const struct map *m, uint64_t i)
{
    if (m->page[i].away)
        BUG("a page of the map was not asked for");
    return &m->page[i];
}

bool map_add(struct map *m, const uint8_t key[static 32], uint64_t index)
{
    uint64_t i = prefix(m, key);
    bool added = page_add(present_page(m, i), &m->repeats, key, index);
    mark(m, i);
    if (!added)
        return false;
    m->count++;
    m->held++;
    if (crowded(m) && m->away == 0)
        deepen(m);
    return true;
}

bool map_find(const struct map *m, const uint8_t key[static 32], uint64_t *index)
{
    return page_find(present_page(m, prefix(m, key)), &m->repeats, key, index);
}

bool map_prove(struct map *m, const uint8_t key[static 32], struct buf *proof, uint8_t value[static 32])
{
    uint8_t root[HASH_LEN], bit[2];
    if (m->count == 0)
        return false;
    map_root(m, root);
    uint64_t n = walk(m, key);
    bool present = page_prove(present_page(m, n - pages(m)), &m->repeats, key, proof, value);
    for (; n > 1; n >>= 1) {
        if (!filled(m, n ^ 1))
            continue;
        buf_put(proof, bit, map_uv(62 - (unsigned)__builtin_clzll(n), bit));
        buf_put(proof, m->hash[n ^ 1], HASH_LEN);
    }
    return present;
}
