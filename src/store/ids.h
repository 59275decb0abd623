/* SPDX-License-Identifier: Apache-2.0
 * store/ids.h - which ids there are, for short forms. Conventions: store/store.h */
#ifndef STORE_IDS_H
#define STORE_IDS_H

#include "base/name.h"
#include "store/store.h"

/* What has an id of its own. */
enum ids_of {
    IDS_REPORT, /* ours and held */
    IDS_REQUEST,
    IDS_OVERRIDE,
    IDS_SECOND,
    IDS_ALERT,
    IDS_INQUIRY,
    IDS_KINDS
};

#define IDS_MAX 5 /* that are given: enough to tell one from several, and to name some */

struct ids {
    char id[IDS_MAX][UUID_TEXT];
    size_t count;
};

/* store_ids: those from ${first} to ${last} as text, both included, each once, in order; at most IDS_MAX. Reads no row outside of
 * them. */
MUST_USE enum err store_ids(struct db *db, enum ids_of of, const char *first, const char *last,
                            struct ids *out, struct fail *f);

#endif
