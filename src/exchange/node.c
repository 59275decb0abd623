/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/node.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/statvfs.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/conf.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/time.h"
#include "exchange/acts.h"
#include "exchange/auth.h"
#include "exchange/bell.h"
#include "exchange/live.h"
#include "exchange/cards.h"
#include "exchange/cosigners.h"
#include "exchange/earlier.h"
#include "exchange/monitor.h"
#include "exchange/follower.h"
#include "exchange/guard.h"
#include "exchange/mailer.h"
#include "exchange/node_internal.h"
#include "exchange/outbox.h"
#include "exchange/proofs.h"
#include "exchange/publisher.h"
#include "exchange/rates.h"
#include "exchange/renew.h"
#include "exchange/rotate.h"
#include "exchange/timer.h"
#include "exchange/turn.h"
#include "exchange/webhook.h"
#include "net/client.h"
#include "store/setting.h"
#include "store/store.h"
#include "store/writer.h"

#define LOCK_WAIT_MS 2000

char *node_path(const struct node *n, const char *name)
{
    return str_format("%s/%s", n->home, name);
}

bool node_room(const struct node *n, uint64_t *bytes)
{
    struct statvfs fs;
    if (statvfs(n->home, &fs) != 0)
        return false;
    *bytes = (uint64_t)fs.f_bavail * fs.f_frsize;
    return true;
}

char *node_key_name(enum key_use use)
{
    return str_format("keys/%s.key", keeper_use_name(use));
}

void node_closep(struct node **n)
{
    node_close(*n);
    *n = NULL;
}

void node_start_again(struct node *n)
{
    atomic_store(&n->stale, true);
    if (n->on_stale)
        n->on_stale();
}

static void kas_free(struct node_kas *k)
{
    while (k) {
        struct node_kas *before = k->before;
        key_free(k->key);
        free(k);
        k = before;
    }
}

void node_close(struct node *n)
{
    if (!n)
        return;
    size_t count;
    const struct conf_key *keys = node_conf_keys(&count);
    turner_close(n->turner);
    proofs_settle(n); /* while there is a writer */
    guard_close(n->guard);
    follower_close(n->webhook);
    follower_close(n->mailer);
    timer_close(n->timer);
    cosigners_stop(n->cosigners);
    outbox_stop(n->outbox);
    publisher_close(n->publisher);
    outbox_close(n->outbox); /* the publisher told it of checkpoints */
    n->outbox = NULL;        /* so does the writer */
    earlier_close(n->earlier);
    n->publisher = NULL;           /* the writer, which drains next, asks for it */
    cosigners_close(n->cosigners); /* the publisher told it of checkpoints */
    monitor_close(n->monitor);
    writer_freep(&n->writer);
    bell_free(n->bell);
    lives_free(n->lives);
    cards_close(n->cards);
    renewals_close(n->renewals);
    proofs_close(n->proofs);
    rates_free(n->rates);
    store_freep(&n->store);
    net_client_free(n->net);
    keeper_stop(n->keeper);
    kas_free(n->kas);
    kas_free(n->kas_rsa);
    fd_closep(&n->lock_fd);
    conf_release(keys, count, &n->conf);
    free(n->home);
    free(n);
}

enum err node_tls(const struct node *n, struct buf *certificate, struct buf *key, struct fail *f)
{
    AUTO(str_freep) char *cert_path = node_path(n, HOME_CERT);
    AUTO(str_freep) char *key_path = node_path(n, HOME_TLS);
    TRY(file_read(cert_path, certificate, f));
    return file_read(key_path, key, f);
}

/* One process a home: the lock is held for life, and children don't inherit it. */
enum err node_lock(struct node *n, unsigned wait_ms, struct fail *f)
{
    AUTO(str_freep) char *path = node_path(n, HOME_LOCK);
    uint64_t until_ms = time_mono_ms() + wait_ms;
    n->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (n->lock_fd < 0)
        return fail_set(f, E_IO, "cannot open %s: %s", path, strerror(errno));
    while (flock(n->lock_fd, LOCK_EX | LOCK_NB) != 0) {
        if (time_mono_ms() < until_ms) {
            nanosleep(&(struct timespec){ 0, 20000000 }, NULL);
            continue;
        }
        return fail_set(f, E_CONFLICT, "%s is in use by another process: is `orcon serve` running on it?",
                        n->home);
    }
    return OK;
}

