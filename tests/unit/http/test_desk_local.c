/* SPDX-License-Identifier: Apache-2.0
 * The desk on loopback ends when it is told to, also where its node is silent. */
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http/desk_local.h"
#include "log_server.h"

#define ASKING 2

static struct site alder;
static atomic_bool over;    /* the node may answer */
static atomic_uint waiting; /* calls that it has */

static enum err serve_nothing(struct http_call *call, struct fail *f)
{
    (void)f;
    atomic_fetch_add(&waiting, 1);
    while (!atomic_load(&over))
        usleep(10000);
    http_reply(call, 200, "text/plain", bytes_str("at last"));
    return OK;
}

static const struct http_route routes[] = { { "GET", "/v1/{rest...}", 0, 0, serve_nothing, NULL } };

/* A call of the page, whose answer is not read. */
static int call_desk(const char *origin, const char *accept)
{
    const char *host = origin + strlen("http://");
    AUTO(str_freep)
    char *text = str_format("GET /v1/inbox HTTP/1.1\r\nHost: %s\r\nAccept: %s\r\n\r\n", host, accept);
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    to.sin_port = htons((uint16_t)strtoul(strchr(host, ':') + 1, NULL, 10));
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ok(fd >= 0 && connect(fd, (const struct sockaddr *)&to, sizeof to) == 0 &&
           write(fd, text, strlen(text)) == (ssize_t)strlen(text),
       "asked for %s", accept);
    return fd;
}

static struct desk_local *start_desk(void)
{
    AUTO(cards_put) struct card_ref own = { 0 };
    struct desk_local *desk = NULL;
    struct fail f = { 0 };
    ok(cards_get(alder.n, "alder.example", &own, &f) == OK && desk_local_start(own.card, 0, &desk, &f) == OK,
       "a desk: %s", f.what);
    return desk;
}

int main(void)
{
    static const char *const accepts[ASKING] = { "application/json", "text/event-stream" };
    char dir[] = "/tmp/orcon-desk-XXXXXX";
    struct fail f = { 0 };
    struct desk_local *desk;
    struct http_server *server;
    int fd[ASKING];
    if (!mkdtemp(dir) || !site_make(&alder, dir, "alder.example") ||
        !(server = log_server(alder.n, routes, COUNT(routes))) || !(desk = start_desk()))
        return tap_done();
    for (size_t i = 0; i < ASKING; i++)
        fd[i] = call_desk(desk_local_origin(desk), accepts[i]);
    for (unsigned i = 0; i < 1000 && atomic_load(&waiting) < ASKING; i++)
        usleep(10000);
    ok(atomic_load(&waiting) == ASKING, "the node has both calls, and is silent");
    uint64_t from_ms = time_mono_ms();
    desk_local_stop(desk);
    ok(time_mono_ms() - from_ms < 15000, "the desk ends all the same");
    atomic_store(&over, true);
    for (size_t i = 0; i < ASKING; i++)
        close(fd[i]);
    http_server_stop(server, 1000);
    node_close(alder.n);
    ok(file_remove_tree(dir, &f) == OK, "cleaned up: %s", f.what);
    return tap_done();
}
