/* SPDX-License-Identifier: Apache-2.0
 * exchange/doctor.h - what to mend */
#ifndef EXCHANGE_DOCTOR_H
#define EXCHANGE_DOCTOR_H

#include <jansson.h>

#include "exchange/node.h"

/* doctor_run: {checks[]{check, state ("good", "mend"), text}}; each check of a table, none changes anything.
 * Caller owns ${out}. */
MUST_USE enum err doctor_run(struct node *n, json_t **out, struct fail *f);

#endif
