/* SPDX-License-Identifier: Apache-2.0
 * exchange/absence.h - who is away, who stands in for him, and who is on duty (docs/notices.md, 2)
 *
 * A deputy gets what would go to the absent officer. He gains no right by it: he must be an officer himself,
 * decides as himself, and so never on his own request. The officer on duty is woken by flash. */
#ifndef EXCHANGE_ABSENCE_H
#define EXCHANGE_ABSENCE_H

#include "exchange/acts.h"

struct item_row;

/* For the table of acts: `absence` {deputy, from, until, person} and `return` (ref: the absence). */
MUST_USE enum err absence_prepare(struct act_call *c, struct fail *f);
MUST_USE enum err absence_apply(struct act_call *c, struct db *db, struct journal_event *e, struct fail *f);
MUST_USE enum err absence_return_prepare(struct act_call *c, struct fail *f);
MUST_USE enum err absence_return_apply(struct act_call *c, struct db *db, struct journal_event *e,
                                       struct fail *f);

/* absence_each: ${fn} with each person for whom ${deputy} stands in at ${now_ms}. */
MUST_USE enum err absence_each(struct db *db, const char *deputy, uint64_t now_ms,
                               enum err (*fn)(const char *person, void *ctx, struct fail *f), void *ctx,
                               struct fail *f);

/* absence_view: GET /v1/absences: {absences[]{id, person, deputy, from, until, state, set_by}, duty, acting}:
 * those that last or are to come. Caller owns ${out}. */
MUST_USE enum err absence_view(struct node *n, json_t **out, struct fail *f);

/* duty_set: who is woken by flash from now on: an active officer of ours; NULL: nobody, which is all officers. */
MUST_USE enum err duty_set(struct node *n, const char *person, struct fail *f);
/* duty_tell: ${to}.duty: who is on duty now; a deputy where he is away. Nothing where nobody is. */
MUST_USE enum err duty_tell(struct node *n, json_t *to, struct fail *f);
/* duty_wake: in the transaction that writes ${item}: where it is a flash request, another notice, to whoever is
 * on duty. */
MUST_USE enum err duty_wake(struct db *db, const struct item_row *item, struct fail *f);

#endif
