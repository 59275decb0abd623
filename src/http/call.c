/* SPDX-License-Identifier: Apache-2.0 */
#include "http/call.h"

#include <string.h>
#include <strings.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/hex.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/time.h"

struct call *call_new(const char *target)
{
    struct call *c = mem_new(sizeof *c);
    uint8_t id[8];
    if (getrandom(id, sizeof id, 0) != (ssize_t)sizeof id)
        BUG("no random bytes");
    hex_print(BYTES(id, sizeof id), c->seen.id);
    c->target = str_dup(target);
    size_t path_len = strcspn(target, "?");
    c->raw_query = str_dup(target[path_len] ? target + path_len + 1 : "");
    c->target[path_len] = '\0';
    c->seen.path = c->target;
    c->reply.fd = -1;
    c->began_ms = time_mono_ms();
    return c;
}

static void reply_body_clear(struct reply *r)
{
    if (r->from == REPLY_STREAM && r->status && r->stream.end)
        r->stream.end(r->stream.ctx);
    if (r->fd >= 0)
        close(r->fd);
    r->fd = -1;
    buf_freep(&r->owned);
    str_freep(&r->type);
    r->status = 0;
    r->len = 0;
}

void call_answer_clear(struct call *c)
{
    reply_body_clear(&c->reply);
    for (size_t i = 0; i < c->reply.header_count; i++) {
        str_freep(&c->reply.header[i].name);
        str_freep(&c->reply.header[i].value);
    }
    c->reply.header_count = 0;
}

void call_free(struct call *c)
{
    if (!c)
        return;
    call_answer_clear(c);
    buf_clear(&c->body);
    query_clear(&c->query);
    query_clear(&c->form);
    path_params_clear(&c->params);
    path_clear(&c->path);
    str_freep(&c->target);
    str_freep(&c->raw_query);
    mem_freep(&c);
}

struct call *call_of(struct http_call *seen)
{
    return (struct call *)(void *)seen;
}

static const struct call *call_of_const(const struct http_call *seen)
{
    return (const struct call *)(const void *)seen;
}

size_t call_header_count(const struct call *c, const char *name)
{
    size_t count = 0;
    for (size_t i = 0; i < c->header_count; i++)
        count += strcasecmp(c->header[i].name, name) == 0;
    return count;
}

bool call_reply_header(const struct call *c, const char *name)
{
    for (size_t i = 0; i < c->reply.header_count; i++)
        if (strcasecmp(c->reply.header[i].name, name) == 0)
            return true;
    return false;
}

const char *http_header(const struct http_call *call, const char *name)
{
    const struct call *c = call_of_const(call);
    for (size_t i = 0; i < c->header_count; i++)
        if (strcasecmp(c->header[i].name, name) == 0)
            return c->header[i].value;
    return NULL;
}

const char *http_param(const struct http_call *call, const char *name)
{
    const char *value = path_param(&call_of_const(call)->params, name);
    if (!value)
        BUG("a parameter that is not in the route's path");
    return value;
}

const char *http_query(const struct http_call *call, const char *name)
{
    return query_value(&call_of_const(call)->query, name);
}

const char *http_form(const struct http_call *call, const char *name)
{
    return query_value(&call_of_const(call)->form, name);
}

const char *http_peer(const struct http_call *call)
{
    return call_of_const(call)->peer;
}

/* A new answer: the old one goes, headers stay. */
static struct reply *reply_begin(struct http_call *call, int status, const char *type)
{
    struct reply *r = &call_of(call)->reply;
    if (status < 200 || status > 599)
        BUG("an answer's status is 200..599");
    char *copy = str_dup(type); /* may be that of the old answer */
    reply_body_clear(r);
    r->status = status;
    r->type = copy;
    return r;
}

void http_reply_take(struct http_call *call, int status, const char *type, struct buf **body)
{
    struct buf *moved = buf_take(body);
    struct reply *r = reply_begin(call, status, type);
    r->from = REPLY_OWNED;
    r->owned = moved;
    r->len = moved->len;
}

void http_reply(struct http_call *call, int status, const char *type, struct bytes body)
{
    struct buf *copy = buf_new(body.len);
    buf_put_bytes(copy, body);
    http_reply_take(call, status, type, &copy);
}

void http_reply_static(struct http_call *call, int status, const char *type, struct bytes body)
{
    struct reply *r = reply_begin(call, status, type);
    r->from = REPLY_VIEW;
    r->view = body;
    r->len = body.len;
}

void http_reply_json(struct http_call *call, int status, const json_t *v)
{
    struct buf *text = buf_new((size_t)64 << 20);
    json_put(text, v);
    if (text->failed)
        BUG("an answer over 64 MiB of JSON");
    http_reply_take(call, status, "application/json", &text);
}

void http_reply_fd(struct http_call *call, int status, const char *type, int fd, uint64_t offset,
                   uint64_t len)
{
    struct reply *r = reply_begin(call, status, type);
    r->from = REPLY_FD;
    r->fd = fd;
    r->offset = offset;
    r->len = len;
}

void http_reply_stream(struct http_call *call, int status, const char *type, uint64_t len,
                       const struct http_stream *from)
{
    struct reply *r = reply_begin(call, status, type);
    r->from = REPLY_STREAM;
    r->stream = *from;
    r->len = len;
}

void http_reply_header(struct http_call *call, const char *name, const char *value)
{
    struct reply *r = &call_of(call)->reply;
    size_t i = 0;
    while (i < r->header_count && strcasecmp(r->header[i].name, name) != 0)
        i++;
    if (i == REPLY_HEADERS_MAX)
        BUG("too many headers in an answer");
    if (i == r->header_count) {
        r->header[i].name = str_dup(name);
        r->header_count++;
    }
    char *copy = str_dup(value);
    for (char *s = copy; *s; s++)
        if ((unsigned char)*s < 0x20 || *s == 0x7f)
            *s = '?';
    str_freep(&r->header[i].value);
    r->header[i].value = copy;
}
