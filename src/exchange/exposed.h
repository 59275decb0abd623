/* SPDX-License-Identifier: Apache-2.0
 * exchange/exposed.h - what there is to say of portions that came from a source: the second half of exchange/exposure.h */
#ifndef EXCHANGE_EXPOSED_H
#define EXCHANGE_EXPOSED_H

#include <jansson.h>

#include "exchange/auth.h"

/* exposed_add: one more, into ${found}, an object of arrays of portions by report; each once. */
void exposed_add(json_t *found, const char *report, const char *portion);

/* exposed_fill: reports[] and totals of struct exposure_answer's answer, as ${a} may see them. */
MUST_USE enum err exposed_fill(struct node *n, const struct asker *a, json_t *found, json_t *answer,
                               struct fail *f);

#endif
