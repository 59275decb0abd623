/* SPDX-License-Identifier: Apache-2.0
 * store/third.h - third parties: cards that came with requests, and what waits until its sender's card is
 * confirmed. Conventions: store/store.h */
#ifndef STORE_THIRD_H
#define STORE_THIRD_H

#include "store/store.h"

/* The card of the recipient that a request names, as the asker has it. */
struct introduction_row {
    const char *request;
    const char *domain;
    const char *via; /* who introduced it */
    const char *jws; /* the card */
    void *own;
};
void store_introduction_clear(struct introduction_row *r);
MUST_USE enum err store_introduction_add(struct db *db, const struct introduction_row *r, struct fail *f);
MUST_USE enum err store_introduction_get(struct db *db, const char *request, struct introduction_row *r,
                                         struct fail *f);

struct quarantine_row {
    const char *iss;
    const char *statement;
    const char *kind;
    const char *report;
    uint64_t received_ms;
    const char *jws;
    struct bytes package; /* empty: none */
    uint64_t id;          /* set by the store: the order in which they came */
    void *own;
};
void store_quarantine_clear(struct quarantine_row *r);
void store_quarantine_copy(const struct quarantine_row *from, struct quarantine_row *to);
typedef enum err (*store_quarantine_fn)(const struct quarantine_row *r, void *ctx, struct fail *f);

/* store_quarantine_add: the same (iss, statement) again changes nothing. */
MUST_USE enum err store_quarantine_add(struct db *db, const struct quarantine_row *r, struct fail *f);
MUST_USE enum err store_quarantine_get(struct db *db, const char *iss, const char *statement,
                                       struct quarantine_row *r, struct fail *f);
/* store_quarantine_first: the oldest of ${iss}; E_NOT_FOUND. */
MUST_USE enum err store_quarantine_first(struct db *db, const char *iss, struct quarantine_row *r,
                                         struct fail *f);
/* store_quarantine_list: all, without their packages, oldest first. */
MUST_USE enum err store_quarantine_list(struct db *db, store_quarantine_fn fn, void *ctx, struct fail *f);
/* store_quarantine_usage: how many statements of ${iss} ("": of all), and their bytes. */
MUST_USE enum err store_quarantine_usage(struct db *db, const char *iss, uint64_t *count, uint64_t *bytes,
                                         struct fail *f);
MUST_USE enum err store_quarantine_delete(struct db *db, uint64_t id, struct fail *f);
/* store_quarantine_drop: everything of ${iss}. */
MUST_USE enum err store_quarantine_drop(struct db *db, const char *iss, struct fail *f);

#endif
