/* SPDX-License-Identifier: Apache-2.0
 * exchange/guard.h - a thread that ends the process, with WRITER_EXIT_STATUS, once keeper or sealer has ended: nothing of
 * what they do can be done until the next start, and who supervises the node starts it again when it ends. */
#ifndef EXCHANGE_GUARD_H
#define EXCHANGE_GUARD_H

#include "exchange/node.h"

struct guard;

/* guard_open: start the thread. guard_close: end it; NULL is legal. Before keeper_stop. */
MUST_USE enum err guard_open(struct node *n, struct guard **out, struct fail *f);
void guard_close(struct guard *g);

#endif
