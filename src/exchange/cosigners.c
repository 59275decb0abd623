/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/cosigners.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/cond.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/thread.h"
#include "base/time.h"
#include "exchange/cosigners_internal.h"
#include "exchange/publisher.h"
#include "exchange/recover.h"
#include "store/writer.h"

#define ROUND_MS      400  /* how long a round waits for those who answer of late */
#define OTHERS_MS     2000 /* how long those who signed are not enough while others may follow */
#define SPACING_MS    150  /* between the beginnings of two rounds */
#define START_MS      3000
#define WAIT_FIRST_MS 500
#define WAIT_FAST_MS  5000
#define FAST_FOR_MS   600000
#define WAIT_SLOW_MS  60000
#define AGAIN_MS      600000 /* the same checkpoint again, for a fresh time */
#define AGAIN_SOON_MS 5000   /* while the clock seems off */

/* Lines ------------------------------------------------------------------------------------------------------ */

static enum err take_line(const struct cosigner *c, const struct cosigner_row *row, void *ctx, struct fail *f)
{
    struct cosigners *o = ctx;
    struct line *l = o->lines;
    (void)f;
    while (l && strcmp(l->who.vkey, c->vkey) != 0)
        l = l->next;
    if (!l) {
        l = mem_new(sizeof *l);
        l->who = *c;
        l->known = row->size;
        l->time_s = row->time_s;
        l->ahead = row->shown && *row->shown ? row->ahead : 0; /* else he is asked for it again */
        l->next = o->lines;
        o->lines = l;
    } else if (!l->busy) {
        l->who = *c;
        if (l->failing_since_ms)
            l->next_ms = 0;
    }
    l->seen = true;
    return OK;
}

static void drop_gone(struct cosigners *o)
{
    for (struct line **at = &o->lines; *at;) {
        struct line *l = *at;
        if (l->gone && !l->busy) {
            *at = l->next;
            free(l);
        } else {
            at = &l->next;
        }
    }
}

/* With the lock held. */
static void refresh(struct cosigners *o)
{
    struct fail f = { 0 };
    for (struct line *l = o->lines; l; l = l->next)
        l->seen = false;
    if (cosigned_each(o->n, take_line, o, &f) != OK) {
        log_fail(LOG_ERROR, "cosigners-failed", &f);
        return;
    }
    for (struct line *l = o->lines; l; l = l->next)
        l->gone = !l->seen;
    drop_gone(o);
}

static bool is_healthy(const struct line *l)
{
    return !l->gone && l->failing_since_ms == 0 && l->ahead == 0;
}

/* Rounds ---------------------------------------------------------------------------------------------------------- */

static bool everybody_answered(const struct cosigners *o)
{
    for (const struct line *l = o->lines; l; l = l->next)
        if (is_healthy(l) && l->done < o->size)
            return false;
    return true;
}

/* End the round if it is over, begin the next if there is something new. ${sleep_ms}: when to look again, at most. */
static void turn_round(struct cosigners *o, uint64_t now_ms, uint64_t *sleep_ms)
{
    uint64_t age = now_ms - o->begun_ms;
    if (o->size > 0 && !o->ended) {
        o->ended = everybody_answered(o) || age >= ROUND_MS;
        if (o->ended)
            o->served = o->size;
        else if (ROUND_MS - age < *sleep_ms)
            *sleep_ms = ROUND_MS - age;
    }
    if (publisher_size(o->n->publisher) == o->size || (o->size > 0 && !o->ended))
        return;
    if (o->size > 0 && age < SPACING_MS) {
        if (SPACING_MS - age < *sleep_ms)
            *sleep_ms = SPACING_MS - age;
        return;
    }
    AUTO(publisher_head_clear) struct publisher_head head = { 0 };
    publisher_head(o->n->publisher, &head);
    free(o->note);
    o->note = head.note;
    head.note = NULL;
    o->size = head.size;
    o->begun_ms = now_ms;
    o->ended = false;
    if (ROUND_MS < *sleep_ms)
        *sleep_ms = ROUND_MS;
    pthread_cond_broadcast(&o->wake);
}

uint64_t cosigners_served(struct node *n)
{
    struct cosigners *o = n->cosigners;
    uint64_t size = 0;
    if (!o)
        return 0;
    pthread_mutex_lock(&o->lock);
    for (const struct line *l = o->lines; l && size == 0; l = l->next)
        if (is_healthy(l)) /* else there is nobody to wait for */
            size = o->served;
    if (size == 0)
        size = publisher_size(n->publisher);
    if (size > o->shown) /* whoever gets healthy meanwhile: what was shown once is never gone back from */
        o->shown = size;
    size = o->shown;
    pthread_mutex_unlock(&o->lock);
    return size;
}

