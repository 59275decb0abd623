/* SPDX-License-Identifier: Apache-2.0
 * keeper/rewrap.h - data keys for a reader: the one use of the kas key in the keeper (see keeper_rewrap) */
#ifndef KEEPER_REWRAP_H
#define KEEPER_REWRAP_H

#include "keeper/keys.h"
#include "keeper/probed.h"

/* rewrap_answer: check ${v}, rewrap each item that holds, and put session key and outcomes to ${reply}. Fails
 * as a whole only for what all items share. What ${probed} has of the same request token is used up. */
MUST_USE enum err rewrap_answer(const struct keys *k, struct probed *probed, const struct wire_rewrap *v,
                                struct buf *reply, struct fail *f);
/* rewrap_probe: put for each item of ${v} whether it opens under a key of ours and is bound to its policy;
 * what opened is kept in ${probed}. */
MUST_USE enum err rewrap_probe(const struct keys *k, struct probed *probed, const struct wire_probe *v,
                               struct buf *reply, struct fail *f);

#endif
