/* SPDX-License-Identifier: Apache-2.0 */
#include "base/utf8.h"

/* RFC 3629, 4: first byte, then the range of the second; the others are 80..BF. Longest forms last. */
static const struct {
    uint8_t first, last, low, high;
    size_t len;
} forms[] = {
    { 0x00, 0x7f, 0x80, 0xbf, 1 }, { 0xc2, 0xdf, 0x80, 0xbf, 2 }, { 0xe0, 0xe0, 0xa0, 0xbf, 3 },
    { 0xe1, 0xec, 0x80, 0xbf, 3 }, { 0xed, 0xed, 0x80, 0x9f, 3 }, { 0xee, 0xef, 0x80, 0xbf, 3 },
    { 0xf0, 0xf0, 0x90, 0xbf, 4 }, { 0xf1, 0xf3, 0x80, 0xbf, 4 }, { 0xf4, 0xf4, 0x80, 0x8f, 4 },
};

/* The length of the character at the front of ${v}, 0 if there is none */
static size_t character(const uint8_t *at, size_t left)
{
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        if (at[0] < forms[i].first || at[0] > forms[i].last)
            continue;
        if (forms[i].len > left || (forms[i].len > 1 && (at[1] < forms[i].low || at[1] > forms[i].high)))
            return 0;
        for (size_t j = 2; j < forms[i].len; j++)
            if ((at[j] & 0xc0) != 0x80)
                return 0;
        return forms[i].len;
    }
    return 0;
}

size_t utf8_valid(struct bytes v)
{
    size_t at = 0, len;
    while (at < v.len && (len = character(v.data + at, v.len - at)))
        at += len;
    return at;
}

size_t utf8_count(struct bytes v)
{
    size_t count = 0;
    for (size_t i = 0; i < v.len; i++)
        count += (v.data[i] & 0xc0) != 0x80;
    return count;
}
