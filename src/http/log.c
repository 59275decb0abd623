/* SPDX-License-Identifier: Apache-2.0
 * http/log.c - the ledger as static resources (C2SP tlog-tiles) */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "exchange/cosigners.h"
#include "exchange/earlier.h"
#include "http/gzip.h"
#include "http/site.h"
#include "ledger/tiles.h"
#include "store/leaf.h"
#include "store/store.h"

#define BUNDLE_MAX (TILES_WIDTH * (2 + (size_t)UINT16_MAX))

/* The one that grows, or one that has ended. */
static enum err read_generation(const struct http_call *call, uint32_t *out, struct fail *f)
{
    const char *text = http_param(call, "generation");
    uint32_t current = site_node(call)->generation;
    unsigned long v = strlen(text) <= 10 && *text >= '1' && *text <= '9' ? strtoul(text, NULL, 10) : 0;
    AUTO(str_freep) char *same = str_format("%lu", v);
    if (v == 0 || v > current || strcmp(same, text) != 0)
        return fail_set(f, E_NOT_FOUND, "no such log here: the generation is %u", (unsigned)current);
    *out = (uint32_t)v;
    return OK;
}

enum err serve_checkpoint(struct http_call *call, struct fail *f)
{
    struct node *n = site_node(call);
    AUTO(store_read_endp) struct db *db = NULL;
    AUTO(store_checkpoint_clear) struct checkpoint_row row = { 0 };
    uint32_t generation;
    TRY(read_generation(call, &generation, f));
    TRY(store_read_begin(n->store, &db, f));
    uint64_t size = generation == n->generation ? cosigners_served(n) : 0;
    TRY(size ? store_checkpoint_at(db, generation, size, &row, f)
             : store_checkpoint_newest(db, generation, &row, f));
    http_reply(call, 200, "text/plain; charset=utf-8", bytes_str(row.note));
    return OK;
}

static enum err put_entry(uint64_t index, struct bytes entry, void *ctx, struct fail *f)
{
    (void)index;
    (void)f;
    tiles_put_entry(ctx, entry);
    return OK;
}

static enum err put_bundle(struct node *n, uint32_t generation, const struct tile *t, struct buf *out,
                           struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    uint64_t from = t->number * TILES_WIDTH;
    TRY(store_read_begin(n->store, &db, f));
    TRY(store_leaf_entries(db, generation, from, from + t->width, put_entry, out, f));
    return buf_check(out, "bundle", f);
}

enum err serve_tile(struct http_call *call, struct fail *f)
{
    struct node *n = site_node(call);
    AUTO(buf_freep) struct buf *out = buf_new(BUNDLE_MAX);
    struct tree_nodes nodes;
    struct tile t;
    uint32_t generation;
    uint64_t size;
    TRY(read_generation(call, &generation, f));
    if (!tiles_path_read(http_param(call, "tile"), &t))
        return fail_set(f, E_NOT_FOUND, "no such resource of a log");
    bool entries = t.level == TILES_ENTRIES;
    TRY(earlier_size(n, generation, &size, f));
    if (t.width > tiles_width(entries ? 0 : t.level, t.number, size))
        return fail_set(f, E_NOT_FOUND, "the log has no such tile yet");
    TRY(earlier_nodes(n, generation, &nodes, f));
    TRY(entries ? put_bundle(n, generation, &t, out, f) : tiles_put(&nodes, &t, out, f));
    /* what is in a log never changes */
    http_reply_header(call, "Cache-Control", "public, max-age=31536000, immutable");
    if (entries) { /* hashes don't shrink */
        AUTO(buf_freep) struct buf *small = buf_new(BUNDLE_MAX);
        http_reply_header(call, "Vary", "Accept-Encoding");
        if (gzip_wanted(http_header(call, "Accept-Encoding")) && gzip_put(small, bytes_of(out))) {
            http_reply_header(call, "Content-Encoding", "gzip");
            http_reply_take(call, 200, "application/octet-stream", &small);
            return OK;
        }
    }
    http_reply_take(call, 200, "application/octet-stream", &out);
    return OK;
}
