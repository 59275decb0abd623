/* SPDX-License-Identifier: Apache-2.0
 * exchange/earlier.h - generations of our ledger that have ended: what is left is to serve and to prove
 *
 * Their rows, checkpoints and keys are kept, and nothing is added. A log is made again from its public bytes when
 * something is asked of it, compared with what was signed at its end, and kept in memory while there is room. Any
 * thread. Generations are numbered from 1; the current one is the publisher's. */
#ifndef EXCHANGE_EARLIER_H
#define EXCHANGE_EARLIER_H

#include "exchange/publisher.h"
#include "ledger/entry.h"

struct earlier;
void earlier_open(struct node *n, struct earlier **out);
void earlier_close(struct earlier *e);

/* earlier_genesis: entry 0 of a generation, also of the current one. E_NOT_FOUND. */
MUST_USE enum err earlier_genesis(struct db *db, uint32_t generation, struct entry_genesis *out,
                                  struct fail *f);

/* earlier_size: of a generation's newest signed checkpoint, also of the current one. earlier_head: the last checkpoint of an
 * earlier one, with the cosignatures that it has. E_NOT_FOUND for a generation that there is not. */
MUST_USE enum err earlier_size(struct node *n, uint32_t generation, uint64_t *size, struct fail *f);
MUST_USE enum err earlier_head(struct node *n, uint32_t generation, struct publisher_head *out,
                               struct fail *f);

/* earlier_nodes: the tree of a generation, also of the current one. E_NOT_FOUND; E_STORE, when asked for a node, if the
 * rows are not what was signed. */
MUST_USE enum err earlier_nodes(struct node *n, uint32_t generation, struct tree_nodes *out, struct fail *f);

/* earlier_absent: as publisher_absent, at the end of an earlier generation. */
MUST_USE enum err earlier_absent(struct node *n, uint32_t generation, struct publisher_query *queries,
                                 size_t count, struct fail *f);

#endif
