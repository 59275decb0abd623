/* SPDX-License-Identifier: Apache-2.0
 * exchange/refuse.h - refused key requests: entered once an hour, counted after that, and told to whom they
 * concern */
#ifndef EXCHANGE_REFUSE_H
#define EXCHANGE_REFUSE_H

#include "exchange/auth.h"
#include "exchange/journal.h"
#include "store/report.h"

/*
 * refuse_enter: in a writer job: ${asker} was refused what has the policy uuid ${presented} ("" if it has
 * none).
 *   originator  whose portion it is: ourselves, but for what an override passed on
 *   copy     the registered copy, or NULL: then nothing is known, and the entry says so
 *   at       the entry if this is the first of (person, uuid) in this hour; else generation 0: it was counted
 *   tell     whether this one is told of: the officers get an alert, and the holder a notice, where the copy was not issued to the
 *            asker's organisation and none was in this hour, whatever else of it was refused before. Of a request for many portions
 *            of a report one is
 */
MUST_USE enum err refuse_enter(struct node *n, struct db *db, const struct asker *asker,
                               const char *originator, const char *presented, const struct copy_row *copy,
                               enum reason reason, bool tell, uint64_t now_ms, struct place *at,
                               struct fail *f);

#endif
