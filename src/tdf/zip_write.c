/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "tdf/crc.h"
#include "tdf/zip.h"
#include "tdf/zip_format.h"

#define CRC_AT 14 /* in a local header */

/* What the directory will say of an entry. */
struct written {
    char *name;
    uint64_t size, header_at;
    uint32_t crc;
};

struct zip_writer {
    struct sink out;
    uint64_t at; /* bytes written */
    struct written *entries;
    size_t count;
    bool open;     /* between begin and end */
    bool crc_late; /* the local header waits for its CRC-32 */
    uint64_t left; /* bytes of the open entry still to come */
    uint32_t crc;  /* of those that came */
};

/* A record under construction: little-endian, and never longer than the longest record. */
struct record {
    uint8_t data[CENTRAL_LEN + ZIP_NAME_MAX + 28];
    size_t len;
};

static void put_le(struct record *r, uint64_t v, size_t n)
{
    if (n > sizeof r->data - r->len)
        BUG("ZIP record too long");
    for (size_t i = 0; i < n; i++)
        r->data[r->len++] = (uint8_t)(v >> (8 * i));
}

static void put_name(struct record *r, const char *name)
{
    size_t n = strlen(name);
    if (n > sizeof r->data - r->len)
        BUG("ZIP record too long");
    memcpy(r->data + r->len, name, n);
    r->len += n;
}

static uint64_t short_or_full(uint64_t v)
{
    return v < FULL32 ? v : FULL32;
}

struct zip_writer *zip_writer_new(const struct sink *out)
{
    struct zip_writer *w = mem_new(sizeof *w);
    w->out = *out;
    return w;
}

void zip_writer_freep(struct zip_writer **w)
{
    if (!*w)
        return;
    for (size_t i = 0; i < (*w)->count; i++)
        free((*w)->entries[i].name);
    free((*w)->entries);
    free(*w);
    *w = NULL;
}

static enum err emit(struct zip_writer *w, const void *p, size_t len, struct fail *f)
{
    TRY(w->out.write(w->out.ctx, p, len, f));
    w->at += len;
    return OK;
}

enum err zip_write_begin(struct zip_writer *w, const char *name, uint64_t size, const uint32_t *crc,
                         struct fail *f)
{
    if (w->open || strlen(name) == 0 || strlen(name) > ZIP_NAME_MAX || w->count >= FULL16)
        BUG("ZIP entry can't begin here");
    if (!crc && !w->out.patch)
        return fail_set(f, E_INTERNAL, "ZIP output can't be patched, and the checksum of '%s' is not known",
                        name);
    bool wide = size >= FULL32;
    struct record r = { 0 };
    put_le(&r, LOCAL_SIG, 4);
    put_le(&r, wide ? VERSION64 : VERSION, 2);
    put_le(&r, FLAG_UTF8, 2);
    put_le(&r, 0, 2); /* stored */
    put_le(&r, 0, 2);
    put_le(&r, DATE_1980, 2);
    put_le(&r, crc ? *crc : 0, 4);
    put_le(&r, short_or_full(size), 4);
    put_le(&r, short_or_full(size), 4);
    put_le(&r, strlen(name), 2);
    put_le(&r, wide ? 20 : 0, 2);
    put_name(&r, name);
    if (wide) { /* 4.5.3: in a local header always both sizes */
        put_le(&r, EXTRA64, 2);
        put_le(&r, 16, 2);
        put_le(&r, size, 8);
        put_le(&r, size, 8);
    }
    uint64_t header_at = w->at;
    TRY(emit(w, r.data, r.len, f));
    w->entries = mem_grow(w->entries, w->count + 1, sizeof *w->entries);
    w->entries[w->count++] = (struct written){ str_dup(name), size, header_at, crc ? *crc : 0 };
    w->open = true;
    w->crc_late = !crc;
    w->left = size;
    w->crc = 0;
    return OK;
}

enum err zip_write_data(struct zip_writer *w, const void *p, size_t len, struct fail *f)
{
    if (!w->open || len > w->left)
        BUG("ZIP entry longer than announced");
    if (w->crc_late)
        w->crc = crc_add(w->crc, BYTES(p, len));
    w->left -= len;
    return emit(w, p, len, f);
}

