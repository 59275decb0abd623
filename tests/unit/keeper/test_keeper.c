/* SPDX-License-Identifier: Apache-2.0 - keys at rest, what each of them signs and what it does not, and the
 * end of the processes */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/b64.h"
#include "base/json.h"
#include "base/mem.h"
#include "crypto/jose.h"
#include "keeper/message.h"
#include "ledger/checkpoint.h"
#include "tap.h"
#include "world.h"

/* Keys at rest --------------------------------------------------------------------------------- */

static void test_names(struct world *w)
{
    static const struct {
        enum key_use use;
        const char *name;
        enum err want;
    } rows[] = {
        { USE_CARD, "birch.example", OK },
        { USE_CARD, "birch.example/witness", E_INVALID },
        { USE_CARD, "", E_INVALID },
        { USE_CARD, "Birch.example", E_INVALID },
        { USE_KAS, "birch", E_INVALID },
        { USE_LOG, "birch.example/orcon/1", OK },
        { USE_LOG, "birch.example/orcon/10", OK },
        { USE_LOG, "birch.example/orcon/", E_INVALID },
        { USE_LOG, "birch.example/orcon/01", E_INVALID },
        { USE_LOG, "birch.example/orcon/1x", E_INVALID },
        { USE_LOG, "birch.example/orcon", E_INVALID },
        { USE_LOG, "birch.example", E_INVALID },
        { USE_WITNESS, "birch.example/witness", OK },
        { USE_WITNESS, "birch.example/monitor", E_INVALID },
        { USE_MONITOR, "birch.example/monitor", OK },
        { USE_VRF, "birch.example", OK },
        { USE_COUNT, "birch.example", E_INVALID },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        AUTO(buf_freep) struct buf *sealed = buf_new(4096);
        AUTO(buf_freep) struct buf *public = buf_new(4096);
        enum err e = keeper_generate(w->keeper, rows[i].use, rows[i].name, sealed, public, NULL);
        ok(e == rows[i].want, "%s key named '%s'", keeper_use_name(rows[i].use), rows[i].name);
        ok((e == OK) == (sealed->len > 0 && public->len > 0), "a blob, or nothing");
    }
}

static enum err load(struct keeper *k, enum key_use use, struct bytes blob, const struct buf *want)
{
    AUTO(buf_freep) struct buf *public = buf_new(4096);
    enum err e = keeper_load(k, use, blob, public, NULL);
    if (e == OK)
        ok(bytes_equal(bytes_of(public), bytes_of(want)), "the same public key");
    return e;
}

static void test_blobs(struct world *w)
{
    struct fail f = { 0 };
    struct keeper *again = NULL, *other = NULL;
    int mine = world_unlock('u'), theirs = world_unlock('v');
    must(keeper_start(mine, &again, &f), &f, "keeper");
    must(keeper_start(theirs, &other, &f), &f, "keeper");
    close(mine);
    close(theirs);
    for (unsigned use = 0; use < USE_COUNT; use++) {
        struct bytes blob = bytes_of(&w->blob[use]);
        if (blob.len == 0)
            continue;
        ok(load(again, (enum key_use)use, blob, &w->public[use]) == OK, "a %s key is loaded again",
           keeper_use_name((enum key_use)use));
        ok(load(again, (enum key_use)use, blob, &w->public[use]) == OK, "and again");
        ok(load(other, (enum key_use)use, blob, NULL) == E_UNVERIFIED, "but not in another home");
        for (unsigned as = 0; as < USE_COUNT; as++)
            if (as != use)
                ok(load(again, (enum key_use)as, blob, NULL) == E_UNVERIFIED, "nor as a %s key",
                   keeper_use_name((enum key_use)as));
    }
    /* Every byte counts: the use, the name, the key. */
    struct bytes blob = bytes_of(&w->blob[USE_LOG]);
    for (size_t i = 0; i < blob.len; i++) {
        AUTO(mem_freep) uint8_t *bad = mem_dup(blob.data, blob.len);
        bad[i] ^= 1;
        enum err e = load(again, USE_LOG, BYTES(bad, blob.len), NULL);
        ok(e == E_UNVERIFIED || e == E_INVALID, "byte %zu of a log key's blob changed", i);
        e = load(again, USE_LOG, BYTES(blob.data, i), NULL);
        ok(e == E_UNVERIFIED || e == E_INVALID, "cut after %zu bytes", i);
    }
    AUTO(mem_freep) uint8_t *renamed = mem_dup(blob.data, blob.len);
    memcpy(strstr((char *)renamed + 13 + 3, "alder"), "aldeR", 5);
    ok(load(again, USE_LOG, BYTES(renamed, blob.len), NULL) == E_UNVERIFIED, "a log key can't be renamed");
    keeper_stop(again);
    keeper_stop(other);
}

