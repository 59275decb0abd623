/* SPDX-License-Identifier: Apache-2.0 - stored-only ZIP: what is written is read, what is off is refused */
#include <stdlib.h>

#include "base/mem.h"
#include "tap.h"
#include "tdf/zip.h"

static bool any_name(const char *name)
{
    return strstr(name, "..") == NULL && name[0] != '/';
}

static const struct zip_rules strict = { .max_entries = 1024, .max_total = 1 << 20, .name_ok = any_name };
static const struct zip_rules foreign = {
    .foreign = true, .max_entries = 1024, .max_total = 1 << 20, .name_ok = any_name
};

/* Three entries "a", "bb", "ccc" of 0, 5 and 300 bytes. */
static struct buf *sample(void)
{
    struct buf *b = buf_new(1 << 20);
    struct buf_sink to;
    struct sink out = sink_buf(&to, b);
    AUTO(zip_writer_freep) struct zip_writer *w = zip_writer_new(&out);
    uint8_t body[300];
    memset(body, 'x', sizeof body);
    struct bytes v = BYTES(body, sizeof body);
    struct source in = source_bytes(&v);
    bool good = zip_write_bytes(w, "a", BYTES(NULL, 0), NULL) == OK &&
                zip_write_bytes(w, "bb", bytes_str("hello"), NULL) == OK &&
                zip_write_source(w, "ccc", &in, NULL) == OK && zip_write_finish(w, NULL) == OK;
    ok(good, "a sample of %zu bytes is written", b->len);
    return b;
}

/* Offsets in the sample; each name is one letter longer than the one before. */
enum {
    LOCAL_B = 31,
    LOCAL_C = LOCAL_B + 32 + 5,
    CENTRAL_A = LOCAL_C + 33 + 300,
    CENTRAL_B = CENTRAL_A + 47,
    CENTRAL_C = CENTRAL_B + 48,
    END = CENTRAL_C + 49,
    SIZE = END + 22
};

static enum err read_bytes(struct bytes v, const struct zip_rules *rules, struct zip **z, struct fail *f)
{
    /* In memory of its own size, so that the sanitizer sees a read past the end. */
    AUTO(mem_freep) uint8_t *copy = malloc(v.len ? v.len : 1);
    if (v.len)
        memcpy(copy, v.data, v.len);
    struct bytes exact = BYTES(copy, v.len);
    struct source in = source_bytes(&exact);
    AUTO(zip_freep) struct zip *own = NULL;
    enum err e = zip_read(&in, rules, &own, f);
    AUTO(buf_freep) struct buf *content = buf_new(1 << 20);
    for (size_t i = 0; e == OK && i < zip_count(own); i++)
        e = zip_get(own, zip_at(own, i), 1 << 20, content, f);
    (void)z;
    return e;
}

static void test_round_trip(const struct buf *b)
{
    struct fail f = { 0 };
    struct bytes v = bytes_of(b);
    struct source in = source_bytes(&v);
    AUTO(zip_freep) struct zip *z = NULL;
    AUTO(buf_freep) struct buf *got = buf_new(1000);
    ok(b->len == SIZE, "the sample is as long as its records: %zu", b->len);
    if (!ok(zip_read(&in, &strict, &z, &f) == OK, "strictly read: %s", f.what))
        return;
    ok(zip_count(z) == 3 && strcmp(zip_at(z, 2)->name, "ccc") == 0 && !zip_at(z, 3), "in order");
    ok(zip_find(z, "bb") && !zip_find(z, "b"), "found by name");
    ok(zip_get(z, zip_find(z, "bb"), 5, got, &f) == OK && bytes_equal(bytes_of(got), bytes_str("hello")),
       "content");
    ok(zip_get(z, zip_find(z, "ccc"), 299, got, &f) == E_UNVERIFIED && got->len == 5,
       "content over the maximum: %s", f.what);
    struct window w;
    struct source part = zip_window(z, zip_find(z, "bb"), &w);
    char text[6] = { 0 };
    ok(part.size == 5 && source_read(&part, 1, text, 4, NULL) == OK && strcmp(text, "ello") == 0, "a window");
    ok(source_read(&part, 1, text, 5, NULL) == E_UNVERIFIED, "and its end");
    ok(read_bytes(v, &foreign, NULL, NULL) == OK, "read by the tolerant reader");
}

