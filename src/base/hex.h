/* SPDX-License-Identifier: Apache-2.0
 * base/hex.h - lower-case hexadecimal */
#ifndef BASE_HEX_H
#define BASE_HEX_H

#include "base/buf.h"

/* hex_put: append 2 x len digits. hex_print: write them to ${out} (2 x len + 1 bytes). */
void hex_put(struct buf *b, struct bytes v);
void hex_print(struct bytes v, char *out);

/* hex_read: exactly 2 x ${n} digits, lower case only; constant time in their values. */
MUST_USE bool hex_read(struct bytes text, uint8_t *out, size_t n);

#endif
