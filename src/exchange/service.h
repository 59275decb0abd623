/* SPDX-License-Identifier: Apache-2.0
 * exchange/service.h - service accounts: machines of ours whose clients are other makers' (docs/opentdf.md).
 *
 * Such an account signs in with a secret (OAuth 2.0 client credentials, RFC 6749, 4.4), and may ask for keys
 * of single objects and nothing else. What it is given is entered as a briefing of the whole organisation,
 * since nobody knows who reads what a machine has. */
#ifndef EXCHANGE_SERVICE_H
#define EXCHANGE_SERVICE_H

#include "exchange/auth.h"

struct db;

/*
 * service_add: a service account ${person} (local@domain of ours), or a new secret for one that is there; the
 * old one counts no more. ${secret} gets it, as text, this once: what is kept is its hash. ${clearance} and
 * ${compartments} as people_add. E_CONFLICT where a human has that name.
 */
MUST_USE enum err service_add(struct node *n, const char *person, const char *clearance,
                              const char *compartments, char **secret, struct fail *f);

/*
 * service_token: an access token for ${client} (its name) with ${secret}. With a DPoP ${proof} for ${htu} it
 * is bound to the key of that; without one (NULL) it is bound to nothing, and there is one only where the
 * configuration has `interop`. ${resource}: the domain it is for, NULL: ours. Caller owns ${out}.
 * E_UNAUTHENTICATED, with one text for an unknown account and a wrong secret.
 */
MUST_USE enum err service_token(struct node *n, const char *client, const char *secret, const char *proof,
                                const char *htu, const char *resource, json_t **out, struct fail *f);

/* service_is: ${person} is a service account of ours. */
MUST_USE enum err service_is(struct db *db, const char *person, bool *is, struct fail *f);

#endif
