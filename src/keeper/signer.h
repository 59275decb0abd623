/* SPDX-License-Identifier: Apache-2.0
 * keeper/signer.h - an act that the network process shows: is it by a key that was enrolled in the open, with the role for it?
 */
#ifndef KEEPER_SIGNER_H
#define KEEPER_SIGNER_H

#include "keeper/wire.h"
#include "keeper/shown.h"
#include "ledger/statement.h"

/* Any of them will do; other may be NULL. */
struct signer_roles {
    const char *one, *other;
};

struct signer_wanted {
    const char *what;   /* for errors: "leave to seal" */
    const char *kind;   /* of the act */
    const char *domain; /* ours */
    bool own;           /* by one of our own people; else by a partner's */
    const struct signer_roles *roles;
};

/*
 * signer_check: the act shown is of that kind, by somebody of that side, signed by the key shown, whose person-key statement
 * names him, the key and a role, says that it is active, and stands in our log, ${under} a checkpoint.
 * E_UNVERIFIED, E_INVALID. Caller frees ${out}.
 */
MUST_USE enum err signer_check(const struct signer_wanted *wanted, const struct wire_signed *by,
                               const struct shown_under *under, struct act **out, struct fail *f);

/* signer_member_is: of a JSON object: the member is just this text. */
bool signer_member_is(const json_t *object, const char *name, const char *value);

#endif
