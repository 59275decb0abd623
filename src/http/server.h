/* SPDX-License-Identifier: Apache-2.0
 * http/server.h - an HTTP/1.1 server over TLS 1.3: a table of routes, one thread a connection.
 *
 * It knows nothing of the domain. The server owns framing, path and query, size limits, request ids, problem
 * documents, counting and logging; a route's run is: decode, call the core, reply. Only server.c uses
 * libmicrohttpd. Functions that take a call are for the thread that runs it; the others for any thread. */
#ifndef HTTP_SERVER_H
#define HTTP_SERVER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <jansson.h>

#include "base/buf.h"

struct http_call;
struct http_server;

/*
 * One route. A request meets the first row whose path and method fit, so literal paths stand before
 * patterns; no path that fits is 404, no method 405 with Allow. A GET row answers HEAD too.
 *   path      "/v1/reports/{id}": {id} is one segment, not empty; a last "{rest...}" is one or more segments,
 *             joined by '/'. "/" is the root. The path is split at '/' before each segment is percent-decoded.
 *             Encoded '/', NUL and control characters, "." and ".." are refused (400).
 *   needs     handed to authorise, which gives it its meaning
 *   max_body  bytes; more is 413. 0: no body is taken
 *   run       replies by one of http_reply*, or fails: ${render} then makes the answer
 *   render    NULL: that of the server
 */
struct http_route {
    const char *method; /* "GET", "POST", ... */
    const char *path;
    unsigned needs;
    size_t max_body;
    enum err (*run)(struct http_call *, struct fail *);
    void (*render)(struct http_call *, const struct fail *);
};

/* One request, from its headers to the end of its answer. */
struct http_call {
    void *context;                  /* http_conf.context */
    void *user;                     /* set by authorise; ended by http_conf.user_free */
    const struct http_route *route; /* NULL while a request that fits none is refused */
    const char *method;             /* as sent */
    const char *path; /* as sent, undecoded, without the query: what a DPoP htu is compared to */
    struct bytes body;
    char id[17]; /* 64 random bits in hex; header Orcon-Request-Id of the answer */
};

struct http_conf {
    const char *listen;            /* "127.0.0.1:8443", "[::1]:0"; port 0: any. NULL: use listen_fd */
    int listen_fd;                 /* bound, listening, inherited; closed at the end or on failure */
    struct bytes certificate, key; /* PEM, copied, the key wiped after the start. Both empty: plain HTTP, for
                                    * loopback addresses only (E_INVALID for others) */
    const char *host;              /* requests with another Host are refused (421); NULL: any Host */
    const struct http_route *routes;
    size_t route_count; /* at most HTTP_ROUTES_MAX */
    void *context;

    /*
     * Called once for every request that fits a route, when its headers are there and its body is not; its
     * failure is the answer. May set call->user. NULL: everything is allowed.
     */
    enum err (*authorise)(struct http_call *, unsigned needs, struct fail *);
    void (*user_free)(void *user);
    void (*render)(struct http_call *, const struct fail *); /* NULL: http_problem */
    const char *challenge;                                   /* WWW-Authenticate of every 401, or NULL */
    const char *nonce; /* DPoP-Nonce with a refusal for REASON_NONCE, or NULL */

    unsigned max_connections; /* 0: 256; those that come while there are as many are cut */
    unsigned max_per_address; /* connections of one client address; 0: no limit */
    unsigned timeout_ms; /* 0: 30 s: whole headers from connecting or the last answer on; a body gets this
                          * and a second for every 64 KiB received; so does the sending of an answer */
    size_t stack_size;   /* of a connection's thread; 0: 512 KiB */
    size_t max_uploads;  /* bytes of all bodies being held at a time; beyond it 503. 0: 256 MiB */
    bool quiet;          /* log only failures (for a metrics listener) */
};

#define HTTP_ROUTES_MAX  256
#define HTTP_HEADERS_MAX 64

/*
 * http_server_start: listen and serve. All that ${conf} points at, the certificate and key excepted, must
 * outlive the server. E_INVALID: address, certificate, key, plain HTTP off loopback; E_IO: can't listen, with
 * the address and why.
 */
MUST_USE enum err http_server_start(const struct http_conf *conf, struct http_server **out, struct fail *f);

/*
 * http_server_stop: take no new connection, let running calls end for at most ${wait_ms}, then cut the
 * connections, wait for the handlers (they must have bounds of their own) and free the server. NULL is legal.
 */
void http_server_stop(struct http_server *s, unsigned wait_ms);

