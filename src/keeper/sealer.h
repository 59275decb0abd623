/* SPDX-License-Identifier: Apache-2.0
 * keeper/sealer.h - copies of masters: the one use of the kas key in the sealer (see keeper_seal_copies) */
#ifndef KEEPER_SEALER_H
#define KEEPER_SEALER_H

#include "keeper/keys.h"
#include "keeper/message.h"

#define SEALER_PAYLOAD_MAX (((uint64_t)64 << 20) + ((uint64_t)1 << 20)) /* with what sealing adds */

/* sealer_answer: check the leave, seal each copy; ${reply} gets a row and a descriptor for each. All or
 * none. */
MUST_USE enum err sealer_answer(const struct keys *k, const struct wire_seal *v,
                                const struct message *request, struct message *reply, struct fail *f);

#endif
