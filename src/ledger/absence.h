/* SPDX-License-Identifier: Apache-2.0
 * ledger/absence.h - `orcon/absence@v1`: under this seal, the last entry of the tree, no entry has these tags
 */
#ifndef LEDGER_ABSENCE_H
#define LEDGER_ABSENCE_H

#include "ledger/map.h"
#include "ledger/part.h"
#include "ledger/tag.h"

#define ABSENCE_QUERIES_MAX 2048

/* One question: no entry carries the tag of these names. Names are empty where the class has none. */
struct absence_query {
    unsigned class;
    uint64_t version;
    struct bytes portion, name;
    struct bytes pi;  /* 80 bytes */
    struct bytes map; /* absence proof; empty in an empty map */
};

struct absence {
    struct part_genesis genesis;
    struct bytes close, close_proof; /* entry N-2 of a closed log and its inclusion; empty if it is open */
    struct bytes seal;               /* entry N-1 */
    size_t query_count;              /* 1..ABSENCE_QUERIES_MAX */
    struct absence_query *query;
    struct proof place; /* of the seal */
    struct buf *pool;   /* of a part that was read, which owns ${query} too; NULL otherwise */
};

/* absence_read: E_INVALID unless ${text} has exactly the lines of the format. Views into ${text}, which must
 * outlive it. Verifies nothing. absence_write: the text. */
MUST_USE enum err absence_read(struct bytes text, struct absence **out, struct fail *f);
void absence_free(struct absence *a);
void absence_freep(struct absence **a);
MUST_USE enum err absence_write(const struct absence *a, struct buf *out, struct fail *f);

/* What a verified part says. */
struct absence_facts {
    struct part_anchor anchor;
    struct entry_seal seal;
    bool closed;
    struct entry_close close; /* if closed */
};

/*
 * absence_verify: anchor; the seal is the last entry, and covers all before it; the close entry, if shown, is
 * right before it; each query's tag follows from its VRF proof (portion empty only in class 2, class 1 at
 * version 0 only) and has no leaf under the seal's map root. E_UNVERIFIED, E_INVALID.
 */
MUST_USE enum err absence_verify(const struct absence *a, const struct part_trust *trust,
                                 struct absence_facts *out, struct fail *f);

#endif
