/* SPDX-License-Identifier: Apache-2.0 */
#include "marking/word.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t';
}

struct bytes word_trim(struct bytes v)
{
    while (v.len && is_blank(v.data[0]))
        v = word_after(v, 1);
    while (v.len && is_blank(v.data[v.len - 1]))
        v.len--;
    return v;
}

bool word_next(struct bytes *rest, const char *separator, struct bytes *piece)
{
    if (!rest->data)
        return false;
    const uint8_t *end = rest->len ? memmem(rest->data, rest->len, separator, strlen(separator)) : NULL;
    if (!end) {
        *piece = word_trim(*rest);
        *rest = (struct bytes){ 0 };
        return true;
    }
    size_t len = (size_t)(end - rest->data);
    *piece = word_trim(BYTES(rest->data, len));
    *rest = word_after(*rest, len + strlen(separator));
    return true;
}

bool word_is(struct bytes v, const char *word)
{
    return v.len == strlen(word) && word_starts(v, word);
}

bool word_in(struct bytes v, const char *const *list)
{
    for (; *list; list++)
        if (word_is(v, *list))
            return true;
    return false;
}

bool word_starts(struct bytes v, const char *word)
{
    size_t len = strlen(word);
    return v.len >= len && strncasecmp((const char *)v.data, word, len) == 0;
}

struct bytes word_after(struct bytes v, size_t n)
{
    return BYTES(v.data + n, v.len - n);
}

bool word_has(struct bytes v, char c)
{
    return v.len && memchr(v.data, c, v.len);
}

bool word_is_capitals(struct bytes v)
{
    for (size_t i = 0; i < v.len; i++)
        if (v.data[i] >= 'a' && v.data[i] <= 'z')
            return false;
    return true;
}

static char *in_case(struct bytes v, int (*change)(int))
{
    if (word_has(v, '\0'))
        return NULL;
    char *s = mem_dup(v.data, v.len);
    for (size_t i = 0; i < v.len; i++)
        if (v.data[i] < 0x80)
            s[i] = (char)change(v.data[i]);
    return s;
}

char *word_upper(struct bytes v)
{
    return in_case(v, toupper);
}

char *word_lower(struct bytes v)
{
    return in_case(v, tolower);
}

const char *word_show(struct bytes v, char out[static WORD_SHOW])
{
    size_t len = v.len > 40 ? 40 : v.len;
    for (size_t i = 0; i < len; i++)
        out[i] = v.data[i] >= 0x20 && v.data[i] < 0x7f ? (char)v.data[i] : '?';
    memcpy(out + len, v.len > 40 ? "..." : "", v.len > 40 ? 4 : 1);
    return out;
}
