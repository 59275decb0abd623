/* SPDX-License-Identifier: Apache-2.0
 * http/gzip.h - bodies that came compressed (RFC 1952): never to more than a bound */
#ifndef HTTP_GZIP_H
#define HTTP_GZIP_H

#include "base/buf.h"

/* gzip_open: append what is in ${in}, one member without anything after it. E_TOO_LARGE if that is more than
 * ${max} bytes; E_INVALID if it is damaged. */
MUST_USE enum err gzip_open(struct bytes in, size_t max, struct buf *out, struct fail *f);

#endif
