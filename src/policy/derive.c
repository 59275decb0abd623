/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/derive.h"

#include <string.h>

#include "base/mem.h"

enum reason policy_cite(const struct policy_citing *c)
{
    const struct {
        bool holds;
        enum reason reason;
    } rules[] = {
        { c->own, REASON_CITES_OWN },
        { !c->known, REASON_NOT_YOURS },
        { !c->given, REASON_CITES_OVERRIDDEN },
        { c->recalled, REASON_RECALLED },
        { !c->clear && !c->briefed, REASON_NOT_BRIEFED },
    };
    for (size_t i = 0; i < COUNT(rules); i++)
        if (rules[i].holds)
            return rules[i].reason;
    return REASON_RELEASED;
}

bool policy_inherits(const struct marking *mark, const struct marking *cited)
{
    enum marking_order order = marking_compare(mark, cited);
    return order == MARKING_EQUAL || order == MARKING_STRICTER;
}

enum reason policy_source_leave(const struct policy_source *s)
{
    bool allowed = s->rule != REASON_NONE && reason_err(s->rule) == OK;
    if (s->recalled)
        return REASON_RECALLED;
    if (strcmp(s->to, s->home) == 0 || strcmp(s->to, s->originator) == 0)
        return REASON_OWN;
    if (allowed)
        return s->rule;
    if (!s->granted)
        return s->rule == REASON_NONE ? REASON_NO_RELEASE : s->rule;
    return s->withdrawn ? REASON_RECALLED : s->ended ? REASON_RELEASE_ENDED : REASON_RELEASED;
}
