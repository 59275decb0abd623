/* SPDX-License-Identifier: Apache-2.0
 * store/inside.h - inside the store: what the writer needs of it */
#ifndef STORE_INSIDE_H
#define STORE_INSIDE_H

#include "store/sqlite.h"
#include "store/store.h"

/* store_writing_take: the only writing connection, for the caller alone until given back; NULL if it is
 * taken. */
struct db *store_writing_take(struct store *s);
void store_writing_give(struct store *s);

#endif
