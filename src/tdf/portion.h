/* SPDX-License-Identifier: Apache-2.0
 * tdf/portion.h - what a sealed portion of a report has beyond its container: a commitment to its text, the salt
 * that opens it, and padding (docs/formats.md, 4.2)
 *
 * Text is padded so that its length tells little: spaces follow it up to the next length that Padme allows. The
 * commitment is to the text alone. How long that is stands in the encrypted metadata, as a text of fixed width,
 * so that it can't be counted from outside either. Whoever knows nothing of this reads the text and blanks. */
#ifndef TDF_PORTION_H
#define TDF_PORTION_H

#include "crypto/hash.h"
#include "tdf/stream.h"

#define PORTION_SALT_LEN 32
#define PORTION_PAD      ' '
#define PORTION_WHOLE    UINT64_MAX /* nothing follows the text */

/* portion_padded: the length that ${size} bytes are sealed at: at most 12 % more; ${size} itself below 2, and
 * above 2^40. Padding to what is padded changes nothing. */
uint64_t portion_padded(uint64_t size);

/* portion_commit: SHA-256("orcon/portion/v1\n" || salt || text): what the originator signs about a text. */
void portion_commit(const uint8_t salt[static PORTION_SALT_LEN], struct bytes text,
                    uint8_t out[static HASH_LEN]);
/* portion_commit_begin: the same in pieces: a stream that wants the text. */
struct hash_stream *portion_commit_begin(const uint8_t salt[static PORTION_SALT_LEN]);

/* portion_metadata: {"salt": base64url} and, unless ${size} is PORTION_WHOLE, {"size": 13 digits}; caller
 * frees. */
char *portion_metadata(const uint8_t salt[static PORTION_SALT_LEN], uint64_t size);
/* portion_metadata_read: E_UNVERIFIED (REASON_TAMPERED) if there is no salt, or the size is none. */
MUST_USE enum err portion_metadata_read(struct bytes text, uint8_t salt[static PORTION_SALT_LEN],
                                        uint64_t *size, struct fail *f);

/* portion_check: that ${size} bytes of text and padding, nothing else, make ${sealed} bytes. Whether the padding
 * is blank, portion_blank says. E_UNVERIFIED (REASON_TAMPERED). */
MUST_USE enum err portion_check(uint64_t size, uint64_t sealed, struct fail *f);
bool portion_blank(struct bytes padding);

/* portion_source: ${text} with its padding; ${p} and what ${text} reads from are the caller's. */
struct portion_padding {
    struct source text;
};
struct source portion_source(struct portion_padding *p, const struct source *text);

#endif
