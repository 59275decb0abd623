/* SPDX-License-Identifier: Apache-2.0
 *
 * The only file that knows libmicrohttpd. It calls back in this order: on_connection (started), on_target,
 * on_call (headers), on_call (each piece of a body), on_call (whole), on_done, ..., on_connection (closed);
 * on_connection in its accepting thread, the others in the connection's own thread.
 *
 * The library's own timeout is one of silence, which a byte now and then escapes; so a thread here keeps a
 * deadline for every connection and cuts those that pass it. */
#include "http/server.h"

#include <microhttpd.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cond.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/time.h"
#include "http/deadlines.h"
#include "http/gate.h"
#include "http/listen.h"

#define DISCARD_MAX   ((size_t)1 << 20)  /* of a refused body, so that the client gets to read why */
#define BYTES_PER_MS  64                 /* the slowest client that is waited for */
#define MEMORY_MAX    ((size_t)32 << 10) /* of a connection: request line and headers */
#define STREAM_BLOCK  ((size_t)64 << 10)
#define DEFAULT(v, d) ((v) ? (v) : (d))

struct counter {
    atomic_uint_fast64_t by_class[5], answer_bytes, busy_ms;
};

struct http_server {
    struct http_conf conf;
    struct MHD_Daemon *daemon;
    int fd;
    bool own_fd;
    uint16_t port;
    char address[LISTEN_TEXT];
    atomic_size_t uploads; /* bytes of bodies held */
    atomic_uint connections;
    atomic_bool stopping;
    pthread_mutex_t lock;
    pthread_cond_t changed; /* running went down */
    unsigned running;
    struct deadlines *deadlines;
    struct counter *counters; /* route_count + 1 */
};

/* ---- deadlines ---- */

static void connection_open(struct http_server *s, struct MHD_Connection *mhd, void **context)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD);
    *context = deadline_new(s->deadlines, info ? info->connect_fd : -1, s->conf.timeout_ms);
    atomic_fetch_add(&s->connections, 1);
}

static void connection_close(struct http_server *s, void **context)
{
    if (!*context)
        return;
    deadline_end(s->deadlines, *context);
    atomic_fetch_sub(&s->connections, 1);
    *context = NULL;
}

static void on_connection(void *cls, struct MHD_Connection *mhd, void **context,
                          enum MHD_ConnectionNotificationCode what)
{
    if (what == MHD_CONNECTION_NOTIFY_STARTED)
        connection_open(cls, mhd, context);
    else
        connection_close(cls, context);
}

static struct deadline *connection_of(struct MHD_Connection *mhd)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info ? info->socket_context : NULL;
}

/* ---- answers ---- */

static void owned_free(void *cls)
{
    buf_free(cls);
}

/* A stream on its way: an open one may take its time between two pieces, but not for the sending of one. */
struct sending {
    struct http_stream from;
    struct deadline *deadline;
    unsigned timeout_ms;
    int fd;
    bool open;
};

/* Whether the client has closed its side: nobody would read what is sent. */
static bool client_gone(int fd)
{
    struct pollfd on = { .fd = fd, .events = POLLRDHUP };
    return fd >= 0 && poll(&on, 1, 0) > 0 && (on.revents & (POLLRDHUP | POLLHUP | POLLERR));
}

static ssize_t stream_read(void *cls, uint64_t at, char *out, size_t max)
{
    const struct sending *w = cls;
    if (w->open)
        deadline_set(w->deadline, DEADLINE_NEVER);
    ssize_t n;
    do {
        n = w->from.read(w->from.ctx, at, (uint8_t *)out, max);
    } while (n == HTTP_STREAM_WAIT && w->open && !client_gone(w->fd));
    if (w->open)
        deadline_set(w->deadline, w->timeout_ms);
    if (n == 0 && w->open)
        return MHD_CONTENT_READER_END_OF_STREAM;
    return n > 0 ? n : MHD_CONTENT_READER_END_WITH_ERROR;
}

static void stream_end(void *cls)
{
    struct sending *w = cls;
    if (w->from.end)
        w->from.end(w->from.ctx);
    mem_freep(&w);
}

