/* SPDX-License-Identifier: Apache-2.0
 * tdf/stream.h - bytes read at an offset, bytes written in order: how this layer meets files and memory.
 *
 * Both are small values, copied freely; what ${ctx} points at must outlive every copy. One thread at a time
 * for a sink; a source may be read by many if its read_at allows (memory and descriptors do). */
#ifndef TDF_STREAM_H
#define TDF_STREAM_H

#include "base/buf.h"

/* read_at: exactly ${len} bytes at ${off} into ${out}, or an error (E_IO). Never called past ${size}. */
struct source {
    enum err (*read_at)(void *ctx, uint64_t off, void *out, size_t len, struct fail *f);
    void *ctx;
    uint64_t size;
};

/*
 * write: all ${len} bytes, after those already written, or an error.
 * patch: overwrite ${len} bytes at ${off}, counted from the first byte written to this sink; all of them were
 * written before. NULL where what is written is gone (a pipe, a socket).
 */
struct sink {
    enum err (*write)(void *ctx, const void *p, size_t len, struct fail *f);
    enum err (*patch)(void *ctx, uint64_t off, const void *p, size_t len, struct fail *f);
    void *ctx;
};

/* source_read: read_at within the bounds of the source; E_UNVERIFIED ("ends early") outside them. */
MUST_USE enum err source_read(const struct source *in, uint64_t off, void *out, size_t len, struct fail *f);
/* source_copy: all of ${in} to ${out}, in pieces of at most 1 MiB. */
MUST_USE enum err source_copy(const struct source *in, const struct sink *out, struct fail *f);
/* source_crc: CRC-32 (ISO 3309, as in ZIP) of all of ${in}. */
MUST_USE enum err source_crc(const struct source *in, uint32_t *crc, struct fail *f);

/* source_bytes: memory; ${v} and its bytes are the caller's and outlive the source. */
struct source source_bytes(struct bytes *v);
/* source_fd: a file of ${size} bytes, read with pread(2); E_IO when it has become shorter. */
struct source source_fd(int fd, uint64_t size);

/* A part of another source, which is copied. source_window: E_UNVERIFIED if it does not lie inside. */
struct window {
    struct source in;
    uint64_t at, size;
};
struct source source_window(struct window *w);

/* sink_buf: appended to ${b}, at most its maximum (E_TOO_LARGE). ${s} is filled; both are the caller's. */
struct buf_sink {
    struct buf *b;
    size_t start;
};
struct sink sink_buf(struct buf_sink *s, struct buf *b);

/* sink_fd: written with write(2); with ${seekable} patched with pwrite(2): then a regular file, not opened
 * with O_APPEND, whose offset is 0 at the first write. */
struct sink sink_fd(int fd, bool seekable);

#endif
