/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/http/site.h - a table of routes that shows what a route gets to see */
#ifndef TESTS_HTTP_SITE_H
#define TESTS_HTTP_SITE_H

#include <sys/mman.h>
#include <stdatomic.h>
#include <unistd.h>

#include "base/json.h"
#include "base/mem.h"
#include "http/server.h"
#include "https.h"

static atomic_int site_users, site_runs, site_stream_ends;

static enum err site_root(struct http_call *call, struct fail *f)
{
    (void)f;
    atomic_fetch_add(&site_runs, 1);
    http_reply_static(call, 200, "text/plain", bytes_str("root"));
    return OK;
}

/* What the request was, as JSON. */
static enum err site_show(struct http_call *call, struct fail *f)
{
    AUTO(json_freep) json_t *v = json_object();
    (void)f;
    json_set_str(v, "route", call->route->path);
    json_set_str(v, "method", call->method);
    json_set_str(v, "path", call->path);
    json_set_str(v, "id", call->id);
    json_set_str(v, "peer", http_peer(call));
    json_set_str(v, "a", http_query(call, "a"));
    json_set_str(v, "form", http_form(call, "a"));
    json_set_str(v, "test", http_header(call, "x-TEST"));
    json_set_str(v, "user", call->user);
    json_set_u64(v, "body", call->body.len);
    if (strstr(call->route->path, "{id}"))
        json_set_str(v, "param", http_param(call, "id"));
    if (strstr(call->route->path, "{rest...}"))
        json_set_str(v, "rest", http_param(call, "rest"));
    http_reply_json(call, strcmp(call->method, "POST") == 0 ? 201 : 200, v);
    return OK;
}

static enum err site_echo(struct http_call *call, struct fail *f)
{
    (void)f;
    http_reply(call, 200, "application/octet-stream", call->body);
    http_reply_header(call, "Cache-Control", "max-age=60");
    http_reply_header(call, "X-Split", "a\r\nSet-Cookie: b");
    return OK;
}

static enum err site_fail(struct http_call *call, struct fail *f)
{
    const char *kind = http_param(call, "id");
    http_reply(call, 200, "text/plain", bytes_str("never seen"));
    http_reply_header(call, "X-Dropped", "yes");
    if (reason_from_code(kind) != REASON_NONE)
        return fail_why(f, reason_from_code(kind), "asked for \"%s\"\xff", kind);
    for (int code = 1; code < E_COUNT; code++)
        if (strcmp(err_row((enum err)code)->name, kind) == 0)
            return fail_set(f, (enum err)code, "secret of %s", kind);
    return strcmp(kind, "bare") == 0 ? E_CONFLICT : OK; /* a failure without a word; an answer after all */
}

static enum err site_silent(struct http_call *call, struct fail *f)
{
    (void)call;
    (void)f;
    return OK;
}

static enum err site_slow(struct http_call *call, struct fail *f)
{
    (void)f;
    usleep(400 * 1000);
    http_reply_static(call, 200, "text/plain", bytes_str("slow"));
    return OK;
}

static enum err site_fd(struct http_call *call, struct fail *f)
{
    int fd = memfd_create("site", MFD_CLOEXEC);
    AUTO(mem_freep) char *bytes = mem_new(300000);
    memset(bytes, 'f', 300000);
    if (write(fd, bytes, 300000) != 300000) {
        close(fd);
        return fail_set(f, E_IO, "cannot write");
    }
    http_reply_fd(call, 200, "text/plain", fd, 1000, 299000);
    return OK;
}

static ssize_t site_read(void *ctx, uint64_t at, uint8_t *out, size_t max)
{
    (void)ctx;
    if (at >= 200000)
        return -1;
    size_t n = max < 7777 ? max : 7777;
    for (size_t i = 0; i < n; i++)
        out[i] = (uint8_t)('a' + (at + i) % 26);
    return (ssize_t)n;
}

static void site_read_end(void *ctx)
{
    (void)ctx;
    atomic_fetch_add(&site_stream_ends, 1);
}

/* ?cut=1: says that it is longer than it is */
static enum err site_stream(struct http_call *call, struct fail *f)
{
    const struct http_stream from = { .read = site_read, .end = site_read_end };
    (void)f;
    http_reply_stream(call, 200, "text/plain", http_query(call, "cut") ? 400000 : 100000, &from);
    return OK;
}

static void site_render(struct http_call *call, const struct fail *f)
{
    http_reply(call, err_row(f->code)->http_status, "text/x-own", bytes_str(http_fail_shown(f)));
}

static const struct http_route site_routes[] = {
    { "GET", "/", 0, 0, site_root, NULL },
    { "GET", "/v1/items/new", 0, 0, site_show, NULL },
    { "GET", "/v1/items/{id}", 0, 0, site_show, NULL },
    { "POST", "/v1/items/{id}", 0, 4096, site_show, NULL },
    { "DELETE", "/v1/items/{id}", 0, 0, site_show, NULL },
    { "GET", "/log/{id}/{rest...}", 0, 0, site_show, NULL },
    { "POST", "/echo", 0, (size_t)64 << 20, site_echo, NULL },
    { "GET", "/fail/{id}", 0, 0, site_fail, NULL },
    { "GET", "/own/{id}", 0, 0, site_fail, site_render },
    { "GET", "/silent", 0, 0, site_silent, NULL },
    { "GET", "/slow", 0, 0, site_slow, NULL },
    { "GET", "/fd", 0, 0, site_fd, NULL },
    { "GET", "/stream", 0, 0, site_stream, NULL },
    { "GET", "/secret", 7, 0, site_show, NULL },
    { "POST", "/secret", 7, (size_t)8 << 20, site_show, NULL },
};

static enum err site_authorise(struct http_call *call, unsigned needs, struct fail *f)
{
    const char *who = http_header(call, "Authorization");
    if (needs == 0)
        return OK;
    if (!who)
        return fail_why(f, REASON_TOKEN, "no access token");
    call->user = str_dup(who);
    atomic_fetch_add(&site_users, 1);
    return strcmp(who, "amy") == 0 ? OK : fail_set(f, E_REFUSED, "needs %u", needs);
}

static void site_user_free(void *user)
{
    atomic_fetch_sub(&site_users, 1);
    mem_freep(&user);
}

__attribute__((unused)) static struct http_conf site_conf(void)
{
    return (struct http_conf){ .routes = site_routes,
                               .route_count = COUNT(site_routes),
                               .authorise = site_authorise,
                               .user_free = site_user_free,
                               .challenge = "DPoP algs=\"ES256\"" };
}

#endif