/* A byte set to another value, and whether each reader minds. */
static const struct {
    const char *name;
    size_t at;
    uint8_t value;
    bool strictly, tolerantly;
} changes[] = {
    { "encrypted, said by the directory", CENTRAL_B + 8, 1, false, false },
    { "encrypted, said by the local header", LOCAL_B + 6, 1, false, false },
    { "strongly encrypted", CENTRAL_B + 8, 0x40, false, false },
    { "deflated, said by the directory", CENTRAL_B + 10, 8, false, false },
    { "deflated, said by the local header", LOCAL_B + 8, 8, false, false },
    { "another name in the local header", LOCAL_B + 30, 'c', false, false },
    { "another name in the directory", CENTRAL_B + 46, 'c', false, false },
    { "longer name in the local header", LOCAL_B + 26, 3, false, false },
    { "another size in the local header", LOCAL_B + 22, 6, false, false },
    { "another packed size in the local header", LOCAL_B + 18, 6, false, false },
    { "another size in the directory", CENTRAL_B + 24, 6, false, false },
    { "a larger size in the directory", CENTRAL_B + 27, 0x7f, false, false },
    { "another checksum in the local header", LOCAL_B + 14, 0, false, false },
    { "another checksum in the directory", CENTRAL_B + 16, 0, false, false },
    { "changed content", LOCAL_B + 32, 'H', false, false },
    { "descriptor flag in the directory alone", CENTRAL_B + 8, 8, false, true },
    { "descriptor flag in the local header alone", LOCAL_B + 6, 8, false, true },
    { "no UTF-8 flag in the local header", LOCAL_B + 7, 0, false, true },
    { "another time in the local header", LOCAL_B + 10, 9, false, true },
    { "another time in the directory", CENTRAL_B + 12, 9, false, true },
    { "another version in the local header", LOCAL_B + 4, 10, false, true },
    { "version 20 by Unix in the directory", CENTRAL_B + 5, 3, true, true },
    { "needs version 51", CENTRAL_B + 6, 51, false, false },
    { "attributes", CENTRAL_B + 40, 0x80, true, true },
    { "a comment on an entry", CENTRAL_B + 32, 1, false, false },
    { "an entry on another disk", CENTRAL_B + 34, 1, false, false },
    { "a directory entry that overlaps", CENTRAL_B + 42, LOCAL_B - 1, false, false },
    { "an entry at the place of another", CENTRAL_B + 42, 0, false, false },
    { "the first entry not at the start", CENTRAL_A + 42, 1, false, false },
    { "an extra field that isn't there", CENTRAL_B + 30, 4, false, false },
    { "an extra field over the content", LOCAL_B + 28, 4, false, false },
    { "two entries said, three there", END + 10, 2, false, false },
    { "four entries said, three there", END + 10, 4, false, false },
    { "no entry said", END + 10, 0, false, false },
    { "another count on this disk", END + 8, 2, false, false },
    { "several disks", END + 4, 1, false, false },
    { "the directory on another disk", END + 6, 1, false, false },
    { "a comment announced", END + 20, 1, false, false },
    { "a directory too short", END + 12, 47 + 48 + 48, false, false },
    { "a directory too far", END + 16, 1, false, false },
    { "no end record", END, 'Q', false, false },
    { "no directory record", CENTRAL_B, 'Q', false, false },
    { "no local header", LOCAL_B, 'Q', false, false },
};

static void test_changes(const struct buf *b)
{
    for (size_t i = 0; i < COUNT(changes); i++) {
        AUTO(mem_freep) uint8_t *copy = mem_dup(b->data, b->len);
        struct fail f = { 0 }, g = { 0 };
        bool differs = copy[changes[i].at] != changes[i].value;
        copy[changes[i].at] = changes[i].value;
        enum err e = read_bytes(BYTES(copy, b->len), &strict, NULL, &f);
        ok(differs && (e == OK) == changes[i].strictly && (e == OK || e == E_UNVERIFIED), "%s, strictly: %s",
           changes[i].name, f.what);
        e = read_bytes(BYTES(copy, b->len), &foreign, NULL, &g);
        ok((e == OK) == changes[i].tolerantly && (e == OK || e == E_UNVERIFIED), "%s, tolerantly: %s",
           changes[i].name, g.what);
    }
}

