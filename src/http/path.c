/* SPDX-License-Identifier: Apache-2.0 */
#include "http/path.h"

#include <stdint.h>
#include <string.h>
#include <sys/types.h>

#include "base/mem.h"
#include "base/utf8.h"

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return -1;
}

/* Decodes in place, to a text that ends with a zero byte at or before s[len]; -1 for a bad escape. */
static ssize_t decode(char *s, size_t len, bool plus_is_space)
{
    size_t to = 0;
    for (size_t from = 0; from < len; from++, to++) {
        char c = s[from];
        if (c == '%') {
            int high = len - from > 2 ? hex_digit(s[from + 1]) : -1;
            int low = len - from > 2 ? hex_digit(s[from + 2]) : -1;
            if (high < 0 || low < 0)
                return -1;
            c = (char)(high << 4 | low);
            from += 2;
        } else if (c == '+' && plus_is_space) {
            c = ' ';
        }
        s[to] = c;
    }
    s[to] = '\0';
    return (ssize_t)to;
}

/* No control characters, but for those in ${also}; UTF-8. */
static bool text_is_plain(const char *s, size_t len, const char *also)
{
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)s[i];
        if (c == 0x7f || (c < 0x20 && (c == 0 || !strchr(also, c))))
            return false;
    }
    return utf8_valid(BYTES(s, len)) == len;
}

/* C1 controls are two bytes in UTF-8; they mean nothing good in a name. */
static bool has_c1(const char *s)
{
    for (; *s; s++)
        if ((unsigned char)s[0] == 0xc2 && (unsigned char)s[1] < 0xa0)
            return true;
    return false;
}

static bool segment_read(char *s, size_t len)
{
    ssize_t n = decode(s, len, false);
    return n > 0 && text_is_plain(s, (size_t)n, "") && !has_c1(s) && !strpbrk(s, "/\\") &&
           strcmp(s, ".") != 0 && strcmp(s, "..") != 0;
}

static bool segments_read(char *text, size_t len, struct path *out)
{
    for (size_t i = 0; i < len; i++)
        if (text[i] < 0x21 || text[i] > 0x7e || strchr("?#\"<>\\^`{|}", text[i]))
            return false; /* RFC 3986, 3.3: must have been escaped, or isn't part of a path */
    for (size_t at = 0; len > 1 && at < len;) {
        char *s = text + at + 1;
        size_t n = strcspn(s, "/");
        at += 1 + n;
        if (out->count == PATH_SEGMENTS_MAX || !segment_read(s, n))
            return false;
        out->segment[out->count++] = s;
    }
    return true;
}

bool path_read(const char *raw, struct path *out)
{
    size_t len = strlen(raw);
    *out = (struct path){ 0 };
    if (len == 0 || len > PATH_TARGET_MAX || raw[0] != '/')
        return false;
    out->text = mem_dup(raw, len);
    if (segments_read(out->text, len, out))
        return true;
    path_clear(out);
    return false;
}

void path_clear(struct path *p)
{
    mem_freep(&p->text);
    p->count = 0;
}

/* The next segment of a pattern: moves ${pattern} behind it. */
struct piece {
    const char *text; /* the literal, or the name */
    size_t len;
    bool named, rest;
};

static bool piece_next(const char **pattern, struct piece *out)
{
    if (**pattern != '/' || (*pattern)[1] == '\0')
        return false;
    const char *s = *pattern + 1;
    size_t n = strcspn(s, "/");
    *pattern = s + n;
    *out = (struct piece){ .text = s, .len = n };
    if (n > 2 && s[0] == '{' && s[n - 1] == '}') {
        out->named = true;
        out->text++;
        out->len -= 2;
        if (out->len > 3 && memcmp(out->text + out->len - 3, "...", 3) == 0) {
            out->rest = true;
            out->len -= 3;
        }
    }
    return true;
}

static bool piece_valid(const struct piece *p)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
    size_t i = 0;
    while (i < p->len && (strchr(letters, p->text[i]) || (!p->named && strchr(".-~", p->text[i]))))
        i++;
    return p->len > 0 && i == p->len;
}