/* All blobs of this home, as reseal is given them; ${cut} bytes of the last are left out. */
static void put_blobs(struct world *w, struct buf *out, size_t cut)
{
    for (unsigned use = 0; use < USE_COUNT; use++)
        if (w->blob[use].len > 0)
            buf_put_u16_bytes(out, bytes_of(&w->blob[use]));
    out->len -= cut;
}

static bool is_empty(int fd)
{
    uint8_t byte;
    return pread(fd, &byte, 1, 0) == 0;
}

/* What is refused leaves the new unlock key's file empty, so that nothing is sealed under a key that nobody has. */
static void test_reseal_refused(struct world *w)
{
    AUTO(buf_freep) struct buf *all = buf_new(MESSAGE_BODY_MAX);
    put_blobs(w, all, 0);
    struct bytes one = { all->data, 2 + w->blob[USE_CARD].len };
    for (size_t i = 0; i < all->len; i++) {
        AUTO(buf_freep) struct buf *out = buf_new(MESSAGE_BODY_MAX);
        AUTO(mem_freep) uint8_t *bad = mem_dup(all->data, all->len);
        struct fail f = { 0 };
        int fd = memfd_create("unlock", MFD_CLOEXEC);
        bad[i] ^= 1;
        enum err e = keeper_reseal(w->keeper, BYTES(bad, all->len), fd, out, &f);
        ok((e == E_UNVERIFIED || e == E_INVALID) && out->len == 0 && is_empty(fd), "byte %zu changed: %s", i,
           f.what);
        if (i > 0 && i < one.len) {
            e = keeper_reseal(w->keeper, BYTES(all->data, i), fd, out, &f);
            ok((e == E_UNVERIFIED || e == E_INVALID) && out->len == 0 && is_empty(fd),
               "cut after %zu bytes: %s", i, f.what);
        }
        close(fd);
    }
}

static void test_reseal(struct world *w)
{
    AUTO(buf_freep) struct buf *all = buf_new(MESSAGE_BODY_MAX);
    AUTO(buf_freep) struct buf *out = buf_new(MESSAGE_BODY_MAX);
    struct fail f = { 0 };
    struct keeper *again = NULL;
    int fd = memfd_create("unlock", MFD_CLOEXEC);
    put_blobs(w, all, 0);
    ok(keeper_reseal(w->keeper, bytes_of(all), fd, out, &f) == OK, "all keys anew: %s", f.what);
    must(keeper_start(fd, &again, &f), &f, "a keeper with the new unlock key");
    struct reader r = reader_of(bytes_of(out));
    for (unsigned use = 0; use < USE_COUNT; use++) {
        struct bytes blob;
        if (w->blob[use].len == 0)
            continue;
        ok(get_u16_bytes(&r, &blob) && load(again, (enum key_use)use, blob, &w->public[use]) == OK,
           "the %s key opens with it", keeper_use_name((enum key_use)use));
        ok(load(again, (enum key_use)use, bytes_of(&w->blob[use]), NULL) == E_UNVERIFIED,
           "and as it was before no more");
    }
    ok(reader_done(&r), "and nothing else came back");
    keeper_stop(again);
    close(fd);
}

static void test_unlock(void)
{
    struct keeper *k = NULL;
    struct fail f = { 0 };
    int fd = world_unlock('u');
    ok(pwrite(fd, "x", 1, 32) == 1 && keeper_start(fd, &k, &f) == E_IO && !k, "33 bytes of unlock key: %s",
       f.what);
    ok(ftruncate(fd, 31) == 0 && keeper_start(fd, &k, NULL) == E_IO && !k, "31 bytes");
    close(fd);
    ok(keeper_start(-1, &k, NULL) == E_IO && !k, "none");
}

/* Signatures ----------------------------------------------------------------------------------- */

