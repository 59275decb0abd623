/* SPDX-License-Identifier: Apache-2.0
 * exchange/telling.h - what the home says to its partners about a person: a statement of ours, with its entry
 *
 *     telling_make(n, &t, body, f)      signed; takes ${body}
 *     telling_write(n, db, &t, f)       in a transaction: entered, kept, queued for every confirmed partner
 *     telling_clear(&t)
 */
#ifndef EXCHANGE_TELLING_H
#define EXCHANGE_TELLING_H

#include <jansson.h>

#include "base/name.h"
#include "crypto/hash.h"
#include "exchange/journal.h"

struct node;
struct db;

struct telling {
    const char *kind;
    enum entry_kind entry;
    const char *person, *reason; /* reason: field 10 of the entry */
    char id[UUID_TEXT];
    char *jws;
    uint8_t digest[HASH_LEN];
    struct place at; /* of the entry, once written */
};

MUST_USE enum err telling_make(struct node *n, struct telling *t, json_t *body, struct fail *f);
MUST_USE enum err telling_write(struct node *n, struct db *db, struct telling *t, struct fail *f);
void telling_clear(struct telling *t);

#endif