/* http_server_port, http_server_address: where it listens; the address as "127.0.0.1:8443", "[::1]:8443". */
uint16_t http_server_port(const struct http_server *s);
const char *http_server_address(const struct http_server *s);

/* Since the start. Requests that met no route are counted under method "" and path "". */
struct http_count {
    const char *method, *path;
    uint64_t by_class[5]; /* answers 1xx .. 5xx */
    uint64_t answer_bytes, busy_ms;
};
/* http_server_counts: call ${each} for every route in the order of the table, then for no route. */
void http_server_counts(const struct http_server *s, void (*each)(void *ctx, const struct http_count *),
                        void *ctx);
/* http_server_load: connections open now, and calls running now. */
void http_server_load(const struct http_server *s, unsigned *connections, unsigned *running);

/*
 * What the request says; text is valid until the call ends.
 *   http_param   a segment named in the route's path, decoded; BUG() if the path names no such
 *   http_query   a query parameter, decoded, '+' is a space; NULL if absent. A name given twice is refused
 *                (400)
 *   http_form    the same of a body of type application/x-www-form-urlencoded
 *   http_header  by name in any case; NULL if absent, the first if several. Host, Content-Length,
 *                Transfer-Encoding, Authorization, DPoP and Content-Type given twice are refused (400)
 *   http_peer    the client's address, numeric, without port
 */
const char *http_param(const struct http_call *call, const char *name);
const char *http_query(const struct http_call *call, const char *name);
const char *http_form(const struct http_call *call, const char *name);
const char *http_header(const struct http_call *call, const char *name);
const char *http_peer(const struct http_call *call);

/*
 * The answer; the last one set counts, and an error returned by run replaces it.
 *   http_reply         ${body} copied
 *   http_reply_take    the buffer moves into the answer, without a copy
 *   http_reply_static  ${body} must outlive the server, no copy
 *   http_reply_json    ${v} is written out; the caller keeps it
 *   http_reply_fd      ${len} bytes of a regular file from ${offset}; ${fd} is closed when sent
 *   http_reply_stream  ${len} bytes asked from ${read} piece by piece: up to ${max} bytes of the answer from
 *                      ${at} on, returns how many, at least 1; -1 cuts the connection. ${end} (may be NULL)
 *                      is called once, whatever happens. ${len} HTTP_LEN_OPEN: as long as there is more; then
 *                      ${read} may wait, and 0 ends the answer. Every second or so it should return
 *                      HTTP_STREAM_WAIT, at which the client is looked at: if it is gone, so is the answer. An open
 *                      answer counts as running until then
 * ${status} is 200..599. Default headers: Cache-Control: no-store, X-Content-Type-Options: nosniff,
 * Referrer-Policy: no-referrer, Content-Security-Policy: default-src 'none'; frame-ancestors 'none',
 * Cross-Origin-Resource-Policy: same-origin.
 */
void http_reply(struct http_call *call, int status, const char *type, struct bytes body);
void http_reply_take(struct http_call *call, int status, const char *type, struct buf **body);
void http_reply_static(struct http_call *call, int status, const char *type, struct bytes body);
void http_reply_json(struct http_call *call, int status, const json_t *v);
void http_reply_fd(struct http_call *call, int status, const char *type, int fd, uint64_t offset,
                   uint64_t len);
#define HTTP_LEN_OPEN    UINT64_MAX
#define HTTP_STREAM_WAIT ((ssize_t)-2)
struct http_stream {
    void *ctx;
    ssize_t (*read)(void *ctx, uint64_t at, uint8_t *out, size_t max);
    void (*end)(void *ctx);
};
void http_reply_stream(struct http_call *call, int status, const char *type, uint64_t len,
                       const struct http_stream *from);

/* http_reply_header: set a header of the answer, before or after http_reply; replaces a default of the same
 * name. At most 16; ${name} and ${value} are copied. Control characters in ${value} become '?'. An error's
 * answer drops them. */
void http_reply_header(struct http_call *call, const char *name, const char *value);

/*
 * http_problem: the answer to a failure, RFC 9457: {type, title, status, detail, reason, instance}; type is
 * "urn:orcon:problem:" and the reason's code, or the name of the kind of failure. Of E_IO, E_STORE and
 * E_INTERNAL it tells nothing but the request id; the log has the rest.
 */
void http_problem(struct http_call *call, const struct fail *f);
/* http_fail_shown: what a client may see of a failure: its sentence, or for the kinds above "internal
 * error". */
const char *http_fail_shown(const struct fail *f);

#endif
