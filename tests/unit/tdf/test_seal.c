/* SPDX-License-Identifier: Apache-2.0 - what is sealed opens, at every size; what others sealed opens too */
#include "tdf_sample.h"

#include <unistd.h>

#include "base/hex.h"
#include "crypto/hash.h"

static const struct {
    size_t size;
    uint64_t segment; /* 0: fitting */
    size_t segments;
} sizes[] = {
    { 0, 64, 0 },
    { 1, 64, 1 },
    { 63, 64, 1 },
    { 64, 64, 1 },
    { 65, 64, 2 },
    { 128, 64, 2 },
    { 1000, 1, 1000 },
    { 0, 0, 0 },
    { (1 << 20) - 1, 0, 1 },
    { 1 << 20, 0, 1 },
    { (1 << 20) + 1, 0, 2 },
    { (3 << 20) + 5, 0, 4 },
    { 9 << 20, TDF_SEGMENT_MAX, 2 },
};

static void test_sizes(void)
{
    AUTO(key_freep) struct key *kas_ec = vector_key("kas-ec.pem");
    AUTO(key_freep) struct key *kas_rsa = vector_key("kas-rsa.pem");
    for (size_t i = 0; i < COUNT(sizes); i++) {
        const struct key *to = i % 2 ? kas_rsa : kas_ec;
        AUTO(buf_freep) struct buf *plain = sample_plain(sizes[i].size);
        AUTO(buf_freep) struct buf *sealed = sample_sealed(bytes_of(plain), sizes[i].segment, to);
        AUTO(buf_freep) struct buf *opened = buf_new(plain->len + 1);
        AUTO(tdf_container_freep) struct tdf_container *c = NULL;
        struct fail f = { 0 };
        enum err e = sample_open(bytes_of(sealed), &to, 1, opened, &f);
        ok(e == OK && bytes_equal(bytes_of(opened), bytes_of(plain)), "%zu bytes in segments of %llu: %s",
           sizes[i].size, (unsigned long long)sizes[i].segment, f.what);
        struct bytes v = bytes_of(sealed);
        struct source in = source_bytes(&v);
        ok(tdf_container_read(&in, TDF_MANIFEST_OWN, &c, &f) == OK &&
               c->manifest->segment_count == sizes[i].segments &&
               tdf_manifest_size(c->manifest) == plain->len,
           "%zu segments", sizes[i].segments);
    }
    ok(tdf_segment_fitting((uint64_t)8 << 30) == 1 << 20 &&
           tdf_segment_fitting(((uint64_t)8 << 30) + 1) == 2 << 20 &&
           tdf_segment_fitting(TDF_PAYLOAD_MAX) == 8 << 20,
       "segments grow with the size");
}

/* Containers of an independent implementation, and the keys it takes to open them. */
static const struct {
    const char *file, *keys[2], *plain;
    enum err want;
} vectors[] = {
    { "ec-430.tdf", { "kas-ec.pem" }, "plain.txt", OK },
    { "ec-430.tdf", { "kas-rsa.pem", "kas-ec.pem" }, "plain.txt", OK },
    { "ec-430.tdf", { "other-ec.pem" }, NULL, E_UNVERIFIED },
    { "ec-430.tdf", { "kas-rsa.pem" }, NULL, E_UNVERIFIED },
    { "ec-430-manifest-first.tdf", { "kas-ec.pem" }, "plain.txt", OK },
    { "rsa-422-streamed.tdf", { "kas-rsa.pem" }, "plain.txt", OK },
    { "rsa-422-plain.tdf", { "kas-rsa.pem" }, "plain.txt", OK },
    { "rsa-422-plain.tdf", { "other-rsa.pem" }, NULL, E_UNVERIFIED },
    { "rsa-422-plain.tdf", { "kas-ec.pem" }, NULL, E_UNVERIFIED },
    { "split-430.tdf", { "kas-ec.pem" }, "plain.txt", OK }, /* fits both splits */
    { "split-430.tdf", { "kas-ec.pem", "kas-rsa.pem" }, "plain.txt", OK },
    { "split-430.tdf", { "kas-rsa.pem" }, NULL, E_UNVERIFIED }, /* the second split only */
    { "empty-430.tdf", { "kas-ec.pem" }, "", OK },
};

