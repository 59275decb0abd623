/* SPDX-License-Identifier: Apache-2.0
 * client/profile.h - a person on this machine: his device key, and the card of his own organisation.
 *
 * A folder `<profiles>/<person>/` (0700) with profile.json, key.pem (0600), and held/: what is kept of key
 * requests. Files are written whole. One thread. */
#ifndef CLIENT_PROFILE_H
#define CLIENT_PROFILE_H

#include "crypto/key.h"
#include "ledger/card.h"

struct profile {
    char *dir;
    char person[PERSON_MAX + 1];
    struct card *card;         /* its tls_pins are what the own node is known by */
    struct key *key;           /* NULL: under a passphrase, until profile_unlock */
    char kid[THUMBPRINT_SIZE]; /* of key, "" without it */
};

/*
 * profile_load: the profile of ${as}, or, where that is NULL, the only one in ${profiles}. E_USAGE: ${as} is no
 * person, has no profile, or there is none or several to choose from; E_IO; E_INVALID, E_UNVERIFIED: the files
 * are damaged. A key under a passphrase stays closed. Caller owns ${out}.
 */
MUST_USE enum err profile_load(const char *profiles, const char *as, struct profile **out, struct fail *f);
/* profile_unlock: open the key of a profile that has none yet. E_UNAUTHENTICATED: the passphrase is another. */
MUST_USE enum err profile_unlock(struct profile *p, struct bytes passphrase, struct fail *f);
/* profile_lock: from now on the key, which is open, lies under ${passphrase}; an empty one takes it away. */
MUST_USE enum err profile_lock(const struct profile *p, struct bytes passphrase, struct fail *f);
void profile_free(struct profile *p);
void profile_freep(struct profile **p);

/*
 * profile_make_key: a fresh device key, kept in ${profiles} under its thumbprint until profile_enrolled or
 * profile_drop_key, so that what a node has enrolled is never lost; under ${passphrase}, unless that is empty. Caller owns ${key}.
 */
MUST_USE enum err profile_make_key(const char *profiles, struct bytes passphrase, struct key **key,
                                   struct fail *f);
void profile_drop_key(const char *profiles, const struct key *key);
/* profile_enrolled: ${key} is now the one of ${person}, of the organisation of ${card} (compact JWS); what he
 * had on this machine before is replaced, but for held/. */
MUST_USE enum err profile_enrolled(const char *profiles, const char *person, struct bytes card,
                                   const struct key *key, struct fail *f);

/*
 * profile_take_card: a card that the own node served over the pinned channel. Kept if it follows the one that
 * is there (card_succeeds), or is a later one by the same card key; the same one, or an older: nothing happens.
 * Else E_REFUSED: people have to look at it. ${card} is taken over in any case.
 */
MUST_USE enum err profile_take_card(struct profile *p, struct card *card, struct fail *f);

/* profile_keep: ${v} as held/${name}; profile_has: whether it is there. ${name} is an id with a suffix. */
MUST_USE enum err profile_keep(const struct profile *p, const char *name, struct bytes v, struct fail *f);
bool profile_has(const struct profile *p, const char *name);
/* profile_kept: append held/${name}. E_NOT_FOUND. */
MUST_USE enum err profile_kept(const struct profile *p, const char *name, struct buf *out, struct fail *f);
/* profile_forget: held/${name} is there no longer. */
void profile_forget(const struct profile *p, const char *name);

/* profile_keep_card: the card of another organisation, which the own node has confirmed (client/known.h). */
MUST_USE enum err profile_keep_card(const struct profile *p, const struct card *card, struct fail *f);

#endif
