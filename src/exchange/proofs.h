/* SPDX-License-Identifier: Apache-2.0
 * exchange/proofs.h - each DPoP proof counts once, across a restart, too (docs/protocol.md, 2); and tokens whose signature was checked */
#ifndef EXCHANGE_PROOFS_H
#define EXCHANGE_PROOFS_H

#include <stdint.h>

#include "base/err.h"

struct dpop;
struct node;
struct proofs;
struct seen;

MUST_USE enum err proofs_open(struct node *n, struct proofs **out, struct fail *f);
void proofs_close(struct proofs *p);
/* proofs_settle: no more come: leave behind which the next process need not ask about. A process that was killed did not. */
void proofs_settle(struct node *n);

/* proofs_nonce: what a proof is to have as `nonce` that may have been made before this process started (REASON_NONCE). */
const char *proofs_nonce(const struct node *n);

/* proofs_use: it counts, once: REASON_REPLAY; E_RATE where no more can be remembered. proofs_use_ours: the same for a call to us, not
 * one that goes on to another node, which asks for a nonce of its own: and it was not used before our start: REASON_NONCE. */
MUST_USE enum err proofs_use(struct node *n, const struct dpop *d, uint64_t now_ms, struct fail *f);
MUST_USE enum err proofs_use_ours(struct node *n, const struct dpop *d, uint64_t now_ms, struct fail *f);

/* proofs_tokens: H(token, issuer's card) of those whose signature was checked. */
struct seen *proofs_tokens(const struct node *n);

#endif
