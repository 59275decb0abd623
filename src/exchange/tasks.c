/* SPDX-License-Identifier: Apache-2.0
 * exchange/tasks.c - what committed acts still owe is done, now or after the next start */
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "exchange/act_rows.h"
#include "exchange/publisher.h"
#include "store/statement.h"
#include "store/store.h"

static const struct {
    const char *kind;
    enum err (*run)(struct node *n, const char *subject, uint64_t task, struct fail *f);
} kinds[] = { { "seal", act_seal_granted } };

static enum err next_task(struct node *n, uint64_t after, struct task_row *row, bool *found, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    TRY(store_read_begin(n->store, &db, f));
    enum err e = store_task_first(db, after, row, f);
    *found = e == OK;
    return store_missing(e, f) ? OK : e;
}

static enum err run_task(struct node *n, const struct task_row *row, struct fail *f)
{
    for (size_t i = 0; i < COUNT(kinds); i++)
        if (strcmp(kinds[i].kind, row->kind) == 0)
            return kinds[i].run(n, row->subject, row->id, f);
    return fail_set(f, E_STORE, "a task of unknown kind '%.20s' is in the store", row->kind);
}

enum err acts_resume(struct node *n, struct fail *f)
{
    uint64_t after = 0;
    for (bool found = true; found;) {
        AUTO(store_task_clear) struct task_row row = { 0 };
        TRY(next_task(n, after, &row, &found, f));
        if (!found)
            break;
        after = row.id;
        struct fail why = { 0 };
        /* one that can't be done now is tried again with the next act or start, and holds up no other */
        if (run_task(n, &row, &why) != OK && why.code != E_NOT_FOUND)
            log_fail(LOG_WARN, "task-postponed", &why);
    }
    return OK;
}