static struct MHD_Response *stream_move(const struct http_server *s, struct MHD_Connection *mhd,
                                        struct reply *r)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD);
    bool open = r->len == HTTP_LEN_OPEN;
    struct sending w = { r->stream, connection_of(mhd), s->conf.timeout_ms, info ? info->connect_fd : -1,
                         open };
    struct sending *own = mem_dup(&w, sizeof w);
    struct MHD_Response *out = MHD_create_response_from_callback(open ? MHD_SIZE_UNKNOWN : r->len,
                                                                 STREAM_BLOCK, stream_read, own, stream_end);
    if (out)
        r->stream.end = NULL;
    else
        mem_freep(&own);
    if (open)
        r->len = 0; /* for the log and the counters, which can't know it yet */
    return out;
}

/* The body moves into the library's response, which frees it when sent. */
static struct MHD_Response *body_move(const struct http_server *s, struct MHD_Connection *mhd,
                                      struct reply *r)
{
    struct MHD_Response *out = NULL;
    static char nothing[1];
    switch (r->from) {
    case REPLY_OWNED:
        out = MHD_create_response_from_buffer_with_free_callback_cls(
            r->owned->len, r->owned->data ? (void *)r->owned->data : nothing, owned_free, r->owned);
        r->owned = out ? NULL : r->owned;
        break;
    case REPLY_VIEW:
        out = MHD_create_response_from_buffer_with_free_callback_cls(
            r->view.len, r->view.data ? (void *)(uintptr_t)r->view.data : nothing, NULL, NULL);
        break;
    case REPLY_FD:
        out = MHD_create_response_from_fd_at_offset64(r->len, r->fd, r->offset);
        r->fd = out ? -1 : r->fd;
        break;
    case REPLY_STREAM:
        out = stream_move(s, mhd, r);
        break;
    }
    return out;
}

static bool headers_add(struct MHD_Response *out, const struct call *c)
{
    static const struct {
        const char *name, *value;
    } defaults[] = {
        { "Cache-Control", "no-store" },
        { "X-Content-Type-Options", "nosniff" },
        { "Referrer-Policy", "no-referrer" },
        { "Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'" },
        { "Cross-Origin-Resource-Policy", "same-origin" },
    };
    const struct reply *r = &c->reply;
    bool good = true, typed = false;
    for (size_t i = 0; i < r->header_count; i++) {
        typed |= strcasecmp(r->header[i].name, "Content-Type") == 0;
        good &= MHD_add_response_header(out, r->header[i].name, r->header[i].value) == MHD_YES;
    }
    if (r->type && !typed)
        good &= MHD_add_response_header(out, "Content-Type", r->type) == MHD_YES;
    for (size_t i = 0; i < COUNT(defaults); i++)
        if (!MHD_get_response_header(out, defaults[i].name))
            good &= MHD_add_response_header(out, defaults[i].name, defaults[i].value) == MHD_YES;
    if (!MHD_get_response_header(out, "Orcon-Request-Id")) /* a proxy's answer has the one of who answered */
        good &= MHD_add_response_header(out, "Orcon-Request-Id", c->seen.id) == MHD_YES;
    if (c->close)
        good &= MHD_add_response_header(out, "Connection", "close") == MHD_YES;
    return good;
}

/* MHD_NO cuts the connection. */
static enum MHD_Result answer(struct http_server *s, struct MHD_Connection *mhd, struct call *c)
{
    if (atomic_load(&s->stopping))
        c->close = true;
    struct MHD_Response *out = body_move(s, mhd, &c->reply);
    if (!out)
        return MHD_NO;
    deadline_set(connection_of(mhd), s->conf.timeout_ms + c->reply.len / BYTES_PER_MS);
    enum MHD_Result sent = MHD_NO;
    if (headers_add(out, c))
        sent = MHD_queue_response(mhd, (unsigned)c->reply.status, out);
    MHD_destroy_response(out); /* the library keeps its own reference */
    c->final = sent == MHD_YES;
    return sent;
}

/* ---- requests ---- */

static void *on_target(void *cls, const char *target, struct MHD_Connection *mhd)
{
    struct http_server *s = cls;
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    struct call *c = call_new(target);
    c->seen.context = s->conf.context;
    c->counter = s->conf.route_count;
    if (info && info->client_addr)
        listen_peer(info->client_addr, c->peer, sizeof c->peer);
    return c;
}

