/* SPDX-License-Identifier: Apache-2.0
 * http/gzip.h - bodies that came compressed (RFC 1952): never to more than a bound; and answers in gzip for those who
 * ask for it, only where nothing in them is secret: a length tells of a content. */
#ifndef HTTP_GZIP_H
#define HTTP_GZIP_H

#include "base/buf.h"

/* gzip_open: append what is in ${in}, one member without anything after it. E_TOO_LARGE if that is more than
 * ${max} bytes; E_INVALID if it is damaged. */
MUST_USE enum err gzip_open(struct bytes in, size_t max, struct buf *out, struct fail *f);

/* gzip_wanted: whether an Accept-Encoding (NULL: none) names gzip, and not with q=0. */
bool gzip_wanted(const char *accept);

/* gzip_put: ${v} compressed, in one member, appended; false, and nothing is, if that makes it no smaller. */
bool gzip_put(struct buf *out, struct bytes v);

#endif
