/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"
#include "ledger/tree.h"

/* A row of leaves with its inner nodes, as a heap: leaf i is node TREE_ROW + i, the node above nodes 2n and 2n + 1 is n, and 1 is
 * the row's. */
struct row {
    uint8_t node[2 * TREE_ROW][HASH_LEN];
};

/* One level of the tree above the leaves of rows: hashes of complete subtrees. */
struct level {
    uint8_t (*hash)[HASH_LEN];
    size_t count, cap;
};

struct tree_memory {
    uint64_t size;
    struct row **row; /* NULL: full, and away */
    size_t cap;
    struct level level[TREE_LEVELS - TREE_ROW_HEIGHT]; /* from the rows' own hashes on */
    struct tree_source source;
};

struct tree_memory *tree_memory_new(void)
{
    return mem_new(sizeof(struct tree_memory));
}

/* How many rows there are, the last of which may not be full. */
static size_t row_count(const struct tree_memory *m)
{
    return (size_t)((m->size + TREE_ROW - 1) / TREE_ROW);
}

void tree_memory_free(struct tree_memory *m)
{
    if (m == NULL)
        return;
    for (size_t i = 0; i < row_count(m); i++)
        free(m->row[i]);
    free(m->row);
    for (unsigned h = 0; h < COUNT(m->level); h++)
        free(m->level[h].hash);
    free(m);
}

void tree_memory_freep(struct tree_memory **m)
{
    tree_memory_free(*m);
    *m = NULL;
}

uint64_t tree_memory_size(const struct tree_memory *m)
{
    return m->size;
}

static void level_push(struct level *l, const uint8_t hash[static HASH_LEN])
{
    if (l->count == l->cap) {
        l->cap += l->cap / 2 + 8;
        l->hash = mem_grow(l->hash, l->cap, HASH_LEN);
    }
    memcpy(l->hash[l->count++], hash, HASH_LEN);
}

/* row_done: the next row is full, and ${hash} is its node. */
static void row_done(struct tree_memory *m, const uint8_t hash[static HASH_LEN])
{
    uint8_t h[HASH_LEN];
    memcpy(h, hash, HASH_LEN);
    for (struct level *l = m->level;; l++) {
        level_push(l, h);
        if (l->count % 2 != 0)
            return;
        tree_node(l->hash[l->count - 2], l->hash[l->count - 1], h);
    }
}

/* row_next: room for row ${at}, the next one. */
static void row_next(struct tree_memory *m, size_t at, struct row *row)
{
    if (at == m->cap) {
        m->cap += m->cap / 2 + 8;
        m->row = mem_grow(m->row, m->cap, sizeof(struct row *));
    }
    m->row[at] = row;
}

void tree_memory_append(struct tree_memory *m, const uint8_t leaf[static HASH_LEN])
{
    size_t at = (size_t)(m->size % TREE_ROW), number = (size_t)(m->size / TREE_ROW);
    if (at == 0)
        row_next(m, number, mem_new(sizeof(struct row)));
    struct row *r = m->row[number];
    size_t n = TREE_ROW + at;
    memcpy(r->node[n], leaf, HASH_LEN);
    for (; n > 1 && n % 2 != 0; n /= 2)
        tree_node(r->node[n - 1], r->node[n], r->node[n / 2]);
    m->size++;
    if (n == 1)
        row_done(m, r->node[1]);
}

/* Rows that come when they are asked for ------------------------------------------------------------------------- */

/* row_load: what the source has, hashed; NULL if that are not the leaves of a full row. */
static enum err row_load(const struct tree_memory *m, uint64_t number, bool anew, struct row **out,
                         struct fail *f)
{
    AUTO(buf_freep) struct buf *leaves = buf_new((size_t)TREE_ROW * HASH_LEN);
    TRY(m->source.load(m->source.ctx, number, anew, leaves, f));
    if (leaves->failed || leaves->len != (size_t)TREE_ROW * HASH_LEN)
        return OK;
    struct row *r = mem_new(sizeof *r);
    memcpy(r->node[TREE_ROW], leaves->data, leaves->len);
    for (size_t n = TREE_ROW - 1; n > 0; n--)
        tree_node(r->node[2 * n], r->node[2 * n + 1], r->node[n]);
    *out = r;
    return OK;
}

