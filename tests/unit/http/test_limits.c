/* SPDX-License-Identifier: Apache-2.0 - slow, many, late and gone clients; starts that fail; ends that wait */
#include <poll.h>
#include <pthread.h>
#include <signal.h>

#include "base/time.h"
#include "http/listen.h"
#include "raw.h"
#include "site.h"

#define GET_ROOT "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
#define GET_SLOW "GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n"

static struct https_identity id;

static void settle(const struct http_server *s, unsigned want)
{
    unsigned connections = 0, running = 0;
    for (int i = 0; i < 200; i++) {
        http_server_load(s, &connections, &running);
        if (connections == want && running == 0)
            break;
        usleep(10000);
    }
    ok(connections == want && running == 0, "%u connections, %u calls are left", connections, running);
}

/* Sends ${first}, then ${drip} every 50 ms until the server has enough; how long it had patience, in ms. */
static uint64_t patience_for(uint16_t port, int tls, const char *first, const char *drip)
{
    struct raw r;
    uint64_t from = time_mono_ms();
    raw_open(&r, port, tls);
    if (*first)
        raw_say(&r, first);
    while (time_mono_ms() - from < 5000) {
        struct pollfd p = { .fd = r.fd, .events = POLLRDHUP }; /* an answer doesn't end it */
        if (poll(&p, 1, 50) > 0 && (p.revents & (POLLHUP | POLLRDHUP | POLLERR)))
            break;
        if (*drip && !raw_say(&r, drip))
            break;
    }
    raw_close(&r);
    return time_mono_ms() - from;
}

static void test_slow(void)
{
    static const struct {
        const char *name, *first, *drip;
        int tls;
    } rows[] = {
        { "says nothing", "", "", TLS1_3_VERSION },
        { "never greets", "", "", 0 },
        { "greets a byte at a time", "\x16", "\x03", 0 },
        { "headers that never end", "GET / HTTP/1.1\r\nHost: localhost\r\n", "X-A: b\r\n", TLS1_3_VERSION },
        { "a request line a byte at a time", "GET /", "a", TLS1_3_VERSION },
        { "a body a byte at a time", "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n",
          "b", TLS1_3_VERSION },
        { "a body that stops", "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nabc",
          "", TLS1_3_VERSION },
        { "nothing after an answer", GET_ROOT, "", TLS1_3_VERSION },
        { "empty lines", "", "\r\n", TLS1_3_VERSION },
    };
    struct http_conf conf = site_conf();
    conf.timeout_ms = 600;
    struct http_server *s = https_start(&id, conf);
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint64_t ms = patience_for(http_server_port(s), rows[i].tls, rows[i].first, rows[i].drip);
        ok(ms >= 400 && ms < 2500, "a client with %s is cut after %d ms", rows[i].name, (int)ms);
    }
    struct raw r;
    struct raw_answer a;
    raw_open(&r, http_server_port(s), TLS1_3_VERSION);
    raw_say(&r, GET_SLOW);
    ok(raw_answer(&r, &a, false) == 200, "a handler may take its time");
    buf_clear(&a.body);
    raw_close(&r);
    settle(s, 0);
    http_server_stop(s, 1000);
}

