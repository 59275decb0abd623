/* SPDX-License-Identifier: Apache-2.0 */
#include "tdf/zip.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "tdf/crc.h"
#include "tdf/zip_format.h"

#define DESCRIPTOR_MAX 24 /* 4.3.9: signature, CRC-32 and two 8-byte sizes */
#define FOREIGN_EXTRA                                                                                        \
    1024 /* bytes of extra fields to an entry, on average, that a foreign directory may have */
#define FLAGS_HARMLESS  0x0806u /* UTF-8; two that mean something to methods not taken here */
#define FLAGS_ENCRYPTED 0x2041u

struct zip {
    struct source in;
    size_t count;
    struct zip_entry *entries;
    char *names; /* ZIP_NAME_MAX + 1 bytes each */
};

/* What the end record, or its ZIP64 form, says of the directory. */
struct end {
    uint64_t count, size, at;
    uint64_t tail_at; /* where the directory has to end */
};

/* A central header, and what it is checked with. */
struct central {
    struct zip_entry e;
    uint16_t need, flags, time, date;
    bool wide; /* sizes are in a ZIP64 field */
};

static enum err bad(struct fail *f, const char *name, const char *why)
{
    if (name)
        return fail_set(f, E_UNVERIFIED, "ZIP entry '%.128s' %s", name, why);
    return fail_set(f, E_UNVERIFIED, "ZIP %s", why);
}

/* ${small} of the end record against ${wide} of its ZIP64 form: absent, or the same. */
static bool agrees(uint64_t small, uint64_t full, uint64_t wide, bool foreign)
{
    if (small == full)
        return foreign || wide >= full;
    return small == wide;
}

static enum err read_end64(const struct source *in, const struct zip_rules *rules, const uint8_t *end,
                           struct end *out, struct fail *f)
{
    uint8_t find[FIND64_LEN], wide[END64_LEN];
    if (in->size < END_LEN + FIND64_LEN + END64_LEN)
        return bad(f, NULL, "has no ZIP64 end record");
    uint64_t find_at = in->size - END_LEN - FIND64_LEN;
    TRY(source_read(in, find_at, find, sizeof find, f));
    uint64_t at = le64(find + 8);
    if (le32(find) != FIND64_SIG || le32(find + 4) != 0 || le32(find + 16) > 1)
        return bad(f, NULL, "has no ZIP64 end record");
    if (at > find_at - END64_LEN)
        return bad(f, NULL, "has its ZIP64 end record at a wrong place");
    TRY(source_read(in, at, wide, sizeof wide, f));
    uint64_t rest = le64(wide + 4);
    if (le32(wide) != END64_SIG || rest != find_at - at - 12 || (!rules->foreign && rest != END64_LEN - 12))
        return bad(f, NULL, "has a malformed ZIP64 end record");
    if (le32(wide + 16) != 0 || le32(wide + 20) != 0 || le64(wide + 24) != le64(wide + 32))
        return bad(f, NULL, "is in several parts");
    *out = (struct end){ le64(wide + 32), le64(wide + 40), le64(wide + 48), at };
    if (!agrees(le16(end + 8), FULL16, out->count, rules->foreign) ||
        !agrees(le16(end + 10), FULL16, out->count, rules->foreign) ||
        !agrees(le32(end + 12), FULL32, out->size, rules->foreign) ||
        !agrees(le32(end + 16), FULL32, out->at, rules->foreign))
        return bad(f, NULL, "has two end records that disagree");
    return OK;
}

static enum err read_end(const struct source *in, const struct zip_rules *rules, struct end *out,
                         struct fail *f)
{
    uint8_t end[END_LEN];
    if (in->size < END_LEN)
        return bad(f, NULL, "has no end record: not a ZIP, or cut short");
    TRY(source_read(in, in->size - END_LEN, end, sizeof end, f));
    if (le32(end) != END_SIG || le16(end + 20) != 0)
        return bad(f, NULL, "has no end record at its end: not a ZIP, cut short, or with a comment");
    bool wide = le16(end + 10) == FULL16 || le32(end + 12) == FULL32 || le32(end + 16) == FULL32;
    uint16_t disks[] = { le16(end + 4), le16(end + 6) };
    for (size_t i = 0; i < COUNT(disks); i++)
        if (disks[i] != 0 && !(wide && rules->foreign && disks[i] == FULL16))
            return bad(f, NULL, "is in several parts");
    if (wide)
        TRY(read_end64(in, rules, end, out, f));
    else if (le16(end + 8) != le16(end + 10))
        return bad(f, NULL, "is in several parts");
    else
        *out = (struct end){ le16(end + 10), le32(end + 12), le32(end + 16), in->size - END_LEN };
    if (out->at > out->tail_at || out->size != out->tail_at - out->at)
        return bad(f, NULL, "has a directory that does not end where it should");
    if (out->count == 0)
        return bad(f, NULL, "is empty");
    if (out->count > rules->max_entries)
        return fail_set(f, E_UNVERIFIED, "ZIP has %llu entries, more than %zu",
                        (unsigned long long)out->count, rules->max_entries);
    size_t each = CENTRAL_LEN + ZIP_NAME_MAX + (rules->foreign ? FOREIGN_EXTRA : 4 + 24);
    if (out->size > out->count * each)
        return bad(f, NULL, "has a directory larger than its entries need");
    return OK;
}

