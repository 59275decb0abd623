/* SPDX-License-Identifier: Apache-2.0
 * base/cond.h - condition variables whose waits end by a clock that never jumps */
#ifndef BASE_COND_H
#define BASE_COND_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/* cond_init: ends with pthread_cond_destroy. */
void cond_init(pthread_cond_t *c);

/* cond_after: ${ms} from now, as cond_wait_until takes it; the end of time where that is beyond it. */
uint64_t cond_after(uint64_t ms);

/* cond_wait_until: with ${lock} held: woken, perhaps for nothing, or false: it is ${until_ms} (base/time.h, time_mono_ms). */
bool cond_wait_until(pthread_cond_t *c, pthread_mutex_t *lock, uint64_t until_ms);

#endif
