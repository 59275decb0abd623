/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/turn_failed.h"

#include <stdio.h>

#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "exchange/acts.h"
#include "exchange/node_internal.h"
#include "store/writer.h"

void turn_failures_start(struct turn_failures *t)
{
    *t = (struct turn_failures){ 0 };
    pthread_mutex_init(&t->lock, NULL);
}

void turn_failures_stop(struct turn_failures *t)
{
    pthread_mutex_destroy(&t->lock);
}

struct telling {
    struct node *n;
    const struct turn_failed *failed;
};

static enum err tell(struct db *db, void *ctx, struct fail *f)
{
    const struct telling *t = ctx;
    const struct node *n = t->n;
    AUTO(str_freep)
    char *what = str_format(
        "the generation of the ledger after %s can't begin, and nothing is written until it does: %s. "
        "It is tried again; `orcon doctor` on the node says how it stands",
        n->origin, t->failed->what);
    json_t *about = json_object();
    json_set_str(about, "what", what);
    json_set_str(about, "log", n->origin);
    return acts_notify(db, "alert", "officer", n->conf.domain, t->failed->since_ms, 0, n->origin, about, f);
}

void turn_failures_note(struct node *n, struct turn_failures *t, const struct fail *why)
{
    uint64_t now_ms = n->now_ms();
    struct fail f = { 0 };
    log_fail(LOG_ERROR, "turn-failed", why);
    pthread_mutex_lock(&t->lock);
    t->now.since_ms = t->now.since_ms ? t->now.since_ms : now_ms;
    t->now.tries++;
    snprintf(t->now.what, sizeof t->now.what, "%.130s", why->what);
    t->now.what[utf8_valid(bytes_str(t->now.what))] = '\0';
    struct turn_failed now = t->now;
    bool due = !t->told && now_ms >= now.since_ms + TURN_FAILED_TELL_MS;
    pthread_mutex_unlock(&t->lock);
    if (!due)
        return;
    struct telling telling = { n, &now };
    t->told = writer_run(n->writer, tell, &telling, &f) == OK;
    if (!t->told)
        log_fail(LOG_ERROR, "alarm-lost", &f);
}

void turn_failures_end(struct turn_failures *t)
{
    pthread_mutex_lock(&t->lock);
    t->now = (struct turn_failed){ 0 };
    t->told = false;
    pthread_mutex_unlock(&t->lock);
}

struct turn_failed turn_failures_now(struct turn_failures *t)
{
    pthread_mutex_lock(&t->lock);
    struct turn_failed now = t->now;
    pthread_mutex_unlock(&t->lock);
    return now;
}
