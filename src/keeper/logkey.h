/* SPDX-License-Identifier: Apache-2.0
 * keeper/logkey.h - what a log key signs: checkpoints that extend each other; and whose checkpoints count */
#ifndef KEEPER_LOGKEY_H
#define KEEPER_LOGKEY_H

#include "keeper/keys.h"
#include "ledger/checkpoint.h"

/* logkey_anchor, logkey_sign: as keeper_log_anchor and keeper_checkpoint say. E_CONFLICT: something was
 * signed already. logkey_sign and the ones that open: any thread; logkey_anchor: while no other call is under way. */
MUST_USE enum err logkey_anchor(struct keys_row *log, struct bytes note, struct fail *f);
MUST_USE enum err logkey_sign(struct keys_row *log, const struct wire_checkpoint *v, struct buf *note,
                              struct fail *f);

/* logkey_open: a checkpoint signed by ${log}. One that this process signed of late is known by its size and
 * root; only others cost a verification. E_INVALID, E_UNVERIFIED. */
MUST_USE enum err logkey_open(const struct keys_row *log, struct bytes note, struct checkpoint *out,
                              struct fail *f);

/* logkey_open_any: a checkpoint signed by whichever of our log keys has its origin: also of an earlier generation. */
MUST_USE enum err logkey_open_any(const struct keys *k, struct bytes note, struct checkpoint *out,
                                  struct fail *f);

/* logkey_cosign: as keeper_cosign says, with the witness or monitor key ${row}. */
MUST_USE enum err logkey_cosign(const struct keys *k, const struct keys_row *row, const struct wire_cosign *v,
                                struct buf *line, struct fail *f);

#endif
