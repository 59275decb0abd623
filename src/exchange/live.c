/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/live.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/time.h"
#include "crypto/hash.h"
#include "exchange/bell.h"
#include "exchange/node.h"
#include "exchange/view.h"

#define PACE_MS  100 /* between two looks: what comes in bursts is said together */
#define WAIT_MS  1000
#define RETRY_MS 2000

struct live {
    struct live *prev, *next;
    struct node *n;
    struct asker asker;
    uint64_t after, heard, looked_ms, said_ms;
    uint8_t inbox[HASH_LEN]; /* of the open items as last told */
    bool told, ended;
};

struct lives {
    pthread_mutex_t lock;
    struct live *first;
};

struct lives *lives_new(void)
{
    struct lives *l = mem_new(sizeof *l);
    pthread_mutex_init(&l->lock, NULL);
    return l;
}

void lives_free(struct lives *l)
{
    if (!l)
        return;
    pthread_mutex_destroy(&l->lock);
    free(l);
}

/* A place among those that are open. */
static enum err enter(struct lives *all, struct live *l, struct fail *f)
{
    unsigned his = 0, most = (unsigned)(l->n->conf.max_clients / 4), count = 0;
    pthread_mutex_lock(&all->lock);
    for (const struct live *other = all->first; other; other = other->next) {
        his += strcmp(other->asker.person, l->asker.person) == 0;
        count++;
    }
    bool room = his < LIVE_PERSON_MAX && count < most;
    if (room) {
        l->next = all->first;
        if (l->next)
            l->next->prev = l;
        all->first = l;
    }
    pthread_mutex_unlock(&all->lock);
    if (room)
        return OK;
    return his >= LIVE_PERSON_MAX
               ? fail_set(f, E_RATE, "%s has %u streams open: close a tab", l->asker.person, his)
               : fail_set(f, E_RATE, "%u streams are open here: as many as there may be", count);
}

static void leave(struct lives *all, struct live *l)
{
    pthread_mutex_lock(&all->lock);
    if (l->prev)
        l->prev->next = l->next;
    else
        all->first = l->next;
    if (l->next)
        l->next->prev = l->prev;
    pthread_mutex_unlock(&all->lock);
}

/* Saying --------------------------------------------------------------------------------------------------- */

static void say(struct buf *out, const char *event, const json_t *data)
{
    AUTO(str_freep) char *text = json_text(data); /* one line */
    buf_printf(out, "event: %s\n", event);
    const json_t *seq = json_object_get(data, "seq");
    if (seq)
        buf_printf(out, "id: %lld\n", (long long)json_integer_value(seq));
    buf_printf(out, "data: %s\n\n", text);
}

static void say_end(struct live *l, struct buf *out, const char *reason)
{
    AUTO(json_freep) json_t *data = json_object();
    json_set_str(data, "reason", reason);
    say(out, "end", data);
    l->ended = true;
}

static enum err say_notices(struct live *l, struct buf *out, struct fail *f)
{
    AUTO(json_freep) json_t *answer = NULL;
    size_t i;
    json_t *event;
    TRY(view_inbox_events(l->n, &l->asker, l->after, 0, &answer, f));
    json_array_foreach (json_object_get(answer, "events"), i, event)
        say(out, "notice", event);
    l->after = (uint64_t)json_integer_value(json_object_get(answer, "next"));
    return OK;
}

/* Somebody else may have done what he still sees: then his list has changed without a notice. */
static enum err say_inbox(struct live *l, struct buf *out, struct fail *f)
{
    AUTO(json_freep) json_t *inbox = NULL;
    uint8_t sha[HASH_LEN];
    TRY(view_inbox(l->n, &l->asker, false, &inbox, f));
    AUTO(str_freep) char *items = json_text(json_object_get(inbox, "items"));
    hash_sha256(bytes_str(items), sha);
    if (l->told && memcmp(sha, l->inbox, HASH_LEN) == 0)
        return OK;
    memcpy(l->inbox, sha, HASH_LEN);
    l->told = true;
    AUTO(json_freep) json_t *data = json_object();
    json_set_u64(data, "next", l->after);
    say(out, "inbox", data);
    return OK;
}

/* Everything there is to say now; an error ends the stream, and its reason is what the next call would get. */
static void look(struct live *l, struct buf *out)
{
    struct fail why = { 0 };
    uint64_t now_ms = l->n->now_ms();
    l->looked_ms = time_mono_ms();
    if (now_ms >= l->asker.ends_ms) {
        say_end(l, out, "token");
        return;
    }
    enum err e = auth_still(l->n, &l->asker, &why);
    if (e == OK)
        e = say_notices(l, out, &why);
    if (e == OK)
        e = say_inbox(l, out, &why);
    if (e != OK)
        say_end(l, out, why.reason != REASON_NONE ? reason_code(why.reason) : err_row(e)->name);
}

/* Until it rings, but not sooner than a burst takes; the token's end is waited for, too. */
static void wait_for_more(struct live *l)
{
    uint64_t now_ms = l->n->now_ms(), since_ms = time_mono_ms() - l->looked_ms;
    uint64_t wait_ms = l->asker.ends_ms > now_ms ? l->asker.ends_ms - now_ms : 0;
    if (since_ms < PACE_MS) /* nothing rings that bell but the end */
        bell_wait(l->n->bell, UINT64_MAX, PACE_MS - since_ms, UINT32_MAX);
    bell_wait(l->n->bell, l->heard, wait_ms < WAIT_MS ? wait_ms : WAIT_MS, UINT32_MAX);
}

/* A look costs a query: only where something was committed since the last, or the token has ended. */
static bool look_now(const struct live *l, uint64_t heard)
{
    return !l->told || heard != l->heard || l->n->now_ms() >= l->asker.ends_ms;
}

bool live_next(struct live *l, struct buf *out)
{
    size_t before = out->len;
    if (l->ended)
        return false;
    if (!l->told)
        buf_printf(out, "retry: %d\n\n", RETRY_MS);
    else
        wait_for_more(l);
    uint64_t heard = bell_heard(l->n->bell), now_ms = time_mono_ms();
    if (bell_stopped(l->n->bell))
        say_end(l, out, "stopping");
    else if (look_now(l, heard))
        look(l, out);
    l->heard = heard;
    if (out->len == before && now_ms - l->said_ms >= LIVE_HEARTBEAT_MS)
        buf_put_str(out, ":\n\n");
    if (out->len != before)
        l->said_ms = now_ms;
    return true;
}

/* Opening and closing --------------------------------------------------------------------------------------- */

static enum err begin(struct live *l, uint64_t after, struct fail *f)
{
    AUTO(json_freep) json_t *answer = NULL;
    if (after != LIVE_FROM_NOW) {
        l->after = after;
        return view_inbox_events(l->n, &l->asker, after, 0, &answer, f);
    }
    TRY(view_inbox(l->n, &l->asker, false, &answer, f));
    l->after = (uint64_t)json_integer_value(json_object_get(answer, "next"));
    return OK;
}

enum err live_open(struct node *n, const struct asker *a, uint64_t after, struct live **out, struct fail *f)
{
    struct live *l = mem_new(sizeof *l);
    l->n = n;
    l->asker = *a;
    enum err e = begin(l, after, f);
    if (e == OK)
        e = enter(n->lives, l, f);
    if (e != OK)
        free(l);
    else
        *out = l;
    return e;
}

void live_close(struct live *l)
{
    if (!l)
        return;
    leave(l->n->lives, l);
    free(l);
}
