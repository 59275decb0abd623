/* SPDX-License-Identifier: Apache-2.0
 * exchange/act_cited.h - inside the exchange: who else hears of an override: the originators of what the portions cite that it
 * passed on (act_cited.c) */
#ifndef EXCHANGE_ACT_CITED_H
#define EXCHANGE_ACT_CITED_H

#include "exchange/acts.h"

/* What they are told of it: never which portion of ours it was, which may be none that they may know of. */
struct cited_override {
    const char *id, *giver, *by, *to, *reason;
    bool oral;
    uint64_t at_ms; /* by its maker's clock */
};

/* cited_tell: in a writer job: an override on ${portions} of ours is being taken: each organisation whose portions these cite gets a
 * statement about its own, but not the one that passed it on. ${c}.last is the last entry. */
MUST_USE enum err cited_tell(struct act_call *c, struct db *db, const struct cited_override *o,
                             const json_t *portions, struct fail *f);

#endif
