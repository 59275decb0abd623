/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/audience.h"

#include "base/mem.h"

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

enum err audience_of(struct node *n, struct db *db, const char *person, unsigned roles, struct audience *out,
                     struct fail *f)
{
    (void)n;
    (void)db;
    (void)f;
    out->names[out->count++] = person;
    for (size_t i = 0; i < COUNT(rows); i++)
        if (roles & rows[i].role)
            out->names[out->count++] = rows[i].name;
    return OK;
}
