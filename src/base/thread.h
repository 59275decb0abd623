/* SPDX-License-Identifier: Apache-2.0
 * base/thread.h - threads with a name, which top -H, a debugger and a profile show */
#ifndef BASE_THREAD_H
#define BASE_THREAD_H

#include <pthread.h>
#include <stdbool.h>

#include "base/err.h"

#define THREAD_NAME_MAX 15 /* letters, the kernel's limit */

/* thread_start: ${run} of ${arg} in a new thread, to be joined. ${name}: a literal of 1 to THREAD_NAME_MAX letters. False where
 * the system gives no thread, and ${out} is not set then; a name that it does not take is no reason. Any thread. */
MUST_USE bool thread_start(pthread_t *out, const char *name, void *(*run)(void *), void *arg);

#endif
