/* SPDX-License-Identifier: Apache-2.0
 * exchange/act_override.h - inside the exchange: an override under way, by voice (act_override.c) or sealed (act_sealed.c at the
 * giver, act_sealed_take.c at the third party) */
#ifndef EXCHANGE_ACT_OVERRIDE_H
#define EXCHANGE_ACT_OVERRIDE_H

#include "exchange/act_rows.h"
#include "ledger/override.h"

struct overriding {
    const char *to, *occasion, *reason;
    bool oral;
    json_t *numbers;       /* portion -> n */
    struct act *act;       /* taken ones */
    struct sealed *sealed; /* at the giver: the copies; NULL: by voice */
    struct override read;  /* taken ones that pass copies on */
};

/* What act_sealed.c adds at the giver. prepare: the copies in the package are what the act says, sealed to our own key, of portions
 * whose terms let keys be held; what the statement says of them goes into c->body. write: in the writer job, rows and the package's
 * outbox row are owed. */
MUST_USE enum err sealed_prepare(struct act_call *c, struct overriding *o, struct fail *f);
MUST_USE enum err sealed_write(struct act_call *c, struct db *db, const struct overriding *o, struct fail *f);
void sealed_free(struct sealed **s);

/* What act_sealed_take.c does where a statement of a sealed override is taken. check: who may have it at all. note_copies: at its
 * originator: which copies there are. */
MUST_USE enum err sealed_take(struct act_call *c, struct overriding *o, struct fail *f);
MUST_USE enum err sealed_take_apply(struct act_call *c, struct db *db, const struct overriding *o,
                                    struct journal_event *e, struct fail *f);
MUST_USE enum err sealed_note_copies(struct act_call *c, struct db *db, const struct overriding *o,
                                     struct fail *f);

/* Of act_override.c: the row that every side keeps; that ${by} is an authority as we know him; that ${originator}'s ledger shows his
 * briefing on each of ${portions}, by the ${evidence} in his act. */
MUST_USE enum err override_keep(struct act_call *c, struct db *db, const char *giver, const char *by,
                                uint64_t at_ms, struct fail *f);
MUST_USE enum err override_check_authority(struct act_call *c, struct db *db, struct fail *f);
MUST_USE enum err override_check_proofs(const struct act *act, const struct card *originator, struct fail *f);

#endif
