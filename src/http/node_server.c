/* SPDX-License-Identifier: Apache-2.0 */
#include "http/node_server.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "exchange/bell.h"
#include "exchange/cards.h"
#include "exchange/guests.h"
#include "exchange/proofs.h"
#include "exchange/rates.h"
#include "http/desk.h"
#include "http/routes.h"
#include "http/site.h"

#define STOP_WAIT_MS 5000
#define UPLOADS_MIN  ((size_t)256 << 20)

/* Who asks, by a token for us: own people, and where the route takes them, partners'. */
static enum err check_here(struct http_call *call, unsigned needs, struct asker *a, struct fail *f)
{
    struct node *n = site_node(call);
    /* the configured URL, never Host: what a proof is for must not be the client's to choose */
    AUTO(str_freep) char *htu = str_format("%s%s", n->conf.url, call->path);
    TRY(auth_check(n, http_header(call, "Authorization"), http_header(call, "DPoP"), call->method, htu,
                   n->conf.domain, a, f));
    if (!a->own && !(needs & NEEDS_PARTNERS_TOO))
        return fail_why(f, REASON_NOT_ROLE, "this resource is for people of %s", n->conf.domain);
    if (needs & NEEDS_NO_GUEST && guests_is(n, a->person))
        return fail_why(f, REASON_NOT_ROLE, "this resource is for people of %s, not for its guests",
                        n->conf.domain);
    if ((a->service || !a->bound) && !(needs & NEEDS_CLIENTS))
        return fail_why(f, REASON_NOT_ROLE,
                        "this resource is for people: a service account may ask for keys");
    return OK;
}

/*
 * Who asks, by a token and a proof for the node that the call goes on to. Strangers don't learn whose cards
 * are known here: an unknown {domain} reads like a token for somebody else.
 */
static enum err check_relayed(struct http_call *call, struct asker *a, struct fail *f)
{
    struct node *n = site_node(call);
    AUTO(cards_put) struct card_ref to = { 0 };
    struct fail why = { 0 };
    const char *domain = http_param(call, "domain");
    if (!auth_token_in(http_header(call, "Authorization")))
        return fail_why(f, REASON_TOKEN, "no access token: sign in first");
    if (!name_is_domain(domain) || cards_get_trusted(n, domain, &to, &why) != OK)
        return fail_why(f, REASON_AUDIENCE, "no token for this organisation is taken here");
    AUTO(str_freep) char *htu = str_format("%s%s", to.card->url, relay_target(call));
    TRY(auth_check(n, http_header(call, "Authorization"), http_header(call, "DPoP"), call->method, htu,
                   domain, a, f));
    if (!a->own || a->service || !a->bound)
        return fail_why(f, REASON_NOT_ROLE, "calls are relayed for people of %s", n->conf.domain);
    return OK;
}

/* The bytes of the body, before it is read: one without a length may be as long as its route takes. */
static uint64_t body_bytes(const struct http_call *call)
{
    const char *length = http_header(call, "Content-Length");
    if (length)
        return strtoull(length, NULL, 10); /* digits: it was looked at */
    return http_header(call, "Transfer-Encoding") ? call->route->max_body : 0;
}

/* Calls that may write, or make work. Keys are counted each, where they are asked for (exchange/brief.c). */
static enum err count_call(const struct http_call *call, const struct asker *a, unsigned needs,
                           struct fail *f)
{
    struct node *n = site_node(call);
    uint64_t bytes = body_bytes(call), now_ms = n->now_ms();
    if (needs & NEEDS_CLIENTS || strcmp(call->method, "GET") == 0 || strcmp(call->method, "HEAD") == 0)
        return OK;
    if (!a->own)
        TRY(rates_take(n->rates, RATE_STATEMENTS, a->issuer, 1, bytes, now_ms, f));
    return rates_take(n->rates, RATE_CALLS, a->person, 1, bytes, now_ms, f);
}

static enum err authorise(struct http_call *call, unsigned needs, struct fail *f)
{
    if (!needs)
        return OK;
    AUTO(mem_freep) struct asker *a = mem_new(sizeof *a);
    TRY(needs & NEEDS_RELAYED ? check_relayed(call, a, f) : check_here(call, needs, a, f));
    if (!(a->roles & needs)) {
        char roles[64];
        auth_roles_print(needs & (NEEDS_PARTNERS_TOO - 1), roles);
        return fail_why(f, REASON_NOT_ROLE, "this needs the role %s", roles);
    }
    TRY(count_call(call, a, needs, f));
    call->user = a;
    a = NULL;
    return OK;
}

static void user_free(void *user)
{
    free(user);
}

static enum err start_public(struct node_server *s, struct fail *f)
{
    size_t count, max_report = (size_t)s->n->conf.max_report;
    const struct http_route *table = routes_public(&count);
    AUTO(buf_freep) struct buf *certificate = buf_new((size_t)64 << 10);
    AUTO(buf_freep) struct buf *key = buf_new_secret((size_t)64 << 10);
    s->routes = mem_array(count + DESK_ROWS_MAX, sizeof *s->routes);
    memcpy(s->routes, table, count * sizeof *s->routes);
    count += desk_rows(s->routes + count);
    for (size_t i = 0; i < count; i++)
        if (s->routes[i].max_body == BODY_PACKAGE)
            s->routes[i].max_body = max_report;
    TRY(node_tls(s->n, certificate, key, f));
    struct http_conf conf = { .listen = s->n->conf.listen,
                              .certificate = bytes_of(certificate),
                              .key = bytes_of(key),
                              .routes = s->routes,
                              .route_count = count,
                              .context = s,
                              .authorise = authorise,
                              .user_free = user_free,
                              .nonce = proofs_nonce(s->n),
                              .challenge = "DPoP algs=\"ES256 RS256\"",
                              .max_connections = (unsigned)s->n->conf.max_clients,
                              .max_uploads = UPLOADS_MIN > 2 * max_report ? UPLOADS_MIN : 2 * max_report };
    return http_server_start(&conf, &s->public, f);
}

static enum err start_metrics(struct node_server *s, struct fail *f)
{
    struct http_conf conf = {
        .listen = s->n->conf.metrics, .context = s, .max_connections = 8, .quiet = true
    };
    if (!*s->n->conf.metrics)
        return OK;
    conf.routes = routes_metrics(&conf.route_count);
    return http_server_start(&conf, &s->metrics, f);
}

enum err node_server_start(struct node *n, struct node_server **out, struct fail *f)
{
    struct node_server *s = mem_new(sizeof *s);
    s->n = n;
    enum err e = start_public(s, f);
    if (e == OK)
        e = start_metrics(s, f);
    if (e != OK)
        node_server_stop(s);
    else
        *out = s;
    return e;
}

void node_server_stop(struct node_server *s)
{
    if (!s)
        return;
    bell_stop(s->n->bell);                      /* nobody waits for news any more */
    http_server_stop(s->metrics, STOP_WAIT_MS); /* first: it counts the other's */
    http_server_stop(s->public, STOP_WAIT_MS);
    free(s->routes);
    free(s);
}

uint16_t node_server_port(const struct node_server *s)
{
    return http_server_port(s->public);
}

uint16_t node_server_metrics_port(const struct node_server *s)
{
    return s->metrics ? http_server_port(s->metrics) : 0;
}
