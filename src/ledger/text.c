/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/text.h"

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
