/* SPDX-License-Identifier: Apache-2.0
 * ledger/verdict.h - what follows from an evidence file, under a verifier's own policy and cards
 *
 * The outcome is computed from the parts; the claim is only compared with it, and a claim of `unknown` is never
 * strengthened. What the outcomes rest on: docs/formats.md, 2.5. Pure; any thread. */
#ifndef LEDGER_VERDICT_H
#define LEDGER_VERDICT_H

#include "ledger/evidence.h"
#include "ledger/quorum.h"

#define VERDICT_REASON_SIZE 280
#define VERDICT_BASIS_SIZE  2048

struct verdict {
    enum evidence_claim outcome; /* of a refused file: unknown */
    /*
     * yes: `key` or `told`, then `, reader [via D]`, `, reporter` or `, originator`, then for further parts
     * `, receipt` and `, key, reader`. Others: `monitored by <key names>`, `replayed` or `self-asserted`, and
     * `, gap of S s before generation G` for each cut that the policy tolerates.
     */
    char basis[VERDICT_BASIS_SIZE];
    /* unknown: organisation-wide, report-missing:D, generation-missing:G, cut:G, no-monitor */
    size_t reason_count;
    char reason[EVIDENCE_LIST_MAX][VERDICT_REASON_SIZE];
    uint64_t count;                      /* events, list */
    uint64_t time_ms, generation, index; /* yes: of the entry; others: of the last seal */
    uint64_t cosigners; /* which keys of the policy signed the checkpoint of a part: bit i, key i */
    uint64_t logs;      /* which of its logs did */
};

/*
 * verdict_of: verify ${e} and compute the outcome.
 *   replayed   the verifier has replayed the ledger itself up to the last seal, and needs no monitor
 * Errors: E_UNVERIFIED or E_INVALID if a part fails, or the claim is not what follows. ${out} is written then
 * too: its outcome is unknown, and where all parts hold it has basis and reasons.
 */
MUST_USE enum err verdict_of(const struct evidence *e, const struct quorum *policy,
                             const struct shown_cards *cards, bool replayed, struct verdict *out,
                             struct fail *f);

#endif
