/* SPDX-License-Identifier: Apache-2.0 - who is sent gzip, and that it is the same again */
#include "http/gzip.h"

#include <libdeflate.h>

#include "tap.h"

int main(void)
{
    static const struct {
        const char *accept;
        bool wanted;
    } rows[] = {
        { "gzip", true },
        { "GZIP", true },
        { "deflate, gzip", true },
        { "deflate , gzip;q=0.5, br", true },
        { "gzip ; q=1", true },
        { "br;q=1.0,gzip;q=0.001", true },
        { NULL, false },
        { "", false },
        { "identity", false },
        { "xgzip", false },
        { "gzipx", false },
        { "gzip;q=0", false },
        { "gzip; q=0.000", false },
        { "deflate;q=1, gzip;q=0", false },
        { "*", false },
        { ",,,", false },
        { ";", false },
    };
    uint8_t text[4096], again[4096];
    size_t len = 0;
    struct buf *out = buf_new(8192);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        ok(gzip_wanted(rows[i].accept) == rows[i].wanted, "'%s'", rows[i].accept ? rows[i].accept : "(none)");
    memset(text, 'x', sizeof text);
    struct libdeflate_decompressor *d = libdeflate_alloc_decompressor();
    ok(gzip_put(out, BYTES(text, sizeof text)) && out->len < 100, "4096 bytes become %zu", out->len);
    ok(libdeflate_gzip_decompress(d, out->data, out->len, again, sizeof again, &len) == LIBDEFLATE_SUCCESS &&
           len == sizeof text && memcmp(text, again, len) == 0,
       "and are the same again");
    libdeflate_free_decompressor(d);
    buf_reset(out);
    ok(!gzip_put(out, BYTES("abc", 3)) && out->len == 0, "three bytes only grow: left as they are");
    ok(!gzip_put(out, BYTES("", 0)) && out->len == 0, "nothing stays nothing");
    buf_free(out);
    return tap_done();
}
