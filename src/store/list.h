/* SPDX-License-Identifier: Apache-2.0
 * store/list.h - signed, versioned lists: clients, communities, groups. Conventions: store/store.h */
#ifndef STORE_LIST_H
#define STORE_LIST_H

#include "store/store.h"

enum list_kind { LIST_CLIENTS, LIST_COMMUNITY, LIST_GROUP, LIST_KIND_COUNT };
const char *list_kind_name(enum list_kind k); /* "clients": also the kind of the statement */

/* One version of a list. */
struct list_row {
    const char *owner; /* domain */
    enum list_kind kind;
    const char *name; /* "" for clients */
    uint64_t version; /* from 1, only rises */
    bool hide;        /* members are not told of each other */
    bool ended;       /* deleted by this version, which has no members */
    const char *statement;
    uint64_t taken_ms;
    void *own;
};
void store_list_clear(struct list_row *r);
void store_list_copy(const struct list_row *from, struct list_row *to);
typedef enum err (*store_list_fn)(const struct list_row *r, void *ctx, struct fail *f);
typedef enum err (*store_member_fn)(const char *member, void *ctx, struct fail *f);

/* store_list_add: a version; E_CONFLICT if it is there. store_list_member_add: E_CONFLICT for a member twice. */
MUST_USE enum err store_list_add(struct db *db, const struct list_row *r, struct fail *f);
MUST_USE enum err store_list_member_add(struct db *db, const struct list_row *r, const char *member,
                                        struct fail *f);
/* store_list_newest: the highest version, ended or not; E_NOT_FOUND if there was never one. */
MUST_USE enum err store_list_newest(struct db *db, const char *owner, enum list_kind kind, const char *name,
                                    struct list_row *r, struct fail *f);
/* store_list_version: that very one. */
MUST_USE enum err store_list_version(struct db *db, const char *owner, enum list_kind kind, const char *name,
                                     uint64_t version, struct list_row *r, struct fail *f);
/* store_list_all: the newest of each list of this kind, ended ones too, by owner and name. */
MUST_USE enum err store_list_all(struct db *db, enum list_kind kind, store_list_fn fn, void *ctx,
                                 struct fail *f);
/* store_list_members: of one version, in order. store_list_has: whether ${member} is on it. */
MUST_USE enum err store_list_members(struct db *db, const struct list_row *r, store_member_fn fn, void *ctx,
                                     struct fail *f);
MUST_USE enum err store_list_has(struct db *db, const struct list_row *r, const char *member, bool *on,
                                 struct fail *f);
/* store_list_naming: the newest of each list of this kind that has the organisation ${member}, or a
 * person of it, on it, by owner and name. */
MUST_USE enum err store_list_naming(struct db *db, enum list_kind kind, const char *member, store_list_fn fn,
                                    void *ctx, struct fail *f);

/* Groups a report of ours was shared with, by name. */
typedef enum err (*store_report_group_fn)(const char *name, uint64_t version, void *ctx, struct fail *f);
MUST_USE enum err store_report_group_add(struct db *db, const char *report, const char *name,
                                         uint64_t version, struct fail *f);
MUST_USE enum err store_report_group_list(struct db *db, const char *report, store_report_group_fn fn,
                                          void *ctx, struct fail *f);

#endif
