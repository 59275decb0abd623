/* SPDX-License-Identifier: Apache-2.0
 * exchange/own_card.h - what this node's own next card says: the keys in use, those that were, and from when */
#ifndef EXCHANGE_OWN_CARD_H
#define EXCHANGE_OWN_CARD_H

#include <jansson.h>

#include "crypto/hash.h"
#include "exchange/node.h"
#include "keeper/keeper.h"
#include "store/card.h"

/* What a card changes. */
struct own_change {
    bool rotates;       /* ${next} follows the key in use */
    enum key_use use;   /* card, statement, token, kas, witness or monitor */
    struct bytes next;  /* its public half as in keeper.h */
    const char *revoke; /* id of a key that was replaced; NULL: none */
};

/*
 * own_card_payload: the claims of the card after ${last} (serial 0: none). A key that is in use no longer stays in the
 * card, with an end: a card key is revoked at once, statements dated later than a minute from now don't count, and a
 * token key stands as long as its last token. To rotate the card key, ${change} puts both in: the old one signs that.
 * E_NOT_FOUND, E_CONFLICT: no such key to revoke, or it is in use, or revoked already. Caller owns ${out}.
 */
MUST_USE enum err own_card_payload(struct node *n, const struct card_row *last,
                                   const struct own_change *change, json_t **out, struct fail *f);

/* own_card_has: the newest card names this key for ${use}, and does not revoke it; ${public} as in keeper.h. */
MUST_USE enum err own_card_has(struct node *n, enum key_use use, struct bytes public, bool *has,
                               struct fail *f);
/* own_card_takes: what is sealed to the kas key ${kid} is still taken: the newest card neither ended nor revoked it. */
bool own_card_takes(struct node *n, const char *kid);
/* own_card_public: the public half of the key in use. Loads it. */
MUST_USE enum err own_card_public(struct node *n, enum key_use use, struct buf *public, struct fail *f);
/* own_card_pin: the pin of the TLS key in the file ${name} of the home. */
MUST_USE enum err own_card_pin(struct node *n, const char *name, uint8_t pin[static HASH_LEN],
                               struct fail *f);

#endif