/*
 * The ZIP64 field among the extra fields: it holds, in this order, those of ${values} that are FULL32 in the
 * header. Each of these is replaced. Strictly, there is no other field, and no value that would have fitted.
 */
static bool read_extra(struct bytes extra, bool foreign, uint64_t **values, size_t count)
{
    struct bytes wide = { 0 };
    bool seen = false;
    for (size_t at = 0; at < extra.len;) {
        if (extra.len - at < 4)
            return foreign && !seen; /* padding that is no field: only where no field matters */
        size_t n = le16(extra.data + at + 2);
        if (n > extra.len - at - 4)
            return false;
        if (le16(extra.data + at) == EXTRA64) {
            if (seen)
                return false;
            seen = true;
            wide = BYTES(extra.data + at + 4, n);
        } else if (!foreign) {
            return false;
        }
        at += 4 + n;
    }
    size_t used = 0;
    for (size_t i = 0; i < count; i++) {
        if (*values[i] != FULL32)
            continue;
        if (wide.len - used < 8)
            return false;
        *values[i] = le64(wide.data + used);
        used += 8;
        if (!foreign && *values[i] < FULL32)
            return false;
    }
    return foreign || (used == wide.len && seen == (used > 0));
}

static enum err check_central(const struct central *c, const struct zip_rules *rules, uint16_t method,
                              uint64_t packed, struct fail *f)
{
    const char *name = c->e.name;
    uint16_t allowed = rules->foreign ? FLAGS_HARMLESS | FLAG_DESCRIPTOR : FLAG_UTF8;
    if (c->flags & FLAGS_ENCRYPTED)
        return bad(f, name, "is encrypted by ZIP");
    if (method != 0)
        return bad(f, name, "is compressed");
    if (c->flags & ~allowed)
        return bad(f, name, "has flags that are not taken here");
    if (c->need > VERSION64)
        return bad(f, name, "needs a later version of ZIP");
    if (packed != c->e.size)
        return bad(f, name, "is stored, but with two sizes");
    return OK;
}

/* A refused name is shown with what could move a terminal's cursor replaced. */
static enum err read_name(struct bytes text, const struct zip_rules *rules, char *name, struct fail *f)
{
    size_t len = text.len < ZIP_NAME_MAX ? text.len : ZIP_NAME_MAX;
    bool whole = text.len > 0 && text.len == len && !memchr(text.data, '\0', text.len);
    memcpy(name, text.data, len);
    name[len] = '\0';
    if (whole && rules->name_ok(name))
        return OK;
    for (size_t i = 0; i < len; i++)
        if (name[i] < 0x20 || name[i] > 0x7e)
            name[i] = '?';
    return bad(f, name, "has a name that is not taken here");
}

/* One central header at the front of ${r}; its name goes to ${name} (ZIP_NAME_MAX + 1 bytes). */
static enum err read_central(struct reader *r, const struct zip_rules *rules, char *name, struct central *c,
                             struct fail *f)
{
    struct bytes fixed, text, extra;
    if (!get_bytes(r, CENTRAL_LEN, &fixed) || le32(fixed.data) != CENTRAL_SIG)
        return bad(f, NULL, "has a malformed directory");
    const uint8_t *h = fixed.data;
    if (!get_bytes(r, le16(h + 28), &text) || !get_bytes(r, le16(h + 30), &extra))
        return bad(f, NULL, "has a malformed directory");
    TRY(read_name(text, rules, name, f));
    if (le16(h + 32) != 0)
        return bad(f, name, "has a comment");
    if (le16(h + 34) != 0 && !(rules->foreign && le16(h + 34) == FULL16))
        return bad(f, name, "is in several parts");
    uint64_t size = le32(h + 24), packed = le32(h + 20), at = le32(h + 42);
    bool wide = size == FULL32 || packed == FULL32;
    if (!read_extra(extra, rules->foreign, (uint64_t *[]){ &size, &packed, &at }, 3))
        return bad(f, name, "has extra fields that are not taken here");
    *c = (struct central){ .e = { .name = name, .size = size, .crc = le32(h + 16), .header_at = at },
                           .need = le16(h + 6),
                           .flags = le16(h + 8),
                           .time = le16(h + 12),
                           .date = le16(h + 14),
                           .wide = wide };
    return check_central(c, rules, le16(h + 10), packed, f);
}

