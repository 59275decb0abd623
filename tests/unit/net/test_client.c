/* SPDX-License-Identifier: Apache-2.0 - the client against a server of ours, and against worse ones */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/b64.h"
#include "base/json.h"
#include "base/time.h"
#include "https.h"
#include "net/client.h"

static atomic_int calls, openings;

static enum err route_hello(struct http_call *call, struct fail *f)
{
    (void)f;
    atomic_fetch_add(&calls, 1);
    http_reply_header(call, "X-Saw", http_header(call, "X-Say") ? http_header(call, "X-Say") : "nothing");
    http_reply_header(call, "X-Type", http_header(call, "Content-Type") ? "typed" : "untyped");
    http_reply(call, 200, "text/plain", call->body.len ? call->body : bytes_str("hello"));
    return OK;
}

static enum err route_redirect(struct http_call *call, struct fail *f)
{
    (void)f;
    http_reply_header(call, "Location", "/hello");
    http_reply_static(call, 302, NULL, bytes_str(""));
    return OK;
}

static enum err route_slow(struct http_call *call, struct fail *f)
{
    usleep(700 * 1000);
    return route_hello(call, f);
}

static ssize_t zeros(void *ctx, uint64_t at, uint8_t *out, size_t max)
{
    (void)ctx;
    (void)at;
    memset(out, 0, max);
    return (ssize_t)max;
}

static enum err route_big(struct http_call *call, struct fail *f)
{
    const struct http_stream from = { .read = zeros };
    (void)f;
    http_reply_stream(call, 200, "application/octet-stream",
                      (uint64_t)strtoul(http_param(call, "n"), NULL, 10), &from);
    return OK;
}

static enum err route_headers(struct http_call *call, struct fail *f)
{
    char name[16], value[1500];
    (void)f;
    memset(value, 'v', sizeof value - 1);
    value[sizeof value - 1] = '\0';
    for (int i = 0; i < 12; i++) {
        snprintf(name, sizeof name, "X-%d", i);
        http_reply_header(call, name, value);
    }
    http_reply_static(call, 200, NULL, bytes_str(""));
    return OK;
}

/* A stream that says "tick" until it is told to end, or nothing. */
static atomic_bool ticking;
static ssize_t tick(void *ctx, uint64_t at, uint8_t *out, size_t max)
{
    (void)ctx;
    (void)max;
    if (at >= 4 && !atomic_load(&ticking))
        return 0;
    usleep(20 * 1000);
    if (at >= 12) /* enough was said: be silent, not gone */
        return HTTP_STREAM_WAIT;
    memcpy(out, "tick", 4);
    return 4;
}

static atomic_int ticks_ended;
static void tick_end(void *ctx)
{
    (void)ctx;
    atomic_fetch_add(&ticks_ended, 1);
}

static enum err route_ticks(struct http_call *call, struct fail *f)
{
    const struct http_stream from = { .read = tick, .end = tick_end };
    (void)f;
    http_reply_stream(call, 200, "text/event-stream", HTTP_LEN_OPEN, &from);
    return OK;
}

static const struct http_route routes[] = {
    { "GET", "/ticks", 0, 0, route_ticks, NULL },
    { "GET", "/hello", 0, 0, route_hello, NULL },
    { "POST", "/hello", 0, (size_t)64 << 20, route_hello, NULL },
    { "PUT", "/hello", 0, 1000, route_hello, NULL },
    { "DELETE", "/hello", 0, 0, route_hello, NULL },
    { "GET", "/redirect", 0, 0, route_redirect, NULL },
    { "GET", "/slow", 0, 0, route_slow, NULL },
    { "GET", "/big/{n}", 0, 0, route_big, NULL },
    { "GET", "/headers", 0, 0, route_headers, NULL },
};

struct world {
    struct net_client *client;
    struct http_server *server;
    struct https_identity id, other;
    uint16_t port;
    const char *pins[1];
};

static struct net_request request_for(const struct world *w)
{
    return (struct net_request){ .pins = w->pins, .pin_count = 1, .allow_private = true };
}

/* Sends ${r} to ${path} of the server; ${out} is cleared by the caller. */
static enum err send_to(struct world *w, struct net_request r, const char *path, struct net_answer *out,
                        struct fail *f)
{
    AUTO(str_freep) char *url = str_format("https://127.0.0.1:%u%s", w->port, path);
    *out = (struct net_answer){ 0 };
    *f = (struct fail){ 0 };
    r.url = url;
    return net_client_send(w->client, &r, out, f);
}

