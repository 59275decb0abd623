/* SPDX-License-Identifier: Apache-2.0
 * exchange/drafts.h - what people are writing: kept here so that it is on all their devices, sealed on the page so that
 * nobody here can read it. The node sees sizes and times. */
#ifndef EXCHANGE_DRAFTS_H
#define EXCHANGE_DRAFTS_H

#include <jansson.h>

#include "exchange/auth.h"

#define DRAFT_MAX       ((size_t)1 << 20) /* sealed bytes of one */
#define DRAFT_COUNT_MAX 50                /* of one person */
#define DRAFT_BODY_MAX  (DRAFT_MAX / 3 * 4 + 4096)

/* Each is about drafts of ${a} alone; others' do not exist: REASON_NOT_YOURS. */

/* drafts_list: {drafts[]{draft, version, changed, bytes}}. drafts_get: one, with `sealed` (base64url). */
MUST_USE enum err drafts_list(struct node *n, const struct asker *a, json_t **out, struct fail *f);
MUST_USE enum err drafts_get(struct node *n, const struct asker *a, const char *id, json_t **out,
                             struct fail *f);

/* drafts_put: ${in} {sealed, version}: a new one where version is 0 or missing, else the next version of the one that has
 * this version now; E_CONFLICT if it has another, so that two tabs can't undo each other's work. E_RATE beyond the bounds. */
MUST_USE enum err drafts_put(struct node *n, const struct asker *a, const char *id, const json_t *in,
                             json_t **out, struct fail *f);
/* drafts_drop: {draft}. */
MUST_USE enum err drafts_drop(struct node *n, const struct asker *a, const char *id, json_t **out,
                              struct fail *f);

#endif
