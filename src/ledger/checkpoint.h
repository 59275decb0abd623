/* SPDX-License-Identifier: Apache-2.0
 * ledger/checkpoint.h - the text that a log signs about its tree (C2SP tlog-checkpoint v1.0.0) */
#ifndef LEDGER_CHECKPOINT_H
#define LEDGER_CHECKPOINT_H

#include "ledger/note.h"
#include "ledger/tree.h"

struct checkpoint {
    char origin[NOTE_NAME_SIZE];
    uint64_t size; /* below 2^63 */
    uint8_t root[HASH_LEN];
    bool extended; /* there are extension lines; our logs have none */
};

/* checkpoint_put: origin, size, root: the text to be signed. */
void checkpoint_put(struct buf *b, const char *origin, uint64_t size, const uint8_t root[static HASH_LEN]);

/* checkpoint_read: the text of a note. E_INVALID; E_UNVERIFIED: size 0 with another root than H(""). */
MUST_USE enum err checkpoint_read(struct bytes text, struct checkpoint *out, struct fail *f);

/*
 * checkpoint_open: a signed checkpoint: the note is well formed, ${log} (type 01) signed it, its origin is
 * the name of that key, and it has no extension lines. E_INVALID, E_UNVERIFIED.
 */
MUST_USE enum err checkpoint_open(struct bytes note, const struct note_key *log, struct checkpoint *out,
                                  struct fail *f);

#endif
