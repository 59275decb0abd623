/* SPDX-License-Identifier: Apache-2.0
 * store/report.h - our own reports: portions, copies, releases. Conventions: store/store.h */
#ifndef STORE_REPORT_H
#define STORE_REPORT_H

#include "base/name.h"
#include "store/store.h"

struct report_row {
    const char *id;
    const char *author;
    const char *banner;
    uint64_t shared_ms;
    const char *act; /* the author's act, compact JWS */
    void *own;
};
void store_report_clear(struct report_row *r);
void store_report_copy(const struct report_row *from, struct report_row *to);
typedef enum err (*store_report_fn)(const struct report_row *r, void *ctx, struct fail *f);

MUST_USE enum err store_report_add(struct db *db, const struct report_row *r, struct fail *f);
MUST_USE enum err store_report_get(struct db *db, const char *id, struct report_row *r, struct fail *f);
/* store_report_author: into ${author}, of PERSON_MAX + 1 bytes. Acts are long: this does not read one. */
MUST_USE enum err store_report_author(struct db *db, const char *id, char *author, struct fail *f);
/* store_report_list: newest first, at most ${limit} after skipping ${offset}. */
MUST_USE enum err store_report_list(struct db *db, uint64_t limit, uint64_t offset, store_report_fn fn,
                                    void *ctx, struct fail *f);

/* The payload is not part of the row: it may be large. */
struct portion_row {
    const char *id;
    const char *report;
    uint32_t n; /* 0: the title */
    const char *mark;
    bool clear;            /* TLP:CLEAR: the payload is the plain text, the manifest is empty */
    struct bytes manifest; /* of the master */
    bool differs;          /* copies differ by holder (tdf/variant.h) */
    void *own;
};
void store_portion_clear(struct portion_row *r);
void store_portion_copy(const struct portion_row *from, struct portion_row *to);
typedef enum err (*store_portion_fn)(const struct portion_row *r, void *ctx, struct fail *f);

/* store_portion_add: E_CONFLICT if the id is known, or the report has a portion ${n}. */
MUST_USE enum err store_portion_add(struct db *db, const struct portion_row *r, struct bytes payload,
                                    struct fail *f);
MUST_USE enum err store_portion_get(struct db *db, const char *id, struct portion_row *r, struct fail *f);
/* store_portion_list: of one report, by n. */
MUST_USE enum err store_portion_list(struct db *db, const char *report, store_portion_fn fn, void *ctx,
                                     struct fail *f);
/* store_portion_payload: caller owns ${out}. */
MUST_USE enum err store_portion_payload(struct db *db, const char *id, struct buf **out, struct fail *f);

/* A copy, or the master, whose holder is this node. The payload is not part of the row. */
struct copy_row {
    const char *policy; /* policy uuid */
    const char *portion;
    const char *holder;      /* domain */
    uint8_t wrapped_sha[32]; /* of what a key request must present: wrappedKey, policy text, binding */
    uint8_t policy_sha[32];
    uint8_t binding_sha[32];
    struct bytes manifest;
    uint8_t commitment[32];
    const char *share; /* id of the share statement that carries it, "" for the master */
    uint64_t made_ms;
    const char *report; /* these four come with a get or list, of the portion; not used when adding */
    uint32_t n;
    const char *mark;
    bool clear;
    void *own;
};
void store_copy_clear(struct copy_row *r);
void store_copy_copy(const struct copy_row *from, struct copy_row *to);
typedef enum err (*store_copy_fn)(const struct copy_row *r, void *ctx, struct fail *f);

/* store_copy_add: ${payload} NULL where none is kept (a master's lies in its portion). */
MUST_USE enum err store_copy_add(struct db *db, const struct copy_row *r, const struct bytes *payload,
                                 struct fail *f);
