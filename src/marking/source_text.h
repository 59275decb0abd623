/* SPDX-License-Identifier: Apache-2.0
 * marking/source_text.h - what source.c needs to know of lines, and of constructs inside a text */
#ifndef MARKING_SOURCE_TEXT_H
#define MARKING_SOURCE_TEXT_H

#include "base/buf.h"

/* source_text_line: cut the first line off ${rest}, without its '\n'; false when nothing is left. */
bool source_text_line(struct bytes *rest, struct bytes *line);
/* source_text_blank: nothing but spaces, tabs and carriage returns. */
bool source_text_blank(struct bytes line);
/* source_text_trim: without blank lines at either end, and without the last line break. */
struct bytes source_text_trim(struct bytes text);

/* source_text_mark: a mark, good or bad, at the start of ${line}: ${inside} its parentheses, ${after} what
 * follows the closing one (data NULL where there is none). */
bool source_text_mark(struct bytes line, struct bytes *inside, struct bytes *after);
/* source_text_stray: where a TLP label in brackets stands at the start of ${line} but for blanks, list and
 * quote signs or other brackets; NULL if it doesn't. */
const uint8_t *source_text_stray(struct bytes line);

/* source_text_construct: the first citation or group of variants at ${from} of ${text} or behind it, in ${here}, whole. What is
 * escaped with a backslash, and what stands between backquotes (a Markdown code span), is text. */
enum source_construct { SOURCE_PLAIN, SOURCE_CITATION, SOURCE_VARIANTS };
enum source_construct source_text_construct(struct bytes text, const uint8_t *from, struct bytes *here);

#endif
