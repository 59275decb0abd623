/* SPDX-License-Identifier: Apache-2.0
 * http/desk.h - inside src/http only: the desk's page, served by the node and by `orcon desk` (docs/desk-serving.md).
 *
 * The page is part of the program: nothing is read from disk. Its headers let it run its own script and call its own
 * origin, and nothing else. */
#ifndef HTTP_DESK_H
#define HTTP_DESK_H

#include "http/server.h"

#define DESK_FILES_MAX 32
#define DESK_ROWS_MAX  (DESK_FILES_MAX + 40)

/* desk_rows: routes for the page's files, and for the addresses that the page itself gives a meaning, at most
 * DESK_ROWS_MAX; they need nothing. Returns how many. Without a page, the same addresses say how to build it. */
size_t desk_rows(struct http_route *out);

/* desk_has_page: whether there is one. */
bool desk_has_page(void);

/* desk_answer: GET /v1/desk: what the page must know before anybody has signed in: {domain, url, version, page, local}.
 * ${url}: the node's, which proofs are made for, wherever the page came from. ${local}: from `orcon desk`. */
void desk_answer(struct http_call *call, const char *domain, const char *url, bool local);

#endif
