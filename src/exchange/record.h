/* SPDX-License-Identifier: Apache-2.0
 * exchange/record.h - what two organisations did to each other, as both compute it from what both have acked */
#ifndef EXCHANGE_RECORD_H
#define EXCHANGE_RECORD_H

#include <jansson.h>

#include "exchange/node.h"

struct db;

/*
 * record_put: into ${partner}, the JSON of one partner: `record` {d30, y1}: counts of the statements between the two
 * that the other side has acked, each named by the domain whose it is (`given_by_alder.example`). It is a fold over
 * what both hold, cut at the same midnight (UTC), so both nodes give the same bytes. With a ${list} that is not "", such as
 * "overrides", also `list[]` {statement, at, iss, report, kind, state, name}: the statements behind that number within the year;
 * an unknown name: E_INVALID. `unacknowledged` {kind: count} is what we said and the partner has not acked: no part of the record;
 * its list is "unacknowledged".
 */
MUST_USE enum err record_put(struct node *n, struct db *db, const char *domain, const char *list,
                             json_t *partner, struct fail *f);

/* record_recalls_open: how many of our recalls ${domain} has not acked. */
MUST_USE enum err record_recalls_open(struct db *db, const char *domain, uint64_t *count, struct fail *f);

#endif
