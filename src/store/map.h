/* SPDX-License-Identifier: Apache-2.0
 * store/map.h - the published log's tree and map, kept so that a start need not read every entry; see store/store.h for the
 * conventions
 *
 * All of it is derived, and whoever reads it compares it with what was signed. Pages may be newer than the top. ${generation} is
 * one of ours, or the number of a log that is watched: store_watched_number. */
#ifndef STORE_MAP_H
#define STORE_MAP_H

#include "store/store.h"

/* The state of a generation's log: see ledger/map.h for ${pages}, ledger/tree.h for ${rows}. */
struct map_top_row {
    uint32_t generation;
    uint64_t size; /* of the log */
    uint32_t depth;
    struct bytes pages;
    struct bytes rows;
    void *own;
};
void store_map_top_clear(struct map_top_row *r);
MUST_USE enum err store_map_top_get(struct db *db, uint32_t generation, struct map_top_row *r,
                                    struct fail *f);
/* store_map_top_put: in place of the one before. store_map_top_drop: nothing is kept any more; pages and tiles stay, of no use
 * without it. */
MUST_USE enum err store_map_top_put(struct db *db, const struct map_top_row *r, struct fail *f);
MUST_USE enum err store_map_top_drop(struct db *db, uint32_t generation, struct fail *f);

/* Page ${number} of the 2^${depth}, below 2^24. store_map_page_get: ${out} for the caller to free. store_map_page_drop: those of
 * all other depths. */
MUST_USE enum err store_map_page_get(struct db *db, uint32_t generation, unsigned depth, uint64_t number,
                                     struct buf **out, struct fail *f);
MUST_USE enum err store_map_page_put(struct db *db, uint32_t generation, unsigned depth, uint64_t number,
                                     struct bytes keys, struct fail *f);
MUST_USE enum err store_map_page_drop(struct db *db, uint32_t generation, unsigned depth, struct fail *f);

/* Hashes of the leaves of row ${number} of the tree; the last one may have less. store_log_tile_get: ${out} for the caller to free. */
MUST_USE enum err store_log_tile_put(struct db *db, uint32_t generation, uint64_t number, struct bytes leaves,
                                     struct fail *f);
MUST_USE enum err store_log_tile_get(struct db *db, uint32_t generation, uint64_t number, struct buf **out,
                                     struct fail *f);

#endif
