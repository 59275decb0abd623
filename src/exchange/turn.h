/* SPDX-License-Identifier: Apache-2.0
 * exchange/turn.h - from one generation of the ledger to the next (docs/protocol.md, 6)
 *
 * A generation ends with a close entry that names origin and keys of the next one, and a seal. It is published, and cosigned as
 * far as there is anybody who cosigns; then the genesis of the next is written, which commits to the end of the one before. The
 * rows decide, so that a crash leaves the one or the other:
 *
 *   no close entry, keys/log.next.key     the close was not reached: the keys are dropped
 *   close entry                           nothing is written; the turn is waited for, also after a start
 *   genesis of the next                   a start promotes the keys, and makes a card that names the new log
 *
 * A log that lags behind a witness can't be closed: it is cut. The genesis of the next states what was seen of it.
 *
 * A process stays in the generation that it was started in: after the turn it is ended, and started again. */
#ifndef EXCHANGE_TURN_H
#define EXCHANGE_TURN_H

#include <jansson.h>

#include "base/buf.h"
#include "exchange/node.h"
#include "exchange/turn_failed.h"
#include "keeper/keeper.h"

#define TURN_GENERATIONS_MAX                                                                                 \
    60 /* of a home: the keeper holds each one's keys, a policy takes each one's log */

/*
 * turn_close: end this generation, and wait a while for the next to begin. ${out} gets generation, origin and state of
 * the next one ("begun", or "closed" where witnesses are waited for), and closed {generation, origin, size}. Once more while it is
 * closed: waits again. E_UNAVAILABLE where nobody answers of those who would have to cosign the end, where the node is
 * halted or put back; E_REFUSED for the last generation that there may be. Then nothing was changed.
 */
MUST_USE enum err turn_close(struct node *n, json_t *out, struct fail *f);

/*
 * turn_cut: end this generation where a witness has seen it end, though not all of that is here: the home was put back from a backup, or
 * is a copy. The genesis of the next states the largest size that anybody cosigned, and its root (`how` 2). ${out} as above; closed
 * also gets seen, that size. E_REFUSED where nobody is ahead: nothing was changed.
 */
MUST_USE enum err turn_cut(struct node *n, json_t *out, struct fail *f);

/* turn_load: at the start, whether the log is closed. turn_card: at the start, a card that names this log, where the newest
 * does not. */
MUST_USE enum err turn_load(struct node *n, struct fail *f);
MUST_USE enum err turn_card(struct node *n, struct fail *f);
/* turn_is_closed: nothing but its last seal may follow. Any thread. */
bool turn_is_closed(const struct node *n);

/* turn_key: which generation's a log or vrf key is, by the rows: this one's, the one's that the close entry names, or none's. */
enum turn_key { TURN_NONE, TURN_THIS, TURN_NEXT };
MUST_USE enum err turn_key(struct node *n, enum key_use use, struct bytes public, enum turn_key *out,
                           struct fail *f);

/* The thread that begins the next generation once the end of this one is cosigned; or, in a home that was put back from a backup, once
 * each witness was heard and one is ahead. turner_open: sets ${n}->turner. */
struct turner;
MUST_USE enum err turner_open(struct node *n, struct fail *f);
void turner_close(struct turner *t);
/* turner_failed: what it could not do, and tries again. ${t} may be NULL. Any thread. */
struct turn_failed turner_failed(struct turner *t);

#endif