static void test_vectors(void)
{
    for (size_t i = 0; i < COUNT(vectors); i++) {
        AUTO(buf_freep) struct buf *file = vector(vectors[i].file);
        AUTO(buf_freep) struct buf *opened = buf_new(1000);
        AUTO(buf_freep) struct buf *plain = buf_new(1);
        AUTO(key_freep) struct key *first = vector_key(vectors[i].keys[0]);
        AUTO(key_freep) struct key *second = vectors[i].keys[1] ? vector_key(vectors[i].keys[1]) : NULL;
        const struct key *keys[] = { first, second };
        struct fail f = { 0 };
        if (vectors[i].plain && *vectors[i].plain) {
            buf_freep(&plain);
            plain = vector(vectors[i].plain);
        }
        enum err e = sample_open(bytes_of(file), keys, second ? 2 : 1, opened, &f);
        ok(e == vectors[i].want && bytes_equal(bytes_of(opened), bytes_of(plain)), "%s by %s: %s",
           vectors[i].file, vectors[i].keys[0], f.what);
        ok(e == OK || f.reason == REASON_TAMPERED, "and the reason is the same for every refusal");
    }
}

static void test_kao_row(const json_t *row)
{
    const char *name = json_string_value(json_object_get(row, "name"));
    const char *policy = json_string_value(json_object_get(row, "policy"));
    AUTO(key_freep) struct key *key = vector_key(json_string_value(json_object_get(row, "key")));
    AUTO(tdf_kao_clear) struct tdf_kao k = { 0 };
    uint8_t want[TDF_KEY_LEN], got[TDF_KEY_LEN] = { 0 };
    struct fail f = { 0 };
    if (!hex_read(bytes_str(json_string_value(json_object_get(row, "share"))), want, sizeof want))
        BUG("vector row");
    ok(tdf_kao_read(json_object_get(row, "kao"), &k, &f) == OK &&
           tdf_unwrap(&k, policy, key, got, &f) == OK && memcmp(got, want, sizeof want) == 0,
       "%s: %s", name, f.what);
    AUTO(buf_freep) struct buf *metadata = buf_new_secret(1000);
    ok(tdf_open_metadata(&k, want, metadata, &f) == OK, "%s: metadata: %s", name, f.what);
    is_str(buf_text(metadata), "{\"salt\":\"AAECAwQ=\"}", name);
    want[0] ^= 1;
    ok(tdf_open_metadata(&k, want, metadata, NULL) == E_UNVERIFIED, "%s: metadata with another key", name);
    ok(tdf_check_binding(&k, policy, want, NULL) == E_UNVERIFIED, "%s: binding with another key", name);
    size_t taken = 0;
    for (size_t i = 0; i < strlen(policy); i++) {
        AUTO(str_freep) char *other = str_dup(policy);
        other[i] ^= 1;
        taken += tdf_unwrap(&k, other, key, got, NULL) == OK;
        i += 20;
    }
    ok(taken == 0, "%s: no other policy", name);
    struct fail wrong_policy = { 0 }, wrong_key = { 0 };
    AUTO(key_freep) struct key *other = vector_key("other-ec.pem");
    ok(tdf_unwrap(&k, "e30=", key, got, &wrong_policy) == E_UNVERIFIED &&
           tdf_unwrap(&k, policy, other, got, &wrong_key) == E_UNVERIFIED &&
           strcmp(wrong_policy.what, wrong_key.what) == 0 && wrong_policy.reason == wrong_key.reason,
       "%s: another policy and another key read the same", name);
}

