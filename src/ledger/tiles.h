/* SPDX-License-Identifier: Apache-2.0
 * ledger/tiles.h - a log as static resources (C2SP tlog-tiles v0.1.0): tiles of hashes, bundles of entries
 *
 * Tile (L, N) holds the hashes of subtrees of height 8L, from the 256N-th; a full one has 256, the last of a
 * level may have fewer. Bundle N holds the entries under tile (0, N), each after its u16 length. Pure; any
 * thread. */
#ifndef LEDGER_TILES_H
#define LEDGER_TILES_H

#include "ledger/tree.h"

#define TILES_WIDTH     256u
#define TILES_LEVELS    8u
#define TILES_PATH_SIZE 48
#define TILES_ENTRIES   UINT32_MAX /* in place of a level: the bundle of entries */

struct tile {
    uint32_t level;  /* 0..63, or TILES_ENTRIES */
    uint64_t number; /* below 2^55 */
    unsigned width;  /* 1..256; 256 is a full tile and has no suffix */
};

/* tiles_path: "tile/0/x001/x234/067.p/5". tiles_path_read: the same back, in this one spelling; levels up to
 * 63, though no tree has more than TILES_LEVELS. */
void tiles_path(const struct tile *t, char out[static TILES_PATH_SIZE]);
MUST_USE bool tiles_path_read(const char *path, struct tile *out);

/* tiles_width: how wide tile (level, number) is in a tree of ${size} leaves; 0 if it does not exist. */
unsigned tiles_width(uint32_t level, uint64_t number, uint64_t size);

/* tiles_put: append the hashes of ${t}. E_INVALID if the tree has no such tile yet. */
MUST_USE enum err tiles_put(const struct tree_nodes *nodes, const struct tile *t, struct buf *out,
                            struct fail *f);

/* tiles_put_entry: append one entry to a bundle; ${entry} is at most 65535 bytes, else ${out} fails.
 * tiles_next_entry: the next entry; false at the end, with ${r} not done if the bundle is malformed. */
void tiles_put_entry(struct buf *out, struct bytes entry);
bool tiles_next_entry(struct reader *r, struct bytes *entry);

/*
 * A tree whose nodes are read from tiles. fetch: the bytes of a tile, ${t}->width x 32 or (full tile) 8192 of
 * them, appended to ${out}. The answers are as trustworthy as the tiles are: compare a root.
 *   size   the tree's size; asks only for tiles that it implies
 */
struct tiles_source {
    enum err (*fetch)(void *ctx, const struct tile *t, struct buf *out, struct fail *f);
    void *ctx;
    uint64_t size;
};
/* tiles_nodes: valid while ${s} is. */
struct tree_nodes tiles_nodes(struct tiles_source *s);

#endif
