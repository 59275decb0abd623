/* SPDX-License-Identifier: Apache-2.0 - signed notes, checkpoints, cosignatures, tlog-proofs */
#include "ledger/checkpoint.h"
#include "ledger/note.h"
#include "ledger/proof.h"
#include "tap.h"
#include "vec.h"

static struct bytes text_of(const json_t *v, const char *name)
{
    return bytes_str(vec_str(v, name));
}

static void published(void)
{
    const json_t *v, *k;
    size_t i, j;
    json_array_foreach (json_object_get(vec_load("signed_note"), "vectors"), i, v) {
        struct note_key keys[4];
        struct fail f = { 0 };
        AUTO(note_freep) struct note *n = NULL;
        size_t count = json_array_size(json_object_get(v, "known_vkeys"));
        bool good = true;
        json_array_foreach (json_object_get(v, "known_vkeys"), j, k) {
            char again[NOTE_VKEY_SIZE];
            good = good && note_key_read(bytes_str(json_string_value(k)), &keys[j], NULL) == OK;
            note_key_print(&keys[j], again);
            is_str(again, json_string_value(k), "vkey");
        }
        ok(good, "%s: keys", vec_str(v, "name"));
        good = note_read(text_of(v, "note"), &n, &f) == OK && note_verify(n, keys, count, NULL, &f) == OK;
        ok(good == vec_bool(v, "want_ok"), "%s (%s)", vec_str(v, "name"), f.what);
    }
}

static const struct {
    const char *vkey, *why;
} bad_keys[] = {
    { "", "empty" },
    { "PeterNeumann", "name only" },
    { "PeterNeumann+c74f20a3", "no key" },
    { "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", "another key ID" },
    { "Peterneumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", "another name" },
    { "Peter Neumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", "a space in the name" },
    { "+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", "no name" },
    { "PeterNeumann+C74F20A3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", "upper case" },
    { "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10T=", "short key" },
    { "PeterNeumann+c74f20a3+AhpcQcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW1", "type 2" },
};

static void test_keys(void)
{
    struct note_key k;
    static const uint8_t pk[32] = { 1 };
    static const char *const names[] = { "", "a b", "a+b", "a\xc2\xa0z", "a\xe3\x80\x80", "a\nb", "\xff" };
    for (size_t i = 0; i < COUNT(bad_keys); i++)
        ok(note_key_read(bytes_str(bad_keys[i].vkey), &k, NULL) == E_INVALID, "vkey refused: %s",
           bad_keys[i].why);
    for (size_t i = 0; i < COUNT(names); i++)
        ok(note_key_make(names[i], NOTE_ED25519, pk, &k, NULL) == E_INVALID, "name refused: %zu", i);
    ok(note_key_make("alder.example/orcon/1", NOTE_ED25519, pk, &k, NULL) == OK, "a name");
}

/* A note of ours with many lines, and what a reader makes of it. */
static struct key *seed_key(uint8_t n, struct note_key *k, const char *name, enum note_type type)
{
    uint8_t seed[32] = { n };
    struct key *secret = NULL;
    AUTO(buf_freep) struct buf *pk = buf_new(32);
    if (key_read_private(KEY_ED25519, BYTES(seed, 32), &secret, NULL) != OK)
        exit(99);
    key_write_public(secret, pk);
    if (note_key_make(name, type, pk->data, k, NULL) != OK)
        exit(99);
    return secret;
}

static enum err read_verify(struct bytes v, const struct note_key *keys, size_t count, struct note_signed *by)
{
    AUTO(note_freep) struct note *n = NULL;
    TRY(note_read(v, &n, NULL));
    return note_verify(n, keys, count, by, NULL);
}

static void own_notes(void)
{
    struct note_key k[3];
    AUTO(key_freep) struct key *log = seed_key(1, &k[0], "log.example", NOTE_ED25519);
    AUTO(key_freep) struct key *witness = seed_key(2, &k[1], "witness.example", NOTE_COSIGNATURE);
    AUTO(buf_freep) struct buf *note = buf_new(NOTE_MAX);
    struct bytes text = bytes_str("first\n\nsecond\n");
    struct note_signed by[3];
    key_free(seed_key(3, &k[2], "other.example", NOTE_ED25519));
    note_begin(note, text);
    note_sign_line(note, &k[0], log, text, 0);
    note_sign_line(note, &k[1], witness, text, 1767225602);
    ok(read_verify(bytes_of(note), k, 3, by) == OK && by[0].by && by[1].by && by[1].time_s == 1767225602 &&
           !by[2].by,
       "signed, cosigned with a time, not signed by another");
    size_t good_len = note->len;
    for (int i = 0; i < 98; i++)
        buf_put_str(note, "\xe2\x80\x94 stranger AAAAAAA=\n");
    ok(read_verify(bytes_of(note), k, 3, NULL) == OK, "a hundred lines");
    buf_put_str(note, "\xe2\x80\x94 stranger AAAAAAA=\n");
    ok(read_verify(bytes_of(note), k, 3, NULL) == E_INVALID, "a hundred and one");
    note->len = good_len;
    uint8_t wrong[SIGN_LEN] = { 0 };
    note_add_line(note, &k[0], 0, wrong);
    ok(read_verify(bytes_of(note), k, 3, NULL) == OK, "a repeat of one pair is ignored");
    note_add_line(note, &k[2], 0, wrong);
    ok(read_verify(bytes_of(note), k, 2, NULL) == OK, "an unknown bad line is ignored");
    ok(read_verify(bytes_of(note), k, 3, NULL) == E_UNVERIFIED, "a known bad line refuses the note");
    note->len = good_len;
    bool caught = true;
    for (size_t i = 0; i < 14; i++) { /* the text */
        note->data[i] ^= 1;
        caught = caught && read_verify(bytes_of(note), k, 1, NULL) != OK;
        note->data[i] ^= 1;
    }
    ok(caught, "any changed byte of the text");
    note->len = 0;
    note_begin(note, text);
    note_sign_line(note, &k[1], witness, text, (uint64_t)1 << 63);
    ok(read_verify(bytes_of(note), k, 3, NULL) == E_UNVERIFIED, "a time of 2^63");
}