static void test_kaos(void)
{
    AUTO(buf_freep) struct buf *text = vector("kao.json");
    AUTO(json_freep) json_t *list = NULL;
    size_t i;
    json_t *row;
    if (!ok(json_read(bytes_of(text), 1 << 16, "vectors", &list, NULL) == OK, "vectors"))
        return;
    json_array_foreach (list, i, row) {
        test_kao_row(row);
    }
}

/* Every character of a wrapped key, and every bit of a binding, counts. */
static void test_kao_changes(void)
{
    AUTO(key_freep) struct key *key = vector_key("kas-ec.pem");
    AUTO(tdf_manifest_freep) struct tdf_manifest *m = tdf_manifest_new();
    const struct tdf_recipient to = { key, "https://kas.example/kas", NULL, NULL, NULL };
    uint8_t share[TDF_KEY_LEN] = { 1, 2, 3 }, got[TDF_KEY_LEN];
    m->policy = str_dup("e30=");
    if (!ok(tdf_wrap(m, share, &to, NULL) == OK && tdf_unwrap(&m->kaos[0], "e30=", key, got, NULL) == OK &&
                memcmp(got, share, sizeof got) == 0,
            "wrapped and unwrapped"))
        return;
    char *texts[] = { m->kaos[0].wrapped_key, m->kaos[0].binding };
    for (size_t t = 0; t < COUNT(texts); t++) {
        size_t taken = 0;
        for (size_t i = 0; texts[t][i]; i++) {
            char was = texts[t][i];
            texts[t][i] = was == 'A' ? 'B' : 'A';
            taken += tdf_unwrap(&m->kaos[0], "e30=", key, got, NULL) != E_UNVERIFIED;
            texts[t][i] = was;
        }
        ok(taken == 0, "%s: every character counts", t ? "binding" : "wrapped key");
    }
}

/* Parts kept apart and joined again give what one step gives. */
static void test_parts(void)
{
    AUTO(key_freep) struct key *kas = vector_key("kas-ec.pem");
    AUTO(buf_freep) struct buf *plain = sample_plain(300);
    AUTO(buf_freep) struct buf *payload = buf_new(1000);
    AUTO(buf_freep) struct buf *manifest = buf_new(1 << 16);
    AUTO(buf_freep) struct buf *whole = buf_new(1 << 16);
    AUTO(buf_freep) struct buf *opened = buf_new(1000);
    AUTO(tdf_manifest_freep) struct tdf_manifest *m = tdf_manifest_new();
    struct bytes p = bytes_of(plain);
    struct source in = source_bytes(&p);
    struct buf_sink to_payload, to_whole;
    struct sink payload_out = sink_buf(&to_payload, payload), whole_out = sink_buf(&to_whole, whole);
    uint8_t key[TDF_KEY_LEN];
    struct fail f = { 0 };
    random_bytes(key, sizeof key);
    m->policy = str_dup("e30=");
    const struct tdf_recipient to = { kas, "https://kas.example/kas", "e1", NULL, NULL };
    payload_out.patch = whole_out.patch = NULL;
    ok(tdf_seal_payload(&in, key, 100, &payload_out, m, &f) == OK && tdf_wrap(m, key, &to, &f) == OK &&
           tdf_manifest_write(m, manifest, &f) == OK,
       "sealed in parts: %s", f.what);
    struct bytes sealed = bytes_of(payload);
    struct source kept = source_bytes(&sealed);
    const struct key *keys[] = { kas };
    ok(tdf_assemble(bytes_of(manifest), &kept, &whole_out, &f) == OK &&
           sample_open(bytes_of(whole), keys, 1, opened, &f) == OK &&
           bytes_equal(bytes_of(opened), bytes_of(plain)),
       "assembled and opened: %s", f.what);
    struct tdf_joined j;
    if (!ok(tdf_joined_init(&j, bytes_of(manifest), &kept, &f) == OK, "joined: %s", f.what))
        return;
    struct source joined = tdf_joined_source(&j);
    size_t wrong = joined.size != whole->len;
    for (size_t at = 0; at < whole->len && !wrong; at++) {
        uint8_t piece[50];
        size_t n = whole->len - at < sizeof piece ? whole->len - at : sizeof piece;
        wrong += source_read(&joined, at, piece, n, NULL) != OK || memcmp(piece, whole->data + at, n) != 0;
    }
    ok(wrong == 0, "read at every place, the same bytes");
    tdf_joined_clear(&j);
}

