/* SPDX-License-Identifier: Apache-2.0
 * Group commit: order, isolation of jobs, hooks, and that a failed commit ends the process. */
#include "fixture.h"

#include <pthread.h>
#include <sched.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "store/leaf.h"
#include "store/setting.h"
#include "store/writer.h"

#define THREADS 8
#define JOBS    500
#define CROWD   300

static struct writer *writer;

/* A job that adds the next leaf; its body is two bytes of thread and two of number. */
struct add {
    uint8_t body[4];
    uint64_t idx;
};

static enum err add_leaf(struct db *in, void *ctx, struct fail *fail)
{
    struct add *a = ctx;
    uint64_t last;
    TRY(store_leaf_next(in, 1, &a->idx, &last, fail));
    return store_leaf_add(
        in,
        &(struct leaf_row){
            .generation = 1, .idx = a->idx, .form = LEAF_EVENT, .body = BYTES(a->body, sizeof a->body) },
        fail);
}

static void *load(void *arg)
{
    size_t bad = 0;
    for (unsigned i = 0; i < JOBS; i++) {
        struct add a = { .body = { 0, (uint8_t)(size_t)arg, (uint8_t)(i >> 8), (uint8_t)i } };
        struct fail own = { 0 };
        bad += writer_run(writer, add_leaf, &a, &own) != OK;
    }
    return (void *)bad;
}

struct seen {
    unsigned next[THREADS];
    uint64_t leaves;
    bool in_order;
};

static enum err check_leaf(const struct leaf_row *r, void *ctx, struct fail *fail)
{
    (void)fail;
    struct seen *s = ctx;
    unsigned thread = r->body.data[1], number = r->body.data[2] * 256u + r->body.data[3];
    s->in_order = s->in_order && r->idx == s->leaves++ && number == s->next[thread]++;
    return OK;
}

static enum err read_seen(struct seen *s)
{
    AUTO(store_read_endp) struct db *reader = NULL;
    TRY(store_read_begin(store, &reader, &f));
    return store_leaf_range(reader, 1, 0, UINT64_MAX, check_leaf, s, &f);
}

static void many(void)
{
    pthread_t thread[THREADS];
    good(writer_new(store, NULL, &writer, &f));
    struct writer *other = NULL;
    bad(writer_new(store, NULL, &other, &f), E_CONFLICT);
    for (size_t i = 0; i < THREADS; i++)
        ok(pthread_create(&thread[i], NULL, load, (void *)i) == 0, "thread %zu", i);
    for (size_t i = 0; i < THREADS; i++) {
        void *failed = NULL;
        ok(pthread_join(thread[i], &failed) == 0 && !failed, "thread %zu: every job was done", i);
    }
    struct seen s = { .in_order = true };
    good(read_seen(&s));
    ok(s.leaves == THREADS * JOBS && s.in_order, "%d jobs, each once, in each thread's order",
       THREADS * JOBS);
    writer_freep(&writer);
    ok(writer == NULL, "a clean stop");
}

/* Jobs behind a gate land in one batch. */
static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static atomic_bool at_gate;
static size_t batches[64], batch_count;
static atomic_uint committed;

static enum err wait_at_gate(struct db *in, void *ctx, struct fail *fail)
{
    (void)ctx;
    atomic_store(&at_gate, true);
    pthread_mutex_lock(&gate);
    pthread_mutex_unlock(&gate);
    return store_setting_put(in, "gate", "passed", fail);
}

static enum err count_batch(struct db *in, void *ctx, size_t jobs, struct fail *fail)
{
    if (batch_count < COUNT(batches))
        batches[batch_count++] = jobs;
    return store_setting_put(in, ctx, "sealed", fail);
}

static void count_commit(void *ctx)
{
    (void)ctx;
    atomic_fetch_add(&committed, 1);
}

static enum err put_setting(struct db *in, void *ctx, struct fail *fail)
{
    return store_setting_put(in, ctx, "put", fail);
}

