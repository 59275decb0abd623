/* SPDX-License-Identifier: Apache-2.0 */
#include "store/map.h"

#include "store/row.h"

#define LEAF_BYTES  32u
#define NUMBER_BITS 24u
#define DEPTH_BITS  5u

static const struct field map_top_fields[] = {
    FIELD(map_top_row, generation, FIELD_U32),
    FIELD(map_top_row, size, FIELD_U64),
    FIELD(map_top_row, depth, FIELD_U32),
    FIELD(map_top_row, pages, FIELD_BYTES),
};
SHAPE(map_top, map_top_fields, 4);
ROW_GET(map_top)

enum err store_map_top_get(struct db *db, uint32_t generation, struct map_top_row *r, struct fail *f)
{
    return db_one(db, Q_MAP_TOP_GET, ARGS(NUMBER(generation)), map_top_one, r, f);
}

enum err store_map_top_put(struct db *db, const struct map_top_row *r, struct fail *f)
{
    return row_put(db, Q_MAP_TOP_PUT, &map_top_shape, r, f);
}

enum err store_map_top_drop(struct db *db, uint32_t generation, struct fail *f)
{
    return db_run(db, Q_MAP_TOP_DROP, ARGS(NUMBER(generation)), NULL, f);
}

/* One number, so that a page is found by the table's own key. */
static uint64_t page_id(uint64_t generation, unsigned depth, uint64_t number)
{
    return (generation << DEPTH_BITS | depth) << NUMBER_BITS | number;
}

enum err store_map_page_get(struct db *db, uint32_t generation, unsigned depth, uint64_t number,
                            struct buf **out, struct fail *f)
{
    return db_one(db, Q_MAP_PAGE_GET, ARGS(NUMBER(page_id(generation, depth, number))), row_take_buf, out, f);
}

enum err store_map_page_put(struct db *db, uint32_t generation, unsigned depth, uint64_t number,
                            struct bytes keys, struct fail *f)
{
    return db_run(db, Q_MAP_PAGE_PUT, ARGS(NUMBER(page_id(generation, depth, number)), BLOB(keys)), NULL, f);
}

enum err store_map_page_drop(struct db *db, uint32_t generation, unsigned depth, struct fail *f)
{
    uint64_t from = page_id(generation, depth, 0), to = page_id(generation, depth + 1, 0);
    TRY(db_run(db, Q_MAP_PAGE_DROP, ARGS(NUMBER(page_id(generation, 0, 0)), NUMBER(from)), NULL, f));
    return db_run(db, Q_MAP_PAGE_DROP, ARGS(NUMBER(to), NUMBER(page_id((uint64_t)generation + 1, 0, 0))),
                  NULL, f);
}

enum err store_log_tile_put(struct db *db, uint32_t generation, uint64_t number, struct bytes leaves,
                            struct fail *f)
{
    return db_run(db, Q_LOG_TILE_PUT, ARGS(NUMBER(generation), NUMBER(number), BLOB(leaves)), NULL, f);
}

struct leaves {
    struct buf *out;
    uint64_t next, left; /* tile; leaves */
};

static enum err take_tile(const struct cursor *c, void *ctx, struct fail *f)
{
    struct leaves *l = ctx;
    struct bytes tile = cursor_bytes(c, 1);
    uint64_t number;
    if (!cursor_number(c, 0, &number) || number != l->next || l->left == 0)
        return OK;
    uint64_t has = tile.len / LEAF_BYTES, count = has < l->left ? has : l->left;
    buf_put(l->out, tile.data, (size_t)count * LEAF_BYTES);
    l->left -= count;
    l->next = has == STORE_TILE_LEAVES ? l->next + 1 : UINT64_MAX;
    return buf_check(l->out, "leaf hashes", f);
}

enum err store_log_tile_leaves(struct db *db, uint32_t generation, uint64_t count, struct buf *leaves,
                               struct fail *f)
{
    struct leaves l = { leaves, 0, count };
    return db_each(db, Q_LOG_TILE_LIST, ARGS(NUMBER(generation)), take_tile, &l, f);
}
