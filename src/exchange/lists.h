/* SPDX-License-Identifier: Apache-2.0
 * exchange/lists.h - signed, versioned lists of members (docs/protocol.md, Lists)
 *
 *   clients     the organisations that the owner works for; no name; every confirmed partner gets it
 *   community   a named list of organisations; its members among the confirmed partners get it
 *   group       a named list of recipients, organisations or persons of them; its members get it, unless they
 *               are hidden from one another
 *
 * A list is a statement of its owner. Its version only rises; every version is kept, since decisions name the
 * one that they rest on. Members are canonical names in ascending order, each once, at most LIST_MEMBERS. */
#ifndef EXCHANGE_LISTS_H
#define EXCHANGE_LISTS_H

#include <jansson.h>

#include "exchange/node.h"
#include "store/list.h"

#define LIST_MEMBERS 1000

struct db;
struct statement;

/* lists_kind: the kind of this name; false if there is none. */
bool lists_kind(const char *name, enum list_kind *kind);

/*
 * lists_has: whether ${member} is on the newest list (${owner}, ${kind}, ${name}); ${name} "" for clients.
 * ${version} is that list's, to be recorded with what is decided by it; 0 where no such list stands.
 */
MUST_USE enum err lists_has(struct db *db, const char *owner, enum list_kind kind, const char *name,
                            const char *member, bool *on, uint64_t *version, struct fail *f);

/*
 * lists_set: the next version of a list of ours. ${members}: comma separated; "" for nobody. The same members
 * again: no new version. Enters a remark, tells partners, waits for L1.
 * E_INVALID (REASON_LIST_MEMBER) for a member twice, also as two persons of one organisation; E_USAGE for
 * what is no name, or ourselves; E_TOO_LARGE. lists_delete: a version that ends it; E_NOT_FOUND
 * (REASON_LIST_UNKNOWN). ${out}: as lists_show; caller owns.
 */
MUST_USE enum err lists_set(struct node *n, enum list_kind kind, const char *name, const char *members,
                            bool hide, json_t **out, struct fail *f);
MUST_USE enum err lists_delete(struct node *n, enum list_kind kind, const char *name, json_t **out,
                               struct fail *f);

/*
 * lists_show: {kind, owner, name, version, members[], hide_members, at}: the newest, which stands.
 * E_NOT_FOUND (REASON_LIST_UNKNOWN). ${owner} NULL: ours. lists_all: {lists[]}, ours and partners'. Caller
 * owns ${out}.
 */
MUST_USE enum err lists_show(struct node *n, const char *owner, enum list_kind kind, const char *name,
                             json_t **out, struct fail *f);
MUST_USE enum err lists_all(struct node *n, enum list_kind kind, json_t **out, struct fail *f);

/*
 * lists_take: in a writer job: a partner's list. E_REFUSED (REASON_LIST_OWNER) if it is another's;
 * E_CONFLICT (REASON_LIST_VERSION) unless its version is above the one that is here; E_INVALID
 * (REASON_LIST_MEMBER) unless members are canonical.
 */
MUST_USE enum err lists_take(struct node *n, struct db *db, const struct statement *s, struct fail *f);
/* lists_tell: in a writer job: queue what concerns him of our lists for a partner just confirmed. */
MUST_USE enum err lists_tell(struct node *n, struct db *db, const char *partner, struct fail *f);

#endif
