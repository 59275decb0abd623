/* SPDX-License-Identifier: Apache-2.0
 * keeper/sign.h - signatures by card, statement and token keys, each under the typ of its use; tags */
#ifndef KEEPER_SIGN_H
#define KEEPER_SIGN_H

#include "keeper/keys.h"

/* sign_payload, sign_label, sign_evidence: as keeper_sign and the like say. */
MUST_USE enum err sign_label(const struct keys_row *row, struct bytes payload, struct buf *jws,
                             struct fail *f);
MUST_USE enum err sign_payload(const struct keys_row *row, const struct wire_sign *v, struct buf *jws,
                               struct fail *f);
MUST_USE enum err sign_evidence(const struct keys_row *row, struct bytes digest, struct buf *jws,
                                struct fail *f);

#endif
