/* SPDX-License-Identifier: Apache-2.0
 * exchange/succession.h - how a partner's logs follow each other, as far as this node has read them as monitor
 *
 * A log that goes on says in its genesis where the one before it ended, and the close entry of that one says which log goes on. Who
 * has read the one before can compare; who has not cosigns the new log by itself, and the chain is for the verifier of evidence,
 * who is shown both (ledger/verdict.h). Any thread. */
#ifndef EXCHANGE_SUCCESSION_H
#define EXCHANGE_SUCCESSION_H

#include "exchange/monitor.h"
#include "ledger/checkpoint.h"
#include "ledger/entry.h"

/*
 * succession_begins: whether the log with the genesis ${g}, whose bytes the caller has, begins where the one before ended. What of
 * that one is not here yet is read from ${card}'s node, up to the end that the genesis names.
 *   WITNESS_ACCEPTED      it does; or nothing of the one before was ever cosigned here
 *   WITNESS_LATER         the one before can't be read just now
 *   WITNESS_INCONSISTENT  ${wrong} says what, ${f} too
 * A log that follows a cut is compared up to that: what was cut off is succession_lost's.
 */
MUST_USE enum witness_status succession_begins(struct node *n, const struct card_ref *card,
                                               const struct entry_genesis *g, struct watch_wrong *wrong,
                                               struct fail *f);

/* The end that the next log names: nothing of this one may follow it. */
struct succession_end {
    char next[ORIGIN_SIZE]; /* "": no next log is known here */
    uint64_t size;
    uint8_t root[HASH_LEN];
    char *note; /* a checkpoint of the next log */
};
void succession_end_clear(struct succession_end *e); /* also for AUTO */
MUST_USE enum err succession_end(struct node *n, const char *origin, struct succession_end *out,
                                 struct fail *f);

/* succession_ends: as succession_begins, the other way round: whether the checkpoint ${c} goes on after the log's end. */
MUST_USE enum witness_status succession_ends(struct node *n, const struct checkpoint *c,
                                             struct watch_wrong *wrong, struct fail *f);

/* succession_kept: how many entries of the log before ${g} were cosigned here; 0: none. */
MUST_USE enum err succession_kept(struct db *db, const struct entry_genesis *g, uint64_t *size,
                                  struct fail *f);

#endif
