/* SPDX-License-Identifier: Apache-2.0 - packages: what is written is read, anything else is refused by name */
#include "tdf_sample.h"

#include "crypto/hash.h"
#include "tdf/package.h"
#include "tdf/zip.h"

#define A "11111111-1111-4111-8111-111111111111"
#define B "22222222-2222-4222-8222-222222222222"
#define C "33333333-3333-4333-8333-333333333333"

static void test_round_trip(void)
{
    AUTO(key_freep) struct key *kas = vector_key("kas-ec.pem");
    AUTO(buf_freep) struct buf *plain = sample_plain(100);
    AUTO(buf_freep) struct buf *sealed = sample_sealed(bytes_of(plain), 64, kas);
    AUTO(buf_freep) struct buf *b = buf_new(1 << 16);
    AUTO(package_writer_freep) struct package_writer *w = NULL;
    AUTO(package_freep) struct package *p = NULL;
    struct buf_sink to;
    struct sink out = sink_buf(&to, b);
    struct bytes tdf = bytes_of(sealed), clear = bytes_str("for everyone");
    struct source tdf_in = source_bytes(&tdf), clear_in = source_bytes(&clear);
    struct fail f = { 0 };
    ok(package_begin(&out, bytes_str("a.b.c"), &w, &f) == OK &&
           package_add(w, A, PACKAGE_SEALED, &tdf_in, &f) == OK &&
           package_add(w, B, PACKAGE_CLEAR, &clear_in, &f) == OK,
       "written: %s", f.what);
    ok(package_add(w, A, PACKAGE_CLEAR, &clear_in, NULL) == E_INVALID, "a portion given twice");
    ok(package_add(w, "A", PACKAGE_CLEAR, &clear_in, NULL) == E_INVALID, "an id that is none");
    ok(package_end(w, &f) == OK, "ended: %s", f.what);
    struct bytes v = bytes_of(b);
    struct source in = source_bytes(&v);
    if (!ok(package_read(&in, &p, &f) == OK, "read: %s", f.what))
        return;
    ok(bytes_equal(package_report(p), bytes_str("a.b.c")), "report.json");
    ok(package_count(p) == 2 && strcmp(package_at(p, 1)->uuid, B) == 0 && !package_at(p, 2), "in order");
    const struct package_portion *portion = package_find(p, A);
    ok(portion && portion->kind == PACKAGE_SEALED && !package_find(p, C), "found by id");
    ok(package_find(p, B) && package_find(p, B)->kind == PACKAGE_CLEAR, "a CLEAR portion");

    struct window bytes = portion->bytes;
    struct source inner = source_window(&bytes);
    AUTO(tdf_container_freep) struct tdf_container *c = NULL;
    AUTO(buf_freep) struct buf *opened = buf_new(1000);
    struct buf_sink where;
    struct sink plain_out = sink_buf(&where, opened);
    const struct key *keys[] = { kas };
    uint8_t key[TDF_KEY_LEN];
    ok(tdf_container_read(&inner, TDF_MANIFEST_OWN, &c, &f) == OK &&
           tdf_data_key(c->manifest, keys, 1, key, &f) == OK,
       "the portion is a container: %s", f.what);
    struct source payload = source_window(&c->payload);
    ok(tdf_open(c->manifest, key, &payload, &plain_out, &f) == OK &&
           bytes_equal(bytes_of(opened), bytes_of(plain)),
       "and opens where it lies: %s", f.what);

    size_t taken = 0;
    for (size_t n = 0; n < v.len; n++) {
        struct bytes cut = BYTES(v.data, n);
        struct source short_in = source_bytes(&cut);
        AUTO(package_freep) struct package *none = NULL;
        taken += package_read(&short_in, &none, NULL) != E_UNVERIFIED;
    }
    ok(taken == 0, "cut at every length: refused");
}

