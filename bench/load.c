/* SPDX-License-Identifier: Apache-2.0 */
#include "load.h"

#include <arpa/inet.h>
#include <math.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "bench.h"
#include "crypto/hash.h"

#define ANSWER_MAX ((size_t)8 << 20)

struct connection {
    struct load *load;
    pthread_t thread;
    int fd;
    SSL *ssl;
    struct buf got;
};

struct load {
    SSL_CTX *tls;
    struct connection connection[LOAD_CONNECTIONS_MAX];
    unsigned count;
    struct job *jobs;
    size_t job_count;
    double start;
    bool timed;
    atomic_size_t next;
};

static void must(bool good, const char *what)
{
    struct fail f = { 0 };
    if (!good)
        bench_must(fail_set(&f, E_UNAVAILABLE, "%s", what), &f);
}

void job_clear(struct job *j)
{
    mem_freep(&j->text);
}

static void connect_one(struct load *l, struct connection *c, uint16_t port)
{
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(port) };
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    c->load = l;
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    must(c->fd >= 0 && connect(c->fd, (const struct sockaddr *)&to, sizeof to) == 0, "can't connect");
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int));
    c->ssl = SSL_new(l->tls);
    must(c->ssl && SSL_set_fd(c->ssl, c->fd) == 1 && SSL_connect(c->ssl) == 1, "no TLS connection");
    buf_init(&c->got, ANSWER_MAX);
}

struct load *load_open(uint16_t port, unsigned connections)
{
    struct load *l = mem_new(sizeof *l);
    signal(SIGPIPE, SIG_IGN);
    l->tls = SSL_CTX_new(TLS_client_method());
    must(l->tls && SSL_CTX_set_min_proto_version(l->tls, TLS1_3_VERSION) == 1, "no TLS");
    l->count = connections;
    for (unsigned i = 0; i < connections; i++)
        connect_one(l, &l->connection[i], port);
    return l;
}

void load_close(struct load *l)
{
    for (unsigned i = 0; i < l->count; i++) {
        SSL_free(l->connection[i].ssl);
        close(l->connection[i].fd);
        buf_clear(&l->connection[i].got);
    }
    SSL_CTX_free(l->tls);
    free(l);
}

/* Where the body starts and how long it is, once the head is there. */
static bool head(const struct buf *got, size_t *body, size_t *len)
{
    const char *text = buf_text(got), *end = strstr(text, "\r\n\r\n");
    if (!end)
        return false;
    const char *length = strcasestr(text, "\r\nContent-Length:");
    must(length && length < end, "an answer without a length");
    *body = (size_t)(end - text) + 4;
    *len = strtoul(length + 17, NULL, 10);
    return true;
}

static void read_answer(struct connection *c)
{
    size_t body = 0, len = 0;
    buf_reset(&c->got);
    for (bool whole = false; !whole; whole = head(&c->got, &body, &len) && c->got.len >= body + len) {
        uint8_t *at = buf_reserve(&c->got, 65536);
        must(at != NULL, "an answer that is too long");
        int n = SSL_read(c->ssl, at, 65535);
        must(n > 0, "the connection ended");
        c->got.len += (size_t)n;
        at[n] = 0; /* it is read as text */
    }
}

static void check_answer(const struct connection *c, const struct job *j)
{
    const char *text = buf_text(&c->got);
    unsigned times = 0;
    for (const char *p = text; (p = strstr(p, j->mark)); p++)
        times++;
    if (strncmp(text, "HTTP/1.1 200 ", 13) == 0 && times == j->times)
        return;
    fprintf(stderr, "%u times %s in %.1500s\n", times, j->mark, text);
    must(false, "an answer that is not as it should be");
}

static void wait_until(double when)
{
    double left = when - bench_wall();
    if (left > 0) {
        struct timespec t = { (time_t)left, (long)((left - floor(left)) * 1e9) };
        nanosleep(&t, NULL);
    }
}

static void *work(void *ctx)
{
    struct connection *c = ctx;
    struct load *l = c->load;
    size_t i;
    while ((i = atomic_fetch_add(&l->next, 1)) < l->job_count) {
        struct job *j = &l->jobs[i];
        if (l->timed)
            wait_until(l->start + j->due);
        double from = l->timed ? l->start + j->due : bench_wall();
        must(SSL_write(c->ssl, j->text, (int)j->len) == (int)j->len, "the connection ended");
        read_answer(c);
        j->latency = bench_wall() - from;
        check_answer(c, j);
    }
    return NULL;
}

double load_run(struct load *l, struct job *jobs, size_t count, double rate)
{
    double due = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t r;
        random_bytes(&r, sizeof r);
        due += rate > 0 ? -log(((double)r + 1) / 4294967297.0) / rate : 0;
        jobs[i].due = due;
    }
    l->jobs = jobs;
    l->job_count = count;
    l->timed = rate > 0;
    atomic_store(&l->next, 0);
    l->start = bench_wall();
    for (unsigned i = 0; i < l->count; i++)
        must(pthread_create(&l->connection[i].thread, NULL, work, &l->connection[i]) == 0, "no thread");
    for (unsigned i = 0; i < l->count; i++)
        pthread_join(l->connection[i].thread, NULL);
    return bench_wall() - l->start;
}
