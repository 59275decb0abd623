/* SPDX-License-Identifier: Apache-2.0
 * kill -9 in mid-load: every job that was acknowledged is there after a reopen, in one dense log. */
#include "fixture.h"

#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>

#include "store/leaf.h"
#include "store/writer.h"

#define ROUNDS  20
#define THREADS 4

static struct writer *writer;
static int pipe_end;

static enum err add_leaf(struct db *in, void *ctx, struct fail *fail)
{
    uint64_t *idx = ctx, last;
    TRY(store_leaf_next(in, 1, idx, &last, fail));
    return store_leaf_add(
        in,
        &(struct leaf_row){
            .generation = 1, .idx = *idx, .form = LEAF_EVENT, .body = BYTES(idx, sizeof *idx) },
        fail);
}

static void *load(void *arg)
{
    (void)arg;
    for (;;) {
        uint64_t idx = 0;
        if (writer_run(writer, add_leaf, &idx, NULL) != OK ||
            write(pipe_end, &idx, sizeof idx) != (ssize_t)sizeof idx)
            _exit(1);
    }
    return NULL;
}

static _Noreturn void child(void)
{
    struct store *s = NULL;
    pthread_t thread[THREADS];
    if (store_open(path, &s, NULL) != OK || writer_new(s, NULL, &writer, NULL) != OK)
        _exit(2);
    for (int i = 0; i < THREADS; i++)
        if (pthread_create(&thread[i], NULL, load, NULL) != 0)
            _exit(3);
    for (;;)
        pause();
}

/* What is acknowledged: the highest index, and how many. Waits for the first, so that there is a load. */
static uint64_t kill_in_load(unsigned wait_us, uint64_t *acked)
{
    int fd[2];
    uint64_t highest = 0, idx;
    if (pipe(fd) != 0)
        exit(99);
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        close(fd[0]);
        pipe_end = fd[1];
        child();
    }
    close(fd[1]);
    bool killed = false;
    while (read(fd[0], &idx, sizeof idx) == (ssize_t)sizeof idx) {
        highest = idx > highest ? idx : highest;
        ++*acked;
        if (!killed) {
            usleep(wait_us);
            kill(pid, SIGKILL);
            killed = true;
        }
    }
    int status = 0;
    ok(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "killed");
    close(fd[0]);
    return highest;
}

static enum err dense(const struct leaf_row *r, void *ctx, struct fail *fail)
{
    uint64_t *next = ctx, body;
    memcpy(&body, r->body.data, sizeof body);
    if (r->idx != *next || body != *next)
        return fail_set(fail, E_UNVERIFIED, "leaf %llu is not in its place", (unsigned long long)*next);
    ++*next;
    return OK;
}

int main(void)
{
    begin();
    store_writing_give(store);
    store_freep(&store);
    uint64_t all = 0;
    for (unsigned round = 0; round < ROUNDS; round++) {
        uint64_t acked = 0, leaves = 0;
        uint64_t highest = kill_in_load(500 + 1700 * round, &acked);
        good(store_open(path, &store, &f));
        if (!store)
            return end();
        AUTO(store_read_endp) struct db *reader = NULL;
        good(store_read_begin(store, &reader, &f));
        good(store_leaf_range(reader, 1, 0, UINT64_MAX, dense, &leaves, &f));
        all += acked;
        ok(leaves > highest && leaves >= all, "round %u: %llu acknowledged, the last %llu, and %llu leaves",
           round, (unsigned long long)acked, (unsigned long long)highest, (unsigned long long)leaves);
        store_read_endp(&reader);
        store_freep(&store);
    }
    return end();
}