/* Clients that are gone in the middle of something: nothing may be left, and no signal may end the process. */
static void test_gone(void)
{
    static const char *const last[] = {
        "",
        "GET / HT",
        "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nabc",
        "GET /fd HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "GET /stream HTTP/1.1\r\nHost: localhost\r\n\r\n",
        GET_SLOW,
    };
    struct http_server *s = https_start(&id, site_conf());
    for (size_t i = 0; i < COUNT(last); i++)
        for (int abrupt = 0; abrupt < 2; abrupt++) {
            struct raw r;
            struct linger now = { .l_onoff = 1 };
            raw_open(&r, http_server_port(s), TLS1_3_VERSION);
            if (*last[i])
                raw_say(&r, last[i]);
            if (abrupt)
                setsockopt(r.fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
            raw_close(&r);
        }
    settle(s, 0);
    http_server_stop(s, 1000);
    ok(atomic_load(&site_users) == 0, "no user is left");
}

static void *ask_slow(void *arg)
{
    struct raw_answer a;
    uint16_t port = *(const uint16_t *)arg;
    intptr_t status = raw_once(port, GET_SLOW, &a);
    buf_clear(&a.body);
    return (void *)status;
}

static void test_stop(void)
{
    struct http_server *s = https_start(&id, site_conf());
    uint16_t port = http_server_port(s);
    unsigned connections = 0, running = 0;
    pthread_t asking;
    void *status = NULL;
    struct raw idle;
    raw_open(&idle, port, TLS1_3_VERSION);
    pthread_create(&asking, NULL, ask_slow, &port);
    for (int i = 0; i < 200 && running == 0; i++) {
        usleep(5000);
        http_server_load(s, &connections, &running);
    }
    ok(running == 1 && connections == 2, "%u calls run on %u connections", running, connections);
    uint64_t from = time_mono_ms();
    http_server_stop(s, 5000);
    uint64_t took = time_mono_ms() - from;
    pthread_join(asking, &status);
    ok((intptr_t)status == 200, "a running call got its answer: %d", (int)(intptr_t)status);
    ok(took < 2000, "stopped as soon as it ended, after %d ms", (int)took);
    ok(raw_ended(&idle), "an idle connection was ended");
    raw_close(&idle);
    struct raw late;
    ok(!raw_open(&late, port, TLS1_3_VERSION), "nobody listens any more");
    raw_close(&late);
    http_server_stop(NULL, 0);
}

static void test_limits(void)
{
    struct http_conf conf = site_conf();
    struct raw r[3];
    struct raw_answer a;
    conf.max_connections = 2;
    struct http_server *s = https_start(&id, conf);
    ok(raw_open(&r[0], http_server_port(s), TLS1_3_VERSION) &&
           raw_open(&r[1], http_server_port(s), TLS1_3_VERSION),
       "two connections");
    ok(!raw_open(&r[2], http_server_port(s), TLS1_3_VERSION), "not the third");
    raw_close(&r[2]);
    raw_close(&r[0]);
    settle(s, 1);
    ok(raw_open(&r[2], http_server_port(s), TLS1_3_VERSION), "once one has gone, another");
    raw_close(&r[1]);
    raw_close(&r[2]);
    http_server_stop(s, 1000);

    conf.max_connections = 0;
    conf.max_per_address = 1;
    s = https_start(&id, conf);
    ok(raw_open(&r[0], http_server_port(s), TLS1_3_VERSION), "the first from an address");
    ok(!raw_open(&r[1], http_server_port(s), TLS1_3_VERSION), "not the second");
    raw_close(&r[0]);
    raw_close(&r[1]);
    settle(s, 0);
    http_server_stop(s, 1000);

    conf.max_per_address = 0;
    conf.max_uploads = 10000;
    s = https_start(&id, conf);
    AUTO(str_freep) char *nines = mem_new(9001);
    memset(nines, '9', 9000);
    AUTO(str_freep)
    char *whole =
        str_format("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9000\r\n\r\n%s", nines);
    raw_open(&r[0], http_server_port(s), TLS1_3_VERSION);
    raw_open(&r[1], http_server_port(s), TLS1_3_VERSION);
    raw_send(&r[0], whole, strlen(whole) - 1);
    for (int i = 0; i < 3; i++) {
        usleep(50000);
        raw_say(&r[1], whole);
        int status = raw_answer(&r[1], &a, false);
        ok(status == 503, "a body beside one that fills the room: %d", status);
        buf_clear(&a.body);
    }
    raw_say(&r[0], "9");
    ok(raw_answer(&r[0], &a, false) == 200 && a.body.len == 9000, "that one gets through");
    buf_clear(&a.body);
    settle(s, 2);
    raw_say(&r[1], whole);
    ok(raw_answer(&r[1], &a, false) == 200 && a.body.len == 9000, "then the other");
    buf_clear(&a.body);
    raw_close(&r[0]);
    raw_close(&r[1]);
    http_server_stop(s, 1000);
}

static void test_host(void)
{
    static const struct {
        const char *host;
        int status;
    } rows[] = {
        { "desk.localhost:7000", 200 }, { "DESK.localhost:7000", 200 }, { "desk.localhost", 421 },
        { "evil.example", 421 },        { "127.0.0.1:7000", 421 },
    };
    struct http_conf conf = site_conf();
    conf.host = "desk.localhost:7000";
    struct http_server *s = https_start(&id, conf);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct raw_answer a;
        AUTO(str_freep) char *request = str_format("GET / HTTP/1.1\r\nHost: %s\r\n\r\n", rows[i].host);
        int status = raw_once(http_server_port(s), request, &a);
        ok(status == rows[i].status, "Host %s: %d", rows[i].host, status);
        buf_clear(&a.body);
    }
    http_server_stop(s, 1000);
}

static void test_plain(void)
{
    struct http_conf conf = site_conf();
    struct http_server *s = NULL;
    struct fail f = { 0 };
    struct raw r;
    struct raw_answer a;
    conf.listen = "127.0.0.1:0";
    https_must(http_server_start(&conf, &s, &f), &f);
    raw_open(&r, http_server_port(s), 0);
    raw_say(&r, GET_ROOT);
    ok(raw_answer(&r, &a, false) == 200 && strcmp(buf_text(&a.body), "root") == 0, "plain HTTP on loopback");
    buf_clear(&a.body);
    raw_close(&r);
    http_server_stop(s, 1000);
    conf.listen = "0.0.0.0:0";
    s = NULL;
    ok(http_server_start(&conf, &s, &f) == E_INVALID && !s, "not elsewhere: %s", f.what);
}

