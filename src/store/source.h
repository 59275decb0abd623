/* SPDX-License-Identifier: Apache-2.0
 * store/source.h - whose word a portion of ours rests on, sealed. Conventions: store/store.h */
#ifndef STORE_SOURCE_H
#define STORE_SOURCE_H

#include "store/store.h"

struct source_row {
    const char *portion;
    uint64_t place;      /* 1 and up: a portion may have several */
    const char *mark;    /* who may know of it */
    struct bytes sealed; /* tdf/handle.h */
    const char *report;  /* set by the store */
    void *own;
};
void store_source_clear(struct source_row *r);
void store_source_copy(const struct source_row *from, struct source_row *to);
typedef enum err (*store_source_fn)(const struct source_row *r, void *ctx, struct fail *f);

MUST_USE enum err store_source_add(struct db *db, const struct source_row *r, struct fail *f);
/* store_source_list: at most ${max} of all, by portion and place, from after the one given ("", 0: from the first). */
MUST_USE enum err store_source_list(struct db *db, const char *portion, uint64_t place, size_t max,
                                    store_source_fn fn, void *ctx, struct fail *f);

#endif