/* Asking -------------------------------------------------------------------------------------------------------------- */

struct keeping {
    struct node *n;
    const struct cosigner *who;
    const struct cosign_result *result;
    uint64_t size;
    bool first; /* nobody showed such a thing before */
};

static enum err keep(struct db *db, void *ctx, struct fail *f)
{
    const struct keeping *k = ctx;
    return k->result->outcome == COSIGN_DONE
               ? cosigned_keep(k->n, db, k->who, k->size, bytes_of(&k->result->line), k->result->time_s, f)
               : cosigned_halt(k->n, db, k->who, k->result->ahead, bytes_of(&k->result->shown), k->first, f);
}

static void note_result(struct line *l, uint64_t size, const struct cosign_result *r)
{
    uint64_t now_ms = time_mono_ms();
    l->known = r->known;
    l->asked = true;
    l->answered = r->answered;
    l->reached = r->reached;
    memcpy(l->problem, r->problem, sizeof l->problem);
    if (r->outcome == COSIGN_DONE) {
        l->done = size;
        l->last_ms = now_ms;
        l->time_s = r->time_s;
        l->offset_ms = r->offset_ms;
        l->failing_since_ms = l->wait_ms = l->next_ms = 0;
        l->problem[0] = '\0';
        return;
    }
    l->ahead = r->outcome == COSIGN_AHEAD ? r->ahead : 0;
    if (l->failing_since_ms == 0)
        l->failing_since_ms = now_ms;
    l->wait_ms = l->wait_ms == 0 ? WAIT_FIRST_MS : l->wait_ms * 2;
    if (l->wait_ms > WAIT_FAST_MS)
        l->wait_ms = now_ms - l->failing_since_ms < FAST_FOR_MS ? WAIT_FAST_MS : WAIT_SLOW_MS;
    l->next_ms = now_ms + l->wait_ms;
}

static void log_problem(const struct cosigner *who, const struct cosign_result *r)
{
    struct fail f = { 0 };
    (void)!fail_set(&f, E_UNAVAILABLE, "%s %s", who->key.name, r->problem);
    log_fail(LOG_INFO, "not-cosigned", &f);
}

/* A ledger that was put back: each witness that is reached has cosigned what is here, and at least one was. */
static bool is_confirmed(const struct cosigners *o)
{
    size_t witnesses = 0, confirmed = 0;
    for (const struct line *l = o->lines; l; l = l->next) {
        if (l->gone || l->who.monitor)
            continue;
        witnesses++;
        if (!l->asked || l->ahead || (l->answered && l->last_ms == 0))
            return false;
        confirmed += l->last_ms != 0;
    }
    return witnesses == 0 || confirmed > 0;
}

/* With the lock held, but not meanwhile. */
static void look_for_confirmation(struct cosigners *o)
{
    struct fail f = { 0 };
    if (o->confirming || atomic_load(&o->n->halted) || !atomic_load(&o->n->restored) || !is_confirmed(o))
        return;
    o->confirming = true;
    pthread_mutex_unlock(&o->lock);
    /* all of this log is here, but is it the last one? Partners' cards tell */
    enum err e = recover_newest(o->n) > o->n->generation ? OK : recover_card(o->n, &f);
    if (e == OK && recover_newest(o->n) == o->n->generation)
        e = cosigned_confirm(o->n, &f);
    if (e != OK)
        log_fail(LOG_ERROR, "restored-unconfirmed", &f);
    pthread_mutex_lock(&o->lock);
    o->confirming = false;
}

/* One line, without the lock: ${who} and ${note} are copies. */
static void ask(struct cosigners *o, const struct cosigner *who, uint64_t size, const char *note,
                struct cosign_result *r)
{
    struct keeping k = { o->n, who, r, size, false };
    struct fail f = { 0 };
    cosign_ask(o->n, who, size, note, r);
    if (r->outcome == COSIGN_AHEAD) {
        k.first = !atomic_exchange(&o->n->halted, true); /* before anything else is written */
        log_event(LOG_ERROR, "ledger-forked", "witness=%s size=%llu", who->key.name,
                  (unsigned long long)r->ahead);
    }
    if (r->outcome == COSIGN_FAILED)
        log_problem(who, r);
    else if (writer_run(o->n->writer, keep, &k, &f) != OK) {
        log_fail(LOG_ERROR, "cosignature-lost", &f);
        r->outcome = r->outcome == COSIGN_DONE ? COSIGN_FAILED : r->outcome;
    }
}