/* One row: the outcome of a request to a path. */
static void expect(struct world *w, struct net_request r, const char *path, enum err want, const char *what,
                   const char *name)
{
    struct net_answer a;
    struct fail f;
    enum err e = send_to(w, r, path, &a, &f);
    ok(e == want && (!what || strstr(f.what, what)), "%s: %s: %s", name, err_row(e)->name, f.what);
    ok((e == OK) == (a.body != NULL), "%s: an answer exactly on success", name);
    net_answer_clear(&a);
}

static void test_plain(struct world *w)
{
    static const struct net_header headers[] = { { "X-Say", "this" }, { "X-Empty", "" } };
    struct net_request r = request_for(w);
    struct net_answer a;
    struct fail f;
    r.headers = headers;
    r.header_count = COUNT(headers);
    ok(send_to(w, r, "/hello", &a, &f) == OK && a.status == 200, "GET %s", f.what);
    is_str(a.body ? buf_text(a.body) : NULL, "hello", "its body");
    is_str(net_answer_header(&a, "x-saw"), "this", "a header there and back");
    is_str(net_answer_header(&a, "CONTENT-TYPE"), "text/plain", "a header in any case");
    is_str(net_answer_header(&a, "X-None"), NULL, "no such header");
    net_answer_clear(&a);
    r.body = bytes_str("a body");
    ok(send_to(w, r, "/hello", &a, &f) == OK && bytes_equal(bytes_of(a.body), r.body), "POST %s", f.what);
    is_str(net_answer_header(&a, "X-Type"), "untyped", "not called a form");
    net_answer_clear(&a);
    r.method = "PUT";
    ok(send_to(w, r, "/hello", &a, &f) == OK && bytes_equal(bytes_of(a.body), r.body), "PUT %s", f.what);
    net_answer_clear(&a);
    r.body = BYTES(NULL, 0);
    r.method = "DELETE";
    ok(send_to(w, r, "/hello", &a, &f) == OK && a.status == 200, "DELETE %s", f.what);
    net_answer_clear(&a);
    r.method = "POST";
    ok(send_to(w, r, "/hello", &a, &f) == OK && a.status == 200, "POST without a body %s", f.what);
    net_answer_clear(&a);
    r.method = "HEAD";
    ok(send_to(w, r, "/hello", &a, &f) == OK && a.status == 200 && a.body->len == 0, "HEAD %s", f.what);
    net_answer_clear(&a);
    r.method = NULL;
    ok(send_to(w, r, "/redirect", &a, &f) == OK && a.status == 302, "a redirect is not followed: %d",
       a.status);
    net_answer_clear(&a);
    ok(send_to(w, r, "/nowhere", &a, &f) == OK && a.status == 404, "a status is no failure: %d", a.status);
    ok(net_answer_check(&a, "it", &f) == E_NOT_FOUND, "until it is checked: %s", f.what);
    net_answer_clear(&a);
}

static void test_pins(struct world *w)
{
    uint8_t digest[HASH_LEN];
    AUTO(buf_freep) struct buf *std = buf_new(100);
    AUTO(buf_freep) struct buf *url = buf_new(100);
    ok(hex_read(bytes_str(w->id.pin), digest, sizeof digest), "the pin as bytes");
    b64_put(std, B64_STD, BYTES(digest, sizeof digest));
    b64_put(url, B64_URL, BYTES(digest, sizeof digest));
    const char *right = w->id.pin, *wrong = w->other.pin;
    const struct {
        const char *name, *pins[NET_PINS_MAX + 1];
        size_t count;
        enum err want;
    } rows[] = {
        { "the pin in hex", { right }, 1, OK },
        { "in base64", { buf_text(std) }, 1, OK },
        { "in base64url", { buf_text(url) }, 1, OK },
        { "another pin", { wrong }, 1, E_UNVERIFIED },
        { "the second of two", { wrong, right }, 2, OK },
        { "the first of two", { right, wrong }, 2, OK },
        { "the last of four", { wrong, wrong, wrong, right }, 4, OK },
        { "none of four", { wrong, wrong, wrong, wrong }, 4, E_UNVERIFIED },
        { "no pin", { NULL }, 0, E_INVALID },
        { "five pins", { right, right, right, right, right }, 5, E_INVALID },
        { "an empty pin", { "" }, 1, E_INVALID },
        { "a short pin", { "abcd" }, 1, E_INVALID },
        { "a pin and more", { "sha256//" }, 1, E_INVALID },
        { "another pin beside one that is none", { right, "x;sha256//" }, 2, E_INVALID },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct net_request r = request_for(w);
        int before = atomic_load(&calls);
        r.pins = rows[i].pins;
        r.pin_count = rows[i].count;
        expect(w, r, "/hello", rows[i].want, NULL, rows[i].name);
        ok(atomic_load(&calls) - before == (rows[i].want == OK), "%s: called exactly on success",
           rows[i].name);
    }
    /* A connection kept under the right pin must not serve one who has another. */
    struct net_request r = request_for(w);
    const char *const other[] = { wrong };
    expect(w, r, "/hello", OK, NULL, "kept under the right pin");
    r.pins = other;
    expect(w, r, "/hello", E_UNVERIFIED, "another TLS key", "another pin while it is kept");
}

