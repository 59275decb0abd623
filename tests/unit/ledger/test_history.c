/* SPDX-License-Identifier: Apache-2.0 - random histories of up to 10,000 events against a plain slow model: every root is
 * the model's, every proof of tree and map holds, and none holds any more when one bit of it changes; of some each bit is tried */
#include "base/mem.h"
#include "ledger/log.h"
#include "tap.h"

enum { EVENTS = 10000, SAMPLES = 24, ROWS = 2 * EVENTS + 2, MAPS = 3 * EVENTS };

/* The model: hashes of all entries, and all tags with the entry that carries each, in a sorted list. */
static uint8_t leaf[ROWS][HASH_LEN], root_at[ROWS + 1][HASH_LEN];
static struct map_pair pair[MAPS];
static size_t rows, pairs, seals, compared; /* every so many seals are compared with the model */

static uint64_t state;
static uint64_t rnd(uint64_t below) /* xorshift64: the same history every time */
{
    state ^= state << 13, state ^= state >> 7, state ^= state << 17;
    return state % below;
}

/* model_root: RFC 6962, 2.1, word by word. */
static void model_root(size_t begin, size_t end, uint8_t out[static HASH_LEN])
{
    uint8_t left[HASH_LEN], right[HASH_LEN];
    size_t k = 1;
    if (end - begin == 0) {
        hash_sha256(BYTES("", 0), out);
        return;
    }
    if (end - begin == 1) {
        memcpy(out, leaf[begin], HASH_LEN);
        return;
    }
    while (2 * k < end - begin)
        k *= 2;
    model_root(begin, begin + k, left);
    model_root(begin + k, end, right);
    hash_sha256_parts((struct bytes[]){ { (const uint8_t *)"\1", 1 }, { left, 32 }, { right, 32 } }, 3, out);
}

static int by_key(const void *a, const void *b)
{
    return memcmp(((const struct map_pair *)a)->key, ((const struct map_pair *)b)->key, 32);
}

static void model_row(const struct buf *entry)
{
    struct entry e;
    hash_sha256_parts((struct bytes[]){ { (const uint8_t *)"\0", 1 }, bytes_of(entry) }, 2, leaf[rows]);
    if (entry_read(bytes_of(entry), &e, NULL) != OK)
        exit(99);
    for (size_t i = 0; e.form == ENTRY_EVENT && i < ENTRY_TAGS; i++, pairs++) {
        memcpy(pair[pairs].key, e.event.tag[i], 32);
        map_value(rows, pair[pairs].value);
    }
    rows++;
}

/* An event of a random kind, with tags as a VRF would give them: any 32 bytes that never come again. */
struct event {
    uint8_t kind, time[8], versions[24], tag[ENTRY_TAGS][32];
    char person[40];
    struct body body;
};

static void draw(struct event *e, uint64_t time_ms)
{
    static const uint8_t kinds[] = { KIND_BRIEFING, KIND_REISSUE, KIND_SHARED, KIND_TOLD, KIND_REQUEST };
    memset(e, 0, sizeof *e);
    e->kind = kinds[rnd(COUNT(kinds))];
    bool first = e->kind == KIND_BRIEFING || (e->kind == KIND_TOLD && rnd(2) == 0);
    body_put_time(time_ms, e->time);
    body_put_versions((const uint64_t[]){ first ? 0 : BODY_DUMMY, rnd(50), first ? rnd(50) : BODY_DUMMY },
                      e->versions);
    snprintf(e->person, sizeof e->person, "p%llu@birch.example", (unsigned long long)rnd(1000));
    for (size_t i = 0; i < sizeof e->tag; i++)
        (&e->tag[0][0])[i] = (uint8_t)rnd(256);
    for (size_t i = 0; i < sizeof e->body.key; i++)
        e->body.key[i] = (uint8_t)rnd(256);
    e->body.field[FIELD_KIND] = BYTES(&e->kind, 1);
    e->body.field[FIELD_TIME] = BYTES(e->time, 8);
    e->body.field[FIELD_VERSIONS] = BYTES(e->versions, 24);
    e->body.field[FIELD_PORTION] = bytes_str("alder.example/5a4ebb28-ed24-46cc-b489-2a3cded855a6");
    e->body.field[FIELD_PERSON] = bytes_str(e->person);
    e->body.field[FIELD_ORGANISATION] = bytes_str("@birch.example");
}

