/* SPDX-License-Identifier: Apache-2.0
 * base/buf.h - bytes with a hard maximum, written at the end and read from the front.
 *
 * Writing never returns an error: a buffer that would pass its maximum becomes *failed*, keeps what it had,
 * and ignores further writes; buf_check says so once, after the last write. Reading is by a cursor that never
 * passes the end: a short read fails and moves nothing. A buffer marked secret wipes whatever it gives back.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct buf {
    uint8_t *data; /* NULL while empty; always followed by a zero byte otherwise */
    size_t len;    /* bytes written */
    size_t at;     /* read cursor, <= len */
    size_t cap, max;
    bool failed, secret;
};

#define BUF_MAX_DEFAULT ((size_t)1 << 20)

/* A view of bytes that somebody else owns. */
struct bytes {
    const uint8_t *data;
    size_t len;
};
#define BYTES(ptr, n) ((struct bytes){ (const uint8_t *)(ptr), (n) })
struct bytes bytes_str(const char *s);
struct bytes bytes_of(const struct buf *b);
bool bytes_equal(struct bytes a, struct bytes b); /* not for secrets */

/* buf_new: an empty buffer on the heap that never holds more than ${max} bytes. buf_freep: for AUTO. */
struct buf *buf_new(size_t max);
struct buf *buf_new_secret(size_t max);
void buf_free(struct buf *b);
void buf_freep(struct buf **b);
/* buf_take: move the pointer out of ${b}, so that AUTO does not free it. */
struct buf *buf_take(struct buf **b);

/* buf_init/buf_clear: the same for a buffer inside another struct or on the stack. */
void buf_init(struct buf *b, size_t max);
void buf_clear(struct buf *b);
/* buf_reset: empty it, keep the memory. */
void buf_reset(struct buf *b);
/* buf_cut: leave the first ${len} bytes, which are there; the rest is overwritten with zeros. */
void buf_cut(struct buf *b, size_t len);
/* buf_reserve: room for ${n} more bytes; returns where they go (add to len yourself), NULL if failed. */
uint8_t *buf_reserve(struct buf *b, size_t n);

void buf_put(struct buf *b, const void *p, size_t n);
void buf_put_bytes(struct buf *b, struct bytes v);
void buf_put_str(struct buf *b, const char *s);
void buf_put_u8(struct buf *b, uint8_t v);
void buf_put_u16(struct buf *b, uint16_t v); /* all big-endian */
void buf_put_u32(struct buf *b, uint32_t v);
void buf_put_u64(struct buf *b, uint64_t v);
void buf_put_u16_bytes(struct buf *b, struct bytes v); /* u16 length, then the bytes; fails over 65535 */
void buf_put_u32_bytes(struct buf *b, struct bytes v);
void buf_printf(struct buf *b, const char *fmt, ...) PRINTF(2, 3);

/* buf_check: E_TOO_LARGE if a write did not fit; ${name} says of what. */
MUST_USE enum err buf_check(const struct buf *b, const char *name, struct fail *f);

/* buf_text: the content as a C string ("" while empty); owned by the buffer, valid until the next write. */
const char *buf_text(const struct buf *b);
/* buf_steal_text: the content as a heap string for the caller to free; the buffer is empty afterwards. */
char *buf_steal_text(struct buf *b);

/* A reader over bytes that somebody else owns; each get is false, and moves nothing, when too short. */
struct reader {
    const uint8_t *data;
    size_t len, at;
};
struct reader reader_of(struct bytes v);
bool get_bytes(struct reader *r, size_t n, struct bytes *out);
bool get_copy(struct reader *r, void *out, size_t n);
bool get_u8(struct reader *r, uint8_t *v);
bool get_u16(struct reader *r, uint16_t *v);
bool get_u32(struct reader *r, uint32_t *v);
bool get_u64(struct reader *r, uint64_t *v);
bool get_u16_bytes(struct reader *r, struct bytes *out);
bool get_u32_bytes(struct reader *r, struct bytes *out);
bool reader_done(const struct reader *r); /* all input used */

#endif