static void test_first_contact(struct world *w)
{
    AUTO(str_freep) char *url = str_format("https://127.0.0.1:%u/hello", w->port);
    struct net_request r = { .url = url, .allow_private = true };
    struct net_answer a = { 0 };
    struct fail f = { 0 };
    uint8_t spki[NET_SPKI_LEN] = { 0 };
    char hex[2 * NET_SPKI_LEN + 1];
    ok(net_client_first_contact(w->client, &r, spki, &a, &f) == OK && a.status == 200, "first contact %s",
       f.what);
    hex_print(BYTES(spki, sizeof spki), hex);
    is_str(hex, w->id.pin, "tells the key");
    net_answer_clear(&a);
    r.pins = w->pins;
    r.pin_count = 1;
    ok(net_client_first_contact(w->client, &r, spki, &a, &f) == E_INVALID, "takes no pins");
    r.pin_count = 0;
    r.allow_private = false;
    f = (struct fail){ 0 };
    ok(net_client_first_contact(w->client, &r, spki, &a, &f) == E_REFUSED, "nor private addresses: %s",
       f.what);
    net_answer_clear(&a);
}

static void test_addresses(struct world *w)
{
    static const char *const hosts[] = { "127.0.0.1", "localhost", "2130706433",         "0x7f.1",
                                         "127.1",     "[::1]",     "[::ffff:127.0.0.1]", "0" };
    for (size_t i = 0; i < COUNT(hosts); i++) {
        AUTO(str_freep) char *url = str_format("https://%s:%u/hello", hosts[i], w->port);
        struct net_request r = request_for(w);
        struct net_answer a = { 0 };
        struct fail f = { 0 };
        int before = atomic_load(&openings);
        r.allow_private = false;
        r.url = url;
        enum err e = net_client_send(w->client, &r, &a, &f);
        ok(e == E_REFUSED && atomic_load(&openings) == before, "%s: %s: %s", hosts[i], err_row(e)->name,
           f.what);
        net_answer_clear(&a);
    }
}

static void test_urls(struct world *w)
{
    static const char *const urls[] = {
        "",
        "http://127.0.0.1/hello",
        "file:///etc/passwd",
        "ftp://127.0.0.1/",
        "127.0.0.1/hello",
        "//127.0.0.1/hello",
        "https://",
        "https://amy@127.0.0.1/hello",
        "https://amy:secret@127.0.0.1/hello",
        "https://127.0.0.1/hello#fragment",
        "https://127.0.0.1:70000/",
        "https://127.0.0.1/a b",
        "https://127.0.0.1/\r\nX: y",
    };
    for (size_t i = 0; i < COUNT(urls); i++) {
        struct net_request r = request_for(w);
        struct net_answer a = { 0 };
        struct fail f = { 0 };
        r.url = urls[i];
        enum err e = net_client_send(w->client, &r, &a, &f);
        ok(e == E_INVALID && !strstr(f.what, "secret"), "URL %zu: %s: %s", i, err_row(e)->name, f.what);
        net_answer_clear(&a);
    }
    static const struct net_header bad[] = {
        { "X-Say", "a\r\nX-More: b" }, { "X-Say\r\n", "a" }, { "", "a" }, { "X-Say: b", "a" }, { "X;", "" },
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct net_request r = request_for(w);
        r.headers = &bad[i];
        r.header_count = 1;
        expect(w, r, "/hello", E_INVALID, NULL, "a header that is none");
    }
    struct net_request r = request_for(w);
    r.method = "GET /x HTTP/1.1\r\nX:";
    expect(w, r, "/hello", E_INVALID, NULL, "a method that is none");
}

