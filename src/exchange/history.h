/* SPDX-License-Identifier: Apache-2.0
 * exchange/history.h - whether a ledger shows our people the history that it showed us before (docs/protocol.md, Readers' check)
 *
 * Every key comes with a checkpoint of its originator's ledger. This node keeps the newest one of each log that its people
 * were shown, and knows what it cosigned itself; one that does not fit to those is proof of two histories. */
#ifndef EXCHANGE_HISTORY_H
#define EXCHANGE_HISTORY_H

#include <jansson.h>

#include "exchange/auth.h"

/*
 * history_check: ${in} is {checkpoint, seen}: a signed checkpoint of a confirmed partner's log, or of our own, and the one that
 * the reader saw last ("" if none). ${out}: {origin, size, proof}: consistent with all that was seen here, and the proof (RFC 6962,
 * hashes joined, base64) from the smaller to the larger of the reader's two, for him to check himself; caller owns.
 *   E_UNVERIFIED, REASON_TWO_HISTORIES  it is not: officers are alerted, with both checkpoints
 *   E_UNVERIFIED                        no checkpoint of that log
 *   E_UNAVAILABLE                       its node does not give the tiles that the proof needs
 */
MUST_USE enum err history_check(struct node *n, const struct asker *a, const json_t *in, json_t **out,
                                struct fail *f);

#endif