#define CARD_PAYLOAD  "{\"v\":1,\"domain\":\"alder.example\"}"
#define OTHERS_CARD   "{\"v\":1,\"domain\":\"birch.example\"}"
#define STATEMENT_PAY "{\"v\":1,\"kind\":\"ack\",\"iss\":\"alder.example\"}"
#define OTHERS_STMT   "{\"v\":1,\"kind\":\"ack\",\"iss\":\"birch.example\"}"
#define TOKEN_PAYLOAD "{\"iss\":\"alder.example\",\"sub\":\"amy@alder.example\"}"

static void test_sign(struct world *w)
{
    static const struct {
        enum key_use use;
        const char *payload, *typ;
        enum err want;
    } rows[] = {
        { USE_CARD, CARD_PAYLOAD, "orcon-card+jws", OK },
        { USE_STATEMENT, STATEMENT_PAY, "orcon-statement+jws", OK },
        { USE_TOKEN, TOKEN_PAYLOAD, "at+jwt", OK },
        { USE_CARD, OTHERS_CARD, NULL, E_REFUSED },
        { USE_STATEMENT, OTHERS_STMT, NULL, E_REFUSED },
        { USE_TOKEN, OTHERS_STMT, NULL, E_REFUSED },
        { USE_STATEMENT, CARD_PAYLOAD, NULL, E_INVALID }, /* a card under a statement key */
        { USE_TOKEN, CARD_PAYLOAD, NULL, E_INVALID },
        { USE_CARD, STATEMENT_PAY, NULL, E_INVALID }, /* a statement under a card key */
        { USE_KAS, STATEMENT_PAY, NULL, E_INVALID },
        { USE_LOG, STATEMENT_PAY, NULL, E_INVALID },
        { USE_VRF, STATEMENT_PAY, NULL, E_INVALID },
        { USE_WITNESS, STATEMENT_PAY, NULL, E_INVALID },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        AUTO(buf_freep) struct buf *jws = buf_new(65536);
        AUTO(json_freep) json_t *payload = json_loads(rows[i].payload, 0, NULL);
        AUTO(key_freep) struct key *key = NULL;
        AUTO(jose_freep) struct jose *j = NULL;
        struct fail f = { 0 };
        enum err e = keeper_sign(w->keeper, rows[i].use, payload, jws, &f);
        ok(e == rows[i].want && (e == OK || jws->len == 0), "%s key, %s: %s", keeper_use_name(rows[i].use),
           rows[i].payload, f.what);
        if (e != OK)
            continue;
        must(key_read_pem(bytes_of(&w->public[rows[i].use]), &key, &f), &f, "key");
        ok(jose_read(bytes_of(jws), JOSE_MAX_SMALL, "it", &j, &f) == OK &&
               jose_verify(j, JOSE_ES256, rows[i].typ, key, &f) == OK,
           "verifies under %s: %s", rows[i].typ, f.what);
        ok(j && json_equal(j->payload, payload), "with the payload as it was");
    }
    AUTO(buf_freep) struct buf *jws = buf_new(JOSE_MAX_LARGE);
    AUTO(json_freep) json_t *large = json_loads(STATEMENT_PAY, 0, NULL);
    AUTO(mem_freep) char *text = mem_new(200001);
    memset(text, 'x', 200000);
    json_set_str(large, "text", text);
    ok(keeper_sign(w->keeper, USE_STATEMENT, large, jws, NULL) == OK && jws->len > 200000, "a large payload");
}

static void test_evidence(struct world *w)
{
    AUTO(buf_freep) struct buf *jws = buf_new(4096);
    AUTO(key_freep) struct key *key = NULL;
    struct fail f = { 0 };
    uint8_t digest[HASH_LEN] = { 1, 2, 3 };
    must(key_read_pem(bytes_of(&w->public[USE_STATEMENT]), &key, &f), &f, "key");
    ok(keeper_sign_evidence(w->keeper, digest, jws, &f) == OK, "evidence is signed: %s", f.what);
    const char *text = buf_text(jws), *dot = strrchr(text, '.');
    uint8_t signature[64];
    ok(dot && b64_read_exact(B64_URL, bytes_str(dot + 1), signature, 64) &&
           verify_es256(key, BYTES(text, (size_t)(dot - text)), BYTES(signature, 64), &f) == OK,
       "by the statement key");
}

/* Tags ----------------------------------------------------------------------------------------- */

