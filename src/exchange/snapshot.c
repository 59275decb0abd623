/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/snapshot.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "store/map.h"
#include "store/writer.h"

#define FIRST     4096u /* entries from which on a snapshot is worth its room */
#define SHARE     16u /* the next one when the log has grown by a sixteenth: each page is rewritten so often */
#define REST      512u                /* entries that are not worth one at the end */
#define BIT       ((size_t)1 << 18)   /* bytes of one step */
#define HELD_KEYS ((uint64_t)3 << 20) /* of the map in memory, while pages are kept: about 300 MiB */

#define REGAINED 16u /* pages made anew, each from all entries, before a start is to make all of them */

/* A piece of a bit: where it lies in ${bytes}. */
struct piece {
    bool tile;
    uint64_t number;
    size_t at, len;
};

struct snapshot {
    struct node *n;
    struct snapshot_log of;
    uint64_t kept;     /* size of the log in the newest one */
    uint64_t audited;  /* entries below were read, or ... */
    uint64_t unread;   /* ... were not yet, below this */
    unsigned regained; /* pages, under the lock */
    /* one that is being written */
    bool active;
    uint64_t size, page, tile;
    unsigned depth;
    struct buf table, rows;
    /* the bit that goes to the writer */
    struct buf bytes;
    struct piece *pieces;
    size_t count;
    bool last;
};

static enum err own_entries(const struct snapshot_log *log, struct db *db, uint64_t from, uint64_t to,
                            store_entry_fn fn, void *ctx, struct fail *f)
{
    return store_leaf_entries(db, log->number, from, to, fn, ctx, f);
}

struct snapshot_log snapshot_own(const struct node *n, pthread_mutex_t *lock)
{
    return (struct snapshot_log){
        .number = n->generation, .held = HELD_KEYS, .lock = lock, .entries = own_entries
    };
}

struct snapshot *snapshot_new(struct node *n, const struct snapshot_log *log)
{
    struct snapshot *s = mem_new(sizeof *s);
    s->n = n;
    s->of = *log;
    buf_init(&s->table, (size_t)1 << 30);
    buf_init(&s->rows, (size_t)1 << 30);
    buf_init(&s->bytes, (size_t)1 << 30);
    return s;
}

void snapshot_free(struct snapshot *s)
{
    if (!s)
        return;
    buf_clear(&s->table);
    buf_clear(&s->rows);
    buf_clear(&s->bytes);
    free(s->pieces);
    free(s);
}

/* Reading ------------------------------------------------------------------------------------------------- */

/* The keys of one page, from the entries. */
struct regain {
    unsigned depth;
    uint64_t number;
    uint8_t (*record)[40]; /* key || u64 index */
    size_t count;
};

static void regain_key(struct regain *r, const uint8_t key[static 32], uint64_t index)
{
    uint64_t top = (uint64_t)key[0] << 24 | (uint64_t)key[1] << 16 | (uint64_t)key[2] << 8 | key[3];
    if (top >> (32 - r->depth) != r->number)
        return;
    r->record = mem_grow(r->record, r->count + 1, sizeof *r->record);
    memcpy(r->record[r->count], key, 32);
    for (unsigned i = 0; i < 8; i++)
        r->record[r->count][32 + i] = (uint8_t)(index >> (56 - 8 * i));
    r->count++;
}

static enum err regain_entry(uint64_t idx, struct bytes entry, void *ctx, struct fail *f)
{
    struct entry e;
    TRY(entry_read(entry, &e, f));
    for (unsigned i = 0; e.form == ENTRY_EVENT && i < ENTRY_TAGS; i++)
        regain_key(ctx, e.event.tag[i], idx);
    return OK;
}

static int by_record(const void *a, const void *b)
{
    return memcmp(a, b, 40);
}

static enum err drop(struct db *db, void *ctx, struct fail *f)
{
    const struct snapshot *s = ctx;
    return store_map_top_drop(db, s->of.number, f);
}

