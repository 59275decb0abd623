/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hex.h"

void hex_print(struct bytes v, char *out)
{
    static const char digit[] = "0123456789abcdef";
    for (size_t i = 0; i < v.len; i++) {
        out[2 * i] = digit[v.data[i] >> 4];
        out[2 * i + 1] = digit[v.data[i] & 15];
    }
    out[2 * v.len] = '\0';
}

void hex_put(struct buf *b, struct bytes v)
{
    uint8_t *at = v.len > SIZE_MAX / 2 ? NULL : buf_reserve(b, 2 * v.len);
    if (!at) {
        b->failed = true;
        return;
    }
    hex_print(v, (char *)at);
    b->len += 2 * v.len;
}

/* -1 for anything but [0-9a-f], without a branch on the value */
static int nibble(uint8_t c)
{
    int v = -1;
    v += ((('0' - 1 - c) & (c - ('9' + 1))) >> 8) & (c - '0' + 1);
    v += ((('a' - 1 - c) & (c - ('f' + 1))) >> 8) & (c - 'a' + 10 + 1);
    return v;
}

bool hex_read(struct bytes text, uint8_t *out, size_t n)
{
    if (text.len / 2 != n || text.len % 2)
        return false;
    int bad = 0;
    for (size_t i = 0; i < n; i++) {
        int high = nibble(text.data[2 * i]), low = nibble(text.data[2 * i + 1]);
        bad |= (high | low) < 0;
        out[i] = (uint8_t)(((unsigned)high << 4 | (unsigned)low) & 0xff);
    }
    return !bad;
}
