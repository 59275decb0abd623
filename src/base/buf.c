/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct bytes bytes_str(const char *s)
{
    return BYTES(s, s ? strlen(s) : 0);
}

struct bytes bytes_of(const struct buf *b)
{
    return BYTES(b->data, b->len);
}

bool bytes_equal(struct bytes a, struct bytes b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

void buf_init(struct buf *b, size_t max)
{
    *b = (struct buf){ .max = max };
}

void buf_clear(struct buf *b)
{
    if (b->secret && b->data)
        explicit_bzero(b->data, b->cap);
    free(b->data);
    *b = (struct buf){ .max = b->max, .secret = b->secret };
}

struct buf *buf_new(size_t max)
{
    struct buf *b = mem_new(sizeof *b);
    b->max = max;
    return b;
}

struct buf *buf_new_secret(size_t max)
{
    struct buf *b = buf_new(max);
    b->secret = true;
    return b;
}

void buf_free(struct buf *b)
{
    if (!b)
        return;
    buf_clear(b);
    free(b);
}

void buf_freep(struct buf **b)
{
    buf_free(*b);
    *b = NULL;
}

struct buf *buf_take(struct buf **b)
{
    struct buf *taken = *b;
    *b = NULL;
    return taken;
}

void buf_reset(struct buf *b)
{
    if (b->secret && b->data)
        explicit_bzero(b->data, b->cap);
    b->len = b->at = 0;
    b->failed = false;
}

/* Growing a secret must not leave the old bytes behind, so realloc will not do. */
static bool grow(struct buf *b, size_t cap)
{
    uint8_t *data = malloc(cap);
    if (!data)
        return false;
    if (b->len)
        memcpy(data, b->data, b->len);
    if (b->secret && b->data)
        explicit_bzero(b->data, b->cap);
    free(b->data);
    b->data = data;
    b->cap = cap;
    return true;
}

uint8_t *buf_reserve(struct buf *b, size_t n)
{
    size_t need, room;
    if (b->failed || !size_add(b->len, n, &need) || need > b->max || !size_add(need, 1, &room)) {
        b->failed = true;
        return NULL;
    }
    if (room > b->cap) {
        size_t cap = b->cap < 64 ? 64 : b->cap;
        while (cap < room)
            cap = cap > SIZE_MAX / 2 ? room : cap * 2;
        if (cap > b->max + 1)
            cap = b->max + 1;
        if (!grow(b, cap)) {
            b->failed = true;
            return NULL;
        }
    }
    b->data[need] = '\0';
    return b->data + b->len;
}

void buf_cut(struct buf *b, size_t len)
{
    if (len >= b->len)
        return;
    explicit_bzero(b->data + len, b->len - len);
    b->len = len;
}

void buf_put(struct buf *b, const void *p, size_t n)
{
    uint8_t *at = buf_reserve(b, n);
    if (!at)
        return;
    if (n)
        memcpy(at, p, n);
    b->len += n;
}

void buf_put_bytes(struct buf *b, struct bytes v)
{
    buf_put(b, v.data, v.len);
}

void buf_put_str(struct buf *b, const char *s)
{
    buf_put(b, s, strlen(s));
}

void buf_put_u8(struct buf *b, uint8_t v)
{
    buf_put(b, &v, 1);
}

static void put_be(struct buf *b, uint64_t v, size_t n)
{
    uint8_t be[8];
    for (size_t i = 0; i < n; i++)
        be[i] = (uint8_t)(v >> (8 * (n - 1 - i)));
    buf_put(b, be, n);
}

void buf_put_u16(struct buf *b, uint16_t v)
{
    put_be(b, v, 2);
}

void buf_put_u32(struct buf *b, uint32_t v)
{
    put_be(b, v, 4);
}

void buf_put_u64(struct buf *b, uint64_t v)
{
    put_be(b, v, 8);
}

void buf_put_u16_bytes(struct buf *b, struct bytes v)
{
    if (v.len > UINT16_MAX) {
        b->failed = true;
        return;
    }
    buf_put_u16(b, (uint16_t)v.len);
    buf_put_bytes(b, v);
}

void buf_put_u32_bytes(struct buf *b, struct bytes v)
{
    if (v.len > UINT32_MAX) {
        b->failed = true;
        return;
    }
    buf_put_u32(b, (uint32_t)v.len);
    buf_put_bytes(b, v);
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    uint8_t *at = n < 0 ? NULL : buf_reserve(b, (size_t)n);
    if (!at) {
        b->failed = true;
        return;
    }
    va_start(args, fmt);
    vsnprintf((char *)at, (size_t)n + 1, fmt, args);
    va_end(args);
    b->len += (size_t)n;
}

enum err buf_check(const struct buf *b, const char *name, struct fail *f)
{
    if (b->failed)
        return fail_set(f, E_TOO_LARGE, "%s is larger than %zu bytes", name, b->max);
    return OK;
}

const char *buf_text(const struct buf *b)
{
    return b->data ? (const char *)b->data : "";
}

char *buf_steal_text(struct buf *b)
{
    char *text = b->data ? (char *)b->data : str_dup("");
    *b = (struct buf){ .max = b->max, .secret = b->secret };
    return text;
}

struct reader reader_of(struct bytes v)
{
    return (struct reader){ v.data, v.len, 0 };
}

bool get_bytes(struct reader *r, size_t n, struct bytes *out)
{
    if (n > r->len - r->at)
        return false;
    *out = BYTES(r->data + r->at, n);
    r->at += n;
    return true;
}

bool get_copy(struct reader *r, void *out, size_t n)
{
    struct bytes v;
    if (!get_bytes(r, n, &v))
        return false;
    if (n)
        memcpy(out, v.data, n);
    return true;
}

static bool get_be(struct reader *r, size_t n, uint64_t *v)
{
    struct bytes be;
    if (!get_bytes(r, n, &be))
        return false;
    *v = 0;
    for (size_t i = 0; i < n; i++)
        *v = *v << 8 | be.data[i];
    return true;
}

bool get_u8(struct reader *r, uint8_t *v)
{
    return get_copy(r, v, 1);
}

bool get_u16(struct reader *r, uint16_t *v)
{
    uint64_t wide;
    if (!get_be(r, 2, &wide))
        return false;
    *v = (uint16_t)wide;
    return true;
}

bool get_u32(struct reader *r, uint32_t *v)
{
    uint64_t wide;
    if (!get_be(r, 4, &wide))
        return false;
    *v = (uint32_t)wide;
    return true;
}

bool get_u64(struct reader *r, uint64_t *v)
{
    return get_be(r, 8, v);
}

bool get_u16_bytes(struct reader *r, struct bytes *out)
{
    struct reader before = *r;
    uint16_t n;
    if (get_u16(r, &n) && get_bytes(r, n, out))
        return true;
    *r = before;
    return false;
}

bool get_u32_bytes(struct reader *r, struct bytes *out)
{
    struct reader before = *r;
    uint32_t n;
    if (get_u32(r, &n) && get_bytes(r, n, out))
        return true;
    *r = before;
    return false;
}

bool reader_done(const struct reader *r)
{
    return r->at == r->len;
}
