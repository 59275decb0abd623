/* SPDX-License-Identifier: Apache-2.0
 * exchange/node_view.h - the node as its admins see it */
#ifndef EXCHANGE_NODE_VIEW_H
#define EXCHANGE_NODE_VIEW_H

#include <jansson.h>

#include "exchange/node.h"

/* node_view: {domain, name, url, version, started, generation, entries, signed, checkpoint, words, keys[]{use, kid, from,
 * until, revoked}, outbox[]{partner, waiting, oldest}, good, checks[]}: the last two as doctor_run has them, with what
 * there is to say of cosigners and the backup. Caller owns ${out}. */
MUST_USE enum err node_view(struct node *n, json_t **out, struct fail *f);

#endif
