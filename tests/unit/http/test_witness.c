/* SPDX-License-Identifier: Apache-2.0
 * Two nodes that cosign for each other, over real sockets: as witness and as monitor, and what they refuse. */
#include "exchange/cosigners.h"
#include "exchange/journal.h"
#include "exchange/publisher.h"
#include "exchange/watch.h"
#include "ledger/witness.h"
#include "nodes.h"
#include "store/leaf.h"
#include "store/store.h"
#include "store/writer.h"

static struct site alder, birch;

/* An entry, and the checkpoint over it. */
static enum err remark(struct db *db, void *ctx, struct fail *f)
{
    struct node *n = ctx;
    struct journal_event e = { .kind = KIND_REMARK,
                               .organisation = n->conf.domain,
                               .actor = "@alder.example" };
    return journal_enter(n, db, &e, NULL, f);
}

static uint64_t write_entry(struct node *n)
{
    struct fail f = { 0 };
    uint64_t size = publisher_size(n->publisher);
    if (!ok(writer_run(n->writer, remark, n, &f) == OK && publisher_wait(n->publisher, size, &f) == OK,
            "an entry at L1: %s", f.what))
        return 0;
    return publisher_size(n->publisher);
}

static bool post(const char *path, struct bytes body, int status, const char *words, const char *name)
{
    return asked(
        (struct asking){
            .site = &birch, .method = "POST", .path = path, .type = "text/plain", .bytes = body },
        status, words, name);
}

/* A request about alder's checkpoint of ${size}, from ${old}. */
static struct buf *request(uint64_t old, uint64_t size)
{
    struct fail f = { 0 };
    AUTO(store_read_endp) struct db *db = NULL;
    AUTO(store_checkpoint_clear) struct checkpoint_row row = { 0 };
    AUTO(buf_freep) struct buf *proof = buf_new(TREE_PROOF_MAX);
    struct tree_nodes nodes = publisher_nodes(alder.n->publisher);
    struct buf *body = buf_new(WITNESS_BODY_MAX);
    if (!ok(store_read_begin(alder.n->store, &db, &f) == OK &&
                store_checkpoint_at(db, alder.n->generation, size, &row, &f) == OK &&
                tree_prove_consistency(&nodes, old, size, proof, &f) == OK,
            "a request from %llu to %llu: %s", (unsigned long long)old, (unsigned long long)size, f.what))
        return body;
    witness_ask_put(body, old, bytes_of(proof), bytes_str(row.note));
    return body;
}

