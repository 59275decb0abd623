/* SPDX-License-Identifier: Apache-2.0
 * exchange/bell.h - waking those who wait for something to be committed. Any thread. */
#ifndef EXCHANGE_BELL_H
#define EXCHANGE_BELL_H

#include <stdbool.h>
#include <stdint.h>

struct bell;

struct bell *bell_new(void);
void bell_free(struct bell *b); /* nobody may wait any more; NULL is legal */

/* bell_ring: something was committed. bell_stop: nobody waits from now on. NULL is legal for both. */
void bell_ring(struct bell *b);
void bell_stop(struct bell *b);
bool bell_stopped(struct bell *b);

/* bell_heard: how often it rang. bell_wait: until it rang more often than ${heard}, for at most ${ms}. False if the
 * time is over, the bell was stopped, or ${most} others wait already. ${heard} UINT64_MAX: only for the time, or the stop. */
uint64_t bell_heard(struct bell *b);
bool bell_wait(struct bell *b, uint64_t heard, uint64_t ms, unsigned most);

#endif
