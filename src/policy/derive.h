/* SPDX-License-Identifier: Apache-2.0
 * policy/derive.h - who may cite a portion of somebody else's in a report of his own, and to whom that report may go
 * (docs/protocol.md, Drafts that cite)
 *
 * Pure, as policy/decide.h. All zero is no leave. */
#ifndef POLICY_DERIVE_H
#define POLICY_DERIVE_H

#include <stdbool.h>

#include "base/reason.h"
#include "marking/marking.h"

/* A portion and who would cite it. */
struct policy_citing {
    bool own;      /* it is of his own organisation's */
    bool known;    /* it is held, and he may know of it */
    bool given;    /* by its originator's share or grant; else by an override alone */
    bool recalled; /* from his organisation */
    bool clear;    /* TLP:CLEAR: no briefing of it is kept */
    bool briefed;  /* he signed that it arrived, or was told by its originator */
};

/* policy_cite: RELEASED, or why not: CITES_OWN, NOT_YOURS (the same whether there is no such portion, it is hidden from him or is not
 * held), CITES_OVERRIDDEN, RECALLED, NOT_BRIEFED. */
enum reason policy_cite(const struct policy_citing *c);

/* policy_inherits: whether ${mark} of a portion is at least as strict, in every part, as ${cited}. */
bool policy_inherits(const struct marking *mark, const struct marking *cited);

/* A cited portion, and one organisation to which the report that cites it would go. */
struct policy_source {
    const char *originator; /* of the portion */
    const char *home;       /* who cites it */
    const char *to;
    bool recalled;    /* from ${home} */
    enum reason rule; /* of policy_might: by which it goes to ${to} without asking, else why it does not */
    bool granted;     /* a request of ${home}'s for ${to} was granted, */
    bool withdrawn;   /* and that was recalled later */
    bool ended;       /* its time is over */
};

/* policy_source_leave: by which leave it may go on: OWN (it stays at home, or goes back to its originator), the rule, RELEASED by a
 * grant; else why not: RECALLED, RELEASE_ENDED, or the reason to ask. */
enum reason policy_source_leave(const struct policy_source *s);

#endif
