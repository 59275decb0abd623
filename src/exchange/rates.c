/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/rates.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "crypto/hash.h"

#define PLACES   512
#define WAYS     8
#define HOUR_MS  3600000.0
#define QUIET_MS 60000 /* between two lines in the log */

/* What is bounded by which setting; 0 bytes: not counted. */
static const struct {
    const char *what;
    const char *setting, *setting_bytes;
    size_t offset, offset_bytes;
} kinds[RATE_COUNT] = {
    [RATE_STATEMENTS] = { "statements", "partner_statements", "partner_bytes",
                          offsetof(struct node_conf, partner_statements),
                          offsetof(struct node_conf, partner_bytes) },
    [RATE_CHECKPOINTS] = { "checkpoints", "partner_statements", NULL,
                           offsetof(struct node_conf, partner_statements), 0 },
    [RATE_CALLS] = { "calls", "person_calls", "person_bytes", offsetof(struct node_conf, person_calls),
                     offsetof(struct node_conf, person_bytes) },
    [RATE_PARTNER_KEYS] = { "keys", "partner_keys", NULL, offsetof(struct node_conf, partner_keys), 0 },
    [RATE_DEVICE_KEYS] = { "keys", "device_keys", NULL, offsetof(struct node_conf, device_keys), 0 },
};

struct slot {
    uint8_t name[16];
    enum rate of;
    uint64_t at_ms;
    double count, bytes; /* taken, and not yet come back at at_ms */
};

struct rates {
    const struct node_conf *conf;
    pthread_mutex_t lock;
    struct rates_refusal last;
    uint64_t logged_ms;
    struct slot slots[PLACES * WAYS];
};

struct rates *rates_new(const struct node_conf *conf)
{
    struct rates *r = mem_new(sizeof *r);
    r->conf = conf;
    pthread_mutex_init(&r->lock, NULL);
    return r;
}

void rates_free(struct rates *r)
{
    if (!r)
        return;
    pthread_mutex_destroy(&r->lock);
    free(r);
}

/* The most in an hour; 0: no bound. */
static double most(const struct rates *r, size_t offset)
{
    return offset ? (double)*(const uint64_t *)(const void *)((const char *)r->conf + offset) : 0;
}

/* What was taken, less what came back since. A clock that was put back gives nothing. */
static double taken(double was, double most, uint64_t at_ms, uint64_t now_ms)
{
    double back = now_ms > at_ms ? (double)(now_ms - at_ms) * most / HOUR_MS : 0;
    return was > back ? was - back : 0;
}

/* How far a bucket is emptied now, as part of the whole: hours until it is full again. */
static double emptied(const struct rates *r, const struct slot *s, uint64_t now_ms)
{
    double count_most = most(r, kinds[s->of].offset), bytes_most = most(r, kinds[s->of].offset_bytes);
    double count = count_most > 0 ? taken(s->count, count_most, s->at_ms, now_ms) / count_most : 0;
    double bytes = bytes_most > 0 ? taken(s->bytes, bytes_most, s->at_ms, now_ms) / bytes_most : 0;
    return count > bytes ? count : bytes;
}

/* The bucket of ${name}, or the one it gets. */
static struct slot *find(struct rates *r, enum rate of, const uint8_t name[static HASH_LEN], uint64_t now_ms)
{
    struct slot *place = &r->slots[(((size_t)name[16] << 8 | name[17]) % PLACES) * WAYS], *best = place;
    double least = 1e300;
    for (size_t i = 0; i < WAYS; i++) {
        struct slot *s = &place[i];
        if (memcmp(s->name, name, sizeof s->name) == 0)
            return s;
        double part = emptied(r, s, now_ms);
        if (part < least) {
            least = part;
            best = s;
        }
    }
    *best = (struct slot){ .of = of, .at_ms = now_ms };
    memcpy(best->name, name, sizeof best->name);
    return best;
}

/* Seconds until ${n} more have room; 0: they have it now. */
static double wait_s(double was, uint64_t n, double most)
{
    double need = (double)n < most ? (double)n : most;
    return n > 0 && most > 0 && was + need > most ? (was + need - most) * HOUR_MS / most / 1000 : 0;
}

static unsigned whole_seconds(double wait)
{
    unsigned s = wait < 3600 ? (unsigned)wait : 3600;
    s += (double)s + 1e-6 < wait && s < 3600; /* up, but for what computing leaves */
    return s ? s : 1;
}

static enum err refuse(struct rates *r, enum rate of, const char *who, bool bytes, double wait,
                       uint64_t now_ms, struct fail *f)
{
    unsigned retry_s = whole_seconds(wait);
    const char *setting = bytes ? kinds[of].setting_bytes : kinds[of].setting;
    double bound = most(r, bytes ? kinds[of].offset_bytes : kinds[of].offset);
    snprintf(r->last.who, sizeof r->last.who, "%s", who);
    r->last.setting = setting;
    r->last.at_ms = now_ms;
    if (r->last.count++ == 0 || now_ms >= r->logged_ms + QUIET_MS || now_ms < r->logged_ms) {
        r->logged_ms = now_ms;
        /* the log has no people's names: their organisation does */
        log_event(LOG_WARN, "rate-refused", "who=%s setting=%s refusals=%llu",
                  of == RATE_CALLS ? name_domain_of(who) : who, setting, (unsigned long long)r->last.count);
    }
    enum err e =
        fail_set(f, E_RATE, "too many %s%s from %s: %.0f in an hour are taken here (%s); try again in %u s",
                 bytes ? "bytes of " : "", kinds[of].what, who, bound, setting, retry_s);
    if (f && f->code == E_RATE)
        f->retry_s = retry_s;
    return e;
}

enum err rates_take(struct rates *r, enum rate of, const char *who, uint64_t count, uint64_t bytes,
                    uint64_t now_ms, struct fail *f)
{
    double count_most = most(r, kinds[of].offset), bytes_most = most(r, kinds[of].offset_bytes);
    uint8_t name[HASH_LEN];
    struct bytes parts[] = { BYTES(&(uint8_t){ (uint8_t)of }, 1), bytes_str(who) };
    if (count_most <= 0 && bytes_most <= 0)
        return OK;
    hash_sha256_parts(parts, COUNT(parts), name);
    pthread_mutex_lock(&r->lock);
    struct slot *s = find(r, of, name, now_ms);
    s->count = taken(s->count, count_most, s->at_ms, now_ms);
    s->bytes = taken(s->bytes, bytes_most, s->at_ms, now_ms);
    s->at_ms = now_ms;
    double count_wait = wait_s(s->count, count, count_most), bytes_wait = wait_s(s->bytes, bytes, bytes_most);
    enum err e = OK;
    if (count_wait > 0 || bytes_wait > 0) {
        bool by_bytes = bytes_wait > count_wait;
        e = refuse(r, of, who, by_bytes, by_bytes ? bytes_wait : count_wait, now_ms, f);
    } else {
        s->count += (double)count;
        s->bytes += (double)bytes;
    }
    pthread_mutex_unlock(&r->lock);
    return e;
}

bool rates_refused(struct rates *r, struct rates_refusal *out)
{
    pthread_mutex_lock(&r->lock);
    *out = r->last;
    pthread_mutex_unlock(&r->lock);
    return out->count > 0;
}
