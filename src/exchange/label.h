/* SPDX-License-Identifier: Apache-2.0
 * exchange/label.h - confidentiality labels on copies: an OpenTDF assertion, signed by the organisation's statement
 * key (docs/opentdf.md, 5) */
#ifndef EXCHANGE_LABEL_H
#define EXCHANGE_LABEL_H

#include "base/buf.h"

struct node;

/* label_attach: the label of ${mark} into the manifest in ${manifest}, whose text is replaced. What is registered of a
 * copy (wrapped key, policy, binding) stays as it is. */
MUST_USE enum err label_attach(struct node *n, const char *mark, struct buf *manifest, struct fail *f);

#endif
