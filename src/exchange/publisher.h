/* SPDX-License-Identifier: Apache-2.0
 * exchange/publisher.h - from committed rows to a signed checkpoint, and proofs from it.
 *
 * One thread: takes the rows up to the seal slot, has the keeper compute their tags, builds entries, seal and
 * root, has the checkpoint signed, and commits all that in one transaction: from then on the rows are at L1.
 */
#ifndef EXCHANGE_PUBLISHER_H
#define EXCHANGE_PUBLISHER_H

#include "crypto/vrf.h"
#include "exchange/journal.h"

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
/* publisher_size: size of the newest committed checkpoint. */
uint64_t publisher_size(struct publisher *p);

/*
 * publisher_proof: entry ${index}, its private body and VRF proof, its inclusion proof under the newest
 * checkpoint, and that checkpoint. E_NOT_FOUND if it is not published. Everything is owned by ${out} until
 * publisher_proof_clear.
 */
struct publisher_proof {
    uint64_t index, size;
    struct buf entry;     /* public bytes */
    struct buf body;      /* K and values: secret */
    struct buf inclusion; /* 32-byte hashes joined */
    char *note;           /* the checkpoint */
    bool has_vrf_proof;
    uint8_t vrf_proof[VRF_PROOF_LEN]; /* of the class-1 tag */
};
MUST_USE enum err publisher_proof(struct publisher *p, uint64_t index, struct publisher_proof *out,
                                  struct fail *f);
void publisher_proof_clear(struct publisher_proof *proof);

/*
 * publisher_presence: append the `orcon/presence@v1` part for the class-1 tag of the briefing in entry
 * ${first}, under the newest checkpoint, fields 0 to 3 opened; what a key-release reply carries.
 */
MUST_USE enum err publisher_presence(struct publisher *p, uint64_t first, struct buf *out, struct fail *f);

#endif
