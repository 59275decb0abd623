/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/ask.h"

bool policy_may_ask(const struct policy_asking *a)
{
    bool by_role = a->officer || a->auditor;
    bool knows_of_it = a->exists && a->shared && (!a->hidden || a->may_have || (a->originator && by_role));
    return knows_of_it &&
           (a->about_self || (a->about_own && by_role) || (a->originator && (by_role || a->author)) ||
            (a->about_originator && a->auditor && a->oversight));
}

bool policy_may_trace_source(bool author, bool officer, bool may_read)
{
    return (author || officer) && may_read;
}
