/* SPDX-License-Identifier: Apache-2.0 - whole small ledgers: rows give the same bytes, bytes pass as they
 * did, and a monitor takes and refuses the same logs */
#include "crypto/vrf.h"
#include "ledger/checkpoint.h"
#include "ledger/log.h"
#include "tap.h"
#include "vec.h"

/* The keys of a generation. */
struct keys {
    struct key *log, *vrf;
    struct note_key name;
};

static void keys_of(const json_t *g, struct keys *k)
{
    if (key_read_private(KEY_ED25519, vec_hex(json_object_get(g, "log_seed")), &k->log, NULL) != OK ||
        key_read_private(KEY_VRF, vec_hex(json_object_get(g, "vrf_sk")), &k->vrf, NULL) != OK ||
        note_key_read(bytes_str(vec_str(g, "log_vkey")), &k->name, NULL) != OK)
        exit(99);
}

/* tags: the real tags of a row and their proofs, compared with the vector's. */
static bool tags(const json_t *row, const struct body *b, const struct key *vrf, uint8_t tag[ENTRY_TAGS][32])
{
    struct tag_plan plan;
    const json_t *versions = json_object_get(row, "versions"), *proofs = json_object_get(row, "vrf_proofs");
    unsigned real = 0, want = 0;
    bool good = tag_plan_of(b, &plan, NULL) == OK;
    for (unsigned i = 0; i < ENTRY_TAGS; i++)
        want |= (unsigned)!json_is_null(json_array_get(versions, i)) << i;
    for (size_t i = 0; good && i < plan.count; i++) {
        AUTO(buf_freep) struct buf *alpha = buf_new(TAG_ALPHA_MAX);
        const struct tag_need *n = &plan.need[i];
        uint8_t proof[VRF_PROOF_LEN], short_cut[32];
        tag_alpha(alpha, n->class, n->portion, n->name, n->version);
        vrf_prove(vrf, bytes_of(alpha), proof, tag[n->class - 1]);
        vrf_tag(vrf, bytes_of(alpha), short_cut);
        real |= 1u << (n->class - 1);
        good = memcmp(short_cut, tag[n->class - 1], 32) == 0 &&
               n->version == (uint64_t)json_number_value(json_array_get(versions, n->class - 1)) &&
               memcmp(proof, vec_hex(json_array_get(proofs, n->class - 1)).data, sizeof proof) == 0;
    }
    return good && real == want;
}

static enum err add_event(struct ledger_log *l, const json_t *row, const struct keys *k, struct buf *entry)
{
    struct body b;
    uint8_t tag[ENTRY_TAGS][32] = { 0 }, c[HASH_LEN];
    const json_t *v, *fields = json_object_get(row, "fields_hex");
    size_t j;
    memcpy(b.key, vec_hex(json_object_get(row, "entry_key")).data, 32);
    json_array_foreach (fields, j, v)
        b.field[j] = vec_hex(v);
    TRY(body_check(&b, NULL));
    body_commit(&b, c);
    if (!ok(tags(row, &b, k->vrf, tag), "entry %llu: tags and proofs",
            (unsigned long long)vec_u64(row, "index")) ||
        memcmp(c, vec_hex(json_object_get(row, "commitment")).data, HASH_LEN) != 0)
        return E_UNVERIFIED;
    TRY(ledger_log_add_event(l, vec_u64(row, "index"), &b, tag, entry, NULL));
    struct entry e;
    TRY(entry_read(bytes_of(entry), &e, NULL));
    for (size_t i = 0; i < ENTRY_TAGS; i++)
        if (memcmp(e.event.tag[i], vec_hex(json_array_get(json_object_get(row, "tags"), i)).data, 32) != 0)
            return E_UNVERIFIED;
    return OK;
}

