/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/foreign.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "exchange/facts.h"
#include "policy/foreign.h"
#include "store/store.h"
#include "tdf/manifest.h"

/* The names in a comma separated list of the configuration. */
static bool is_listed(const char *list, const char *name)
{
    size_t len = strlen(name);
    while (list && *list) {
        list += strspn(list, ", ");
        size_t n = strcspn(list, ", ");
        if (n == len && memcmp(list, name, n) == 0)
            return true;
        list += n;
    }
    return false;
}

static const char *const *names(char **list)
{
    return (const char *const *)list;
}

/* Who may read, as the object itself says it. */
static void fill(struct node *n, const struct asker *a, const struct tdf_policy *p, struct facts *facts,
                 struct policy_object *object)
{
    struct policy_input *in = &facts->input;
    char home[DOMAIN_MAX + 2];
    snprintf(home, sizeof home, "@%s", a->issuer);
    bool person = policy_named(names(p->dissem), p->dissem_count, a->person);
    object->unmarked = p->attribute_count == 0 && p->dissem_count == 0;
    object->allowed = is_listed(n->conf.unmarked, a->person);
    object->narrowed = p->dissem_count > 0;
    object->named = person || policy_named(names(p->dissem), p->dissem_count, home);
    in->object = object;
    /* a mark that can't be judged stays unset, and is refused as that */
    in->marks = &facts->mark;
    in->mark_count = 1;
    bool marked = policy_attributes_mark(n->conf.domain, names(p->attributes), p->attribute_count,
                                         &facts->mark, NULL) == OK;
    in->release.named = person;
    in->release.exists =
        object->named || (marked && facts->mark.has_rel_to && marking_listed(&facts->mark, a->issuer));
    in->copy_holder = a->issuer; /* nobody's: so it is not another's */
}

enum err foreign_decide(struct node *n, struct db *db, const struct asker *asker, const char *policy,
                        const char *uuid, uint64_t now_ms, enum reason *reason, struct fail *f)
{
    AUTO(facts_clear) struct facts facts = { 0 };
    AUTO(store_portion_clear) struct portion_row portion = { 0 };
    AUTO(tdf_policy_clear) struct tdf_policy p = { 0 };
    struct policy_object object = { 0 };
    /* nothing gets the name of a portion of ours in the ledger */
    enum err e = store_portion_get(db, uuid, &portion, f);
    if (!store_missing(e, f)) {
        TRY(e);
        *reason = REASON_TAMPERED;
        return OK;
    }
    if (tdf_policy_read(policy, &p, NULL) != OK) {
        *reason = REASON_TAMPERED;
        return OK;
    }
    TRY(facts_asker(n, db, asker->person, asker->issuer, asker->clearance, now_ms, &facts, f));
    fill(n, asker, &p, &facts, &object);
    facts_decide(&facts);
    *reason = facts.result.reasons[0].reason;
    return OK;
}
