/* SPDX-License-Identifier: Apache-2.0
 * exchange/foreign.h - objects that are no copies of ours: what `orcon tdf seal` and other makers' clients sealed
 * to our KAS keys (docs/opentdf.md).
 *
 * Nothing is registered about them: they have no holder and no releases. What they say of themselves is bound
 * to their data key, and decides by the same rules as a mark does. */
#ifndef EXCHANGE_FOREIGN_H
#define EXCHANGE_FOREIGN_H

#include "exchange/auth.h"

struct db;

/*
 * foreign_decide: may ${asker} have the key of the object with this policy (base64) and uuid? ${reason} says
 * so: one that allows or refuses. E_UNVERIFIED and the like are reasons, too; a failure is the store's. Whether
 * the policy is the one that was bound is not known here (keeper_probe).
 */
MUST_USE enum err foreign_decide(struct node *n, struct db *db, const struct asker *asker, const char *policy,
                                 const char *uuid, uint64_t now_ms, enum reason *reason, struct fail *f);

#endif
