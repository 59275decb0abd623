/* SPDX-License-Identifier: Apache-2.0 - requests to a witness, against litewitness's dialogue and computed ones */
#include "base/json.h"
#include "ledger/card.h"
#include "ledger/witness.h"
#include "tap.h"
#include "vec.h"

/* A witness in memory that knows one log: what it answers, and what it remembers. */
static enum witness_status answer(const struct note_key *log, struct witness_seen *seen, struct bytes body)
{
    static struct witness_ask a;
    AUTO(note_freep) struct note *note = NULL;
    struct checkpoint c;
    if (witness_ask_read(body, &a, NULL) != OK)
        return WITNESS_MALFORMED;
    enum witness_status s = witness_text(&a, &note, &c, NULL);
    if (s == WITNESS_ACCEPTED)
        s = witness_signed(note, log, strcmp(c.origin, log->name) == 0, NULL);
    if (s == WITNESS_ACCEPTED)
        s = witness_judge(&a, &c, seen, NULL);
    if (s == WITNESS_ACCEPTED) {
        seen->size = c.size;
        memcpy(seen->root, c.root, HASH_LEN);
    }
    return s;
}

static void dialogue(const char *name)
{
    json_t *file = vec_load(name);
    const json_t *list = json_object_get(file, "requests"), *r;
    struct witness_seen seen = { 0 };
    struct note_key log;
    size_t i;
    if (!ok(note_key_read(bytes_str(vec_str(file, "log_vkey")), &log, NULL) == OK, "%s: the log's key", name))
        return;
    json_array_foreach (list, i, r) {
        enum witness_status want = (enum witness_status)vec_u64(r, "spec_status"),
                            got = answer(&log, &seen, bytes_str(vec_str(r, "body")));
        ok(got == want, "%s %zu (%s): %d, want %d", name, i, vec_str(r, "why"), (int)got, (int)want);
    }
    char path[WITNESS_PATH_SIZE];
    AUTO(str_freep) char *wanted = str_format("%s/checkpoint", vec_str(file, "origin_sha256_hex"));
    witness_path(log.name, path);
    if (*vec_str(file, "origin_sha256_hex"))
        is_str(path, wanted, "where monitors look");
}

static void malformed(void)
{
    static const char *const bad[] = {
        "",
        "old 1",
        "old 1\n",
        "old 1\n\n",
        "old -1\n\nx",
        "old 01\n\nx",
        "old  1\n\nx",
        "old 1 \n\nx",
        "Old 1\n\nx",
        "old 9223372036854775808\n\nx",
        "old 1\r\n\r\nx",
        "old 1\nAAAA\n\nx",
        "old 1\nKgEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB=\n\nx", /* a spare bit */
        "old 1\nKgEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n\nx",
        "old 1\nKgEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
    };
    struct witness_ask a;
    for (size_t i = 0; i < COUNT(bad); i++)
        ok(witness_ask_read(bytes_str(bad[i]), &a, NULL) == E_INVALID, "refused: request %zu", i);
    static const char *const sizes[] = { "",     "\n",   "3",      "3\n\n", "03\n",
                                         "-3\n", " 3\n", "<html>", "3 \n",  "9223372036854775808\n" };
    uint64_t size;
    for (size_t i = 0; i < COUNT(sizes); i++)
        ok(!witness_size(bytes_str(sizes[i]), &size), "no size: '%s'", sizes[i]);
    ok(witness_size(bytes_str("30\n"), &size) && size == 30, "a size");
}

/* A log of ${size} equal leaves. */
static struct tree_memory *grown(uint64_t size)
{
    struct tree_memory *m = tree_memory_new();
    uint8_t leaf[HASH_LEN];
    tree_leaf(bytes_str("x"), leaf);
    while (tree_memory_size(m) < size)
        tree_memory_append(m, leaf);
    return m;
}

static void sign(const struct key *secret, enum note_type type, const char *name, struct note_key *k)
{
    struct buf pk;
    buf_init(&pk, 32);
    key_write_public(secret, &pk);
    ok(note_key_make(name, type, pk.data, k, NULL) == OK, "a key of %s", name);
    buf_clear(&pk);
}

