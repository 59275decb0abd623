/* SPDX-License-Identifier: Apache-2.0
 * exchange/signer.h - what keeper and sealer are shown of the key that signed an act: its entry, and the statement that the
 * entry names */
#ifndef EXCHANGE_SIGNER_H
#define EXCHANGE_SIGNER_H

#include "exchange/show.h"
#include "store/person.h"
#include "store/statement.h"

struct signer {
    struct device_row device;
    struct statement_row statement;
    struct show_entry entry;
};
void signer_clear(struct signer *s);

/* signer_load: of the key ${kid}, under ${head}. signer_shown: with ${act}; points into ${s}, which must not move. */
MUST_USE enum err signer_load(struct node *n, const struct publisher_head *head, const char *kid,
                              struct signer *s, struct fail *f);
struct keeper_signed signer_shown(struct bytes act, const struct signer *s);

#endif
