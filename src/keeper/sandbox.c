/* SPDX-License-Identifier: Apache-2.0 */
#include "keeper/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"

/* A sanitizer's runtime needs calls of its own, and locks up when its shadow memory is locked. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define SANITIZED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

/* Detaching ---------------------------------------------------------------------------------------------- */

static enum err give_up(struct fail *f, const char *what)
{
    return fail_set(f, E_IO, "cannot confine the process: %s: %s", what, strerror(errno));
}

/* Under a limit MCL_FUTURE would make later allocations fail, so it is all or nothing; keys themselves are
 * locked one by one. */
static void lock_memory(void)
{
    struct rlimit limit;
    if (SANITIZED || getrlimit(RLIMIT_MEMLOCK, &limit) != 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_MEMLOCK, &limit);
    if ((limit.rlim_max != RLIM_INFINITY && geteuid() != 0) ||
        mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) != 0)
        log_event(LOG_INFO, "memory-not-locked", "limit=%llu", (unsigned long long)limit.rlim_max);
}

/* Ctrl-C goes to the whole group; it is for the network process to end us. */
static void ignore_signals(void)
{
    static const int ignored[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGUSR1, SIGUSR2, SIGTSTP };
    for (size_t i = 0; i < COUNT(ignored); i++)
        signal(ignored[i], SIG_IGN);
    signal(SIGCHLD, SIG_DFL);
}

static bool is_kept(unsigned fd, const int *keep, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (keep[i] >= 0 && (unsigned)keep[i] == fd)
            return true;
    return fd <= STDERR_FILENO;
}

static enum err close_others(const int *keep, size_t count, struct fail *f)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(null, STDOUT_FILENO) < 0)
        return give_up(f, "/dev/null");
    unsigned highest = STDERR_FILENO;
    for (size_t i = 0; i < count; i++)
        if (keep[i] > (int)highest)
            highest = (unsigned)keep[i];
    for (unsigned fd = 0; fd < highest; fd++)
        if (!is_kept(fd, keep, count))
            close((int)fd);
    if (syscall(SYS_close_range, highest + 1, ~0U, 0) != 0) {
        long most = sysconf(_SC_OPEN_MAX);
        for (long fd = highest + 1; fd < most; fd++)
            close((int)fd);
    }
    return OK;
}

enum err sandbox_detach(const char *name, pid_t parent, const int *keep, size_t count, struct fail *f)
{
    static const struct rlimit none = { 0, 0 };
    ignore_signals();
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
        return give_up(f, "PR_SET_PDEATHSIG");
    if (getppid() != parent) /* it ended before that took effect */
        _exit(1);
    if (prctl(PR_SET_NAME, name) != 0 || setrlimit(RLIMIT_CORE, &none) != 0)
        return give_up(f, "RLIMIT_CORE");
    if (!SANITIZED && prctl(PR_SET_DUMPABLE, 0) != 0) /* the leak checker traces its own process */
        return give_up(f, "PR_SET_DUMPABLE");
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return give_up(f, "PR_SET_NO_NEW_PRIVS");
    TRY(close_others(keep, count, f));
    lock_memory();
    return OK;
}

/* Landlock ----------------------------------------------------------------------------------------------- */

/* struct landlock_ruleset_attr as of ABI 6; a kernel takes a longer one if what it doesn't know is zero. */
struct ruleset {
    uint64_t fs, net, scoped;
};

enum err sandbox_files(int *abi, struct fail *f)
{
    enum { ASK_VERSION = 1 };
    long got = syscall(SYS_landlock_create_ruleset, NULL, 0, ASK_VERSION);
    *abi = got > 0 ? (int)got : 0;
    if (*abi == 0)
        return OK;
    /* Rights to files: 13 in ABI 1, then refer (2), truncate (3), ioctl (5). Everything handled, nothing
     * allowed. */
    static const unsigned char fs_rights[] = { 0, 13, 14, 15, 15, 16 };
    struct ruleset all = { .fs = (1ULL << fs_rights[*abi < 5 ? *abi : 5]) - 1 };
    all.net = *abi >= 4 ? 3 : 0; /* bind, connect by TCP */
    /* Abstract sockets. Not signals: the end of the keeper must kill the sealer; kill(2) is not on the list. */
    all.scoped = *abi >= 6 ? 1 : 0;
    int fd = (int)syscall(SYS_landlock_create_ruleset, &all, sizeof all, 0);
    if (fd < 0)
        return give_up(f, "Landlock");
    long bad = syscall(SYS_landlock_restrict_self, fd, 0);
    close(fd);
    return bad ? give_up(f, "Landlock") : OK;
}

/* seccomp ------------------------------------------------------------------------------------------------ */

/* Calls that may be made with any arguments: they touch only what the process has. */
static const int allowed[] = {
    SCMP_SYS(read),
    SCMP_SYS(write),
    SCMP_SYS(pread64),
    SCMP_SYS(pwrite64),
    SCMP_SYS(sendmsg),
    SCMP_SYS(recvmsg),
    SCMP_SYS(poll),
    SCMP_SYS(ppoll),
    SCMP_SYS(close),
    SCMP_SYS(fstat),
    SCMP_SYS(newfstatat),
    SCMP_SYS(lseek),
    SCMP_SYS(memfd_create),
    SCMP_SYS(ftruncate),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(brk),
    SCMP_SYS(madvise),
    SCMP_SYS(mlock),
    SCMP_SYS(mlock2),
    SCMP_SYS(munlock),
    SCMP_SYS(futex),
    SCMP_SYS(getrandom),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(time),
    SCMP_SYS(getpid),
    SCMP_SYS(gettid),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(sched_yield),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
    SCMP_SYS(shutdown),
};

static int allow_all(scmp_filter_ctx c, bool reap)
{
    int bad = 0;
    for (size_t i = 0; i < COUNT(allowed); i++)
        bad |= seccomp_rule_add(c, SCMP_ACT_ALLOW, allowed[i], 0);
    /* Memory, but never to be executed. */
    bad |= seccomp_rule_add(c, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
    bad |=
        seccomp_rule_add(c, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
    static const int commands[] = { F_ADD_SEALS, F_GET_SEALS, F_GETFD, F_GETFL };
    for (size_t i = 0; i < COUNT(commands); i++)
        bad |= seccomp_rule_add(c, SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 1,
                                SCMP_A1(SCMP_CMP_EQ, (scmp_datum_t)commands[i]));
    if (reap)
        bad |= seccomp_rule_add(c, SCMP_ACT_ALLOW, SCMP_SYS(wait4), 0);
    return bad;
}

static enum err filter_calls(bool reap, struct fail *f)
{
    /* ENOSYS and not EPERM: libc falls back to what is allowed only then. */
    scmp_filter_ctx c = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
    if (!c)
        return fail_set(f, E_IO, "cannot confine the process: seccomp");
    int bad = seccomp_attr_set(c, SCMP_FLTATR_CTL_TSYNC, 1);
    bad |= allow_all(c, reap);
    if (!bad)
        bad = seccomp_load(c);
    seccomp_release(c);
    return bad ? fail_set(f, E_IO, "cannot confine the process: seccomp: %d", bad) : OK;
}

enum err sandbox_calls(bool reap, bool *applied, struct fail *f)
{
    if (!SANITIZED)
        TRY(filter_calls(reap, f));
    *applied = !SANITIZED;
    return OK;
}
