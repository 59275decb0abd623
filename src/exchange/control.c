/* SPDX-License-Identifier: Apache-2.0
 * exchange/control.c - run/control.sock: one line of JSON in, one out, for the same user only */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/thread.h"
#include "base/time.h"
#include "exchange/admin.h"

#define LINE_MAX_BYTES ((size_t)1 << 20)
#define CALL_MS        30000
#define START_MS       3000

struct admin_listener {
    struct node *n;
    int fd, stop[2];
    char *path;
    pthread_t thread;
};

static char *socket_path(const char *home)
{
    return str_format("%s/run/control.sock", home);
}

static enum err address(const char *path, struct sockaddr_un *at, struct fail *f)
{
    *at = (struct sockaddr_un){ .sun_family = AF_UNIX };
    if (strlen(path) >= sizeof at->sun_path)
        return fail_set(f, E_IO, "%s is too long for a socket (%zu bytes at most): choose a shorter home",
                        path, sizeof at->sun_path - 1);
    memcpy(at->sun_path, path, strlen(path) + 1);
    return OK;
}

/* A line, without its newline; nothing may follow it. */
static enum err read_line(int fd, struct buf *line, struct fail *f)
{
    for (;;) {
        char part[4096];
        ssize_t n = read(fd, part, sizeof part);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return fail_set(f, E_IO, "control socket: %s", strerror(errno));
        if (n == 0)
            return fail_set(f, E_UNAVAILABLE, "the node ended while it was asked: see its log");
        buf_put(line, part, (size_t)n);
        TRY(buf_check(line, "control line", f));
        if (line->data[line->len - 1] == '\n') {
            line->data[--line->len] = '\0';
            return OK;
        }
    }
}

static enum err write_line(int fd, const json_t *v, struct fail *f)
{
    AUTO(buf_freep) struct buf *line = buf_new_secret(LINE_MAX_BYTES);
    json_put(line, v);
    buf_put_u8(line, '\n');
    TRY(buf_check(line, "control line", f));
    for (size_t at = 0; at < line->len;) {
        ssize_t n = send(fd, line->data + at, line->len - at, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return fail_set(f, E_IO, "control socket: %s", strerror(errno));
        at += (size_t)n;
    }
    return OK;
}

static json_t *fail_json(const struct fail *f)
{
    json_t *v = json_object();
    json_set_str(v, "error", err_row(f->code)->name);
    json_set_u64(v, "code", f->code);
    json_set_str(v, "reason", reason_code(f->reason));
    json_set_str(v, "what", f->what);
    return v;
}

static void set_timeout(int fd)
{
    struct timeval t = { CALL_MS / 1000, 0 };
    if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t) != 0 ||
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof t) != 0)
        log_event(LOG_WARN, "control-timeout-unset", "errno=%d", errno);
}

/* The folder is 0700 already; the kernel's word on who calls is the second lock. */
static bool same_user(int fd)
{
    struct ucred who;
    socklen_t len = sizeof who;
    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) == 0 && (who.uid == geteuid() || who.uid == 0);
}

static enum err serve_one(struct node *n, int fd, json_t **answer, struct fail *f)
{
    AUTO(buf_freep) struct buf *line = buf_new_secret(LINE_MAX_BYTES);
    AUTO(json_freep) json_t *call = NULL;
    const char *verb;
    const json_t *args;
    if (!same_user(fd))
        return fail_set(f, E_REFUSED, "the control socket is for the node's own user");
    TRY(read_line(fd, line, f));
    TRY(json_read(bytes_of(line), LINE_MAX_BYTES, "control line", &call, f));
    TRY(json_need_str(call, "verb", "control line", &verb, f));
    TRY(json_need_object(call, "args", "control line", &args, f));
    return admin_run(n, verb, args, answer, f);
}

static void serve(struct admin_listener *l, int fd)
{
    AUTO(json_freep) json_t *answer = NULL;
    AUTO(json_freep) json_t *reply = json_object();
    struct fail f = { 0 };
    set_timeout(fd);
    if (serve_one(l->n, fd, &answer, &f) == OK)
        json_set_take(reply, "ok", json_incref(answer));
    else
        json_set_take(reply, "fail", fail_json(&f));
    if (write_line(fd, reply, &f) != OK)
        log_fail(LOG_WARN, "control-answer-lost", &f);
}

static void *listen_thread(void *arg)
{
    struct admin_listener *l = arg;
    struct pollfd on[] = { { .fd = l->fd, .events = POLLIN }, { .fd = l->stop[0], .events = POLLIN } };
    for (;;) {
        if (poll(on, COUNT(on), -1) < 0 && errno != EINTR)
            return NULL;
        if (on[1].revents)
            return NULL;
        AUTO(fd_closep) int fd = on[0].revents ? accept4(l->fd, NULL, NULL, SOCK_CLOEXEC) : -1;
        if (fd >= 0)
            serve(l, fd);
    }
}

