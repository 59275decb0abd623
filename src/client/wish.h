/* SPDX-License-Identifier: Apache-2.0
 * client/wish.h - requests that are written and not sent yet: `<profile>/drafts/<id>.json`, 0600, the asker's alone
 *
 * A draft is what he wrote on the command line, checked when it is sent: {v: 1, draft, report, to, portions,
 * reason, by, until, precedence}; what he left out is missing. Nothing of it leaves the machine before. */
#ifndef CLIENT_WISH_H
#define CLIENT_WISH_H

#include <jansson.h>

#include "client/profile.h"

/* wish_keep: ${draft} under a new id, which is put into it as `draft`. */
MUST_USE enum err wish_keep(const struct profile *p, json_t *draft, struct fail *f);
/* wish_find: the draft of this id, or of a short form of it. E_NOT_FOUND (REASON_NOT_YOURS); E_CONFLICT where it could be
 * several; E_INVALID for a file that is none. Caller owns ${out}. */
MUST_USE enum err wish_find(const struct profile *p, const char *text, json_t **out, struct fail *f);
/* wish_list: all of them, by id. Caller owns ${out}, an array. */
MUST_USE enum err wish_list(const struct profile *p, json_t **out, struct fail *f);
/* wish_drop: ${draft}, as wish_find gave it, is gone. E_IO. */
MUST_USE enum err wish_drop(const struct profile *p, const json_t *draft, struct fail *f);

#endif
