/* SPDX-License-Identifier: Apache-2.0
 * keeper/master.h - a sealed master as a stream of its plaintext: decrypted a segment at a time, while a copy
 * is sealed from it. The plaintext lies in one secret buffer, and nowhere else. */
#ifndef KEEPER_MASTER_H
#define KEEPER_MASTER_H

#include "keeper/keys.h"
#include "tdf/manifest.h"
#include "tdf/stream.h"
#include "tdf/variant.h"

struct master;

/*
 * master_open: read ${manifest}, unwrap its data key with one of our kas keys, check policy binding and root.
 * Masters are written by our own software: 4.3.0, GMAC segments, one key access object; others are E_INVALID.
 * What does not hold is E_UNVERIFIED (REASON_TAMPERED), also where the payload is of another length.
 *   payload    the encrypted segments; copied, what its ctx points at outlives ${out}
 */
MUST_USE enum err master_open(const struct keys *k, struct bytes manifest, const struct source *payload,
                              struct master **out, struct fail *f);
void master_freep(struct master **m);

/* master_manifest: owned by ${m}. master_plain: the plaintext, to be read from its beginning, in order, once;
 * each segment is checked when it is reached. ${hash}, unless NULL, is fed with the text in it, without
 * the padding (tdf/portion.h), which has to be blank. master_size: of the text, PORTION_WHOLE without padding. */
const struct tdf_manifest *master_manifest(const struct master *m);
uint64_t master_size(const struct master *m);
struct hash_stream;
struct source master_plain(struct master *m, struct hash_stream *hash);

/* master_variants: the places in its text where copies differ (tdf/variant.h); count 0: none. Owned by ${m}. master_code:
 * what chooses for holder ${number}; the caller wipes it. */
const struct variants *master_variants(const struct master *m);
void master_code(const struct master *m, uint32_t number, struct variant_code *out);

#endif
