/* SPDX-License-Identifier: Apache-2.0
 * base/file.h - small files: read whole with a bound, written beside and renamed */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stdbool.h>

#include "base/buf.h"

/* file_read: append ${path} ("-": standard input) to ${out}. E_IO names path and cause; E_TOO_LARGE. */
MUST_USE enum err file_read(const char *path, struct buf *out, struct fail *f);

/*
 * file_write: ${v} into a new file beside ${path} with ${mode}, synced, then renamed over it; the folder is
 * synced too. On failure what was there before stays, and nothing is left beside it; but where the folder's sync fails,
 * which comes last, the new file is there and may not last.
 */
MUST_USE enum err file_write(const char *path, struct bytes v, unsigned mode, struct fail *f);

/* file_mkdirs: make ${path} and what is missing above it, with ${mode}. There already: fine. */
MUST_USE enum err file_mkdirs(const char *path, unsigned mode, struct fail *f);

/* file_sync_folder: make the names in ${folder} last: what was renamed, linked or made there. file_sync_name: in the folder that
 * ${path} stands in. E_IO. */
MUST_USE enum err file_sync_folder(const char *folder, struct fail *f);
MUST_USE enum err file_sync_name(const char *path, struct fail *f);

/* file_exists: whether something is there. file_remove_tree: ${path} and all below it; what is gone already
 * is fine. */
bool file_exists(const char *path);
MUST_USE enum err file_remove_tree(const char *path, struct fail *f);

/* fd_closep: for AUTO on a descriptor that starts as -1. */
void fd_closep(int *fd);

#endif