static enum err add_row(struct ledger_log *l, const json_t *row, const struct keys *k, struct buf *entry)
{
    uint64_t index = vec_u64(row, "index");
    if (strcmp(vec_str(row, "form"), "event") == 0)
        return add_event(l, row, k, entry);
    if (strcmp(vec_str(row, "form"), "close") == 0) {
        struct entry e;
        TRY(entry_read(vec_b64(json_object_get(row, "entry_base64")), &e, NULL));
        return ledger_log_add_close(l, index, &e.close, entry, NULL);
    }
    uint8_t root[HASH_LEN];
    TRY(ledger_log_add_seal(l, index, vec_u64(row, "time_ms"), entry, NULL));
    map_root(ledger_log_map(l), root);
    bool same_map = memcmp(root, vec_hex(json_object_get(row, "map_root")).data, HASH_LEN) == 0;
    return same_map && map_count(ledger_log_map(l)) == vec_u64(row, "map_leaves") ? OK : E_UNVERIFIED;
}

/* checkpoint: where the vector has one of this size, text and log signature are its first lines. */
static void checkpoint(const struct ledger_log *l, const json_t *checkpoints, const struct keys *k)
{
    const json_t *v;
    size_t i;
    json_array_foreach (checkpoints, i, v) {
        if (vec_u64(v, "size") != ledger_log_size(l))
            continue;
        AUTO(buf_freep) struct buf *text = buf_new(NOTE_MAX);
        AUTO(buf_freep) struct buf *note = buf_new(NOTE_MAX);
        struct bytes want = bytes_str(vec_str(v, "checkpoint"));
        struct checkpoint c;
        bool good = ledger_log_checkpoint(l, text, NULL) == OK;
        note_begin(note, bytes_of(text));
        note_sign_line(note, &k->name, k->log, bytes_of(text), 0);
        ok(good && note->len <= want.len && memcmp(note->data, want.data, note->len) == 0 &&
               checkpoint_open(want, &k->name, &c, NULL) == OK && c.size == ledger_log_size(l),
           "checkpoint of %llu", (unsigned long long)ledger_log_size(l));
    }
}

/* replay: genesis and rows make the vector's entries; the entries pass a second machine. */
static void replay(const json_t *g)
{
    const json_t *entries = json_object_get(g, "entries_base64"), *row;
    AUTO(ledger_log_freep) struct ledger_log *l = ledger_log_new();
    AUTO(ledger_log_freep) struct ledger_log *again = ledger_log_new();
    AUTO(buf_freep) struct buf *entry = buf_new(ENTRY_MAX);
    struct keys k;
    struct entry genesis;
    size_t i;
    keys_of(g, &k);
    ok(entry_read(vec_b64(json_array_get(entries, 0)), &genesis, NULL) == OK &&
           ledger_log_add_genesis(l, &genesis.genesis, entry, NULL) == OK &&
           bytes_equal(bytes_of(entry), vec_b64(json_array_get(entries, 0))),
       "%s: genesis", vec_str(g, "origin"));
    json_array_foreach (json_object_get(g, "rows"), i, row) {
        buf_reset(entry);
        ok(add_row(l, row, &k, entry) == OK &&
               bytes_equal(bytes_of(entry), vec_b64(json_array_get(entries, i + 1))),
           "entry %zu (%s)", i + 1, vec_str(row, "form"));
        checkpoint(l, json_object_get(g, "checkpoints"), &k);
    }
    bool taken = true;
    json_array_foreach (entries, i, row)
        taken = taken && ledger_log_add_entry(again, vec_b64(row), NULL) == OK;
    uint8_t a[HASH_LEN], b[HASH_LEN];
    ledger_log_root(l, a);
    ledger_log_root(again, b);
    ok(taken && memcmp(a, b, HASH_LEN) == 0 && ledger_log_last_time(l) == ledger_log_last_time(again),
       "rebuilt from its public bytes");
    map_root(ledger_log_map(again), a);
    ok(map_count(ledger_log_map(again)) == vec_u64(g, "map_leaves") &&
           memcmp(a, vec_hex(json_object_get(g, "map_root")).data, HASH_LEN) == 0,
       "its map");
    key_free(k.log);
    key_free(k.vrf);
}

