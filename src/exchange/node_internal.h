/* SPDX-License-Identifier: Apache-2.0
 * exchange/node_internal.h - what making a home and opening it share */
#ifndef EXCHANGE_NODE_INTERNAL_H
#define EXCHANGE_NODE_INTERNAL_H

#include "exchange/node.h"
#include "keeper/keeper.h"

/* Files of a home, below it. */
#define HOME_CONF      "orcon.conf"
#define HOME_STORE     "orcon.db"
#define HOME_LOCK      "lock"
#define HOME_UNLOCK    "keys/unlock"
#define HOME_TLS       "keys/tls.key"
#define HOME_CERT      "keys/tls.crt"
#define HOME_KEYS      "keys"
#define HOME_TLS_NEXT  "keys/tls.next.key" /* in the card, and not in use yet */
#define HOME_CERT_NEXT "keys/tls.next.crt"
#define HOME_COPY      "run/backup.db" /* while a backup is made */
#define HOME_BACKUP    "run/backed-up" /* its time is that of the last backup */

/* Settings in the store. */
#define SETTING_GENERATION "generation"
#define SETTING_RESTORED   "restored" /* "1": put back, and not confirmed by witnesses yet; "" or none: no */

/* keys/<use>.key, a heap string relative to the home. */
char *node_key_name(enum key_use use);
/* node_key_owner: the name that is sealed with a key of this use; a heap string. */
char *node_key_owner(const char *domain, const char *origin, enum key_use use);
/* node_make_tls: a key and a certificate for the public listener of ${conf}, in the files ${key} and ${cert} of the home. */
MUST_USE enum err node_make_tls(const struct node *n, const struct node_conf *conf, const char *key,
                                const char *cert, struct fail *f);
/* node_kas_set: take over the KAS key's public half, SPKI PEM. */
MUST_USE enum err node_kas_set(struct node *n, struct bytes pem, struct fail *f);
/* node_lock: take the home; where another process has it, after at most ${wait_ms}. node_keeper: fork keeper and sealer with the home's unlock key. */
MUST_USE enum err node_lock(struct node *n, unsigned wait_ms, struct fail *f);
MUST_USE enum err node_keeper(struct node *n, struct fail *f);

#endif
