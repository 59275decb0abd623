/* SPDX-License-Identifier: Apache-2.0 - the map in pages that leave the memory and come back: random histories with restarts in
 * the middle, from a table that is older than the pages, and from pages that are damaged; the roots and proofs are always those
 * of a plain sorted list */
#include "base/mem.h"
#include "ledger/map.h"
#include "tap.h"

enum { KEYS = 6000, PAGES = 4096, PROBES = 20 };

static uint64_t state;
static uint64_t rnd(uint64_t below)
{
    state ^= state << 13, state ^= state >> 7, state ^= state << 17;
    return state % below;
}

/* The model: every key with its entry; three keys an entry, as a log has them. */
static struct map_pair pair[KEYS];
static uint64_t index_of[KEYS];
static size_t keys;
static uint64_t all_anew;

static int by_key(const void *a, const void *b)
{
    return memcmp(((const struct map_pair *)a)->key, ((const struct map_pair *)b)->key, 32);
}

static bool same_root(struct map *m)
{
    static struct map_pair sorted[KEYS];
    uint8_t want[HASH_LEN], got[HASH_LEN];
    memcpy(sorted, pair, keys * sizeof *pair);
    qsort(sorted, keys, sizeof *sorted, by_key);
    map_root(m, got);
    return map_root_sorted(sorted, keys, want, NULL) == OK && memcmp(got, want, HASH_LEN) == 0 &&
           map_count(m) == keys;
}

/* What stands for the store: pages by depth, and a table; damaged pages are made anew from the model. */
struct shelf {
    struct buf *page[16][PAGES];
    struct buf *table;
    unsigned depth;
    uint64_t size, read, anew;
    bool dead; /* what is made anew is wrong too */
};

static struct buf *copy(struct bytes v)
{
    struct buf *b = buf_new(v.len + 1);
    buf_put_bytes(b, v);
    return b;
}

static int by_record(const void *a, const void *b)
{
    return memcmp(a, b, 40);
}

static void make_anew(unsigned depth, uint64_t number, struct buf *page)
{
    for (size_t i = 0; i < keys; i++) {
        const uint8_t *k = pair[i].key;
        uint64_t top = (uint64_t)k[0] << 24 | (uint64_t)k[1] << 16 | (uint64_t)k[2] << 8 | k[3];
        if (top >> (32 - depth) == number) {
            buf_put(page, k, 32);
            buf_put_u64(page, index_of[i]);
        }
    }
    if (page->len)
        qsort(page->data, page->len / 40, 40, by_record);
}

static enum err load(void *ctx, unsigned depth, uint64_t number, bool anew, struct buf *page, struct fail *f)
{
    struct shelf *s = ctx;
    s->read++;
    s->anew += anew;
    if (anew && !s->dead)
        make_anew(depth, number, page);
    else if (!s->page[depth][number])
        return fail_set(f, E_NOT_FOUND, "no such page");
    else
        buf_put_bytes(page, bytes_of(s->page[depth][number]));
    return OK;
}

/* some: pages that changed, each with this chance in 100, go to the shelf; with 100 the table too. */
static void some(struct shelf *s, struct map *m, unsigned chance)
{
    AUTO(buf_freep) struct buf *v = buf_new((size_t)1 << 20);
    for (uint64_t i = 0; i < (uint64_t)1 << map_depth(m); i++) {
        buf_reset(v);
        if (rnd(100) >= chance || !map_page_put(m, i, v))
            continue;
        buf_freep(&s->page[map_depth(m)][i]);
        s->page[map_depth(m)][i] = copy(bytes_of(v));
    }
    if (chance < 100)
        return;
    buf_reset(v);
    map_table_put(m, v);
    buf_freep(&s->table);
    s->table = copy(bytes_of(v));
    s->depth = map_depth(m);
    s->size = keys;
}

static bool add(struct map *m, const uint8_t key[static 32], uint64_t index)
{
    return map_need(m, key, NULL) == OK && map_add(m, key, index);
}

/* restart: from the table and what came since. */
static struct map *restart(struct shelf *s)
{
    const struct map_source source = { load, s };
    struct map *m = NULL;
    uint64_t limit = s->size == 0 ? 0 : index_of[s->size - 1] + 1;
    if (map_open(s->depth, bytes_of(s->table), limit, &source, &m, NULL) != OK)
        return NULL;
    for (size_t i = s->size; i < keys; i++)
        if (!add(m, pair[i].key, index_of[i])) {
            map_freep(&m);
            return NULL;
        }
    map_whole(m);
    return m;
}

