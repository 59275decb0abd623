/* SPDX-License-Identifier: Apache-2.0
 * marking/word.h - the text of a mark cut into words: views into it, blanks taken off */
#ifndef MARKING_WORD_H
#define MARKING_WORD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/* word_trim: without spaces and tabs at either end. */
struct bytes word_trim(struct bytes v);

/*
 * word_next: cut the next piece off ${rest}, up to ${separator} or the end, trimmed. False when nothing is
 * left; a text with n separators has n + 1 pieces, empty ones included. ${rest} starts as the whole text,
 * data not NULL.
 */
bool word_next(struct bytes *rest, const char *separator, struct bytes *piece);

/* word_is: the same letters, whatever their case (ASCII). word_in: ${v} is one of a NULL-ended list. */
bool word_is(struct bytes v, const char *word);
bool word_in(struct bytes v, const char *const *list);
/* word_starts: ${v} begins with ${word}, whatever its case. word_after: ${v} without its first ${n} bytes. */
bool word_starts(struct bytes v, const char *word);
struct bytes word_after(struct bytes v, size_t n);
/* word_has: whether ${c} is in ${v}. word_is_capitals: no lower-case letter. */
bool word_has(struct bytes v, char c);
bool word_is_capitals(struct bytes v);

/* word_upper, word_lower: a heap copy in one case (ASCII). NULL if ${v} holds a zero byte. */
char *word_upper(struct bytes v);
char *word_lower(struct bytes v);

/* word_show: ${v} for an error message: at most 40 characters, whatever is not printable ASCII as '?'. */
#define WORD_SHOW 44
const char *word_show(struct bytes v, char out[static WORD_SHOW]);

#endif