/* birch, asked by hand: every status. */
static void statuses(void)
{
    uint64_t first = publisher_size(alder.n->publisher), second = write_entry(alder.n),
             third = write_entry(alder.n);
    AUTO(buf_freep)
    struct buf *a = request(0, first), *b = request(first, second), *c = request(first, third);
    AUTO(buf_freep) struct buf *back = request(0, second);
    AUTO(buf_freep) struct buf *d = request(second, third);
    post("/witness/add-checkpoint", bytes_str("new 0\n\nx"), 400, "first line", "no request");
    post("/witness/add-checkpoint", bytes_str("old 0\n\nx\n"), 400, "", "no checkpoint");
    post("/witness/add-checkpoint",
         bytes_str(
             "old 0\n\ncedar.example/orcon/1\n1\nKgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n"
             "\xe2\x80\x94 cedar.example/orcon/1 UgIom7fPZTqpxWWhyjWduBvTvGVqsokMbqTArsQilegKoFBJQjUFAmQ0+Ye"
             "SPM3wfUQMFSzVnnNuWRTYrajXpNUbIQY=\n"),
         404, "no such log", "an unknown log");
    post("/witness/add-checkpoint", bytes_of(a), 200, "birch.example/witness", "the first checkpoint");
    post("/witness/add-checkpoint", bytes_of(a), 409, NULL, "the same with its old size again");
    post("/witness/add-checkpoint", bytes_of(b), 200, "birch.example/witness", "the second");
    post("/witness/add-checkpoint", bytes_of(c), 409, NULL, "from a size that was cosigned before the last");
    post("/witness/add-checkpoint", bytes_of(back), 409, NULL, "from nothing");
    uint8_t was = d->data[10]; /* in the first proof line */
    d->data[10] = was == 'A' ? 'B' : 'A';
    post("/witness/add-checkpoint", bytes_of(d), 422, NULL, "a proof with a changed hash");
    d->data[10] = was;
    d->data[d->len - 20] = d->data[d->len - 20] == 'A' ? 'B' : 'A';
    post("/witness/add-checkpoint", bytes_of(d), 403, NULL, "a signature with a changed byte");
    post("/monitor/add-checkpoint", bytes_of(b), 409, NULL, "the monitor has not seen what came before");
    post("/monitor/add-checkpoint", bytes_of(a), 200, "birch.example/monitor",
         "the monitor reads it, and cosigns");
    post("/monitor/add-checkpoint", bytes_of(b), 200, "birch.example/monitor", "and reads on");
    char path[WITNESS_PATH_SIZE];
    witness_path(alder.n->origin, path);
    AUTO(str_freep) char *at = str_format("/witness/%s", path);
    AUTO(str_freep) char *too = str_format("/monitor/%s", path);
    asked((struct asking){ .site = &birch, .method = "GET", .path = at }, 200, "birch.example/witness",
          "what it cosigned");
    asked((struct asking){ .site = &birch, .method = "GET", .path = too }, 200, "birch.example/monitor",
          "what the monitor did");
    asked((struct asking){ .site = &birch, .method = "GET", .path = "/witness/00/checkpoint" }, 404, NULL,
          "nothing of other logs");
}

/* Left alone, alder has its checkpoints cosigned, by both, within a second or two. */
static void rounds(void)
{
    AUTO(cosigned_clear) struct cosigned c = { 0 };
    AUTO(json_freep) json_t *list = NULL;
    struct fail f = { 0 };
    if (!ok(cosigners_open(alder.n, &alder.n->cosigners, &f) == OK, "rounds begin: %s", f.what))
        return;
    uint64_t size = write_entry(alder.n);
    ok(cosigners_wait(alder.n, size, true, 10000, &c, &f) == OK && c.witnessed && c.monitored &&
           c.size >= size,
       "witness and monitor cosigned size %llu: %s", (unsigned long long)size, f.what);
    ok(c.note && strstr(c.note, "birch.example/witness") && strstr(c.note, "birch.example/monitor"),
       "their lines are kept with the checkpoint");
    ok(cosigners_list(alder.n, &list, &f) == OK && json_array_size(json_object_get(list, "witnesses")) == 2,
       "both are listed");
    for (int i = 0; i < 40; i++)
        size = write_entry(alder.n);
    ok(cosigners_wait(alder.n, size, true, 10000, &c, &f) == OK && c.witnessed && c.monitored,
       "and after many entries");
    asked((struct asking){ .site = &alder, .method = "GET", .path = "/log/1/checkpoint" }, 200,
          "birch.example/monitor", "it is what the world is shown");
    ok(cosigners_clock(alder.n, &f) == OK && cosigners_halted(alder.n, &f) == OK, "nothing is wrong: %s",
       f.what);
}

int main(void)
{
    char dir[] = "/tmp/orcon-witness-XXXXXX";
    struct fail f = { 0 };
    if (!mkdtemp(dir))
        return 1;
    if (!site_make(&alder, dir, "alder.example") || !site_make(&birch, dir, "birch.example"))
        return tap_done();
    if (!ok(net_client_new(&client, &f) == OK && node_server_start(alder.n, &alder.server, &f) == OK &&
                node_server_start(birch.n, &birch.server, &f) == OK,
            "both serve: %s", f.what))
        return tap_done();
    introduce(&alder, &birch);
    introduce(&birch, &alder);
    statuses();
    rounds();
    node_server_stop(alder.server);
    node_server_stop(birch.server);
    node_close(alder.n);
    node_close(birch.n);
    net_client_free(client);
    ok(file_remove_tree(dir, &f) == OK, "cleaned up: %s", f.what);
    return tap_done();
}