/* sealed: at a seal, tree and map roots are the model's, and a second machine takes the same bytes. A long history is compared
 * less often while it grows: the model begins anew each time. */
static bool sealed(struct ledger_log *l, bool last)
{
    uint8_t want[HASH_LEN], got[HASH_LEN];
    if (!last && rows > 2000 && seals++ % 64 != 0)
        return true;
    compared++;
    qsort(pair, pairs, sizeof *pair, by_key);
    map_root(ledger_log_map(l), got);
    if (map_root_sorted(pair, pairs, want, NULL) != OK || memcmp(got, want, HASH_LEN) != 0)
        return false;
    model_root(0, rows, want);
    ledger_log_root(l, got);
    memcpy(root_at[rows], want, HASH_LEN);
    return memcmp(got, want, HASH_LEN) == 0 && ledger_log_size(l) == rows &&
           map_count(ledger_log_map(l)) == pairs;
}

/* live: a history of ${events}, with a seal after each few; false at the first disagreement. */
static bool live(struct ledger_log *l, struct ledger_log *second, size_t events)
{
    AUTO(buf_freep) struct buf *entry = buf_new(ENTRY_MAX);
    struct entry_genesis g = { .time_ms = 1, .generation = 1, .origin = "alder.example/orcon/1" };
    uint64_t now = 1;
    memset(g.vrf_pk, 7, 32);
    tree_empty_root(g.prev_root);
    bool good = ledger_log_add_genesis(l, &g, entry, NULL) == OK;
    size_t until_seal = 0;
    for (size_t done = 0; good;) {
        model_row(entry);
        good = ledger_log_add_entry(second, bytes_of(entry), NULL) == OK;
        if (ledger_log_sealed(l))
            good = good && sealed(l, done == events);
        if (!good || (done == events && ledger_log_sealed(l)))
            break;
        buf_reset(entry);
        now += rnd(1000);
        if (until_seal == 0 || done == events) {
            good = ledger_log_add_seal(l, rows, now, entry, NULL) == OK;
            until_seal = 1 + rnd(9);
            continue;
        }
        struct event e;
        draw(&e, now);
        good = body_check(&e.body, NULL) == OK &&
               ledger_log_add_event(l, rows, &e.body, (const uint8_t(*)[32])e.tag, entry, NULL) == OK;
        done++;
        until_seal--;
    }
    return good;
}

/* flip: one random bit of ${b}; the same call again puts it back. */
static void flip(struct buf *b, uint64_t at)
{
    b->data[at / 8 % b->len] ^= (uint8_t)(1u << at % 8);
}

/* What a proof is said to show. */
struct claim {
    enum { IN_TREE, GROWN, IN_MAP, NOT_IN_MAP } kind;
    uint64_t at, size;
    const uint8_t *what, *root, *value;
};

static bool holds(const struct claim *c, const struct buf *proof)
{
    struct bytes v = bytes_of(proof);
    switch (c->kind) {
    case IN_TREE:
        return tree_verify_inclusion(c->at, c->size, c->what, v, c->root, NULL) == OK;
    case GROWN:
        return tree_verify_consistency(c->at, c->size, c->what, c->root, v, NULL) == OK;
    case IN_MAP:
        return map_verify_present(c->root, c->what, c->value, v, NULL) == OK;
    case NOT_IN_MAP:
        return map_verify_absent(c->root, c->what, v, NULL) == OK;
    }
    return false;
}

/* bent: the proof holds, but not with a bit changed: one at random, or each where ${all}; nor cut, nor longer. */
static bool bent(const struct claim *c, struct buf *proof, bool all)
{
    bool good = holds(c, proof);
    size_t bits = 8 * proof->len, from = all || bits == 0 ? 0 : rnd(bits),
           to = all ? bits : from + (bits != 0);
    for (size_t i = from; good && i < to; i++) {
        flip(proof, i);
        good = !holds(c, proof);
        flip(proof, i);
    }
    for (size_t cut = 1; good && all && cut <= proof->len; cut++) {
        struct buf shorter = *proof;
        shorter.len -= cut;
        good = !holds(c, &shorter);
    }
    if (good && all) {
        buf_put_u8(proof, 0);
        good = !holds(c, proof);
    }
    return good;
}

/* sampled: of ${count} proofs some are bent in every bit. */
static bool sampled(size_t i, size_t count)
{
    return i % (count / SAMPLES + 1) == 0;
}