static void test_tags(struct world *w)
{
    enum { MANY = 1500 };
    struct fail f = { 0 };
    AUTO(key_freep) struct key *vrf = NULL;
    struct keeper_tag *tags = mem_array(MANY, sizeof *tags);
    char(*alpha)[100] = mem_array(MANY, sizeof *alpha);
    must(key_read_public(KEY_VRF, bytes_of(&w->public[USE_VRF]), &vrf, &f), &f, "key");
    for (size_t i = 0; i < MANY; i++) {
        snprintf(alpha[i], sizeof alpha[i], "alpha %zu %060zu", i, i);
        tags[i].alpha = bytes_str(alpha[i]);
        tags[i].with_proof = i % 3 == 0;
    }
    ok(keeper_tags(w->keeper, NULL, tags, MANY, &f) == OK, "%d tags in several messages: %s", MANY, f.what);
    for (size_t i = 0; i < MANY; i += 99) { /* all of them have a proof */
        uint8_t beta[VRF_BETA_LEN] = { 0 };
        ok(vrf_verify(vrf, tags[i].alpha, BYTES(tags[i].proof, VRF_PROOF_LEN), beta, &f) == OK &&
               memcmp(beta, tags[i].tag, VRF_TAG_LEN) == 0,
           "tag %zu is right", i);
    }
    struct keeper_tag one = { .alpha = tags[0].alpha };
    ok(keeper_tags(w->keeper, NULL, &one, 1, &f) == OK && memcmp(one.tag, tags[0].tag, VRF_TAG_LEN) == 0,
       "a tag without its proof is the same");
    ok(keeper_tags(w->keeper, NULL, NULL, 0, &f) == OK, "no tags");
    mem_freep(&tags);
    mem_freep(&alpha);
}

/* Many callers at once ------------------------------------------------------------------------- */

/* One of them: tags and signatures; counts what was right. */
struct caller {
    struct world *w;
    pthread_t thread;
    const uint8_t *tag; /* of "alpha" */
    unsigned good;
};

static void *call(void *arg)
{
    struct caller *c = arg;
    AUTO(json_freep) json_t *payload = json_loads(STATEMENT_PAY, 0, NULL);
    for (int i = 0; i < 20; i++) {
        struct keeper_tag tags[70];
        AUTO(buf_freep) struct buf *jws = buf_new(4096);
        bool same = true;
        for (size_t k = 0; k < COUNT(tags); k++)
            tags[k] = (struct keeper_tag){ .alpha = bytes_str("alpha"), .with_proof = k % 5 == 0 };
        if (keeper_tags(c->w->keeper, NULL, tags, COUNT(tags), NULL) != OK ||
            keeper_sign(c->w->keeper, USE_STATEMENT, payload, jws, NULL) != OK)
            continue;
        for (size_t k = 0; k < COUNT(tags); k++)
            same = same && memcmp(tags[k].tag, c->tag, VRF_TAG_LEN) == 0;
        c->good += same && jws->len > 100;
    }
    return NULL;
}

static void test_many_callers(struct world *w)
{
    struct caller callers[8];
    struct keeper_tag tag = { .alpha = bytes_str("alpha") };
    struct fail f = { 0 };
    must(keeper_tags(w->keeper, NULL, &tag, 1, &f), &f, "tag");
    for (size_t i = 0; i < COUNT(callers); i++) {
        callers[i] = (struct caller){ .w = w, .tag = tag.tag };
        pthread_create(&callers[i].thread, NULL, call, &callers[i]);
    }
    for (size_t i = 0; i < COUNT(callers); i++) {
        pthread_join(callers[i].thread, NULL);
        ok(callers[i].good == 20, "caller %zu of many: %u of 20 right", i, callers[i].good);
    }
}

/* Checkpoints ---------------------------------------------------------------------------------- */

static void grow(struct tree_memory *t, uint64_t size, char fill)
{
    while (tree_memory_size(t) < size) {
        uint8_t leaf[HASH_LEN];
        memset(leaf, fill, sizeof leaf);
        leaf[0] = (uint8_t)tree_memory_size(t);
        tree_memory_append(t, leaf);
    }
}

