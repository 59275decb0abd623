/* SPDX-License-Identifier: Apache-2.0
 * exchange/pack.h - packages put together from what the store keeps apart */
#ifndef EXCHANGE_PACK_H
#define EXCHANGE_PACK_H

#include "exchange/node.h"
#include "store/statement.h"

struct buf;
struct db;

/* pack_share: the package that carries one of our share statements. E_NOT_FOUND once its holder has it and
 * the payloads are gone. */
MUST_USE enum err pack_share(struct node *n, const struct statement_row *share, struct buf *out,
                             struct fail *f);
/* pack_own: our own people's package of one of our reports: the masters that statement ${share} to ourselves lists;
 * NULL: of all that is not HIDDEN. */
MUST_USE enum err pack_own(struct node *n, const char *report, const char *share, struct buf *out,
                           struct fail *f);
/* pack_held: one held share, as it came. */
MUST_USE enum err pack_held(struct node *n, const char *originator, const char *share, struct buf *out,
                            struct fail *f);

#endif