static void test_bounds(struct world *w)
{
    struct net_request r = request_for(w);
    expect(w, r, "/big/1048576", OK, NULL, "the largest answer by default");
    expect(w, r, "/big/1048577", E_TOO_LARGE, "larger than 1048576 bytes", "one byte more");
    r.max_answer = 1000;
    expect(w, r, "/big/1000", OK, NULL, "the largest answer allowed");
    expect(w, r, "/big/1001", E_TOO_LARGE, "larger than 1000 bytes", "one byte more");
    r.max_answer = 0;
    expect(w, r, "/headers", OK, NULL, "18 kB of headers");
    r.timeout_ms = 200;
    uint64_t before = time_mono_ms();
    expect(w, r, "/slow", E_UNAVAILABLE, "in time", "an answer that is late");
    ok(time_mono_ms() - before < 600, "given up in time");
    r.timeout_ms = 0;
    AUTO(buf_freep) struct buf *big = buf_new((size_t)64 << 20);
    uint8_t *room = buf_reserve(big, (size_t)10 << 20);
    memset(room, 'b', (size_t)10 << 20);
    big->len = (size_t)10 << 20;
    r.body = bytes_of(big);
    r.max_answer = (size_t)10 << 20;
    struct net_answer a;
    struct fail f;
    ok(send_to(w, r, "/hello", &a, &f) == OK && a.body->len == big->len, "10 MiB there and back %s", f.what);
    net_answer_clear(&a);
    r.method = "PUT";
    ok(send_to(w, r, "/hello", &a, &f) == OK && a.status == 413, "10 MiB refused: %d %s", a.status, f.what);
    net_answer_clear(&a);
}

static void test_keep_alive(struct world *w)
{
    struct net_request r = request_for(w);
    struct net_answer a;
    struct fail f;
    unsigned connections, running;
    int good = 0;
    uint64_t before = time_mono_ms();
    for (int i = 0; i < 200; i++) {
        good += send_to(w, r, "/hello", &a, &f) == OK;
        net_answer_clear(&a);
    }
    http_server_load(w->server, &connections, &running);
    ok(good == 200, "200 requests one after the other, %d ms", (int)(time_mono_ms() - before));
    ok(connections <= 16, "over few connections: %u", connections);
}

static void *many(void *arg)
{
    struct world *w = arg;
    intptr_t good = 0;
    for (int i = 0; i < 10; i++) {
        struct net_request r = request_for(w);
        struct net_answer a;
        struct fail f;
        good += send_to(w, r, "/hello", &a, &f) == OK && a.status == 200;
        net_answer_clear(&a);
    }
    return (void *)good;
}

static void test_parallel(struct world *w)
{
    pthread_t threads[50];
    intptr_t good = 0;
    for (size_t i = 0; i < COUNT(threads); i++)
        pthread_create(&threads[i], NULL, many, w);
    for (size_t i = 0; i < COUNT(threads); i++) {
        void *got;
        pthread_join(threads[i], &got);
        good += (intptr_t)got;
    }
    ok(good == 500, "50 clients at a time, 10 requests each: %d", (int)good);
}

/* Accepts, and says ${text} or nothing. */
struct mute {
    int fd;
    uint16_t port;
};

static struct mute mute_open(void)
{
    struct sockaddr_in sa = { .sin_family = AF_INET };
    socklen_t len = sizeof sa;
    struct mute m = { .fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) };
    sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(m.fd, (const struct sockaddr *)&sa, sizeof sa) != 0 || listen(m.fd, 5) != 0 ||
        getsockname(m.fd, (struct sockaddr *)&sa, &len) != 0)
        exit(99);
    m.port = ntohs(sa.sin_port);
    return m;
}

static void test_unreachable(struct world *w)
{
    struct mute m = mute_open();
    struct net_request r = request_for(w);
    uint16_t port = w->port;
    w->port = m.port;
    r.connect_ms = 300;
    uint64_t before = time_mono_ms();
    expect(w, r, "/hello", E_UNAVAILABLE, "127.0.0.1:", "a server that says nothing");
    ok(time_mono_ms() - before < 2000, "given up in time");
    close(m.fd);
    expect(w, r, "/hello", E_UNAVAILABLE, "127.0.0.1:", "no server");
    w->port = port;
    AUTO(str_freep) char *url = str_format("https://no-such-host.invalid:%u/", port);
    struct net_answer a = { 0 };
    struct fail f = { 0 };
    r.url = url;
    ok(net_client_send(w->client, &r, &a, &f) == E_UNAVAILABLE && strstr(f.what, "no-such-host.invalid"),
       "no such name: %s", f.what);
    net_answer_clear(&a);
}