static const struct {
    const char *name, *entries[3];
    enum err want;
    const char *says;
} rows[] = {
    { "a report alone", { "report.json" }, OK, "" },
    { "a report and two portions", { "report.json", "portions/" A ".tdf", "portions/" B ".md" }, OK, "" },
    { "no report", { "portions/" A ".tdf" }, E_UNVERIFIED, "report.json" },
    { "a report that is not first", { "portions/" A ".tdf", "report.json" }, E_UNVERIFIED, "report.json" },
    { "two reports", { "report.json", "report.json" }, E_UNVERIFIED, "twice" },
    { "one portion in two forms",
      { "report.json", "portions/" A ".tdf", "portions/" A ".md" },
      E_UNVERIFIED,
      A },
    { "one portion twice", { "report.json", "portions/" A ".tdf", "portions/" A ".tdf" }, E_UNVERIFIED, A },
    { "something else", { "report.json", "readme.txt" }, E_UNVERIFIED, "readme.txt" },
    { "another folder", { "report.json", "portion/" A ".tdf" }, E_UNVERIFIED, "portion/" },
    { "no folder", { "report.json", A ".tdf" }, E_UNVERIFIED, A },
    { "a folder as an entry", { "report.json", "portions/" }, E_UNVERIFIED, "portions/" },
    { "an id in capitals",
      { "report.json", "portions/AAAAAAAA-1111-4111-8111-111111111111.tdf" },
      E_UNVERIFIED,
      "AAAA" },
    { "an ending in capitals", { "report.json", "portions/" A ".TDF" }, E_UNVERIFIED, ".TDF" },
    { "two endings", { "report.json", "portions/" A ".tdf.exe" }, E_UNVERIFIED, ".exe" },
    { "no ending", { "report.json", "portions/" A }, E_UNVERIFIED, A },
    { "out of the folder", { "report.json", "portions/../../etc/passwd" }, E_UNVERIFIED, "passwd" },
    { "a backslash", { "report.json", "portions\\" A ".tdf" }, E_UNVERIFIED, A },
    { "an absolute path", { "report.json", "/portions/" A ".tdf" }, E_UNVERIFIED, "/portions" },
    { "a name that moves the cursor", { "report.json", "\033[2J" }, E_UNVERIFIED, "?[2J" },
};

static void test_names(void)
{
    for (size_t i = 0; i < COUNT(rows); i++) {
        AUTO(buf_freep) struct buf *b = buf_new(1 << 16);
        struct buf_sink to;
        struct sink out = sink_buf(&to, b);
        AUTO(zip_writer_freep) struct zip_writer *w = zip_writer_new(&out);
        AUTO(package_freep) struct package *p = NULL;
        struct fail f = { 0 };
        bool written = true;
        for (size_t k = 0; k < 3 && rows[i].entries[k]; k++)
            written = written && zip_write_bytes(w, rows[i].entries[k], bytes_str("x"), NULL) == OK;
        written = written && zip_write_finish(w, NULL) == OK;
        struct bytes v = bytes_of(b);
        struct source in = source_bytes(&v);
        ok(written && package_read(&in, &p, &f) == rows[i].want && strstr(f.what, rows[i].says), "%s: %s",
           rows[i].name, f.what);
    }
}

/* A report and ${count} CLEAR portions. */
static enum err write_many(size_t count, struct buf *b, struct fail *f)
{
    struct buf_sink to;
    struct sink out = sink_buf(&to, b);
    AUTO(package_writer_freep) struct package_writer *w = NULL;
    struct bytes v = bytes_str("x");
    struct source in = source_bytes(&v);
    TRY(package_begin(&out, bytes_str("a.b.c"), &w, f));
    for (size_t i = 0; i < count; i++) {
        char uuid[48];
        snprintf(uuid, sizeof uuid, "%08zx-1111-4111-8111-111111111111", i);
        TRY(package_add(w, uuid, PACKAGE_CLEAR, &in, f));
    }
    return package_end(w, f);
}

static void test_bounds(void)
{
    AUTO(buf_freep) struct buf *b = buf_new(1 << 20);
    AUTO(buf_freep) struct buf *over = buf_new(1 << 20);
    AUTO(buf_freep) struct buf *large = buf_new(1 << 22);
    AUTO(package_freep) struct package *p = NULL;
    struct fail f = { 0 };
    ok(write_many(1023, b, &f) == OK, "1024 entries are written: %s", f.what);
    struct bytes v = bytes_of(b);
    struct source in = source_bytes(&v);
    ok(package_read(&in, &p, &f) == OK && package_count(p) == 1023, "and read: %s", f.what);
    ok(write_many(1024, over, &f) == E_TOO_LARGE, "1025 entries are not: %s", f.what);

    struct buf_sink to;
    struct sink out = sink_buf(&to, large);
    AUTO(package_writer_freep) struct package_writer *pw = NULL;
    AUTO(mem_freep) uint8_t *report = mem_array(PACKAGE_REPORT_MAX + 1, 1);
    ok(package_begin(&out, BYTES(report, PACKAGE_REPORT_MAX + 1), &pw, NULL) == E_TOO_LARGE,
       "a report over 1 MiB is not written");
    AUTO(zip_writer_freep) struct zip_writer *w = zip_writer_new(&out);
    ok(zip_write_bytes(w, "report.json", BYTES(report, PACKAGE_REPORT_MAX + 1), NULL) == OK &&
           zip_write_finish(w, NULL) == OK,
       "by hand it is");
    struct bytes lv = bytes_of(large);
    struct source lin = source_bytes(&lv);
    AUTO(package_freep) struct package *none = NULL;
    f = (struct fail){ 0 };
    ok(package_read(&lin, &none, &f) == E_UNVERIFIED, "but not read: %s", f.what);
}

int main(void)
{
    struct fail f = { 0 };
    if (!ok(crypto_start(&f) == OK, "crypto: %s", f.what))
        return tap_done();
    test_round_trip();
    test_names();
    test_bounds();
    return tap_done();
}
