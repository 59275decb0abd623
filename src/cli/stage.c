/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/stage.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/time.h"

#define RUN_MS   60000
#define READY_MS 15000
#define OUT_MAX  ((size_t)4 << 20)
#define ARGS_MAX 32

extern char **environ;

void said_clear(struct said *s)
{
    buf_clear(&s->out);
    buf_clear(&s->err);
    json_decref(s->json);
    s->json = NULL;
}

enum err stage_open(struct stage *s, struct fail *f)
{
    char dir[] = "/tmp/orcon-demo-XXXXXX";
    ssize_t n = readlink("/proc/self/exe", s->exe, sizeof s->exe - 1);
    if (n <= 0 || !mkdtemp(dir))
        return fail_set(f, E_IO, "cannot set the stage in /tmp: %s", strerror(errno));
    s->exe[n] = '\0';
    s->dir = str_dup(dir);
    s->profiles = str_format("%s/people", dir);
    return file_mkdirs(s->profiles, 0700, f);
}

void stage_close(struct stage *s)
{
    for (size_t i = 0; i < s->desk_count; i++)
        kill(s->desks[i], SIGTERM);
    for (size_t i = 0; i < s->desk_count; i++)
        waitpid(s->desks[i], NULL, 0);
    s->desk_count = 0;
    for (size_t i = 0; i < STAGE_ORGS; i++)
        if (s->org[i].node > 0)
            kill(s->org[i].node, SIGTERM);
    for (size_t i = 0; i < STAGE_ORGS; i++) {
        struct stage_org *o = &s->org[i];
        if (o->node > 0)
            waitpid(o->node, NULL, 0);
        mem_freep(&o->domain);
        mem_freep(&o->home);
        mem_freep(&o->url);
        o->node = 0;
    }
    if (s->dir && file_remove_tree(s->dir, NULL) != OK)
        fprintf(stderr, "orcon demo: %s is left over\n", s->dir);
    mem_freep(&s->dir);
    mem_freep(&s->profiles);
}

static bool is_plain(const char *word)
{
    return *word &&
           strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:@,+=%") ==
               strlen(word);
}

void stage_command(const char *const *args, struct buf *out)
{
    buf_put_str(out, "orcon");
    for (; *args; args++)
        buf_printf(out, is_plain(*args) ? " %s" : " '%s'", *args);
}

/* Our environment with the stage's folders in it. */
static char **environment(const struct stage *s, const struct stage_org *org, char *home, size_t home_size,
                          char *profiles, size_t profiles_size)
{
    size_t count = 0, kept = 0;
    while (environ[count])
        count++;
    char **env = mem_array(count + 3, sizeof *env);
    for (size_t i = 0; i < count; i++)
        if (strncmp(environ[i], "ORCON_", 6) != 0)
            env[kept++] = environ[i];
    snprintf(home, home_size, "ORCON_HOME=%s", org ? org->home : "/nonexistent");
    snprintf(profiles, profiles_size, "ORCON_PROFILES=%s", s->profiles);
    env[kept++] = home;
    env[kept++] = profiles;
    env[kept] = NULL;
    return env;
}

static enum err spawn(const struct stage *s, const struct stage_org *org, const char *const *args,
                      const int fds[3], pid_t *pid, struct fail *f)
{
    char home[4200], profiles[4200];
    const char *argv[ARGS_MAX + 2] = { "orcon" };
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attr;
    sigset_t none;
    size_t n = 0;
    while (n < ARGS_MAX && args[n]) {
        argv[n + 1] = args[n];
        n++;
    }
    char **env = environment(s, org, home, sizeof home, profiles, sizeof profiles);
    sigemptyset(&none);
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attr);
    posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
    posix_spawnattr_setsigmask(&attr, &none);
    posix_spawnattr_setpgroup(&attr, 0); /* Ctrl-C is for us: we end them in order */
    for (int i = 0; i < 3; i++)
        posix_spawn_file_actions_adddup2(&actions, fds[i], i);
    int failed = posix_spawn(pid, s->exe, &actions, &attr, (char *const *)(uintptr_t)argv, env);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attr);
    free(env);
    return failed ? fail_set(f, E_IO, "cannot run %s: %s", s->exe, strerror(failed)) : OK;
}

