/* SPDX-License-Identifier: Apache-2.0
 * http/call.h - inside src/http only: the state of one call, between server.c and the functions of server.h.
 * Nothing here knows the HTTP library. One thread at a time. */
#ifndef HTTP_CALL_H
#define HTTP_CALL_H

#include <netinet/in.h>

#include "http/path.h"
#include "http/server.h"

#define REPLY_HEADERS_MAX 16

/* The answer as it stands. Exactly one of owned, view, fd and stream holds the body. */
struct reply {
    int status; /* 0: none yet */
    char *type;
    enum { REPLY_OWNED, REPLY_VIEW, REPLY_FD, REPLY_STREAM } from;
    struct buf *owned;
    struct bytes view;
    int fd;
    uint64_t offset, len; /* len of any kind */
    struct http_stream stream;
    struct {
        char *name, *value;
    } header[REPLY_HEADERS_MAX];
    size_t header_count;
};

struct call {
    struct http_call seen; /* what routes see; first, so that one is the other */
    char *target;          /* as sent, cut at '?' */
    char *raw_query;       /* "" if none */
    struct path path;
    struct path_params params;
    struct query query, form;
    struct {
        const char *name, *value; /* owned by the library, valid until the call ends */
    } header[HTTP_HEADERS_MAX];
    size_t header_count;
    char peer[INET6_ADDRSTRLEN];
    struct buf body;
    size_t discarded; /* bytes of a body that nobody reads any more */
    struct reply reply;
    bool started, refused, final; /* refused: the answer is made, the body is read for manners' sake only */
    bool close;                   /* the connection ends with the answer */
    size_t counter;               /* index of its route; route_count if none */
    uint64_t began_ms;
};

/* call_new: for one request target, as sent; never NULL. call_free: everything, an unsent answer too. */
struct call *call_new(const char *target);
void call_free(struct call *c);
struct call *call_of(struct http_call *seen);

/* call_answer_clear: forget the answer and its headers. */
void call_answer_clear(struct call *c);

/* call_problem: the answer is a problem document; ${reason} may be "". */
void call_problem(struct call *c, int status, const char *name, const char *title, const char *reason,
                  const char *detail);

/* call_header_count: how many headers of this name the request has. */
size_t call_header_count(const struct call *c, const char *name);

/* call_reply_header: whether the answer has this header. */
bool call_reply_header(const struct call *c, const char *name);

#endif
