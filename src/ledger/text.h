/* SPDX-License-Identifier: Apache-2.0
 * ledger/text.h - reading the line-based texts of logs, strictly */
#ifndef LEDGER_TEXT_H
#define LEDGER_TEXT_H

#include "base/buf.h"

/* text_line: the next line without its newline; false, and nothing moves, when there is no whole line left. */
bool text_line(struct reader *r, struct bytes *line);

/* text_cut: ${v} at its first ${c}: what is before, and what is after it; false if there is none. ${head} may
 * be ${v}'s own struct. */
bool text_cut(struct bytes v, char c, struct bytes *head, struct bytes *tail);

/* text_after: what follows ${prefix}; false if ${v} does not begin with it. */
bool text_after(struct bytes v, const char *prefix, struct bytes *rest);

/* text_decimal: a decimal below 2^63 without sign, leading zero or space. */
MUST_USE bool text_decimal(struct bytes v, uint64_t *out);

/* text_is: ${v} is exactly ${s}. */
bool text_is(struct bytes v, const char *s);

#endif
