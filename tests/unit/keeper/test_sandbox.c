/* SPDX-License-Identifier: Apache-2.0 - a confined process can't reach anything; and it ends with its parent */
#include "keeper/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "tap.h"

/* What the child found, sent over the one descriptor it kept. errors: 0 where it could. */
enum attempt {
    OPEN,
    OPENAT,
    SOCKET,
    SOCKETPAIR,
    FORK,
    CLONE3,
    EXEC,
    KILL,
    PTRACE,
    MAP_CODE,
    MAKE_CODE,
    LIMITS,
    ATTEMPTS
};
static const char *const attempt_name[ATTEMPTS] = {
    "open a file",      "open a folder",     "make a socket",   "make a pair of sockets", "fork",
    "clone3",           "execute",           "kill its parent", "trace its parent",       "map code",
    "make memory code", "change its limits",
};
struct report {
    enum err result;
    int landlock;
    bool seccomp;
    int error[ATTEMPTS];
    int in_thread; /* error of opening a file there */
    int other_fd;  /* error of using a descriptor that was not kept */
    bool works;    /* memory, randomness, time */
    bool no_core;
    int dumpable, no_new_privs;
};

static int tried(long result)
{
    return result < 0 ? errno : 0;
}

static void try_all(struct report *r, pid_t parent)
{
    static char *const none[] = { NULL };
    struct rlimit limit = { 0, 0 };
    uint8_t clone_args[64] = { 0 };
    r->error[OPEN] = tried(open("/etc/passwd", O_RDONLY));
    r->error[OPENAT] = tried(openat(AT_FDCWD, "/tmp", O_RDONLY | O_DIRECTORY));
    r->error[SOCKET] = tried(socket(AF_INET, SOCK_STREAM, 0));
    int pair[2];
    r->error[SOCKETPAIR] = tried(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
    long child = syscall(SYS_fork);
    if (child == 0)
        _exit(0);
    r->error[FORK] = tried(child);
    r->error[CLONE3] = tried(syscall(SYS_clone3, clone_args, 0));
    r->error[EXEC] = tried(execve("/bin/true", none, none));
    r->error[KILL] = tried(kill(parent, 0));
    r->error[PTRACE] = tried(syscall(SYS_ptrace, 16, parent, 0, 0));
    r->error[MAP_CODE] =
        mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? errno : 0;
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    r->error[MAKE_CODE] = tried(mprotect(page, 4096, PROT_READ | PROT_EXEC));
    r->error[LIMITS] = tried(setrlimit(RLIMIT_CORE, &limit));
}

/* A thread that was there before the filter. */
static pthread_barrier_t confined;
static void *try_in_thread(void *error)
{
    pthread_barrier_wait(&confined); /* it runs */
    pthread_barrier_wait(&confined);
    *(int *)error = tried(open("/etc/passwd", O_RDONLY));
    return NULL;
}

static void child_main(pid_t parent, int fd, int other)
{
    struct report r = { 0 };
    struct fail f = { 0 };
    struct rlimit core = { 1, 1 };
    uint8_t random[8];
    pthread_t thread;
    r.result = sandbox_detach("test", parent, &fd, 1, &f);
    getrlimit(RLIMIT_CORE, &core);
    r.no_core = core.rlim_cur == 0 && core.rlim_max == 0;
    r.dumpable = prctl(PR_GET_DUMPABLE);
    r.no_new_privs = prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0);
    if (r.result == OK)
        r.result = sandbox_files(&r.landlock, &f);
    pthread_barrier_init(&confined, NULL, 2);
    pthread_create(&thread, NULL, try_in_thread, &r.in_thread);
    pthread_barrier_wait(&confined);
    if (r.result == OK)
        r.result = sandbox_calls(false, &r.seccomp, &f);
    pthread_barrier_wait(&confined);
    pthread_join(thread, NULL);
    if (r.result == OK) {
        r.other_fd = tried(write(other, "x", 1));
        try_all(&r, parent);
        void *p = mem_new(1 << 20);
        r.works = getrandom(random, sizeof random, 0) == sizeof random;
        mem_freep(&p);
    }
    if (write(fd, &r, sizeof r) != sizeof r)
        _exit(1);
    _exit(0);
}

static void test_confined(void)
{
    int pipe_fds[2], other[2], status;
    struct report r = { .result = E_INTERNAL };
    if (pipe(pipe_fds) != 0 || pipe(other) != 0)
        return;
    pid_t self = getpid(), child = fork();
    if (child == 0)
        child_main(self, pipe_fds[1], other[1]);
    ok(read(pipe_fds[0], &r, sizeof r) == sizeof r && r.result == OK, "a child is confined");
    ok(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0,
       "and still works");
    ok(r.works, "memory and random bytes can be had");
    ok(r.no_core, "it leaves no core");
    ok(r.no_new_privs == 1, "it gets no privileges");
    ok(r.other_fd == EBADF, "other descriptors were closed");
    if (!r.seccomp) { /* a sanitizer's build: Landlock alone */
        ok(r.landlock == 0 || r.error[OPEN] == EACCES, "files can't be opened: Landlock");
        ok(r.landlock == 0 || r.in_thread == EACCES, "nor in its threads");
        return;
    }
    ok(r.in_thread == ENOSYS, "its threads are confined, too");
    ok(r.dumpable == 0, "it can't be dumped");
    for (size_t i = 0; i < ATTEMPTS; i++)
        ok(r.error[i] == ENOSYS, "it can't %s: %s", attempt_name[i], strerror(r.error[i]));
}

static void test_parent_gone(void)
{
    int fds[2];
    if (pipe(fds) != 0)
        return;
    pid_t child = fork();
    if (child == 0) {
        struct fail f = { 0 };
        /* a parent that is not ours: as if it had ended before we looked */
        if (sandbox_detach("test", getpid(), &fds[1], 1, &f) == OK && write(fds[1], "x", 1) == 1)
            _exit(0);
        _exit(2);
    }
    int status = 0;
    ok(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 1,
       "a child whose parent has ended does not begin");
}

int main(void)
{
    test_confined();
    test_parent_gone();
    return tap_done();
}
