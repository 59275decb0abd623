/* SPDX-License-Identifier: Apache-2.0 */
#include "http/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool is_port(const char *s)
{
    size_t n = strspn(s, "0123456789");
    return n > 0 && n <= 5 && s[n] == '\0' && strtoul(s, NULL, 10) <= UINT16_MAX;
}

/* getaddrinfo with both parts numeric: a parser, it asks nobody. */
static enum err resolve(const char *where, struct addrinfo **out, struct fail *f)
{
    const struct addrinfo hints = { .ai_family = AF_UNSPEC,
                                    .ai_socktype = SOCK_STREAM,
                                    .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV };
    char host[LISTEN_TEXT];
    const char *all = where, *colon = strrchr(where, ':');
    size_t len = colon ? (size_t)(colon - where) : 0;
    bool bracketed = len > 2 && where[0] == '[' && where[len - 1] == ']';
    if (bracketed) {
        where++;
        len -= 2;
    }
    if (!colon || len == 0 || len >= sizeof host || (!bracketed && memchr(where, ':', len)) ||
        !is_port(colon + 1))
        return fail_set(f, E_INVALID, "no address to listen on, as in 127.0.0.1:8443 or [::1]:8443: %s", all);
    memcpy(host, where, len);
    host[len] = '\0';
    if (getaddrinfo(host, colon + 1, &hints, out) != 0)
        return fail_set(f, E_INVALID, "no numeric address and port: %s", all);
    return OK;
}

static int socket_listen(const struct addrinfo *a)
{
    int on = 1, fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -1;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
        bind(fd, a->ai_addr, a->ai_addrlen) == 0 && listen(fd, SOMAXCONN) == 0)
        return fd;
    int why = errno;
    close(fd);
    errno = why;
    return -1;
}

enum err listen_check(const char *where, struct fail *f)
{
    struct addrinfo *a = NULL;
    TRY(resolve(where, &a, f));
    freeaddrinfo(a);
    return OK;
}

enum err listen_open(const char *where, int *fd, struct fail *f)
{
    struct addrinfo *a = NULL;
    TRY(resolve(where, &a, f));
    int opened = socket_listen(a);
    int why = errno;
    freeaddrinfo(a);
    if (opened < 0)
        return fail_set(f, E_IO, "cannot listen on %s: %s", where, strerror(why));
    *fd = opened;
    return OK;
}

enum err listen_describe(int fd, char text[static LISTEN_TEXT], uint16_t *port, bool *loopback,
                         struct fail *f)
{
    struct sockaddr_storage sa = { 0 };
    socklen_t len = sizeof sa;
    char address[INET6_ADDRSTRLEN];
    if (getsockname(fd, (struct sockaddr *)&sa, &len) != 0)
        return fail_set(f, E_INVALID, "cannot serve on descriptor %d: %s", fd, strerror(errno));
    listen_peer((const struct sockaddr *)&sa, address, sizeof address);
    if (sa.ss_family == AF_INET) {
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)(const void *)&sa;
        *port = ntohs(v4->sin_port);
        *loopback = ntohl(v4->sin_addr.s_addr) >> 24 == 127;
        snprintf(text, LISTEN_TEXT, "%s:%u", address, *port);
        return OK;
    }
    if (sa.ss_family == AF_INET6) {
        const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)(const void *)&sa;
        *port = ntohs(v6->sin6_port);
        *loopback = IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr);
        snprintf(text, LISTEN_TEXT, "[%s]:%u", address, *port);
        return OK;
    }
    return fail_set(f, E_INVALID, "cannot serve on descriptor %d: no TCP socket", fd);
}

void listen_peer(const struct sockaddr *sa, char *out, size_t size)
{
    const void *address = NULL;
    out[0] = '\0';
    if (sa->sa_family == AF_INET)
        address = &((const struct sockaddr_in *)(const void *)sa)->sin_addr;
    else if (sa->sa_family == AF_INET6)
        address = &((const struct sockaddr_in6 *)(const void *)sa)->sin6_addr;
    if (address && !inet_ntop(sa->sa_family, address, out, (socklen_t)size))
        out[0] = '\0';
}
