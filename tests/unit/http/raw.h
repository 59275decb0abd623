/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/http/raw.h - a TLS client that sends whatever it is told to, and reads one answer after the
 * other */
#ifndef TESTS_HTTP_RAW_H
#define TESTS_HTTP_RAW_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "tap.h"

struct raw {
    int fd;
    SSL_CTX *ctx;
    SSL *ssl;       /* NULL: plain */
    struct buf got; /* not yet taken by raw_answer */
};

struct raw_answer {
    int status; /* 0: the connection ended before an answer */
    char head[16384];
    struct buf body;
};

__attribute__((unused)) static bool raw_open(struct raw *r, uint16_t port, int tls_version)
{
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(port) };
    struct timeval patience = { .tv_sec = 20 };
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    *r = (struct raw){ .fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) };
    buf_init(&r->got, (size_t)80 << 20);
    setsockopt(r->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(r->fd, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int));
    if (connect(r->fd, (const struct sockaddr *)&to, sizeof to) != 0)
        return false;
    if (!tls_version)
        return true;
    r->ctx = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_min_proto_version(r->ctx, tls_version);
    SSL_CTX_set_max_proto_version(r->ctx, tls_version);
    r->ssl = SSL_new(r->ctx);
    SSL_set_fd(r->ssl, r->fd);
    return SSL_connect(r->ssl) == 1;
}

__attribute__((unused)) static void raw_close(struct raw *r)
{
    SSL_free(r->ssl);
    SSL_CTX_free(r->ctx);
    buf_clear(&r->got);
    close(r->fd);
}

__attribute__((unused)) static bool raw_send(struct raw *r, const void *p, size_t n)
{
    if (!r->ssl)
        return send(r->fd, p, n, MSG_NOSIGNAL) == (ssize_t)n;
    return SSL_write(r->ssl, p, (int)n) == (int)n;
}

__attribute__((unused)) static bool raw_say(struct raw *r, const char *text)
{
    return raw_send(r, text, strlen(text));
}

/* More bytes into r->got; false at the end of the connection. */
__attribute__((unused)) static bool raw_more(struct raw *r)
{
    char piece[16384];
    ssize_t n = r->ssl ? SSL_read(r->ssl, piece, sizeof piece) : recv(r->fd, piece, sizeof piece, 0);
    if (n <= 0)
        return false;
    buf_put(&r->got, piece, (size_t)n);
    return true;
}

/* The value of a header of an answer, into ${out}. */
__attribute__((unused)) static const char *raw_header(const struct raw_answer *a, const char *name,
                                                      char out[static 512])
{
    for (const char *line = strstr(a->head, "\r\n"); line && line[2]; line = strstr(line + 2, "\r\n")) {
        size_t n = strlen(name);
        if (strncasecmp(line + 2, name, n) == 0 && line[2 + n] == ':') {
            const char *value = line + 2 + n + 1 + strspn(line + 2 + n + 1, " ");
            snprintf(out, 512, "%.*s", (int)strcspn(value, "\r"), value);
            return out;
        }
    }
    return NULL;
}

/* The next answer; ${no_body} after HEAD. Interim 100s are passed over. The caller clears a->body. */
__attribute__((unused)) static int raw_answer(struct raw *r, struct raw_answer *a, bool no_body)
{
    char value[512];
    const char *end;
    size_t want = 0;
    a->status = 0;
    a->head[0] = '\0';
    buf_init(&a->body, (size_t)80 << 20);
    do {
        while (!(end = strstr(buf_text(&r->got), "\r\n\r\n")))
            if (!raw_more(r))
                return 0;
        size_t head_len = (size_t)(end - buf_text(&r->got)) + 4;
        snprintf(a->head, sizeof a->head, "%.*s", (int)head_len, buf_text(&r->got));
        a->status = (int)strtol(a->head + strlen("HTTP/1.1 "), NULL, 10);
        memmove(r->got.data, r->got.data + head_len, r->got.len - head_len);
        r->got.len -= head_len;
        r->got.data[r->got.len] = '\0';
    } while (a->status == 100);
    if (!no_body && raw_header(a, "Content-Length", value))
        want = strtoul(value, NULL, 10);
    while (r->got.len < want)
        if (!raw_more(r))
            return a->status = -1; /* cut in the middle */
    buf_put(&a->body, r->got.data, want);
    if (r->got.data)
        memmove(r->got.data, r->got.data + want, r->got.len - want);
    r->got.len -= want;
    if (r->got.data)
        r->got.data[r->got.len] = '\0';
    return a->status;
}

/* Has the server ended the connection? */
__attribute__((unused)) static bool raw_ended(struct raw *r)
{
    return r->got.len == 0 && !raw_more(r);
}

/* A connection of its own for ${request}; the caller clears a->body. */
__attribute__((unused)) static int raw_once(uint16_t port, const char *request, struct raw_answer *a)
{
    struct raw r;
    a->status = 0;
    buf_init(&a->body, 1);
    if (raw_open(&r, port, TLS1_3_VERSION) && raw_say(&r, request))
        raw_answer(&r, a, strncmp(request, "HEAD ", 5) == 0);
    raw_close(&r);
    return a->status;
}

#endif