/* proofs: of some keys that are there and some that are not. */
static bool proofs(struct map *m)
{
    AUTO(buf_freep) struct buf *proof = buf_new(MAP_PROOF_MAX);
    uint8_t root[HASH_LEN], value[32], key[32];
    map_root(m, root);
    for (size_t i = 0; i < PROBES; i++) {
        size_t at = (size_t)rnd(keys);
        uint64_t index = 0;
        buf_reset(proof);
        if (map_need(m, pair[at].key, NULL) != OK || !map_find(m, pair[at].key, &index) ||
            index != index_of[at] || !map_prove(m, pair[at].key, proof, value) ||
            memcmp(value, pair[at].value, 32) != 0 ||
            map_verify_present(root, pair[at].key, value, bytes_of(proof), NULL) != OK)
            return false;
        for (size_t b = 0; b < sizeof key; b++)
            key[b] = (uint8_t)rnd(256);
        buf_reset(proof);
        if (map_need(m, key, NULL) != OK || map_prove(m, key, proof, value) ||
            map_verify_absent(root, key, bytes_of(proof), NULL) != OK)
            return false;
    }
    return true;
}

static void shelf_clear(struct shelf *s)
{
    for (size_t d = 0; d < 16; d++)
        for (size_t i = 0; i < PAGES; i++)
            buf_freep(&s->page[d][i]);
    buf_freep(&s->table);
}

static void draw(size_t i)
{
    for (size_t b = 0; b < 32; b++)
        pair[i].key[b] = (uint8_t)rnd(256);
    if (i > 0 && rnd(8) == 0) /* a long common prefix */
        memcpy(pair[i].key, pair[rnd(i)].key, 1 + rnd(30));
    index_of[i] = 5 + i / 3;
    map_value(index_of[i], pair[i].value);
}

static void history(uint64_t seed)
{
    static struct shelf s;
    struct map *m = map_new();
    size_t restarts = 0, wrong = 0;
    state = seed * 0x9e3779b97f4a7c15u | 1;
    keys = 0;
    s = (struct shelf){ 0 };
    map_pages(m, &(struct map_source){ load, &s });
    while (m && keys < KEYS) {
        for (size_t n = 3 * (1 + rnd(60)); n > 0 && keys < KEYS; n--) {
            draw(keys);
            wrong += !add(m, pair[keys].key, index_of[keys]);
            keys++;
        }
        switch (rnd(8)) {
        case 0: /* a whole snapshot, and what is kept leaves */
            some(&s, m, 100);
            map_let_go(m, rnd(keys));
            break;
        case 1: /* one that was cut off */
            some(&s, m, (unsigned)rnd(90));
            break;
        case 2: /* a crash */
            if (!s.table)
                break;
            map_freep(&m);
            m = restart(&s);
            restarts++;
            break;
        case 3: { /* a page is lost or torn */
            struct buf **p = &s.page[s.depth][rnd((uint64_t)1 << s.depth)];
            if (*p && (*p)->len > 40 && rnd(2))
                (*p)->data[rnd((*p)->len)] ^= 1;
            else
                buf_freep(p);
            break;
        }
        }
        if (m)
            wrong += !same_root(m) || !proofs(m);
    }
    ok(m && wrong == 0 && restarts > 0 && s.read > 0,
       "history %llu: %zu restarts, %llu pages read, %llu of them anew, %zu wrong", (unsigned long long)seed,
       restarts, (unsigned long long)s.read, (unsigned long long)s.anew, wrong);
    all_anew += s.anew;
    map_freep(&m);
    shelf_clear(&s);
}

static void refusals(void)
{
    static struct shelf s;
    const struct map_source source = { load, &s };
    struct map *m = map_new();
    struct fail f = { 0 };
    s = (struct shelf){ 0 };
    for (keys = 0; keys < 500; keys++) {
        draw(keys);
        map_add(m, pair[keys].key, index_of[keys]);
    }
    some(&s, m, 100);
    map_freep(&m);
    struct bytes t = bytes_of(s.table);
    ok(map_open(s.depth, BYTES(t.data, t.len - 1), 999, &source, &m, &f) == E_STORE, "a short table");
    ok(map_open(s.depth + 1, t, 999, &source, &m, &f) == E_STORE, "another depth");
    ok(map_open(MAP_DEPTH_MAX + 1, t, 999, &source, &m, &f) == E_STORE, "no such depth");
    s.table->data[10] ^= 1;
    ok(map_open(s.depth, bytes_of(s.table), 999, &source, &m, &f) == OK, "opened");
    ok(!same_root(m), "a table with a changed bit has another root");
    memset(pair[0].key, 0, 32);
    fail_clear(&f);
    ok(map_need(m, pair[0].key, &f) == E_STORE && s.anew > 0, "and no page fits it: %s", f.what);
    map_freep(&m);
    shelf_clear(&s);
}

int main(void)
{
    for (uint64_t seed = 1; seed <= 6; seed++)
        history(seed);
    ok(all_anew > 0, "%llu pages were damaged and made anew", (unsigned long long)all_anew);
    refusals();
    return tap_done();
}