static void test_lengths(const struct buf *b)
{
    size_t taken = 0;
    for (size_t n = 0; n < b->len; n++)
        for (size_t i = 0; i < 2; i++)
            taken += read_bytes(BYTES(b->data, n), i ? &strict : &foreign, NULL, NULL) != E_UNVERIFIED;
    ok(taken == 0, "cut at every length: refused");
    AUTO(buf_freep) struct buf *longer = buf_new(1 << 20);
    buf_put_bytes(longer, bytes_of(b));
    buf_put_u8(longer, 0);
    ok(read_bytes(bytes_of(longer), &foreign, NULL, NULL) == E_UNVERIFIED, "a byte after the end");
    buf_reset(longer);
    buf_put_u8(longer, 'P');
    buf_put_bytes(longer, bytes_of(b));
    ok(read_bytes(bytes_of(longer), &foreign, NULL, NULL) == E_UNVERIFIED, "a byte before the start");
    buf_reset(longer);
    buf_put(longer, b->data, END);
    buf_put_u8(longer, 0);
    buf_put(longer, b->data + END, 22);
    ok(read_bytes(bytes_of(longer), &foreign, NULL, NULL) == E_UNVERIFIED, "a byte before the end record");
    buf_reset(longer);
    buf_put_bytes(longer, bytes_of(b));
    longer->data[END + 20] = 2;
    buf_put_str(longer, "hi");
    ok(read_bytes(bytes_of(longer), &foreign, NULL, NULL) == E_UNVERIFIED, "a comment");
    buf_reset(longer);
    buf_put(longer, b->data, LOCAL_C);
    buf_put_u8(longer, 0);
    buf_put(longer, b->data + LOCAL_C, b->len - LOCAL_C);
    longer->data[CENTRAL_C + 1 + 42]++;
    longer->data[END + 1 + 16]++;
    ok(read_bytes(bytes_of(longer), &strict, NULL, NULL) == E_UNVERIFIED, "a gap, strictly");
    ok(read_bytes(bytes_of(longer), &foreign, NULL, NULL) == E_UNVERIFIED, "a gap no descriptor explains");
    longer->data[LOCAL_B + 6] = 8;
    ok(read_bytes(bytes_of(longer), &strict, NULL, NULL) == E_UNVERIFIED, "a descriptor, strictly");
    ok(read_bytes(bytes_of(longer), &foreign, NULL, NULL) == OK, "a descriptor, tolerantly");
}

/* ${count} empty entries with names of their own. */
static struct buf *many(size_t count)
{
    struct buf *b = buf_new(1 << 20);
    struct buf_sink to;
    struct sink out = sink_buf(&to, b);
    AUTO(zip_writer_freep) struct zip_writer *w = zip_writer_new(&out);
    bool good = true;
    for (size_t i = 0; i < count; i++) {
        char name[24];
        snprintf(name, sizeof name, "n%zu", i);
        good = good && zip_write_bytes(w, name, BYTES(NULL, 0), NULL) == OK;
    }
    if (!good || zip_write_finish(w, NULL) != OK)
        BUG("sample");
    return b;
}

static void test_bounds(void)
{
    struct fail f = { 0 };
    AUTO(buf_freep) struct buf *most = many(1024);
    AUTO(buf_freep) struct buf *over = many(1025);
    ok(read_bytes(bytes_of(most), &strict, NULL, NULL) == OK, "1024 entries");
    ok(read_bytes(bytes_of(over), &strict, NULL, &f) == E_UNVERIFIED, "1025 entries: %s", f.what);

    AUTO(buf_freep) struct buf *b = buf_new(1 << 22);
    struct buf_sink to;
    struct sink out = sink_buf(&to, b);
    AUTO(zip_writer_freep) struct zip_writer *w = zip_writer_new(&out);
    AUTO(mem_freep) uint8_t *half = mem_array((1 << 19) + 1, 1);
    f = (struct fail){ 0 };
    ok(zip_write_bytes(w, "a", BYTES(half, 1 << 19), NULL) == OK &&
           zip_write_bytes(w, "b", BYTES(half, (1 << 19) + 1), NULL) == OK &&
           zip_write_finish(w, NULL) == OK && read_bytes(bytes_of(b), &strict, NULL, &f) == E_UNVERIFIED,
       "more than the sum allows: %s", f.what);

    static const char *const names[][2] = { { "../x", "a" }, { "a", "/etc/passwd" }, { "a", "a" } };
    for (size_t i = 0; i < COUNT(names); i++) {
        AUTO(buf_freep) struct buf *bad = buf_new(1 << 20);
        struct buf_sink bad_to;
        struct sink bad_out = sink_buf(&bad_to, bad);
        AUTO(zip_writer_freep) struct zip_writer *x = zip_writer_new(&bad_out);
        f = (struct fail){ 0 };
        ok(zip_write_bytes(x, names[i][0], bytes_str("1"), NULL) == OK &&
               zip_write_bytes(x, names[i][1], bytes_str("1"), NULL) == OK &&
               zip_write_finish(x, NULL) == OK &&
               read_bytes(bytes_of(bad), &strict, NULL, &f) == E_UNVERIFIED &&
               read_bytes(bytes_of(bad), &foreign, NULL, NULL) == E_UNVERIFIED,
           "names '%s' and '%s': %s", names[i][0], names[i][1], f.what);
    }
}

