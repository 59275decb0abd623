/* SPDX-License-Identifier: Apache-2.0
 * bench/growth - how a ledger's work grows with its size: replay as a monitor does it and as a start does it, memory, proofs.
 *
 * Made of random tags, since their number counts and not what they mean; a seal every SEAL entries. One line for each size:
 * bench/plot.py makes the picture in docs/performance.md of them.
 *   --full   up to 10^6 events instead of 10^5 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "bench.h"
#include "ledger/log.h"

#define SEAL   32 /* events a seal, as under load */
#define PROOFS 2000

/* The public bytes of a whole log, one behind the other. */
struct history {
    struct buf bytes;
    size_t *end; /* of each entry */
    size_t count;
};

static void keep(struct history *h)
{
    h->end[h->count++] = h->bytes.len;
}

static void add_event(struct ledger_log *log, struct history *h)
{
    struct entry e = { .form = ENTRY_EVENT };
    struct fail f = { 0 };
    size_t start = h->bytes.len;
    random_bytes(e.event.tag, sizeof e.event.tag);
    random_bytes(e.event.commitment, sizeof e.event.commitment);
    bench_must(entry_put(&h->bytes, &e, &f), &f);
    bench_must(ledger_log_add_entry(log, BYTES(h->bytes.data + start, h->bytes.len - start), &f), &f);
    keep(h);
}

static struct ledger_log *make(struct history *h, size_t events)
{
    struct ledger_log *log = ledger_log_new();
    struct entry_genesis g = { .time_ms = 1, .generation = 1, .origin = "alder.example/orcon/1" };
    struct fail f = { 0 };
    size_t most = events + events / SEAL + 8;
    buf_init(&h->bytes, most * ENTRY_MAX);
    h->end = mem_array(most, sizeof *h->end);
    tree_empty_root(g.prev_root);
    random_bytes(g.log_pk, sizeof g.log_pk);
    random_bytes(g.vrf_pk, sizeof g.vrf_pk);
    bench_must(ledger_log_add_genesis(log, &g, &h->bytes, &f), &f);
    keep(h);
    for (size_t i = 0; i < events; i++) {
        add_event(log, h);
        if (i % SEAL == SEAL - 1 || i + 1 == events) {
            bench_must(ledger_log_add_seal(log, h->count, i + 2, &h->bytes, &f), &f);
            keep(h);
        }
    }
    return log;
}

static double replay(const struct history *h,
                     enum err (*add)(struct ledger_log *l, struct bytes entry, struct fail *f))
{
    AUTO(ledger_log_freep) struct ledger_log *log = ledger_log_new();
    struct fail f = { 0 };
    double start = bench_thread_cpu();
    for (size_t i = 0, at = 0; i < h->count; at = h->end[i++])
        bench_must(add(log, BYTES(h->bytes.data + at, h->end[i] - at), &f), &f);
    bench_must(ledger_log_known_end(log, &f), &f);
    return bench_thread_cpu() - start;
}

/* Microseconds for one proof of absence, made and checked; one of inclusion and one of consistency. */
static void proofs(struct ledger_log *log, double *absent, double *checked, double *included)
{
    AUTO(buf_freep) struct buf *proof = buf_new(MAP_PROOF_MAX);
    AUTO(buf_freep) struct buf *path = buf_new(2 * TREE_PROOF_MAX);
    struct tree_nodes nodes = ledger_log_nodes(log);
    struct fail f = { 0 };
    uint8_t key[32], value[32], root[HASH_LEN];
    uint64_t size = ledger_log_size(log);
    double check = 0, start;
    map_root(ledger_log_map(log), root);
    *absent = 0;
    for (size_t i = 0; i < PROOFS; i++) {
        random_bytes(key, sizeof key);
        buf_reset(proof);
        start = bench_thread_cpu();
        bool present = map_prove(ledger_log_map(log), key, proof, value);
        double made = bench_thread_cpu();
        bench_must(present ? E_INTERNAL : map_verify_absent(root, key, bytes_of(proof), &f), &f);
        *absent += made - start;
        check += bench_thread_cpu() - made;
    }
    start = bench_thread_cpu();
    for (size_t i = 0; i < PROOFS; i++) {
        buf_reset(path);
        bench_must(tree_prove_inclusion(&nodes, i % size, size, path, &f), &f);
        bench_must(tree_prove_consistency(&nodes, size / 2, size, path, &f), &f);
    }
    *included = (bench_thread_cpu() - start) / PROOFS * 1e6;
    *absent *= 1e6 / PROOFS;
    *checked = check * 1e6 / PROOFS;
}

static void one_size(size_t events)
{
    struct history h = { 0 };
    double absent, checked, included;
    uint64_t before = bench_resident(getpid());
    struct ledger_log *log = make(&h, events);
    uint64_t used = bench_resident(getpid()) - before;
    used = used > h.bytes.len + h.count * sizeof *h.end ? used - h.bytes.len - h.count * sizeof *h.end : 0;
    proofs(log, &absent, &checked, &included);
    ledger_log_free(log);
    double audit = replay(&h, ledger_log_add_entry), start = replay(&h, ledger_log_add_known);
    printf("growth    %8zu events: audit %8.3f s, start %8.3f s, memory %7.1f MiB, absence %6.1f us made "
           "%5.1f us "
           "checked, inclusion and consistency %5.1f us\n",
           events, audit, start, (double)used / (1 << 20), absent, checked, included);
    char name[64];
    snprintf(name, sizeof name, "absence proof made at %zu", events);
    bench_target_one(name, absent / 1000, "ms", false, 0.5);
    if (events == 1000000)
        bench_target_one("audit replay of 10^6", audit, "s", false, 15);
    buf_clear(&h.bytes);
    mem_freep(&h.end);
}

int main(int argc, char **argv)
{
    struct bench b;
    struct fail f = { 0 };
    bench_start(&b, argc, argv, "a ledger, by its size");
    bench_must(crypto_start(&f), &f);
    size_t most = b.full ? 1000000 : b.quick ? 10000 : 100000;
    for (size_t events = 1000; events <= most; events *= 10)
        one_size(events);
    return bench_end();
}
