/* SPDX-License-Identifier: Apache-2.0
 * store/held.h - what we hold from others: one row a received share. Conventions: store/store.h
 *
 * A stray share was made for somebody else and came by hand. A report is held by all its other shares
 * together: a later grant brings more portions of it. */
#ifndef STORE_HELD_H
#define STORE_HELD_H

#include "store/store.h"

struct held_row {
    const char *originator; /* domain */
    const char *share;      /* statement id */
    const char *report;
    const char *audience; /* domain it was made for */
    const char *banner;
    bool stray;
    uint64_t received_ms;
    const char *jws;    /* report.json */
    uint64_t shared_ms; /* `at` of the share: the originator's clock */
    bool hidden;        /* its portions are HIDDEN: it comes apart from what everybody sees */
    void *own;
};
void store_held_clear(struct held_row *r);
void store_held_copy(const struct held_row *from, struct held_row *to);
typedef enum err (*store_held_fn)(const struct held_row *r, void *ctx, struct fail *f);

MUST_USE enum err store_held_add(struct db *db, const struct held_row *r, struct fail *f);
MUST_USE enum err store_held_get(struct db *db, const char *originator, const char *share, struct held_row *r,
                                 struct fail *f);
/* store_held_newest: the newest share of a report that is not stray, hidden ones last. store_held_stray: the newest
 * that is. */
MUST_USE enum err store_held_newest(struct db *db, const char *originator, const char *report,
                                    struct held_row *r, struct fail *f);
MUST_USE enum err store_held_stray(struct db *db, const char *originator, const char *report,
                                   struct held_row *r, struct fail *f);
/* store_held_list: for each (originator, report) its newest share, and where all are stray the newest stray,
 * hidden ones last;
 * newest first, at most ${limit} after skipping ${offset}. */
MUST_USE enum err store_held_list(struct db *db, uint64_t limit, uint64_t offset, store_held_fn fn, void *ctx,
                                  struct fail *f);
/* store_held_list_report: every share of a report, stray ones too, newest first. */
MUST_USE enum err store_held_list_report(struct db *db, const char *originator, const char *report,
                                         store_held_fn fn, void *ctx, struct fail *f);
/* store_held_origin: the originators from whom we hold a report with this id, one call of ${fn} each: first those of strays alone. */
MUST_USE enum err store_held_origin(struct db *db, const char *report, store_id_fn fn, void *ctx,
                                    struct fail *f);

/* The content, the file of the package, is not part of the row. */
struct held_portion_row {
    const char *originator;
    const char *share;
    const char *portion;
    uint32_t n;
    const char *mark;
    bool clear;           /* content is the plain text */
    uint64_t recalled_ms; /* by the originator's clock, 0: not since this share; read only */
    void *own;
};
void store_held_portion_clear(struct held_portion_row *r);
void store_held_portion_copy(const struct held_portion_row *from, struct held_portion_row *to);
typedef enum err (*store_held_portion_fn)(const struct held_portion_row *r, void *ctx, struct fail *f);

/* store_held_portion_others: how many portions with this id we hold from others than ${originator}, strays left out. */
MUST_USE enum err store_held_portion_others(struct db *db, const char *portion, const char *originator,
                                            uint64_t *count, struct fail *f);
MUST_USE enum err store_held_portion_add(struct db *db, const struct held_portion_row *r,
                                         struct bytes content, struct fail *f);
MUST_USE enum err store_held_portion_get(struct db *db, const char *originator, const char *share,
                                         const char *portion, struct held_portion_row *r, struct fail *f);
/* store_held_portion_list: of one share, by n. */
MUST_USE enum err store_held_portion_list(struct db *db, const char *originator, const char *share,
                                          store_held_portion_fn fn, void *ctx, struct fail *f);
/* store_held_portion_merged: of a report, each portion once, from the newest share that is not stray and has
 * it; by n. */
MUST_USE enum err store_held_portion_merged(struct db *db, const char *originator, const char *report,
                                            store_held_portion_fn fn, void *ctx, struct fail *f);
/* store_held_portion_content: caller owns ${out}. */
MUST_USE enum err store_held_portion_content(struct db *db, const char *originator, const char *share,
                                             const char *portion, struct buf **out, struct fail *f);

/* store_held_recall_put: ${originator} took his leave back at ${at_ms} by his clock, from every share of ${portion}
 * until then, also those that are still to come. store_held_recall_drop: he has given it again, at ${before_ms}. */
MUST_USE enum err store_held_recall_put(struct db *db, const char *originator, const char *portion,
                                        uint64_t at_ms, const char *statement, struct fail *f);
MUST_USE enum err store_held_recall_drop(struct db *db, const char *originator, const char *portion,
                                         uint64_t before_ms, struct fail *f);

/* How many bytes of packages, statement and portions, are held from the partner who sent them. */
struct held_sum_row {
    const char *domain;
    uint64_t bytes;
    void *own;
};
void store_held_sum_copy(const struct held_sum_row *from, struct held_sum_row *to);
typedef enum err (*store_held_sum_fn)(const struct held_sum_row *r, void *ctx, struct fail *f);

/* store_held_sum_get: 0 if nothing is. store_held_sum_add: in the transaction that adds the rows. */
MUST_USE enum err store_held_sum_get(struct db *db, const char *domain, uint64_t *bytes, struct fail *f);
MUST_USE enum err store_held_sum_add(struct db *db, const char *domain, uint64_t bytes, struct fail *f);
/* store_held_sum_list: those with more than ${above} bytes, most first. */
MUST_USE enum err store_held_sum_list(struct db *db, uint64_t above, store_held_sum_fn fn, void *ctx,
                                      struct fail *f);

#endif