static enum err regain(struct snapshot *s, struct db *db, unsigned depth, uint64_t number, struct buf *page,
                       struct fail *f)
{
    struct regain r = { .depth = depth, .number = number };
    if (++s->regained > REGAINED) {
        TRY(writer_run(s->n->writer, drop, s, f));
        return fail_set(f, E_STORE, "pages of the map are damaged; a start makes them anew from the entries");
    }
    log_event(LOG_WARN, "map-page-rebuilt", "depth=%u page=%llu", depth, (unsigned long long)number);
    enum err e = s->of.entries(&s->of, db, 0, INT64_MAX, regain_entry, &r, f);
    if (e == OK && r.count > 0) {
        qsort(r.record, r.count, sizeof *r.record, by_record);
        buf_put(page, r.record, r.count * sizeof *r.record);
    }
    free(r.record);
    return e;
}

static enum err load_page(void *ctx, unsigned depth, uint64_t number, bool anew, struct buf *page,
                          struct fail *f)
{
    struct snapshot *s = ctx;
    AUTO(store_read_endp) struct db *db = NULL;
    AUTO(buf_freep) struct buf *kept = NULL;
    TRY(store_read_begin(s->n->store, &db, f));
    if (anew)
        return regain(s, db, depth, number, page, f);
    TRY(store_map_page_get(db, s->of.number, depth, number, &kept, f));
    buf_put_bytes(page, bytes_of(kept));
    return OK;
}

static enum err leaf_of_entry(uint64_t idx, struct bytes entry, void *ctx, struct fail *f)
{
    uint8_t leaf[HASH_LEN];
    (void)idx;
    tree_leaf(entry, leaf);
    buf_put(ctx, leaf, sizeof leaf);
    return buf_check(ctx, "leaf hashes", f);
}

/* Kept leaves that are not what they have to be are kept anew, too. */
static enum err load_row(void *ctx, uint64_t row, bool anew, struct buf *leaves, struct fail *f)
{
    struct snapshot *s = ctx;
    AUTO(store_read_endp) struct db *db = NULL;
    AUTO(buf_freep) struct buf *kept = NULL;
    uint64_t from = row * TREE_ROW;
    TRY(store_read_begin(s->n->store, &db, f));
    if (anew) {
        log_event(LOG_WARN, "log-tile-rebuilt", "tile=%llu", (unsigned long long)row);
        s->kept = s->kept < from ? s->kept : from;
        return s->of.entries(&s->of, db, from, from + TREE_ROW, leaf_of_entry, leaves, f);
    }
    enum err e = store_log_tile_get(db, s->of.number, row, &kept, f);
    if (store_missing(e, f))
        return OK;
    TRY(e);
    buf_put_bytes(leaves, bytes_of(kept));
    return OK;
}

static enum err copy_entry(uint64_t idx, struct bytes entry, void *ctx, struct fail *f)
{
    (void)idx;
    buf_put_bytes(ctx, entry);
    return buf_check(ctx, "entry", f);
}

static enum err load(struct snapshot *s, struct db *db, uint64_t size, struct ledger_log **out,
                     struct fail *f)
{
    AUTO(store_map_top_clear) struct map_top_row top = { 0 };
    AUTO(buf_freep)
    struct buf *genesis = buf_new(ENTRY_MAX), *before = buf_new(ENTRY_MAX), *seal = buf_new(ENTRY_MAX);
    AUTO(map_freep) struct map *map = NULL;
    AUTO(tree_memory_freep) struct tree_memory *tree = NULL;
    const struct map_source pages = { load_page, s };
    const struct tree_source rows = { load_row, s };
    uint32_t number = s->of.number;
    enum err e = store_map_top_get(db, number, &top, f);
    if (store_missing(e, f))
        return OK;
    TRY(e);
    if (top.size > size || top.size < 2)
        return fail_set(f, E_STORE, "it is of size %llu, and what was signed of %llu",
                        (unsigned long long)top.size, (unsigned long long)size);
    TRY(s->of.entries(&s->of, db, 0, 1, copy_entry, genesis, f));
    TRY(s->of.entries(&s->of, db, top.size - 2, top.size - 1, copy_entry, before, f));
    TRY(s->of.entries(&s->of, db, top.size - 1, top.size, copy_entry, seal, f));
    s->unread = top.size;
    s->kept = top.rows.len > 0 ? top.size : 0; /* one of before rows were kept is made anew at once */
    TRY(map_open(top.depth, top.pages, top.size, &pages, &map, f));
    TRY(tree_memory_open(top.size, top.rows, &rows, &tree, f));
    TRY(ledger_log_resume(&map, &tree, bytes_of(genesis), bytes_of(before), bytes_of(seal), out, f));
    return OK;
}

