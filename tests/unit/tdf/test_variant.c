/* SPDX-License-Identifier: Apache-2.0 - wordings by holder: metadata, the code, the text with one of each */
#include <string.h>

#include "base/mem.h"
#include "tap.h"
#include "tdf/variant.h"

#define RAW "They {conceal|hide} it {in|under} {portable|small} computers{.|!}"

static const struct variants places = { { { 5, 7, 4 }, { 23, 2, 5 }, { 34, 8, 5 }, { 60, 1, 1 } }, 4 };

static const struct {
    const char *name, *text;
} refused[] = {
    { "no list", "{\"variants\":1}" },
    { "no triple", "{\"variants\":[[5,7]]}" },
    { "four numbers", "{\"variants\":[[5,7,4,1]]}" },
    { "a negative place", "{\"variants\":[[-5,7,4]]}" },
    { "an empty wording", "{\"variants\":[[5,0,4]]}" },
    { "a wording too long", "{\"variants\":[[5,7,1025]]}" },
    { "behind the text", "{\"variants\":[[60,7,4]]}" },
    { "overlapping", "{\"variants\":[[5,7,4],[18,2,5]]}" },
    { "out of order", "{\"variants\":[[23,2,5],[5,7,4]]}" },
    { "fractions", "{\"variants\":[[5,7,4.5]]}" },
};

static void check_metadata(void)
{
    struct variants got;
    struct fail f = { 0 };
    AUTO(str_freep) char *text = variants_metadata("{\"salt\":\"x\"}", &places);
    is_str(text, "{\"salt\":\"x\",\"variants\":[[5,7,4],[23,2,5],[34,8,5],[60,1,1]]}", "places in metadata");
    ok(variants_read(bytes_str(text), strlen(RAW), &got, &f) == OK && got.count == 4 &&
           memcmp(got.place, places.place, 4 * sizeof *got.place) == 0,
       "and back %s", f.what);
    struct variants none = { .count = 0 };
    AUTO(str_freep) char *same_text = variants_metadata("{\"salt\":\"x\"}", &none);
    is_str(same_text, "{\"salt\":\"x\"}", "no places, no member");
    ok(variants_read(bytes_str(same_text), 5, &got, &f) == OK && got.count == 0, "none are read");
    for (size_t i = 0; i < COUNT(refused); i++) {
        fail_clear(&f);
        ok(variants_read(bytes_str(refused[i].text), strlen(RAW), &got, &f) == E_UNVERIFIED &&
               f.reason == REASON_TAMPERED && got.count == 0,
           "%s: refused", refused[i].name);
    }
}

/* How many of ${count} places from ${from} on differ between two numbers. */
static size_t distance(const uint8_t *secret, uint32_t a, uint32_t b, size_t from, size_t count)
{
    struct variant_code x = { .number = a }, y = { .number = b };
    size_t n = 0;
    memcpy(x.secret, secret, HASH_LEN);
    memcpy(y.secret, secret, HASH_LEN);
    for (size_t i = from; i < from + count; i++)
        n += variant_second(&x, i) != variant_second(&y, i);
    return n;
}

/* What docs/formats.md promises of the code, for many secrets. */
static void check_code(void)
{
    size_t near = 0, seven = 0, seconds = 0, twins = 0;
    uint8_t key[TDF_KEY_LEN] = { 0 }, secret[HASH_LEN], again[HASH_LEN];
    variant_secret(key, secret);
    variant_secret(key, again);
    ok(same(secret, again, HASH_LEN), "the secret follows from the key");
    for (unsigned trial = 0; trial < 200; trial++) {
        key[0] = (uint8_t)trial;
        variant_secret(key, secret);
        for (uint32_t a = 0; a < 8; a++)
            for (uint32_t b = 0; b < a; b++)
                for (size_t from = 0; from < 9; from++) {
                    near += distance(secret, a, b, from, 3) < 1;
                    seven += distance(secret, a, b, from, 7) != 4;
                }
        struct variant_code code = { .number = trial };
        memcpy(code.secret, secret, HASH_LEN);
        for (size_t i = 0; i < 64; i++)
            seconds += variant_second(&code, i);
        for (uint32_t a = 0; a < 300; a += 7)
            for (uint32_t b = 0; b < a; b += 11)
                twins += distance(secret, a, b, 0, 32) < 4;
    }
    ok(near == 0, "three neighbours tell eight numbers apart");
    ok(seven == 0, "in seven they differ four times");
    ok(twins == 0, "numbers up to 300 differ in four of 32 places at least (%zu)", twins);
    ok(seconds > 200 * 64 * 45 / 100 && seconds < 200 * 64 * 55 / 100,
       "no wording is the likelier one: %zu of %d", seconds, 200 * 64);
}

static bool expected(const struct variant_code *code, char *out, size_t room)
{
    static const char *const words[][2] = {
        { "conceal", "hide" }, { "in", "under" }, { "portable", "small" }, { ".", "!" }
    };
    const char *w[4];
    for (size_t i = 0; i < 4; i++)
        w[i] = words[i][variant_second(code, i)];
    return (size_t)snprintf(out, room, "They %s it %s %s computers%s", w[0], w[1], w[2], w[3]) < room;
}

static void check_text(void)
{
    struct variant_code code = { .number = 0 };
    size_t wrong = 0, wrong_hash = 0;
    struct bytes raw_bytes = bytes_str(RAW "   "); /* with padding */
    struct source raw = source_bytes(&raw_bytes);
    memset(code.secret, 7, HASH_LEN);
    for (; code.number < 64; code.number++)
        for (size_t step = 1; step < 9; step += 2) {
            struct variant_choice c;
            AUTO(hash_stream_freep) struct hash_stream *h = hash_stream_new();
            char want[128], got[128] = "";
            uint8_t digest[HASH_LEN], right[HASH_LEN];
            struct fail f = { 0 };
            struct source s = variant_source(&c, &raw, strlen(RAW), &places, &code, h);
            bool good = expected(&code, want, sizeof want) && s.size == strlen(want);
            for (uint64_t at = 0; good && at < s.size; at += step) {
                size_t n = s.size - at < step ? (size_t)(s.size - at) : step;
                good = source_read(&s, at, got + at, n, &f) == OK;
            }
            wrong += !good || strcmp(got, want) != 0 || c.raw_at != raw.size;
            hash_stream_final(h, digest);
            hash_sha256(bytes_str(want), right);
            wrong_hash += memcmp(digest, right, HASH_LEN) != 0;
        }
    ok(wrong == 0, "each number reads its own text, in pieces of any size, and the padding is passed");
    ok(wrong_hash == 0, "and its text is what is hashed");
    struct variant_choice c;
    struct source s = variant_source(&c, &raw, strlen(RAW), &places, &code, NULL);
    char out[4];
    struct fail f = { 0 };
    ok(source_read(&s, 2, out, 2, &f) == E_INTERNAL, "out of order: refused");
}

int main(void)
{
    struct fail f = { 0 };
    if (!ok(crypto_start(&f) == OK, "crypto %s", f.what))
        return tap_done();
    check_metadata();
    check_code();
    check_text();
    return tap_done();
}
