/* SPDX-License-Identifier: Apache-2.0 - time: RFC 3339 and what people type */
#include "base/time.h"
#include "base/mem.h"
#include "tap.h"

int main(void)
{
    static const struct {
        const char *text;
        uint64_t ms;
    } good[] = {
        { "1970-01-01T00:00:00Z", 0 },
        { "2026-03-02T09:00:00.123Z", 1772442000123 },
        { "2026-03-02T09:00:00.1239999Z", 1772442000123 },
        { "2024-02-29T23:59:59.9Z", 1709251199900 },
        { "9999-12-31T23:59:59.999Z", 253402300799999 },
    };
    static const char *const bad[] = {
        "2026-03-02T09:00:00+01:00", "2026-03-02 09:00:00Z", "2023-02-29T00:00:00Z",  "2026-13-01T00:00:00Z",
        "2026-03-02T24:00:00Z",      "2026-03-02T09:00:60Z", "1969-12-31T23:59:59Z",  "2026-03-02T09:00:00.Z",
        "2026-03-02T09:00:00z",      "2026-03-02T09:00Z",    "2026-03-02T09:00:00Zx", "26-03-02T09:00:00Z",
    };
    for (size_t i = 0; i < COUNT(good); i++) {
        uint64_t ms = 1;
        ok(time_read(good[i].text, &ms) && ms == good[i].ms, "%s is %llu", good[i].text,
           (unsigned long long)ms);
    }
    for (size_t i = 0; i < COUNT(bad); i++) {
        uint64_t ms;
        ok(!time_read(bad[i], &ms), "refused: %s", bad[i]);
    }
    char text[TIME_TEXT_SIZE];
    time_print(1772442000123, text);
    is_str(text, "2026-03-02T09:00:00.123Z", "printed");

    static const struct {
        const char *text;
        uint64_t ms; /* 0: refused */
    } by[] = {
        { "+30s", 1772442030000 },
        { "+15m", 1772442900000 },
        { "+2h", 1772449200000 },
        { "+3d", 1772701200000 },
        { "2026-03-02", 1772495999999 },
        { "2026-03-03T00:00:00Z", 1772496000000 },
        { "2026-03-01", 0 },
        { "+0s", 0 },
        { "+2", 0 },
        { "2h", 0 },
        { "+2w", 0 },
        { "tomorrow", 0 },
        { "", 0 },
        { "1969-01-01", 0 },
        { "+999999999d", 0 },
        { "10000-01-01", 0 },
    };
    for (size_t i = 0; i < COUNT(by); i++) {
        struct fail f = { 0 };
        uint64_t ms = 0;
        enum err e = time_read_by(by[i].text, 1772442000000, &ms, &f);
        ok(by[i].ms ? e == OK && ms == by[i].ms : e == E_USAGE, "--by %s: %llu %s", by[i].text,
           (unsigned long long)ms, f.what);
    }
    return tap_done();
}
