/* SPDX-License-Identifier: Apache-2.0
 * exchange/webhook.h - notices to one other system of our own, signed (docs/notices.md, 4)
 *
 * A call holds kinds and ids; never a title, a text, a mark, a reason or the name of a reader. In order, at least once,
 * none lost. Where it goes and the secret lie in keys/webhook.key; the place in the feed in the store. */
#ifndef EXCHANGE_WEBHOOK_H
#define EXCHANGE_WEBHOOK_H

#include <jansson.h>

#include "exchange/node.h"

/* webhook_open: start the thread; it does nothing as long as no webhook is set. */
MUST_USE enum err webhook_open(struct node *n, struct follower **out, struct fail *f);

/*
 * webhook_set: from now on notices go to ${url}, whose server has a key of this pin; NULL: the one it shows now. One
 * that was set before is replaced, and the new one goes on where it was. ${local}: its address need not be public. ${out} gets
 * url, pin, local and secret, which nobody is told again. Needs the network client.
 * Errors: those of net/client.h: E_INVALID URL or pin; without a pin E_REFUSED, E_UNAVAILABLE. Nothing is changed then.
 */
MUST_USE enum err webhook_set(struct node *n, const char *url, const char *pin, bool local, json_t *out,
                              struct fail *f);

/* webhook_show: url ("": none), and then pin, local, seq (the last notice that was taken), waiting (those after it).
 * webhook_off: no more; url is what it was; E_NOT_FOUND without one. */
MUST_USE enum err webhook_show(struct node *n, json_t *out, struct fail *f);
MUST_USE enum err webhook_off(struct node *n, json_t *out, struct fail *f);

#endif
