/* SPDX-License-Identifier: Apache-2.0
 * A monitor reads whole logs over real sockets: those of the vectors, and those of an operator who cheats. */
#include <pthread.h>

#include "monitored.h"

/* One log of the vectors: cosigned or not, told of or not. */
static void vector(const json_t *v, size_t i, const char *card)
{
    const char *name = vec_str(v, "name");
    AUTO(str_freep) char *monitor = str_format("m%zu", i);
    take_entries(&logs[0], v);
    if (!new_monitor(monitor, card))
        return;
    bool cosign = vec_bool(v, "cosign");
    asks(&logs[0], 0, logs[0].count, cosign ? 200 : 422, cosign ? "/monitor " : NULL, name);
    struct found told = alerts();
    ok(told.count == (cosign && !vec_bool(v, "report") ? 0 : 1), "%s: %zu alerts", name, told.count);
    ok(cosign || told.entry, "%s: the entry that proves it is shown", name);
    if (!cosign) {
        asks(&logs[0], 0, logs[0].count, 422, "not cosigned any more", name);
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
    take_entries(&logs[0], generation);
    if (!new_monitor("grow", card))
        return;
    AUTO(str_freep) char *home = str_dup(birch.n->home);
    json_array_foreach (list, i, c) {
        uint64_t size = vec_u64(c, "size");
        if (i + 1 == count)
            break;
        asks(&logs[0], old, size, 200, "/monitor ", "it grows");
        asks(&logs[0], old == 0 ? size : old, size, old == 0 ? 200 : 409, NULL, "and again");
        old = size;
        end_monitor();
        if (!ok(node_open(home, false, &birch.n, &f) == OK && node_network_client(birch.n, &f) == OK &&
                    node_server_start(birch.n, &birch.server, &f) == OK,
                "the monitor is started again: %s", f.what))
            return;
    }
    uint64_t last = vec_u64(json_array_get(list, count - 1), "size");
    logs[0].cut = 5;
    asks(&logs[0], old, last, 422, "ends in entry", "a bundle that ends in the middle of an entry");
    ok(alerts().count == 1, "an alert");
    logs[0].cut = 0;
    struct bytes right = logs[0].entry[last - 1];
    AUTO(buf_freep) struct buf *body = request(&logs[0], old, logs[0].entry, last);
    logs[0].entry[last - 1] = logs[0].entry[last - 2];
    asked(
        (struct asking){
            .site = &birch, .method = "POST", .path = "/monitor/add-checkpoint", .bytes = bytes_of(body) },
        422, "not those that were signed", "an entry that was edited after it was signed");
    logs[0].entry[last - 1] = right;
    logs[0].silent = true;
    asks(&logs[0], old, last, 503, NULL, "a node that does not answer");
    logs[0].silent = false;
    asks(&logs[0], old, last, 200, "/monitor ", "and once it is right, it is cosigned");
    struct bytes other = logs[0].entry[2];
    logs[0].entry[2] = logs[0].entry[3];
    asks(&logs[0], 0, old, 409, NULL, "another history, of a size that was read before");
    logs[0].entry[2] = other;
    asks(&logs[0], last, last, 422, "not cosigned any more",
         "proves two histories: nothing is cosigned from then on");
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
    AUTO(buf_freep) struct buf *first = request(&logs[0], 0, entry, size);
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
            racers[i].body = request(&logs[0], size, entry, size + 1);
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
    struct key *log_key = NULL;
    if (!mkdtemp(dir) || !ok(net_client_new(&client, &f) == OK, "a client: %s", f.what) ||
        !take_key(&logs[0], generation, &log_key) || !site_make(&alder, dir, "alder.example") ||
        !(server = log_server(alder.n, routes, COUNT(routes))))
        return tap_done();
    AUTO(str_freep) char *card = card_with(1);
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