static enum MHD_Result header_take(void *cls, enum MHD_ValueKind kind, const char *name, size_t name_len,
                                   const char *value, size_t value_len)
{
    struct call *c = cls;
    (void)kind;
    /* A zero byte in either would end it early: the name is then taken for one that does not parse. */
    bool whole = name && value && strlen(name) == name_len && strlen(value) == value_len;
    c->header[c->header_count].name = whole ? name : "";
    c->header[c->header_count].value = whole ? value : "";
    return ++c->header_count < HTTP_HEADERS_MAX ? MHD_YES : MHD_NO;
}

static bool wants_continue(const struct call *c)
{
    const char *expect = http_header(&c->seen, "Expect");
    return expect && strcasecmp(expect, "100-continue") == 0;
}

/* The headers are there. */
static enum MHD_Result begin(struct http_server *s, struct MHD_Connection *mhd, struct call *c,
                             const char *method, const char *version)
{
    c->started = true;
    c->seen.method = method;
    pthread_mutex_lock(&s->lock);
    s->running++;
    pthread_mutex_unlock(&s->lock);
    deadline_set(connection_of(mhd), DEADLINE_NEVER);
    MHD_get_connection_values_n(mhd, MHD_HEADER_KIND, header_take, c);
    gate_enter(&s->conf, c, version);
    deadline_set(connection_of(mhd), s->conf.timeout_ms);
    buf_init(&c->body, gate_body_max(c));
    if (!c->refused)
        return MHD_YES;
    /* Answered at once if the framing is broken, or if the body is long or not on its way yet; then the rest
     * of it must not be read as a request. */
    bool wait = gate_has_body(c) && !c->close && !wants_continue(c) && gate_content_length(c) <= DISCARD_MAX;
    if (wait)
        return MHD_YES;
    c->close |= gate_has_body(c);
    return answer(s, mhd, c);
}

static enum MHD_Result piece(struct http_server *s, struct MHD_Connection *mhd, struct call *c,
                             const char *data, size_t *len)
{
    struct fail f = { 0 };
    size_t got = *len;
    *len = 0;
    deadline_more(connection_of(mhd), got / BYTES_PER_MS);
    if (!c->refused) {
        bool room = atomic_fetch_add(&s->uploads, got) + got <= s->conf.max_uploads;
        buf_put(&c->body, data, got);
        if (room && !c->body.failed)
            return MHD_YES;
        atomic_fetch_sub(&s->uploads, c->body.failed ? c->body.len + got : c->body.len);
        if (c->body.failed)
            fail_set(&f, E_TOO_LARGE, "a body of more than %zu bytes", gate_body_max(c));
        else
            fail_set(&f, E_UNAVAILABLE, "too much is being sent here at a time, try again later");
        gate_refuse(&s->conf, c, &f);
        buf_clear(&c->body);
    }
    c->discarded += got;
    return c->discarded <= DISCARD_MAX ? MHD_YES : MHD_NO;
}

static enum MHD_Result on_call(void *cls, struct MHD_Connection *mhd, const char *url, const char *method,
                               const char *version, const char *data, size_t *len, void **context)
{
    struct http_server *s = cls;
    struct call *c = *context;
    (void)url; /* cut and unescaped; on_target has it as sent */
    if (!c->started)
        return begin(s, mhd, c, method, version);
    if (*len > 0)
        return piece(s, mhd, c, data, len);
    if (!c->refused) {
        deadline_set(connection_of(mhd), DEADLINE_NEVER);
        gate_run(&s->conf, c);
    }
    return answer(s, mhd, c);
}

static const char *method_known(const char *method)
{
    static const char *const known[] = { "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS" };
    for (size_t i = 0; i < COUNT(known); i++)
        if (method && strcmp(method, known[i]) == 0)
            return known[i];
    return "other";
}

static void tell(struct http_server *s, const struct call *c, bool whole)
{
    struct counter *counter = &s->counters[c->counter];
    uint64_t ms = time_mono_ms() - c->began_ms;
    if (c->final) {
        atomic_fetch_add(&counter->by_class[c->reply.status / 100 - 1], 1);
        atomic_fetch_add(&counter->answer_bytes, c->reply.len);
    }
    atomic_fetch_add(&counter->busy_ms, ms);
    if (s->conf.quiet && c->reply.status < 500)
        return;
    log_event(LOG_INFO, "call", "request=%s method=%s route=%s status=%d bytes=%llu ms=%llu%s", c->seen.id,
              method_known(c->seen.method), c->seen.route ? c->seen.route->path : "-",
              c->final ? c->reply.status : 0, (unsigned long long)c->reply.len, (unsigned long long)ms,
              whole ? "" : " cut=yes");
}

