/* SPDX-License-Identifier: Apache-2.0
 * exchange/tasks.c - what committed acts still owe is done, now or after the next start */
#include <pthread.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "exchange/act_rows.h"
#include "exchange/hidden.h"
#include "exchange/publisher.h"
#include "exchange/quarantine.h"
#include "store/statement.h"
#include "store/store.h"

#define TASK_RETRY_MS 30000

static const struct {
    const char *kind;
    enum err (*run)(struct node *n, const char *subject, uint64_t task, struct fail *f);
} kinds[] = { { "seal", act_seal_granted },
              { "rule", act_forward_decide },
              { "quarantine", quarantine_release },
              { "hidden", hidden_deliver } };

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

/* ${left} gets how many could not be done. */
static enum err run_all(struct node *n, size_t *left, struct fail *f)
{
    uint64_t after = 0;
    *left = 0;
    for (bool found = true; found;) {
        AUTO(store_task_clear) struct task_row row = { 0 };
        TRY(next_task(n, after, &row, &found, f));
        if (!found)
            break;
        struct fail why = { 0 };
        enum err e = run_task(n, &row, &why);
        if (e == OK)
            continue; /* it is gone; what it left to do may have its number */
        after = row.id;
        if (e == E_NOT_FOUND)
            continue;
        /* one that can't be done now is tried again later, and holds up no other */
        log_fail(LOG_WARN, "task-postponed", &why);
        ++*left;
    }
    return OK;
}

/* A node is a process; what two threads would do at once, one would do in vain. */
static enum err run_alone(struct node *n, size_t *left, struct fail *f)
{
    static pthread_mutex_t busy = PTHREAD_MUTEX_INITIALIZER;
    pthread_mutex_lock(&busy);
    enum err e = run_all(n, left, f);
    pthread_mutex_unlock(&busy);
    return e;
}

enum err acts_resume(struct node *n, struct fail *f)
{
    size_t left;
    return run_alone(n, &left, f);
}

enum err acts_resume_run(struct node *n, uint64_t now_ms, uint64_t *next_ms, struct fail *f)
{
    size_t left;
    TRY(run_alone(n, &left, f));
    if (left)
        *next_ms = now_ms + TASK_RETRY_MS;
    return OK;
}
