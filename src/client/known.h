/* SPDX-License-Identifier: Apache-2.0
 * client/known.h - the cards by which a person judges what he is shown: those that his own node has confirmed, and
 * those that he was handed as files.
 *
 * The profile keeps them (`cards/<domain>`), brought up to date whenever his node is asked, so that evidence can be
 * checked where no node is in reach. One thread. */
#ifndef CLIENT_KNOWN_H
#define CLIENT_KNOWN_H

#include "client/session.h"
#include "ledger/trust.h"

struct known {
    struct card **cards;
    size_t count;
};
void known_clear(struct known *k); /* also for AUTO */

/* known_trust: as a verifier wants them; valid until ${k} changes. */
struct trust known_trust(const struct known *k);

/* known_add: a card as text. One of the same domain that has a higher serial, and the same card key, stays; another card
 * key is E_CONFLICT: people have to look at it. */
MUST_USE enum err known_add(struct known *k, struct bytes jws, struct fail *f);
/* known_file: a card that was handed over as a file. */
MUST_USE enum err known_file(struct known *k, const char *path, struct fail *f);
/* known_profile: the profile's own card, and those that it keeps. */
MUST_USE enum err known_profile(struct known *k, const struct profile *p, struct fail *f);

/* known_refresh: ask the own node which cards it has confirmed, and have the profile keep those and no others. */
MUST_USE enum err known_refresh(struct session *s, struct fail *f);

#endif
