/* SPDX-License-Identifier: Apache-2.0
 * A monitor reads whole logs over real sockets: those of the vectors, and those of an operator who cheats. */
#include <pthread.h>

#include "exchange/watch.h"
#include "http/server.h"
#include "ledger/tiles.h"
#include "ledger/witness.h"
#include "nodes.h"
#include "store/cosigner.h"
#include "store/item.h"
#include "store/store.h"
#include "vec.h"

#define ENTRIES_MAX 64

/* alder is a home whose certificate and card are real, and whose log is what a test says. */
static struct site alder, birch;
static struct http_server *server;
static struct key *log_key;
static struct note_key log_name;
static char dir[] = "/tmp/orcon-monitor-XXXXXX";

static struct {
    struct bytes entry[ENTRIES_MAX];
    size_t count;
    size_t cut; /* bytes left out at the end of a bundle */
    bool silent;
} served;

static enum err serve_bundle(struct http_call *call, struct fail *f)
{
    AUTO(buf_freep) struct buf *out = buf_new((size_t)1 << 20);
    struct tile t;
    if (served.silent)
        usleep(4000000);
    if (!tiles_path_read(http_param(call, "tile"), &t) || t.level != TILES_ENTRIES || t.number != 0 ||
        t.width > served.count)
        return fail_set(f, E_NOT_FOUND, "no such bundle");
    for (size_t i = 0; i < t.width; i++)
        tiles_put_entry(out, served.entry[i]);
    out->len -= served.cut < out->len ? served.cut : 0;
    http_reply_take(call, 200, "application/octet-stream", &out);
    return OK;
}

static const struct http_route routes[] = { { "GET", "/log/1/{tile...}", 0, 0, serve_bundle, NULL } };

static bool log_server(void)
{
    struct fail f = { 0 };
    AUTO(buf_freep) struct buf *certificate = buf_new(65536), *key = buf_new_secret(65536);
    if (node_tls(alder.n, certificate, key, &f) != OK)
        return ok(false, "a certificate: %s", f.what);
    struct http_conf conf = { .listen = alder.n->conf.listen,
                              .certificate = bytes_of(certificate),
                              .key = bytes_of(key),
                              .routes = routes,
                              .route_count = COUNT(routes) };
    return ok(http_server_start(&conf, &server, &f) == OK, "a server for the log: %s", f.what);
}

/* alder's card, with the vectors' log in it. */
static char *card_with(const char *vkey)
{
    struct fail f = { 0 };
    AUTO(cards_put) struct card_ref own = { 0 };
    AUTO(buf_freep) struct buf *jws = buf_new(CARD_MAX);
    if (cards_get(alder.n, "alder.example", &own, &f) != OK)
        return NULL;
    AUTO(json_freep) json_t *claims = json_deep_copy(own.card->jose->payload), *logs = json_array();
    json_array_append_new(logs, json_string(vkey));
    json_object_set(claims, "logs", logs);
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
static struct buf *request(uint64_t old, const struct bytes *entry, size_t size)
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
    checkpoint_put(text, log_name.name, size, hash);
    note_begin(note, bytes_of(text));
    note_sign_line(note, &log_name, log_key, bytes_of(text), 0);
    witness_ask_put(body, old, bytes_of(proof), bytes_of(note));
    return body;
}

