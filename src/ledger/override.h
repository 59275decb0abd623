/* SPDX-License-Identifier: Apache-2.0
 * ledger/override.h - an override that passes sealed copies on: what its statement says, and what whoever gets one
 * demands before he opens it (docs/protocol.md, Sealed override).
 *
 * The statement is the giver's. It carries the originator's share statement, which commits to the text, so that a third
 * party needs nobody's word for whose text it is; and the originator's ack of the statement is his signed receipt. Pure; any
 * thread. */
#ifndef LEDGER_OVERRIDE_H
#define LEDGER_OVERRIDE_H

#include "ledger/statement.h"

#define OVERRIDE_PORTIONS_MAX 8 /* proofs of so many fit into a statement */

/* Views into the statement. */
struct override_portion {
    const char *id, *mark; /* a UUID; canonical */
    const char *copy;      /* policy uuid of the new copy */
    const char *share;     /* id of the originator's share statement that it came with */
    uint32_t n;
    uint8_t digest[HASH_LEN]; /* of the new copy's manifest */
    uint8_t commitment[HASH_LEN];
};
struct override {
    const char *to, *originator; /* domains */
    const char *banner;
    struct override_portion portions[OVERRIDE_PORTIONS_MAX]; /* ascending n, each id once */
    size_t count;                                            /* 1 at least */
};

/* override_is_sealed: an `override` statement that is not by voice. override_read: its body; every portion is one that the
 * statement names, and the other way round. E_INVALID. */
bool override_is_sealed(const struct statement *s);
MUST_USE enum err override_read(const struct statement *s, struct override *out, struct fail *f);

/*
 * override_check_text: for every portion one of the share statements in it, signed by ${originator}, to the giver, about the
 * same report, has the same mark and number and commits to the same text. E_UNVERIFIED (REASON_TEXT_CHANGED).
 */
MUST_USE enum err override_check_text(const struct statement *s, const struct override *o,
                                      const struct card *originator, struct fail *f);

/*
 * override_check_receipt: ${receipt} is the ack of ${originator}, and of exactly this statement. E_UNVERIFIED: REASON_RECEIPT_FORGED
 * (not signed by a key of his, or no ack at all), REASON_RECEIPT_FOREIGN (somebody else's), REASON_RECEIPT_OTHER (of another
 * statement). ${at_ms} (may be NULL): when he says that he got it.
 */
MUST_USE enum err override_check_receipt(const struct statement *s, struct bytes receipt,
                                         const struct card *originator, uint64_t *at_ms, struct fail *f);

/*
 * override_check_inclusion: the presence part ${text} shows that the giver's ledger has this override, to ${holder}, of the
 * portion with this id. ${witnessed}: an outsider whom ${t}, the cards that the verifier confirmed, makes a witness stands behind
 * its checkpoint. E_UNVERIFIED.
 */
struct trust;
MUST_USE enum err override_check_inclusion(const struct statement *s, struct bytes text,
                                           const struct trust *t, const char *holder, const char *portion,
                                           bool *witnessed, struct fail *f);

#endif
