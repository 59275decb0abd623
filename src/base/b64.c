/* SPDX-License-Identifier: Apache-2.0 */
#include "base/b64.h"

#include <string.h>

size_t b64_len(enum b64 kind, size_t n)
{
    return kind == B64_STD ? (n + 2) / 3 * 4 : n / 3 * 4 + (n % 3 ? n % 3 + 1 : 0);
}

/* Branch-free on the value: keys pass through here. */
static char letter(enum b64 kind, unsigned v)
{
    unsigned c = 'A' + v;
    c += ((25u - v) >> 8 & 6);
    c -= ((51u - v) >> 8 & 75);
    c -= ((61u - v) >> 8 & 15);
    c += ((62u - v) >> 8 & 3);
    if (kind == B64_URL) {
        /* 62: '+' becomes '-', 63: '/' becomes '_' */
        c += ((61u - v) >> 8 & 2);
        c += ((62u - v) >> 8 & 46);
    }
    return (char)c;
}

void b64_put(struct buf *b, enum b64 kind, struct bytes v)
{
    size_t n = b64_len(kind, v.len);
    uint8_t *at = v.len > SIZE_MAX / 4 ? NULL : buf_reserve(b, n);
    if (!at) {
        b->failed = true;
        return;
    }
    b->len += n;
    for (size_t i = 0; i < v.len; i += 3) {
        size_t left = v.len - i;
        unsigned group = (unsigned)v.data[i] << 16 | (left > 1 ? (unsigned)v.data[i + 1] << 8 : 0) |
                         (left > 2 ? (unsigned)v.data[i + 2] : 0);
        char four[4];
        for (int k = 0; k < 4; k++)
            four[k] = letter(kind, group >> (18 - 6 * k) & 63);
        size_t letters = left >= 3 ? 4 : left + 1;
        memcpy(at, four, letters);
        at += letters;
        if (kind == B64_STD)
            for (; letters < 4; letters++)
                *at++ = '=';
    }
}

static int value(enum b64 kind, uint8_t ch)
{
    int c = ch, v = -1;
    int c62 = kind == B64_STD ? '+' : '-', c63 = kind == B64_STD ? '/' : '_';
    v += ((('A' - 1 - c) & (c - ('Z' + 1))) >> 8) & (c - 'A' + 1);
    v += ((('a' - 1 - c) & (c - ('z' + 1))) >> 8) & (c - 'a' + 26 + 1);
    v += ((('0' - 1 - c) & (c - ('9' + 1))) >> 8) & (c - '0' + 52 + 1);
    v += (((c62 - 1 - c) & (c - (c62 + 1))) >> 8) & 63;
    v += (((c63 - 1 - c) & (c - (c63 + 1))) >> 8) & 64;
    return v;
}

/* Letters before the padding; how much padding there must be is checked by b64_len of the result. */
static size_t letters_in(enum b64 kind, struct bytes text)
{
    size_t letters = text.len;
    for (int pad = 0; kind == B64_STD && pad < 2 && letters && text.data[letters - 1] == '='; pad++)
        letters--;
    return letters;
}

/* Decode ${letters} letters into ${out}, which has room for 3 bytes in 4 letters; false if not canonical. */
static bool decode(enum b64 kind, struct bytes text, size_t letters, uint8_t *out, size_t *n)
{
    if (letters % 4 == 1 || (kind == B64_STD && text.len % 4))
        return false;
    int bad = 0;
    *n = 0;
    for (size_t i = 0; i < letters; i += 4) {
        size_t here = letters - i < 4 ? letters - i : 4;
        unsigned group = 0;
        for (size_t k = 0; k < 4; k++) {
            int v = k < here ? value(kind, text.data[i + k]) : 0;
            bad |= v < 0;
            group = group << 6 | ((unsigned)v & 63);
        }
        for (size_t k = 0; k + 1 < here; k++)
            out[(*n)++] = (uint8_t)(group >> (16 - 8 * k));
        if (here < 4)
            bad |= (group & (here == 2 ? 0xffffu : 0xffu)) != 0;
    }
    return !bad;
}

enum err b64_read(enum b64 kind, struct bytes text, struct buf *out, const char *what, struct fail *f)
{
    size_t n, letters = letters_in(kind, text);
    uint8_t *at = buf_reserve(out, letters / 4 * 3 + letters % 4 * 3 / 4);
    if (!at)
        return fail_set(f, E_TOO_LARGE, "%s is larger than %zu bytes", what, out->max);
    if (!decode(kind, text, letters, at, &n))
        return fail_set(f, E_INVALID, "%s is not %s", what,
                        kind == B64_STD ? "base64 with padding" : "base64url without padding");
    out->len += n;
    out->data[out->len] = '\0';
    return OK;
}

bool b64_read_exact(enum b64 kind, struct bytes text, uint8_t *out, size_t n)
{
    if (text.len != b64_len(kind, n))
        return false;
    struct fail ignored = { 0 };
    struct buf plain;
    buf_init(&plain, n);
    plain.secret = true;
    bool good = b64_read(kind, text, &plain, "value", &ignored) == OK && plain.len == n;
    if (good && n)
        memcpy(out, plain.data, n);
    buf_clear(&plain);
    return good;
}
