/* SPDX-License-Identifier: Apache-2.0
 * ledger/verdict_internal.h - a file being judged; shared by verdict.c, verdict_yes.c and verdict_rest.c
 * only */
#ifndef LEDGER_VERDICT_INTERNAL_H
#define LEDGER_VERDICT_INTERNAL_H

#include <stdarg.h>

#include "ledger/absence.h"
#include "ledger/presence.h"
#include "ledger/verdict.h"

/* A part that holds by itself. One of the two kinds; the anchor is in its facts. */
struct seen {
    uint32_t generation;
    const struct part_anchor *anchor;
    struct absence *absence;
    struct absence_facts *absence_facts;
    struct presence *presence;
    struct presence_facts *presence_facts;
};

struct judge {
    const struct evidence *e;
    const struct quorum *policy;
    const struct shown_cards *cards;
    bool replayed;
    struct seen *seen;
    size_t seen_count;
    bool unmonitored; /* a part lacks the monitor of the policy */
    /* outside monitors that signed every part, and any: bits of the policy's keys */
    uint64_t monitors, monitors_of_any;
    uint64_t cosigners, logs; /* keys and logs of the policy that signed a part's checkpoint */
};

/* verdict_yes, verdict_rest: what follows from the parts together. They add basis and reasons to ${v}; a
 * reason means that the outcome is unknown. */
MUST_USE enum err verdict_yes(const struct judge *j, struct verdict *v, struct fail *f);
MUST_USE enum err verdict_rest(const struct judge *j, struct verdict *v, struct fail *f);

/* verdict_reason: one more reason, unless it is there. verdict_basis: more text of the basis. */
void verdict_reason(struct verdict *v, const char *fmt, ...) PRINTF(2, 3);
void verdict_basis(struct verdict *v, const char *fmt, ...) PRINTF(2, 3);

#endif
