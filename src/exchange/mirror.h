/* SPDX-License-Identifier: Apache-2.0
 * exchange/mirror.h - what is kept here of partners' ledgers, for whoever lost a part of his own (docs/protocol.md, Generations)
 *
 * All of it is public at the partner's own node, while he has it: whoever asks needs no name. Any thread. */
#ifndef EXCHANGE_MIRROR_H
#define EXCHANGE_MIRROR_H

#include "base/buf.h"
#include "exchange/node.h"
#include "ledger/tiles.h"

/*
 * mirror_card: append card ${serial}, or the newest one where that is not known here, of the organisation one of whose logs, cosigned
 * here, has the origin with the SHA-256 ${hash} (hex). mirror_entries: append the bundle ${t} of that log, as this node's
 * monitor read it. E_NOT_FOUND: no such log is cosigned here, its organisation is not trusted any more, or there is no such bundle.
 */
MUST_USE enum err mirror_card(struct node *n, const char *hash, uint64_t serial, struct buf *out,
                              struct fail *f);
MUST_USE enum err mirror_entries(struct node *n, const char *hash, const struct tile *t, struct buf *out,
                                 struct fail *f);

#endif
