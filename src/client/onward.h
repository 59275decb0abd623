/* SPDX-License-Identifier: Apache-2.0
 * client/onward.h - passing sealed copies on by an override, and opening what somebody passed on (docs/protocol.md, Sealed
 * override) */
#ifndef CLIENT_ONWARD_H
#define CLIENT_ONWARD_H

#include "client/reading.h"

/* What an override says. */
struct onward {
    const char *to; /* a domain */
    const char *reason, *occasion;
    json_t *evidence; /* portion -> presence part; borrowed */
};

/*
 * onward_send: open the portions of ${r} that ${c} names with the held keys, seal a copy of each to the own node's key, and POST
 * /v1/overrides. Their originator is not asked. REASON_NO_HELD_KEY, REASON_HELD_FORBIDDEN; E_UNVERIFIED (REASON_TEXT_CHANGED) for
 * a text that he did not commit to. Caller owns ${answer}.
 */
MUST_USE enum err onward_send(struct session *s, struct reading *r, const struct choice *c,
                              const struct onward *o, json_t **answer, struct fail *f);

/*
 * onward_check: whether a package that an override brought, ${h}, may be opened: its originator ${originator} signed a receipt over
 * exactly its statement; or the own node has queued the notice to him, and the giver's ledger has it under a witness of the own
 * policy: then ${told} is false. Nothing was asked of the giver's keys yet. REASON_RECEIPT_..., REASON_NOT_TOLD.
 */
MUST_USE enum err onward_check(struct session *s, const struct held *h, const struct card *originator,
                               bool *told, struct fail *f);

#endif
