/* SPDX-License-Identifier: Apache-2.0
 * client/act.h - what a person wants done, signed by his device key, and what has become of it */
#ifndef CLIENT_ACT_H
#define CLIENT_ACT_H

#include "client/session.h"
#include "ledger/statement.h"

/*
 * act_sign: append an act (docs/protocol.md, 1) to ${out}. Of ${m}: kind, report, ref, portions and body count;
 * the last two are taken over. The rest is the profile's, or made: id, time. ${id} gets the act's id, which is
 * the statement's that will carry it.
 */
MUST_USE enum err act_sign(const struct profile *p, struct statement_making m, char id[static UUID_TEXT],
                           struct buf *out, struct fail *f);

/* act_send: act_sign and POST /v1/acts. Caller owns ${answer}. */
MUST_USE enum err act_send(struct session *s, struct statement_making m, json_t **answer, struct fail *f);

#define ACT_WAIT_MS 10000

/*
 * act_wait: until every receiver of our node's ${statement} has acked it, but not after ${until_ms}
 * (time_mono_ms). ${delivered} says which; ${why} (caller frees, may be NULL) names a partner that refused it
 * for good, with his words.
 */
MUST_USE enum err act_wait(struct session *s, const char *statement, uint64_t until_ms, bool *delivered,
                           char **why, struct fail *f);
/* act_wait_partner: the same for all that waits for ${domain}: copies that a decision made follow it on their
 * own. */
MUST_USE enum err act_wait_partner(struct session *s, const char *domain, uint64_t until_ms, bool *delivered,
                                   struct fail *f);

#endif
