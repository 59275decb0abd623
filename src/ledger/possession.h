/* SPDX-License-Identifier: Apache-2.0
 * ledger/possession.h - the proof that a device makes when it enrols: that whoever enrols holds the key, and at whose home
 * (docs/protocol.md, Whose key).
 *
 * Its home demands it, and sends it on in `person-key`: partners see that the person's home got it from whoever holds the key,
 * and did not read the key somewhere. It names no person: which of a home's people a key is, only that home can say. Pure; any
 * thread. */
#ifndef LEDGER_POSSESSION_H
#define LEDGER_POSSESSION_H

#include "base/name.h"
#include "crypto/jose.h"

struct possession {
    struct key *key; /* P-256; whose signature it is */
    char thumbprint[THUMBPRINT_SIZE];
    char aud[DOMAIN_MAX + 1];     /* the home's domain; "": clients of other makers may leave it out */
    uint8_t secret_sha[HASH_LEN]; /* of the enrolment's secret */
    uint64_t at_ms;
};
void possession_clear(struct possession *p);

/* possession_make: that of ${key} for ${secret_sha} at the home ${domain}, appended to ${out}. */
MUST_USE enum err possession_make(const struct key *key, const char *domain,
                                  const uint8_t secret_sha[static HASH_LEN], uint64_t at_ms, struct buf *out,
                                  struct fail *f);

/* possession_read: E_INVALID where it is none; REASON_PROOF where the key in it did not sign it. Age, secret and home are for
 * the caller to judge. possession_clear frees ${out}. */
MUST_USE enum err possession_read(struct bytes text, struct possession *out, struct fail *f);

/* possession_check: ${text} is a proof of the key with ${thumbprint} for the home ${domain}.
 * REASON_KEY_PROOF with what is wrong; E_INVALID. */
MUST_USE enum err possession_check(struct bytes text, const char *thumbprint, const char *domain,
                                   struct fail *f);

#endif
