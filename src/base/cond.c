/* SPDX-License-Identifier: Apache-2.0 */
#include "base/cond.h"

#include <time.h>

#include "base/time.h"

void cond_init(pthread_cond_t *c)
{
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(c, &attr);
    pthread_condattr_destroy(&attr);
}

uint64_t cond_after(uint64_t ms)
{
    uint64_t now_ms = time_mono_ms();
    return ms > UINT64_MAX - now_ms ? UINT64_MAX : now_ms + ms;
}

bool cond_wait_until(pthread_cond_t *c, pthread_mutex_t *lock, uint64_t until_ms)
{
    struct timespec until = { (time_t)(until_ms / 1000), (long)(until_ms % 1000) * 1000000 };
    return pthread_cond_timedwait(c, lock, &until) == 0;
}
