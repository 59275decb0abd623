/* SPDX-License-Identifier: Apache-2.0
 * exchange/cosigners_told.c - what follows from the answers of those who cosign: is our clock right, do we lag behind */
#include "base/time.h"
#include "exchange/cosigners_internal.h"

#define CLOCK_OFF_MS 60000
#define TOLD_FOR_MS  3600000 /* how long a witness's time counts */

bool cosigners_clock_off(const struct cosigners *o, uint64_t now_ms, uint64_t *ms)
{
    size_t told = 0, off = 0;
    *ms = UINT64_MAX;
    for (const struct line *l = o->lines; l; l = l->next) {
        if (l->gone || l->who.monitor || l->last_ms == 0 || now_ms - l->last_ms > TOLD_FOR_MS)
            continue;
        uint64_t by = (uint64_t)(l->offset_ms < 0 ? -l->offset_ms : l->offset_ms);
        told++;
        if (by <= CLOCK_OFF_MS)
            continue;
        off++;
        if (by < *ms)
            *ms = by;
    }
    return off * 2 > told;
}

enum err cosigners_clock(struct node *n, struct fail *f)
{
    struct cosigners *o = n->cosigners;
    uint64_t ms;
    if (!o)
        return OK;
    pthread_mutex_lock(&o->lock);
    bool off = cosigners_clock_off(o, time_mono_ms(), &ms);
    pthread_mutex_unlock(&o->lock);
    return off ? fail_why(f, REASON_CLOCK,
                          "this node's clock is off by %llu s from its witnesses: no key is released",
                          (unsigned long long)(ms / 1000))
               : OK;
}

/* Whoever was not reached may be ahead by more. */
static bool is_heard(const struct line *l)
{
    return l->who.monitor || l->ahead || (l->asked && l->reached);
}

bool cosigners_lag(struct node *n, bool *heard)
{
    struct cosigners *o = n->cosigners;
    *heard = o != NULL;
    if (!o)
        return atomic_load(&n->halted);
    pthread_mutex_lock(&o->lock);
    for (const struct line *l = o->lines; l; l = l->next)
        *heard = *heard && (l->gone || is_heard(l));
    *heard = *heard && !o->look;
    pthread_mutex_unlock(&o->lock);
    return atomic_load(&n->halted);
}