/* forget: the next start is not to use it. */
void snapshot_forget(struct snapshot *s)
{
    struct fail f = { 0 };
    s->kept = s->unread = s->audited = 0;
    s->active = false;
    if (writer_run(s->n->writer, drop, s, &f) != OK)
        log_fail(LOG_WARN, "snapshot-not-forgotten", &f);
}

static enum err replay_entry(uint64_t idx, struct bytes entry, void *ctx, struct fail *f)
{
    (void)idx;
    return ledger_log_add_known(ctx, entry, f); /* is_signed shows that it is the same */
}

/* The tree is the one that the stored note was signed for: its text is the text that would be signed now. */
static bool is_signed(const struct ledger_log *log, const struct checkpoint_row *last)
{
    AUTO(buf_freep) struct buf *text = buf_new(4096);
    uint8_t root[HASH_LEN];
    ledger_log_root(log, root);
    return ledger_log_size(log) == last->size && memcmp(root, last->root, sizeof root) == 0 &&
           ledger_log_checkpoint(log, text, NULL) == OK &&
           (!last->note ||
            (strncmp(last->note, buf_text(text), text->len) == 0 && last->note[text->len] == '\n'));
}

/* as_signed: entries from where ${log} is up to ${last}, and then it is what was signed. */
static enum err as_signed(struct snapshot *s, struct db *db, const struct checkpoint_row *last,
                          struct ledger_log *log, struct fail *f)
{
    struct fail why = { 0 };
    if (s->of.entries(&s->of, db, ledger_log_size(log), last->size, replay_entry, log, &why) != OK ||
        ledger_log_known_end(log, &why) != OK)
        return fail_set(f, E_STORE, "the stored ledger does not replay, it was altered: %s", why.what);
    if (!is_signed(log, last))
        return fail_set(
            f, E_STORE,
            "the stored ledger does not give the root that was signed at size %llu: it was altered",
            (unsigned long long)last->size);
    return OK;
}

/* from_kept: whether the log could be had from the snapshot and what came since; the entries decide, so whatever is wrong with
 * it only takes time. */
static bool from_kept(struct snapshot *s, struct db *db, const struct checkpoint_row *last,
                      struct ledger_log **log)
{
    AUTO(ledger_log_freep) struct ledger_log *kept = NULL;
    struct fail f = { 0 };
    enum err e = load(s, db, last->size, &kept, &f);
    if (e == OK && !kept)
        return false;
    if (e == OK)
        e = as_signed(s, db, last, kept, &f);
    if (e != OK) {
        log_fail(LOG_WARN, "snapshot-refused", &f);
        snapshot_forget(s);
        return false;
    }
    ledger_log_free(*log);
    *log = kept;
    kept = NULL;
    return true;
}

enum err snapshot_replay(struct snapshot *s, struct db *db, const struct checkpoint_row *last,
                         struct ledger_log **log, struct fail *f)
{
    if (!from_kept(s, db, last, log))
        TRY(as_signed(s, db, last, *log, f));
    map_pages(ledger_log_map(*log), &(struct map_source){ load_page, s });
    map_whole(ledger_log_map(*log));
    return OK;
}

/* Writing ------------------------------------------------------------------------------------------------- */

static void add_piece(struct snapshot *s, bool tile, uint64_t number, size_t at)
{
    if ((s->count & (s->count - 1)) == 0)
        s->pieces = mem_grow(s->pieces, s->count ? 2 * s->count : 1, sizeof *s->pieces);
    s->pieces[s->count++] = (struct piece){ tile, number, at, s->bytes.len - at };
}

