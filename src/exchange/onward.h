/* SPDX-License-Identifier: Apache-2.0
 * exchange/onward.h - copies that an override of ours passed on, sealed to our own KAS key: who may have their keys, and what their
 * originator hears of it (docs/protocol.md, Sealed override) */
#ifndef EXCHANGE_ONWARD_H
#define EXCHANGE_ONWARD_H

#include "exchange/auth.h"
#include "exchange/journal.h"
#include "store/override.h"

struct statement_row;

/* onward_brought: whether held copies came with ${share} because somebody's override passed them on, not because their originator
 * shared them: his leave to have them was never given. */
MUST_USE enum err onward_brought(struct db *db, const char *share, bool *brought, struct fail *f);

/* onward_decide: may ${asker} have the key of this copy now? Marks don't count: the authority decided on them, under his name. */
MUST_USE enum err onward_decide(struct node *n, struct db *db, const struct override_copy_row *copy,
                                const struct asker *asker, uint64_t now_ms, enum reason *out, struct fail *f);

/* onward_report: in the writer job that entered the briefing at ${at}: what its originator is told, due once that is at L1.
 * ${reader}: field 15, the digest of what the reader signed. */
MUST_USE enum err onward_report(struct node *n, struct db *db, const struct override_copy_row *copy,
                                const char *person, const uint8_t reader[static HASH_LEN], struct place at,
                                struct fail *f);

/* onward_run: the timer's job (exchange/timer.h): every ONWARD_REPORT_MS each originator hears, by report, up to when all such
 * briefings are reported. */
#define ONWARD_REPORT_MS ((uint64_t)6 * 3600 * 1000)
MUST_USE enum err onward_run(struct node *n, uint64_t now_ms, uint64_t *next_ms, struct fail *f);

/* onward_acked: in the writer job that takes the ${ack} of ${partner} to an override statement: its originator's is his receipt,
 * which the giver passes on to the third party. */
MUST_USE enum err onward_acked(struct node *n, struct db *db, const struct statement_row *statement,
                               const char *partner, const char *ack, struct fail *f);

/* onward_pack: the package that carries an override of ours to its third party. */
struct buf;
MUST_USE enum err onward_pack(struct node *n, const struct statement_row *statement, struct buf *out,
                              struct fail *f);

/*
 * onward_inclusion: that our ledger has override ${id}, for the people of its third party and our own: {parts: {portion: presence
 * part}, witnessed}. Waits for an outside cosigner, at most ONWARD_WAIT_MS. REASON_NOT_YOURS. Caller owns ${out}.
 */
#define ONWARD_WAIT_MS 8000
MUST_USE enum err onward_inclusion(struct node *n, const struct asker *a, const char *id, json_t **out,
                                   struct fail *f);

#endif
