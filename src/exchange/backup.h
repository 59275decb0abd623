/* SPDX-License-Identifier: Apache-2.0
 * exchange/backup.h - a home in one sealed file, and back (docs/formats.md, "Backup")
 *
 * The file holds everything of a home but its unlock key, and is sealed under that key: whoever has the file alone has
 * nothing, whoever has both has the organisation. */
#ifndef EXCHANGE_BACKUP_H
#define EXCHANGE_BACKUP_H

#include "base/err.h"

#include <stdint.h>

struct node;

/* What a backup says of itself. */
struct backup_info {
    char *domain;
    uint64_t at_ms;
    uint64_t bytes; /* of the home */
    uint32_t generation;
    uint64_t size; /* of the ledger's newest signed checkpoint */
};
void backup_info_clear(struct backup_info *i); /* also for AUTO */

/* Told now and then how many of how many bytes are done; NULL: nobody. */
typedef void (*backup_progress_fn)(uint64_t done, uint64_t of, void *ctx);

/*
 * backup_make: the home ${home} into ${file}, 0600, which replaces what is there only when it is whole. The node may run:
 * the store is copied in one state. Room for a second copy of the store is needed in the home meanwhile. E_IO, E_STORE.
 */
MUST_USE enum err backup_make(const char *home, const char *file, backup_progress_fn progress, void *ctx,
                              struct backup_info *out, struct fail *f);

/*
 * backup_restore: ${file} into ${home}, which must not exist or be empty, with the unlock key in ${unlock} (a file). The
 * ledger is replayed against its last checkpoint before anything stands there; the node then writes nothing until
 * its witnesses have confirmed it (cosigners_restored). E_UNVERIFIED if the file is foreign, altered, cut off, or of another key;
 * E_CONFLICT if something is in ${home}. On failure nothing is left.
 */
MUST_USE enum err backup_restore(const char *file, const char *home, const char *unlock,
                                 backup_progress_fn progress, void *ctx, struct backup_info *out,
                                 struct fail *f);

/* backup_last_ms: when the last backup of this home was made; 0: never. */
uint64_t backup_last_ms(const struct node *n);

#endif
