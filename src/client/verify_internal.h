/* SPDX-License-Identifier: Apache-2.0
 * client/verify_internal.h - one check under way; shared by verify.c and verify_ledger.c only */
#ifndef CLIENT_VERIFY_INTERNAL_H
#define CLIENT_VERIFY_INTERNAL_H

#include "client/verify.h"

/* verify_begin: nothing is found yet. verify_set_why: why it failed. verify_finish: whatever is wrong, it does not verify. */
void verify_begin(struct verify *v);
void verify_set_why(struct verify *v, const struct fail *why);
enum err verify_finish(struct verify *v, enum err e, const struct fail *why, struct fail *f);

/* verify_note: a checkpoint that its log signed, and as many witnesses as the policy wants: all of them are anchors. */
MUST_USE enum err verify_note(struct verify *v, struct bytes note, struct checkpoint *out,
                              struct note_key *log, struct fail *f);
void verify_checkpoint_json(struct verify *v, const struct checkpoint *c);

#endif
