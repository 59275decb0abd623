/* SPDX-License-Identifier: Apache-2.0 - CRC-32: known values, and the same bit by bit at every length and
 * place */
#include "base/mem.h"
#include "tap.h"
#include "tdf/crc.h"

static const struct {
    const char *text;
    uint32_t crc;
} rows[] = {
    { "", 0 },
    { "123456789", 0xCBF43926 }, /* the usual check value */
    { "The quick brown fox jumps over the lazy dog", 0x414FA339 },
};

static uint32_t slow(uint32_t crc, struct bytes v)
{
    crc = ~crc;
    for (size_t i = 0; i < v.len; i++) {
        crc ^= v.data[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320 : 0);
    }
    return ~crc;
}

int main(void)
{
    for (size_t i = 0; i < COUNT(rows); i++)
        ok(crc_add(0, bytes_str(rows[i].text)) == rows[i].crc, "'%s'", rows[i].text);
    uint8_t data[3000];
    uint32_t x = 1;
    for (size_t i = 0; i < sizeof data; i++) {
        x = x * 1664525 + 1013904223;
        data[i] = (uint8_t)(x >> 24);
    }
    size_t wrong = 0;
    for (size_t n = 0; n + 40 < sizeof data; n++) {
        struct bytes v = BYTES(data + n % 40, n);
        wrong += crc_add(0, v) != slow(0, v) || crc_add(0xdeadbeef, v) != slow(0xdeadbeef, v);
    }
    ok(wrong == 0, "every length, after nothing and after something");
    uint32_t parts = crc_add(crc_add(crc_add(0, BYTES(data, 700)), BYTES(NULL, 0)), BYTES(data + 700, 2300));
    ok(parts == slow(0, BYTES(data, 3000)), "in parts");
    return tap_done();
}
