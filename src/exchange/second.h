/* SPDX-License-Identifier: Apache-2.0
 * exchange/second.h - four eyes: a share or grant that waits until a second person has agreed to it
 *
 * The act that waits names him in body.second. It is checked as if it were carried out, and kept; nothing is
 * entered, sealed or sent. He agrees by an act of kind second (act_second.c), which names the act that waits and
 * its digest; then both are carried out in one transaction, and the sealer is shown both (keeper/keeper.h). What
 * nobody agreed to ends after SECOND_DAYS. */
#ifndef EXCHANGE_SECOND_H
#define EXCHANGE_SECOND_H

#include <jansson.h>

#include "exchange/auth.h"
#include "ledger/statement.h"
#include "store/second.h"

#define SECOND_DAYS 7

/*
 * second_check: of a share or grant, whether it may be made as far as second persons go. ${marks}: of the portions
 * that it lets go. ${asker}: who asked, of a grant; else NULL.
 *   REASON_SECOND_NEEDED   it names nobody, and a compartment wants somebody
 *   REASON_SECOND_PERSON   whom it names may not: of another organisation, unknown, suspended, without the role (officer;
 *                          of a share also author), the maker, who asked, or one who may not know of a HIDDEN portion
 */
MUST_USE enum err second_check(struct node *n, const struct act *act, const json_t *marks, const char *asker,
                               struct fail *f);
/* second_named: whom the act names; NULL where nobody. A view. */
const char *second_named(const struct act *act);

/* second_wait: keep ${act}, which is checked, until he agrees, and tell him. ${package}: of a share; else empty. Into
 * ${answer}: `waits` {second, person, until}. E_CONFLICT if it came before. */
MUST_USE enum err second_wait(struct node *n, const struct act *act, struct bytes package, json_t *answer,
                              struct fail *f);

/* second_tell: in a writer job: the maker learns what became of it: ${what}, for people. ${by}: whoever said so. */
MUST_USE enum err second_tell(struct db *db, const struct second_row *row, const char *by, const char *what,
                              uint64_t now_ms, struct fail *f);

/* second_run: the timer's job that ends what nobody agreed to (exchange/timer.h). */
MUST_USE enum err second_run(struct node *n, uint64_t now_ms, uint64_t *next_ms, struct fail *f);

/* second_view: one that ${a} made or must agree to, as docs/protocol.md, 2, has it; second_list: {seconds[]} of them.
 * Caller owns ${out}. REASON_NOT_YOURS. */
MUST_USE enum err second_view(struct node *n, const struct asker *a, const char *id, json_t **out,
                              struct fail *f);
MUST_USE enum err second_list(struct node *n, const struct asker *a, json_t **out, struct fail *f);

#endif
