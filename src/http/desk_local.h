/* SPDX-License-Identifier: Apache-2.0
 * http/desk_local.h - the desk on loopback: the page that is part of this program, and every call that it makes passed on
 * to the node over a pinned connection (docs/desk-serving.md).
 *
 * No secret is here and nothing is kept: tokens and proofs are the browser's, and pass through. Who else is on this
 * machine can reach it, and is a stranger to the node. A page from elsewhere can't: Host and Origin must be ours. */
#ifndef HTTP_DESK_LOCAL_H
#define HTTP_DESK_LOCAL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct card;
struct desk_local;

/* desk_local_has_page: whether this program was built with the page. */
bool desk_local_has_page(void);

/* desk_local_start: serve on 127.0.0.1:${port} (0: any) for the node of ${card}, which must outlive it. E_IO if
 * the port can't be had. */
MUST_USE enum err desk_local_start(const struct card *card, uint16_t port, struct desk_local **out,
                                   struct fail *f);
/* desk_local_stop: within about a second; NULL is legal. */
void desk_local_stop(struct desk_local *d);

/* desk_local_origin: "http://127.0.0.1:7800", valid until it is stopped. */
const char *desk_local_origin(const struct desk_local *d);

#endif
