/* SPDX-License-Identifier: Apache-2.0
 * store/migrate.h - inside the store: numbered migrations, embedded at build time, never edited once released
 */
#ifndef STORE_MIGRATE_H
#define STORE_MIGRATE_H

#include "store/sqlite.h"

/*
 * migrate: check what is recorded in ${db}, then apply what is missing, each migration in one transaction
 * that also records it. E_STORE if a recorded checksum is not ours, a number is missing, or the store is
 * newer than this program.
 */
MUST_USE enum err migrate(struct db *db, struct fail *f);

#endif
