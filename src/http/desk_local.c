/* SPDX-License-Identifier: Apache-2.0 */
#include "http/desk_local.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cond.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/thread.h"
#include "exchange/cards.h"
#include "http/call.h"
#include "http/desk.h"
#include "net/client.h"

#define API          1u                 /* needs: passed on to the node, for our own page only */
#define CLIENTS_MAX  64                 /* a browser has six connections, and a stream a tab */
#define BODY_MAX     ((size_t)72 << 20) /* a package */
#define ANSWER_MAX   ((size_t)72 << 20)
#define ANSWER_MS    130000 /* the node's own bounds are shorter */
#define STREAM_MS    900000 /* it ends with the token, after five minutes */
#define LOOK_MS      500
#define STOP_WAIT_MS 1000
#define HOST_MAX     32

struct desk_local {
    const struct card *card;
    struct card_pins pins;
    struct net_client *net;
    struct http_server *server;
    struct http_route routes[DESK_ROWS_MAX + 16];
    char host[HOST_MAX], origin[HOST_MAX + 8];
    atomic_bool stopping;
};

/* What goes along, either way. */
static const char *const asked[] = { "Authorization", "DPoP", "Content-Type", "Accept", "Last-Event-ID" };
static const char *const answered[] = { "WWW-Authenticate", "DPoP-Nonce", "Retry-After", "Orcon-Request-Id",
                                        "Content-Disposition" };

/* One call as it goes on. Its headers are the call's own. */
struct onward {
    char *url;
    struct net_header headers[COUNT(asked)];
    struct net_request request;
};

static void onward_clear(struct onward *o)
{
    str_freep(&o->url);
}

static void onward_make(struct desk_local *d, struct http_call *call, struct onward *o)
{
    const char *query = call_of(call)->raw_query;
    o->url = str_format("%s%s%s%s", d->card->url, call->path, *query ? "?" : "", query);
    o->request = (struct net_request){ .method = call->method,
                                       .url = o->url,
                                       .headers = o->headers,
                                       .pins = d->pins.list,
                                       .pin_count = d->card->pin_count,
                                       .max_answer = ANSWER_MAX,
                                       .timeout_ms = ANSWER_MS,
                                       .cancel = &d->stopping,
                                       .allow_private = true }; /* one that its people were given by hand */
    if (call->body.len)
        o->request.body = call->body;
    for (size_t i = 0; i < COUNT(asked); i++) {
        const char *value = http_header(call, asked[i]);
        if (value)
            o->headers[o->request.header_count++] = (struct net_header){ asked[i], value };
    }
}

static void headers_back(struct http_call *call, const struct net_answer *a)
{
    for (size_t i = 0; i < COUNT(answered); i++) {
        const char *value = net_answer_header(a, answered[i]);
        if (value)
            http_reply_header(call, answered[i], value);
    }
}

static const char *type_of(const struct net_answer *a)
{
    const char *type = net_answer_header(a, "Content-Type");
    return type ? type : "application/octet-stream";
}

static void reply_back(struct http_call *call, struct net_answer *a)
{
    http_reply_take(call, a->status, type_of(a), &a->body);
    headers_back(call, a);
}

/* Streams ------------------------------------------------------------------------------------------------------ */

/*
 * One that is open. Its own thread reads from the node and writes into a socket pair; the connection's thread reads
 * from there. The first piece, or the end, is waited for before anything is answered.
 */
struct tunnel {
    struct desk_local *desk;
    struct onward onward;
    int in, out;
    atomic_bool cancel;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool begun, ended; /* under lock */
    struct net_answer answer;
    enum err result;
    struct fail fail;
};

static void tunnel_free(struct tunnel *t)
{
    onward_clear(&t->onward);
    net_answer_clear(&t->answer);
    fd_closep(&t->in);
    fd_closep(&t->out);
    pthread_cond_destroy(&t->changed);
    pthread_mutex_destroy(&t->lock);
    mem_freep(&t);
}

static void tunnel_note(struct tunnel *t, bool *what)
{
    pthread_mutex_lock(&t->lock);
    *what = true;
    pthread_cond_broadcast(&t->changed);
    pthread_mutex_unlock(&t->lock);
}

