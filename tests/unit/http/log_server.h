/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/http/log_server.h - a log that a test makes up, served where the card of a real node says */
#ifndef TESTS_HTTP_LOG_SERVER_H
#define TESTS_HTTP_LOG_SERVER_H

#include "http/server.h"
#include "nodes.h"

/* With the certificate of ${n}, which serves nothing itself. NULL if it could not be started, which is said. */
static struct http_server *log_server(struct node *n, const struct http_route *routes, size_t count)
{
    struct fail f = { 0 };
    struct http_server *server = NULL;
    AUTO(buf_freep) struct buf *certificate = buf_new(65536), *key = buf_new_secret(65536);
    if (!ok(node_tls(n, certificate, key, &f) == OK, "a certificate: %s", f.what))
        return NULL;
    struct http_conf conf = { .listen = n->conf.listen,
                              .certificate = bytes_of(certificate),
                              .key = bytes_of(key),
                              .routes = routes,
                              .route_count = count };
    ok(http_server_start(&conf, &server, &f) == OK, "a server for the log: %s", f.what);
    return server;
}

#endif
