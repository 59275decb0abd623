/* SPDX-License-Identifier: Apache-2.0
 * exchange/audience.h - which items a person gets: his own, those of his roles, and those of the absent for whom
 * he stands in */
#ifndef EXCHANGE_AUDIENCE_H
#define EXCHANGE_AUDIENCE_H

#include "exchange/auth.h"
#include "store/item.h"

/* Names of audiences as items have them. Zero it first; end with audience_clear. */
struct audience {
    const char *names[ITEM_AUDIENCES];
    size_t count;
    char *owned[ITEM_AUDIENCES];
    size_t owned_count;
};

/* audience_of: a guest gets what is addressed to him, nothing by a role. As it is at n->now_ms(). ${person} is borrowed, and outlives ${out}. */
MUST_USE enum err audience_of(struct node *n, struct db *db, const char *person, unsigned roles,
                              struct audience *out, struct fail *f);
void audience_clear(struct audience *a);

#endif