static enum err put_and_fail(struct db *in, void *ctx, struct fail *fail)
{
    TRY(store_setting_put(in, ctx, "put", fail));
    return fail_set(fail, E_REFUSED, "changed its mind");
}

static enum err break_a_key(struct db *in, void *ctx, struct fail *fail)
{
    TRY(store_setting_put(in, ctx, "put", fail));
    return store_leaf_add(in, &(struct leaf_row){ .generation = 1, .form = LEAF_EVENT }, fail);
}

struct task {
    writer_job fn;
    const char *name;
    bool soon;
    enum err err, code;
    struct writer *writer;
};

static void *run_task(void *arg)
{
    struct task *t = arg;
    struct fail own = { 0 };
    char name[16];
    snprintf(name, sizeof name, "%s", t->name);
    t->err = (t->soon ? writer_run_soon : writer_run)(t->writer, t->fn, name, &own);
    t->code = own.code;
    return NULL;
}

/* Starts the tasks while a first job holds the writer, so that they wait together. */
static void together(struct task *tasks, size_t count, pthread_t *thread)
{
    static struct task first = { .fn = wait_at_gate, .name = "" };
    pthread_attr_t small;
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 256 * 1024);
    first.writer = writer;
    for (size_t i = 0; i < count; i++)
        tasks[i].writer = writer;
    pthread_mutex_lock(&gate);
    atomic_store(&at_gate, false);
    pthread_create(&thread[count], &small, run_task, &first);
    while (!atomic_load(&at_gate))
        usleep(1000);
    for (size_t i = 0; i < count; i++)
        pthread_create(&thread[i], &small, run_task, &tasks[i]);
    while (writer_waiting(writer) < count)
        usleep(1000);
    pthread_mutex_unlock(&gate);
    pthread_attr_destroy(&small);
}

static void join(pthread_t *thread, size_t count)
{
    for (size_t i = 0; i <= count; i++)
        pthread_join(thread[i], NULL);
}

static bool has(const char *name)
{
    AUTO(store_read_endp) struct db *reader = NULL;
    AUTO(str_freep) char *value = NULL;
    fail_clear(&f);
    return store_read_begin(store, &reader, &f) == OK && store_setting_get(reader, name, &value, &f) == OK;
}

static void neighbours(void)
{
    static char sealed[] = "sealed";
    const struct writer_hooks hooks = { .before_commit = count_batch,
                                        .after_commit = count_commit,
                                        .ctx = sealed };
    struct task tasks[] = {
        { .fn = put_setting, .name = "a" }, { .fn = put_and_fail, .name = "b" },
        { .fn = put_setting, .name = "c" }, { .fn = break_a_key, .name = "d" },
        { .fn = put_setting, .name = "e" },
    };
    pthread_t thread[COUNT(tasks) + 1];
    good(writer_new(store, &hooks, &writer, &f));
    together(tasks, COUNT(tasks), thread);
    join(thread, COUNT(tasks));
    ok(batch_count == 2 && batches[0] == 1 && batches[1] == 3, "one batch of five, three of which stay");
    ok(atomic_load(&committed) == 2, "two commits");
    ok(tasks[1].err == E_REFUSED && tasks[1].code == E_REFUSED, "the failing job gets its own error");
    ok(tasks[3].err == E_CONFLICT && tasks[3].code == E_CONFLICT, "so does one that breaks a unique key");
    ok(tasks[0].err == OK && tasks[2].err == OK && tasks[4].err == OK, "its neighbours get none");
    ok(has("a") && has("c") && has("e") && !has("b") && !has("d"), "and what they wrote is all that stays");
    ok(has("sealed"), "the hook's row is in");
    bad(writer_run(writer, put_and_fail, (char[]){ "z" }, &f), E_REFUSED);
    ok(batch_count == 2 && atomic_load(&committed) == 2 && !has("z"), "nothing to commit: no hooks");
    ok(writer_run(writer, put_and_fail, (char[]){ "z" }, NULL) == E_REFUSED, "fail may be NULL");
}

