/* SPDX-License-Identifier: Apache-2.0
 * exchange/knowers.h - who knows what of a report of ours: persons by portions, in one answer
 *
 * What is shown of whom follows policy/ask.h, row by row, and what is known of at all exchange/aware.h: the author, officers
 * and auditors see every row; officers and auditors of a holder the rows of their own organisation; anybody his own.
 * A portion that is not his to know of has no column, and changes nothing of what is left. */
#ifndef EXCHANGE_KNOWERS_H
#define EXCHANGE_KNOWERS_H

#include <jansson.h>

#include "exchange/auth.h"

#define KNOWERS_MAX 1000 /* rows; what is beyond is left out, and said */

/*
 * knowers_answer: ${in} is {report}. ${out}: {report, at, truncated, portions[]{n, id, mark}, persons[]{person, words,
 * organisation, by, cells[]{n, state, at, entry, basis, override, by, reason, refused}}, totals[]{n, briefed, told, may}};
 * caller owns. state: briefed, told, override, may, refused, withheld; a cell that has none is left out. A report that is
 * unknown, or not shared with his organisation: REASON_NOT_YOURS.
 */
MUST_USE enum err knowers_answer(struct node *n, const struct asker *a, const json_t *in, json_t **out,
                                 struct fail *f);

#endif
