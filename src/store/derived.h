/* SPDX-License-Identifier: Apache-2.0
 * store/derived.h - what portions cite, of reports of ours and of held ones. Conventions: store/store.h */
#ifndef STORE_DERIVED_H
#define STORE_DERIVED_H

#include "store/store.h"

struct derived_row {
    const char *owner; /* domain, whose report it is that cites */
    const char *report;
    const char *portion;    /* that cites */
    const char *originator; /* domain; of what it cites */
    const char *source_report;
    const char *source;     /* the portion */
    const char *commitment; /* to its text, as the owner's copy has it, b64u; "" of what is public */
    void *own;
};
void store_derived_clear(struct derived_row *r);
void store_derived_copy(const struct derived_row *from, struct derived_row *to);
typedef enum err (*store_derived_fn)(const struct derived_row *r, void *ctx, struct fail *f);

/* store_derived_add: what is there already stays. */
MUST_USE enum err store_derived_add(struct db *db, const struct derived_row *r, struct fail *f);
/* Lists: all of a report; of one of its portions; of all that cite one portion of ${originator}. */
MUST_USE enum err store_derived_list_report(struct db *db, const char *owner, const char *report,
                                            store_derived_fn fn, void *ctx, struct fail *f);
MUST_USE enum err store_derived_list_portion(struct db *db, const char *owner, const char *portion,
                                             store_derived_fn fn, void *ctx, struct fail *f);
MUST_USE enum err store_derived_list_source(struct db *db, const char *originator, const char *source,
                                            store_derived_fn fn, void *ctx, struct fail *f);

#endif
