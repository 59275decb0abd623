/* SPDX-License-Identifier: Apache-2.0 */
#include "base/thread.h"

bool thread_start(pthread_t *out, const char *name, void *(*run)(void *), void *arg)
{
    if (pthread_create(out, NULL, run, arg) != 0)
        return false;
    pthread_setname_np(*out, name);
    return true;
}
