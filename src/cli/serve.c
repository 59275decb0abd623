/* SPDX-License-Identifier: Apache-2.0
 * serve: run the node until SIGTERM. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/conf.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "cli/cli.h"
#include "cli/verbs.h"
#include "exchange/admin.h"
#include "exchange/node.h"
#include "http/node_server.h"

/* Tell a supervisor (systemd's notify protocol: a datagram to the socket that it named). */
static void notify(const char *state)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un at = { .sun_family = AF_UNIX };
    if (!path || (path[0] != '/' && path[0] != '@') || strlen(path) >= sizeof at.sun_path)
        return;
    memcpy(at.sun_path, path, strlen(path) + 1);
    if (path[0] == '@')
        at.sun_path[0] = '\0';
    AUTO(fd_closep) int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    socklen_t len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path) + (path[0] == '/'));
    if (fd < 0 || sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&at, len) < 0)
        log_event(LOG_WARN, "supervisor-not-told", "errno=%d", errno);
}

/* What may change while the node runs: how much it says. The rest of the configuration is read at a start. */
static void reload(struct node *n)
{
    struct node_conf fresh = { 0 };
    struct fail f = { 0 };
    size_t count;
    const struct conf_key *keys = node_conf_keys(&count);
    AUTO(str_freep) char *path = node_path(n, "orcon.conf");
    conf_defaults(keys, count, &fresh);
    if (conf_read(path, keys, count, &fresh, &f) != OK) {
        log_fail(LOG_ERROR, "reload-failed", &f);
    } else {
        log_set("node", (enum log_level)fresh.log_level);
        log_event(LOG_INFO, "reloaded", "log_level=%llu", (unsigned long long)fresh.log_level);
    }
    conf_release(keys, count, &fresh);
}

/* What the node was started with has been replaced, a generation of its ledger or its unlock key: the same program, from its beginning. */
static void end_stale(void)
{
    if (kill(getpid(), SIGTERM) != 0)
        log_event(LOG_ERROR, "not-restarted", "errno=%d", errno);
}

static enum err start_again(const struct cli *c, struct fail *f)
{
    execl("/proc/self/exe", program_invocation_name, "--home", c->home, "serve", (char *)NULL);
    return fail_set(f, E_INTERNAL, "cannot start again: %s", strerror(errno));
}

static enum err run(struct node *n, const sigset_t *signals, struct fail *f)
{
    struct node_server *server = NULL;
    struct admin_listener *control = NULL;
    int signal_number = 0;
    TRY(node_network_start(n, f));
    enum err e = node_server_start(n, &server, f);
    if (e == OK)
        e = admin_listen(n, &control, f); /* whoever is answered here finds the node served */
    if (e == OK) {
        log_event(LOG_INFO, "ready", "domain=%s url=%s listen=%s", n->conf.domain, n->conf.url,
                  n->conf.listen);
        notify("READY=1");
        while (sigwait(signals, &signal_number) == 0 && signal_number == SIGHUP)
            reload(n);
        log_event(LOG_INFO, "stopping", "signal=%d", signal_number);
        notify("STOPPING=1");
    }
    node_server_stop(server);
    admin_listen_stop(control);
    return e;
}

enum err verb_serve(struct cli *c, int argc, char **argv, struct fail *f)
{
    AUTO(node_closep) struct node *n = NULL;
    sigset_t signals;
    TRY(cli_options(c, NULL, 0, &argc, &argv, f));
    TRY(cli_arguments(argc, 0, 0, "", f));
    /* before the first thread, so that only sigwait sees them */
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGHUP);
    /* a file that may not grow is an error of its write, not the death of the process */
    if (pthread_sigmask(SIG_BLOCK, &signals, NULL) != 0 || signal(SIGPIPE, SIG_IGN) == SIG_ERR ||
        signal(SIGXFSZ, SIG_IGN) == SIG_ERR)
        return fail_set(f, E_INTERNAL, "cannot set up signals");
    TRY(node_open(c->home, true, &n, f));
    n->on_stale = end_stale;
    TRY(run(n, &signals, f));
    bool again = atomic_load(&n->stale);
    node_closep(&n);
    return again ? start_again(c, f) : OK;
}
