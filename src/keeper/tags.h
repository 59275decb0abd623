/* SPDX-License-Identifier: Apache-2.0
 * keeper/tags.h - inside keeper/: a batch of VRF tags, spread over the lines of the keeper */
#ifndef KEEPER_TAGS_H
#define KEEPER_TAGS_H

#include "keeper/keeper.h"
#include "keeper/pool.h"

/* tags_ask: as keeper_tags (keeper/keeper.h). A line that answers gets the next part at once. */
MUST_USE enum err tags_ask(struct pool *p, const uint8_t *vrf_pk, struct keeper_tag *tags, size_t count,
                           struct fail *f);

#endif