/* Sizes in a local header: those of the central one; or, where a descriptor follows, not known yet. */
static bool local_sizes_agree(const struct central *c, const uint8_t *h, struct bytes extra, bool foreign)
{
    bool later = le16(h + 6) & FLAG_DESCRIPTOR;
    uint64_t packed = le32(h + 18), size = le32(h + 22);
    uint32_t crc = le32(h + 14);
    if (later)
        return (packed == 0 || packed == FULL32 || packed == c->e.size) &&
               (size == 0 || size == FULL32 || size == c->e.size) && (crc == 0 || crc == c->e.crc);
    if (!read_extra(extra, foreign, (uint64_t *[]){ &size, &packed }, 2))
        return false;
    return crc == c->e.crc && packed == c->e.size && size == c->e.size;
}

static enum err read_local(const struct source *in, const struct zip_rules *rules, struct central *c,
                           struct fail *f)
{
    uint8_t h[LOCAL_LEN], name[ZIP_NAME_MAX];
    size_t name_len = strlen(c->e.name);
    TRY(source_read(in, c->e.header_at, h, sizeof h, f));
    size_t extra_len = le16(h + 28);
    if (le32(h) != LOCAL_SIG)
        return bad(f, c->e.name, "has no local header where the directory says");
    if (le16(h + 26) != name_len)
        return bad(f, c->e.name, "has another name in its local header");
    TRY(source_read(in, c->e.header_at + LOCAL_LEN, name, name_len, f));
    if (memcmp(name, c->e.name, name_len) != 0)
        return bad(f, c->e.name, "has another name in its local header");
    uint16_t flags = le16(h + 6);
    uint16_t allowed = rules->foreign ? FLAGS_HARMLESS | FLAG_DESCRIPTOR : FLAG_UTF8;
    if (le16(h + 8) != 0 || (flags & ~allowed))
        return bad(f, c->e.name, "is not plainly stored, says its local header");
    if (!rules->foreign && (flags != c->flags || le16(h + 4) != c->need || le16(h + 10) != c->time ||
                            le16(h + 12) != c->date || (extra_len != 0) != c->wide))
        return bad(f, c->e.name, "has a local header that differs from the central one");
    AUTO(mem_freep) uint8_t *extra = mem_array(extra_len ? extra_len : 1, 1);
    TRY(source_read(in, c->e.header_at + LOCAL_LEN + name_len, extra, extra_len, f));
    if (!local_sizes_agree(c, h, BYTES(extra, extra_len), rules->foreign))
        return bad(f, c->e.name, "has a local header that differs from the central one");
    c->flags |= flags & FLAG_DESCRIPTOR;
    c->e.at = c->e.header_at + LOCAL_LEN + name_len + extra_len;
    return OK;
}

static int by_place(const void *a, const void *b)
{
    const struct central *x = a, *y = b;
    return (x->e.header_at > y->e.header_at) - (x->e.header_at < y->e.header_at);
}

static int by_name(const void *a, const void *b)
{
    const struct central *x = a, *y = b;
    return strcmp(x->e.name, y->e.name);
}

/* Names once only, and the sum of the sizes: before anything of the entries themselves is read. */
static enum err check_names_and_sum(struct central *all, size_t count, const struct zip_rules *rules,
                                    struct fail *f)
{
    qsort(all, count, sizeof *all, by_name);
    uint64_t sum = 0;
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && strcmp(all[i].e.name, all[i - 1].e.name) == 0)
            return bad(f, all[i].e.name, "occurs twice");
        if (__builtin_add_overflow(sum, all[i].e.size, &sum) || sum > rules->max_total)
            return fail_set(f, E_UNVERIFIED, "ZIP entries are larger than %llu bytes together",
                            (unsigned long long)rules->max_total);
    }
    return OK;
}

