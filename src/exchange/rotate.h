/* SPDX-License-Identifier: Apache-2.0
 * exchange/rotate.h - keys of a node follow each other: made in the keeper, named in a card that the old card key
 * signed, and only then used.
 *
 * The card decides. A key is kept as keys/<use>.next.key; the card that names it is one transaction; then the file takes
 * the place of keys/<use>.key. A crash leaves the old key, or the new one: the next start looks which the card names, and
 * ends what was begun. Private halves that are of no use any more are gone with that; a kas key stays, as
 * keys/<use>.<32 hexadecimal digits>.key, and opens what was sealed to it; so do log and vrf keys of earlier generations,
 * of which not the card decides but the rows of the ledger (exchange/turn.h). */
#ifndef EXCHANGE_ROTATE_H
#define EXCHANGE_ROTATE_H

#include <jansson.h>

#include "exchange/node.h"
#include "keeper/keeper.h"

/*
 * rotate_key: ${use}: card, statement, token, kas, kas-rsa, log, vrf, witness, monitor, tls or unlock. ${out} gets use, key, was, serial
 * and state, "in use" or, of the first of the two steps of tls, "announced"; of log and vrf also what turn_close says, with its
 * states. E_USAGE for another word.
 *
 * rotate_revoke: the key ${kid} that was replaced is good for nothing any more: ${out} gets use, key and serial.
 * E_NOT_FOUND, E_CONFLICT. rotate_list: ${out} gets keys[] {use, key, state, from, until, revoked}, which state is "in
 * use", "next", "replaced" or "revoked".
 *
 * Of one thread at a time.
 */
MUST_USE enum err rotate_key(struct node *n, const char *use, json_t *out, struct fail *f);
MUST_USE enum err rotate_revoke(struct node *n, const char *kid, json_t *out, struct fail *f);
MUST_USE enum err rotate_list(struct node *n, json_t *out, struct fail *f);

/*
 * rotate_unlock: every private key is sealed anew, under a new keys/unlock, and the node is to be started again (node_start_again). ${out}
 * gets use and state. The folder keys/ is exchanged for one beside it at one stroke, so a crash leaves the old one or the
 * new one; rotate_settle_unlock removes the other, before the keeper is started.
 */
MUST_USE enum err rotate_unlock(struct node *n, json_t *out, struct fail *f);
MUST_USE enum err rotate_settle_unlock(const struct node *n, struct fail *f);

/* At the start, before keys are loaded. rotate_settle: end what was begun with keys of ${use}, one way or the other.
 * rotate_settle_tls: the same for the listener's key, and away with half-written files. rotate_load_former: the keys that were replaced, where those are kept. */
MUST_USE enum err rotate_settle(struct node *n, enum key_use use, struct fail *f);
MUST_USE enum err rotate_settle_tls(struct node *n, struct fail *f);
MUST_USE enum err rotate_load_former(struct node *n, enum key_use use, struct fail *f);

#endif
