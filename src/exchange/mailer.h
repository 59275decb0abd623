/* SPDX-License-Identifier: Apache-2.0
 * exchange/mailer.h - notices by mail, through the sendmail interface of this machine (docs/notices.md, 3)
 *
 * A message holds kinds, ids and the node's address; never a title, a text, a mark, a reason or the name of a
 * reader. Each person's place in the feed is remembered: in order, none lost. One thread. */
#ifndef EXCHANGE_MAILER_H
#define EXCHANGE_MAILER_H

#include <jansson.h>

#include "exchange/auth.h"

struct follower;

/* mailer_open: start the thread, if the configuration names a program; else ${out} is NULL. */
MUST_USE enum err mailer_open(struct node *n, struct follower **out, struct fail *f);

/* mailer_choose: at-once, digest or off, from now on. mailer_view: {mail, sendmail}: what ${a} chose, and whether
 * this node sends any. Caller owns ${out}. */
MUST_USE enum err mailer_choose(struct node *n, const struct asker *a, const char *mode, struct fail *f);
MUST_USE enum err mailer_view(struct node *n, const struct asker *a, json_t **out, struct fail *f);

#endif
