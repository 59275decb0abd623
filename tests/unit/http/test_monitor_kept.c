/* SPDX-License-Identifier: Apache-2.0
 * A monitor that is started again goes on from the tree and map that it kept of a long log; what of them, of the entries or of what it
 * cosigned was altered meanwhile it finds, reads again from the log's own node, and cosigns what is right and nothing else. */
#include <stdatomic.h>

#include "exchange/watch.h"
#include "ledger/log.h"
#include "ledger/tiles.h"
#include "ledger/witness.h"
#include "log_server.h"
#include "nodes.h"
#include "store/cosigner.h"
#include "store/store.h"
#include "store_file.h"

#define EVENTS 4600 /* enough for a snapshot */
#define MORE   40   /* between two checkpoints */
#define SIZES  2

static struct site alder, birch;
static struct http_server *server;
static struct key *log_key;
static struct note_key log_name;
static char dir[] = "/tmp/orcon-kept-XXXXXX";
static char *home, *file, *kept;

/* The log: its bytes, and the sizes at which it has a checkpoint. */
static struct {
    struct buf bytes;
    size_t end[EVENTS + (SIZES + 1) * (MORE + 1) + 8];
    size_t count;
    uint64_t size[SIZES + 1];
} history;
static atomic_uint fetched;              /* bundles */
static atomic_size_t swapped = SIZE_MAX; /* in the place of this entry the next one is served */

static struct bytes entry_of(size_t i)
{
    size_t start = i ? history.end[i - 1] : 0;
    return BYTES(history.bytes.data + start, history.end[i] - start);
}

static enum err serve_bundle(struct http_call *call, struct fail *f)
{
    AUTO(buf_freep) struct buf *out = buf_new((size_t)1 << 20);
    struct tile t;
    atomic_fetch_add(&fetched, 1);
    if (!tiles_path_read(http_param(call, "tile"), &t) || t.level != TILES_ENTRIES ||
        t.number * TILES_WIDTH + t.width > history.count)
        return fail_set(f, E_NOT_FOUND, "no such bundle");
    for (size_t i = 0; i < t.width; i++)
        tiles_put_entry(out, entry_of(t.number * TILES_WIDTH + i + (t.number * TILES_WIDTH + i == swapped)));
    http_reply_take(call, 200, "application/octet-stream", &out);
    return OK;
}

static const struct http_route routes[] = { { "GET", "/log/1/{tile...}", 0, 0, serve_bundle, NULL } };

/* The log --------------------------------------------------------------------------------------------------- */

static void put_event(struct ledger_log *log)
{
    struct entry e = { .form = ENTRY_EVENT };
    struct fail f = { 0 };
    size_t start = history.bytes.len;
    random_bytes(e.event.tag, sizeof e.event.tag);
    random_bytes(e.event.commitment, sizeof e.event.commitment);
    if (entry_put(&history.bytes, &e, &f) != OK ||
        ledger_log_add_entry(log, BYTES(history.bytes.data + start, history.bytes.len - start), &f) != OK)
        ok(false, "an event: %s", f.what);
    history.end[history.count++] = history.bytes.len;
}

static void put_seal(struct ledger_log *log)
{
    struct fail f = { 0 };
    if (ledger_log_add_seal(log, history.count, history.count, &history.bytes, &f) != OK)
        ok(false, "a seal: %s", f.what);
    history.end[history.count++] = history.bytes.len;
}

static bool make_log(void)
{
    AUTO(ledger_log_freep) struct ledger_log *log = ledger_log_new();
    struct entry_genesis g = { .time_ms = 1, .generation = 1, .origin = "alder.example/orcon/1" };
    struct fail f = { 0 };
    AUTO(buf_freep) struct buf *pk = buf_new(64);
    buf_init(&history.bytes, COUNT(history.end) * ENTRY_MAX);
    tree_empty_root(g.prev_root);
    key_write_public(log_key, pk);
    memcpy(g.log_pk, pk->data, sizeof g.log_pk);
    random_bytes(g.vrf_pk, sizeof g.vrf_pk);
    if (ledger_log_add_genesis(log, &g, &history.bytes, &f) != OK)
        return ok(false, "genesis: %s", f.what);
    history.end[history.count++] = history.bytes.len;
    for (size_t s = 0; s < COUNT(history.size); s++) {
        for (size_t i = 0; i < (s ? MORE : EVENTS); i++)
            put_event(log);
        put_seal(log);
        history.size[s] = history.count;
    }
    return true;
}

