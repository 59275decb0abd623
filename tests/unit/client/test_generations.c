/* SPDX-License-Identifier: Apache-2.0 - whoever reads a whole ledger: how its logs follow each other */
#include "client/audit.h"
#include "tap.h"
#include "vec.h"

#define EARLIER 33 /* a size of the first log that ends in a seal, before its close */

static struct entry right; /* the second log's genesis */

/* The log of these entries as somebody who reads it has it. */
static void take(struct audit *a, const char *origin, struct ledger_log *log)
{
    audit_clear(a);
    a->log = log;
    memcpy(a->checkpoint.origin, origin, strlen(origin) + 1);
    a->checkpoint.size = ledger_log_size(log);
}

static void first_log(struct audit *a, const json_t *generation, size_t size)
{
    struct ledger_log *log = ledger_log_new();
    const json_t *entries = json_object_get(generation, "entries_base64");
    for (size_t i = 0; i < size; i++)
        if (ledger_log_add_entry(log, vec_b64(json_array_get(entries, i)), NULL) != OK)
            ok(false, "entry %zu", i);
    take(a, vec_str(generation, "origin"), log);
}

static void next_log(struct audit *a, const struct entry_genesis *g)
{
    struct ledger_log *log = ledger_log_new();
    AUTO(buf_freep) struct buf *entry = buf_new(4 * ENTRY_MAX);
    struct fail f = { 0 };
    if (ledger_log_add_genesis(log, g, entry, &f) != OK ||
        ledger_log_add_seal(log, 1, g->time_ms, entry, &f) != OK)
        ok(false, "the next log: %s", f.what);
    take(a, g->origin, log);
}

static void root_at(const struct audit *a, uint64_t size, struct entry_genesis *g)
{
    struct tree_nodes nodes = ledger_log_nodes(a->log);
    g->prev_size = size;
    if (tree_root(&nodes, size, g->prev_root, NULL) != OK)
        ok(false, "a root");
}

static void as_it_is(struct entry_genesis *g, const struct audit *before)
{
    (void)g;
    (void)before;
}

static void other_root(struct entry_genesis *g, const struct audit *before)
{
    (void)before;
    g->prev_root[0] ^= 1;
}

static void earlier_end(struct entry_genesis *g, const struct audit *before)
{
    root_at(before, EARLIER, g);
}

static void later_end(struct entry_genesis *g, const struct audit *before)
{
    g->prev_size = before->checkpoint.size + 4;
}

static void other_log_key(struct entry_genesis *g, const struct audit *before)
{
    (void)before;
    g->log_pk[0] ^= 1;
}

static void other_vrf_key(struct entry_genesis *g, const struct audit *before)
{
    (void)before;
    g->vrf_pk[0] ^= 1;
}

static void earlier_time(struct entry_genesis *g, const struct audit *before)
{
    (void)before;
    g->time_ms = 1;
}

static void a_generation_later(struct entry_genesis *g, const struct audit *before)
{
    (void)before;
    origin_print("alder.example", 2, g->prev_origin);
    origin_print("alder.example", 3, g->origin);
    g->generation = 3;
}

static void cut_here(struct entry_genesis *g, const struct audit *before)
{
    g->how = ENTRY_CUT;
    root_at(before, EARLIER, g);
}

static void cut_with_loss(struct entry_genesis *g, const struct audit *before)
{
    g->how = ENTRY_CUT;
    later_end(g, before);
}

static void cut_to_another(struct entry_genesis *g, const struct audit *before)
{
    cut_here(g, before);
    other_root(g, before);
}

static const struct row {
    const char *name;
    size_t size; /* of the first log, as it is shown */
    void (*change)(struct entry_genesis *g, const struct audit *before);
    const char *why; /* NULL: it follows */
    uint64_t lost;
} rows[] = {
    { "as it is", 35, as_it_is, NULL, 0 },
    { "another root", 35, other_root,
      "size 35 as the end of alder.example/orcon/1: its entries give another root", 0 },
    { "closed before its last entries", 35, earlier_end,
      "size 33 as the end of alder.example/orcon/1: it goes on after", 0 },
    { "an end that is not shown", 35, later_end,
      "size 39 as the end of alder.example/orcon/1: it is not closed there", 0 },
    { "a first log that is not closed", EARLIER, earlier_end, "it is not closed there", 0 },
    { "a close that is not shown", EARLIER, as_it_is, "it is not closed there", 0 },
    { "another log key", 35, other_log_key,
      "another log key than entry 33 of alder.example/orcon/1, its close", 0 },
    { "another VRF key", 35, other_vrf_key, "another VRF key than entry 33", 0 },
    { "begun before the end", 35, earlier_time, "another time than entry 33", 0 },
    { "a generation skipped", 35, a_generation_later, "entry 0 of alder.example/orcon/3 does not follow", 0 },
    { "cut where it is shown", 35, cut_here, NULL, 0 },
    { "cut after what is shown", 35, cut_with_loss, NULL, 4 },
    { "cut, and another history", 35, cut_to_another, "another root", 0 },
};

static void follow(const struct row *row, const json_t *generation)
{
    AUTO(audit_clear) struct audit before = { 0 };
    AUTO(audit_clear) struct audit next = { 0 };
    struct entry_genesis g = right.genesis;
    struct fail f = { 0 };
    uint64_t lost = 99;
    first_log(&before, generation, row->size);
    row->change(&g, &before);
    next_log(&next, &g);
    enum err e = audit_follows(&before, &next, &lost, &f);
    ok(row->why ? e == E_UNVERIFIED && strstr(f.what, row->why) : e == OK && lost == row->lost, "%s: %s",
       row->name, f.what);
}

int main(void)
{
    if (crypto_start(NULL) != OK)
        return 99;
    json_t *vectors = vec_load("orcon_ledger_small");
    const json_t *generations = json_object_get(vectors, "generations");
    const json_t *second = json_object_get(json_array_get(generations, 1), "entries_base64");
    ok(entry_read(vec_b64(json_array_get(second, 0)), &right, NULL) == OK && right.genesis.prev_size == 35,
       "a ledger of two logs");
    for (size_t i = 0; i < COUNT(rows); i++)
        follow(&rows[i], json_array_get(generations, 0));
    vec_done();
    return tap_done();
}
