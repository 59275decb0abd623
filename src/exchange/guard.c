/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/guard.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/thread.h"
#include "keeper/keeper.h"
#include "store/writer.h"

struct guard {
    struct node *n;
    int stop; /* can be read once the guard is to go */
    pthread_t thread;
};

static void *run(void *arg)
{
    struct guard *g = arg;
    const char *ended = keeper_await_end(g->n->keeper, g->stop);
    if (ended) {
        log_event(LOG_ERROR, "process-ended", "which=%s", ended);
        _exit(WRITER_EXIT_STATUS);
    }
    return NULL;
}

enum err guard_open(struct node *n, struct guard **out, struct fail *f)
{
    struct guard *g = mem_new(sizeof *g);
    g->n = n;
    g->stop = eventfd(0, EFD_CLOEXEC);
    if (g->stop < 0 || !thread_start(&g->thread, "guard", run, g)) {
        fail_set(f, E_INTERNAL, "cannot watch over keeper and sealer: %s", strerror(errno));
        fd_closep(&g->stop);
        free(g);
        return E_INTERNAL;
    }
    *out = g;
    return OK;
}

void guard_close(struct guard *g)
{
    if (!g)
        return;
    if (eventfd_write(g->stop, 1) != 0)
        BUG("a guard that can't be stopped");
    pthread_join(g->thread, NULL);
    fd_closep(&g->stop);
    free(g);
}
