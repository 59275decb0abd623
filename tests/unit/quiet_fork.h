/* SPDX-License-Identifier: Apache-2.0
 * quiet_fork.h - fork in a program with threads, under the address sanitizer
 *
 * A test that runs several nodes forks the keeper of one while the threads of another run; the program itself forks before it
 * has threads. The sanitizer's allocator takes no care of fork: a child whose parent had a thread inside it waits for ever. So fork waits
 * until all other threads sleep, half a second at most. Included by tap.h, without the sanitizer it is empty. */
#ifndef QUIET_FORK_H
#define QUIET_FORK_H
#ifdef __SANITIZE_ADDRESS__

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* No allocation in here but opendir's. The state is behind the name, which ends with the last parenthesis (proc(5)). */
static inline bool quiet_thread(const char *id)
{
    char path[64], text[256], own[16];
    (void)snprintf(own, sizeof own, "%d", (int)gettid());
    if (id[0] == '.' || strcmp(id, own) == 0)
        return true;
    (void)snprintf(path, sizeof path, "/proc/self/task/%s/stat", id);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof text - 1);
    if (fd >= 0)
        close(fd);
    text[n > 0 ? n : 0] = '\0';
    const char *end = strrchr(text, ')');
    return !end || end[2] == 'S'; /* one that has ended since is quiet, too */
}

static inline bool quiet_threads(void)
{
    bool quiet = true;
    DIR *dir = opendir("/proc/self/task");
    for (struct dirent *d; dir && (d = readdir(dir));)
        quiet = quiet_thread(d->d_name) && quiet;
    if (dir)
        closedir(dir);
    return quiet;
}

static inline void quiet_fork(void)
{
    for (int tries = 0, good = 0; tries < 250 && good < 2; tries++) {
        good = quiet_threads() ? good + 1 : 0;
        nanosleep(&(struct timespec){ 0, 2000000 }, NULL);
    }
}

__attribute__((constructor)) static void quiet_fork_always(void)
{
    (void)pthread_atfork(quiet_fork, NULL, NULL);
}

#endif
#endif
