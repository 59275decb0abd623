/* SPDX-License-Identifier: Apache-2.0
 * net/client.h - HTTPS to a node whose key we know: TLS 1.3, the key pinned, no certificate authority.
 *
 * No redirects, no proxy from the environment, no cookies, no other scheme; answers are bounded. The address
 * connected to is looked at before the connection is made, so a name can't lead into a private network.
 * Connections are kept alive in a pool. Only client.c uses libcurl. Any thread. Bodies and headers are never
 * logged. */
#ifndef NET_CLIENT_H
#define NET_CLIENT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

struct net_client; /* made by net_client_new, ended by net_client_free */

#define NET_PINS_MAX       4
#define NET_ANSWER_MAX     ((size_t)1 << 20)
#define NET_TIMEOUT_MS     10000
#define NET_CONNECT_MS     5000
#define NET_ANSWER_HEADERS 64
#define NET_SPKI_LEN       32
#define NET_URL_MAX        4096

struct net_header {
    const char *name, *value;
};
struct net_answer;

/*
 * One request. Zero means the default where one is named.
 *   method      NULL: GET, or POST where there is a body
 *   url         https, with neither user nor fragment, at most NET_URL_MAX bytes
 *   headers     control characters in them are E_INVALID
 *   body        read while the call runs, not copied; none is sent for NULL data
 *   pins        1..NET_PINS_MAX SHA-256 of the server's SubjectPublicKeyInfo, any of which will do: 64 hex
 *               digits, or base64, with either alphabet
 *   piece       NULL: the body is collected. Else the body of a 2xx answer is given to it, piece by piece, in the
 *               calling thread, with status and headers; false ends the call (E_UNAVAILABLE). max_answer then
 *               bounds other answers only
 *   cancel      NULL, or once it is true the call ends within about a second (E_UNAVAILABLE)
 *   allow_private  also connect to loopback, private, link-local and other addresses that aren't public
 */
struct net_request {
    const char *method;
    const char *url;
    const struct net_header *headers;
    size_t header_count;
    struct bytes body;
    const char *const *pins;
    size_t pin_count;
    size_t max_answer;   /* NET_ANSWER_MAX */
    unsigned timeout_ms; /* NET_TIMEOUT_MS: for the whole */
    unsigned connect_ms; /* NET_CONNECT_MS: names, connection, handshake */
    bool allow_private;
    bool (*piece)(void *ctx, const struct net_answer *head, struct bytes v);
    void *ctx;
    const atomic_bool *cancel;
};

/* What came back. Zero it first; end with net_answer_clear. */
struct net_answer {
    int status;       /* 200..599 */
    struct buf *body; /* never NULL after success */
    struct net_header headers[NET_ANSWER_HEADERS];
    size_t header_count;
};

MUST_USE enum err net_client_new(struct net_client **out, struct fail *f);
void net_client_free(struct net_client *c); /* no call may be running; NULL is legal */
void net_client_freep(struct net_client **c);

/*
 * net_client_send: one request, one answer; any status is OK.
 * Errors: E_INVALID url, pin or header; E_REFUSED a private address (REASON_NONE); E_UNVERIFIED none of the
 * pins is the server's; E_TOO_LARGE answer over its maximum; E_UNAVAILABLE anything else of the network, with
 * host and why. Nothing but a TLS greeting is sent before the pin has been checked. ${out} is untouched on
 * failure. A request may reach the server twice, where a kept connection ended before an answer came.
 */
MUST_USE enum err net_client_send(struct net_client *c, const struct net_request *r, struct net_answer *out,
                                  struct fail *f);

/*
 * net_client_first_contact: the same to a server whose key isn't known yet: ${r} has no pins, ${spki} gets
 * the SHA-256 of the key it proved to hold. For public things only, such as a card that people will confirm
 * to each other: nothing is known of who answered. Never uses a kept connection.
 */
MUST_USE enum err net_client_first_contact(struct net_client *c, const struct net_request *r,
                                           uint8_t spki[static NET_SPKI_LEN], struct net_answer *out,
                                           struct fail *f);

/* net_client_check_url: E_INVALID as net_client_send would say it, without sending anything. */
MUST_USE enum err net_client_check_url(const char *url, struct fail *f);

/* net_answer_header: by name in any case, NULL if absent, the first if several. */
const char *net_answer_header(const struct net_answer *a, const char *name);

/*
 * net_answer_check: OK for 2xx. Else the failure that the answer tells of: kind by its status, reason and
 * sentence from its problem document (RFC 9457) if it has one, and retry_s, an hour at most, from Retry-After. ${who} names the
 * server.
 */
MUST_USE enum err net_answer_check(const struct net_answer *a, const char *who, struct fail *f);
void net_answer_clear(struct net_answer *a);

#endif