/* Both streams until they end; false if that takes too long. */
static bool collect(int out, int err, struct said *said)
{
    struct pollfd on[] = { { .fd = out, .events = POLLIN }, { .fd = err, .events = POLLIN } };
    struct buf *into[] = { &said->out, &said->err };
    uint64_t end_ms = time_mono_ms() + RUN_MS;
    for (int open_count = 2; open_count > 0;) {
        uint64_t now_ms = time_mono_ms();
        if (now_ms >= end_ms || poll(on, COUNT(on), (int)(end_ms - now_ms)) <= 0)
            return false;
        for (size_t i = 0; i < COUNT(on); i++) {
            char part[8192];
            if (!on[i].revents)
                continue;
            ssize_t n = read(on[i].fd, part, sizeof part);
            if (n > 0) {
                buf_put(into[i], part, (size_t)n);
            } else {
                on[i].fd = -1;
                open_count--;
            }
        }
    }
    return true;
}

static void close_pair(int pair[2])
{
    fd_closep(&pair[0]);
    fd_closep(&pair[1]);
}

enum err stage_run(struct stage *s, const struct stage_org *org, const char *const *args, const char *input,
                   struct said *out, struct fail *f)
{
    int in[2] = { -1, -1 }, to[2] = { -1, -1 }, err[2] = { -1, -1 }, status = 0;
    pid_t pid = 0;
    buf_init(&out->out, OUT_MAX);
    buf_init(&out->err, OUT_MAX);
    if (pipe2(in, O_CLOEXEC) != 0 || pipe2(to, O_CLOEXEC) != 0 || pipe2(err, O_CLOEXEC) != 0)
        return fail_set(f, E_IO, "no pipes: %s", strerror(errno));
    enum err e = spawn(s, org, args, (const int[]){ in[0], to[1], err[1] }, &pid, f);
    fd_closep(&in[0]);
    fd_closep(&to[1]);
    fd_closep(&err[1]);
    /* small: it fits into the pipe */
    if (e == OK && input && write(in[1], input, strlen(input)) < 0)
        e = fail_set(f, E_IO, "no input: %s", strerror(errno));
    fd_closep(&in[1]);
    if (e == OK && !collect(to[0], err[0], out)) {
        kill(pid, SIGKILL);
        e = fail_set(f, E_IO, "`orcon %s` does not end", args[0]);
    }
    close_pair(to);
    close_pair(err);
    if (pid > 0 && waitpid(pid, &status, 0) == pid)
        out->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128;
    if (e == OK && out->out.len && out->out.data[0] == '{')
        out->json = json_loadb(buf_text(&out->out), out->out.len, JSON_REJECT_DUPLICATES, NULL);
    return e;
}

enum err stage_must(struct stage *s, const struct stage_org *org, const char *const *args, const char *input,
                    json_t **out, struct fail *f)
{
    AUTO(said_clear) struct said said = { 0 };
    const char *with_json[ARGS_MAX + 2] = { "--json" };
    for (size_t i = 0; i < ARGS_MAX && args[i]; i++)
        with_json[i + 1] = args[i];
    TRY(stage_run(s, org, with_json, input, &said, f));
    if (said.status != 0)
        return fail_set(f, E_INTERNAL, "`orcon %s %s` ended with %d: %.300s", args[0], args[1] ? args[1] : "",
                        said.status, buf_text(&said.err));
    if (out && !said.json)
        return fail_set(f, E_INTERNAL, "`orcon %s` printed no JSON", args[0]);
    if (out)
        *out = json_incref(said.json);
    return OK;
}