/* row_need: row ${number}, which is full, is in memory. */
static enum err row_need(struct tree_memory *m, uint64_t number, struct fail *f)
{
    for (int anew = 0; !m->row[number] && anew < 2; anew++) {
        struct row *r = NULL;
        TRY(row_load(m, number, anew != 0, &r, f));
        if (r && memcmp(r->node[1], m->level[0].hash[number], HASH_LEN) == 0)
            m->row[number] = r;
        else
            free(r);
    }
    return m->row[number] ? OK
                          : fail_set(f, E_STORE,
                                     "the stored ledger was altered: entries %llu to %llu are not those "
                                     "that were signed",
                                     (unsigned long long)number * TREE_ROW,
                                     (unsigned long long)number * TREE_ROW + TREE_ROW - 1);
}

/* open_rows: the hash of each full row, as given or made from its leaves, which do not stay. */
static enum err open_rows(struct tree_memory *m, uint64_t count, struct bytes rows, struct fail *f)
{
    for (uint64_t i = 0; i < count; i++) {
        struct row *r = NULL;
        if (rows.len == 0)
            TRY(row_load(m, i, false, &r, f));
        if (rows.len == 0 && !r)
            return fail_set(f, E_STORE, "hashes of leaves are missing");
        row_done(m, r ? r->node[1] : rows.data + i * HASH_LEN);
        free(r);
        row_next(m, (size_t)i, NULL);
        m->size += TREE_ROW;
    }
    return OK;
}

enum err tree_memory_open(uint64_t size, struct bytes rows, const struct tree_source *source,
                          struct tree_memory **out, struct fail *f)
{
    AUTO(tree_memory_freep) struct tree_memory *m = tree_memory_new();
    AUTO(buf_freep) struct buf *last = buf_new((size_t)TREE_ROW * HASH_LEN);
    uint64_t full = size / TREE_ROW;
    m->source = *source;
    if (rows.len != 0 && (rows.len % HASH_LEN != 0 || rows.len / HASH_LEN != full))
        return fail_set(f, E_STORE, "not the hashes of the rows of %llu leaves", (unsigned long long)size);
    TRY(open_rows(m, full, rows, f));
    if (size % TREE_ROW != 0)
        TRY(source->load(source->ctx, full, false, last, f));
    TRY(buf_check(last, "leaf hashes", f));
    if (last->len < size % TREE_ROW * HASH_LEN)
        return fail_set(f, E_STORE, "hashes of leaves are missing");
    for (size_t i = 0; i < size % TREE_ROW; i++)
        tree_memory_append(m, last->data + i * HASH_LEN);
    *out = m;
    m = NULL;
    return OK;
}

/* Nodes ---------------------------------------------------------------------------------------------------------- */

static enum err memory_node(void *ctx, unsigned height, uint64_t index, uint8_t out[static HASH_LEN],
                            struct fail *f)
{
    struct tree_memory *m = ctx;
    if (height >= TREE_LEVELS || index >= m->size >> height)
        return fail_set(f, E_INVALID, "the tree has no complete node %llu at height %u",
                        (unsigned long long)index, height);
    if (height >= TREE_ROW_HEIGHT) {
        memcpy(out, m->level[height - TREE_ROW_HEIGHT].hash[index], HASH_LEN);
        return OK;
    }
    const uint64_t across = TREE_ROW >> height, number = index / across;
    TRY(row_need(m, number, f));
    memcpy(out, m->row[number]->node[across + index % across], HASH_LEN);
    return OK;
}

struct tree_nodes tree_memory_nodes(struct tree_memory *m)
{
    return (struct tree_nodes){ memory_node, m };
}
