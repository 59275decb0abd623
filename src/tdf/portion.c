/* SPDX-License-Identifier: Apache-2.0 */
#include "tdf/portion.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/b64.h"
#include "base/json.h"
#include "base/mem.h"

#define COMMITMENT   "orcon/portion/v1\n"
#define METADATA_MAX ((size_t)32 << 10)
#define SIZE_DIGITS  13 /* of 2^40 */
#define PAD_MAX      ((uint64_t)1 << 40)

/* Padding ---------------------------------------------------------------------------------------------------- */

static unsigned log2_of(uint64_t v)
{
    return 63u - (unsigned)__builtin_clzll(v);
}

/* Padme (Nikitin and others, 2019): of a length with exponent E only the first log2(E) + 1 bits behind the
 * leading one are kept, so it tells no more than a floating point number of that precision. */
uint64_t portion_padded(uint64_t size)
{
    if (size < 2 || size > PAD_MAX)
        return size;
    unsigned e = log2_of(size), kept = log2_of(e ? e : 1) + 1;
    uint64_t mask = e > kept ? ((uint64_t)1 << (e - kept)) - 1 : 0;
    return (size + mask) & ~mask;
}

static enum err read_padded(void *ctx, uint64_t off, void *out, size_t len, struct fail *f)
{
    struct portion_padding *p = ctx;
    uint64_t left = off < p->text.size ? p->text.size - off : 0;
    size_t text = left < len ? (size_t)left : len;
    if (text)
        TRY(source_read(&p->text, off, out, text, f));
    memset((uint8_t *)out + text, PORTION_PAD, len - text);
    return OK;
}

struct source portion_source(struct portion_padding *p, const struct source *text)
{
    p->text = *text;
    return (struct source){ read_padded, p, portion_padded(text->size) };
}

enum err portion_check(uint64_t size, uint64_t sealed, struct fail *f)
{
    if (size == PORTION_WHOLE || (size <= PAD_MAX && portion_padded(size) == sealed))
        return OK;
    return fail_why(f, REASON_TAMPERED, "text of %" PRIu64 " bytes is not sealed as %" PRIu64, size, sealed);
}

bool portion_blank(struct bytes padding)
{
    for (size_t i = 0; i < padding.len; i++)
        if (padding.data[i] != PORTION_PAD)
            return false;
    return true;
}

/* Commitment ------------------------------------------------------------------------------------------------- */

void portion_commit(const uint8_t salt[static PORTION_SALT_LEN], struct bytes text,
                    uint8_t out[static HASH_LEN])
{
    struct bytes parts[] = { bytes_str(COMMITMENT), BYTES(salt, PORTION_SALT_LEN), text };
    hash_sha256_parts(parts, COUNT(parts), out);
}

struct hash_stream *portion_commit_begin(const uint8_t salt[static PORTION_SALT_LEN])
{
    struct hash_stream *hash = hash_stream_new();
    hash_stream_add(hash, bytes_str(COMMITMENT));
    hash_stream_add(hash, BYTES(salt, PORTION_SALT_LEN));
    return hash;
}

/* Metadata --------------------------------------------------------------------------------------------------- */

char *portion_metadata(const uint8_t salt[static PORTION_SALT_LEN], uint64_t size)
{
    AUTO(buf_freep) struct buf *text = buf_new_secret(256);
    buf_put_str(text, "{\"salt\":\"");
    b64_put(text, B64_URL, BYTES(salt, PORTION_SALT_LEN));
    if (size != PORTION_WHOLE)
        buf_printf(text, "\",\"size\":\"%0*" PRIu64, SIZE_DIGITS, size);
    buf_put_str(text, "\"}");
    return buf_steal_text(text);
}

static bool read_size(const char *text, uint64_t *size)
{
    if (strlen(text) != SIZE_DIGITS || strspn(text, "0123456789") != SIZE_DIGITS)
        return false;
    *size = 0;
    for (size_t i = 0; i < SIZE_DIGITS; i++)
        *size = 10 * *size + (uint64_t)(text[i] - '0');
    return true;
}

enum err portion_metadata_read(struct bytes text, uint8_t salt[static PORTION_SALT_LEN], uint64_t *size,
                               struct fail *f)
{
    AUTO(json_freep) json_t *v = NULL;
    const char *salt_text, *size_text;
    *size = PORTION_WHOLE;
    if (json_read(text, METADATA_MAX, "metadata", &v, NULL) != OK ||
        json_need_str(v, "salt", "metadata", &salt_text, NULL) != OK ||
        !b64_read_exact(B64_URL, bytes_str(salt_text), salt, PORTION_SALT_LEN))
        return fail_why(f, REASON_TAMPERED, "the metadata holds no salt");
    if (json_may_str(v, "size", "metadata", &size_text, NULL) != OK ||
        (size_text && !read_size(size_text, size)))
        return fail_why(f, REASON_TAMPERED, "the metadata holds no proper size");
    return OK;
}
