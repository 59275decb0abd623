/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/reporters.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/time.h"
#include "ledger/evidence.h"
#include "ledger/statement.h"
#include "store/statement.h"
#include "store/store.h"

void reporters_clear(struct reporters *r)
{
    for (size_t i = 0; i < r->count; i++)
        free(r->each[i].jws);
    mem_freep(&r->each);
    r->count = 0;
}

struct listing {
    struct reporters *into;
    const char *portion;
};

static struct reporter *find(const struct reporters *r, const char *domain)
{
    for (size_t i = 0; i < r->count; i++)
        if (strcmp(r->each[i].domain, domain) == 0)
            return &r->each[i];
    return NULL;
}

/* Copies under his own key: not where he told by voice, which is a briefing that he reported. */
static enum err add_override(const struct statement_row *row, void *ctx, struct fail *f)
{
    struct listing *l = ctx;
    AUTO(statement_freep) struct statement *s = NULL;
    if (row->direction != STATEMENT_TAKEN)
        return OK;
    TRY(statement_read(bytes_str(row->jws), JOSE_MAX_SMALL, &s, f));
    if (json_is_true(json_object_get(s->body, "oral")) || !statement_names(s->portions, l->portion) ||
        find(l->into, s->iss))
        return OK;
    if (l->into->count == EVIDENCE_LIST_MAX)
        return fail_set(f, E_TOO_LARGE, "more than %d other ledgers could release it", EVIDENCE_LIST_MAX);
    l->into->each = mem_grow(l->into->each, l->into->count + 1, sizeof *l->into->each);
    struct reporter *r = &l->into->each[l->into->count++];
    *r = (struct reporter){ 0 };
    snprintf(r->domain, sizeof r->domain, "%s", s->iss);
    return OK;
}

/* One about nobody says up to when all are reported; the latest counts. */
static enum err add_report(const struct statement_row *row, void *ctx, struct fail *f)
{
    struct listing *l = ctx;
    AUTO(statement_freep) struct statement *s = NULL;
    struct reporter *r = find(l->into, row->iss);
    uint64_t until_ms;
    if (row->direction != STATEMENT_TAKEN || !r)
        return OK;
    TRY(statement_read(bytes_str(row->jws), JOSE_MAX_SMALL, &s, f));
    const char *until = json_string_value(json_object_get(s->body, "until"));
    if (json_object_get(s->body, "person") || !until || !time_read(until, &until_ms) ||
        until_ms <= r->until_ms || !statement_names(s->portions, l->portion))
        return OK;
    r->until_ms = until_ms;
    str_freep(&r->jws);
    r->jws = str_dup(row->jws);
    return OK;
}

static int by_domain(const void *a, const void *b)
{
    return strcmp(((const struct reporter *)a)->domain, ((const struct reporter *)b)->domain);
}

enum err reporters_of(struct db *db, const char *report, const char *portion, struct reporters *out,
                      struct fail *f)
{
    AUTO(reporters_clear) struct reporters r = { 0 };
    struct listing l = { &r, portion };
    TRY(store_statement_list(db, report, "override", add_override, &l, f));
    if (r.count)
        TRY(store_statement_list(db, report, "briefing-report", add_report, &l, f));
    if (r.count)
        qsort(r.each, r.count, sizeof *r.each, by_domain);
    *out = r;
    r = (struct reporters){ 0 };
    return OK;
}