static void crowd(void)
{
    static struct task tasks[CROWD];
    static pthread_t thread[CROWD + 1];
    for (size_t i = 0; i < CROWD; i++)
        tasks[i] = (struct task){ .fn = put_setting, .name = "crowd", .err = E_INTERNAL };
    batch_count = 0;
    together(tasks, CROWD, thread);
    writer_freep(&writer); /* while they wait */
    join(thread, CROWD);
    size_t most = 0, all = 0, done = 0;
    for (size_t i = 0; i < batch_count; i++) {
        most = batches[i] > most ? batches[i] : most;
        all += batches[i];
    }
    for (size_t i = 0; i < CROWD; i++)
        done += tasks[i].err == OK;
    ok(most == WRITER_BATCH && all == CROWD + 1, "batches are bounded: %zu at most of %zu", most, all);
    ok(done == CROWD, "a stop finishes what waits");
}

/* A hundred pages, other ones each time. */
/* Those that many wait for share the batch of the first job, which is under way. */
static void soon(void)
{
    static char sealed[] = "sealed";
    const struct writer_hooks hooks = { .before_commit = count_batch, .ctx = sealed };
    struct task tasks[] = {
        { .fn = put_setting, .name = "late" },
        { .fn = put_setting, .name = "soon", .soon = true },
        { .fn = put_and_fail, .name = "not", .soon = true },
        { .fn = put_setting, .name = "also", .soon = true },
        { .fn = put_setting, .name = "late too" },
    };
    pthread_t thread[COUNT(tasks) + 1];
    good(writer_new(store, &hooks, &writer, &f));
    batch_count = 0;
    together(tasks, COUNT(tasks), thread);
    join(thread, COUNT(tasks));
    ok(batch_count == 2 && batches[0] == 3 && batches[1] == 2,
       "two join the batch at hand, two wait for the next");
    ok(tasks[2].err == E_REFUSED && !has("not") && has("soon") && has("also"),
       "one that fails is undone alone");
    good(writer_run_soon(writer, put_setting, (char[]){ "idle" }, &f));
    ok(has("idle"), "without a batch at hand it begins one");
    writer_freep(&writer);
}

static enum err put_much(struct db *in, void *ctx, struct fail *fail)
{
    static char much[400000], fill = 'a';
    fill = fill == 'z' ? 'a' : (char)(fill + 1);
    memset(much, fill, sizeof much - 1);
    return store_setting_put(in, ctx, much, fail);
}

static bool is_bounded(void)
{
    char name[128];
    struct stat st;
    snprintf(name, sizeof name, "%s-wal", path);
    return stat(name, &st) == 0 && st.st_size < 20000000;
}

static void log_is_bounded(void)
{
    good(writer_new(store, NULL, &writer, &f));
    size_t failed = 0;
    for (int i = 0; i < 200; i++)
        failed += writer_run(writer, put_much, (char[]){ "much" }, &f) != OK;
    ok(failed == 0 && is_bounded(), "the write-ahead log is moved in time");
    writer_freep(&writer);
}

/* What ends the process: each in a child of its own. ----------------------------------------------------- */

static bool fail_second(void *ctx)
{
    return ++*(int *)ctx == 2;
}

static enum err refuse_commit(struct db *in, void *ctx, size_t jobs, struct fail *fail)
{
    (void)in;
    return ++*(int *)ctx == 2 ? fail_set(fail, E_INTERNAL, "no seal of %zu", jobs) : OK;
}

/* A file system whose sync fails from some moment on: the default one with one method replaced. */
static atomic_bool sync_fails, move_fails, open_fails, full_disk;
static sqlite3_vfs broken;
static sqlite3_io_methods real_methods,
    broken_methods[2]; /* of the database and of its log: locking differs */
