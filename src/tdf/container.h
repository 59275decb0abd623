/* SPDX-License-Identifier: Apache-2.0
 * tdf/container.h - a sealed portion as one file: a ZIP of `0.payload` and `0.manifest.json`.
 *
 * Nothing here needs or checks a key: see tdf/seal.h and tdf/open.h. Files that are no container, cut short,
 * malformed, or over a bound are E_UNVERIFIED (exit status 5). */
#ifndef TDF_CONTAINER_H
#define TDF_CONTAINER_H

#include "tdf/manifest.h"
#include "tdf/stream.h"

#define TDF_PAYLOAD_NAME  "0.payload"
#define TDF_MANIFEST_NAME "0.manifest.json"

/* A container that has been read: its manifest, that manifest's bytes, and where the payload is. */
struct tdf_container {
    struct tdf_manifest *manifest;
    struct buf *manifest_text;
    struct window payload; /* source_window(&c->payload) */
};

/*
 * tdf_container_read: both ZIP layouts that OpenTDF clients write, in either order of the entries. The
 * payload must be exactly as long as the manifest's segments. ${manifest_max} is TDF_MANIFEST_OWN or
 * TDF_MANIFEST_FOREIGN. ${in} is copied; what its ctx points at outlives ${out}.
 */
MUST_USE enum err tdf_container_read(const struct source *in, size_t manifest_max, struct tdf_container **out,
                                     struct fail *f);
void tdf_container_free(struct tdf_container *c);
void tdf_container_freep(struct tdf_container **c);

/*
 * A container made of a manifest and a payload that are kept apart, as a source: plain ZIP32 below 4 GiB,
 * ZIP64 above. tdf_joined_init reads the payload once, for its CRC-32; ${j} holds copies of the manifest and
 * of the source. tdf_assemble writes the same bytes to ${out}, which needs no patch.
 */
struct tdf_joined {
    struct buf head, tail;
    struct source payload;
};
MUST_USE enum err tdf_joined_init(struct tdf_joined *j, struct bytes manifest, const struct source *payload,
                                  struct fail *f);
void tdf_joined_clear(struct tdf_joined *j);
struct source tdf_joined_source(struct tdf_joined *j);
MUST_USE enum err tdf_assemble(struct bytes manifest, const struct source *payload, const struct sink *out,
                               struct fail *f);

#endif