/* Forks. The keeper must not have the lock, or it would outlive us holding it. */
enum err node_keeper(struct node *n, struct fail *f)
{
    AUTO(str_freep) char *path = node_path(n, HOME_UNLOCK);
    AUTO(fd_closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return fail_set(f, E_IO, "cannot open %s: %s", path, strerror(errno));
    return keeper_start(fd, &n->keeper, f);
}

enum err node_kas_set(struct node *n, struct bytes pem, struct fail *f)
{
    struct key *key = NULL;
    TRY(key_read_pem(pem, &key, f));
    struct node_kas *k = mem_new(sizeof *k);
    k->key = key;
    enum err e = key_thumbprint(key, k->kid, f);
    if (e != OK) {
        kas_free(k);
        return e;
    }
    _Atomic(struct node_kas *) *at = key_kind(key) == KEY_RSA ? &n->kas_rsa : &n->kas;
    k->before = *at;
    *at = k;
    return OK;
}

/* A home that was made before there was this use. */
static enum err make_key(struct node *n, enum key_use use, const char *path, struct fail *f)
{
    AUTO(buf_freep) struct buf *sealed = buf_new(4096);
    AUTO(buf_freep) struct buf *public = buf_new(4096);
    TRY(keeper_generate(n->keeper, use, n->conf.domain, sealed, public, f));
    return file_write(path, bytes_of(sealed), 0600, f);
}

static enum err load_keys(struct node *n, struct fail *f)
{
    TRY(rotate_settle_tls(n, f));
    for (int use = 0; use < USE_COUNT; use++) {
        AUTO(str_freep) char *name = node_key_name((enum key_use)use);
        AUTO(str_freep) char *path = node_path(n, name);
        AUTO(buf_freep) struct buf *sealed = buf_new(4096);
        AUTO(buf_freep) struct buf *public = buf_new(4096);
        if (use == USE_KAS_RSA && !file_exists(path))
            TRY(make_key(n, USE_KAS_RSA, path, f));
        TRY(rotate_settle(n, (enum key_use)use, f));
        TRY(rotate_load_former(n, (enum key_use)use, f));
        TRY(file_read(path, sealed, f));
        TRY(keeper_load(n->keeper, (enum key_use)use, bytes_of(sealed), public, f));
        if (use == USE_KAS || use == USE_KAS_RSA)
            TRY(node_kas_set(n, bytes_of(public), f));
    }
    return OK;
}

static bool read_interop(struct node *n)
{
    static const char *const names[] = {
        [INTEROP_OFF] = "off", [INTEROP_SIGNED] = "signed", [INTEROP_ANY] = "any"
    };
    for (size_t i = 0; i < COUNT(names); i++)
        if (n->conf.interop && strcmp(n->conf.interop, names[i]) == 0) {
            n->interop = (enum interop)i;
            return true;
        }
    return false;
}

static enum err read_conf(struct node *n, struct fail *f)
{
    size_t count;
    const struct conf_key *keys = node_conf_keys(&count);
    AUTO(str_freep) char *path = node_path(n, HOME_CONF);
    if (!file_exists(path))
        return fail_set(f, E_IO, "no node in %s: make one with `orcon init DOMAIN`", n->home);
    conf_defaults(keys, count, &n->conf);
    TRY(conf_read(path, keys, count, &n->conf, f));
    if (!n->conf.domain || !name_is_domain(n->conf.domain))
        return fail_set(f, E_INVALID, "%s: 'domain' is missing or no domain", path);
    if (!read_interop(n))
        return fail_set(f, E_INVALID, "%s: 'interop' is off, signed or any", path);
    if (!n->conf.url || strncmp(n->conf.url, "https://", 8) != 0)
        return fail_set(f, E_INVALID, "%s: 'url' is missing or not https", path);
    return OK;
}

static enum err read_generation(struct node *n, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    AUTO(str_freep) char *text = NULL;
    TRY(store_read_begin(n->store, &db, f));
    TRY(store_setting_get(db, SETTING_GENERATION, &text, f));
    n->generation = (uint32_t)strtoul(text, NULL, 10);
    origin_print(n->conf.domain, n->generation, n->origin);
    return OK;
}

static enum err seal_slot(struct db *db, void *ctx, size_t jobs, struct fail *f)
{
    struct node *n = ctx;
    (void)jobs;
    return n->publisher ? publisher_slot(n->publisher, db, f) : OK;
}

static void committed(void *ctx)
{
    struct node *n = ctx;
    if (n->publisher)
        publisher_committed(n->publisher);
    bell_ring(n->bell);
}

static enum err open_store(struct node *n, struct fail *f)
{
    AUTO(str_freep) char *path = node_path(n, HOME_STORE);
    struct writer_hooks hooks = { .before_commit = seal_slot, .after_commit = committed, .ctx = n };
    TRY(store_open(path, &n->store, f));
    return writer_new(n->store, &hooks, &n->writer, f);
}

enum err node_open(const char *home, bool serving, struct node **out, struct fail *f)
{
    AUTO(node_closep) struct node *n = mem_new(sizeof *n);
    n->home = str_dup(home);
    n->lock_fd = -1;
    n->now_ms = time_now_ms;
    TRY(read_conf(n, f));
    TRY(node_lock(n, serving ? LOCK_WAIT_MS : 0, f)); /* a verb of the home may have it for a moment */
    n->started_ms = n->now_ms(); /* no other process of this home has taken a proof since */
    log_set("node", serving ? (enum log_level)n->conf.log_level : LOG_WARN);
    TRY(rotate_settle_unlock(n, f));
    TRY(node_keeper(n, f));
    n->bell = bell_new();
    n->lives = lives_new();
    TRY(crypto_start(f)); /* after the fork: each process starts its own */
    TRY(open_store(n, f));
    TRY(read_generation(n, f));
    TRY(cards_open(n, &n->cards, f));
    renewals_open(&n->renewals);
    TRY(load_keys(n, f));
    earlier_open(n, &n->earlier);
    TRY(turn_load(n, f));
    TRY(cosigners_load_halt(n, f));
    TRY(proofs_open(n, &n->proofs, f));
    n->rates = rates_new(&n->conf);
    monitor_open(n, &n->monitor);
    TRY(publisher_open(n, &n->publisher, f));
    TRY(publisher_kick(n, f));
    TRY(turn_card(n, f));
    TRY(acts_resume(n, f));
    *out = n;
    n = NULL;
    return OK;
}

enum err node_network_client(struct node *n, struct fail *f)
{
    return n->net ? OK : net_client_new(&n->net, f);
}

enum err node_network_start(struct node *n, struct fail *f)
{
    TRY(node_network_client(n, f));
    TRY(outbox_open(n, &n->outbox, f));
    TRY(cosigners_open(n, &n->cosigners, f));
    TRY(mailer_open(n, &n->mailer, f));
    TRY(webhook_open(n, &n->webhook, f));
    TRY(timer_open(n, &n->timer, f));
    TRY(turner_open(n, f));
    return guard_open(n, &n->guard, f);
}
