/* SPDX-License-Identifier: Apache-2.0
 * tdf/zip.h - stored-only ZIP (PKWARE APPNOTE 6.3): what OpenTDF containers and orcon packages are made of.
 *
 * What is written: method 0, UTF-8 flag, sizes and CRC-32 in the local header, no data descriptor, no
 * comment, time 1980-01-01; no extra field except ZIP64's where a size or an offset does not fit 32 bits.
 * What is read: see struct zip_rules. Everything refused is E_UNVERIFIED and says what is wrong with which
 * entry; E_IO comes from the source. */
#ifndef TDF_ZIP_H
#define TDF_ZIP_H

#include "tdf/stream.h"

#define ZIP_NAME_MAX 128 /* bytes of an entry's name */

/* One entry: its local header begins at ${header_at} of the archive, its bytes at ${at}. */
struct zip_entry {
    const char *name;
    uint64_t header_at, at, size;
    uint32_t crc;
};

/*
 * struct zip_rules: what a reader takes. Always refused: more than ${max_entries} (counted before anything
 * is allocated), sizes that sum to more than ${max_total}, names that ${name_ok} does not know or that occur
 * twice, other methods than stored, encryption, several disks, comments, overlapping entries, a first entry
 * not at offset 0, bytes after the end record.
 *   foreign false: also refused are data descriptors, any gap between entries, extra fields other than a
 *                  ZIP64 one that is needed, and any difference between a local header and its central one
 *   foreign true:  ZIP64 at will, extra fields, data descriptors (a gap of at most 24 bytes where flag bit 3
 *                  says so); local sizes may be 0 or FFFFFFFF where a descriptor follows; the central header
 *                  counts, the local name must agree
 */
struct zip_rules {
    bool foreign;
    size_t max_entries;
    uint64_t max_total;
    bool (*name_ok)(const char *name);
};

/* An archive whose directory has been read and checked. Holds a copy of the source, not its bytes. */
struct zip;
MUST_USE enum err zip_read(const struct source *in, const struct zip_rules *rules, struct zip **out,
                           struct fail *f);
void zip_free(struct zip *z);
void zip_freep(struct zip **z);

/* zip_count, zip_at: the entries in the order of their bytes. zip_find: NULL if there is none. Owned by
 * ${z}. */
size_t zip_count(const struct zip *z);
const struct zip_entry *zip_at(const struct zip *z, size_t index);
const struct zip_entry *zip_find(const struct zip *z, const char *name);

/* zip_get: append all bytes of ${e} to ${out}, checked against its CRC-32; more than ${max} are E_UNVERIFIED.
 * zip_window: the bytes as a source, unchecked: for content that carries its own proof. */
MUST_USE enum err zip_get(const struct zip *z, const struct zip_entry *e, size_t max, struct buf *out,
                          struct fail *f);
struct source zip_window(const struct zip *z, const struct zip_entry *e, struct window *w);

/*
 * The writer. One entry at a time: begin, data until ${size} bytes have been given, end. ${crc} is the
 * CRC-32 of the entry where it is known before; NULL needs a sink that can patch (E_INTERNAL otherwise).
 * zip_write_source is all three for a source; it reads the source twice if the sink can't patch. Names are
 * 1..ZIP_NAME_MAX bytes, and copied. At most 65534 entries. Errors are the sink's and the source's.
 */
struct zip_writer;
struct zip_writer *zip_writer_new(const struct sink *out);
void zip_writer_freep(struct zip_writer **w);
MUST_USE enum err zip_write_begin(struct zip_writer *w, const char *name, uint64_t size, const uint32_t *crc,
                                  struct fail *f);
MUST_USE enum err zip_write_data(struct zip_writer *w, const void *p, size_t len, struct fail *f);
MUST_USE enum err zip_write_end(struct zip_writer *w, struct fail *f);
MUST_USE enum err zip_write_bytes(struct zip_writer *w, const char *name, struct bytes v, struct fail *f);
MUST_USE enum err zip_write_source(struct zip_writer *w, const char *name, const struct source *in,
                                   struct fail *f);
/* zip_write_finish: the central directory and the end record; nothing may follow. */
MUST_USE enum err zip_write_finish(struct zip_writer *w, struct fail *f);

#endif
