/* SPDX-License-Identifier: Apache-2.0
 * exchange/turn_failed.h - that the next generation of the ledger can't begin: for `doctor`, and for officers when it lasts
 *
 * Threads: turn_failures_note and turn_failures_end by the turner alone, the rest by any. */
#ifndef EXCHANGE_TURN_FAILED_H
#define EXCHANGE_TURN_FAILED_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct node;

#define TURN_FAILED_TELL_MS 10000 /* after which officers have an alert */

/* What failed, and has not worked since. */
struct turn_failed {
    uint64_t since_ms; /* 0: nothing */
    uint64_t tries;
    char what[131];
};

struct turn_failures {
    pthread_mutex_t lock;
    struct turn_failed now;
    bool told; /* officers, of what is now; the turner's alone */
};

void turn_failures_start(struct turn_failures *t);
void turn_failures_stop(struct turn_failures *t);

/* turn_failures_note: into the log; once it has lasted, officers get one alert. turn_failures_end: it worked, or is waited for. */
void turn_failures_note(struct node *n, struct turn_failures *t, const struct fail *why);
void turn_failures_end(struct turn_failures *t);
struct turn_failed turn_failures_now(struct turn_failures *t);

#endif
