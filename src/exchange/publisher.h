/* SPDX-License-Identifier: Apache-2.0
 * exchange/publisher.h - from committed rows to a signed checkpoint, and proofs from it.
 *
 * A thread takes the rows up to the seal slot, has the keeper compute their tags, builds entries, seal and
 * root, has the checkpoint signed, and commits all that in one transaction: from then on the rows are at L1. There are a few, so
 * that tags of the next rows are made meanwhile if enough wait; all after the tags is done in order, one at a time.
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
    uint32_t generation;
};
void publisher_head(struct publisher *p, struct publisher_head *out);
void publisher_head_clear(struct publisher_head *h);

/*
 * publisher_absent: for each tag whether the map has it, and if not the proof (ledger/map.h), all of one state of
 * the log; ${head} is the committed checkpoint of exactly that state, waited for, with the cosignatures that it
 * has by then.
 */
struct publisher_query {
    const uint8_t *tag; /* 32 bytes */
    bool present;       /* out */
    struct buf *proof;  /* out: empty if present */
};
MUST_USE enum err publisher_absent(struct publisher *p, struct publisher_query *queries, size_t count,
                                   struct publisher_head *head, struct fail *f);

/* publisher_fresh: see to it that the last seal is not older than ${max_age_ms}: if it is, one more is made and
 * waited for, though nothing new is below it. What is said about the log's end is then about now. */
MUST_USE enum err publisher_fresh(struct publisher *p, uint64_t max_age_ms, struct fail *f);

#endif