/* alder's card, with this log in it. */
static char *card_with_log(void)
{
    struct fail f = { 0 };
    AUTO(cards_put) struct card_ref own = { 0 };
    AUTO(buf_freep) struct buf *jws = buf_new(CARD_MAX);
    char vkey[NOTE_VKEY_SIZE];
    if (cards_get(alder.n, "alder.example", &own, &f) != OK)
        return NULL;
    note_key_print(&log_name, vkey);
    AUTO(json_freep) json_t *claims = json_deep_copy(own.card->jose->payload), *logs = json_array();
    json_array_append_new(logs, json_string(vkey));
    json_object_set(claims, "logs", logs);
    return keeper_sign(alder.n->keeper, USE_CARD, claims, jws, &f) == OK ? buf_steal_text(jws) : NULL;
}

static struct buf *request(uint64_t old, uint64_t size)
{
    AUTO(tree_memory_freep) struct tree_memory *m = tree_memory_new();
    AUTO(buf_freep) struct buf *text = buf_new(4096), *note = buf_new(4096), *proof = buf_new(TREE_PROOF_MAX);
    struct buf *body = buf_new(WITNESS_BODY_MAX);
    uint8_t hash[HASH_LEN];
    struct fail f = { 0 };
    for (size_t i = 0; i < size; i++) {
        tree_leaf(entry_of(i), hash);
        tree_memory_append(m, hash);
    }
    struct tree_nodes nodes = tree_memory_nodes(m);
    if (tree_root(&nodes, size, hash, &f) != OK || tree_prove_consistency(&nodes, old, size, proof, &f) != OK)
        ok(false, "a checkpoint: %s", f.what);
    checkpoint_put(text, log_name.name, size, hash);
    note_begin(note, bytes_of(text));
    note_sign_line(note, &log_name, log_key, bytes_of(text), 0);
    witness_ask_put(body, old, bytes_of(proof), bytes_of(note));
    return body;
}

static bool asks(uint64_t old, uint64_t size, int status, const char *words, const char *name)
{
    AUTO(buf_freep) struct buf *body = request(old, size);
    return asked((struct asking){ .site = &birch,
                                  .method = "POST",
                                  .path = "/monitor/add-checkpoint",
                                  .type = "text/plain",
                                  .bytes = bytes_of(body) },
                 status, words, name);
}

/* The monitor's home ------------------------------------------------------------------------------------------- */

static bool begin(void)
{
    struct fail f = { 0 };
    return ok(node_open(home, false, &birch.n, &f) == OK && node_network_client(birch.n, &f) == OK &&
                  node_server_start(birch.n, &birch.server, &f) == OK,
              "the monitor is started: %s", f.what);
}

static void end(void)
{
    node_server_stop(birch.server);
    node_close(birch.n);
}

#define WATCHED   "generation >= 2147483648"
#define TOP_SIZE  "(SELECT size FROM map_top WHERE " WATCHED ")"
#define SOME_PAGE "(SELECT min(id) FROM map_page WHERE id >= 2147483648 << 29)"

/* Each row: the store as it was after the first checkpoint, then altered, then two more checkpoints with a start before each. */
struct row {
    const char *name, *sql;
    bool again; /* all entries are fetched again */
    bool later; /* found while it is used: the first answer is to come back */
};

static const struct row rows[] = {
    { "as it was kept", "UPDATE watched SET time_s = time_s", false, false },
    { "a page that is missing", "DELETE FROM map_page WHERE id = " SOME_PAGE, false, false },
    { "a page of zeros", "UPDATE map_page SET keys = zeroblob(80) WHERE id = " SOME_PAGE, false, false },
    { "all pages altered", "UPDATE map_page SET keys = zeroblob(40) WHERE id >= 2147483648 << 29", false,
      true },
    { "a table with another hash", "UPDATE map_top SET pages = zeroblob(length(pages)) WHERE " WATCHED, false,
      false },
    { "a table of a later size", "UPDATE map_top SET size = size + 1000 WHERE " WATCHED, false, false },
    { "another leaf hash",
      "UPDATE log_tile SET leaves = zeroblob(length(leaves)) WHERE number = 3 AND " WATCHED, false, false },
    { "no leaf hashes", "DELETE FROM log_tile WHERE " WATCHED, false, false },
    { "an old entry of zeros", "UPDATE watched_entry SET entry = zeroblob(length(entry)) WHERE idx = 77",
      true, false },
    { "an old entry in the place of another",
      "UPDATE watched_entry SET entry = (SELECT e.entry FROM watched_entry e WHERE e.idx = 78) WHERE idx = "
      "77",
      true, false },
    { "an old entry that is missing", "DELETE FROM watched_entry WHERE idx = 300", true, false },
    { "the last entry of zeros",
      "UPDATE watched_entry SET entry = zeroblob(length(entry)) WHERE idx = " TOP_SIZE " - 1", true, false },
    { "a checkpoint that the log did not sign",
      "UPDATE watched SET note = replace(note, 'alder', 'older') WHERE role = 'monitor'", true, false },
};

