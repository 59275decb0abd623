/* SPDX-License-Identifier: Apache-2.0
 * store/store.h - the node's database: create, open, read
 *
 * Conventions of every header of this layer:
 * - Functions are store_<subject>_<verb>(db, ..., f). ${db} comes from store_read_begin, where only reading
 *   works, or is what the writer gives to a job (store/writer.h), where everything does.
 * - A `struct <subject>_row` is a row. Its text and bytes are views: to write, point them at anything; NULL
 *   text is written as ''. What store_<subject>_get fills in is owned by the row and freed by
 *   store_<subject>_clear, which is made for AUTO on a row that starts as { 0 }. The row given to a list's
 *   callback is valid during that call only; store_<subject>_copy makes an owned copy.
 * - A get of what is not there is E_NOT_FOUND and leaves the row alone: see store_missing.
 * - A list calls ${fn} for each row in the stated order and stops at the first error, which it returns. ${fn}
 *   may use the same db for other calls; it must not write to the table that is being listed.
 * - Numbers are below 2^63: E_INVALID otherwise. Times are POSIX milliseconds.
 * - A second row under a unique key is E_CONFLICT; a row whose parent is missing, and any other failure of
 *   the database, is E_STORE. A failing call changes nothing.
 * - A db belongs to one thread at a time.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "base/buf.h"

struct store; /* an open store; any thread */
struct db;    /* one connection with its prepared statements */

/* A reference to a ledger entry is (generation, idx). No such entry: */
#define STORE_NO_IDX UINT64_MAX

/*
 * store_create: make a new store at ${path}, mode 0600, with every migration applied, durably.
 * E_CONFLICT if something is there; E_IO, E_STORE.
 */
MUST_USE enum err store_create(const char *path, struct fail *f);

/*
 * store_open: open ${path}, after a checkpoint of its write-ahead log that must succeed (pages whose sync
 * failed before a crash may live in the page cache only), then apply newer migrations. E_NOT_FOUND if there
 * is no file; E_STORE if it is not writable, not an orcon store, damaged, made by a newer program, or a
 * migration's recorded checksum differs. The caller frees ${out} after the writer.
 */
MUST_USE enum err store_open(const char *path, struct store **out, struct fail *f);
void store_freep(struct store **s); /* for AUTO; no read may be open */

/* store_copy: the store at ${path}, which another process may have open, in one state into the new file ${to}, 0600. E_IO,
 * E_STORE; what is left of ${to} then is the caller's to remove. */
MUST_USE enum err store_copy(const char *path, const char *to, struct fail *f);

/*
 * store_read_begin: a connection for reading, from a pool; each call sees what is committed when it runs.
 * store_read_snapshot: from now on until store_read_end every read sees one and the same state.
 * Keep it short: an open snapshot keeps the write-ahead log from shrinking.
 */
MUST_USE enum err store_read_begin(struct store *s, struct db **db, struct fail *f);
MUST_USE enum err store_read_snapshot(struct db *db, struct fail *f);
void store_read_end(struct db *db);   /* NULL is allowed */
void store_read_endp(struct db **db); /* for AUTO */

/* store_missing: whether ${e} is E_NOT_FOUND; if so ${f} is cleared: the caller knows what to do about it. */
MUST_USE bool store_missing(enum err e, struct fail *f);

/* Called with each id. ${originator} is a domain, "" where the thing is ours or has none. */
typedef enum err (*store_id_fn)(const char *originator, const char *id, void *ctx, struct fail *f);

#endif
