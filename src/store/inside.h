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

/* item_audiences: 1 to ITEM_AUDIENCES audiences as arguments of a statement with SQL_AUDIENCES. */
void item_audiences(const char *const *audiences, size_t count, struct arg out[static ITEM_AUDIENCES]);

#endif
