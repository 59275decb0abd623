/* SPDX-License-Identifier: Apache-2.0
 * exchange/cosigned.h - inside the exchange: who cosigns our ledger, and what they did, as the store has it */
#ifndef EXCHANGE_COSIGNED_H
#define EXCHANGE_COSIGNED_H

#include "exchange/cosign_ask.h"
#include "exchange/cosigners.h"
#include "store/cosigner.h"

/* cosigned_each: everybody: the two keys of each confirmed partner's card, and foreign witnesses; ${row} is what is on record of
 * him, for this generation (zero if nothing is). */
typedef enum err (*cosigned_fn)(const struct cosigner *c, const struct cosigner_row *row, void *ctx,
                                struct fail *f);
MUST_USE enum err cosigned_each(struct node *n, cosigned_fn fn, void *ctx, struct fail *f);

/* cosigned_keep: in a writer's job: ${line} of ${c} with the checkpoint of ${size}, and what is on record of him. */
MUST_USE enum err cosigned_keep(struct node *n, struct db *db, const struct cosigner *c, uint64_t size,
                                struct bytes line, uint64_t time_s, struct fail *f);
/* cosigned_halt: in a writer's job: ${c} showed the checkpoint ${shown} of size ${ahead}: on record, and, if
 * ${tell}, an alert for officers. */
MUST_USE enum err cosigned_halt(struct node *n, struct db *db, const struct cosigner *c, uint64_t ahead,
                                struct bytes shown, bool tell, struct fail *f);

/* cosigned_confirm: the witnesses have confirmed a ledger that was put back: from now on it is written again. */
MUST_USE enum err cosigned_confirm(struct node *n, struct fail *f);

#endif