static bool tunnel_piece(void *ctx, const struct net_answer *head, struct bytes v)
{
    struct tunnel *t = ctx;
    (void)head;
    if (!t->begun)
        tunnel_note(t, &t->begun);
    while (v.len) {
        ssize_t n = send(t->in, v.data, v.len, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        v = BYTES(v.data + n, v.len - (size_t)n);
    }
    return true;
}

static void *tunnel_main(void *arg)
{
    struct tunnel *t = arg;
    t->result = net_client_send(t->desk->net, &t->onward.request, &t->answer, &t->fail);
    shutdown(t->in, SHUT_RDWR);
    tunnel_note(t, &t->ended);
    return NULL;
}

static ssize_t tunnel_read(void *ctx, uint64_t at, uint8_t *out, size_t max)
{
    struct tunnel *t = ctx;
    (void)at;
    struct pollfd on = { .fd = t->out, .events = POLLIN };
    if (atomic_load(&t->desk->stopping))
        return 0;
    if (poll(&on, 1, LOOK_MS) == 0)
        return HTTP_STREAM_WAIT;
    ssize_t n = recv(t->out, out, max, 0);
    return n > 0 ? n : n < 0 && errno == EINTR ? HTTP_STREAM_WAIT : 0;
}

static void tunnel_end(void *ctx)
{
    struct tunnel *t = ctx;
    atomic_store(&t->cancel, true);
    shutdown(t->out, SHUT_RDWR);
    pthread_join(t->thread, NULL);
    tunnel_free(t);
}

/* Until the node has begun to answer, or won't. */
static bool tunnel_open(struct tunnel *t)
{
    pthread_mutex_lock(&t->lock);
    while (!t->begun && !t->ended) {
        cond_wait_until(&t->changed, &t->lock, cond_after(LOOK_MS));
        if (atomic_load(&t->desk->stopping))
            atomic_store(&t->cancel, true); /* it ends then */
    }
    bool open = t->begun;
    pthread_mutex_unlock(&t->lock);
    return open;
}

static enum err tunnel_refused(struct http_call *call, struct tunnel *t, struct fail *f)
{
    enum err e = t->result;
    if (e == OK)
        reply_back(call, &t->answer);
    else
        fail_pass(f, &t->fail);
    return e;
}

static enum err stream(struct desk_local *d, struct http_call *call, struct fail *f)
{
    struct tunnel *t = mem_new(sizeof *t);
    int pair[2];
    t->desk = d;
    t->in = t->out = -1;
    pthread_mutex_init(&t->lock, NULL);
    cond_init(&t->changed);
    onward_make(d, call, &t->onward);
    t->onward.request.timeout_ms = STREAM_MS;
    t->onward.request.piece = tunnel_piece;
    t->onward.request.ctx = t;
    t->onward.request.cancel = &t->cancel;
    bool paired = socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0;
    if (paired) {
        t->in = pair[0];
        t->out = pair[1];
    }
    if (!paired || !thread_start(&t->thread, "desk-stream", tunnel_main, t)) {
        tunnel_free(t);
        return fail_set(f, E_UNAVAILABLE, "too many streams are open here");
    }
    if (!tunnel_open(t)) {
        enum err e = tunnel_refused(call, t, f);
        tunnel_end(t);
        return e;
    }
    struct http_stream from = { t, tunnel_read, tunnel_end };
    http_reply_stream(call, 200, "text/event-stream", HTTP_LEN_OPEN, &from);
    return OK;
}

/* Calls -------------------------------------------------------------------------------------------------------- */

static enum err serve_pass(struct http_call *call, struct fail *f)
{
    struct desk_local *d = call->context;
    const char *accept = http_header(call, "Accept");
    if (accept && strstr(accept, "text/event-stream") && strcmp(call->method, "GET") == 0)
        return stream(d, call, f);
    AUTO(net_answer_clear) struct net_answer answer = { 0 };
    AUTO(onward_clear) struct onward o = { 0 };
    onward_make(d, call, &o);
    TRY(net_client_send(d->net, &o.request, &answer, f));
    reply_back(call, &answer);
    return OK;
}

static enum err serve_own_desk(struct http_call *call, struct fail *f)
{
    const struct desk_local *d = call->context;
    (void)f;
    desk_answer(call, d->card->domain, d->card->url, true);
    return OK;
}

static const struct http_route passed[] = {
    { "GET", "/v1/desk", API, 0, serve_own_desk, NULL },
    { "GET", "/v1/{rest...}", API, 0, serve_pass, NULL },
    { "POST", "/v1/{rest...}", API, BODY_MAX, serve_pass, NULL },
    { "PUT", "/v1/{rest...}", API, BODY_MAX, serve_pass, NULL },
    { "DELETE", "/v1/{rest...}", API, 0, serve_pass, NULL },
    { "POST", "/enrol", API, BODY_MAX, serve_pass, NULL },
    { "POST", "/token", API, BODY_MAX, serve_pass, NULL },
    { "GET", "/card", API, 0, serve_pass, NULL },
    { "GET", "/readyz", API, 0, serve_pass, NULL },
    { "POST", "/kas.AccessService/Rewrap", API, BODY_MAX, serve_pass, NULL },
    { "POST", "/relay/v1/{rest...}", API, BODY_MAX, serve_pass, NULL },
    { "GET", "/log/{rest...}", API, 0, serve_pass, NULL },
    { "GET", "/witness/{rest...}", API, 0, serve_pass, NULL },
    { "GET", "/monitor/{rest...}", API, 0, serve_pass, NULL },
};

/* Whoever leads here from elsewhere may lead to the page, never to a call. */
static enum err authorise(struct http_call *call, unsigned needs, struct fail *f)
{
    const struct desk_local *d = call->context;
    const char *origin = http_header(call, "Origin"), *site = http_header(call, "Sec-Fetch-Site");
    if (needs != API)
        return OK;
    if ((origin && strcmp(origin, d->origin) != 0) ||
        (site && strcmp(site, "same-origin") != 0 && strcmp(site, "none") != 0))
        return fail_set(f, E_REFUSED, "this desk passes on calls of its own page only");
    return OK;
}

/* Start and stop ------------------------------------------------------------------------------------------------ */

static void name_it(struct desk_local *d, uint16_t port)
{
    snprintf(d->host, sizeof d->host, "127.0.0.1:%u", port);
    snprintf(d->origin, sizeof d->origin, "http://127.0.0.1:%u", port);
}

static size_t routes_make(struct desk_local *d)
{
    memcpy(d->routes, passed, sizeof passed);
    return COUNT(passed) + desk_rows(d->routes + COUNT(passed));
}

static void desk_local_stopp(struct desk_local **d)
{
    desk_local_stop(*d);
}

enum err desk_local_start(const struct card *card, uint16_t port, struct desk_local **out, struct fail *f)
{
    AUTO(desk_local_stopp) struct desk_local *d = mem_new(sizeof *d);
    d->card = card;
    card_pins(card, &d->pins);
    name_it(d, port);
    AUTO(str_freep) char *where = str_dup(d->host);
    TRY(net_client_new(&d->net, f));
    struct http_conf conf = { .listen = where,
                              .host = d->host, /* a name that leads here from elsewhere is another one */
                              .routes = d->routes,
                              .route_count = routes_make(d),
                              .context = d,
                              .authorise = authorise,
                              .max_connections = CLIENTS_MAX,
                              .quiet = true };
    TRY(http_server_start(&conf, &d->server, f));
    if (port == 0)
        name_it(d, http_server_port(d->server));
    *out = d;
    d = NULL;
    return OK;
}

void desk_local_stop(struct desk_local *d)
{
    if (!d)
        return;
    atomic_store(&d->stopping, true);
    http_server_stop(d->server, STOP_WAIT_MS);
    net_client_free(d->net);
    mem_freep(&d);
}

bool desk_local_has_page(void)
{
    return desk_has_page();
}

const char *desk_local_origin(const struct desk_local *d)
{
    return d->origin;
}
