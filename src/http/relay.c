/* SPDX-License-Identifier: Apache-2.0
 * http/relay.c - key requests of our people to a partner's node, and their questions to it, byte for byte.
 *
 * Keys are wrapped to the reader's session key, so no key that can be used passes here. Token and proof were checked
 * (node_server.c): only our own people's calls go out under our name. */
#include <string.h>

#include "base/mem.h"
#include "exchange/cards.h"
#include "http/site.h"
#include "net/client.h"

#define RELAY_TIMEOUT_MS   10000
#define BRIEFED_TIMEOUT_MS 25000 /* it waits for witnesses itself */

/* What the other node says to who has to make a new proof, or to wait. */
static const char *const back[] = { "WWW-Authenticate", "DPoP-Nonce", "Retry-After" };

const char *relay_target(const struct http_call *call)
{
    return call->route->run == serve_relay_briefed     ? BRIEFED_PATH
           : call->route->run == serve_relay_knowers   ? KNOWERS_PATH
           : call->route->run == serve_relay_inclusion ? INCLUSION_PATH
                                                       : KAS_REWRAP_PATH;
}

static enum err pass_on(struct http_call *call, const struct card_ref *to, unsigned timeout_ms,
                        struct fail *f)
{
    AUTO(net_answer_clear) struct net_answer answer = { 0 };
    AUTO(str_freep) char *url = str_format("%s%s", to->card->url, relay_target(call));
    struct card_pins pins;
    const char *type = http_header(call, "Content-Type");
    struct net_header headers[] = { { "Authorization", http_header(call, "Authorization") },
                                    { "DPoP", http_header(call, "DPoP") },
                                    { "Connect-Protocol-Version", "1" },
                                    { "Content-Type", type ? type : "application/json" } };
    struct net_request request = { .method = "POST",
                                   .url = url,
                                   .headers = headers,
                                   .header_count = COUNT(headers),
                                   .body = call->body,
                                   .pins = pins.list,
                                   .pin_count = to->card->pin_count,
                                   .max_answer = KAS_ANSWER_MAX,
                                   .timeout_ms = timeout_ms,
                                   .allow_private = to->local };
    card_pins(to->card, &pins);
    TRY(net_client_send(site_node(call)->net, &request, &answer, f));
    const char *answered = net_answer_header(&answer, "Content-Type");
    for (size_t i = 0; i < COUNT(back); i++) {
        const char *value = net_answer_header(&answer, back[i]);
        if (value)
            http_reply_header(call, back[i], value);
    }
    http_reply_take(call, answer.status, answered ? answered : "application/octet-stream", &answer.body);
    return OK;
}

enum err serve_relay(struct http_call *call, struct fail *f)
{
    AUTO(cards_put) struct card_ref to = { 0 };
    const char *domain = http_param(call, "domain");
    /* our own reports: there is nowhere to go, and the proof, which names our own path, counts only once */
    if (strcmp(domain, site_node(call)->conf.domain) == 0)
        return serve_rewrap(call, f);
    TRY(cards_get_trusted(site_node(call), domain, &to, f));
    return pass_on(call, &to, RELAY_TIMEOUT_MS, f);
}

/* A question to the originator: our own node answers what is about its own. */
static enum err ask(struct http_call *call, enum err (*here)(struct http_call *, struct fail *),
                    struct fail *f)
{
    AUTO(cards_put) struct card_ref to = { 0 };
    const char *domain = http_param(call, "domain");
    if (strcmp(domain, site_node(call)->conf.domain) == 0)
        return here(call, f);
    TRY(cards_get_trusted(site_node(call), domain, &to, f));
    return pass_on(call, &to, BRIEFED_TIMEOUT_MS, f);
}

enum err serve_relay_briefed(struct http_call *call, struct fail *f)
{
    return ask(call, serve_briefed, f);
}

enum err serve_relay_knowers(struct http_call *call, struct fail *f)
{
    return ask(call, serve_knowers, f);
}

enum err serve_relay_inclusion(struct http_call *call, struct fail *f)
{
    return ask(call, serve_inclusion, f);
}