/* The next line to be asked; those that fail never take more than half of the workers. */
static struct line *due_line(struct cosigners *o, uint64_t now_ms, uint64_t *sleep_ms)
{
    uint64_t ms, again_ms = cosigners_clock_off(o, now_ms, &ms) ? AGAIN_SOON_MS : AGAIN_MS;
    size_t failing = 0;
    struct line *found = NULL;
    for (const struct line *l = o->lines; l; l = l->next)
        failing += l->busy && l->failing_since_ms != 0;
    for (struct line *l = o->lines; l && o->size > 0; l = l->next) {
        uint64_t due_ms = l->next_ms;
        if (l->busy || l->gone || l->ahead)
            continue;
        if (l->done >= o->size)
            due_ms = l->last_ms + again_ms;
        if (due_ms > now_ms) {
            if (due_ms - now_ms < *sleep_ms)
                *sleep_ms = due_ms - now_ms;
        } else if (l->failing_since_ms == 0) {
            return l;
        } else if (failing < COSIGNERS_WORKERS / 2) {
            found = l;
        }
    }
    return found;
}

static void *run(void *arg)
{
    struct cosigners *o = arg;
    pthread_mutex_lock(&o->lock);
    while (!o->stopping) {
        uint64_t sleep_ms = WAIT_SLOW_MS, now_ms = time_mono_ms();
        if (o->look) {
            refresh(o);
            pthread_cond_broadcast(&o->news);
        }
        o->look = false;
        look_for_confirmation(o);
        turn_round(o, now_ms, &sleep_ms);
        struct line *l = due_line(o, now_ms, &sleep_ms);
        if (!l) {
            (void)cond_wait_until(&o->wake, &o->lock, cond_after(sleep_ms));
            continue;
        }
        struct cosigner who = l->who;
        struct cosign_result result;
        uint64_t size = o->size;
        AUTO(str_freep) char *note = str_dup(o->note);
        cosign_result_init(&result, l->known);
        l->busy = true;
        pthread_mutex_unlock(&o->lock);
        ask(o, &who, size, note, &result);
        pthread_mutex_lock(&o->lock);
        l->busy = false;
        note_result(l, size, &result);
        cosign_result_clear(&result);
        drop_gone(o);
        pthread_cond_broadcast(&o->news);
        pthread_cond_broadcast(&o->wake); /* the round may be over */
    }
    pthread_mutex_unlock(&o->lock);
    return NULL;
}

/* Birth and death ------------------------------------------------------------------------------------------------------- */

static void wait_for_news(struct cosigners *o, uint64_t until_ms);

static bool is_anybody_unasked(struct cosigners *o)
{
    pthread_mutex_lock(&o->lock);
    bool unasked = o->look;
    for (const struct line *l = o->lines; l; l = l->next)
        unasked = unasked || (!l->who.monitor && l->known > 0 && !l->asked);
    pthread_mutex_unlock(&o->lock);
    return unasked;
}

/* A home that was put back must not write before it knows: those who cosigned its ledger before are asked first. Who does
 * not answer holds up the start only so long. */
static void ask_first(struct cosigners *o)
{
    uint64_t until_ms = time_mono_ms() + START_MS;
    while (is_anybody_unasked(o) && time_mono_ms() < until_ms)
        wait_for_news(o, time_mono_ms() + 50);
}

enum err cosigners_open(struct node *n, struct cosigners **out, struct fail *f)
{
    struct cosigners *o = mem_new(sizeof *o);
    o->n = n;
    o->look = true;
    pthread_mutex_init(&o->lock, NULL);
    cond_init(&o->wake);
    cond_init(&o->news);
    enum err e = OK;
    for (; e == OK && o->started < COSIGNERS_WORKERS; o->started++)
        if (!thread_start(&o->threads[o->started], "cosigner", run, o)) {
            e = fail_set(f, E_INTERNAL, "cannot start the cosigners' threads");
            break;
        }
    if (e != OK) {
        cosigners_close(o);
        return e;
    }
    ask_first(o);
    *out = o;
    return OK;
}

void cosigners_stop(struct cosigners *o)
{
    if (!o)
        return;
    pthread_mutex_lock(&o->lock);
    o->stopping = true;
    pthread_cond_broadcast(&o->wake);
    pthread_cond_broadcast(&o->news);
    pthread_mutex_unlock(&o->lock);
    for (size_t i = 0; i < o->started; i++)
        pthread_join(o->threads[i], NULL);
    o->started = 0;
}

void cosigners_close(struct cosigners *o)
{
    if (!o)
        return;
    cosigners_stop(o);
    while (o->lines) {
        struct line *l = o->lines;
        o->lines = l->next;
        free(l);
    }
    free(o->note);
    pthread_cond_destroy(&o->wake);
    pthread_cond_destroy(&o->news);
    pthread_mutex_destroy(&o->lock);
    free(o);
}

