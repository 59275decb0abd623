/* SPDX-License-Identifier: Apache-2.0 - buffers: the maximum holds, short reads move nothing */
#include "base/buf.h"
#include "base/mem.h"
#include "tap.h"

int main(void)
{
    struct fail f = { 0 };
    struct buf b;
    buf_init(&b, 16);
    buf_put_u16(&b, 0x0102);
    buf_put_u32(&b, 0x03040506);
    buf_put_u64(&b, 0x0708090a0b0c0d0e);
    ok(b.len == 14 && memcmp(b.data, "\1\2\3\4\5\6\7\10\11\12\13\14\15\16", 14) == 0,
       "numbers are big-endian");
    ok(buf_check(&b, "it", &f) == OK, "within the maximum");
    buf_put_str(&b, "ab");
    ok(b.len == 16 && buf_check(&b, "it", &f) == OK, "exactly the maximum");
    buf_put_u8(&b, 0);
    ok(b.len == 16 && buf_check(&b, "it", &f) == E_TOO_LARGE, "one over fails and keeps what was there");
    ok(strstr(f.what, "it is larger than 16 bytes") != NULL, "and says so: %s", f.what);
    buf_clear(&b);

    buf_init(&b, 100);
    buf_put_u16_bytes(&b, bytes_str("abc"));
    buf_put_u32_bytes(&b, bytes_str("defg"));
    struct reader r = reader_of(bytes_of(&b));
    struct bytes v;
    uint64_t wide;
    ok(get_u16_bytes(&r, &v) && bytes_equal(v, bytes_str("abc")), "u16 bytes");
    r.at = r.len - 7;
    ok(!get_u64(&r, &wide), "a number past the end");
    r.at = 5;
    ok(get_u32_bytes(&r, &v) && bytes_equal(v, bytes_str("defg")) && reader_done(&r),
       "u32 bytes, to the end");
    r = reader_of(BYTES("\0\5abc", 5));
    ok(!get_u16_bytes(&r, &v) && r.at == 0, "a length past the end moves nothing");
    r = reader_of(BYTES("\1", 1));
    uint16_t n;
    ok(!get_u16(&r, &n) && r.at == 0, "a short number moves nothing");
    buf_clear(&b);

    buf_init(&b, 10);
    buf_printf(&b, "%s-%d", "abc", 42);
    is_str(buf_text(&b), "abc-42", "printf");
    buf_printf(&b, "%s", "12345");
    ok(buf_check(&b, "text", NULL) == E_TOO_LARGE, "printf respects the maximum");
    buf_clear(&b);
    buf_init(&b, 20);
    buf_put_str(&b, "secret  ");
    buf_cut(&b, 6);
    is_str(buf_text(&b), "secret", "cut");
    buf_cut(&b, 7);
    buf_put_str(&b, "s");
    is_str(buf_text(&b), "secrets", "cut to more than it has is no cut");
    buf_clear(&b);
    size_t sum;
    ok(!size_add(SIZE_MAX, 1, &sum) && !size_mul(SIZE_MAX, 2, &sum), "sizes don't wrap");
    return tap_done();
}