static int (*real_open)(sqlite3_vfs *, const char *, sqlite3_file *, int, int *);

static int broken_sync(sqlite3_file *file, int flags)
{
    return atomic_load(&sync_fails) ? SQLITE_IOERR_FSYNC : real_methods.xSync(file, flags);
}

/* Of the database, which only moving the log needs. */
static int broken_move(sqlite3_file *file, int flags)
{
    return atomic_load(&move_fails) ? SQLITE_IOERR_FSYNC : broken_sync(file, flags);
}

static int broken_write(sqlite3_file *file, const void *data, int len, sqlite3_int64 at)
{
    return atomic_load(&full_disk) ? SQLITE_FULL : real_methods.xWrite(file, data, len, at);
}

static int broken_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out)
{
    if (atomic_load(&open_fails))
        return SQLITE_CANTOPEN;
    int rc = real_open(vfs, name, file, flags, out);
    if (rc == SQLITE_OK && file->pMethods && (flags & (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL))) {
        sqlite3_io_methods *own = &broken_methods[(flags & SQLITE_OPEN_WAL) != 0];
        real_methods = *own = *file->pMethods; /* writing and syncing are the same for both */
        own->xSync = flags & SQLITE_OPEN_WAL ? broken_sync : broken_move;
        own->xWrite = broken_write;
        file->pMethods = own;
    }
    return rc;
}

static void install_broken(void)
{
    broken = *sqlite3_vfs_find(NULL);
    real_open = broken.xOpen;
    broken.zName = "broken";
    broken.xOpen = broken_open;
    sqlite3_vfs_register(&broken, 1);
}

enum fault { FAULT_COMMIT, FAULT_HOOK, FAULT_SYNC, FAULT_MOVE, FAULT_OPEN, FAULT_FULL, FAULT_NONE };

/* In the child: one job that must be durable, then one that can't be; never returns. */
static _Noreturn void break_it(enum fault fault)
{
    int calls = 0;
    struct store *s = NULL;
    struct writer *w = NULL;
    struct writer_hooks hooks = { .ctx = &calls };
    if (fault == FAULT_COMMIT)
        hooks.fail_commit = fail_second;
    if (fault == FAULT_HOOK)
        hooks.before_commit = refuse_commit;
    install_broken();
    fail_clear(&f);
    if (store_open(path, &s, &f) != OK || writer_new(s, &hooks, &w, &f) != OK)
        _exit(1);
    if (writer_run(w, put_setting, (char[]){ "before" }, &f) != OK)
        _exit(2);
    atomic_store(&sync_fails, fault == FAULT_SYNC);
    atomic_store(&move_fails, fault == FAULT_MOVE);
    atomic_store(&open_fails, fault == FAULT_OPEN);
    for (int i = 0; (fault == FAULT_MOVE || fault == FAULT_OPEN) && i < 200; i++)
        if (writer_run(w, put_much, (char[]){ "much" }, &f) != OK)
            _exit(3);
    atomic_store(&full_disk, fault == FAULT_FULL);
    enum err e = writer_run(w, put_setting, (char[]){ "after" }, &f);
    if (!is_bounded())
        _exit(4);
    _exit(e == OK ? 0 : 3); /* an answer, whichever: only FAULT_NONE may get one */
}

