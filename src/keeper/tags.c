/* SPDX-License-Identifier: Apache-2.0 */
#include "keeper/tags.h"

#include <errno.h>
#include <poll.h>

#include "base/mem.h"
#include "keeper/wire.h"

/* As many tags as are worth a message of their own. */
#define WORTH 16u

/* A part of the batch, on its way. */
struct part {
    struct line *line;
    struct message request, reply;
    struct keeper_tag *tags;
    size_t count;
};

struct batch {
    struct pool *pool;
    const uint8_t *vrf_pk;
    struct keeper_tag *next; /* and ${left} of them are not asked for yet */
    size_t left;
    struct part part[PARTY_LINES_MAX];
    size_t parts;
    enum err err; /* the first; then what is on its way is heard, and no more is said */
    struct fail *f;
};

static void note(struct batch *b, enum err e, const struct fail *why)
{
    if (b->err != OK || e == OK)
        return;
    b->err = e;
    if (b->f)
        *b->f = *why;
}

/* How many of the next go into one message: they fit a packet, there and back, and take a few milliseconds; towards the end
 * fewer, so that no line waits long for another. */
static size_t part_size(const struct batch *b)
{
    size_t lines = pool_slow_max(b->pool), share = (b->left + lines - 1) / lines;
    size_t n = 0, there = 2 + 32, room = MESSAGE_PACKET - MESSAGE_HEADER;
    share = share < WORTH ? WORTH : share > WIRE_TAGS_MAX ? WIRE_TAGS_MAX : share;
    while (n < b->left && n < share) {
        there += 3 + b->next[n].alpha.len;
        if (n > 0 && there > room)
            break;
        n++;
    }
    return n;
}

static enum err say(struct batch *b, struct part *part, struct fail *f)
{
    message_init(&part->request, MESSAGE_TAGS);
    message_init(&part->reply, 0);
    wire_put_tags(&part->request.body, b->vrf_pk, part->tags, part->count);
    TRY(buf_check(&part->request.body, "request to the keeper", f));
    return pool_say(b->pool, part->line, &part->request, f);
}

static void clear(struct part *part)
{
    message_clear(&part->request);
    message_clear(&part->reply);
}

/* feed: parts onto the lines that there is room on; without any on its way, wait for one. */
static void feed(struct batch *b)
{
    struct line *line;
    while (b->err == OK && b->left > 0 && (line = pool_take_slow(b->pool, b->parts == 0))) {
        struct fail why = { 0 };
        struct part *part = &b->part[b->parts];
        *part = (struct part){ .line = line, .tags = b->next, .count = part_size(b) };
        b->next += part->count;
        b->left -= part->count;
        enum err e = say(b, part, &why);
        if (e == OK) {
            b->parts++;
            continue;
        }
        pool_give_back(b->pool, line, e);
        clear(part);
        note(b, e, &why);
    }
}

/* The one that has answered. */
static struct part *answered(struct batch *b)
{
    struct pollfd at[PARTY_LINES_MAX];
    if (b->parts == 1)
        return b->part;
    for (size_t i = 0; i < b->parts; i++)
        at[i] = (struct pollfd){ .fd = b->part[i].line->sock, .events = POLLIN };
    while (poll(at, b->parts, -1) < 0)
        if (errno != EINTR)
            BUG("poll");
    for (size_t i = 0; i < b->parts; i++)
        if (at[i].revents)
            return &b->part[i];
    BUG("poll said nothing");
}

static enum err take(struct part *part, struct fail *f)
{
    struct reader r = reader_of(bytes_of(&part->reply.body));
    TRY(pool_outcome(&part->reply, f));
    for (size_t i = 0; i < part->count; i++) {
        struct keeper_tag *t = &part->tags[i];
        if (!get_copy(&r, t->tag, VRF_TAG_LEN) || (t->with_proof && !get_copy(&r, t->proof, VRF_PROOF_LEN)))
            return pool_bad_reply(f);
    }
    return reader_done(&r) ? OK : pool_bad_reply(f);
}

static void hear(struct batch *b)
{
    struct fail why = { 0 };
    if (b->parts == 0)
        return;
    struct part *part = answered(b);
    enum err e = pool_hear(part->line, &part->request, &part->reply, &why);
    pool_give_back(b->pool, part->line, e);
    if (e == OK)
        e = take(part, &why);
    note(b, e, &why);
    clear(part);
    *part = b->part[--b->parts];
}

enum err tags_ask(struct pool *p, const uint8_t *vrf_pk, struct keeper_tag *tags, size_t count,
                  struct fail *f)
{
    struct batch b = { .pool = p, .vrf_pk = vrf_pk, .next = tags, .left = count, .f = f };
    while (b.parts > 0 || (b.left > 0 && b.err == OK)) {
        feed(&b);
        hear(&b);
    }
    return b.err;
}
