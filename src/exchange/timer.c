/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/timer.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "base/cond.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/thread.h"
#include "exchange/act_rows.h"
#include "exchange/arrange.h"
#include "exchange/onward.h"
#include "exchange/remind.h"
#include "exchange/second.h"

#define LOOK_MS        30000 /* the longest sleep: the wall clock may be set meanwhile */
#define RETRY_FIRST_MS 1000
#define RETRY_MAX_MS   60000

/* The table of jobs. */
static const struct timer_job jobs[] = {
    { "silence", act_silence_run },  { "inquiries", act_inquiry_run },   { "reminders", remind_run },
    { "tasks", acts_resume_run },    { "briefing reports", onward_run }, { "seconds", second_run },
    { "arrangements", arrange_run },
};

struct timer {
    struct node *n;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool stopping, kicked;
    pthread_t thread;
    uint64_t next_ms[COUNT(jobs)]; /* of the thread alone */
    uint64_t retry_ms[COUNT(jobs)];
};

/* One job; a failure costs nobody else anything. */
static void run_job(struct timer *t, size_t i, uint64_t now_ms)
{
    struct fail f = { 0 };
    uint64_t next_ms = TIMER_NEVER;
    if (jobs[i].run(t->n, now_ms, &next_ms, &f) == OK) {
        t->next_ms[i] = next_ms;
        t->retry_ms[i] = 0;
        return;
    }
    fail_context(&f, "job %s", jobs[i].name);
    log_fail(LOG_ERROR, "timer-failed", &f);
    t->retry_ms[i] = t->retry_ms[i] == 0 ? RETRY_FIRST_MS : t->retry_ms[i] * 2;
    if (t->retry_ms[i] > RETRY_MAX_MS)
        t->retry_ms[i] = RETRY_MAX_MS;
    t->next_ms[i] = now_ms + t->retry_ms[i];
}

/* How long nothing is due, in ms: at most LOOK_MS. */
static uint64_t idle_ms(const struct timer *t, uint64_t now_ms)
{
    uint64_t idle = LOOK_MS;
    for (size_t i = 0; i < COUNT(jobs); i++) {
        uint64_t left = t->next_ms[i] > now_ms ? t->next_ms[i] - now_ms : 0;
        if (left < idle)
            idle = left;
    }
    return idle;
}

/* With the lock held: until something is due, or it is kicked or stopped. */
static void nap(struct timer *t, uint64_t ms)
{
    uint64_t until_ms = cond_after(ms);
    while (!t->stopping && !t->kicked)
        if (!cond_wait_until(&t->wake, &t->lock, until_ms))
            break;
}

static void *run(void *arg)
{
    struct timer *t = arg;
    pthread_mutex_lock(&t->lock);
    while (!t->stopping) {
        bool kicked = t->kicked;
        uint64_t now_ms = t->n->now_ms();
        t->kicked = false;
        pthread_mutex_unlock(&t->lock);
        for (size_t i = 0; i < COUNT(jobs); i++)
            if (kicked || t->next_ms[i] <= now_ms)
                run_job(t, i, now_ms);
        pthread_mutex_lock(&t->lock);
        nap(t, idle_ms(t, t->n->now_ms()));
    }
    pthread_mutex_unlock(&t->lock);
    return NULL;
}

enum err timer_open(struct node *n, struct timer **out, struct fail *f)
{
    struct timer *t = mem_new(sizeof *t);
    t->n = n;
    pthread_mutex_init(&t->lock, NULL);
    cond_init(&t->wake);
    if (!thread_start(&t->thread, "timer", run, t)) {
        pthread_cond_destroy(&t->wake);
        pthread_mutex_destroy(&t->lock);
        free(t);
        return fail_set(f, E_INTERNAL, "cannot start the timer's thread");
    }
    *out = t;
    return OK;
}

void timer_close(struct timer *t)
{
    if (!t)
        return;
    pthread_mutex_lock(&t->lock);
    t->stopping = true;
    pthread_cond_signal(&t->wake);
    pthread_mutex_unlock(&t->lock);
    pthread_join(t->thread, NULL);
    pthread_cond_destroy(&t->wake);
    pthread_mutex_destroy(&t->lock);
    free(t);
}

void timer_kick(struct timer *t)
{
    if (!t)
        return;
    pthread_mutex_lock(&t->lock);
    t->kicked = true;
    pthread_cond_signal(&t->wake);
    pthread_mutex_unlock(&t->lock);
}

enum err timer_turn(struct node *n, uint64_t *next_ms, struct fail *f)
{
    uint64_t now_ms = n->now_ms(), first_ms = TIMER_NEVER;
    enum err result = OK;
    for (size_t i = 0; i < COUNT(jobs); i++) {
        struct fail why = { 0 };
        uint64_t job_ms = TIMER_NEVER;
        enum err e = jobs[i].run(n, now_ms, &job_ms, &why);
        if (e != OK && result == OK) {
            fail_context(&why, "job %s", jobs[i].name);
            result = fail_pass(f, &why);
        }
        first_ms = job_ms < first_ms ? job_ms : first_ms;
    }
    if (next_ms)
        *next_ms = first_ms;
    return result;
}
