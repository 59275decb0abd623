/* SPDX-License-Identifier: Apache-2.0 */
#include "tdf/stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "tdf/crc.h"

#define PIECE ((size_t)1 << 20)

enum err source_read(const struct source *in, uint64_t off, void *out, size_t len, struct fail *f)
{
    if (off > in->size || len > in->size - off)
        return fail_set(f, E_UNVERIFIED, "ends early: %zu bytes wanted at %llu of %llu", len,
                        (unsigned long long)off, (unsigned long long)in->size);
    return len ? in->read_at(in->ctx, off, out, len, f) : OK;
}

/* The pieces of ${in} go to ${out} (may be NULL) and into ${crc} (may be NULL). */
static enum err pass(const struct source *in, const struct sink *out, uint32_t *crc, struct fail *f)
{
    size_t room = in->size < PIECE ? (size_t)in->size : PIECE;
    AUTO(mem_freep) uint8_t *piece = mem_array(room ? room : 1, 1);
    for (uint64_t at = 0; at < in->size;) {
        size_t n = in->size - at < room ? (size_t)(in->size - at) : room;
        TRY(source_read(in, at, piece, n, f));
        if (crc)
            *crc = crc_add(*crc, BYTES(piece, n));
        if (out)
            TRY(out->write(out->ctx, piece, n, f));
        at += n;
    }
    return OK;
}

enum err source_copy(const struct source *in, const struct sink *out, struct fail *f)
{
    return pass(in, out, NULL, f);
}

enum err source_crc(const struct source *in, uint32_t *crc, struct fail *f)
{
    uint32_t sum = 0;
    TRY(pass(in, NULL, &sum, f));
    *crc = sum;
    return OK;
}

static enum err bytes_read_at(void *ctx, uint64_t off, void *out, size_t len, struct fail *f)
{
    const struct bytes *v = ctx;
    if (off > v->len || len > v->len - off)
        return fail_set(f, E_IO, "memory ends early");
    memcpy(out, v->data + off, len);
    return OK;
}

struct source source_bytes(struct bytes *v)
{
    return (struct source){ bytes_read_at, v, v->len };
}

static enum err fd_read_at(void *ctx, uint64_t off, void *out, size_t len, struct fail *f)
{
    uint8_t *to = out;
    while (len) {
        if (off > INT64_MAX)
            return fail_set(f, E_IO, "cannot read at %llu", (unsigned long long)off);
        ssize_t n = pread((int)(intptr_t)ctx, to, len, (off_t)off);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return fail_set(f, E_IO, "cannot read: %s", strerror(errno));
        if (n == 0)
            return fail_set(f, E_IO, "cannot read: the file has become shorter");
        to += n;
        off += (uint64_t)n;
        len -= (size_t)n;
    }
    return OK;
}

struct source source_fd(int fd, uint64_t size)
{
    return (struct source){ fd_read_at, (void *)(intptr_t)fd, size };
}

static enum err window_read_at(void *ctx, uint64_t off, void *out, size_t len, struct fail *f)
{
    const struct window *w = ctx;
    uint64_t at;
    if (__builtin_add_overflow(w->at, off, &at))
        return fail_set(f, E_UNVERIFIED, "ends early");
    return source_read(&w->in, at, out, len, f);
}

struct source source_window(struct window *w)
{
    return (struct source){ window_read_at, w, w->size };
}

static enum err buf_write(void *ctx, const void *p, size_t len, struct fail *f)
{
    struct buf_sink *s = ctx;
    buf_put(s->b, p, len);
    return buf_check(s->b, "output", f);
}

static enum err buf_patch(void *ctx, uint64_t off, const void *p, size_t len, struct fail *f)
{
    struct buf_sink *s = ctx;
    size_t written = s->b->len - s->start;
    if (off > written || len > written - off)
        return fail_set(f, E_INTERNAL, "patch outside what was written");
    memcpy(s->b->data + s->start + off, p, len);
    return OK;
}

struct sink sink_buf(struct buf_sink *s, struct buf *b)
{
    *s = (struct buf_sink){ b, b->len };
    return (struct sink){ buf_write, buf_patch, s };
}

static enum err fd_write(void *ctx, const void *p, size_t len, struct fail *f)
{
    const uint8_t *from = p;
    while (len) {
        ssize_t n = write((int)(intptr_t)ctx, from, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return fail_set(f, E_IO, "cannot write: %s", strerror(errno));
        from += n;
        len -= (size_t)n;
    }
    return OK;
}

static enum err fd_patch(void *ctx, uint64_t off, const void *p, size_t len, struct fail *f)
{
    const uint8_t *from = p;
    while (len) {
        if (off > INT64_MAX)
            return fail_set(f, E_IO, "cannot write at %llu", (unsigned long long)off);
        ssize_t n = pwrite((int)(intptr_t)ctx, from, len, (off_t)off);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return fail_set(f, E_IO, "cannot write: %s", strerror(errno));
        from += n;
        off += (uint64_t)n;
        len -= (size_t)n;
    }
    return OK;
}

struct sink sink_fd(int fd, bool seekable)
{
    return (struct sink){ fd_write, seekable ? fd_patch : NULL, (void *)(intptr_t)fd };
}
