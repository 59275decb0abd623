/* SPDX-License-Identifier: Apache-2.0
 * base/utf8.h - UTF-8 (RFC 3629): shortest forms, no surrogates, nothing over U+10FFFF */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include "base/buf.h"

/* utf8_valid: the length of the longest prefix of ${v} that is whole characters; all of it where that is
 * v.len. A zero byte is a character. */
size_t utf8_valid(struct bytes v);

/* utf8_count: characters in ${v}, which is valid. */
size_t utf8_count(struct bytes v);

#endif