static enum err sign(struct keeper *k, struct tree_memory *t, uint64_t from, uint64_t size, struct buf *note)
{
    struct fail f = { 0 };
    uint8_t root[HASH_LEN];
    struct tree_nodes nodes = tree_memory_nodes(t);
    AUTO(buf_freep) struct buf *proof = buf_new(TREE_PROOF_MAX);
    must(tree_root(&nodes, size, root, &f), &f, "root");
    if (from < size)
        must(tree_prove_consistency(&nodes, from, size, proof, &f), &f, "proof");
    buf_reset(note);
    return keeper_checkpoint(k, size, root, bytes_of(proof), note, NULL);
}

static struct keeper *keeper_with_log(struct buf *blob, struct buf *public, bool made)
{
    struct fail f = { 0 };
    struct keeper *k = NULL;
    int unlock = world_unlock('u');
    must(keeper_start(unlock, &k, &f), &f, "keeper");
    close(unlock);
    if (made)
        must(keeper_load(k, USE_LOG, bytes_of(blob), public, &f), &f, "load");
    else
        must(keeper_generate(k, USE_LOG, ORIGIN, blob, public, &f), &f, "generate");
    return k;
}

static void test_checkpoints(void)
{
    AUTO(buf_freep) struct buf *blob = buf_new(4096);
    AUTO(buf_freep) struct buf *public = buf_new(4096);
    AUTO(buf_freep) struct buf *again = buf_new(4096);
    AUTO(buf_freep) struct buf *note = buf_new(NOTE_MAX);
    AUTO(buf_freep) struct buf *refused = buf_new(NOTE_MAX);
    AUTO(tree_memory_freep) struct tree_memory *t = tree_memory_new();
    AUTO(tree_memory_freep) struct tree_memory *fork = tree_memory_new();
    struct fail f = { 0 };
    struct keeper *k = keeper_with_log(blob, public, false);
    struct note_key key;
    struct checkpoint c;
    uint8_t root[HASH_LEN] = { 0 };
    grow(t, 40, 'a');
    grow(fork, 20, 'a');
    grow(fork, 60, 'b');

    must(note_key_make(ORIGIN, NOTE_ED25519, public->data, &key, &f), &f, "key");
    ok(sign(k, t, 0, 20, note) == OK && checkpoint_open(bytes_of(note), &key, &c, &f) == OK && c.size == 20,
       "the first checkpoint, under the log's name: %s", f.what);
    ok(sign(k, t, 20, 30, note) == OK, "one that extends it");
    ok(sign(k, t, 30, 30, note) == OK, "the same again");
    ok(sign(k, t, 20, 40, refused) == E_UNVERIFIED && refused->len == 0, "a proof from another size");
    ok(sign(k, t, 40, 40, refused) == E_UNVERIFIED, "no proof");
    ok(sign(k, t, 20, 20, refused) == E_UNVERIFIED, "a smaller tree");
    ok(sign(k, fork, 30, 60, refused) == E_UNVERIFIED, "a tree with another past");
    ok(sign(k, fork, 30, 30, refused) == E_UNVERIFIED, "the same size, another root");
    ok(keeper_checkpoint(k, 0, root, BYTES("", 0), refused, NULL) == E_INVALID, "size 0");
    ok(keeper_checkpoint(k, UINT64_MAX, root, BYTES("", 0), refused, NULL) == E_INVALID, "a size past 2^63");
    ok(keeper_log_anchor(k, bytes_of(note), NULL) == E_CONFLICT, "what has signed can't be anchored anew");
    ok(keeper_load(k, USE_LOG, bytes_of(blob), again, &f) == OK &&
           sign(k, fork, 0, 60, refused) == E_UNVERIFIED,
       "loading the key again does not make it forget");
    ok(sign(k, t, 30, 40, note) == OK, "and it goes on");
    keeper_stop(k);

    k = keeper_with_log(blob, again, true);
    AUTO(buf_freep) struct buf *forged = buf_new(NOTE_MAX);
    buf_put_bytes(forged, bytes_of(note));
    forged->data[forged->len - 4] ^= 1;
    ok(keeper_log_anchor(k, bytes_of(forged), NULL) != OK, "an anchor that is not signed");
    ok(keeper_log_anchor(k, bytes_str("nothing\n"), NULL) == E_INVALID, "no note at all");
    ok(keeper_log_anchor(k, bytes_of(note), &f) == OK, "after a start, the last checkpoint: %s", f.what);
    ok(keeper_log_anchor(k, bytes_of(note), NULL) == E_CONFLICT, "once");
    ok(sign(k, fork, 40, 60, refused) == E_UNVERIFIED, "the next must extend it");
    grow(t, 50, 'a');
    ok(sign(k, t, 40, 50, note) == OK, "and one that does is signed");
    keeper_stop(k);

    AUTO(buf_freep) struct buf *other_blob = buf_new(4096);
    AUTO(buf_freep) struct buf *other_public = buf_new(4096);
    k = keeper_with_log(other_blob, other_public, false);
    ok(keeper_log_anchor(k, bytes_of(note), NULL) == E_UNVERIFIED, "an anchor of another key");
    keeper_stop(k);
}

