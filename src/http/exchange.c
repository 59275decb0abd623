/* SPDX-License-Identifier: Apache-2.0
 * http/exchange.c - what partners' nodes send. Nobody signs in: what came is signed. */
#include "base/json.h"
#include "exchange/acts.h"
#include "exchange/cards.h"
#include "exchange/outbox.h"
#include "exchange/quarantine.h"
#include "http/site.h"
#include "tdf/package.h"

static enum err take(struct http_call *call, struct bytes jws, struct package *package, struct fail *f)
{
    AUTO(buf_freep) struct buf *ack = buf_new(JOSE_MAX_SMALL);
    struct fail why = { 0 };
    enum err e = acts_take(site_node(call), jws, package, ack, &why);
    if (e != OK && why.reason == REASON_UNCONFIRMED_PARTNER)
        return quarantine_keep(site_node(call), jws, package ? call->body : BYTES("", 0), f);
    if (e != OK)
        return fail_pass(f, &why);
    http_reply_take(call, 200, "application/jose", &ack);
    return OK;
}

enum err serve_take_statement(struct http_call *call, struct fail *f)
{
    return take(call, call->body, NULL, f);
}

enum err serve_take_package(struct http_call *call, struct fail *f)
{
    AUTO(site_package_clear) struct site_package p = { 0 };
    TRY(site_package(call, &p, f));
    return take(call, package_report(p.package), p.package, f);
}

/* A partner's node is there: what waits for him is tried at once. Whoever is unknown leaves his card. */
enum err serve_hello(struct http_call *call, struct fail *f)
{
    struct node *n = site_node(call);
    AUTO(cards_put) struct card_ref known = { 0 };
    char domain[DOMAIN_MAX + 1];
    struct fail why = { 0 };
    TRY(cards_hello(n, call->body, domain, f));
    if (cards_get_met(n, domain, &known, &why) == OK)
        outbox_hello(n->outbox, domain);
    http_reply_static(call, 204, NULL, BYTES("", 0));
    return OK;
}
