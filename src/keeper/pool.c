/* SPDX-License-Identifier: Apache-2.0 */
#include "keeper/pool.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"

void pool_init(struct pool *p, size_t count)
{
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->freed, NULL);
    pthread_cond_init(&p->freed_slow, NULL);
    for (size_t i = 0; i < COUNT(p->line); i++)
        p->line[i].sock = -1;
    p->count = count;
}

enum err pool_connect(struct pool *p, int theirs[static PARTY_LINES_MAX], struct fail *f)
{
    for (size_t i = 0; i < PARTY_LINES_MAX; i++)
        theirs[i] = -1;
    for (size_t i = 0; i < p->count; i++) {
        int ends[2];
        if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
            return fail_set(f, E_IO, "cannot make a socket: %s", strerror(errno));
        p->line[i].sock = ends[0];
        theirs[i] = ends[1];
    }
    return OK;
}

void pool_clear(struct pool *p)
{
    for (size_t i = 0; i < p->count; i++)
        if (p->line[i].sock >= 0)
            close(p->line[i].sock);
    pthread_cond_destroy(&p->freed_slow);
    pthread_cond_destroy(&p->freed);
    pthread_mutex_destroy(&p->lock);
}

size_t pool_slow_max(const struct pool *p)
{
    return p->count > 1 ? p->count - 1 : 1;
}

/* Of several the first line is for what is quick; of the others each has its core (keeper/party.c). */
static struct line *first_slow(struct pool *p)
{
    return p->count > 1 ? p->line + 1 : p->line;
}

/* The lock is held. */
static struct line *free_line(struct pool *p, bool slow)
{
    for (struct line *l = slow ? first_slow(p) : p->line; l < p->line + p->count; l++)
        if (!l->busy)
            return l;
    return NULL;
}

static struct line *take(struct pool *p, bool slow, bool wait)
{
    struct line *l;
    pthread_mutex_lock(&p->lock);
    while (!(l = free_line(p, slow)) && wait)
        pthread_cond_wait(slow ? &p->freed_slow : &p->freed, &p->lock);
    if (l) {
        l->busy = true;
    }
    pthread_mutex_unlock(&p->lock);
    return l;
}

struct line *pool_take_slow(struct pool *p, bool wait)
{
    return take(p, true, wait);
}

void pool_give_back(struct pool *p, struct line *l, enum err e)
{
    pthread_mutex_lock(&p->lock);
    l->busy = false;
    /* anything else leaves the two in step */
    p->broken = p->broken || e == E_IO || e == E_INTERNAL;
    pthread_cond_signal(&p->freed);
    if (l >= first_slow(p))
        pthread_cond_signal(&p->freed_slow);
    pthread_mutex_unlock(&p->lock);
}

enum err pool_say(struct pool *p, struct line *l, struct message *request, struct fail *f)
{
    pthread_mutex_lock(&p->lock);
    bool broken = p->broken;
    pthread_mutex_unlock(&p->lock);
    if (broken)
        return fail_set(f, E_UNAVAILABLE, "the keeper is gone");
    request->seq = ++l->seq;
    return message_send(l->sock, request, f);
}

enum err pool_hear(struct line *l, const struct message *request, struct message *reply, struct fail *f)
{
    TRY(message_receive(l->sock, reply, f));
    if (reply->type != (request->type | MESSAGE_REPLY) || reply->seq != request->seq)
        return fail_set(f, E_INTERNAL, "the keeper answered something else");
    return message_load(reply, MESSAGE_BODY_MAX, f);
}

enum err pool_outcome(const struct message *reply, struct fail *f)
{
    if (reply->code == OK)
        return OK;
    if (reply->reason != REASON_NONE && reason_err(reply->reason) == reply->code)
        return fail_why(f, reply->reason, "%s", buf_text(&reply->body));
    return fail_set(f, reply->code, "%s", buf_text(&reply->body));
}

enum err pool_ask(struct pool *p, struct message *request, struct message *reply, struct fail *f)
{
    message_init(reply, 0);
    TRY(buf_check(&request->body, "request to the keeper", f));
    struct line *l = take(p, false, true);
    enum err e = pool_say(p, l, request, f);
    if (e == OK)
        e = pool_hear(l, request, reply, f);
    pool_give_back(p, l, e);
    return e == OK ? pool_outcome(reply, f) : e;
}

enum err pool_bad_reply(struct fail *f)
{
    return fail_set(f, E_INTERNAL, "the keeper's answer can't be read");
}