/* monitor: what a monitor does with a log: take each entry, want a seal at the end. */
static void monitor(const json_t *v)
{
    AUTO(ledger_log_freep) struct ledger_log *l = ledger_log_new();
    const json_t *e;
    struct fail f = { 0 };
    uint64_t index, first;
    size_t i;
    bool good = true;
    json_array_foreach (json_object_get(v, "entries_base64"), i, e)
        good = good && ledger_log_add_entry(l, vec_b64(e), &f) == OK;
    good = good && ledger_log_sealed(l);
    ok(good == vec_bool(v, "cosign"), "monitor: %s (%s)", vec_str(v, "name"), f.what);
    ok((ledger_log_reused(l, &index, &first) != 0) == vec_bool(v, "report"), "reported: %s",
       vec_str(v, "name"));
    if (vec_bool(v, "report"))
        ok(index == 6 && first == 5, "entry 6 repeats a tag of 5");
}

/* Known entries give what judged ones give; and a last seal that is wrong is found even so. */
static void known(const json_t *v)
{
    AUTO(ledger_log_freep) struct ledger_log *judged = ledger_log_new(), *l = ledger_log_new();
    const json_t *e;
    size_t i;
    bool good = true, same = true;
    uint8_t a[HASH_LEN], b[HASH_LEN];
    json_array_foreach (json_object_get(v, "entries_base64"), i, e) {
        good = good && ledger_log_add_entry(judged, vec_b64(e), NULL) == OK;
        same = same && ledger_log_add_known(l, vec_b64(e), NULL) == OK;
    }
    same = same && ledger_log_known_end(l, NULL) == OK;
    good = good && ledger_log_sealed(judged);
    ok(!good || same, "known again: %s", vec_str(v, "name"));
    const char *name = vec_str(v, "name");
    if (strcmp(name, "wrong map root") == 0 || strcmp(name, "a key too many counted") == 0)
        ok(!same, "found even so: %s", name);
    if (!good)
        return;
    ledger_log_root(judged, a);
    ledger_log_root(l, b);
    ok(memcmp(a, b, HASH_LEN) == 0, "the same tree");
    map_root(ledger_log_map(judged), a);
    map_root(ledger_log_map(l), b);
    ok(memcmp(a, b, HASH_LEN) == 0, "the same map");
}

static struct bytes entry_of(const json_t *g, size_t i)
{
    return vec_b64(json_array_get(json_object_get(g, "entries_base64"), i));
}

/* A log that is had from hashes and map knows whether it is closed: nothing more is taken then, else more is. */
static void resumed(const json_t *g)
{
    AUTO(ledger_log_freep) struct ledger_log *judged = ledger_log_new();
    AUTO(ledger_log_freep) struct ledger_log *l = NULL;
    AUTO(buf_freep) struct buf *b = buf_new(ENTRY_MAX);
    AUTO(map_freep) struct map *map = map_new(), *no_map = map_new();
    AUTO(tree_memory_freep) struct tree_memory *tree = tree_memory_new(), *other = tree_memory_new();
    struct fail f = { 0 };
    size_t count = json_array_size(json_object_get(g, "entries_base64"));
    for (size_t i = 0; i < count; i++) {
        struct entry e;
        uint8_t leaf[HASH_LEN];
        tree_leaf(entry_of(g, i), leaf);
        tree_memory_append(tree, leaf);
        tree_memory_append(other, leaf);
        if (ledger_log_add_entry(judged, entry_of(g, i), &f) != OK ||
            entry_read(entry_of(g, i), &e, &f) != OK)
            ok(false, "entry %zu: %s", i, f.what);
        for (size_t t = 0; e.form == ENTRY_EVENT && t < ENTRY_TAGS; t++)
            (void)map_add(map, e.event.tag[t], i);
    }
    ok(ledger_log_resume(&no_map, &other, entry_of(g, 0), entry_of(g, count - 3), entry_of(g, count - 1), &l,
                         &f) == E_UNVERIFIED,
       "not with another entry before the seal: %s", f.what);
    fail_clear(&f);
    if (!ok(ledger_log_resume(&map, &tree, entry_of(g, 0), entry_of(g, count - 2), entry_of(g, count - 1), &l,
                              &f) == OK,
            "%s: resumed: %s", vec_str(g, "origin"), f.what))
        return;
    bool closed = ledger_log_next(judged) != NULL;
    ok(closed == (ledger_log_next(l) != NULL), "closed, or not, as it was");
    ok((ledger_log_add_seal(l, count, ledger_log_last_time(l), b, &f) == OK) == !closed,
       "and goes on only if not: %s", f.what);
}