/* Every byte belongs to one entry or to the directory; a descriptor may follow an entry that says so. */
static enum err check_layout(const struct source *in, const struct zip_rules *rules, struct central *all,
                             size_t count, uint64_t directory_at, struct fail *f)
{
    uint64_t next = 0, slack = 0;
    qsort(all, count, sizeof *all, by_place);
    for (size_t i = 0; i < count; i++) {
        struct central *c = &all[i];
        if (c->e.header_at < next)
            return bad(f, c->e.name, "overlaps another entry");
        if (c->e.header_at - next > slack)
            return bad(f, c->e.name, "does not begin where the entry before it ends");
        if (c->e.header_at > directory_at || directory_at - c->e.header_at < LOCAL_LEN)
            return bad(f, c->e.name, "overlaps the directory");
        TRY(read_local(in, rules, c, f));
        if (c->e.at > directory_at || c->e.size > directory_at - c->e.at)
            return bad(f, c->e.name, "overlaps the directory");
        next = c->e.at + c->e.size;
        slack = c->flags & FLAG_DESCRIPTOR ? DESCRIPTOR_MAX : 0;
    }
    if (directory_at - next > slack)
        return bad(f, NULL, "has bytes between its entries and its directory");
    return OK;
}

static enum err read_directory(struct zip *z, const struct zip_rules *rules, const struct end *end,
                               struct fail *f)
{
    AUTO(mem_freep) uint8_t *raw = mem_array((size_t)end->size + 1, 1);
    AUTO(mem_freep) struct central *all = mem_array((size_t)end->count, sizeof *all);
    z->names = mem_array((size_t)end->count, ZIP_NAME_MAX + 1);
    TRY(source_read(&z->in, end->at, raw, (size_t)end->size, f));
    struct reader r = reader_of(BYTES(raw, end->size));
    for (size_t i = 0; i < end->count; i++)
        TRY(read_central(&r, rules, z->names + i * (ZIP_NAME_MAX + 1), &all[i], f));
    if (!reader_done(&r))
        return bad(f, NULL, "has a malformed directory");
    TRY(check_names_and_sum(all, (size_t)end->count, rules, f));
    TRY(check_layout(&z->in, rules, all, (size_t)end->count, end->at, f));
    z->entries = mem_array((size_t)end->count, sizeof *z->entries);
    for (size_t i = 0; i < end->count; i++)
        z->entries[i] = all[i].e;
    z->count = (size_t)end->count;
    return OK;
}

enum err zip_read(const struct source *in, const struct zip_rules *rules, struct zip **out, struct fail *f)
{
    struct end end = { 0 };
    TRY(read_end(in, rules, &end, f));
    AUTO(zip_freep) struct zip *z = mem_new(sizeof *z);
    z->in = *in;
    TRY(read_directory(z, rules, &end, f));
    *out = z;
    z = NULL;
    return OK;
}

void zip_free(struct zip *z)
{
    if (!z)
        return;
    free(z->entries);
    free(z->names);
    free(z);
}

void zip_freep(struct zip **z)
{
    zip_free(*z);
    *z = NULL;
}

size_t zip_count(const struct zip *z)
{
    return z->count;
}

const struct zip_entry *zip_at(const struct zip *z, size_t index)
{
    return index < z->count ? &z->entries[index] : NULL;
}

const struct zip_entry *zip_find(const struct zip *z, const char *name)
{
    for (size_t i = 0; i < z->count; i++)
        if (strcmp(z->entries[i].name, name) == 0)
            return &z->entries[i];
    return NULL;
}

enum err zip_get(const struct zip *z, const struct zip_entry *e, size_t max, struct buf *out, struct fail *f)
{
    if (e->size > max)
        return fail_set(f, E_UNVERIFIED, "ZIP entry '%s' is larger than %zu bytes", e->name, max);
    size_t before = out->len;
    uint8_t *to = buf_reserve(out, (size_t)e->size);
    if (!to)
        return buf_check(out, e->name, f);
    TRY(source_read(&z->in, e->at, to, (size_t)e->size, f));
    if (crc_add(0, BYTES(to, e->size)) != e->crc)
        return bad(f, e->name, "has another checksum than the directory says");
    out->len = before + (size_t)e->size;
    return OK;
}

struct source zip_window(const struct zip *z, const struct zip_entry *e, struct window *w)
{
    *w = (struct window){ z->in, e->at, e->size };
    return source_window(w);
}
