/* SPDX-License-Identifier: Apache-2.0
 * http/gate.h - inside src/http only: what a request must be before a route sees it. Pure but for the route's
 * own hooks. */
#ifndef HTTP_GATE_H
#define HTTP_GATE_H

#include "http/call.h"

/*
 * gate_enter: the request line and headers of ${c} are there: check framing (RFC 9112, 6), headers, Host,
 * path and query, find the route, ask authorise. If anything fails the answer is made and c->refused is set;
 * c->close too where the rest of the connection can't be trusted to be a request.
 */
void gate_enter(const struct http_conf *conf, struct call *c, const char *version);

/* gate_body_max: bytes of body that the request's route takes. */
size_t gate_body_max(const struct call *c);

/* gate_content_length: as announced; 0 if none. Valid after gate_enter. */
uint64_t gate_content_length(const struct call *c);
bool gate_has_body(const struct call *c);

/* gate_run: the body is there: read a form, run the route. Afterwards there is an answer. */
void gate_run(const struct http_conf *conf, struct call *c);

/* gate_refuse: the answer is this failure. */
void gate_refuse(const struct http_conf *conf, struct call *c, const struct fail *f);

#endif