static bool inclusion(struct ledger_log *l, uint64_t size)
{
    struct tree_nodes nodes = ledger_log_nodes(l);
    AUTO(buf_freep) struct buf *proof = buf_new(TREE_PROOF_MAX + 1);
    for (uint64_t i = 0; i < size; i++) {
        struct claim c = { IN_TREE, i, size, leaf[i], root_at[size], NULL };
        struct claim other = { IN_TREE, i, size, leaf[(i + 1) % rows], root_at[size], NULL };
        buf_reset(proof);
        if (tree_prove_inclusion(&nodes, i, size, proof, NULL) != OK || holds(&other, proof) ||
            !bent(&c, proof, sampled(i, size)))
            return false;
    }
    return true;
}

static bool consistency(struct ledger_log *l, uint64_t size)
{
    struct tree_nodes nodes = ledger_log_nodes(l);
    AUTO(buf_freep) struct buf *proof = buf_new(TREE_PROOF_MAX + 1);
    for (uint64_t old = 1; old < size; old += 1 + rnd(7)) {
        uint8_t old_root[HASH_LEN];
        struct claim c = { GROWN, old, size, old_root, root_at[size], NULL };
        buf_reset(proof);
        if (tree_prove_consistency(&nodes, old, size, proof, NULL) != OK ||
            tree_root(&nodes, old, old_root, NULL) != OK || !bent(&c, proof, sampled(old, size)))
            return false;
    }
    return true;
}

static bool presence(struct ledger_log *l)
{
    AUTO(buf_freep) struct buf *proof = buf_new(MAP_PROOF_MAX + 1);
    uint8_t root[HASH_LEN], value[32];
    map_root(ledger_log_map(l), root);
    for (size_t i = 0; i < pairs; i++) {
        struct claim c = { IN_MAP, 0, 0, pair[i].key, root, value }, absent = c;
        absent.kind = NOT_IN_MAP;
        buf_reset(proof);
        if (!map_prove(ledger_log_map(l), pair[i].key, proof, value) ||
            memcmp(value, pair[i].value, 32) != 0 || holds(&absent, proof) ||
            !bent(&c, proof, sampled(i, pairs)))
            return false;
    }
    return true;
}

/* absence: of keys that differ from a stored one in a single bit. */
static bool absence(struct ledger_log *l)
{
    AUTO(buf_freep) struct buf *proof = buf_new(MAP_PROOF_MAX + 1);
    uint8_t root[HASH_LEN], key[32], value[32];
    map_root(ledger_log_map(l), root);
    for (size_t i = 0; i < pairs; i++) {
        struct claim c = { NOT_IN_MAP, 0, 0, key, root, NULL }, stored = c;
        stored.what = pair[i].key;
        memcpy(key, pair[i].key, 32);
        key[rnd(32)] ^= (uint8_t)(1u << rnd(8));
        buf_reset(proof);
        if (map_prove(ledger_log_map(l), key, proof, value) || holds(&stored, proof) ||
            !bent(&c, proof, sampled(i, pairs)))
            return false;
    }
    return true;
}

static void history(uint64_t seed, size_t events)
{
    AUTO(ledger_log_freep) struct ledger_log *l = ledger_log_new();
    AUTO(ledger_log_freep) struct ledger_log *second = ledger_log_new();
    state = seed;
    rows = pairs = seals = compared = 0;
    ok(live(l, second, events) && compared != 0,
       "history %llu of %zu events: roots are the model's, and bytes replay", (unsigned long long)seed,
       events);
    uint64_t size = ledger_log_size(l), index, first;
    ok(ledger_log_reused(l, &index, &first) == 0 && pairs == 3 * events, "every tag once");
    ok(inclusion(l, size), "every inclusion proof holds, and fails with a bit changed");
    ok(consistency(l, size), "consistency proofs hold, and fail with a bit changed");
    ok(presence(l), "every presence proof holds, and fails with a bit changed");
    ok(absence(l), "absence proofs hold, and fail with a bit changed");
}

int main(void)
{
    if (crypto_start(NULL) != OK)
        return 99;
    for (uint64_t seed = 1; seed <= 8; seed++)
        history(seed * 7919, 3 * seed);
    history(20260302, 1000);
    history(20260303, EVENTS);
    return tap_done();
}
