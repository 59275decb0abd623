/* SPDX-License-Identifier: Apache-2.0
 * exchange/live.h - a person's inbox as it changes: the feed of notices as server-sent events (WHATWG HTML, 9.2)
 *
 * A stream is one thread that waits: they are counted, and bounded for each person and in all. Who reads is looked at
 * again before anything is said: a stream ends with the access token that opened it, and with the person or device. */
#ifndef EXCHANGE_LIVE_H
#define EXCHANGE_LIVE_H

#include "base/buf.h"
#include "exchange/auth.h"

#define LIVE_PERSON_MAX   8     /* streams of one person: tabs, devices */
#define LIVE_HEARTBEAT_MS 15000 /* something is said at least so often */

struct live;
struct lives;

struct lives *lives_new(void);
void lives_free(struct lives *l); /* no stream is open; NULL is legal */

/*
 * live_open: the notices to ${a} after ${after} (LIVE_FROM_NOW: after the newest). E_RATE: too many streams, of his or of all;
 * E_INVALID if ${after} is still to come. Caller ends it with live_close.
 */
#define LIVE_FROM_NOW UINT64_MAX
MUST_USE enum err live_open(struct node *n, const struct asker *a, uint64_t after, struct live **out,
                            struct fail *f);
void live_close(struct live *l);

/*
 * live_next: wait for something to say, at most a second, and append it, if there is anything:
 *   notice   id: its number; data: one event of GET /v1/inbox/events
 *   inbox    the open items are not what they were: data {next}; the first one says where it began
 *   end      data {reason}: "token", "stopping", or a reason's code; nothing follows
 * or after LIVE_HEARTBEAT_MS of silence a comment. False after the end.
 */
bool live_next(struct live *l, struct buf *out);

#endif