static const struct {
    const char *note, *why;
} malformed[] = {
    { "", "empty" },
    { "text\n", "no signatures" },
    { "text\n\n", "no lines" },
    { "\n\xe2\x80\x94 a AAAAAAA=\n", "one newline" },
    { "text\n\n\xe2\x80\x94 a AAAAAAA=", "no last newline" },
    { "text\n\n\xe2\x80\x94 a AAAAAAA\n", "padding missing" },
    { "text\n\n\xe2\x80\x94 a AAAA\n", "no signature behind the key ID" },
    { "text\n\n\xe2\x80\x94  AAAAAAA=\n", "no name" },
    { "text\n\n\xe2\x80\x94 a+b AAAAAAA=\n", "a plus in the name" },
    { "text\n\n\xe2\x80\x94 a\n", "no value" },
    { "text\n\n\xe2\x80\x94 a AAAAAAA= \n", "a space at the end" },
    { "text\n\n\xe2\x80\x94 a AAAAAAA=\n\xe2\x80\x94 \n", "an empty line of a signature" },
    { "te\x01xt\n\n\xe2\x80\x94 a AAAAAAA=\n", "a control character" },
    { "te\xffxt\n\n\xe2\x80\x94 a AAAAAAA=\n", "not UTF-8" },
};

static void test_malformed(void)
{
    for (size_t i = 0; i < COUNT(malformed); i++) {
        AUTO(note_freep) struct note *n = NULL;
        ok(note_read(bytes_str(malformed[i].note), &n, NULL) == E_INVALID, "refused: %s", malformed[i].why);
    }
    AUTO(note_freep) struct note *n = NULL;
    ok(note_read(bytes_str("a\n\nb\n\n\xe2\x80\x94 a AAAAAAA=\n"), &n, NULL) == OK && n->text.len == 5,
       "the last empty line divides");
}

