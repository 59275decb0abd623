/* SPDX-License-Identifier: Apache-2.0
 * tdf/variant.h - `{conceal|hide}`: places in a portion's text where copies differ, by a code that says whose copy it is
 *
 * The author's client seals the text with both wordings in it; where they stand is in the master's encrypted metadata. The
 * sealer leaves one of the two in each copy. Which one follows from a number that the holder has within the report, and
 * from a secret that follows from the master's data key: so the sealer, and whoever can read the master, know the code, and a
 * holder knows nothing but his own copy. docs/formats.md, 4.3, has the code; client/trace.h reads it back.
 *
 * Pure; any thread. */
#ifndef TDF_VARIANT_H
#define TDF_VARIANT_H

#include "crypto/hash.h"
#include "tdf/manifest.h"
#include "tdf/stream.h"

#define VARIANT_MAX   256  /* places in one portion */
#define VARIANT_TEXT  1024 /* bytes of one wording */
#define VARIANT_HOUSE 0u /* the number under which the originator's own people read; holders have 1 and up */

/* A place: `{` at ${at} of the text as sealed, ${first} bytes, `|`, ${second} bytes, `}`. */
struct variant_place {
    uint64_t at;
    uint32_t first, second;
};

/* Ascending, none overlapping. */
struct variants {
    struct variant_place place[VARIANT_MAX];
    size_t count;
};

/* variants_metadata: ${metadata} of tdf/portion.h, with the places in it (`"variants":[[at,first,second],...]`); caller
 * frees. variants_read: the places in such metadata of a text of ${size} bytes, none at all included. E_UNVERIFIED
 * (REASON_TAMPERED) for places out of order, outside the text, or over the bounds above. */
char *variants_metadata(const char *metadata, const struct variants *v);
MUST_USE enum err variants_read(struct bytes metadata, uint64_t size, struct variants *out, struct fail *f);

/* What chooses: made of the data key of the master, wiped by whoever made it. */
struct variant_code {
    uint8_t secret[HASH_LEN];
    uint32_t number; /* of the holder, within the report */
};
void variant_secret(const uint8_t key[static TDF_KEY_LEN], uint8_t out[static HASH_LEN]);

/* variant_second: whether the holder's copy has the second wording at place ${i}. */
bool variant_second(const struct variant_code *code, size_t i);

/*
 * The text with one wording at each place, as a source to be read from its beginning, in order, once, out of ${raw}, which is
 * read so too. ${hash}, unless NULL, is fed with the text. At its end the rest of ${raw} (padding) is read, so that what
 * checks it has seen it all. ${v}, ${code} and ${c} outlive the source.
 */
struct variant_choice {
    struct source raw;
    uint64_t text; /* bytes of ${raw} that are text */
    const struct variants *v;
    const struct variant_code *code;
    struct hash_stream *hash;
    uint64_t at, raw_at; /* given, read */
    size_t next;         /* the place that comes next */
    uint64_t keep;       /* bytes to give before anything is left out */
};
struct source variant_source(struct variant_choice *c, const struct source *raw, uint64_t text,
                             const struct variants *v, const struct variant_code *code,
                             struct hash_stream *hash);

#endif
