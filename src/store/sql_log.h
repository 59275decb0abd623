/* SPDX-License-Identifier: Apache-2.0
 * store/sql_log.h - inside the store: the statements of leaves and of store/map.c, a part of the list in store/sql.h */
#ifndef STORE_SQL_LOG_H
#define STORE_SQL_LOG_H

/* clang-format off */
#define SQL_LOG_LIST(X) \
    X(LEAF_NEXT, "leaf", "SELECT id, time_ms FROM leaf WHERE id >= $1 AND id < $2 ORDER BY id DESC LIMIT 1") \
    X(LEAF_ADD, "leaf", "INSERT INTO leaf (id, form, time_ms, body, reader) VALUES ($1, $2, $3, $4, $5)") \
    X(LEAF_GET, "leaf", \
      "SELECT l.generation, l.idx, l.form, l.time_ms, l.body, l.reader, e.bytes, e.proof " \
      "FROM leaf AS l LEFT JOIN entry AS e ON e.id = l.id WHERE l.id = $1") \
    X(LEAF_RANGE, "leaf", \
      "SELECT generation, idx, form, time_ms, body, reader, NULL, NULL FROM leaf " \
      "WHERE id >= $1 AND id < $2 ORDER BY id") \
    X(ENTRY_PUT, "entry", \
      "INSERT INTO entry (id, bytes, proof) SELECT id, $2, $3 FROM leaf WHERE id = $1 " \
      "ON CONFLICT (id) DO NOTHING") \
    X(ENTRY_RANGE, "entry", "SELECT idx, bytes FROM entry WHERE id >= $1 AND id < $2 ORDER BY id") \
    X(MAP_TOP_GET, "map", "SELECT generation, size, depth, pages, rows FROM map_top WHERE generation = $1") \
    X(MAP_TOP_PUT, "map", \
      "INSERT INTO map_top (generation, size, depth, pages, rows) VALUES ($1, $2, $3, $4, $5) " \
      "ON CONFLICT (generation) DO UPDATE SET size = excluded.size, depth = excluded.depth, pages = excluded.pages, " \
      "rows = excluded.rows") \
    X(MAP_TOP_DROP, "map", "DELETE FROM map_top WHERE generation = $1") \
    X(MAP_PAGE_GET, "page of the map", "SELECT keys FROM map_page WHERE id = $1") \
    X(MAP_PAGE_PUT, "page of the map", \
      "INSERT INTO map_page (id, keys) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET keys = excluded.keys") \
    X(MAP_PAGE_DROP, "page of the map", "DELETE FROM map_page WHERE id >= $1 AND id < $2") \
    X(LOG_TILE_PUT, "tile", \
      "INSERT INTO log_tile (generation, number, leaves) VALUES ($1, $2, $3) " \
      "ON CONFLICT (generation, number) DO UPDATE SET leaves = excluded.leaves") \
    X(LOG_TILE_GET, "tile", "SELECT leaves FROM log_tile WHERE generation = $1 AND number = $2")

#endif