static enum err open_socket(struct admin_listener *l, struct fail *f)
{
    struct sockaddr_un at;
    TRY(address(l->path, &at, f));
    /* we hold the home's lock, so a socket that is there is a dead node's */
    if (unlink(l->path) != 0 && errno != ENOENT)
        return fail_set(f, E_IO, "cannot remove %s: %s", l->path, strerror(errno));
    l->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (l->fd < 0 || bind(l->fd, (struct sockaddr *)&at, sizeof at) != 0 || chmod(l->path, 0600) != 0 ||
        listen(l->fd, 8) != 0 || pipe2(l->stop, O_CLOEXEC) != 0)
        return fail_set(f, E_IO, "cannot listen on %s: %s", l->path, strerror(errno));
    if (!thread_start(&l->thread, "control", listen_thread, l))
        return fail_set(f, E_INTERNAL, "cannot start the control thread");
    return OK;
}

static void listener_free(struct admin_listener *l)
{
    fd_closep(&l->fd);
    fd_closep(&l->stop[0]);
    fd_closep(&l->stop[1]);
    free(l->path);
    free(l);
}

enum err admin_listen(struct node *n, struct admin_listener **out, struct fail *f)
{
    struct admin_listener *l = mem_new(sizeof *l);
    *l = (struct admin_listener){ .n = n, .fd = -1, .stop = { -1, -1 }, .path = socket_path(n->home) };
    enum err e = open_socket(l, f);
    if (e != OK)
        listener_free(l);
    else
        *out = l;
    return e;
}

void admin_listen_stop(struct admin_listener *l)
{
    if (!l)
        return;
    if (write(l->stop[1], "", 1) != 1)
        log_event(LOG_WARN, "control-stop-failed", "errno=%d", errno);
    pthread_join(l->thread, NULL);
    unlink(l->path);
    listener_free(l);
}

/* The other side ----------------------------------------------------------------------------------------- */

static enum err fail_from_json(const json_t *v, struct fail *f)
{
    const char *what, *reason;
    uint64_t code;
    TRY(json_need_str(v, "what", "answer of the node", &what, f));
    TRY(json_need_str(v, "reason", "answer of the node", &reason, f));
    TRY(json_need_u64(v, "code", "answer of the node", &code, f));
    if (code == OK || code >= E_COUNT)
        code = E_INTERNAL;
    fail_set(f, (enum err)code, "%s", what);
    if (f)
        f->reason = reason_from_code(reason);
    return (enum err)code;
}

static enum err ask(int fd, const char *verb, const json_t *args, json_t **out, struct fail *f)
{
    AUTO(json_freep) json_t *call = json_object();
    AUTO(json_freep) json_t *reply = NULL;
    AUTO(buf_freep) struct buf *line = buf_new_secret(LINE_MAX_BYTES);
    set_timeout(fd);
    json_set_str(call, "verb", verb);
    json_set_take(call, "args", json_deep_copy(args));
    TRY(write_line(fd, call, f));
    TRY(read_line(fd, line, f));
    TRY(json_read_deep(bytes_of(line), LINE_MAX_BYTES, JSON_DEPTH + 4, "answer of the node", &reply, f));
    const json_t *failed = json_object_get(reply, "fail"), *done = json_object_get(reply, "ok");
    if (failed)
        return fail_from_json(failed, f);
    if (!json_is_object(done))
        return fail_set(f, E_INTERNAL, "the node's answer makes no sense");
    *out = json_deep_copy(done);
    return OK;
}

/* A listener there: its descriptor. Else -1. */
static int reach(const struct sockaddr_un *at)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (const struct sockaddr *)at, sizeof *at) == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

/* A node that has the home and does not listen is starting, or starts again by itself: it gets a moment. */
enum err admin_call(const char *home, const char *verb, const json_t *args, json_t **out, struct fail *f)
{
    AUTO(str_freep) char *path = socket_path(home);
    AUTO(node_closep) struct node *n = NULL;
    struct sockaddr_un at;
    TRY(address(path, &at, f));
    for (uint64_t until_ms = time_mono_ms() + START_MS;;) {
        struct fail why = { 0 };
        AUTO(fd_closep) int fd = reach(&at);
        if (fd >= 0)
            return ask(fd, verb, args, out, f);
        enum err e = node_open(home, false, &n, &why);
        if (e == OK)
            return admin_run(n, verb, args, out, f);
        if (e != E_CONFLICT || time_mono_ms() >= until_ms)
            return fail_pass(f, &why);
        nanosleep(&(struct timespec){ 0, 50000000 }, NULL);
    }
}