static void test_splits(void)
{
    AUTO(buf_freep) struct buf *file = vector("split-430.tdf");
    AUTO(tdf_container_freep) struct tdf_container *c = NULL;
    struct bytes v = bytes_of(file);
    struct source in = source_bytes(&v);
    AUTO(key_freep) struct key *kas_ec = vector_key("kas-ec.pem");
    AUTO(key_freep) struct key *kas_rsa = vector_key("kas-rsa.pem");
    struct fail f = { 0 };
    if (!ok(tdf_container_read(&in, TDF_MANIFEST_FOREIGN, &c, &f) == OK, "read: %s", f.what))
        return;
    const struct tdf_manifest *m = c->manifest;
    struct tdf_share shares[3] = { { .kao = 0 }, { .kao = 1 }, { .kao = 2 } };
    uint8_t key[TDF_KEY_LEN], again[TDF_KEY_LEN];
    const struct key *keys[] = { kas_ec, kas_rsa, kas_ec };
    for (size_t i = 0; i < 3; i++)
        ok(tdf_unwrap(&m->kaos[i], m->policy, keys[i], shares[i].share, &f) == OK, "share %zu: %s", i,
           f.what);
    ok(tdf_combine(m, shares, 2, key, &f) == OK, "one share a split: %s", f.what);
    ok(tdf_combine(m, shares, 3, again, &f) == OK && memcmp(key, again, sizeof key) == 0,
       "a second share of one split changes nothing");
    ok(tdf_combine(m, shares, 1, key, &f) == E_NOT_RELEASED, "a split without a share: %s", f.what);
    shares[0].share[31] ^= 1;
    ok(tdf_combine(m, shares, 2, key, NULL) == E_UNVERIFIED, "an altered share");
    shares[0].share[31] ^= 1;
    shares[1].kao = 0;
    ok(tdf_combine(m, shares, 2, key, NULL) == E_UNVERIFIED, "a share of another split");
    again[0] ^= 1;
    struct source payload = source_window(&c->payload);
    AUTO(buf_freep) struct buf *none = buf_new(1000);
    struct buf_sink where;
    struct sink out = sink_buf(&where, none);
    ok(tdf_open(m, again, &payload, &out, NULL) == E_UNVERIFIED && none->len == 0, "another data key");
}

/* A source and a sink that fail at the nth call. */
struct faulty {
    struct source in;
    struct sink out;
    size_t calls, fail_at;
};

static enum err faulty_read(void *ctx, uint64_t off, void *out, size_t len, struct fail *f)
{
    struct faulty *x = ctx;
    if (x->calls++ == x->fail_at)
        return fail_set(f, E_IO, "the disk is gone");
    return x->in.read_at(x->in.ctx, off, out, len, f);
}

static enum err faulty_write(void *ctx, const void *p, size_t len, struct fail *f)
{
    struct faulty *x = ctx;
    if (x->calls++ == x->fail_at)
        return fail_set(f, E_IO, "the disk is full");
    return x->out.write(x->out.ctx, p, len, f);
}

static enum err faulty_patch(void *ctx, uint64_t off, const void *p, size_t len, struct fail *f)
{
    struct faulty *x = ctx;
    if (x->calls++ == x->fail_at)
        return fail_set(f, E_IO, "the disk is full");
    return x->out.patch(x->out.ctx, off, p, len, f);
}

