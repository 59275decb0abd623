/* SPDX-License-Identifier: Apache-2.0
 * base/b64.h - base64 (RFC 4648), strict: one spelling for every value.
 *
 * Standard alphabet with padding (section 4), or URL alphabet without (section 5). Readers refuse line
 * breaks, missing or extra padding, other characters, and spare bits that are not zero. */
#ifndef BASE_B64_H
#define BASE_B64_H

#include "base/buf.h"

enum b64 { B64_STD, B64_URL };

void b64_put(struct buf *b, enum b64 kind, struct bytes v);

/* b64_read: append the decoded bytes to ${out}; E_INVALID names ${what}. ${out} keeps its length on failure. */
MUST_USE enum err b64_read(enum b64 kind, struct bytes text, struct buf *out, const char *what,
                           struct fail *f);

/* b64_read_exact: exactly ${n} bytes, into ${out}; false for anything else. */
MUST_USE bool b64_read_exact(enum b64 kind, struct bytes text, uint8_t *out, size_t n);

/* b64_len: length of the text for ${n} bytes. */
size_t b64_len(enum b64 kind, size_t n);

#endif
