/* SPDX-License-Identifier: Apache-2.0
 * exchange/quarantine.h - what comes from an organisation whose card is here but not confirmed: kept, bounded,
 * unopened, until a person confirms the card (docs/protocol.md, Third parties) */
#ifndef EXCHANGE_QUARANTINE_H
#define EXCHANGE_QUARANTINE_H

#include <jansson.h>

#include "base/buf.h"
#include "exchange/node.h"

struct db;

#define QUARANTINE_EACH  16                    /* statements of one organisation */
#define QUARANTINE_ALL   64                    /* of all */
#define QUARANTINE_BYTES ((uint64_t)128 << 20) /* of all */

/*
 * quarantine_keep: ${jws}, whose issuer's card is here and unconfirmed, with the ${package} it came in (empty:
 * alone). Kept if it is signed by a key of that card, meant for us, and there is room; an item tells the admins
 * of the first one. Then E_REFUSED (REASON_QUARANTINED): it is not taken, and the sender tries again. Otherwise
 * E_UNVERIFIED, E_UNAUTHENTICATED (REASON_AUDIENCE), E_RATE. Never OK.
 */
MUST_USE enum err quarantine_keep(struct node *n, struct bytes jws, struct bytes package, struct fail *f);

/* quarantine_settle: in the writer job that changes the state of ${domain}: owes the release of what is kept
 * where it is ${confirmed}, else drops it. */
MUST_USE enum err quarantine_settle(struct node *n, struct db *db, const char *domain, bool confirmed,
                                    struct fail *f);
/* quarantine_release: task `quarantine`: take what is kept of ${domain}, in the order it came. What is refused
 * then is dropped: its sender learns why when he tries again. */
MUST_USE enum err quarantine_release(struct node *n, const char *domain, uint64_t task, struct fail *f);

/* quarantine_list: [{originator, report, since, state: "quarantined", words}] of the reports that wait. Caller
 * owns ${out}. */
MUST_USE enum err quarantine_list(struct db *db, json_t **out, struct fail *f);

#endif
