/* SPDX-License-Identifier: Apache-2.0
 * store/inside.h - inside the store: what its files need of each other */
#ifndef STORE_INSIDE_H
#define STORE_INSIDE_H

#include "store/item.h"
#include "store/sqlite.h"

/* store_writing_take: the only writing connection, for the caller alone until given back; NULL if it is
 * taken. */
struct db *store_writing_take(struct store *s);
void store_writing_give(struct store *s);

/* store_path: as long as the store is open. */
const char *store_path(const struct store *s);

/* store_must: an error of what is written ends the process (store/writer.h): what was tried may or may not be on disk, only a new start
 * can tell. */
void store_must(enum err e, const struct fail *f);

/* item_audiences: 1 to ITEM_AUDIENCES audiences as arguments of a statement with SQL_AUDIENCES. */
void item_audiences(const char *const *audiences, size_t count, struct arg out[static ITEM_AUDIENCES]);

#endif