static enum err faulty_round(struct bytes plain, const struct key *kas, struct faulty *x, struct fail *f)
{
    AUTO(buf_freep) struct buf *sealed = buf_new(1 << 16);
    AUTO(buf_freep) struct buf *opened = buf_new(1 << 16);
    AUTO(tdf_container_freep) struct tdf_container *c = NULL;
    struct buf_sink to_sealed, to_opened;
    const struct tdf_recipient to = { kas, "https://kas.example/kas", NULL, NULL, NULL };
    const struct tdf_spec spec = { &sample_policy, NULL, 100, &to, 1 };
    struct source in = { faulty_read, x, plain.len };
    struct sink out = { faulty_write, faulty_patch, x };
    uint8_t key[TDF_KEY_LEN];
    x->in = source_bytes(&plain);
    x->out = sink_buf(&to_sealed, sealed);
    TRY(tdf_seal(&in, &spec, &out, NULL, f));
    struct bytes v = bytes_of(sealed);
    x->in = source_bytes(&v);
    x->out = sink_buf(&to_opened, opened);
    in.size = v.len;
    TRY(tdf_container_read(&in, TDF_MANIFEST_OWN, &c, f));
    TRY(tdf_data_key(c->manifest, &kas, 1, key, f));
    struct source payload = source_window(&c->payload);
    return tdf_open(c->manifest, key, &payload, &out, f);
}

static void test_faults(void)
{
    AUTO(key_freep) struct key *kas = vector_key("kas-ec.pem");
    AUTO(buf_freep) struct buf *plain = sample_plain(250);
    size_t n = 0, wrong = 0;
    for (;; n++) {
        struct faulty x = { .fail_at = n };
        struct fail f = { 0 };
        enum err e = faulty_round(bytes_of(plain), kas, &x, &f);
        if (x.calls <= n)
            break;
        wrong += e != E_IO || strncmp(f.what, "the disk", 8) != 0;
    }
    ok(n > 20 && wrong == 0, "each of %zu reads and writes may fail, and says so", n);
}

static void test_descriptors(void)
{
    AUTO(key_freep) struct key *kas = vector_key("kas-ec.pem");
    AUTO(buf_freep) struct buf *plain = sample_plain(3 << 20);
    AUTO(buf_freep) struct buf *opened = buf_new(4 << 20);
    FILE *file = tmpfile();
    struct fail f = { 0 };
    if (!ok(file != NULL, "a temporary file"))
        return;
    int fd = fileno(file);
    const struct tdf_recipient to = { kas, "https://kas.example/kas", NULL, NULL, NULL };
    const struct tdf_spec spec = { &sample_policy, NULL, 0, &to, 1 };
    struct bytes v = bytes_of(plain);
    struct source in = source_bytes(&v);
    struct sink out = sink_fd(fd, true);
    AUTO(tdf_manifest_freep) struct tdf_manifest *m = NULL;
    ok(tdf_seal(&in, &spec, &out, &m, &f) == OK && m->segment_count == 3, "sealed to a file: %s", f.what);
    off_t size = lseek(fd, 0, SEEK_END);
    struct source sealed = source_fd(fd, (uint64_t)size);
    struct buf_sink where;
    struct sink plain_out = sink_buf(&where, opened);
    AUTO(tdf_container_freep) struct tdf_container *c = NULL;
    uint8_t key[TDF_KEY_LEN];
    const struct key *keys[] = { kas };
    ok(tdf_container_read(&sealed, TDF_MANIFEST_OWN, &c, &f) == OK &&
           tdf_data_key(c->manifest, keys, 1, key, &f) == OK,
       "read from a file: %s", f.what);
    struct source payload = source_window(&c->payload);
    ok(tdf_open(c->manifest, key, &payload, &plain_out, &f) == OK &&
           bytes_equal(bytes_of(opened), bytes_of(plain)),
       "and opened: %s", f.what);
    if (ftruncate(fd, 1 << 20) != 0)
        BUG("ftruncate");
    ok(tdf_open(c->manifest, key, &payload, &plain_out, &f) == E_IO, "a file that became shorter: %s",
       f.what);
    struct sink pipe_out = sink_fd(fd, false);
    ok(tdf_seal(&in, &spec, &pipe_out, NULL, NULL) == E_INTERNAL, "a sink that can't be patched");
    fclose(file);
}