static void checkpoint_bodies(void)
{
    const json_t *v;
    size_t i;
    json_array_foreach (json_object_get(vec_load("checkpoint_body"), "vectors"), i, v) {
        struct checkpoint c;
        AUTO(buf_freep) struct buf *with_hash = buf_new(4096);
        const char *body = vec_str(v, "body"), *root = strstr(body, "dGhlIHZpZXc");
        ok(checkpoint_read(bytes_str(body), &c, NULL) == E_INVALID, "%s: refused as it is",
           vec_str(v, "name"));
        if (!vec_bool(v, "want_ok"))
            continue;
        /* refused for the length of its root alone */
        const char *rest = strchr(root, '\n');
        buf_put(with_hash, body, (size_t)(root - body));
        buf_put_str(with_hash, "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
        buf_put_str(with_hash, rest);
        ok(checkpoint_read(bytes_of(with_hash), &c, NULL) == OK && c.size == vec_u64(v, "size") &&
               strcmp(c.origin, vec_str(v, "origin")) == 0 && c.extended == (rest[1] != '\0'),
           "%s: with a root of 32 bytes", vec_str(v, "name"));
    }
}

#define ROOT "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"
static const struct {
    const char *text, *why;
} bad_bodies[] = {
    { "o\n01\n" ROOT, "leading zero" },
    { "o\n+1\n" ROOT, "sign" },
    { "o\n\n" ROOT, "no size" },
    { "o\n1 \n" ROOT, "space" },
    { "o\n9223372036854775808\n" ROOT, "2^63" },
    { "o\n99999999999999999999\n" ROOT, "20 digits" },
    { "o\n1\n" ROOT "\n", "empty extension" },
    { "o\n1\n" ROOT "x", "unfinished extension" },
};

/* One vector: all three signers, then our own signatures, which are the same since Ed25519 is deterministic. */
static void cosigned(const json_t *v, const struct note_key k[3], struct key *const secret[2])
{
    struct note_signed by[3];
    struct checkpoint c;
    uint64_t size = vec_u64(v, "size"), at = vec_u64(v, "time");
    struct bytes root = vec_b64(json_object_get(v, "root")), want = text_of(v, "checkpoint");
    AUTO(buf_freep) struct buf *body = buf_new(NOTE_MAX);
    AUTO(buf_freep) struct buf *note = buf_new(NOTE_MAX);
    ok(read_verify(want, k, 3, by) == OK && by[0].by && by[1].by && by[2].by && by[1].time_s == at &&
           by[2].time_s == at + 1,
       "size %llu: log, witness, monitor", (unsigned long long)size);
    ok(checkpoint_read(text_of(v, "body"), &c, NULL) == OK && c.size == size &&
           memcmp(c.root, root.data, 32) == 0,
       "its text");
    bool extended = json_array_size(json_object_get(v, "extensions")) != 0;
    ok((checkpoint_open(want, &k[0], &c, NULL) == OK) == !extended, "a log of ours has no extension lines");
    ok(checkpoint_open(want, &k[1], &c, NULL) == E_INVALID, "a witness is no log");
    checkpoint_put(body, vec_str(v, "origin"), size, root.data);
    if (extended)
        return;
    ok(bytes_equal(bytes_of(body), text_of(v, "body")), "the text again");
    note_begin(note, bytes_of(body));
    note_sign_line(note, &k[0], secret[0], bytes_of(body), 0);
    note_sign_line(note, &k[1], secret[1], bytes_of(body), at);
    ok(note->len < want.len && memcmp(note->data, want.data, note->len) == 0, "and its signatures");
}

static void checkpoints(void)
{
    json_t *t = vec_load("checkpoint_cosigned"), *v;
    struct note_key k[3];
    AUTO(key_freep) struct key *log = NULL;
    AUTO(key_freep) struct key *witness = NULL;
    size_t i;
    if (note_key_read(text_of(t, "log_vkey"), &k[0], NULL) != OK ||
        note_key_read(text_of(t, "witness_vkey"), &k[1], NULL) != OK ||
        note_key_read(text_of(t, "monitor_vkey"), &k[2], NULL) != OK ||
        key_read_private(KEY_ED25519, vec_hex(json_object_get(t, "log_seed")), &log, NULL) != OK ||
        key_read_private(KEY_ED25519, vec_hex(json_object_get(t, "witness_seed")), &witness, NULL) != OK)
        exit(99);
    json_array_foreach (json_object_get(t, "vectors"), i, v) {
        json_object_set(v, "origin", json_object_get(t, "origin"));
        cosigned(v, k, (struct key *const[]){ log, witness });
    }
    const json_t *mirror = vec_load("cosigned_mirror_300");
    struct note_signed by;
    ok(note_key_read(text_of(mirror, "mirror_vkey"), &k[0], NULL) == OK &&
           read_verify(text_of(mirror, "mirror_checkpoint"), k, 1, &by) == OK && by.time_s == 1767139200,
       "a mirror of Sunlight's");
    for (i = 0; i < COUNT(bad_bodies); i++) {
        struct checkpoint c;
        ok(checkpoint_read(bytes_str(bad_bodies[i].text), &c, NULL) == E_INVALID, "refused: %s",
           bad_bodies[i].why);
    }
    struct checkpoint none;
    ok(checkpoint_read(bytes_str("o\n0\nppc/6uFuiHjM6i3g4duYvH/Cnbkgicd9ComUCyRHZjQ=\n"), &none, NULL) ==
           E_UNVERIFIED,
       "size 0 with a root is well formed, and can't be");
}

static void tlog_proofs(void)
{
    const json_t *v;
    size_t i;
    json_array_foreach (json_object_get(vec_load("tlog_proof_parse"), "vectors"), i, v) {
        struct proof p;
        AUTO(buf_freep) struct buf *again = buf_new(4096);
        bool good = proof_read(text_of(v, "text"), &p, NULL) == OK;
        ok(good == vec_bool(v, "want_ok"), "%s", vec_str(v, "name"));
        if (!good)
            continue;
        ok(p.index == vec_u64(v, "index") &&
               bytes_equal(proof_hashes(&p), vec_joined(json_object_get(v, "hashes"))) &&
               bytes_equal(p.extra, text_of(v, "extra")),
           "%s: its parts", vec_str(v, "name"));
        proof_put(again, p.index, proof_hashes(&p), p.checkpoint);
        ok(bytes_equal(bytes_of(again), text_of(v, "text")) == (p.extra.len == 0), "%s: written",
           vec_str(v, "name"));
    }
}

int main(void)
{
    if (crypto_start(NULL) != OK)
        return 99;
    published();
    test_keys();
    own_notes();
    test_malformed();
    checkpoint_bodies();
    checkpoints();
    tlog_proofs();
    vec_done();
    return tap_done();
}
