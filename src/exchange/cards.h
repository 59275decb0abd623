/* SPDX-License-Identifier: Apache-2.0
 * exchange/cards.h - our card and those of partners: kept, compared, trusted; and people's keys that come
 * with them */
#ifndef EXCHANGE_CARDS_H
#define EXCHANGE_CARDS_H

#include <jansson.h>

#include "exchange/node.h"
#include "ledger/card.h"
#include "store/card.h"

struct db;
struct held_card;

/* A card in use: parsed once, shared by threads, released with cards_put (also for AUTO; empty is fine). */
struct card_ref {
    struct cards *owner;
    const struct card *card;
    enum card_state state;
    bool local; /* its URL may be in a private range */
    struct held_card *hold;
};

MUST_USE enum err cards_open(struct node *n, struct cards **out, struct fail *f);
void cards_close(struct cards *c);

/* cards_get: the newest card of ${domain}; E_REFUSED (REASON_UNKNOWN_PARTNER) if there is none. */
MUST_USE enum err cards_get(struct node *n, const char *domain, struct card_ref *out, struct fail *f);
/* cards_get_trusted: the same, and confirmed (or our own), else REASON_UNCONFIRMED_PARTNER or
 * REASON_SUSPENDED_PARTNER. */
MUST_USE enum err cards_get_trusted(struct node *n, const char *domain, struct card_ref *out, struct fail *f);
/* cards_get_met: the same, or `introduced`: for what its grants let go, and no more. */
MUST_USE enum err cards_get_met(struct node *n, const char *domain, struct card_ref *out, struct fail *f);
void cards_put(struct card_ref *ref);

/* cards_confirmed: our own card and those of confirmed partners, all at one time: what this node trusts. Also for AUTO. */
struct cards_set {
    struct card_ref *refs;
    const struct card **cards; /* the same */
    size_t count;
};
MUST_USE enum err cards_confirmed(struct node *n, struct cards_set *out, struct fail *f);
void cards_set_clear(struct cards_set *set);

/* cards_make_own: sign and store our next card from the configuration and the keys in use (serial 1 at init), with
 * ${change} in it; NULL: none. */
struct own_change;
MUST_USE enum err cards_make_own(struct node *n, const struct own_change *change, struct fail *f);

/* cards_take_back: our own card, which a partner has: taken in the place of an older one if that one's card key signed it and it keeps
 * the logs that ours names, else E_REFUSED. ${taken} false: ours is as new. Enters nothing: what it names may be more than is here. */
MUST_USE enum err cards_take_back(struct node *n, struct bytes jws, bool *taken, struct fail *f);

/*
 * cards_take: a card that came as text. First seen: kept `unconfirmed` (or `confirmed` if ${confirmed}:
 * handed over by a person). A later one must succeed the one before (card_succeeds), else E_REFUSED. Enters
 * kind 20 when trusted. The same again: nothing.
 */
MUST_USE enum err cards_take(struct node *n, struct bytes jws, bool confirmed, bool local,
                             char domain[static DOMAIN_MAX + 1], struct fail *f);
/* cards_fetch: get a card from ${url} (first contact: no pin is known; nothing is trusted by it) and take
 * it. */
MUST_USE enum err cards_fetch(struct node *n, const char *url, bool local, char domain[static DOMAIN_MAX + 1],
                              struct fail *f);
/*
 * cards_hello: POST /x/v1/hello: a node sends its card. A partner's newer one is taken; one of whom nothing is
 * known is kept unconfirmed, at most CARDS_WAITING of them (E_RATE), so that a person may compare words; one
 * that waits already is replaced by its successor only. ${domain}: whose.
 */
#define CARDS_WAITING 32
MUST_USE enum err cards_hello(struct node *n, struct bytes jws, char domain[static DOMAIN_MAX + 1],
                              struct fail *f);
/* cards_keep_introduced: in a writer job: the card of an organisation of which there is none, in state
 * `introduced`. */
MUST_USE enum err cards_keep_introduced(struct node *n, struct db *db, const char *jws, struct fail *f);
/* cards_set_state: confirm, suspend or resume a partner. Confirming sends him the keys of our people. */
MUST_USE enum err cards_set_state(struct node *n, const char *domain, const char *state, struct fail *f);
#endif