/* The proxy that the environment names must not be asked; here it would not answer. */
static void test_environment(struct world *w)
{
    setenv("https_proxy", "http://127.0.0.1:9", 1);
    setenv("ALL_PROXY", "http://127.0.0.1:9", 1);
    expect(w, request_for(w), "/hello", OK, NULL, "with a proxy in the environment");
    unsetenv("https_proxy");
    unsetenv("ALL_PROXY");
}

static void test_restart(struct world *w)
{
    struct http_conf conf = { .routes = routes, .route_count = COUNT(routes) };
    AUTO(str_freep) char *where = str_dup(http_server_address(w->server));
    struct net_request r = request_for(w);
    expect(w, r, "/hello", OK, NULL, "before the server ends");
    http_server_stop(w->server, 1000);
    conf.listen = where;
    w->server = https_start(&w->id, conf);
    expect(w, r, "/hello", OK, NULL, "after it came back");
    http_server_stop(w->server, 1000);
    w->server = https_start(&w->other, conf);
    expect(w, r, "/hello", E_UNVERIFIED, NULL, "after it came back with another key");
}

static enum err count_opening(struct http_call *call, unsigned needs, struct fail *f)
{
    (void)call;
    (void)needs;
    (void)f;
    atomic_fetch_add(&openings, 1);
    return OK;
}

struct hearing {
    struct buf text;
    size_t enough; /* bytes after which the call is ended; 0: never */
    atomic_bool *cancel;
    int status;
};

static bool hear(void *ctx, const struct net_answer *head, struct bytes v)
{
    struct hearing *h = ctx;
    h->status = head->status;
    buf_put_bytes(&h->text, v);
    if (h->cancel && h->text.len >= 12)
        atomic_store(h->cancel, true);
    return !h->enough || h->text.len < h->enough;
}

/* Answers without an end, piece by piece. */
static void test_pieces(struct world *w)
{
    atomic_bool cancel = false;
    struct hearing h = { .enough = 0 };
    struct net_request r = request_for(w);
    struct net_answer a;
    struct fail f;
    r.piece = hear;
    r.ctx = &h;
    buf_init(&h.text, 4096);
    ok(send_to(w, r, "/ticks", &a, &f) == OK && a.status == 200 && a.body && a.body->len == 0,
       "a stream that ends: %s", f.what);
    is_str(buf_text(&h.text), "tick", "was heard");
    net_answer_clear(&a);

    atomic_store(&ticking, true);
    buf_reset(&h.text);
    h.enough = 8;
    ok(send_to(w, r, "/ticks", &a, &f) == E_UNAVAILABLE && h.text.len >= 8,
       "who has heard enough ends it: %s", f.what);

    uint64_t began_ms = time_mono_ms();
    buf_reset(&h.text);
    h = (struct hearing){ .text = h.text, .cancel = &cancel };
    r.cancel = &cancel;
    ok(send_to(w, r, "/ticks", &a, &f) == E_UNAVAILABLE && h.text.len == 12 &&
           time_mono_ms() - began_ms < 5000,
       "a silent one is ended from elsewhere: %s", f.what);
    atomic_store(&cancel, false);
    for (int i = 0; i < 100 && atomic_load(&ticks_ended) < 3; i++)
        usleep(50 * 1000);
    ok(atomic_load(&ticks_ended) == 3, "the server notices that a client is gone, though it says nothing: %d",
       atomic_load(&ticks_ended));

    buf_reset(&h.text);
    h.cancel = NULL;
    r.cancel = NULL;
    h.status = 0;
    ok(send_to(w, r, "/redirect", &a, &f) == OK && a.status == 302 && h.status == 0,
       "any other answer is collected: %s", f.what);
    net_answer_clear(&a);
    buf_clear(&h.text);
}

int main(void)
{
    struct world w = { 0 };
    struct fail f = { 0 };
    log_set("test", LOG_ERROR);
    https_identity_make(&w.id);
    https_identity_make(&w.other);
    w.pins[0] = w.id.pin;
    w.server = https_start(
        &w.id,
        (struct http_conf){ .routes = routes, .route_count = COUNT(routes), .authorise = count_opening });
    w.port = http_server_port(w.server);
    https_must(net_client_new(&w.client, &f), &f);
    test_plain(&w);
    test_pins(&w);
    test_first_contact(&w);
    test_addresses(&w);
    test_urls(&w);
    test_bounds(&w);
    test_keep_alive(&w);
    test_parallel(&w);
    test_unreachable(&w);
    test_environment(&w);
    test_pieces(&w);
    test_restart(&w);
    net_client_free(w.client);
    http_server_stop(w.server, 1000);
    https_identity_clear(&w.id);
    https_identity_clear(&w.other);
    return tap_done();
}
