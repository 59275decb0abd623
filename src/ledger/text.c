/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/text.h"

/* Lead byte, its payload bits, and the least character that needs the length. */
static const struct {
    uint8_t mask, lead;
    uint32_t least;
} forms[] = {
    { 0x80, 0x00, 0 },
    { 0xe0, 0xc0, 0x80 },
    { 0xf0, 0xe0, 0x800 },
    { 0xf8, 0xf0, 0x10000 },
};

size_t text_char(struct bytes v, uint32_t *c)
{
    for (size_t n = 0; n < 4 && n < v.len; n++) {
        if ((v.data[0] & forms[n].mask) != forms[n].lead)
            continue;
        uint32_t u = v.data[0] & (uint8_t)~forms[n].mask;
        for (size_t i = 1; i <= n; i++) {
            if ((v.data[i] & 0xc0) != 0x80)
                return 0;
            u = u << 6 | (v.data[i] & 0x3f);
        }
        if (u < forms[n].least || u > 0x10ffff || (u >= 0xd800 && u <= 0xdfff))
            return 0;
        *c = u;
        return n + 1;
    }
    return 0;
}

bool text_is_utf8(struct bytes v)
{
    uint32_t c;
    for (size_t at = 0, n; at < v.len; at += n)
        if ((n = text_char(BYTES(v.data + at, v.len - at), &c)) == 0)
            return false;
    return true;
}

bool text_cut(struct bytes v, char c, struct bytes *head, struct bytes *tail)
{
    const uint8_t *at = v.len == 0 ? NULL : memchr(v.data, c, v.len);
    if (at == NULL)
        return false;
    size_t n = (size_t)(at - v.data);
    *head = BYTES(v.data, n);
    *tail = BYTES(at + 1, v.len - n - 1);
    return true;
}

bool text_line(struct reader *r, struct bytes *line)
{
    struct bytes rest;
    if (!text_cut(BYTES(r->data + r->at, r->len - r->at), '\n', line, &rest))
        return false;
    r->at += line->len + 1;
    return true;
}

bool text_after(struct bytes v, const char *prefix, struct bytes *rest)
{
    size_t n = strlen(prefix);
    if (v.len < n || memcmp(v.data, prefix, n) != 0)
        return false;
    *rest = BYTES(v.data + n, v.len - n);
    return true;
}

MUST_USE bool text_decimal(struct bytes v, uint64_t *out)
{
    uint64_t n = 0;
    if (v.len == 0 || v.len > 19 || (v.len > 1 && v.data[0] == '0'))
        return false;
    for (size_t i = 0; i < v.len; i++) {
        if (v.data[i] < '0' || v.data[i] > '9')
            return false;
        n = n * 10 + (uint64_t)(v.data[i] - '0'); /* 19 digits fit */
    }
    if (n >> 63 != 0)
        return false;
    *out = n;
    return true;
}

bool text_is(struct bytes v, const char *s)
{
    return bytes_equal(v, bytes_str(s));
}
