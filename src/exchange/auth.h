/* SPDX-License-Identifier: Apache-2.0
 * exchange/auth.h - who is asking: access tokens, their issue at home, and DPoP proofs (RFC 9449) */
#ifndef EXCHANGE_AUTH_H
#define EXCHANGE_AUTH_H

#include <jansson.h>

#include "crypto/jose.h"
#include "exchange/node.h"

/* Roles as bits; names in auth_roles. */
enum role {
    ROLE_READER = 1,
    ROLE_AUTHOR = 2,
    ROLE_OFFICER = 4,
    ROLE_AUTHORITY = 8,
    ROLE_AUDITOR = 16,
    ROLE_ADMIN = 32
};
/* auth_roles_read: "reader,officer" as bits; E_USAGE names the unknown one. auth_roles_print: sorted, comma
 * separated. */
MUST_USE enum err auth_roles_read(const char *text, unsigned *roles, struct fail *f);
void auth_roles_print(unsigned roles, char out[static 64]);

/* Somebody whose proof holds. */
struct asker {
    char person[PERSON_MAX + 1];
    char domain[DOMAIN_MAX + 1];      /* of the person */
    char issuer[DOMAIN_MAX + 1];      /* who vouches */
    char thumbprint[THUMBPRINT_SIZE]; /* of the key that proved possession */
    char jwk[DPOP_JWK_MAX];           /* that key: what the thumbprint is of; "" where no proof came */
    bool bound; /* the token was bound to that key. If not: a client of another maker, who showed a token and
                   * maybe a key of its own choice */
    bool service;   /* a service account: a machine (exchange/service.h) */
    unsigned roles; /* of own people: as stored now; of partners': as their token says */
    char clearance[64];
    char audience[DOMAIN_MAX + 1];
    bool own;
    uint64_t ends_ms; /* of the token, with the clocks' tolerance */
};

/* auth_token_in: the token in "DPoP <token>" or "Bearer <token>", a view into ${authorization}; NULL if there
 * is none. */
const char *auth_token_in(const char *authorization);

/*
 * auth_check: the access token and DPoP proof of one request. A token that is bound to no key is one of our own
 * service accounts', where the configuration has `interop`: then a proof may be missing, and needs no ath.
 *   authorization   value of the header, "DPoP <token>" (also "Bearer <token>" with a proof, as some KAS
 *                   clients send it)
 *   htm, htu        method and public URL of the resource
 *   audience        the domain that must stand in aud: our own, or, for a relayed request, the originator's
 * In this order: header, token signature by the token key of its issuer's trusted card, typ, sub of a domain
 * that the issuer may vouch for, aud, exp and iat, proof (REASON_PROOF), cnf, proof not seen before
 * (REASON_REPLAY), and, if it is for us, not used before our start either (REASON_NONCE); for own people also that
 * person and device are active now.
 * All failures are E_UNAUTHENTICATED or the reason's kind. Checked tokens are remembered until they end.
 */
MUST_USE enum err auth_check(struct node *n, const char *authorization, const char *proof, const char *htm,
                             const char *htu, const char *audience, struct asker *out, struct fail *f);

/* auth_still: whether ${a} still holds, later on: person and device are active; his roles as they are now. The token's end
 * is the caller's to see. */
MUST_USE enum err auth_still(struct node *n, struct asker *a, struct fail *f);

/* auth_token: POST /token. ${assertion} by the device key of an active person of ours, DPoP proof by the same
 * key. Caller owns ${out}. */
MUST_USE enum err auth_token(struct node *n, const char *assertion, const char *proof, const char *resource,
                             json_t **out, struct fail *f);

/* auth_proof: a DPoP proof with a token request (${token} NULL) or another call: it holds, and counts once. */
MUST_USE enum err auth_proof(struct node *n, const char *proof, const char *htm, const char *htu,
                             const char *token, struct dpop *out, struct fail *f);
/* auth_issue: the token answer for ${person} as he stands in the store now, bound to the key with
 * ${thumbprint}, or to none (NULL). Caller owns ${out}. */
MUST_USE enum err auth_issue(struct node *n, const char *person, const char *thumbprint, bool service,
                             const char *resource, json_t **out, struct fail *f);

/* auth_device: the active key with this thumbprint of an active person (ours or a partner's);
 * E_UNAUTHENTICATED otherwise. */
MUST_USE enum err auth_device(struct node *n, const char *person, const char *thumbprint, struct key **out,
                              struct fail *f);

#endif
