/* SPDX-License-Identifier: Apache-2.0
 * exchange/timer.h - what a node does because of the time, and not because somebody asked
 *
 * One thread and a const table of jobs (timer.c). A job says when it wants to run next; whatever commits
 * something with a due time kicks the timer, which then asks every job again. Deadlines are by n->now_ms(); a
 * wall clock that is set, or a machine that slept, is noticed within half a minute. */
#ifndef EXCHANGE_TIMER_H
#define EXCHANGE_TIMER_H

#include "exchange/node.h"

/* A job had nothing else to wait for: until it is kicked. */
#define TIMER_NEVER UINT64_MAX

/*
 * What a row of the table does: everything that is due at ${now_ms}, once, and nothing if it is done already:
 * a job runs more often than it must. ${next_ms} gets when it wants to run again; TIMER_NEVER is what it is
 * before. It runs on the timer's thread, may call the writer, the publisher and the outbox, and must not call
 * the timer. A failure is logged, and the job runs again after 1 s, doubling to a minute.
 */
struct timer_job {
    const char *name;
    enum err (*run)(struct node *n, uint64_t now_ms, uint64_t *next_ms, struct fail *f);
};

struct timer;

/* timer_open: start the thread; every job runs at once. timer_close: wait for the job that runs, end the
 * thread; NULL is legal. */
MUST_USE enum err timer_open(struct node *n, struct timer **out, struct fail *f);
void timer_close(struct timer *t);

/* timer_kick: something with a due time was committed, or the clock was set. Any thread; NULL (a node that
 * does not serve) is legal. */
void timer_kick(struct timer *t);

/* timer_turn: every job once, on the caller's thread, at n->now_ms(): for a node without a timer, and for
 * tests. All run; the first failure is returned. ${next_ms} (may be NULL) gets the earliest time that a job
 * asked for. */
MUST_USE enum err timer_turn(struct node *n, uint64_t *next_ms, struct fail *f);

#endif
