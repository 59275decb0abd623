/* SPDX-License-Identifier: Apache-2.0
 * client/object.h - the data key of one sealed object, from the key servers that it names.
 *
 * A key server is asked only if it belongs to the own organisation or to a partner whose card is confirmed; the
 * own node passes the request on. As with reports, a key counts only with a proof that its release stands in that
 * organisation's ledger (client/unlock.h). */
#ifndef CLIENT_OBJECT_H
#define CLIENT_OBJECT_H

#include "client/session.h"
#include "tdf/open.h"

/* The cards of the organisations whose key servers gave a share; whose statement keys may have signed labels. */
#define OBJECT_CARDS 8
struct object_cards {
    struct card *card[OBJECT_CARDS];
    size_t count;
};
void object_cards_clear(struct object_cards *c);

/*
 * object_key: ask for every share of ${m}, at each key server once, and join them. Where shares are missing, the
 * failure is the first refusal that was heard, or that a key server is not one of ours: E_REFUSED. The caller wipes
 * ${key}. ${cards} is empty before, and for object_cards_clear whatever the result.
 */
MUST_USE enum err object_key(struct session *s, const struct tdf_manifest *m, uint8_t key[static TDF_KEY_LEN],
                             struct object_cards *cards, struct fail *f);

/* object_kas_key: the public key of the own node's key server: RSA where ${rsa}, else P-256. ${url} gets its
 * address; the caller frees it and ${key}. */
MUST_USE enum err object_kas_key(struct session *s, bool rsa, struct key **key, char **url, struct fail *f);

#endif
