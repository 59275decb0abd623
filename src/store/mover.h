/* SPDX-License-Identifier: Apache-2.0
 * store/mover.h - inside the store: moves the write-ahead log into the database, beside the writer
 *
 * A whole log takes tens of milliseconds to move and sync, and nobody would be served in the meantime. So a thread with a connection
 * of its own moves it while the writer goes on, and the writer then only moves what it has added since; whereupon SQLite begins the
 * log anew. The thread, and its connection, begin when they are first needed; where they can't be
 * had, the writer moves all. Any error of moving ends the process as the writer's do. */
#ifndef STORE_MOVER_H
#define STORE_MOVER_H

#include "store/sqlite.h"

struct mover;

/* mover_new: for the store at ${path}, which the caller holds open as long as the mover is there. */
struct mover *mover_new(const char *path);
/* mover_freep: waits for the end of what is being moved. */
void mover_freep(struct mover **m);

/* mover_look: after each commit of ${writing}, the connection that writes; that thread alone. Returns at once, but for a log that is
 * much too long, whose move it waits for. */
void mover_look(struct mover *m, struct db *writing);

#endif