static void on_done(void *cls, struct MHD_Connection *mhd, void **context,
                    enum MHD_RequestTerminationCode why)
{
    struct http_server *s = cls;
    struct call *c = *context;
    if (!c)
        return;
    *context = NULL;
    deadline_set(connection_of(mhd), s->conf.timeout_ms);
    if (c->started) {
        atomic_fetch_sub(&s->uploads, c->body.len);
        tell(s, c, why == MHD_REQUEST_TERMINATED_COMPLETED_OK);
        if (c->seen.user && s->conf.user_free)
            s->conf.user_free(c->seen.user);
        pthread_mutex_lock(&s->lock);
        s->running--;
        if (atomic_load(&s->stopping)) /* nobody else waits for it */
            pthread_cond_broadcast(&s->changed);
        pthread_mutex_unlock(&s->lock);
    }
    call_free(c);
}

/* The path is decoded here, after it was split; the library must leave it alone. */
static size_t on_unescape(void *cls, struct MHD_Connection *mhd, char *s)
{
    (void)cls;
    (void)mhd;
    return strlen(s);
}

/* ---- start and stop ---- */

static enum err conf_check(const struct http_conf *conf, struct fail *f)
{
    if (conf->route_count > HTTP_ROUTES_MAX)
        BUG("too many routes");
    for (size_t i = 0; i < conf->route_count; i++)
        if (!path_pattern_valid(conf->routes[i].path) || !conf->routes[i].run)
            BUG("a route that can't be served");
    if (!conf->certificate.len != !conf->key.len)
        return fail_set(f, E_INVALID, "a certificate needs its key, and the key its certificate");
    return OK;
}

static enum err open_socket(struct http_server *s, struct fail *f)
{
    bool loopback = false;
    s->fd = s->conf.listen_fd;
    if (s->conf.listen) {
        TRY(listen_open(s->conf.listen, &s->fd, f));
        s->own_fd = true;
    }
    TRY(listen_describe(s->fd, s->address, &s->port, &loopback, f));
    if (!s->conf.key.len && !loopback)
        return fail_set(f, E_INVALID, "%s is no loopback address: not served without TLS", s->address);
    return OK;
}

/* key, certificate: C strings or NULL. */
static struct MHD_Daemon *daemon_start(struct http_server *s, const char *key, const char *certificate)
{
    unsigned flags = MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL |
                     MHD_USE_ITC | (key ? MHD_USE_TLS : 0);
    struct MHD_OptionItem tls[] = {
        { MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)(uintptr_t)key },
        { MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)(uintptr_t)certificate },
        { MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t) "SECURE128:-VERS-ALL:+VERS-TLS1.3" },
        { MHD_OPTION_END, 0, NULL },
    };
    if (!key)
        tls[0].option = MHD_OPTION_END;
    return MHD_start_daemon(
        flags, 0, NULL, NULL, on_call, s, MHD_OPTION_LISTEN_SOCKET, s->fd, MHD_OPTION_ARRAY, tls,
        MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_UNESCAPE_CALLBACK, on_unescape, NULL,
        MHD_OPTION_URI_LOG_CALLBACK, on_target, s, MHD_OPTION_NOTIFY_COMPLETED, on_done, s,
        MHD_OPTION_NOTIFY_CONNECTION, on_connection, s, MHD_OPTION_CONNECTION_LIMIT, s->conf.max_connections,
        MHD_OPTION_PER_IP_CONNECTION_LIMIT, s->conf.max_per_address, MHD_OPTION_CONNECTION_TIMEOUT, 0u,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, MEMORY_MAX, MHD_OPTION_THREAD_STACK_SIZE, s->conf.stack_size,
        MHD_OPTION_END);
}

static void lock_init(struct http_server *s)
{
    pthread_mutex_init(&s->lock, NULL);
    cond_init(&s->changed);
}

