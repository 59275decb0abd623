/* SPDX-License-Identifier: Apache-2.0
 * cli/passphrase.h - the passphrase of a person's device key: from the terminal, without echo, or from the file that
 * ORCON_PASSPHRASE_FILE names; never from an argument or the environment itself */
#ifndef CLI_PASSPHRASE_H
#define CLI_PASSPHRASE_H

#include "base/buf.h"
#include "cli/cli.h"
#include "client/profile.h"

/* passphrase_new: one that is being chosen, asked for twice on a terminal. E_USAGE: neither terminal nor file, empty, too long, or
 * the two differ. Into ${out}, a secret buffer. */
MUST_USE enum err passphrase_new(const struct cli *c, struct buf *out, struct fail *f);
/* passphrase_open: open the key of ${p} if it lies under a passphrase. */
MUST_USE enum err passphrase_open(const struct cli *c, struct profile *p, struct fail *f);

#endif