/* A disk on which only what was written exists: the rest is zero. For archives larger than memory. */
struct sparse {
    struct buf *head, *tail;
    uint64_t gap_at, gap, at;
};

static enum err sparse_write(void *ctx, const void *p, size_t len, struct fail *f)
{
    struct sparse *s = ctx;
    (void)f;
    if (s->at < s->gap_at)
        buf_put(s->head, p, len);
    else if (s->at >= s->gap_at + s->gap)
        buf_put(s->tail, p, len);
    s->at += len;
    return OK;
}

static enum err sparse_read(void *ctx, uint64_t off, void *out, size_t len, struct fail *f)
{
    struct sparse *s = ctx;
    (void)f;
    memset(out, 0, len);
    if (off < s->gap_at && off + len <= s->gap_at)
        memcpy(out, s->head->data + off, len);
    else if (off >= s->gap_at + s->gap)
        memcpy(out, s->tail->data + (off - s->gap_at - s->gap), len);
    return OK;
}

static void test_zip64(uint64_t size, bool wide)
{
    static const struct zip_rules large = { .max_entries = 3,
                                            .max_total = (uint64_t)64 << 30,
                                            .name_ok = any_name };
    AUTO(buf_freep) struct buf *head = buf_new(1000);
    AUTO(buf_freep) struct buf *tail = buf_new(1000);
    struct sparse s = { head, tail, 31 + (wide ? 20 : 0), size, 0 };
    struct sink out = { sparse_write, NULL, &s };
    AUTO(zip_writer_freep) struct zip_writer *w = zip_writer_new(&out);
    AUTO(zip_freep) struct zip *z = NULL;
    AUTO(buf_freep) struct buf *got = buf_new(10);
    uint32_t crc = 0x12345678;
    struct fail f = { 0 };
    bool good = zip_write_begin(w, "a", size, &crc, &f) == OK && zip_write_data(w, NULL, size, &f) == OK &&
                zip_write_end(w, &f) == OK && zip_write_bytes(w, "bb", bytes_str("hello"), &f) == OK &&
                zip_write_finish(w, &f) == OK;
    struct source in = { sparse_read, &s, s.at };
    good = good && zip_read(&in, &large, &z, &f) == OK && zip_find(z, "a")->size == size &&
           zip_get(z, zip_find(z, "bb"), 10, got, &f) == OK && bytes_equal(bytes_of(got), bytes_str("hello"));
    ok(good, "an entry of %llu bytes: %s", (unsigned long long)size, f.what);
    ok((memcmp(head->data + 18, "\xff\xff\xff\xff", 4) == 0) == wide, "ZIP64 only where needed");
    if (wide && z) {
        head->data[LOCAL_B + 4]++; /* the first byte of the ZIP64 field's first size */
        AUTO(zip_freep) struct zip *other = NULL;
        ok(zip_read(&in, &large, &other, NULL) == E_UNVERIFIED, "another size in the ZIP64 field");
    }
}

static void test_writer(void)
{
    AUTO(buf_freep) struct buf *patched = buf_new(1000);
    AUTO(buf_freep) struct buf *passed = buf_new(1000);
    struct bytes v = bytes_str("some text");
    struct source in = source_bytes(&v);
    for (size_t i = 0; i < 2; i++) {
        struct buf_sink to;
        struct sink out = sink_buf(&to, i ? patched : passed);
        if (!i)
            out.patch = NULL;
        AUTO(zip_writer_freep) struct zip_writer *w = zip_writer_new(&out);
        ok(zip_write_source(w, "a", &in, NULL) == OK && zip_write_finish(w, NULL) == OK,
           "a source is written");
        struct fail f = { 0 };
        if (!i)
            ok(zip_write_begin(w, "b", 1, NULL, &f) == E_INTERNAL, "no patch, no checksum: %s", f.what);
    }
    ok(bytes_equal(bytes_of(patched), bytes_of(passed)), "the same bytes, patched or read twice");
}

int main(void)
{
    AUTO(buf_freep) struct buf *b = sample();
    test_round_trip(b);
    test_changes(b);
    test_lengths(b);
    test_bounds();
    test_zip64(0xFFFFFFFEu, false);
    test_zip64(0xFFFFFFFFu, true);
    test_zip64((uint64_t)5 << 30, true);
    test_writer();
    return tap_done();
}
