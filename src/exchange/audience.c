/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/audience.h"

#include "base/mem.h"
#include "exchange/absence.h"
#include "exchange/guests.h"

static const struct {
    enum role role;
    const char *name;
} rows[] = { { ROLE_READER, "reader" },   { ROLE_AUTHOR, "author" },       { ROLE_OFFICER, "officer" },
             { ROLE_AUDITOR, "auditor" }, { ROLE_AUTHORITY, "authority" }, { ROLE_ADMIN, "admin" } };

void audience_clear(struct audience *a)
{
    for (size_t i = 0; i < a->owned_count; i++)
        mem_freep(&a->owned[i]);
    a->count = a->owned_count = 0;
}

static enum err add_absent(const char *person, void *ctx, struct fail *f)
{
    struct audience *a = ctx;
    (void)f;
    if (a->count == ITEM_AUDIENCES)
        return OK; /* nobody can do the work of so many */
    char *copy = str_dup(person);
    a->owned[a->owned_count++] = copy;
    a->names[a->count++] = copy;
    return OK;
}

enum err audience_of(struct node *n, struct db *db, const char *person, unsigned roles, struct audience *out,
                     struct fail *f)
{
    out->names[out->count++] = person;
    for (size_t i = 0; i < COUNT(rows) && !guests_is(n, person);
         i++) /* what goes to a role is the host's own */
        if (roles & rows[i].role)
            out->names[out->count++] = rows[i].name;
    return absence_each(db, person, n->now_ms(), add_absent, out, f);
}
