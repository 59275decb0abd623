/* SPDX-License-Identifier: Apache-2.0
 * ledger/proof.h - an entry's place under a signed checkpoint, as text (C2SP tlog-proof) */
#ifndef LEDGER_PROOF_H
#define LEDGER_PROOF_H

#include "ledger/tree.h"

/* An entry's place: views into the text. ${checkpoint} is a note, not yet looked at. */
struct proof {
    uint64_t index;
    size_t count;
    uint8_t hash[TREE_LEVELS + 1][HASH_LEN];
    struct bytes extra; /* base64 as it stands; empty if there is no such line */
    struct bytes checkpoint;
};

/* proof_put: "c2sp.org/tlog-proof@v1", index, hashes (joined), empty line, checkpoint verbatim.
 * proof_read: the same back, strictly. proof_hashes: the hashes joined, for tree_verify_inclusion. */
void proof_put(struct buf *b, uint64_t index, struct bytes hashes, struct bytes checkpoint);
MUST_USE enum err proof_read(struct bytes text, struct proof *out, struct fail *f);
struct bytes proof_hashes(const struct proof *p);

#endif
