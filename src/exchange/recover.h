/* SPDX-License-Identifier: Apache-2.0
 * exchange/recover.h - what others know of our ledger, and this home does not: it was put back from a backup, or is a copy
 *
 * Partners have our newest card, which names every log that there was; witnesses have a checkpoint of each, which its key signed; and
 * monitors have the public bytes of its entries. Nothing of it is believed by their word: each card is signed by the card key of the
 * one before, the checkpoint by the log key in that card, and the entries give its root. What only this organisation ever had, the
 * fields of the entries that were lost, comes back from nowhere. */
#ifndef EXCHANGE_RECOVER_H
#define EXCHANGE_RECOVER_H

#include "base/buf.h"
#include "exchange/node.h"
#include "ledger/checkpoint.h"

/* One generation, as far as others show it. */
struct recovered {
    uint32_t generation;
    struct checkpoint
        end;             /* the largest that its log signed; size 0: nobody shows one, or all of it is here */
    char *note;          /* it; NULL: none */
    uint64_t from;       /* how many entries are here */
    struct buf *entries; /* [from, end.size), as in a bundle; NULL: nobody gave all of them */
};

/* From the generation that this home is in to the last one that there was. */
struct recovery {
    struct recovered *of; /* count of them, at least one, ascending */
    size_t count;
};
void recovery_clear(struct recovery *r); /* also for AUTO */

/* recover_newest: the last generation that our card names; never less than the one that this home is in. Any thread. */
uint32_t recover_newest(struct node *n);

/*
 * recover_card: ask every partner for the newest card of ours that he has, and take the newest of all. recover_look: that, and what is
 * to be had of each generation from this one on. Who does not answer is left out: what he knows alone stays unknown. E_REFUSED, with
 * his name: he has a card of ours that can't be told to be one, and that may name a log. Needs the network; takes some
 * seconds where partners are out of reach. One thread at a time.
 */
MUST_USE enum err recover_card(struct node *n, struct fail *f);
MUST_USE enum err recover_look(struct node *n, struct recovery *out, struct fail *f);

/* recover_store: in a writer's job: the entries that were had back, without their fields, and the checkpoints over them. */
struct db;
MUST_USE enum err recover_store(struct db *db, const struct recovery *r, struct fail *f);

#endif