/* Eight callers with a log each: one of them is the first, and none of the others extends that. */
struct contender {
    struct keeper *k;
    pthread_t thread;
    char fill;
    enum err err;
};

static void *contend(void *arg)
{
    struct contender *c = arg;
    AUTO(tree_memory_freep) struct tree_memory *t = tree_memory_new();
    AUTO(buf_freep) struct buf *note = buf_new(NOTE_MAX);
    grow(t, 20, c->fill);
    c->err = sign(c->k, t, 0, 20, note);
    return NULL;
}

static void test_contenders(void)
{
    AUTO(buf_freep) struct buf *blob = buf_new(4096);
    AUTO(buf_freep) struct buf *public = buf_new(4096);
    struct keeper *k = keeper_with_log(blob, public, false);
    struct contender c[8];
    unsigned signed_ones = 0, refused = 0;
    for (size_t i = 0; i < COUNT(c); i++) {
        c[i] = (struct contender){ .k = k, .fill = (char)('a' + i) };
        pthread_create(&c[i].thread, NULL, contend, &c[i]);
    }
    for (size_t i = 0; i < COUNT(c); i++) {
        pthread_join(c[i].thread, NULL);
        signed_ones += c[i].err == OK;
        refused += c[i].err == E_UNVERIFIED;
    }
    ok(signed_ones == 1 && refused == 7, "of eight first checkpoints %u is signed, %u are refused",
       signed_ones, refused);
    keeper_stop(k);
}

static void test_cosign(struct world *w)
{
    struct fail f = { 0 };
    struct note_key key;
    uint8_t root[HASH_LEN] = { 7 };
    AUTO(buf_freep) struct buf *text = buf_new(1024);
    AUTO(buf_freep) struct buf *own = buf_new(1024);
    AUTO(buf_freep) struct buf *note = buf_new(4096);
    AUTO(buf_freep) struct buf *none = buf_new(4096);
    AUTO(note_freep) struct note *n = NULL;
    struct note_signed by = { 0 };
    checkpoint_put(text, "birch.example/orcon/4", 12, root);
    checkpoint_put(own, ORIGIN, 12, root);
    note_begin(note, bytes_of(text));
    ok(keeper_cosign(w->keeper, USE_WITNESS, 1767225600, bytes_of(text), note, &f) == OK, "cosigned: %s",
       f.what);
    must(note_key_make(DOMAIN "/witness", NOTE_COSIGNATURE, w->public[USE_WITNESS].data, &key, &f), &f,
         "key");
    must(note_read(bytes_of(note), &n, &f), &f, "note");
    ok(note_verify(n, &key, 1, &by, &f) == OK && by.by && by.time_s == 1767225600,
       "by the witness, with the time");
    ok(keeper_cosign(w->keeper, USE_WITNESS, 1, bytes_of(own), none, NULL) == E_REFUSED, "its own log");
    ok(keeper_cosign(w->keeper, USE_LOG, 1, bytes_of(text), none, NULL) == E_INVALID,
       "a log key cosigns nothing");
    ok(keeper_cosign(w->keeper, USE_WITNESS, 1, bytes_str("a\nb\n"), none, NULL) == E_INVALID,
       "no checkpoint");
    ok(keeper_cosign(w->keeper, USE_WITNESS, 0, bytes_of(text), none, NULL) == E_INVALID, "no time");
    ok(none->len == 0, "nothing came of these");
}

/* Keys that are not there, and the end --------------------------------------------------------- */

