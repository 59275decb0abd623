/* SPDX-License-Identifier: Apache-2.0
 * exchange/publication.h - what is published together: rows up to a seal slot, their tags, and the checkpoint over them
 *
 * In this order: publication_prepare, which may go on while the one before is under way, since it touches neither log nor store's
 * rows; publication_enter and publication_sign, once that one is committed; publication_store, in a writer's job.
 * publication_clear whatever happened. */
#ifndef EXCHANGE_PUBLICATION_H
#define EXCHANGE_PUBLICATION_H

#include "base/buf.h"
#include "crypto/hash.h"
#include "exchange/journal.h"

struct keeper;
struct ledger_log;
struct row;

struct publication {
    uint32_t generation;
    uint64_t from;    /* the first row; as many entries are published before it */
    struct row *rows; /* the last is a seal */
    size_t count;
    struct buf alphas; /* what the tags' alpha point into */
    struct keeper_tag *tags;
    size_t tag_count;
    uint64_t size, time_ms; /* of the log with them, and of their seal */
    uint8_t root[HASH_LEN];
    struct buf consistency; /* from ${from} to ${size} */
    struct buf note;        /* the signed checkpoint */
};

/* publication_prepare: into the zeroed ${pub} committed rows [${from}, ${end}) with their tags. */
MUST_USE enum err publication_prepare(struct publication *pub, struct node *n, uint64_t from, uint64_t end,
                                      struct fail *f);
/* publication_enter: into ${log}, whose size is ${from}; whoever calls holds what guards it. Gives public bytes, root, and the
 * proof that the tree only grew. publication_sign: the keeper signs, or refuses what is not consistent with its last. */
MUST_USE enum err publication_enter(struct publication *pub, struct ledger_log *log, struct fail *f);
MUST_USE enum err publication_sign(struct publication *pub, struct keeper *keeper, struct fail *f);
MUST_USE enum err publication_store(const struct publication *pub, struct db *db, struct fail *f);
void publication_clear(struct publication *pub);

#endif