static struct http_server *server_new(const struct http_conf *conf)
{
    struct http_server *s = mem_new(sizeof *s);
    s->conf = *conf;
    s->conf.max_connections = DEFAULT(conf->max_connections, 256);
    s->conf.timeout_ms = DEFAULT(conf->timeout_ms, 30000);
    s->conf.stack_size = DEFAULT(conf->stack_size, (size_t)512 << 10);
    s->conf.max_uploads = DEFAULT(conf->max_uploads, (size_t)256 << 20);
    s->counters = mem_array(conf->route_count + 1, sizeof *s->counters);
    s->fd = -1;
    lock_init(s);
    return s;
}

static void server_freep(struct http_server **s)
{
    http_server_stop(*s, 0);
}

enum err http_server_start(const struct http_conf *conf, struct http_server **out, struct fail *f)
{
    TRY(conf_check(conf, f));
    AUTO(server_freep) struct http_server *s = server_new(conf);
    TRY(open_socket(s, f));
    s->deadlines = deadlines_start(s->conf.timeout_ms);
    if (!s->deadlines)
        return fail_set(f, E_INTERNAL, "cannot start a thread");
    char *key = conf->key.len ? mem_dup(conf->key.data, conf->key.len) : NULL;
    AUTO(str_freep)
    char *certificate = conf->certificate.len ? mem_dup(conf->certificate.data, conf->certificate.len) : NULL;
    s->daemon = daemon_start(s, key, certificate);
    if (key)
        explicit_bzero(key, conf->key.len);
    str_freep(&key);
    s->conf.key = s->conf.certificate = BYTES(NULL, 0);
    if (!s->daemon)
        return fail_set(f, E_INVALID, "cannot serve on %s: the certificate and key do not fit, or no thread",
                        s->address);
    *out = s;
    s = NULL;
    return OK;
}

static void wait_idle(struct http_server *s, unsigned wait_ms)
{
    uint64_t until_ms = cond_after(wait_ms);
    pthread_mutex_lock(&s->lock);
    while (s->running > 0 && cond_wait_until(&s->changed, &s->lock, until_ms))
        ;
    if (s->running > 0)
        log_event(LOG_WARN, "stop-cuts-calls", "running=%u", s->running);
    pthread_mutex_unlock(&s->lock);
}

void http_server_stop(struct http_server *s, unsigned wait_ms)
{
    if (!s)
        return;
    atomic_store(&s->stopping, true);
    if (s->daemon) {
        MHD_quiesce_daemon(s->daemon);
        if (s->own_fd) /* an inherited socket goes on collecting connections for whoever comes next */
            shutdown(s->fd, SHUT_RDWR);
        wait_idle(s, wait_ms);
        MHD_stop_daemon(s->daemon);
    }
    deadlines_stop(s->deadlines);
    if (s->fd >= 0)
        close(s->fd);
    pthread_cond_destroy(&s->changed);
    pthread_mutex_destroy(&s->lock);
    mem_freep(&s->counters);
    mem_freep(&s);
}

/* ---- looking in ---- */

uint16_t http_server_port(const struct http_server *s)
{
    return s->port;
}

const char *http_server_address(const struct http_server *s)
{
    return s->address;
}

void http_server_counts(const struct http_server *s, void (*each)(void *ctx, const struct http_count *),
                        void *ctx)
{
    for (size_t i = 0; i <= s->conf.route_count; i++) {
        const struct counter *from = &s->counters[i];
        struct http_count count = { .method = "", .path = "" };
        if (i < s->conf.route_count) {
            count.method = s->conf.routes[i].method;
            count.path = s->conf.routes[i].path;
        }
        for (size_t j = 0; j < 5; j++)
            count.by_class[j] = atomic_load(&from->by_class[j]);
        count.answer_bytes = atomic_load(&from->answer_bytes);
        count.busy_ms = atomic_load(&from->busy_ms);
        each(ctx, &count);
    }
}

void http_server_load(const struct http_server *s, unsigned *connections, unsigned *running)
{
    struct http_server *locked = (struct http_server *)(uintptr_t)s;
    *connections = atomic_load(&s->connections);
    pthread_mutex_lock(&locked->lock);
    *running = s->running;
    pthread_mutex_unlock(&locked->lock);
}
