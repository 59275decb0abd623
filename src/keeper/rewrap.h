/* SPDX-License-Identifier: Apache-2.0
 * keeper/rewrap.h - data keys for a reader: the one use of the kas key in the keeper (see keeper_rewrap) */
#ifndef KEEPER_REWRAP_H
#define KEEPER_REWRAP_H

#include "keeper/keys.h"

/* rewrap_answer: check ${v}, rewrap each item that holds, and put session key and outcomes to ${reply}. Fails
 * as a whole only for what all items share. */
MUST_USE enum err rewrap_answer(const struct keys *k, const struct wire_rewrap *v, struct buf *reply,
                                struct fail *f);
/* rewrap_probe: put for each item of ${v} whether it opens under a key of ours and is bound to its policy. */
MUST_USE enum err rewrap_probe(const struct keys *k, const struct wire_probe *v, struct buf *reply,
                               struct fail *f);

#endif
