/* SPDX-License-Identifier: Apache-2.0
 * exchange/remind.h - saying again that something is due: at half time, and 15 minutes before */
#ifndef EXCHANGE_REMIND_H
#define EXCHANGE_REMIND_H

#include "exchange/node.h"

struct db;
struct item_row;

/* remind_plan: in the transaction that writes ${item}: its reminders; none for what has no deadline. */
MUST_USE enum err remind_plan(struct db *db, const struct item_row *item, struct fail *f);

/* remind_run: the timer's job (exchange/timer.h): each reminder becomes a notice once, unless its item is done. */
MUST_USE enum err remind_run(struct node *n, uint64_t now_ms, uint64_t *next_ms, struct fail *f);

#endif