bool path_pattern_valid(const char *pattern)
{
    struct piece p = { 0 };
    size_t pieces = 0, named = 0;
    if (strcmp(pattern, "/") == 0)
        return true;
    while (*pattern) {
        if (p.rest || !piece_next(&pattern, &p) || !piece_valid(&p))
            return false;
        pieces++;
        named += p.named;
    }
    return pieces > 0 && pieces <= PATH_SEGMENTS_MAX && named <= PATH_PARAMS_MAX;
}

static char *join(const struct path *p, size_t from)
{
    struct buf b;
    buf_init(&b, PATH_TARGET_MAX);
    for (size_t i = from; i < p->count; i++) {
        if (i > from)
            buf_put_u8(&b, '/');
        buf_put_str(&b, p->segment[i]);
    }
    return buf_steal_text(&b);
}

static bool match(const char *pattern, const struct path *p, struct path_params *params)
{
    struct piece piece;
    size_t at = 0;
    while (piece_next(&pattern, &piece)) {
        if (at == p->count)
            return false;
        if (!piece.named) {
            if (strlen(p->segment[at]) != piece.len || memcmp(p->segment[at], piece.text, piece.len) != 0)
                return false;
            at++;
            continue;
        }
        if (params->count == PATH_PARAMS_MAX)
            return false;
        params->item[params->count].name = piece.text;
        params->item[params->count].name_len = piece.len;
        params->item[params->count].value = piece.rest ? join(p, at) : str_dup(p->segment[at]);
        params->count++;
        at = piece.rest ? p->count : at + 1;
    }
    return at == p->count;
}

bool path_match(const char *pattern, const struct path *p, struct path_params *params)
{
    params->count = 0;
    if (match(pattern, p, params))
        return true;
    path_params_clear(params);
    return false;
}

void path_params_clear(struct path_params *params)
{
    for (size_t i = 0; i < params->count; i++)
        mem_freep(&params->item[i].value);
    params->count = 0;
}

const char *path_param(const struct path_params *params, const char *name)
{
    for (size_t i = 0; i < params->count; i++)
        if (strlen(name) == params->item[i].name_len &&
            memcmp(name, params->item[i].name, params->item[i].name_len) == 0)
            return params->item[i].value;
    return NULL;
}

const char *query_value(const struct query *q, const char *name)
{
    for (size_t i = 0; i < q->count; i++)
        if (strcmp(q->item[i].name, name) == 0)
            return q->item[i].value;
    return NULL;
}

/* One "name=value" of ${len} bytes; s[len] may be overwritten. */
static bool pair_read(char *s, size_t len, struct query *out)
{
    static char empty[1];
    char *equals = memchr(s, '=', len), *value = empty;
    size_t name_len = equals ? (size_t)(equals - s) : len;
    ssize_t n = 0;
    if (equals) {
        value = equals + 1;
        n = decode(value, len - name_len - 1, true);
    }
    if (n < 0 || !text_is_plain(value, (size_t)n, "\t\r\n"))
        return false;
    n = decode(s, name_len, true);
    if (n <= 0 || n > QUERY_NAME_MAX || !text_is_plain(s, (size_t)n, "") || query_value(out, s) ||
        out->count == QUERY_MAX)
        return false;
    out->item[out->count].name = s;
    out->item[out->count++].value = value;
    return true;
}

bool query_read(struct bytes raw, struct query *out)
{
    *out = (struct query){ 0 };
    if (raw.len == 0)
        return true;
    out->text = mem_dup(raw.data, raw.len);
    for (size_t at = 0; at <= raw.len;) {
        char *s = out->text + at;
        char *end = memchr(s, '&', raw.len - at);
        size_t n = end ? (size_t)(end - s) : raw.len - at;
        at += n + 1;
        if (!pair_read(s, n, out)) {
            query_clear(out);
            return false;
        }
    }
    return true;
}

void query_clear(struct query *q)
{
    mem_freep(&q->text);
    q->count = 0;
}
