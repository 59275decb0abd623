/* SPDX-License-Identifier: Apache-2.0
 * ledger/shown.h - what a presence part shows beside the entry: the reader's own request and token, and the
 * statement that the entry was made from. Both are judged by the keys in the cards that the verifier knows. */
#ifndef LEDGER_SHOWN_H
#define LEDGER_SHOWN_H

#include "crypto/jose.h"
#include "ledger/presence.h"

/* Where keys are found. key: the public key of ${use} ("statement", "token") with this kid in the card of
 * ${domain}, retired ones too; NULL if there is none. It lives as long as the cards. */
struct shown_cards {
    const struct key *(*key)(void *ctx, const char *domain, const char *use, const char *kid);
    void *ctx;
};

/*
 * shown_reader: the reader lines of ${p}, which are there: fields 1, 3, 7, 15 are opened, field 15 is the
 * digest of request and token; the token (ES256, by a token key of its iss) is for field 3 (for `@domain`,
 * any person of it) and for ${ledger}, is bound to the key shown, and was valid at field 1, 30 s either way;
 * the request is signed by that key, valid 60 s either way, and asks for the copy in field 7.
 *   issuer   the token's iss
 * E_UNVERIFIED, E_INVALID.
 */
MUST_USE enum err shown_reader(const struct presence *p, const struct presence_facts *facts,
                               const char *ledger, const struct shown_cards *cards,
                               char issuer[static DOMAIN_MAX + 1], struct fail *f);

/* shown_jws: ${jws} is a statement: typ orcon-statement+jws, v 1, signed by a statement key of its iss. Caller
 * owns ${out}. shown_statement: the statement line of ${p} is one, and its digest is field 14. */
MUST_USE enum err shown_jws(struct bytes jws, const struct shown_cards *cards, struct jose **out,
                            struct fail *f);
MUST_USE enum err shown_statement(const struct presence *p, const struct presence_facts *facts,
                                  const struct shown_cards *cards, struct jose **out, struct fail *f);

/* shown_names: whether the statement's portions have ${portion} ("<domain>/<uuid>"), in full, or as the bare
 * UUID where the statement is addressed to that domain. shown_text: a text member of ${v}; "" if it is none. */
bool shown_names(const struct jose *statement, const char *portion);
const char *shown_text(const json_t *v, const char *name);

#endif
