/* SPDX-License-Identifier: Apache-2.0
 * tdf/package.h - a report on its way: one strict ZIP of
 *     report.json                    first: the originator's signed statement
 *     portions/<portion uuid>.tdf    a sealed portion
 *     portions/<portion uuid>.md     a TLP:CLEAR one
 * and nothing else. Each uuid once, lower case. At most 1024 entries; report.json at most 1 MiB.
 *
 * The reader checks the form only. What the entries say is proved by report.json: its signature, then the
 * digests of manifests and texts in it. A malformed package is E_UNVERIFIED and names the entry. */
#ifndef TDF_PACKAGE_H
#define TDF_PACKAGE_H

#include "tdf/stream.h"

#define PACKAGE_ENTRIES_MAX 1024 /* report.json included */
#define PACKAGE_REPORT_MAX  ((size_t)1 << 20)
#define PACKAGE_TEXT_MAX    ((size_t)8 << 20) /* a CLEAR portion */
#define PACKAGE_SIZE_MAX    ((uint64_t)64 << 30)

enum package_kind { PACKAGE_SEALED, PACKAGE_CLEAR };

/* A portion in a package: where its bytes are. */
struct package_portion {
    char uuid[37];
    enum package_kind kind;
    struct window bytes; /* source_window(&p->bytes) */
};

/* A package that has been read. */
struct package;
MUST_USE enum err package_read(const struct source *in, struct package **out, struct fail *f);
void package_free(struct package *p);
void package_freep(struct package **p);

/* package_report: the bytes of report.json. package_count, package_at, package_find: the portions, in the
 * order of the file; NULL if there is none. All owned by ${p}. */
struct bytes package_report(const struct package *p);
size_t package_count(const struct package *p);
const struct package_portion *package_at(const struct package *p, size_t index);
const struct package_portion *package_find(const struct package *p, const char *uuid);

/*
 * The writer: report.json first, then portions, then the end. To a sink that can patch, sources are read
 * once, else twice. A sealed portion kept apart is given as tdf_joined_source (tdf/container.h). E_INVALID:
 * ${uuid} is not one, or was given before; E_TOO_LARGE: over a bound.
 */
struct package_writer;
MUST_USE enum err package_begin(const struct sink *out, struct bytes report, struct package_writer **w,
                                struct fail *f);
MUST_USE enum err package_add(struct package_writer *w, const char *uuid, enum package_kind kind,
                              const struct source *in, struct fail *f);
MUST_USE enum err package_end(struct package_writer *w, struct fail *f);
void package_writer_freep(struct package_writer **w);

#endif
