/* SPDX-License-Identifier: Apache-2.0 - what is remembered is remembered, and no longer than said */
#include "exchange/seen.h"
#include "tap.h"

static void name(unsigned i, uint8_t out[static HASH_LEN])
{
    hash_sha256(BYTES(&i, sizeof i), out);
}

int main(void)
{
    uint8_t h[HASH_LEN];
    unsigned again = 0, forgotten = 0, full = 0;
    struct fail f = { 0 };
    ok(crypto_start(&f) == OK, "crypto starts");
    struct seen *s = seen_new(1000);
    for (unsigned i = 0; i < 1000; i++) {
        name(i, h);
        full += seen_add(s, h, 1000, 2000) != SEEN_NEW;
    }
    ok(full < 10, "a thousand fit, but for a full bucket: %u", full);
    for (unsigned i = 0; i < 1000; i++) {
        name(i, h);
        again += seen_add(s, h, 1999, 3000) == SEEN_BEFORE;
    }
    ok(again == 1000 - full, "all are known the second time: %u", again);
    for (unsigned i = 0; i < 1000; i++) {
        name(i, h);
        forgotten += !seen_has(s, h, 2000);
    }
    ok(forgotten >= 1000 - full, "and forgotten when their time is over: %u", forgotten);
    full = 0;
    for (unsigned i = 0; i < 100000; i++) {
        name(i, h);
        full += seen_add(s, h, 2000, 9000) == SEEN_FULL;
    }
    ok(full > 90000, "what is live is never dropped: %u were refused", full);
    seen_free(s);
    return tap_done();
}
