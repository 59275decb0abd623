/* SPDX-License-Identifier: Apache-2.0 - padding of texts, their metadata, their commitment */
#include <string.h>

#include "base/mem.h"
#include "tap.h"
#include "tdf/portion.h"

/* Worked out by hand from the definition of Padme. */
static const struct {
    uint64_t size, padded;
} lengths[] = {
    { 0, 0 },
    { 1, 1 },
    { 2, 2 },
    { 9, 10 },
    { 15, 16 },
    { 17, 18 },
    { 100, 104 },
    { 104, 104 },
    { 105, 112 },
    { 1000, 1024 },
    { 1024, 1024 },
    { 1025, 1088 },
    { 4096, 4096 },
    { 1000000, 1015808 },
    { 1099511627776, 1099511627776 },
};

#define SALT "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

static const struct {
    const char *text;
    bool good;
    uint64_t size;
} metadata[] = {
    { "{\"salt\":\"" SALT "\"}", true, PORTION_WHOLE },
    { "{\"salt\":\"" SALT "\",\"size\":\"0000000000123\"}", true, 123 },
    { "{\"salt\":\"" SALT "\",\"size\":\"123\"}", false, 0 },
    { "{\"salt\":\"" SALT "\",\"size\":123}", false, 0 },
    { "{\"salt\":\"" SALT "\",\"size\":\"00000000000-1\"}", false, 0 },
    { "{\"salt\":\"" SALT "\",\"size\":\"00000000001234\"}", false, 0 },
    { "{\"salt\":\"AA\"}", false, 0 },
    { "{\"size\":\"0000000000123\"}", false, 0 },
    { "[]", false, 0 },
    { "", false, 0 },
};

static void check_lengths(void)
{
    size_t wrong = 0;
    for (size_t i = 0; i < COUNT(lengths); i++)
        ok(portion_padded(lengths[i].size) == lengths[i].padded, "%llu bytes are sealed as %llu, not %llu",
           (unsigned long long)lengths[i].size, (unsigned long long)lengths[i].padded,
           (unsigned long long)portion_padded(lengths[i].size));
    for (uint64_t n = 1; n < 200000; n++) {
        uint64_t p = portion_padded(n);
        wrong += p < n || p < portion_padded(n - 1) || portion_padded(p) != p || (p - n) * 100 > 12 * n;
    }
    ok(wrong == 0, "never shorter, never falling, the same again, at most 12 %% more");
    struct fail f = { 0 };
    ok(portion_check(1000, 1024, &f) == OK && portion_check(PORTION_WHOLE, 1000, &f) == OK,
       "what fits is taken");
    ok(portion_check(1000, 1025, &f) == E_UNVERIFIED && portion_check(1000, 1000, &f) == E_UNVERIFIED &&
           portion_check(1024, 1000, &f) == E_UNVERIFIED && f.reason == REASON_TAMPERED,
       "a size that is not the one padded to is refused");
}

static void check_metadata(void)
{
    for (size_t i = 0; i < COUNT(metadata); i++) {
        uint8_t salt[PORTION_SALT_LEN];
        uint64_t size = 7;
        struct fail f = { 0 };
        enum err e = portion_metadata_read(bytes_str(metadata[i].text), salt, &size, &f);
        ok(e == (metadata[i].good ? OK : E_UNVERIFIED) && (e != OK || size == metadata[i].size), "%s: %s",
           metadata[i].text, f.what);
    }
    uint8_t salt[PORTION_SALT_LEN] = { 0 };
    AUTO(str_freep) char *one = portion_metadata(salt, 1);
    AUTO(str_freep) char *many = portion_metadata(salt, 1000000000);
    ok(strlen(one) == strlen(many), "the size can't be counted from the length of the metadata");
}

static void check_source(void)
{
    char out[112];
    const char *text = "The group hides explosives in portable computers, and knows that the usual "
                       "screening misses them.\n123";
    struct bytes v = bytes_str(text);
    struct portion_padding p;
    struct source in = source_bytes(&v), padded = portion_source(&p, &in);
    struct fail f = { 0 };
    memset(out, 'x', sizeof out);
    ok(padded.size == portion_padded(v.len) && padded.size <= sizeof out &&
           source_read(&padded, 0, out, padded.size, &f) == OK && memcmp(out, text, v.len) == 0 &&
           portion_blank(BYTES(out + v.len, padded.size - v.len)),
       "the text, then spaces: %s", f.what);
    ok(source_read(&padded, v.len - 1, out, padded.size - v.len + 1, &f) == OK && out[0] == '3' &&
           (padded.size == v.len || out[1] == ' '),
       "in pieces, too");
    ok(!portion_blank(bytes_str("  \n")) && portion_blank(BYTES("", 0)), "only spaces are blank");
    uint8_t salt[PORTION_SALT_LEN] = { 1 }, once[HASH_LEN], pieces[HASH_LEN];
    AUTO(hash_stream_freep) struct hash_stream *hash = portion_commit_begin(salt);
    portion_commit(salt, v, once);
    hash_stream_add(hash, BYTES(v.data, 10));
    hash_stream_add(hash, BYTES(v.data + 10, v.len - 10));
    hash_stream_final(hash, pieces);
    ok(memcmp(once, pieces, HASH_LEN) == 0, "a commitment in pieces is the same");
}

int main(void)
{
    check_lengths();
    check_metadata();
    check_source();
    return tap_done();
}
