/* SPDX-License-Identifier: Apache-2.0
 * exchange/watch.h - this node as witness and as monitor of its partners' logs (docs/protocol.md, 6).
 *
 * Both take the same requests (C2SP tlog-witness). The witness cosigns what is proved to extend what it cosigned
 * before; the monitor also has all entries, and has found every one of them right. Logs are those that cards of
 * confirmed partners name, every generation. Any thread. */
#ifndef EXCHANGE_WATCH_H
#define EXCHANGE_WATCH_H

#include "exchange/node.h"
#include "keeper/keeper.h"
#include "ledger/witness.h"

/*
 * watch_add: judge a request to cosign. ${status} is the answer; ${out} its body: a cosignature line, a size (409), or a
 * sentence. The comparison with what was cosigned before and the storing of the new are one durable step, before
 * anything is answered. What the request proves against its log becomes an alert for officers.
 *   use   USE_WITNESS or USE_MONITOR
 * Fails only for what is wrong here: E_STORE, E_IO, E_UNAVAILABLE.
 */
MUST_USE enum err watch_add(struct node *n, enum key_use use, struct bytes body, enum witness_status *status,
                            struct buf *out, struct fail *f);

/* watch_checkpoint: the last checkpoint cosigned of the log whose origin has the SHA-256 ${hash} (hex), with the log's
 * line and ours. watch_find: all that is on record of it. E_NOT_FOUND. */
struct db;
struct watched_row;
MUST_USE enum err watch_checkpoint(struct node *n, enum key_use use, const char *hash, struct buf *note,
                                   struct fail *f);
MUST_USE enum err watch_find(struct db *db, enum key_use use, const char *hash, struct watched_row *row,
                             struct fail *f);

/* What a log did that it must not, under a checkpoint that it signed. */
struct watch_wrong {
    char what[200];     /* for people */
    uint64_t index;     /* of the entry that proves it, or the size of the checkpoint that does */
    struct bytes entry; /* its bytes; empty if the checkpoint is the proof */
    bool stop;          /* never cosigned again */
    char *
        against; /* a checkpoint of another log that it does not fit to; NULL: none. Who gave the struct frees it */
};

#endif