MUST_USE enum err store_copy_get(struct db *db, const char *policy, struct copy_row *r, struct fail *f);
/* store_copy_master: the copy of ${portion} with an empty share. */
MUST_USE enum err store_copy_master(struct db *db, const char *portion, struct copy_row *r, struct fail *f);
/* Lists: of a portion, by holder and time; of a share, by n; of a report by n, holder and time; masters are
 * in. */
MUST_USE enum err store_copy_list(struct db *db, const char *portion, store_copy_fn fn, void *ctx,
                                  struct fail *f);
MUST_USE enum err store_copy_list_share(struct db *db, const char *share, store_copy_fn fn, void *ctx,
                                        struct fail *f);
MUST_USE enum err store_copy_list_report(struct db *db, const char *report, store_copy_fn fn, void *ctx,
                                         struct fail *f);
/* store_copy_newest: the share that brought ${holder} its newest copy of ${portion}; E_NOT_FOUND if it has none. store_copy_holds:
 * whether it has one of any portion of ${report}. Neither reads a copy: both take as long for what there is not. */
MUST_USE enum err store_copy_newest(struct db *db, const char *portion, const char *holder,
                                    char share[static UUID_TEXT], struct fail *f);
MUST_USE enum err store_copy_holds(struct db *db, const char *report, const char *holder, bool *holds,
                                   struct fail *f);
/* store_copy_payload: caller owns ${out}; E_NOT_FOUND once it was dropped. */
MUST_USE enum err store_copy_payload(struct db *db, const char *policy, struct buf **out, struct fail *f);
/* store_copy_drop_payloads: of every copy of a share, once its holder acked. */
MUST_USE enum err store_copy_drop_payloads(struct db *db, const char *share, struct fail *f);

/* The originator's leave: ${portion} may be opened by ${holder}'s people, or by ${person} alone if not "". */
struct release_row {
    uint64_t id; /* set by the store */
    const char *portion;
    const char *holder;
    const char *person;
    uint64_t from_ms;
    uint64_t until_ms;    /* 0: no end */
    uint64_t recalled_ms; /* 0: stands */
    const char *note;
    const char *statement; /* the share or grant it rests on */
    uint32_t generation;   /* the entry it rests on */
    uint64_t idx;
    const char *report; /* these three come with a get or list; not used when adding */
    uint32_t n;
    bool granted; /* it rests on a decision: not on the share that the author's act made */
    void *own;
};
void store_release_clear(struct release_row *r);
void store_release_copy(const struct release_row *from, struct release_row *to);
typedef enum err (*store_release_fn)(const struct release_row *r, void *ctx, struct fail *f);

/* store_release_add: ${id} (may be NULL) is set to the new row's. */
MUST_USE enum err store_release_add(struct db *db, const struct release_row *r, uint64_t *id, struct fail *f);
/* store_release_list: of (portion, holder), ended and recalled ones too, by id. */
MUST_USE enum err store_release_list(struct db *db, const char *portion, const char *holder,
                                     store_release_fn fn, void *ctx, struct fail *f);
/* store_release_list_report: of all portions and holders of a report, by n and id. */
MUST_USE enum err store_release_list_report(struct db *db, const char *report, store_release_fn fn, void *ctx,
                                            struct fail *f);
/* store_release_end: set until_ms. E_NOT_FOUND. */
MUST_USE enum err store_release_end(struct db *db, uint64_t id, uint64_t until_ms, struct fail *f);
/*
 * store_release_recall: recall those of a portion that stand: to ${holder}, or to all but ${except} (this
 * node's own people) where holder is NULL. ${count} (may be NULL) says how many it ended.
 */
MUST_USE enum err store_release_recall(struct db *db, const char *portion, const char *holder,
                                       const char *except, uint64_t recalled_ms, uint64_t *count,
                                       struct fail *f);

/* store_release_recall_person: those of them to ${holder} that name ${person}, or a client of it. */
MUST_USE enum err store_release_recall_person(struct db *db, const char *portion, const char *holder,
                                              const char *person, uint64_t recalled_ms, struct fail *f);

#endif
