/* SPDX-License-Identifier: Apache-2.0
 * exchange/partner_held.h - how much one partner may lay down here for good: `partner_held` of orcon.conf
 *
 * Counted are the packages that are held, statement and portions, by the organisation that sent and signed them: its shares, and the
 * copies that its overrides passed on. Not strays, which our own people carry here, nor what waits in quarantine, which has a bound
 * of its own. Nothing that is held is ever dropped, so the sum only grows: beyond the bound an officer decides. */
#ifndef EXCHANGE_PARTNER_HELD_H
#define EXCHANGE_PARTNER_HELD_H

#include "exchange/node.h"
#include "ledger/statement.h"
#include "store/store.h"
#include "tdf/package.h"

#define PARTNER_HELD_RETRY_S 600 /* a package is sent whole before it is refused: not too often */

/* partner_held_early: before ${s}, which is verified and comes in ${package} (NULL: in none), costs anything more: REASON_PARTNER_FULL
 * (E_RATE, with retry_s) if it would be too much. One that was taken already gets its ack again, whatever is held since. */
MUST_USE enum err partner_held_early(struct node *n, const struct statement *s, const struct package *package,
                                     struct fail *f);
/* partner_held_add: in the writer's job that holds it: the same check, and the sum. */
MUST_USE enum err partner_held_add(struct node *n, struct db *db, const struct statement *s,
                                   const struct package *package, struct fail *f);
/* partner_held_size: what of it is stored: the statement, and the portions that come along. */
uint64_t partner_held_size(struct bytes jws, const struct package *package);

#endif
