/* SPDX-License-Identifier: Apache-2.0
 * exchange/snapshot.h - the published log's tree and map as the store keeps them, so that a start reads only what came since
 *
 * Written bit by bit between publications: pages that changed, full tiles, and last, in one transaction with what is left, the
 * table that makes it count. A crash anywhere leaves the snapshot before, whose pages may by then hold keys of later entries;
 * those do not count. Nothing of it is believed: a start compares tree and map with what was signed, and a snapshot
 * that does not fit is forgotten for the entries themselves, with a line in the node's log.
 *
 * The entries that a start so did not read are read afterwards, a few at a time: snapshot_audit. */
#ifndef EXCHANGE_SNAPSHOT_H
#define EXCHANGE_SNAPSHOT_H

#include <pthread.h>

#include "exchange/node.h"
#include "ledger/log.h"
#include "store/cosigner.h"
#include "store/leaf.h"

struct snapshot;

/* Of which log: ours, or a partner's that the monitor reads. ${entries} hands those from ${from} to below ${to} to ${fn}, in order, as
 * far as there are some. */
struct snapshot_log {
    uint32_t number;       /* in store/map.h */
    uint64_t held;         /* about so many of the map's keys stay in memory once pages are kept */
    pthread_mutex_t *lock; /* held by whoever touches the log */
    enum err (*entries)(const struct snapshot_log *log, struct db *db, uint64_t from, uint64_t to,
                        store_entry_fn fn, void *ctx, struct fail *f);
    const char *origin; /* a partner's */
};
/* snapshot_own: this node's. */
struct snapshot_log snapshot_own(const struct node *n, pthread_mutex_t *lock);

/* snapshot_new: ${log} is copied. */
struct snapshot *snapshot_new(struct node *n, const struct snapshot_log *log);
void snapshot_free(struct snapshot *s);

/* snapshot_replay: into the empty ${log}, the log of which ${last} is the checkpoint, from the snapshot and the entries since,
 * else from all entries. Its map asks the store for pages, in whatever thread needs them. E_STORE if the entries are not what
 * was signed. ${last} without a note: only size and root are compared. */
MUST_USE enum err snapshot_replay(struct snapshot *s, struct db *db, const struct checkpoint_row *last,
                                  struct ledger_log **log, struct fail *f);

/* snapshot_step: a bit of a new one, if it is time; what ${log} has is committed. snapshot_finish: all of it, if more than a
 * little came since the last one. On the publisher's thread, and after its end. */
MUST_USE enum err snapshot_step(struct snapshot *s, struct ledger_log *log, struct fail *f);
MUST_USE enum err snapshot_finish(struct snapshot *s, struct ledger_log *log, struct fail *f);

/* snapshot_audit: compare a few more of the entries that the start did not read with the tree: E_STORE if one was altered;
 * the snapshot is then forgotten, so that the next start says so too. snapshot_audited: whether all are. */
MUST_USE enum err snapshot_audit(struct snapshot *s, struct ledger_log *log, struct fail *f);
bool snapshot_audited(const struct snapshot *s);
/* snapshot_active: a new one is begun, and not all of it written. snapshot_forget: none is used any more, neither now nor by a start. */
bool snapshot_active(const struct snapshot *s);
void snapshot_forget(struct snapshot *s);

#endif
