/* SPDX-License-Identifier: Apache-2.0 - a wait ends when it is woken, or at its time and not before */
#include "base/cond.h"

#include "base/time.h"
#include "tap.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t wake;
static bool woken;

static void *waker(void *arg)
{
    (void)arg;
    pthread_mutex_lock(&lock);
    woken = true;
    pthread_cond_signal(&wake);
    pthread_mutex_unlock(&lock);
    return NULL;
}

int main(void)
{
    pthread_t thread;
    cond_init(&wake);
    pthread_mutex_lock(&lock);
    uint64_t until_ms = cond_after(20);
    while (cond_wait_until(&wake, &lock, until_ms)) /* may be woken for nothing */
        ;
    ok(time_mono_ms() >= until_ms, "nobody wakes it: it waits until its time");
    ok(!cond_wait_until(&wake, &lock, 0), "a time that has passed is not waited for");
    ok(cond_after(UINT64_MAX) == UINT64_MAX && cond_after(UINT64_MAX - 1) == UINT64_MAX,
       "the end of time is the last there is");
    if (!ok(pthread_create(&thread, NULL, waker, NULL) == 0, "a thread"))
        return tap_done();
    while (!woken && cond_wait_until(&wake, &lock, cond_after(UINT64_MAX)))
        ;
    ok(woken, "it is woken before the end of time");
    pthread_mutex_unlock(&lock);
    pthread_join(thread, NULL);
    pthread_cond_destroy(&wake);
    return tap_done();
}
