/* SPDX-License-Identifier: Apache-2.0
 * exchange/cosigners_internal.h - the rounds of cosigners.c, and what cosigners_told.c makes of the answers; for these two only */
#ifndef EXCHANGE_COSIGNERS_INTERNAL_H
#define EXCHANGE_COSIGNERS_INTERNAL_H

#include <pthread.h>

#include "exchange/cosigned.h"

#define COSIGNERS_WORKERS 6

/* One who cosigns. */
struct line {
    struct line *next;
    struct cosigner who;
    uint64_t known;   /* size that he cosigned last */
    uint64_t done;    /* of those that were sent to him here */
    uint64_t last_ms; /* monotonic: his last cosignature; 0: none yet */
    int64_t offset_ms;
    uint64_t next_ms, wait_ms, failing_since_ms;
    uint64_t ahead, time_s;
    char problem[200];
    bool busy, seen, gone;
    bool asked;    /* once at least since the start */
    bool answered; /* the last time: he was reached, and holds our ledger */
    bool reached;  /* the last time */
};

struct cosigners {
    struct node *n;
    pthread_mutex_t lock;
    pthread_cond_t wake, news;
    struct line *lines;
    bool stopping, look, confirming;
    pthread_t threads[COSIGNERS_WORKERS];
    size_t started;
    /* the round */
    uint64_t size; /* of its checkpoint; 0: none yet */
    char *note;
    uint64_t begun_ms;
    bool ended;
    uint64_t served; /* size of the last one that ended */
    uint64_t shown;  /* the largest that the world was shown */
};

/* cosigners_clock_off: with the lock held. Of the witnesses that told their time of late, do more than half say that ours is off?
 * ${ms}: by how much, the least. */
bool cosigners_clock_off(const struct cosigners *o, uint64_t now_ms, uint64_t *ms);

#endif
