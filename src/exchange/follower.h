/* SPDX-License-Identifier: Apache-2.0
 * exchange/follower.h - a thread that follows the feed of notices and hands them to somebody outside
 *
 * It looks after commits, and at least every 10 seconds. After a failure, which is logged, it tries again after 0.5 s,
 * doubling to a minute. The place in the feed is the affair of whoever hands over. */
#ifndef EXCHANGE_FOLLOWER_H
#define EXCHANGE_FOLLOWER_H

#include "exchange/node.h"

struct follower;

/* Hand over all that is due; return early, with OK, where follower_stopping. On the follower's thread. */
typedef enum err (*follower_fn)(struct node *n, struct follower *me, struct fail *f);

/* follower_open: start the thread. ${event} names a failure in the log; static. follower_close: wait for what is under
 * way; NULL is legal. */
MUST_USE enum err follower_open(struct node *n, const char *event, follower_fn fn, struct follower **out,
                                struct fail *f);
void follower_close(struct follower *w);
bool follower_stopping(struct follower *w);

#endif
