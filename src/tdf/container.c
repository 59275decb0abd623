/* SPDX-License-Identifier: Apache-2.0 */
#include "tdf/container.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "tdf/zip.h"

static bool name_ok(const char *name)
{
    return strcmp(name, TDF_PAYLOAD_NAME) == 0 || strcmp(name, TDF_MANIFEST_NAME) == 0;
}

/* Whatever is malformed in a file that claims to be a container: it does not verify. */
static enum err unverified(enum err e, struct fail *f)
{
    if (e != E_INVALID && e != E_TOO_LARGE)
        return e;
    if (f)
        f->code = E_UNVERIFIED;
    return E_UNVERIFIED;
}

static enum err container_read(const struct zip *z, size_t manifest_max, struct tdf_container *c,
                               struct fail *f)
{
    const struct zip_entry *payload = zip_find(z, TDF_PAYLOAD_NAME);
    const struct zip_entry *manifest = zip_find(z, TDF_MANIFEST_NAME);
    if (!payload || !manifest)
        return fail_set(f, E_UNVERIFIED, "not a TDF: '%s' is missing",
                        payload ? TDF_MANIFEST_NAME : TDF_PAYLOAD_NAME);
    c->manifest_text = buf_new(manifest_max);
    TRY(zip_get(z, manifest, manifest_max, c->manifest_text, f));
    TRY(unverified(tdf_manifest_read(bytes_of(c->manifest_text), manifest_max, &c->manifest, f), f));
    zip_window(z, payload, &c->payload);
    if (tdf_manifest_sealed(c->manifest) != payload->size)
        return fail_why(f, REASON_TAMPERED, "payload is %llu bytes, its segments %llu",
                        (unsigned long long)payload->size,
                        (unsigned long long)tdf_manifest_sealed(c->manifest));
    return OK;
}

enum err tdf_container_read(const struct source *in, size_t manifest_max, struct tdf_container **out,
                            struct fail *f)
{
    static const struct zip_rules rules = {
        .foreign = true,
        .max_entries = 2,
        .max_total = TDF_PAYLOAD_MAX + TDF_MANIFEST_FOREIGN + (uint64_t)TDF_SEGMENTS_MAX * 28,
        .name_ok = name_ok,
    };
    AUTO(zip_freep) struct zip *z = NULL;
    AUTO(tdf_container_freep) struct tdf_container *c = mem_new(sizeof *c);
    TRY(zip_read(in, &rules, &z, f));
    TRY(container_read(z, manifest_max, c, f));
    *out = c;
    c = NULL;
    return OK;
}

void tdf_container_free(struct tdf_container *c)
{
    if (!c)
        return;
    tdf_manifest_free(c->manifest);
    buf_free(c->manifest_text);
    free(c);
}

void tdf_container_freep(struct tdf_container **c)
{
    tdf_container_free(*c);
    *c = NULL;
}

/* What the ZIP writer says around the payload: to the head, nowhere, to the tail. */
struct around {
    struct buf *to;
};

static enum err put_around(void *ctx, const void *p, size_t len, struct fail *f)
{
    struct around *a = ctx;
    if (!a->to)
        return OK;
    buf_put(a->to, p, len);
    return buf_check(a->to, "container", f);
}

static enum err write_around(struct zip_writer *w, struct around *a, struct tdf_joined *j,
                             struct bytes manifest, uint32_t crc, struct fail *f)
{
    a->to = &j->head;
    TRY(zip_write_begin(w, TDF_PAYLOAD_NAME, j->payload.size, &crc, f));
    a->to = NULL;
    /* Its bytes are not needed: the checksum is known, and they go nowhere. */
    for (uint64_t left = j->payload.size; left > 0;) {
        size_t n = left < SIZE_MAX / 2 ? (size_t)left : SIZE_MAX / 2;
        TRY(zip_write_data(w, NULL, n, f));
        left -= n;
    }
    TRY(zip_write_end(w, f));
    a->to = &j->tail;
    TRY(zip_write_bytes(w, TDF_MANIFEST_NAME, manifest, f));
    return zip_write_finish(w, f);
}

enum err tdf_joined_init(struct tdf_joined *j, struct bytes manifest, const struct source *payload,
                         struct fail *f)
{
    uint32_t crc;
    if (manifest.len > TDF_MANIFEST_FOREIGN)
        return fail_set(f, E_TOO_LARGE, "manifest is larger than %zu bytes", TDF_MANIFEST_FOREIGN);
    TRY(source_crc(payload, &crc, f));
    struct around a = { NULL };
    struct sink out = { put_around, NULL, &a };
    AUTO(zip_writer_freep) struct zip_writer *w = zip_writer_new(&out);
    struct tdf_joined made = { .payload = *payload };
    buf_init(&made.head, 1024);
    buf_init(&made.tail, manifest.len + 1024);
    enum err e = write_around(w, &a, &made, manifest, crc, f);
    if (e == OK)
        *j = made;
    else
        tdf_joined_clear(&made);
    return e;
}

void tdf_joined_clear(struct tdf_joined *j)
{
    buf_clear(&j->head);
    buf_clear(&j->tail);
}

/* The part of [off, off + len) that lies in a piece of ${size} bytes; what comes after it is left to do. */
static size_t overlap(uint64_t *off, size_t len, uint64_t size)
{
    if (*off >= size) {
        *off -= size;
        return 0;
    }
    return size - *off < len ? (size_t)(size - *off) : len;
}

static enum err joined_read_at(void *ctx, uint64_t off, void *out, size_t len, struct fail *f)
{
    struct tdf_joined *j = ctx;
    struct bytes head = bytes_of(&j->head), tail = bytes_of(&j->tail);
    const struct source pieces[] = { source_bytes(&head), j->payload, source_bytes(&tail) };
    uint8_t *to = out;
    for (size_t i = 0; i < COUNT(pieces) && len; i++) {
        size_t n = overlap(&off, len, pieces[i].size);
        if (n == 0)
            continue;
        TRY(source_read(&pieces[i], off, to, n, f));
        off = 0;
        to += n;
        len -= n;
    }
    return len ? fail_set(f, E_IO, "container ends early") : OK;
}

struct source tdf_joined_source(struct tdf_joined *j)
{
    return (struct source){ joined_read_at, j, j->head.len + j->payload.size + j->tail.len };
}

enum err tdf_assemble(struct bytes manifest, const struct source *payload, const struct sink *out,
                      struct fail *f)
{
    struct tdf_joined j;
    TRY(tdf_joined_init(&j, manifest, payload, f));
    struct source whole = tdf_joined_source(&j);
    enum err e = source_copy(&whole, out, f);
    tdf_joined_clear(&j);
    return e;
}
