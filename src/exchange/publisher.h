/* SPDX-License-Identifier: Apache-2.0
 * exchange/publisher.h - from committed rows to a signed checkpoint, and proofs from it.
 *
 * One thread: takes the rows up to the seal slot, has the keeper compute their tags, builds entries, seal and
 * root, has the checkpoint signed, and commits all that in one transaction: from then on the rows are at L1.
 */
#ifndef EXCHANGE_PUBLISHER_H
#define EXCHANGE_PUBLISHER_H

#include "base/buf.h"
#include "exchange/journal.h"
#include "ledger/tree.h"

struct publisher;

/*
 * publisher_open: replay what is published, check it against the last stored checkpoint (E_STORE if it
 * differs: the store was altered), anchor the keeper, finish what a crash left, start the thread.
 */
MUST_USE enum err publisher_open(struct node *n, struct publisher **out, struct fail *f);
void publisher_close(struct publisher *p);

/* publisher_slot: called by the writer inside a batch: adds a seal slot when it is time. publisher_committed:
 * after it. */
MUST_USE enum err publisher_slot(struct publisher *p, struct db *db, struct fail *f);
void publisher_committed(struct publisher *p);

/* publisher_kick: an empty batch, so that rows which wait without a slot get one. */
MUST_USE enum err publisher_kick(struct node *n, struct fail *f);

/* publisher_wait: until entry ${index} is under a committed checkpoint (L1). E_UNAVAILABLE if the node is
 * stopping. */
MUST_USE enum err publisher_wait(struct publisher *p, uint64_t index, struct fail *f);
/* publisher_has: whether it is, or never will be since the node is stopping: what a writer_run_until waits for before
 * publisher_wait. */
bool publisher_has(struct publisher *p, uint64_t index);
/* publisher_size: size of the newest committed checkpoint. */
uint64_t publisher_size(struct publisher *p);

/* publisher_nodes: the tree, for proofs of any committed size; any thread. */
struct tree_nodes publisher_nodes(struct publisher *p);

/* publisher_head: the newest committed checkpoint; so that several proofs can be under one. Also for AUTO. */
struct publisher_head {
    uint64_t size;
    char *note;
};
void publisher_head(struct publisher *p, struct publisher_head *out);
void publisher_head_clear(struct publisher_head *h);

#endif
