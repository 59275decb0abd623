/* SPDX-License-Identifier: Apache-2.0
 * http/node_server.h - a node's two listeners: HTTPS for everybody, /metrics for this machine */
#ifndef HTTP_NODE_SERVER_H
#define HTTP_NODE_SERVER_H

#include <stdint.h>

#include "base/err.h"

struct node;
struct node_server;

/*
 * node_server_start: serve the resources of http/routes.h for ${n}, whose network is started, on conf.listen
 * with the home's certificate, and /metrics on conf.metrics unless that is "". ${n} must outlive the server.
 * Errors: E_IO the certificate can't be read, or an address can't be listened on; E_INVALID certificate or
 * address, or conf.metrics is not on loopback.
 */
MUST_USE enum err node_server_start(struct node *n, struct node_server **out, struct fail *f);
/* node_server_stop: let running calls end, for at most 5 s, then free it. NULL is legal. */
void node_server_stop(struct node_server *s);

/* node_server_port: of the public listener. node_server_metrics_port: 0 if there is none. */
uint16_t node_server_port(const struct node_server *s);
uint16_t node_server_metrics_port(const struct node_server *s);

#endif
