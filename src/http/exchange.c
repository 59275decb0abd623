/* SPDX-License-Identifier: Apache-2.0
 * http/exchange.c - what partners' nodes send. Nobody signs in: what came is signed. */
#include "base/json.h"
#include "exchange/acts.h"
#include "exchange/cards.h"
#include "exchange/outbox.h"
#include "http/site.h"
#include "tdf/package.h"

static enum err take(struct http_call *call, struct bytes jws, struct package *package, struct fail *f)
{
    AUTO(buf_freep) struct buf *ack = buf_new(JOSE_MAX_SMALL);
    TRY(acts_take(site_node(call), jws, package, ack, f));
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

/* Only from those whose card was confirmed: or anybody could fill the store with cards, and set the outbox
 * going. */
enum err serve_hello(struct http_call *call, struct fail *f)
{
    struct node *n = site_node(call);
    AUTO(card_freep) struct card *card = NULL;
    AUTO(cards_put) struct card_ref known = { 0 };
    char domain[DOMAIN_MAX + 1];
    TRY(card_read(call->body, &card, f));
    TRY(cards_get_trusted(n, card->domain, &known, f));
    TRY(cards_take(n, call->body, false, false, domain, f));
    outbox_kick(n->outbox, domain);
    http_reply_static(call, 204, NULL, BYTES("", 0));
    return OK;
}