enum err zip_write_end(struct zip_writer *w, struct fail *f)
{
    if (!w->open || w->left)
        BUG("ZIP entry shorter than announced");
    struct written *e = &w->entries[w->count - 1];
    w->open = false;
    if (!w->crc_late)
        return OK;
    struct record r = { 0 };
    e->crc = w->crc;
    put_le(&r, e->crc, 4);
    return w->out.patch(w->out.ctx, e->header_at + CRC_AT, r.data, r.len, f);
}

enum err zip_write_bytes(struct zip_writer *w, const char *name, struct bytes v, struct fail *f)
{
    uint32_t crc = crc_add(0, v);
    TRY(zip_write_begin(w, name, v.len, &crc, f));
    TRY(zip_write_data(w, v.data, v.len, f));
    return zip_write_end(w, f);
}

static enum err to_entry(void *ctx, const void *p, size_t len, struct fail *f)
{
    return zip_write_data(ctx, p, len, f);
}

enum err zip_write_source(struct zip_writer *w, const char *name, const struct source *in, struct fail *f)
{
    uint32_t crc = 0;
    struct sink entry = { to_entry, NULL, w };
    if (!w->out.patch)
        TRY(source_crc(in, &crc, f));
    TRY(zip_write_begin(w, name, in->size, w->out.patch ? NULL : &crc, f));
    TRY(source_copy(in, &entry, f));
    return zip_write_end(w, f);
}

static enum err write_central(struct zip_writer *w, const struct written *e, struct fail *f)
{
    bool wide = e->size >= FULL32, far = e->header_at >= FULL32;
    size_t extra = (wide ? 16u : 0u) + (far ? 8u : 0u);
    struct record r = { 0 };
    put_le(&r, CENTRAL_SIG, 4);
    put_le(&r, wide || far ? VERSION64 : VERSION, 2);
    put_le(&r, wide ? VERSION64 : VERSION, 2);
    put_le(&r, FLAG_UTF8, 2);
    put_le(&r, 0, 2);
    put_le(&r, 0, 2);
    put_le(&r, DATE_1980, 2);
    put_le(&r, e->crc, 4);
    put_le(&r, short_or_full(e->size), 4);
    put_le(&r, short_or_full(e->size), 4);
    put_le(&r, strlen(e->name), 2);
    put_le(&r, extra ? 4 + extra : 0, 2);
    put_le(&r, 0, 2); /* no comment */
    put_le(&r, 0, 2); /* first disk */
    put_le(&r, 0, 2);
    put_le(&r, 0, 4);
    put_le(&r, short_or_full(e->header_at), 4);
    put_name(&r, e->name);
    if (extra) {
        put_le(&r, EXTRA64, 2);
        put_le(&r, extra, 2);
    }
    if (wide) {
        put_le(&r, e->size, 8);
        put_le(&r, e->size, 8);
    }
    if (far)
        put_le(&r, e->header_at, 8);
    return emit(w, r.data, r.len, f);
}

static void put_end64(struct record *r, uint64_t count, uint64_t size, uint64_t at)
{
    put_le(r, END64_SIG, 4);
    put_le(r, END64_LEN - 12, 8);
    put_le(r, VERSION64, 2);
    put_le(r, VERSION64, 2);
    put_le(r, 0, 4);
    put_le(r, 0, 4);
    put_le(r, count, 8);
    put_le(r, count, 8);
    put_le(r, size, 8);
    put_le(r, at, 8);
    put_le(r, FIND64_SIG, 4);
    put_le(r, 0, 4);
    put_le(r, at + size, 8);
    put_le(r, 1, 4);
}

enum err zip_write_finish(struct zip_writer *w, struct fail *f)
{
    if (w->open)
        BUG("ZIP entry still open");
    uint64_t at = w->at;
    for (size_t i = 0; i < w->count; i++)
        TRY(write_central(w, &w->entries[i], f));
    uint64_t size = w->at - at;
    struct record r = { 0 };
    if (at >= FULL32 || size >= FULL32)
        put_end64(&r, w->count, size, at);
    put_le(&r, END_SIG, 4);
    put_le(&r, 0, 2);
    put_le(&r, 0, 2);
    put_le(&r, w->count, 2);
    put_le(&r, w->count, 2);
    put_le(&r, short_or_full(size), 4);
    put_le(&r, short_or_full(at), 4);
    put_le(&r, 0, 2);
    return emit(w, r.data, r.len, f);
}
