/* SPDX-License-Identifier: Apache-2.0
 * client/growth.h - whether an originator's ledger shows this person the history that it showed before
 *
 * The profile keeps the newest checkpoint that it accepted of each log (`logs/<domain>.<generation>`). A later one has to extend it,
 * which is proved to this program, and has to fit to what the own node has seen, which is the node's word. */
#ifndef CLIENT_GROWTH_H
#define CLIENT_GROWTH_H

#include "client/session.h"

/* growth_check: ${note}, signed by a log in the card of ${originator}. E_UNVERIFIED, REASON_TWO_HISTORIES: it does not fit;
 * both checkpoints are then kept in logs/, and the words say what to do. E_UNAVAILABLE: it could not be found out. */
MUST_USE enum err growth_check(struct session *s, const struct card *originator, struct bytes note,
                               struct fail *f);

#endif
