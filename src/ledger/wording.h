/* SPDX-License-Identifier: Apache-2.0
 * ledger/wording.h - what evidence says, in words: the same sentences in the node's answers, on the command line and on
 * the printed sheet (docs/protocol.md, 5)
 *
 * The words 'never', 'was not told' and 'did not know' appear nowhere: no ledger can show that. Pure; any thread. */
#ifndef LEDGER_WORDING_H
#define LEDGER_WORDING_H

#include "ledger/verdict.h"

/*
 * wording_claim: append the sentences for what was found, ${v}, in the file ${e} under ${policy}.
 *   portion   as the reader knows it ("7k3q/3"); NULL: as the file names it
 */
void wording_claim(const struct evidence *e, const struct verdict *v, const struct quorum *policy,
                   const char *portion, struct buf *out);

/* wording_assume, wording_reason: what one assumption, or one reason of an `unknown`, means; appended. One that is not
 * known here is printed as it stands. */
void wording_assume(struct bytes token, struct buf *out);
void wording_reason(const char *reason, struct buf *out);

#endif