static void wake(struct cosigners *o, bool look)
{
    if (!o)
        return;
    pthread_mutex_lock(&o->lock);
    o->look = o->look || look;
    pthread_cond_broadcast(&o->wake);
    pthread_mutex_unlock(&o->lock);
}

void cosigners_kick(struct cosigners *o)
{
    wake(o, false);
}

void cosigners_changed(struct cosigners *o)
{
    wake(o, true);
}

/* For others ------------------------------------------------------------------------------------------------------------- */

/* Until there is news of a cosignature, or ${until_ms}; without rounds news makes no noise. */
static void wait_for_news(struct cosigners *o, uint64_t until_ms)
{
    if (!o) {
        struct timespec until = { (time_t)(until_ms / 1000), (long)(until_ms % 1000) * 1000000 };
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
        return;
    }
    pthread_mutex_lock(&o->lock);
    (void)cond_wait_until(&o->news, &o->lock, until_ms);
    pthread_mutex_unlock(&o->lock);
}

/* Have all who answer of late signed what is of ${size} or more? */
static bool is_round_over(struct cosigners *o, uint64_t size)
{
    bool over = true;
    if (!o)
        return true;
    pthread_mutex_lock(&o->lock);
    for (const struct line *l = o->lines; l; l = l->next)
        over = over && (!is_healthy(l) || l->done >= size);
    pthread_mutex_unlock(&o->lock);
    return over;
}

enum err cosigners_wait(struct node *n, uint64_t size, bool monitor, unsigned wait_ms, struct cosigned *out,
                        struct fail *f)
{
    uint64_t until_ms = time_mono_ms() + wait_ms, enough_ms = 0, seen = 0;
    for (bool more = true;;) {
        struct fail why = { 0 };
        bool over =
            seen > 0 && is_round_over(n->cosigners, seen); /* before looking: lines are stored first */
        enum err e = cosigners_newest(n, size, out, &why);
        uint64_t now_ms = time_mono_ms(), nap_ms = now_ms + 100;
        if ((e != OK && e != E_NOT_FOUND) || !more)
            return e == OK ? OK : fail_pass(f, &why);
        bool enough = e == OK && out->witnessed && (out->monitored || !monitor);
        if (enough && enough_ms == 0)
            enough_ms = now_ms;
        if (enough && ((over && out->size == seen) || now_ms - enough_ms >= OTHERS_MS))
            return OK;
        seen = enough ? out->size : 0;
        /* short naps: news may come between looking and waiting */
        if (!enough || !is_round_over(n->cosigners, seen))
            wait_for_news(n->cosigners, nap_ms < until_ms ? nap_ms : until_ms);
        more = time_mono_ms() < until_ms;
    }
}

static const char *state_of(const struct line *l)
{
    if (l->ahead)
        return "ahead";
    if (l->failing_since_ms)
        return "failing";
    return l->known ? "good" : "waiting";
}

static void put_line(const struct line *l, json_t *list)
{
    json_t *v = json_object();
    char at[TIME_TEXT_SIZE];
    json_array_append_new(list, v);
    json_set_str(v, "name", l->who.key.name);
    json_set_str(v, "vkey", l->who.vkey);
    json_set_str(v, "partner", *l->who.domain ? l->who.domain : NULL);
    json_set_str(v, "url", *l->who.domain ? NULL : l->who.url);
    json_set_bool(v, "monitor", l->who.monitor);
    json_set_u64(v, "size", l->known);
    if (l->time_s && l->time_s < UINT64_MAX / 1000) {
        time_print(l->time_s * 1000, at);
        json_set_str(v, "at", at);
    }
    json_set_str(v, "state", state_of(l));
    json_set_str(v, "problem", l->problem[0] ? l->problem : NULL);
}

enum err cosigners_list(struct node *n, json_t **out, struct fail *f)
{
    struct cosigners alone = { .n = n }, *o = n->cosigners ? n->cosigners : &alone;
    json_t *list = json_array();
    *out = json_object();
    json_set_take(*out, "witnesses", list);
    if (o == &alone)
        TRY(cosigned_each(n, take_line, o, f));
    else
        pthread_mutex_lock(&o->lock);
    if (o != &alone && o->look)
        refresh(o);
    for (const struct line *l = o->lines; l; l = l->next)
        if (!l->gone)
            put_line(l, list);
    if (o != &alone)
        pthread_mutex_unlock(&o->lock);
    while (o == &alone && alone.lines) {
        struct line *l = alone.lines;
        alone.lines = l->next;
        free(l);
    }
    return OK;
}
