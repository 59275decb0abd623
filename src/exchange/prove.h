/* SPDX-License-Identifier: Apache-2.0
 * exchange/prove.h - what our ledger says of a person and a portion, as a file that checks offline
 * (docs/formats.md, 2.4)
 *
 * A file is made from the log as it stands under one checkpoint, which outsiders have to sign: making one waits for
 * them, at most ${wait_ms}. Before it is given out it is judged as any verifier would judge it. */
#ifndef EXCHANGE_PROVE_H
#define EXCHANGE_PROVE_H

#include "exchange/publisher.h"
#include "ledger/verdict.h"

#define PROVE_WAIT_MS  10000
#define PROVE_FRESH_MS 60000 /* "up to T": T is at most so long ago */

/* What was made. Ended by prove_clear, also for AUTO. */
struct prove {
    struct buf *text;       /* the evidence file */
    struct evidence *claim; /* the same, read; views into ${text} */
    struct verdict verdict; /* what follows from it, by our confirmed cards */
    bool witnessed; /* an outside witness signed; else nobody but ourselves says that this is our log */
};
void prove_clear(struct prove *p);

/*
 * prove_briefed: `yes`, `no-record` or `unknown` about ${person} (a person, or `@domain`) and our portion ${portion}
 * (its UUID). Whether the portion exists, and who may ask, is for the caller to know. E_UNAVAILABLE if the node is
 * stopping.
 */
MUST_USE enum err prove_briefed(struct node *n, const char *portion, const char *person, unsigned wait_ms,
                                struct prove *out, struct fail *f);

/* prove_fields: of the briefing of ${person} on ${portion}, the fields whose bits are set and no other, as a presence
 * part of its own. E_NOT_FOUND if there is no briefing. */
MUST_USE enum err prove_fields(struct node *n, const char *portion, const char *person, uint32_t fields,
                               unsigned wait_ms, struct buf *out, struct fail *f);

#endif