static void test_inherited(void)
{
    struct http_conf conf = site_conf();
    struct fail f = { 0 };
    char where[LISTEN_TEXT];
    uint16_t port = 0;
    bool loopback = false;
    int fd = -1;
    https_must(listen_open("127.0.0.1:0", &fd, &f), &f);
    https_must(listen_describe(fd, where, &port, &loopback, &f), &f);
    int kept = dup(fd);
    conf.listen_fd = fd;
    struct http_server *s = NULL;
    conf.certificate = bytes_of(&id.certificate);
    conf.key = bytes_of(&id.key);
    https_must(http_server_start(&conf, &s, &f), &f);
    struct raw_answer a;
    ok(http_server_port(s) == port && raw_once(port, GET_ROOT, &a) == 200,
       "on a socket that was handed down");
    buf_clear(&a.body);
    http_server_stop(s, 1000);
    struct raw r;
    ok(raw_open(&r, port, 0), "which still takes connections for whoever comes next");
    raw_close(&r);
    close(kept);
}

static void test_starts(void)
{
    static const struct {
        const char *name, *listen;
        enum err want;
    } rows[] = {
        { "no port", "127.0.0.1", E_INVALID },
        { "no address", ":8443", E_INVALID },
        { "a name", "localhost:8443", E_INVALID },
        { "IPv6 without brackets", "::1:8443", E_INVALID },
        { "a port that is too large", "127.0.0.1:65536", E_INVALID },
        { "a port and more", "127.0.0.1:1x", E_INVALID },
        { "a service", "127.0.0.1:https", E_INVALID },
        { "a negative port", "127.0.0.1:-1", E_INVALID },
        { "nothing", "", E_INVALID },
        { "an address of somebody else", "192.0.2.1:0", E_IO },
        { "IPv6", "[::1]:0", OK },
    };
    struct http_conf conf = site_conf();
    conf.certificate = bytes_of(&id.certificate);
    conf.key = bytes_of(&id.key);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct http_server *s = NULL;
        struct fail f = { 0 };
        conf.listen = rows[i].listen;
        enum err e = http_server_start(&conf, &s, &f);
        ok(e == rows[i].want && (e == OK) == (s != NULL), "%s: %s %s", rows[i].name, err_row(e)->name,
           f.what);
        http_server_stop(s, 0);
    }
    struct https_identity other;
    https_identity_make(&other);
    const struct {
        const char *name;
        struct bytes certificate, key;
    } bad[] = {
        { "no key", bytes_of(&id.certificate), BYTES(NULL, 0) },
        { "no certificate", BYTES(NULL, 0), bytes_of(&id.key) },
        { "a key for a certificate", bytes_of(&id.key), bytes_of(&id.key) },
        { "text", bytes_str("hello"), bytes_str("hello") },
        { "the key of another certificate", bytes_of(&id.certificate), bytes_of(&other.key) },
    };
    conf.listen = "127.0.0.1:0";
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct http_server *s = NULL;
        struct fail f = { 0 };
        conf.certificate = bad[i].certificate;
        conf.key = bad[i].key;
        ok(http_server_start(&conf, &s, &f) == E_INVALID && !s, "%s: %s", bad[i].name, f.what);
    }
    https_identity_clear(&other);
}

static void *ask_many(void *arg)
{
    uint16_t port = *(const uint16_t *)arg;
    intptr_t good = 0;
    struct raw r;
    if (raw_open(&r, port, TLS1_3_VERSION))
        for (int i = 0; i < 20; i++) {
            struct raw_answer a;
            raw_say(&r, GET_ROOT);
            good += raw_answer(&r, &a, false) == 200;
            buf_clear(&a.body);
        }
    raw_close(&r);
    return (void *)good;
}

static void test_parallel(void)
{
    struct http_server *s = https_start(&id, site_conf());
    uint16_t port = http_server_port(s);
    pthread_t threads[50];
    intptr_t good = 0;
    for (size_t i = 0; i < COUNT(threads); i++)
        pthread_create(&threads[i], NULL, ask_many, &port);
    for (size_t i = 0; i < COUNT(threads); i++) {
        void *got;
        pthread_join(threads[i], &got);
        good += (intptr_t)got;
    }
    ok(good == 1000, "50 clients, 20 requests each: %d", (int)good);
    settle(s, 0);
    http_server_stop(s, 1000);
}

/* SIGPIPE is kept from this end only: the server must not raise one. */
static void block_sigpipe(void)
{
    sigset_t pipe;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe, NULL);
}

int main(void)
{
    log_set("test", LOG_ERROR);
    https_identity_make(&id);
    test_gone();
    block_sigpipe();
    test_slow();
    test_stop();
    test_limits();
    test_host();
    test_plain();
    test_inherited();
    test_starts();
    test_parallel();
    https_identity_clear(&id);
    return tap_done();
}
