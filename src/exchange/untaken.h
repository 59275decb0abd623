/* SPDX-License-Identifier: Apache-2.0
 * exchange/untaken.h - an override on what is ours that could not be taken as one, and is on record all the same
 *
 * Its giver signed that something was passed on or told. Whether we know his authority, or the key that signed, or what else is wrong
 * with it, says why it is refused; it does not undo what was done. So it is kept as it was signed, entered, and officers are told. */
#ifndef EXCHANGE_UNTAKEN_H
#define EXCHANGE_UNTAKEN_H

#include "base/buf.h"
#include "exchange/node.h"

#define UNTAKEN_EACH 32 /* of one organisation in a day; more go to the node's log only */

struct db;

/*
 * untaken_note: ${jws}, which came from outside, was not taken because of ${why}. Where it is an override on a report of ours, signed by
 * a statement key of a partner, suspended or not, it is noted, once. Anything else, and what may be taken when it is sent again as it
 * is, leaves nothing. A failure to note it goes to the log: the sender hears ${why}.
 * untaken_end: in a writer job: ${id} of ${iss} was taken after all.
 */
void untaken_note(struct node *n, struct bytes jws, const struct fail *why);
MUST_USE enum err untaken_end(struct db *db, const char *iss, const char *id, uint64_t now_ms,
                              struct fail *f);

#endif