/* begin: from the log as it is now. Tiles that the last one has in full are there. */
static void begin(struct snapshot *s, struct ledger_log *log)
{
    struct tree_nodes nodes = ledger_log_nodes(log);
    s->active = true;
    s->size = ledger_log_size(log);
    s->depth = map_depth(ledger_log_map(log));
    s->page = 0;
    s->tile = s->kept / TREE_ROW;
    buf_reset(&s->table);
    map_table_put(ledger_log_map(log), &s->table);
    buf_reset(&s->rows);
    for (uint64_t i = 0; i < s->size / TREE_ROW; i++) {
        uint8_t row[HASH_LEN];
        if (nodes.node(nodes.ctx, TREE_ROW_HEIGHT, i, row, NULL) != OK)
            BUG("a tree without the nodes of its rows");
        buf_put(&s->rows, row, sizeof row);
    }
}

static enum err put_tile(struct snapshot *s, struct ledger_log *log, struct fail *f)
{
    struct tree_nodes nodes = ledger_log_nodes(log);
    uint64_t from = s->tile * TREE_ROW, to = from + TREE_ROW;
    size_t at = s->bytes.len;
    uint8_t leaf[HASH_LEN];
    for (uint64_t i = from; i < to && i < s->size; i++) {
        TRY(nodes.node(nodes.ctx, 0, i, leaf, f));
        buf_put(&s->bytes, leaf, sizeof leaf);
    }
    add_piece(s, true, s->tile++, at);
    return OK;
}

/* collect: as much as fits a bit; ${last}: nothing is left. */
static enum err collect(struct snapshot *s, struct ledger_log *log, struct fail *f)
{
    struct map *map = ledger_log_map(log);
    buf_reset(&s->bytes);
    s->count = 0;
    if (map_depth(map) != s->depth)
        begin(s, log);
    for (; s->page < (uint64_t)1 << s->depth && s->bytes.len < BIT; s->page++) {
        size_t at = s->bytes.len;
        if (map_page_put(map, s->page, &s->bytes))
            add_piece(s, false, s->page, at);
    }
    while (s->tile * TREE_ROW < s->size && s->bytes.len < BIT)
        TRY(put_tile(s, log, f));
    s->last = s->page == (uint64_t)1 << s->depth && s->tile * TREE_ROW >= s->size;
    TRY(buf_check(&s->table, "table of the map", f));
    TRY(buf_check(&s->rows, "rows of the tree", f));
    return buf_check(&s->bytes, "pages of the map", f);
}

static enum err put_bit(struct db *db, void *ctx, struct fail *f)
{
    const struct snapshot *s = ctx;
    uint32_t number = s->of.number;
    for (size_t i = 0; i < s->count; i++) {
        const struct piece *p = &s->pieces[i];
        struct bytes v = BYTES(s->bytes.data + p->at, p->len);
        TRY(p->tile ? store_log_tile_put(db, number, p->number, v, f)
                    : store_map_page_put(db, number, s->depth, p->number, v, f));
    }
    if (!s->last)
        return OK;
    TRY(store_map_page_drop(db, number, s->depth, f));
    return store_map_top_put(
        db, &(struct map_top_row){ number, s->size, s->depth, bytes_of(&s->table), bytes_of(&s->rows), NULL },
        f);
}

/* bit: one step of what is being written. */
static enum err bit(struct snapshot *s, struct ledger_log *log, struct fail *f)
{
    pthread_mutex_lock(s->of.lock);
    enum err e = collect(s, log, f);
    pthread_mutex_unlock(s->of.lock);
    TRY(e);
    TRY(writer_run(s->n->writer, put_bit, s, f));
    if (!s->last)
        return OK;
    s->active = false;
    buf_reset(&s->table);
    buf_reset(&s->rows);
    pthread_mutex_lock(s->of.lock);
    s->kept = s->size;
    map_let_go(ledger_log_map(log), s->of.held);
    pthread_mutex_unlock(s->of.lock);
    return OK;
}

