/* SPDX-License-Identifier: Apache-2.0 */
#include "store/map.h"

#include "store/row.h"

#define NUMBER_BITS 24u
#define DEPTH_BITS  5u

static const struct field map_top_fields[] = {
    FIELD(map_top_row, generation, FIELD_U32), FIELD(map_top_row, size, FIELD_U64),
    FIELD(map_top_row, depth, FIELD_U32),      FIELD(map_top_row, pages, FIELD_BYTES),
    FIELD(map_top_row, rows, FIELD_BYTES),
};
SHAPE(map_top, map_top_fields, 5);
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

enum err store_log_tile_get(struct db *db, uint32_t generation, uint64_t number, struct buf **out,
                            struct fail *f)
{
    return db_one(db, Q_LOG_TILE_GET, ARGS(NUMBER(generation), NUMBER(number)), row_take_buf, out, f);
}