static void test_no_keys(void)
{
    struct fail f = { 0 };
    struct keeper *k = NULL;
    struct keeper_tag tag = { .alpha = bytes_str("a") };
    uint8_t hash[HASH_LEN] = { 0 };
    struct bytes nothing = BYTES("", 0);
    struct keeper_leave leave = { 0 };
    int payload = -1, unlock = world_unlock('u');
    struct keeper_copy copy = { .portion = "p", .holder = "h", .kas_url = "u" };
    AUTO(buf_freep) struct buf *out = buf_new(4096);
    AUTO(json_freep) json_t *payload_json = json_loads(STATEMENT_PAY, 0, NULL);
    must(keeper_start(unlock, &k, &f), &f, "keeper");
    must(keeper_payload(bytes_str("x"), &payload, &f), &f, "payload");
    copy.payload_fd = payload;
    ok(keeper_sign(k, USE_STATEMENT, payload_json, out, NULL) == E_NOT_FOUND, "no key to sign with");
    ok(keeper_sign_evidence(k, hash, out, NULL) == E_NOT_FOUND, "nor for evidence");
    ok(keeper_tags(k, NULL, &tag, 1, NULL) == E_NOT_FOUND, "nor for tags");
    ok(keeper_log_anchor(k, nothing, NULL) == E_NOT_FOUND, "nor to be anchored");
    ok(keeper_checkpoint(k, 1, hash, nothing, out, NULL) == E_NOT_FOUND, "nor for checkpoints");
    ok(keeper_rewrap(k, nothing, nothing, nothing, nothing, NULL, 0, out, NULL) == E_NOT_FOUND,
       "nor to rewrap");
    ok(keeper_seal_copies(k, &leave, &copy, 1, NULL) == E_NOT_FOUND && copy.payload_out == -1, "nor to seal");
    ok(out->len == 0, "nothing came of these");
    close(payload);
    close(unlock);
    keeper_stop(k);
    keeper_stop(NULL);
}

/* The network process is killed: both others end with it. They become our children, so that we see it. */
static void test_killed(void)
{
    int ready[2], gone = 0, status;
    char c;
    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    if (pipe(ready) != 0)
        return;
    pid_t network = fork();
    if (network == 0) {
        struct keeper *k;
        if (keeper_start(world_unlock('u'), &k, NULL) == OK && write(ready[1], "x", 1) == 1)
            pause();
        _exit(1);
    }
    alarm(20); /* nobody may hang */
    ok(read(ready[0], &c, 1) == 1, "a network process with keeper and sealer");
    kill(network, SIGKILL);
    while (waitpid(-1, &status, 0) > 0)
        gone++;
    /* The keeper may have waited for the sealer itself, before its own end reached it. */
    ok(gone == 2 || gone == 3, "killed: nobody is left, %d", gone);
    alarm(0);
    prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0);
}

/* The only child of ours. */
static pid_t only_child(void)
{
    char path[64], text[32] = "";
    snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
    FILE *in = fopen(path, "r");
    pid_t pid = in && fgets(text, sizeof text, in) ? (pid_t)strtol(text, NULL, 10) : -1;
    if (in)
        fclose(in);
    return pid;
}

/* The keeper dies: its sealer with it, and the network process is told so, call by call. */
static void test_keeper_dies(void)
{
    struct fail f = { 0 };
    struct keeper *k = NULL;
    struct keeper_tag tag = { .alpha = bytes_str("a") };
    int unlock = world_unlock('u'), status;
    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    alarm(20);
    must(keeper_start(unlock, &k, &f), &f, "keeper");
    pid_t keeper = only_child();
    if (ok(keeper > 0 && kill(keeper, SIGKILL) == 0, "the keeper is killed"))
        ok(waitpid(-1, &status, 0) > 0 && waitpid(-1, &status, 0) > 0, "it and the sealer are gone");
    ok(keeper_tags(k, NULL, &tag, 1, NULL) == E_IO, "a request finds nobody");
    ok(keeper_tags(k, NULL, &tag, 1, NULL) == E_UNAVAILABLE, "and the next isn't sent");
    keeper_stop(k);
    close(unlock);
    alarm(0);
    prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0);
}

int main(void)
{
    struct world *w = world_new();
    test_blobs(w);
    test_reseal(w);
    test_reseal_refused(w);
    test_unlock();
    test_sign(w);
    test_evidence(w);
    test_tags(w);
    test_many_callers(w);
    test_checkpoints();
    test_contenders();
    test_cosign(w);
    test_names(w); /* whose keys are the last ones from here on */
    test_no_keys();
    world_free(w);
    test_keeper_dies();
    test_killed();
    return tap_done();
}