/* What we send, a witness reads; what it answers, we read, whatever stands around it. */
static void both_ways(void)
{
    AUTO(tree_memory_freep) struct tree_memory *m = grown(9);
    AUTO(key_freep) struct key *log = NULL, *witness = NULL;
    AUTO(buf_freep) struct buf *text = buf_new(4096), *note = buf_new(4096), *proof = buf_new(4096);
    AUTO(buf_freep) struct buf *body = buf_new(8192), *line = buf_new(4096), *got = buf_new(4096);
    struct tree_nodes nodes = tree_memory_nodes(m);
    struct note_key log_key, key, other;
    struct witness_ask a;
    uint8_t root[HASH_LEN];
    uint64_t time_s = 0;
    if (!ok(key_make(KEY_ED25519, &log, NULL) == OK && key_make(KEY_ED25519, &witness, NULL) == OK &&
                tree_root(&nodes, 9, root, NULL) == OK &&
                tree_prove_consistency(&nodes, 3, 9, proof, NULL) == OK,
            "keys and a log"))
        return;
    sign(log, NOTE_ED25519, "a.example/orcon/1", &log_key);
    sign(witness, NOTE_COSIGNATURE, "b.example/witness", &key);
    sign(witness, NOTE_COSIGNATURE, "b.example/monitor", &other);
    checkpoint_put(text, log_key.name, 9, root);
    note_begin(note, bytes_of(text));
    note_sign_line(note, &log_key, log, bytes_of(text), 0);
    witness_ask_put(body, 3, bytes_of(proof), bytes_of(note));
    ok(witness_ask_read(bytes_of(body), &a, NULL) == OK && a.old == 3 &&
           bytes_equal(a.note, bytes_of(note)) && bytes_equal(BYTES(a.proof, a.proof_len), bytes_of(proof)),
       "a request reads back");

    note_sign_line(line, &key, witness, bytes_of(text), 1234);
    ok(witness_answer(bytes_of(text), bytes_of(line), &key, got, &time_s, NULL) == OK && time_s == 1234 &&
           bytes_equal(bytes_of(got), bytes_of(line)),
       "its line is found");
    ok(witness_answer(bytes_of(text), bytes_of(line), &other, got, &time_s, NULL) != OK,
       "not under another name of the same key");
    buf_reset(body);
    note_sign_line(body, &log_key, log, bytes_of(text), 0);
    buf_put_bytes(body, bytes_of(line));
    buf_reset(got);
    ok(witness_answer(bytes_of(text), bytes_of(body), &key, got, &time_s, NULL) == OK &&
           bytes_equal(bytes_of(got), bytes_of(line)),
       "found between lines of others");
    line->data[line->len - 6] ^= 1;
    ok(witness_answer(bytes_of(text), bytes_of(line), &key, got, &time_s, NULL) != OK, "one changed byte");
    line->data[line->len - 6] ^= 1;
    static const char *const garbage[] = { "", "\n", "<html>\n", "ok", "\n\n", "x\n\n" };
    for (size_t i = 0; i < COUNT(garbage); i++)
        ok(witness_answer(bytes_of(text), bytes_str(garbage[i]), &key, got, &time_s, NULL) != OK,
           "garbage %zu is no answer", i);

    buf_reset(got);
    ok(witness_note_add(bytes_of(note), bytes_of(line), got, NULL) == OK && got->len == note->len + line->len,
       "the line is added");
    buf_reset(body);
    buf_reset(line);
    note_sign_line(line, &key, witness, bytes_of(text), 5678);
    ok(witness_note_add(bytes_of(got), bytes_of(line), body, NULL) == OK &&
           body->len == note->len + line->len && memcmp(body->data + note->len, line->data, line->len) == 0,
       "a later one takes its place");
}

/* A card's cosigners: under their names, and no key for two things, since a cosignature names nobody. */
static void cards(void)
{
    AUTO(key_freep) struct key *a = NULL, *b = NULL;
    AUTO(json_freep) json_t *logs = json_array();
    char witness[NOTE_VKEY_SIZE], monitor[NOTE_VKEY_SIZE], same[NOTE_VKEY_SIZE], log[NOTE_VKEY_SIZE];
    struct note_key k, m;
    struct card c = { .domain = "b.example", .witness = witness, .monitor = monitor, .logs = logs };
    if (!ok(key_make(KEY_ED25519, &a, NULL) == OK && key_make(KEY_ED25519, &b, NULL) == OK, "two keys"))
        return;
    sign(a, NOTE_COSIGNATURE, "b.example/witness", &k);
    note_key_print(&k, witness);
    sign(b, NOTE_COSIGNATURE, "b.example/monitor", &m);
    note_key_print(&m, monitor);
    ok(card_cosigners(&c, &k, &m, NULL) == OK && strcmp(k.name, "b.example/witness") == 0, "two cosigners");
    sign(a, NOTE_COSIGNATURE, "b.example/monitor", &m);
    note_key_print(&m, same);
    c.monitor = same;
    ok(card_cosigners(&c, &k, &m, NULL) == E_INVALID, "a monitor key used as witness key");
    c.monitor = witness;
    ok(card_cosigners(&c, &k, &m, NULL) == E_INVALID, "a witness in the monitor's place");
    c.monitor = monitor;
    c.witness = "nonsense";
    ok(card_cosigners(&c, &k, &m, NULL) == E_INVALID, "no key");
    c.witness = witness;
    snprintf(c.domain, sizeof c.domain, "b.exampl");
    ok(card_cosigners(&c, &k, &m, NULL) == E_INVALID, "another organisation's");
    snprintf(c.domain, sizeof c.domain, "b.example");
    sign(b, NOTE_ED25519, "b.example/orcon/1", &m);
    note_key_print(&m, log);
    json_array_append_new(logs, json_string(log));
    ok(card_cosigners(&c, &k, &m, NULL) == E_INVALID, "a monitor key that is the log's");
    ok(card_log_keys(&c, "b.example/orcon/1", &k, 1) == 1 &&
           card_log_keys(&c, "b.example/orcon/2", &k, 1) == 0,
       "logs by their origin");
}

int main(void)
{
    dialogue("witness_dialogue");
    dialogue("witness_computed");
    malformed();
    both_ways();
    cards();
    vec_done();
    return tap_done();
}
