/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/http/monitored.h - logs that a test makes up, served over real sockets by alder, and nodes that monitor them */
#ifndef TESTS_HTTP_MONITORED_H
#define TESTS_HTTP_MONITORED_H

#include "exchange/watch.h"
#include "ledger/tiles.h"
#include "ledger/witness.h"
#include "log_server.h"
#include "nodes.h"
#include "store/cosigner.h"
#include "store/item.h"
#include "store/store.h"
#include "vec.h"

#define ENTRIES_MAX 64

#define LOGS_MAX 3

/* alder is a home whose certificate and card are real, and whose logs are what a test says. */
static struct site alder, birch;
static struct http_server *server;
static char dir[] = "/tmp/orcon-monitor-XXXXXX";

/* Generation 1 is the first. */
static struct log {
    struct bytes entry[ENTRIES_MAX];
    size_t count;
    size_t cut; /* bytes left out at the end of a bundle */
    bool silent;
    const struct key *key;
    struct note_key name;
} logs[LOGS_MAX];

static enum err serve_bundle(struct http_call *call, struct fail *f)
{
    AUTO(buf_freep) struct buf *out = buf_new((size_t)1 << 22);
    const char *generation = http_param(call, "generation");
    size_t number = *generation >= '1' && !generation[1] ? (size_t)(*generation - '1') : LOGS_MAX;
    struct tile t;
    if (number >= LOGS_MAX)
        return fail_set(f, E_NOT_FOUND, "no such log");
    const struct log *log = &logs[number];
    if (log->silent)
        usleep(4000000);
    if (!tiles_path_read(http_param(call, "tile"), &t) || t.level != TILES_ENTRIES || t.number != 0 ||
        t.width > log->count)
        return fail_set(f, E_NOT_FOUND, "no such bundle");
    for (size_t i = 0; i < t.width; i++)
        tiles_put_entry(out, log->entry[i]);
    out->len -= log->cut < out->len ? log->cut : 0;
    http_reply_take(call, 200, "application/octet-stream", &out);
    return OK;
}

static const struct http_route routes[] = { { "GET", "/log/{generation}/{tile...}", 0, 0, serve_bundle,
                                              NULL } };

/* alder's card, with the first ${count} of these logs in it. */
__attribute__((unused)) static char *card_with(size_t count)
{
    struct fail f = { 0 };
    AUTO(cards_put) struct card_ref own = { 0 };
    AUTO(buf_freep) struct buf *jws = buf_new(CARD_MAX);
    if (cards_get(alder.n, "alder.example", &own, &f) != OK)
        return NULL;
    AUTO(json_freep) json_t *claims = json_deep_copy(own.card->jose->payload), *named = json_array();
    for (size_t i = 0; i < count; i++) {
        char vkey[NOTE_VKEY_SIZE];
        note_key_print(&logs[i].name, vkey);
        json_array_append_new(named, json_string(vkey));
    }
    json_object_set(claims, "logs", named);
    return keeper_sign(alder.n->keeper, USE_CARD, claims, jws, &f) == OK ? buf_steal_text(jws) : NULL;
}

/* A new monitor that knows alder's card and nothing else. */
static bool new_monitor(const char *name, const char *card)
{
    struct fail f = { 0 };
    char domain[DOMAIN_MAX + 1];
    AUTO(str_freep) char *own = str_format("%s.example", name);
    return site_make(&birch, dir, own) &&
           ok(cards_take(birch.n, bytes_str(card), true, true, domain, &f) == OK &&
                  node_server_start(birch.n, &birch.server, &f) == OK,
              "%s monitors alder: %s", name, f.what);
}

static void end_monitor(void)
{
    node_server_stop(birch.server);
    node_close(birch.n);
}

/* The checkpoint over the first ${size} of these entries, signed. */
static struct buf *request(const struct log *log, uint64_t old, const struct bytes *entry, size_t size)
{
    AUTO(tree_memory_freep) struct tree_memory *m = tree_memory_new();
    AUTO(buf_freep) struct buf *text = buf_new(4096), *note = buf_new(4096), *proof = buf_new(TREE_PROOF_MAX);
    struct buf *body = buf_new(WITNESS_BODY_MAX);
    uint8_t hash[HASH_LEN];
    struct fail f = { 0 };
    for (size_t i = 0; i < size; i++) {
        tree_leaf(entry[i], hash);
        tree_memory_append(m, hash);
    }
    struct tree_nodes nodes = tree_memory_nodes(m);
    if (tree_root(&nodes, size, hash, &f) != OK || tree_prove_consistency(&nodes, old, size, proof, &f) != OK)
        ok(false, "a checkpoint: %s", f.what);
    checkpoint_put(text, log->name.name, size, hash);
    note_begin(note, bytes_of(text));
    note_sign_line(note, &log->name, log->key, bytes_of(text), 0);
    witness_ask_put(body, old, bytes_of(proof), bytes_of(note));
    return body;
}

static bool asks(const struct log *log, uint64_t old, size_t size, int status, const char *words,
                 const char *name)
{
    AUTO(buf_freep) struct buf *body = request(log, old, log->entry, size);
    return asked((struct asking){ .site = &birch,
                                  .method = "POST",
                                  .path = "/monitor/add-checkpoint",
                                  .type = "text/plain",
                                  .bytes = bytes_of(body) },
                 status, words, name);
}

struct found {
    size_t count;
    bool entry;
};

static enum err count_item(const struct item_row *row, void *ctx, struct fail *f)
{
    struct found *found = ctx;
    (void)f;
    found->count += strcmp(row->kind, "alert") == 0;
    found->entry = found->entry || strstr(row->about, "\"entry\":");
    return OK;
}

/* Alerts for officers, and whether one shows an entry. */
static struct found alerts(void)
{
    AUTO(store_read_endp) struct db *db = NULL;
    struct found found = { 0 };
    const char *officer = "officer";
    struct fail f = { 0 };
    if (store_read_begin(birch.n->store, &db, &f) != OK ||
        store_item_list(db, &officer, 1, true, 0, 100, count_item, &found, &f) != OK)
        ok(false, "alerts: %s", f.what);
    return found;
}

__attribute__((unused)) static void take_entries(struct log *log, const json_t *v)
{
    const json_t *list = json_object_get(v, "entries_base64"), *e;
    size_t i;
    log->count = log->cut = 0;
    log->silent = false;
    json_array_foreach (list, i, e)
        if (log->count < ENTRIES_MAX)
            log->entry[log->count++] = vec_b64(e);
}

/* The key of a log of the vectors. */
static bool take_key(struct log *log, const json_t *generation, struct key **key)
{
    struct fail f = { 0 };
    struct bytes seed = vec_hex(json_object_get(generation, "log_seed"));
    bool good = key_read_private(KEY_ED25519, seed, key, &f) == OK &&
                note_key_read(bytes_str(vec_str(generation, "log_vkey")), &log->name, &f) == OK;
    log->key = *key;
    return ok(good, "the key of %s: %s", log->name.name, f.what);
}

#endif
