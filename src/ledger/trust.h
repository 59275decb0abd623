/* SPDX-License-Identifier: Apache-2.0
 * ledger/trust.h - what the cards that somebody confirmed make of a verifier: the keys of statements and tokens, and
 * the policy that he has where he gives no other (docs/formats.md, 2.6).
 *
 * That policy: the logs in the card of the ledger's organisation; any one witness and any one monitor in the
 * other cards, the verifier's own among them. Where no other card is there, it is never met. Pure; any thread. */
#ifndef LEDGER_TRUST_H
#define LEDGER_TRUST_H

#include "ledger/card.h"
#include "ledger/quorum.h"
#include "ledger/shown.h"

/* The cards: borrowed, one a domain. */
struct trust {
    const struct card *const *cards;
    size_t count;
};

/* trust_card: the card of ${domain}; NULL if it is not among them. */
const struct card *trust_card(const struct trust *t, const char *domain);

/* trust_keys: the keys in the cards, as evidence is judged by; ${t} outlives it. */
struct shown_cards trust_keys(const struct trust *t);

/*
 * trust_policy: the policy for the ledger of ${domain}. A policy has room for QUORUM_MAX cosigners, so that only
 * those are in it whose names stand in ${text}, the note or the evidence that is to be judged. E_UNVERIFIED if
 * there is no card of ${domain}. Caller owns ${out}.
 */
MUST_USE enum err trust_policy(const struct trust *t, const char *domain, struct bytes text,
                               struct quorum **out, struct fail *f);

/* trust_signed: who stands behind a signed checkpoint of the ledger of ${domain}: ${witnessed}, ${monitored} by the
 * policy above. False for both where its own log did not sign it. */
void trust_signed(const struct trust *t, const char *domain, struct bytes note, bool *witnessed,
                  bool *monitored);

#endif