/* steps: what may not be done with the machine itself. */
static void refused(const json_t *g)
{
    const json_t *entries = json_object_get(g, "entries_base64");
    AUTO(ledger_log_freep) struct ledger_log *l = ledger_log_new();
    AUTO(buf_freep) struct buf *b = buf_new(ENTRY_MAX);
    uint8_t before[HASH_LEN], after[HASH_LEN];
    ok(ledger_log_genesis(l) == NULL && ledger_log_checkpoint(l, b, NULL) == E_INVALID, "an empty log");
    ok(ledger_log_add_seal(l, 0, 1, b, NULL) == E_UNVERIFIED, "a seal in front of the genesis");
    for (size_t i = 0; i < 4; i++)
        if (ledger_log_add_entry(l, vec_b64(json_array_get(entries, i)), NULL) != OK)
            exit(99);
    ledger_log_root(l, before);
    buf_reset(b);
    ok(!ledger_log_sealed(l) && ledger_log_checkpoint(l, b, NULL) == E_INVALID,
       "no checkpoint without a seal");
    ok(ledger_log_add_seal(l, 5, 1767225611000, b, NULL) == E_INVALID, "a place left out");
    ok(ledger_log_add_seal(l, 4, 1767225600999, b, NULL) == E_UNVERIFIED, "time runs backwards");
    struct entry_close c = { .time_ms = 1767225611000, .next_origin = "alder.example/orcon/3" };
    ok(ledger_log_add_close(l, 4, &c, b, NULL) == E_UNVERIFIED, "close names a generation too far");
    snprintf(c.next_origin, sizeof c.next_origin, "birch.example/orcon/2");
    ok(ledger_log_add_close(l, 4, &c, b, NULL) == E_UNVERIFIED, "close names another domain");
    snprintf(c.next_origin, sizeof c.next_origin, "alder.example/orcon/2");
    memcpy(c.next_vrf_pk, ledger_log_genesis(l)->vrf_pk, 32);
    ok(ledger_log_add_close(l, 4, &c, b, NULL) == E_UNVERIFIED, "close keeps the VRF key");
    ledger_log_root(l, after);
    ok(memcmp(before, after, HASH_LEN) == 0 && ledger_log_size(l) == 4 && ledger_log_next(l) == NULL,
       "and nothing changed");
}

int main(void)
{
    if (crypto_start(NULL) != OK)
        return 99;
    const json_t *t = vec_load("orcon_ledger_small"), *v;
    size_t i;
    json_array_foreach (json_object_get(t, "generations"), i, v)
        replay(v);
    json_array_foreach (json_object_get(t, "cut"), i, v)
        replay(v);
    json_array_foreach (json_object_get(t, "monitor_logs"), i, v) {
        monitor(v);
        known(v);
    }
    json_array_foreach (json_object_get(t, "generations"), i, v)
        known(v);
    json_array_foreach (json_object_get(t, "generations"), i, v)
        resumed(v);
    refused(json_array_get(json_object_get(t, "generations"), 0));
    vec_done();
    return tap_done();
}