static bool asks(uint64_t old, size_t size, int status, const char *words, const char *name)
{
    AUTO(buf_freep) struct buf *body = request(old, served.entry, size);
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

static void take_entries(const json_t *v)
{
    const json_t *list = json_object_get(v, "entries_base64"), *e;
    size_t i;
    served.count = served.cut = 0;
    served.silent = false;
    json_array_foreach (list, i, e)
        if (served.count < ENTRIES_MAX)
            served.entry[served.count++] = vec_b64(e);
}

/* One log of the vectors: cosigned or not, told of or not. */
static void vector(const json_t *v, size_t i, const char *card)
{
    const char *name = vec_str(v, "name");
    AUTO(str_freep) char *monitor = str_format("m%zu", i);
    take_entries(v);
    if (!new_monitor(monitor, card))
        return;
    bool cosign = vec_bool(v, "cosign");
    asks(0, served.count, cosign ? 200 : 422, cosign ? "/monitor " : NULL, name);
    struct found told = alerts();
    ok(told.count == (cosign && !vec_bool(v, "report") ? 0 : 1), "%s: %zu alerts", name, told.count);
    ok(cosign || told.entry, "%s: the entry that proves it is shown", name);
    if (!cosign) {
        asks(0, served.count, 422, "not cosigned any more", name);
        ok(alerts().count == 1, "%s: told once", name);
    }
    end_monitor();
}

/* A log that grows, a monitor that is started again in between, and an operator who cheats. */
static void growing(const json_t *generation, const char *card)
{
    const json_t *list = json_object_get(generation, "checkpoints"), *c;
    struct fail f = { 0 };
    uint64_t old = 0;
    size_t i, count = json_array_size(list);
    take_entries(generation);
    if (!new_monitor("grow", card))
        return;
    AUTO(str_freep) char *home = str_dup(birch.n->home);
    json_array_foreach (list, i, c) {
        uint64_t size = vec_u64(c, "size");
        if (i + 1 == count)
            break;
        asks(old, size, 200, "/monitor ", "it grows");
        asks(old == 0 ? size : old, size, old == 0 ? 200 : 409, NULL, "and again");
        old = size;
        end_monitor();
        if (!ok(node_open(home, false, &birch.n, &f) == OK && node_network_client(birch.n, &f) == OK &&
                    node_server_start(birch.n, &birch.server, &f) == OK,
                "the monitor is started again: %s", f.what))
            return;
    }
    uint64_t last = vec_u64(json_array_get(list, count - 1), "size");
    served.cut = 5;
    asks(old, last, 422, "ends in entry", "a bundle that ends in the middle of an entry");
    ok(alerts().count == 1, "an alert");
    served.cut = 0;
    struct bytes right = served.entry[last - 1];
    AUTO(buf_freep) struct buf *body = request(old, served.entry, last);
    served.entry[last - 1] = served.entry[last - 2];
    asked(
        (struct asking){
            .site = &birch, .method = "POST", .path = "/monitor/add-checkpoint", .bytes = bytes_of(body) },
        422, "not those that were signed", "an entry that was edited after it was signed");
    served.entry[last - 1] = right;
    served.silent = true;
    asks(old, last, 503, NULL, "a node that does not answer");
    served.silent = false;
    asks(old, last, 200, "/monitor ", "and once it is right, it is cosigned");
    struct bytes other = served.entry[2];
    served.entry[2] = served.entry[3];
    asks(0, old, 409, NULL, "another history, of a size that was read before");
    served.entry[2] = other;
    asks(last, last, 422, "not cosigned any more", "proves two histories: nothing is cosigned from then on");
    ok(alerts().count == 2, "and it is told: %zu alerts", alerts().count);
    end_monitor();
}

/* ---- many at once ---- */

#define RACERS 6

struct racer {
    pthread_t thread;
    struct buf *body;
    int status;
};

static void *race(void *arg)
{
    struct racer *r = arg;
    AUTO(net_answer_clear) struct net_answer answer = { 0 };
    AUTO(str_freep) char *url = str_format("%s/witness/add-checkpoint", birch.n->conf.url);
    const char *pins[] = { birch.pin };
    struct net_request request = {
        .url = url, .body = bytes_of(r->body), .pins = pins, .pin_count = 1, .allow_private = true
    };
    r->status = net_client_send(client, &request, &answer, NULL) == OK ? answer.status : -1;
    return NULL;
}

/* Histories that differ in their last entry, all from the same size, at the same moment: one is cosigned. */
static void races(const char *card)
{
    struct bytes entry[16];
    uint8_t last[RACERS][32];
    uint64_t size = 2;
    if (!new_monitor("race", card))
        return;
    for (size_t i = 0; i < COUNT(entry); i++)
        entry[i] = bytes_str("an entry that no witness looks at");
    AUTO(buf_freep) struct buf *first = request(0, entry, size);
    asked(
        (struct asking){
            .site = &birch, .method = "POST", .path = "/witness/add-checkpoint", .bytes = bytes_of(first) },
        200, "/witness ", "where they part");
    for (unsigned round = 0; round < 10; round++, size++) {
        struct racer racers[RACERS] = { 0 };
        unsigned cosigned = 0, refused = 0;
        size_t winner = 0;
        for (size_t i = 0; i < RACERS; i++) {
            memset(last[i], (int)(16 * round + i), sizeof last[i]);
            entry[size] = BYTES(last[i], sizeof last[i]);
            racers[i].body = request(size, entry, size + 1);
        }
        for (size_t i = 0; i < RACERS; i++)
            if (pthread_create(&racers[i].thread, NULL, race, &racers[i]) != 0)
                return;
        for (size_t i = 0; i < RACERS; i++) {
            pthread_join(racers[i].thread, NULL);
            buf_free(racers[i].body);
            cosigned += racers[i].status == 200;
            refused += racers[i].status == 409 || racers[i].status == 422;
            winner = racers[i].status == 200 ? i : winner;
        }
        ok(cosigned == 1 && refused == RACERS - 1, "size %llu: %u cosigned, %u refused",
           (unsigned long long)size + 1, cosigned, refused);
        uint8_t *kept = mem_dup(last[winner], sizeof last[winner]);
        entry[size] = BYTES(kept, sizeof last[winner]);
    }
    ok(alerts().count == 1, "two histories are told of once");
    for (uint64_t i = 2; i < size; i++)
        free((void *)(uintptr_t)entry[i].data);
    end_monitor();
}

int main(void)
{
    struct fail f = { 0 };
    const json_t *v;
    size_t i;
    json_t *file = vec_load("orcon_ledger_small");
    const json_t *generation = json_array_get(json_object_get(file, "generations"), 0);
    struct bytes seed = vec_hex(json_object_get(generation, "log_seed"));
    if (!mkdtemp(dir) ||
        !ok(net_client_new(&client, &f) == OK && key_read_private(KEY_ED25519, seed, &log_key, &f) == OK &&
                note_key_read(bytes_str(vec_str(generation, "log_vkey")), &log_name, &f) == OK,
            "the log's key: %s", f.what) ||
        !site_make(&alder, dir, "alder.example") || !log_server())
        return tap_done();
    AUTO(str_freep) char *card = card_with(vec_str(generation, "log_vkey"));
    if (ok(card != NULL, "a card that names it")) {
        json_array_foreach (json_object_get(file, "monitor_logs"), i, v)
            vector(v, i, card);
        growing(generation, card);
        races(card);
    }
    http_server_stop(server, 0);
    node_close(alder.n);
    net_client_free(client);
    key_free(log_key);
    ok(file_remove_tree(dir, &f) == OK, "cleaned up: %s", f.what);
    vec_done();
    return tap_done();
}