static void faults(void)
{
    static const struct {
        const char *name;
        enum fault fault;
        int status;
        bool may_be_there; /* the pages were written, only their sync failed */
    } rows[] = {
        { "a commit that fails", FAULT_COMMIT, WRITER_EXIT_STATUS, false },
        { "a hook that fails", FAULT_HOOK, WRITER_EXIT_STATUS, false },
        { "a sync that fails", FAULT_SYNC, WRITER_EXIT_STATUS, true },
        { "a move of the log that fails, on whatever thread", FAULT_MOVE, WRITER_EXIT_STATUS, false },
        { "no connection for a thread that moves the log", FAULT_OPEN, 0, true },
        { "a full disk", FAULT_FULL, WRITER_EXIT_STATUS, false },
        { "nothing that fails", FAULT_NONE, 0, true },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        drop();
        good(store_create(path, &f));
        fflush(stdout);
        pid_t child = fork();
        if (child == 0) {
            close(STDERR_FILENO);
            break_it(rows[i].fault);
        }
        int status = 0;
        bool ended = waitpid(child, &status, 0) == child && WIFEXITED(status);
        ok(ended && WEXITSTATUS(status) == rows[i].status, "%s: exit status %d", rows[i].name,
           ended ? WEXITSTATUS(status) : -1);
        good(store_open(path, &store, &f));
        ok(store && has("before"), "what was acknowledged is there");
        ok(store && (rows[i].may_be_there || !has("after")), "what was not, is not");
        store_freep(&store);
    }
}

/* Callers who wait for more than the commit. */
struct waiting {
    struct add add;
    atomic_bool may_go, gone;
    atomic_uint asked; /* whether it may; only once its job is committed */
    pthread_t thread;
};

static bool may_go(const void *ctx)
{
    struct waiting *v = (struct waiting *)(uintptr_t)ctx;
    atomic_fetch_add(&v->asked, 1);
    return atomic_load(&v->may_go);
}

static enum err add_waiting(struct db *in, void *ctx, struct fail *fail)
{
    struct waiting *v = ctx;
    return add_leaf(in, &v->add, fail);
}

static enum err refuse(struct db *in, void *ctx, struct fail *fail)
{
    (void)in;
    (void)ctx;
    return fail_set(fail, E_REFUSED, "no");
}

static void *wait_until_ready(void *ctx)
{
    struct waiting *v = ctx;
    struct fail own = { 0 };
    enum err e = writer_run_until(writer, add_waiting, may_go, v, &own);
    atomic_store(&v->gone, true);
    return e == OK ? v : NULL;
}

static bool goes(struct waiting *v)
{
    void *result = NULL;
    return pthread_join(v->thread, &result) == 0 && result == v;
}

/* Waits in a thread of its own; comes back once its job is committed. */
static bool waits(struct waiting *v)
{
    bool started = pthread_create(&v->thread, NULL, wait_until_ready, v) == 0;
    while (started && !atomic_load(&v->asked))
        sched_yield();
    return started;
}

static void held_back(void)
{
    struct waiting one = { 0 }, two = { 0 }, three = { 0 };
    struct add other = { 0 };
    struct fail own = { 0 };
    good(writer_new(store, NULL, &writer, &f));
    ok(writer_run_until(writer, refuse, may_go, &one, &own) == E_REFUSED,
       "a job that fails waits for nothing");
    ok(waits(&one) && waits(&two) && waits(&three), "three wait");
    good(writer_run(writer, add_leaf, &other, &f));
    writer_recheck(writer);
    ok(!atomic_load(&one.gone) && !atomic_load(&two.gone), "their jobs are committed, and they still wait");
    ok(atomic_load(&one.asked) == 2 && atomic_load(&two.asked) == 1,
       "nobody behind one who is not ready is asked");
    atomic_store(&one.may_go, true);
    atomic_store(&three.may_go, true);
    writer_recheck(writer);
    ok(goes(&one), "one is ready and goes");
    ok(!atomic_load(&two.gone) && !atomic_load(&three.gone),
       "the next is not, and holds up who is behind him");
    atomic_store(&two.may_go, true);
    writer_recheck(writer);
    ok(goes(&two) && goes(&three), "until he goes");
    one = (struct waiting){ 0 };
    ok(waits(&one), "another waits");
    writer_freep(&writer);
    ok(goes(&one), "and goes when the writer ends");
}

int main(void)
{
    begin();
    store_writing_give(store);
    many();
    neighbours();
    crowd();
    soon();
    log_is_bounded();
    held_back();
    store_freep(&store);
    faults();
    return end();
}
