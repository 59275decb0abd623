/* SPDX-License-Identifier: Apache-2.0
 * exchange/outbox.h - what must reach partners: in order for each, until acked, whatever crashes when.
 *
 * One thread a few partners at a time; a row is sent only when its entry is at L1. Retry: 0.5 s doubling to 5
 * s for 10 minutes, then every 60 s; any contact from the partner resets it. A permanent refusal (4xx) marks
 * the row failed and the next one goes on. */
#ifndef EXCHANGE_OUTBOX_H
#define EXCHANGE_OUTBOX_H

#include "exchange/node.h"

MUST_USE enum err outbox_open(struct node *n, struct outbox **out, struct fail *f);
/* outbox_stop: nothing is sent any more; it may be kicked until outbox_close. Both: NULL is legal. */
void outbox_stop(struct outbox *o);
void outbox_close(struct outbox *o);
/* outbox_kick: something new is queued, or ${domain} was heard of (NULL: anybody): try now. Any thread; NULL
 * outbox is legal. */
void outbox_kick(struct outbox *o, const char *domain);
/* outbox_hello: ${domain} said hello: the same, and packages are tried that it had no room for: its bound may be another now. */
void outbox_hello(struct outbox *o, const char *domain);
/* outbox_card: our card is a new one: every partner with a line gets it before anything else. Any thread; NULL outbox is
 * legal. */
void outbox_card(struct outbox *o);

#endif
