/* SPDX-License-Identifier: Apache-2.0
 * store/variant.h - which number a holder has in the code of a report whose copies differ (tdf/variant.h) */
#ifndef STORE_VARIANT_H
#define STORE_VARIANT_H

#include "store/store.h"

/* store_variant_number: in a writer job: the number of ${holder} in ${report}, 1 and up; given at the first call, and kept. */
MUST_USE enum err store_variant_number(struct db *db, const char *report, const char *holder,
                                       uint32_t *number, struct fail *f);

/* store_variant_list: who has which number, ascending. */
typedef enum err (*store_variant_fn)(const char *holder, uint32_t number, void *ctx, struct fail *f);
MUST_USE enum err store_variant_list(struct db *db, const char *report, store_variant_fn fn, void *ctx,
                                     struct fail *f);

#endif
