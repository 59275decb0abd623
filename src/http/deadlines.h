/* SPDX-License-Identifier: Apache-2.0
 * http/deadlines.h - inside src/http only: the connections that are open, and a thread that cuts those whose time is
 * over. Nothing here knows the HTTP library. Any thread. */
#ifndef HTTP_DEADLINES_H
#define HTTP_DEADLINES_H

#include <stdint.h>

#define DEADLINE_NEVER UINT64_MAX

struct deadlines;
struct deadline; /* one connection's; NULL is legal wherever one is taken */

/* deadlines_start: looked at ${timeout_ms} / 8 apart, within 20 ms and 1 s. NULL if there is no thread. */
struct deadlines *deadlines_start(unsigned timeout_ms);
void deadlines_stop(struct deadlines *d); /* no connection is left; NULL is legal */

/* deadline_new: for the socket ${fd}, which is shut down once ${in_ms} have passed. deadline_end: before the
 * descriptor is closed, so that what is cut is never somebody else's. */
struct deadline *deadline_new(struct deadlines *d, int fd, uint64_t in_ms);
void deadline_end(struct deadlines *d, struct deadline *one);

/* deadline_set: from now on. deadline_more: that much later than it was. */
void deadline_set(struct deadline *one, uint64_t in_ms);
void deadline_more(struct deadline *one, uint64_t ms);

#endif