/* due: a log that ends well, and has grown by ${more} since. */
static bool due(const struct snapshot *s, const struct ledger_log *log, uint64_t more)
{
    uint64_t size = ledger_log_size(log), index, first;
    return ledger_log_sealed(log) && !ledger_log_next(log) && ledger_log_reused(log, &index, &first) == 0 &&
           size >= FIRST && size - s->kept >= more;
}

enum err snapshot_step(struct snapshot *s, struct ledger_log *log, struct fail *f)
{
    if (!s->active) {
        pthread_mutex_lock(s->of.lock);
        uint64_t share = ledger_log_size(log) / SHARE;
        if (due(s, log, share > FIRST ? share : FIRST))
            begin(s, log);
        pthread_mutex_unlock(s->of.lock);
    }
    return s->active ? bit(s, log, f) : OK;
}

enum err snapshot_finish(struct snapshot *s, struct ledger_log *log, struct fail *f)
{
    s->active = false;
    if (!due(s, log, REST))
        return OK;
    begin(s, log);
    while (s->active)
        TRY(bit(s, log, f));
    return OK;
}

/* Reading what a start did not ----------------------------------------------------------------------------- */

/* As many entries as a row of the tree has. */
struct audit {
    uint64_t from, count;
    uint8_t leaf[TREE_ROW][HASH_LEN];
};

static enum err audit_entry(uint64_t idx, struct bytes entry, void *ctx, struct fail *f)
{
    struct audit *a = ctx;
    if (idx != a->from + a->count)
        return fail_set(f, E_STORE, "the stored ledger was altered: entry %llu is missing",
                        (unsigned long long)(a->from + a->count));
    tree_leaf(entry, a->leaf[a->count++]);
    return OK;
}

/* row_is: the row's own node says that all its leaves are these, without having them. */
static enum err row_is(const struct audit *a, const struct tree_nodes *nodes, bool *same, struct fail *f)
{
    struct tree_range range = { 0 };
    uint8_t is[HASH_LEN], was[HASH_LEN];
    for (uint64_t i = 0; i < a->count; i++)
        tree_range_append(&range, a->leaf[i]);
    tree_range_root(&range, is);
    TRY(nodes->node(nodes->ctx, TREE_ROW_HEIGHT, a->from / TREE_ROW, was, f));
    *same = memcmp(is, was, HASH_LEN) == 0;
    return OK;
}

static enum err audit_leaves(const struct audit *a, const struct tree_nodes *nodes, struct fail *f)
{
    bool same = false;
    if (a->count == TREE_ROW)
        TRY(row_is(a, nodes, &same, f));
    for (uint64_t i = 0; i < a->count && !same; i++) {
        uint8_t was[HASH_LEN];
        TRY(nodes->node(nodes->ctx, 0, a->from + i, was, f));
        if (memcmp(a->leaf[i], was, HASH_LEN) != 0)
            return fail_set(f, E_STORE,
                            "the stored ledger was altered: entry %llu is not the one that was signed",
                            (unsigned long long)(a->from + i));
    }
    return OK;
}

enum err snapshot_audit(struct snapshot *s, struct ledger_log *log, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    uint64_t to = s->audited + TREE_ROW < s->unread ? s->audited + TREE_ROW : s->unread;
    struct audit a = { .from = s->audited };
    TRY(store_read_begin(s->n->store, &db, f));
    pthread_mutex_lock(s->of.lock);
    struct tree_nodes nodes = ledger_log_nodes(log);
    enum err e = s->of.entries(&s->of, db, s->audited, to, audit_entry, &a, f);
    if (e == OK && a.from + a.count != to)
        e = fail_set(f, E_STORE, "the stored ledger was altered: entry %llu is missing",
                     (unsigned long long)(a.from + a.count));
    if (e == OK)
        e = audit_leaves(&a, &nodes, f);
    pthread_mutex_unlock(s->of.lock);
    s->audited = to;
    if (e != OK)
        snapshot_forget(s);
    return e;
}

bool snapshot_audited(const struct snapshot *s)
{
    return s->audited >= s->unread;
}

bool snapshot_active(const struct snapshot *s)
{
    return s->active;
}
