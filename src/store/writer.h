/* SPDX-License-Identifier: Apache-2.0
 * store/writer.h - the one thread that writes: group commit
 *
 * Jobs that wait while a batch syncs form the next batch (at most WRITER_BATCH and those of writer_run_soon). A batch is one transaction;
 * its jobs run in the order of their calls but for those, each inside a savepoint, so that a failing job is
 * undone alone.
 * Any error of a commit or of I/O ends the process with exit status 70 after one line in the log: nothing is
 * retried, no effect follows. */
#ifndef STORE_WRITER_H
#define STORE_WRITER_H

#include "store/store.h"

#define WRITER_BATCH       256
#define WRITER_EXIT_STATUS 70 /* EX_SOFTWARE */

struct writer;

/* A job: reads and writes through ${db}; an error undoes what it did. Runs on the writer's thread. */
typedef enum err (*writer_job)(struct db *db, void *ctx, struct fail *f);

/* Any member may be NULL. All run on the writer's thread. */
struct writer_hooks {
    /* inside the transaction, after the last job; ${jobs} >= 1 of the batch succeeded. An error ends the
     * process. */
    enum err (*before_commit)(struct db *db, void *ctx, size_t jobs, struct fail *f);
    /* the batch is durable; the callers of its jobs are woken after this returns */
    void (*after_commit)(void *ctx);
    /* for tests: true makes this commit fail as if the disk had */
    bool (*fail_commit)(void *ctx);
    void *ctx;
};

/* writer_new: start the thread. One writer at a time for a store: E_CONFLICT. ${hooks} is copied, may be
 * NULL. */
MUST_USE enum err writer_new(struct store *s, const struct writer_hooks *hooks, struct writer **out,
                             struct fail *f);

/* writer_freep: finish the jobs that wait, checkpoint, end the thread. A writer_run that comes in meanwhile
 * is E_UNAVAILABLE; none may come after. For AUTO. */
void writer_freep(struct writer **w);

/*
 * writer_run: run ${fn} in the next batch and wait. OK means durable: the batch is committed and synced. An
 * error is the job's own and nothing of it was written. Any thread but the writer's own; calls of one thread
 * keep their order.
 */
MUST_USE enum err writer_run(struct writer *w, writer_job fn, void *ctx, struct fail *f);

/* writer_run_soon: the same, ahead of the jobs that wait, and still in the batch at hand where its commit has not begun. For a job
 * that many wait for: a batch that never ends commits nothing. */
MUST_USE enum err writer_run_soon(struct writer *w, writer_job fn, void *ctx, struct fail *f);

/*
 * writer_run_until: as writer_run, and then wait until ${ready}(ctx) is true: for what follows from the commit, without waking the
 * caller in between. It is asked after the commit and at writer_recheck, on whatever thread calls that, under the writer's lock; it
 * must not call the writer. Whoever was not ready after the commit goes on no sooner than those who were held before him, so that
 * a recheck asks those whom it lets go and one more. A writer that ends asks no more, and the callers go on.
 */
MUST_USE enum err writer_run_until(struct writer *w, writer_job fn, bool (*ready)(const void *ctx), void *ctx,
                                   struct fail *f);
/* writer_waiting: how many jobs no batch has taken yet. Any thread. */
size_t writer_waiting(struct writer *w);
/* writer_recheck: ask those who wait so, in the order of their commits, up to the first who is not ready. Any thread, holding nothing that a ${ready} takes. */
void writer_recheck(struct writer *w);

#endif
