/* SPDX-License-Identifier: Apache-2.0
 * keeper/match.h - handles of sources compared, for a question that is on record (see keeper_match) */
#ifndef KEEPER_MATCH_H
#define KEEPER_MATCH_H

#include "keeper/keys.h"

/* match_answer: check the question; ${reply} gets a byte for each source, 1 where it is the one asked for. */
MUST_USE enum err match_answer(const struct keys *k, const struct wire_match *v, struct buf *reply,
                               struct fail *f);

#endif
