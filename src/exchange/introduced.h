/* SPDX-License-Identifier: Apache-2.0
 * exchange/introduced.h - a recipient whom the originator does not know: introduced by his card in the request
 * (docs/protocol.md, Third parties)
 *
 * Granting such a request keeps the card in state `introduced`: good for what the grants let go, and for
 * nothing else; a person confirms it like any other to make a partner of it. */
#ifndef EXCHANGE_INTRODUCED_H
#define EXCHANGE_INTRODUCED_H

#include <jansson.h>

#include "exchange/node.h"

struct db;

/* introduced_offer: the asker's node: put its card of ${to}, if it is a confirmed partner, into the ${body}. */
MUST_USE enum err introduced_offer(struct node *n, const char *to, json_t *body, struct fail *f);

/* introduced_check: the originator's node: the card in ${body}, if any, is one, and that of ${to}. E_INVALID. */
MUST_USE enum err introduced_check(const json_t *body, const char *to, struct fail *f);
/* introduced_note: in a writer job: keep it with the request, if ${to} has no card here that is confirmed,
 * suspended, or waits for its words. */
MUST_USE enum err introduced_note(struct node *n, struct db *db, const char *request, const char *to,
                                  const char *via, const json_t *body, struct fail *f);

/* introduced_may: whether ${request} may be granted to ${to}: a trusted partner, or one introduced by it, whose
 * card no other one contradicts. The card's reason otherwise. */
MUST_USE enum err introduced_may(struct node *n, const char *request, const char *to, struct fail *f);
/* introduced_trust: in the writer job of the grant, before it is queued: keep the card, and tell ${to} the keys
 * of ${officer} ("@domain": of nobody), by which it checks the grant. Nothing for a trusted partner. */
MUST_USE enum err introduced_trust(struct node *n, struct db *db, const char *request, const char *to,
                                   const char *officer, struct fail *f);

/* introduced_show: {domain, state, introduced_by, words} of the organisation that a request is for; NULL where
 * it is for a person. Caller owns ${out}. */
MUST_USE enum err introduced_show(struct db *db, const char *request, const char *to, json_t **out,
                                  struct fail *f);

#endif
