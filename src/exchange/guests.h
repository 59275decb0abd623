/* SPDX-License-Identifier: Apache-2.0
 * exchange/guests.h - people without a node: guests of an organisation that vouches for them (docs/protocol.md,
 * Guests)
 *
 * A guest keeps his own domain, which is on the signed client list of his host and has no card here. Who has
 * a card vouches for his people himself. */
#ifndef EXCHANGE_GUESTS_H
#define EXCHANGE_GUESTS_H

#include "exchange/node.h"

struct db;

/* guests_is: ${person}, who signed in at ${n} or is known there as one of its own, is of another domain. */
bool guests_is(const struct node *n, const char *person);

/*
 * guests_vouched: whether ${issuer} may vouch for ${person} now: one of its own domain, or a guest of it.
 *   REASON_CLIENT_HAS_CARD  his organisation has a card here
 *   REASON_ISSUER           his domain is not on the newest client list of ${issuer}, or somebody else
 *                           vouches for him
 * ${version} gets that of the client list, 0 for its own people; may be NULL.
 */
MUST_USE enum err guests_vouched(struct db *db, const char *issuer, const char *person, uint64_t *version,
                                 struct fail *f);

/* guests_check: the same, of what is committed now; `@domain` stands for the organisation itself. */
MUST_USE enum err guests_check(struct node *n, const char *issuer, const char *person, struct fail *f);

/* guests_via: the organisation that answers for ${person}: who vouches for a guest, else that of his domain. */
MUST_USE enum err guests_via(struct db *db, const char *person, char out[static DOMAIN_MAX + 1],
                             struct fail *f);

/*
 * guests_recipient: ${whom}, a person or a client of ours, may be given a report of ours at this node: the domain is on our
 * client list and has no card, and the person is enrolled here.
 *   the reasons of guests_vouched
 *   E_NOT_FOUND (REASON_UNKNOWN_GUEST)  nobody of this name is a guest here
 */
MUST_USE enum err guests_recipient(struct node *n, struct db *db, const char *whom, struct fail *f);

/* guests_note: in a writer job: ${person}, who has a row, is a guest of ${via}; nothing for its own people. */
MUST_USE enum err guests_note(struct db *db, const char *person, const char *via, struct fail *f);

#endif