static void test_texts(void)
{
    AUTO(key_freep) struct key *kas = vector_key("kas-ec.pem");
    AUTO(mem_freep) char *long_text = mem_array(TDF_URL_MAX + 2, 1);
    memset(long_text, 'a', TDF_URL_MAX + 1);
    char *bad[] = { (char[]){ "caf\xe9" } };
    const struct tdf_policy bad_policy = { .uuid = (char[]){ "u" }, .attributes = bad, .attribute_count = 1 };
    const struct {
        const char *name, *url, *kid, *mime;
        const struct tdf_policy *policy;
        enum err want;
    } rows[] = {
        { "all is text", "https://kas.example/kas", "e1", "text/plain", &sample_policy, OK },
        { "the URL is not", "\xff", "e1", NULL, &sample_policy, E_INVALID },
        { "the key id is not", "u", "\xc0\x80", NULL, &sample_policy, E_INVALID },
        { "the media type is not", "u", NULL, "\xed\xa0\x80", &sample_policy, E_INVALID },
        { "an attribute is not", "u", NULL, NULL, &bad_policy, E_INVALID },
        { "the URL is too long", long_text, NULL, NULL, &sample_policy, E_TOO_LARGE },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        AUTO(buf_freep) struct buf *b = buf_new(1 << 16);
        struct buf_sink to;
        struct sink out = sink_buf(&to, b);
        struct bytes v = bytes_str("x");
        struct source in = source_bytes(&v);
        const struct tdf_recipient recipient = { kas, rows[i].url, rows[i].kid, NULL, NULL };
        const struct tdf_spec spec = { rows[i].policy, rows[i].mime, 0, &recipient, 1 };
        struct fail f = { 0 };
        ok(tdf_seal(&in, &spec, &out, NULL, &f) == rows[i].want, "%s: %s", rows[i].name, f.what);
    }
}

/* The largest payload still has a manifest that another node takes. */
static void test_largest(void)
{
    AUTO(tdf_manifest_freep) struct tdf_manifest *m = tdf_manifest_new();
    AUTO(tdf_manifest_freep) struct tdf_manifest *again = NULL;
    AUTO(key_freep) struct key *kas = vector_key("kas-ec.pem");
    AUTO(buf_freep) struct buf *text = buf_new(TDF_MANIFEST_OWN);
    uint8_t share[TDF_KEY_LEN] = { 1 };
    const struct tdf_recipient to = { kas, "https://kas.example/kas", "e1", NULL, "{}" };
    struct fail f = { 0 };
    m->policy = str_dup("e30=");
    m->segment_size = tdf_segment_fitting(TDF_PAYLOAD_MAX);
    m->segment_count = TDF_PAYLOAD_MAX / m->segment_size;
    m->segment_hash = TDF_HASH_GMAC;
    m->segments = mem_array(m->segment_count, sizeof *m->segments);
    for (size_t i = 0; i < m->segment_count; i++)
        m->segments[i] = (struct tdf_segment){ .size = m->segment_size, .sealed = m->segment_size + 28 };
    bool good = tdf_wrap(m, share, &to, &f) == OK && tdf_manifest_write(m, text, &f) == OK &&
                tdf_manifest_read(bytes_of(text), TDF_MANIFEST_OWN, &again, &f) == OK &&
                tdf_manifest_size(again) == TDF_PAYLOAD_MAX;
    ok(good, "64 GiB: a manifest of %zu bytes: %s", text->len, f.what);
}

int main(void)
{
    struct fail f = { 0 };
    if (!ok(crypto_start(&f) == OK, "crypto: %s", f.what))
        return tap_done();
    test_sizes();
    test_vectors();
    test_kaos();
    test_kao_changes();
    test_parts();
    test_splits();
    test_faults();
    test_descriptors();
    test_texts();
    test_largest();
    return tap_done();
}
