/* SPDX-License-Identifier: Apache-2.0 */
#include "http/gzip.h"

#include <libdeflate.h>

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
