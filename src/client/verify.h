/* SPDX-License-Identifier: Apache-2.0
 * client/verify.h - checking offline what somebody was handed: evidence, a part of it, a package, a checkpoint, a card, a
 * statement, a whole ledger; with every anchor that the answer rests on
 *
 * Trust comes from the cards that the verifier knows and from his policy, and from nothing in the file. Nothing is
 * sent, nothing kept. One thread. */
#ifndef CLIENT_VERIFY_H
#define CLIENT_VERIFY_H

#include "client/audit.h"
#include "client/known.h"
#include "ledger/evidence.h"

#define VERIFY_FILE_MAX EVIDENCE_MAX /* the longest of all kinds that are read whole */

/*
 * One check. Set the first three, run one of the functions; then
 *   out    {verified, kind, anchors[]} and what the kind adds; filled as far as it came also where it failed
 *   text   the same for people: what was shown, without the anchors
 * ${policy} NULL: the one that follows from the cards (ledger/trust.h). ${portion} NULL, or how the verifier calls the
 * portion of evidence.
 */
struct verify {
    const struct known *known;
    const struct quorum *policy;
    const char *portion;
    json_t *out;
    struct buf *text;
};
void verify_clear(struct verify *v); /* also for AUTO */

/* verify_bytes: a file of any kind. verify_ledger: a ledger; ${domain} NULL: whichever the checkpoint names. E_UNVERIFIED
 * for whatever does not check, is malformed, of no known kind, or claims more than follows; for a ledger also that it
 * can't be read (E_NOT_FOUND, E_UNAVAILABLE, E_IO). */
/* verify_anchor_brief: an anchor without the bytes of its key: name and hash say which it is. Caller frees. */
char *verify_anchor_brief(const char *anchor);

MUST_USE enum err verify_bytes(struct verify *v, struct bytes file, struct fail *f);
MUST_USE enum err verify_ledger(struct verify *v, const struct audit_source *s, struct fail *f);

#endif
