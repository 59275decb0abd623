/* SPDX-License-Identifier: Apache-2.0 */
#include "http/gzip.h"

#include <string.h>
#include <strings.h>

#include <libdeflate.h>

#define LEVEL 6

static enum err failed(enum libdeflate_result r, size_t max, struct fail *f)
{
    if (r == LIBDEFLATE_INSUFFICIENT_SPACE)
        return fail_set(f, E_TOO_LARGE, "a body of more than %zu bytes when unpacked", max);
    return fail_set(f, E_INVALID, "a body that is not gzip, as its Content-Encoding says");
}

enum err gzip_open(struct bytes in, size_t max, struct buf *out, struct fail *f)
{
    size_t used, len;
    uint8_t *room = buf_reserve(out, max);
    struct libdeflate_decompressor *d = room ? libdeflate_alloc_decompressor() : NULL;
    if (!d)
        return fail_set(f, E_UNAVAILABLE, "no memory to unpack a body");
    enum libdeflate_result r = libdeflate_gzip_decompress_ex(d, in.data, in.len, room, max, &used, &len);
    libdeflate_free_decompressor(d);
    if (r != LIBDEFLATE_SUCCESS)
        return failed(r, max, f);
    if (used != in.len)
        return fail_set(f, E_INVALID, "a body with something after its gzip member");
    out->len += len;
    out->data[out->len] = '\0';
    return OK;
}

/* ";q=0", "; Q=0.000": not at all. */
static bool is_zero(const char *at, size_t len)
{
    const char *q = memchr(at, '=', len);
    for (size_t i = q ? (size_t)(q - at) + 1 : len; i < len; i++)
        if (strchr("0. \t", at[i]) == NULL)
            return false;
    return q != NULL;
}

bool gzip_wanted(const char *accept)
{
    for (const char *at = accept; at && *at;) {
        at += strspn(at, ", \t");
        size_t whole = strcspn(at, ","), name = strcspn(at, ",; \t");
        if (name == 4 && strncasecmp(at, "gzip", 4) == 0)
            return !is_zero(at + name, whole - name);
        at += whole;
    }
    return false;
}

bool gzip_put(struct buf *out, struct bytes v)
{
    struct libdeflate_compressor *c = libdeflate_alloc_compressor(LEVEL);
    uint8_t *to = c && v.len ? buf_reserve(out, v.len) : NULL;
    size_t len = to ? libdeflate_gzip_compress(c, v.data, v.len, to, v.len) : 0; /* 0: does not fit */
    out->len += len;
    libdeflate_free_compressor(c);
    return len > 0;
}
