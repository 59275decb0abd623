/* SPDX-License-Identifier: Apache-2.0
 * keeper/pool.h - inside keeper/: the network process's lines to a confined process, and one request with its reply.
 *
 * A line is a socket with at most one request under way; the other end serves it in a thread of its own. Of several, the first is
 * kept from what takes long, so that a signature never waits behind a batch of tags. */
#ifndef KEEPER_POOL_H
#define KEEPER_POOL_H

#include <pthread.h>

#include "keeper/message.h"
#include "keeper/party.h"

struct line {
    int sock;
    uint32_t seq;
    bool busy;
};

/* broken: nothing more can be said, for the other end is gone or talks out of turn. */
struct pool {
    pthread_mutex_t lock;
    pthread_cond_t freed, freed_slow; /* any line; one for what is slow */
    struct line line[PARTY_LINES_MAX];
    size_t count;
    bool broken;
};

/* pool_init: no sockets yet; ${count} 1 to PARTY_LINES_MAX. pool_connect: the ends of the other process, -1 past the last.
 * pool_clear: also of what pool_connect left half done. */
void pool_init(struct pool *p, size_t count);
MUST_USE enum err pool_connect(struct pool *p, int theirs[static PARTY_LINES_MAX], struct fail *f);
void pool_clear(struct pool *p);

/* pool_slow_max: how many lines slow requests may have at once, at least 1. */
size_t pool_slow_max(const struct pool *p);

/* pool_ask: ${request} there and ${reply} back, on whatever line is free first; what the other side refused comes back as its
 * failure. ${reply} is initialised here, and cleared by the caller. Any thread. */
MUST_USE enum err pool_ask(struct pool *p, struct message *request, struct message *reply, struct fail *f);

/*
 * The same in steps, for slow requests: take a line (NULL if there is no room and ${wait} is false), say, hear, give it back with
 * what came of it. ${reply} is initialised. A line on which something was said is heard before it is given back.
 * pool_outcome: what a reply says of its request.
 */
struct line *pool_take_slow(struct pool *p, bool wait);
MUST_USE enum err pool_say(struct pool *p, struct line *l, struct message *request, struct fail *f);
MUST_USE enum err pool_hear(struct line *l, const struct message *request, struct message *reply,
                            struct fail *f);
void pool_give_back(struct pool *p, struct line *l, enum err e);
MUST_USE enum err pool_outcome(const struct message *reply, struct fail *f);

/* pool_bad_reply: E_INTERNAL, for an answer that can't be read. */
MUST_USE enum err pool_bad_reply(struct fail *f);

#endif
