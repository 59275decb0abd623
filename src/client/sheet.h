/* SPDX-License-Identifier: Apache-2.0
 * client/sheet.h - what evidence says, on one page of paper, for somebody who has no orcon: the claim in its exact words,
 * what it rests on, and how to have it checked
 *
 * Text of 80 columns, or HTML that needs nothing else and prints on one A4 page. A sheet proves nothing by itself: it
 * names the file that does, by its digest. Pure. */
#ifndef CLIENT_SHEET_H
#define CLIENT_SHEET_H

#include <jansson.h>

#include "base/buf.h"

/*
 * What is printed. ${checked}: the document of a check that held (client/verify.h), of evidence. ${file}: the name of
 * the evidence file, NULL where none was written; ${evidence}: its bytes. ${portion}: as people call it.
 */
struct sheet {
    const json_t *checked;
    const char *file, *portion, *made; /* made: a time, RFC 3339 */
    struct bytes evidence;
};
void sheet_text(const struct sheet *s, struct buf *out);
void sheet_html(const struct sheet *s, struct buf *out);

#endif