/* Whether something listens there. */
static bool answers(const char *url)
{
    struct sockaddr_in at = { .sin_family = AF_INET };
    const char *port = strrchr(url, ':');
    AUTO(fd_closep) int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    at.sin_port = htons((uint16_t)strtoul(port + 1, NULL, 10));
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return fd >= 0 && connect(fd, (struct sockaddr *)&at, sizeof at) == 0;
}

enum err stage_serve(struct stage *s, struct stage_org *org, struct fail *f)
{
    AUTO(str_freep) char *log = str_format("%s/%s.log", s->dir, org->name);
    AUTO(fd_closep) int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    AUTO(fd_closep) int to = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    uint64_t end_ms = time_mono_ms() + READY_MS;
    if (null < 0 || to < 0)
        return fail_set(f, E_IO, "cannot open %s: %s", log, strerror(errno));
    TRY(spawn(s, org, (const char *const[]){ "serve", NULL }, (const int[]){ null, to, to }, &org->node, f));
    while (!answers(org->url)) {
        if (waitpid(org->node, NULL, WNOHANG) == org->node) {
            org->node = 0;
            return fail_set(f, E_UNAVAILABLE, "the node of %s ended at its start: see %s", org->domain, log);
        }
        if (time_mono_ms() > end_ms)
            return fail_set(f, E_UNAVAILABLE, "the node of %s does not answer", org->domain);
        struct timespec nap = { 0, 20000000 };
        nanosleep(&nap, NULL);
    }
    return OK;
}

/* The first line that it prints, or nothing if it ends before. */
static void read_line(int fd, struct buf *line)
{
    uint64_t end_ms = time_mono_ms() + READY_MS;
    char ch;
    for (uint64_t now_ms; (now_ms = time_mono_ms()) < end_ms;) {
        struct pollfd on = { .fd = fd, .events = POLLIN };
        if (poll(&on, 1, (int)(end_ms - now_ms)) <= 0 || read(fd, &ch, 1) != 1 || ch == '\n')
            return;
        buf_put(line, &ch, 1);
    }
}

static enum err desk_once(struct stage *s, const char *enrol, const char *port, json_t **said, struct fail *f)
{
    int in[2] = { -1, -1 }, out[2] = { -1, -1 };
    AUTO(str_freep) char *log = str_format("%s/desk.log", s->dir);
    AUTO(fd_closep) int to = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    AUTO(buf_freep) struct buf *line = buf_new(OUT_MAX);
    pid_t pid = 0;
    enum err e = to < 0 || pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0
                     ? fail_set(f, E_IO, "no pipes: %s", strerror(errno))
                     : spawn(s, NULL, (const char *const[]){ "--json", "desk", "-", "--port", port, NULL },
                             (const int[]){ in[0], out[1], to }, &pid, f);
    fd_closep(&in[0]);
    fd_closep(&out[1]);
    if (e == OK && write(in[1], enrol, strlen(enrol)) < 0) /* small: it fits into the pipe */
        e = fail_set(f, E_IO, "no input: %s", strerror(errno));
    fd_closep(&in[1]);
    if (e == OK)
        read_line(out[0], line);
    fd_closep(&out[0]);
    if (e == OK && line->len)
        *said = json_loadb(buf_text(line), line->len, JSON_REJECT_DUPLICATES, NULL);
    if (e == OK && line->len && *said) {
        s->desks[s->desk_count++] = pid;
        return OK;
    }
    if (pid > 0) {
        kill(pid, SIGTERM);
        waitpid(pid, NULL, 0);
    }
    return e == OK ? fail_set(f, E_UNAVAILABLE, "`orcon desk` does not open: see %s", log) : e;
}

enum err stage_desk(struct stage *s, const char *enrol, unsigned port, json_t **said, struct fail *f)
{
    char text[16];
    struct fail why = { 0 };
    if (s->desk_count == STAGE_DESKS)
        return fail_set(f, E_INTERNAL, "more desks than there is room for");
    snprintf(text, sizeof text, "%u", port);
    if (desk_once(s, enrol, text, said, &why) == OK)
        return OK;
    return desk_once(s, enrol, "0", said, f); /* somebody else has that port */
}