static void altered(const struct row *row)
{
    unsigned bundles = (unsigned)(history.size[0] / TILES_WIDTH), before = atomic_load(&fetched);
    if (!ok(copy_file(kept, file) && store_alter(file, row->sql) > 0, "%s: altered", row->name))
        return;
    for (size_t i = 1; i <= 2; i++) {
        if (!begin())
            return;
        if (i == 1 && row->later)
            asks(history.size[0], history.size[1], 503, "damaged", row->name);
        asks(history.size[i - 1], history.size[i], 200, "/monitor ", row->name);
        end();
    }
    unsigned got = atomic_load(&fetched) - before;
    ok(row->again ? got >= bundles : got < bundles / 2, "%s: %u bundles are fetched", row->name, got);
    ok(store_number(file, "SELECT count(*) FROM item WHERE kind = 'alert'") == 0, "%s: no alarm", row->name);
}

/* The log's operator altered one of its oldest entries after it was signed, which his own start no longer reads. */
static void newcomer(const char *card)
{
    struct fail f = { 0 };
    char domain[DOMAIN_MAX + 1];
    if (!site_make(&birch, dir, "cedar.example") ||
        !ok(cards_take(birch.n, bytes_str(card), true, true, domain, &f) == OK &&
                node_server_start(birch.n, &birch.server, &f) == OK,
            "cedar monitors alder: %s", f.what))
        return;
    atomic_store(&swapped, 77);
    asks(0, history.size[1], 422, "not those that were signed", "an old entry that its operator altered");
    atomic_store(&swapped, SIZE_MAX);
    asks(0, history.size[1], 200, "/monitor ", "and the right one");
    end();
}

int main(void)
{
    struct fail f = { 0 };
    char domain[DOMAIN_MAX + 1];
    if (!mkdtemp(dir) ||
        !ok(net_client_new(&client, &f) == OK && key_make(KEY_ED25519, &log_key, &f) == OK, "a key: %s",
            f.what) ||
        !site_make(&alder, dir, "alder.example") || !(server = log_server(alder.n, routes, COUNT(routes))))
        return tap_done();
    AUTO(buf_freep) struct buf *pk = buf_new(64);
    key_write_public(log_key, pk);
    AUTO(str_freep) char *card = NULL;
    if (ok(note_key_make("alder.example/orcon/1", NOTE_ED25519, pk->data, &log_name, &f) == OK, "%s",
           f.what) &&
        make_log() && ok((card = card_with_log()) != NULL, "a card with the log") &&
        site_make(&birch, dir, "birch.example") &&
        ok(cards_take(birch.n, bytes_str(card), true, true, domain, &f) == OK &&
               node_server_start(birch.n, &birch.server, &f) == OK,
           "birch monitors alder: %s", f.what)) {
        home = str_dup(birch.n->home);
        file = str_format("%s/orcon.db", home);
        kept = str_format("%s/kept.db", dir);
        asks(0, history.size[0], 200, "/monitor ", "a long log");
        end();
        ok(store_number(file, "SELECT size FROM map_top WHERE " WATCHED) == (int64_t)history.size[0] &&
               copy_file(file, kept),
           "its tree and map are kept");
        for (size_t i = 0; i < COUNT(rows); i++)
            altered(&rows[i]);
        newcomer(card);
    }
    http_server_stop(server, 0);
    node_close(alder.n);
    net_client_free(client);
    key_free(log_key);
    buf_clear(&history.bytes);
    free(home);
    free(file);
    free(kept);
    ok(file_remove_tree(dir, &f) == OK, "cleaned up: %s", f.what);
    return tap_done();
}
