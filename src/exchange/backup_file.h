/* SPDX-License-Identifier: Apache-2.0
 * exchange/backup_file.h - inside the exchange: the sealed stream of a backup, written and read part by part */
#ifndef EXCHANGE_BACKUP_FILE_H
#define EXCHANGE_BACKUP_FILE_H

#include <stdbool.h>

#include "base/buf.h"
#include "crypto/hash.h"

#define BACKUP_PART ((size_t)1 << 20) /* plain bytes of a part, at most */

/* One direction of one file. Zero it, set ${fd}, then begin. */
struct backup_file {
    int fd;
    const char *name; /* for messages */
    uint8_t key[32], head_sha[HASH_LEN];
    uint64_t part;
    struct buf *plain; /* of this part */
    size_t at;         /* reading: how far it is used */
    bool last;         /* reading: this part is the end */
};

/* backup_file_write: begin a file whose first lines are ${head}, JSON in one line. _put: more bytes. _end: the last part, synced. */
MUST_USE enum err backup_file_write(struct backup_file *b, struct bytes unlock, const char *head,
                                    struct fail *f);
MUST_USE enum err backup_file_put(struct backup_file *b, struct bytes v, struct fail *f);
MUST_USE enum err backup_file_end(struct backup_file *b, struct fail *f);

/* backup_file_read: begin; ${head} gets the JSON line, which is to be believed only once a part has opened. _get: exactly ${len} bytes.
 * _done: that was all of it. All E_UNVERIFIED for what is no whole backup under this key. */
MUST_USE enum err backup_file_read(struct backup_file *b, struct bytes unlock, char **head, struct fail *f);
MUST_USE enum err backup_file_get(struct backup_file *b, void *out, size_t len, struct fail *f);
MUST_USE enum err backup_file_done(struct backup_file *b, struct fail *f);

void backup_file_clear(struct backup_file *b); /* wipes; leaves fd alone. Also for AUTO */

#endif
