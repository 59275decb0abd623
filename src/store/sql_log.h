/* SPDX-License-Identifier: Apache-2.0
 * store/sql_log.h - inside the store: the statements of leaves and of store/map.c, a part of the list in store/sql.h */
#ifndef STORE_SQL_LOG_H
#define STORE_SQL_LOG_H

/* clang-format off */
#define SQL_LOG_LIST(X) \
    X(LEAF_NEXT, "leaf", "SELECT idx, time_ms FROM leaf WHERE generation = $1 ORDER BY idx DESC LIMIT 1") \
    X(LEAF_ADD, "leaf", \
      "INSERT INTO leaf (generation, idx, form, time_ms, body, reader) " \
      "VALUES ($1, $2, $3, $4, $5, $6)") \
    X(LEAF_GET, "leaf", \
      "SELECT generation, idx, form, time_ms, body, reader, entry, proof FROM leaf " \
      "WHERE generation = $1 AND idx = $2") \
    X(LEAF_RANGE, "leaf", \
      "SELECT generation, idx, form, time_ms, body, reader, entry, proof FROM leaf " \
      "WHERE generation = $1 AND idx >= $2 AND idx < $3 ORDER BY idx") \
    X(LEAF_RANGE_ENTRIES, "leaf", \
      "SELECT generation, idx, form, time_ms, NULL, reader, entry, NULL FROM leaf " \
      "WHERE generation = $1 AND idx >= $2 AND idx < $3 ORDER BY idx") \
    X(LEAF_PUBLISH, "leaf", \
      "UPDATE leaf SET entry = $3, proof = $4 " \
      "WHERE generation = $1 AND idx = $2 AND entry IS NULL") \
    X(MAP_TOP_GET, "map", "SELECT generation, size, depth, pages FROM map_top WHERE generation = $1") \
    X(MAP_TOP_PUT, "map", \
      "INSERT INTO map_top (generation, size, depth, pages) VALUES ($1, $2, $3, $4) " \
      "ON CONFLICT (generation) DO UPDATE SET size = excluded.size, depth = excluded.depth, pages = excluded.pages") \
    X(MAP_TOP_DROP, "map", "DELETE FROM map_top WHERE generation = $1") \
    X(MAP_PAGE_GET, "page of the map", "SELECT keys FROM map_page WHERE id = $1") \
    X(MAP_PAGE_PUT, "page of the map", \
      "INSERT INTO map_page (id, keys) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET keys = excluded.keys") \
    X(MAP_PAGE_DROP, "page of the map", "DELETE FROM map_page WHERE id >= $1 AND id < $2") \
    X(LOG_TILE_PUT, "tile", \
      "INSERT INTO log_tile (generation, number, leaves) VALUES ($1, $2, $3) " \
      "ON CONFLICT (generation, number) DO UPDATE SET leaves = excluded.leaves") \
    X(LOG_TILE_LIST, "tile", "SELECT number, leaves FROM log_tile WHERE generation = $1 ORDER BY number")

#endif
