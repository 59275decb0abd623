/* SPDX-License-Identifier: Apache-2.0
 * exchange/node_init.c - making a home: in a folder beside the final one, renamed when it is whole */
#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/time.h"
#include "crypto/hash.h"
#include "exchange/cards.h"
#include "exchange/journal.h"
#include "exchange/node_internal.h"
#include "exchange/publisher.h"
#include "store/setting.h"
#include "store/store.h"
#include "store/writer.h"

#define CERT_DAYS 3650 /* cards pin the key, so the date protects nobody; rotation does */

struct making {
    const char *home;
    const struct node_conf *conf;
    struct node n;
    uint8_t log_pk[32], vrf_pk[32];
};

static enum err put_file(struct making *m, const char *name, struct bytes v, unsigned mode, struct fail *f)
{
    AUTO(str_freep) char *path = node_path(&m->n, name);
    return file_write(path, v, mode, f);
}

static enum err make_unlock(struct making *m, struct fail *f)
{
    uint8_t secret[32];
    random_bytes(secret, sizeof secret);
    enum err e = put_file(m, HOME_UNLOCK, BYTES(secret, sizeof secret), 0600, f);
    wipe(secret, sizeof secret);
    return e;
}

/* The host in "https://host[:port]": what the certificate names beside localhost. */
static char *url_host(const char *url)
{
    const char *host = url + strlen("https://");
    if (*host == '[')
        return mem_dup(host + 1, strcspn(host + 1, "]"));
    return mem_dup(host, strcspn(host, ":/"));
}

enum err node_make_tls(const struct node *n, const struct node_conf *conf, const char *key_name,
                       const char *cert_name, struct fail *f)
{
    AUTO(key_freep) struct key *key = NULL;
    AUTO(buf_freep) struct buf *pem = buf_new_secret(4096);
    AUTO(buf_freep) struct buf *cert = buf_new(8192);
    AUTO(str_freep) char *host = url_host(conf->url);
    AUTO(str_freep) char *key_path = node_path(n, key_name);
    AUTO(str_freep) char *cert_path = node_path(n, cert_name);
    const char *alt[] = { host, "localhost", "127.0.0.1" };
    TRY(key_make(KEY_P256, &key, f));
    TRY(key_write_private_pem(key, pem, f));
    TRY(key_certificate(key, conf->domain, alt, COUNT(alt), CERT_DAYS, cert, f));
    TRY(file_write(key_path, bytes_of(pem), 0600, f));
    return file_write(cert_path, bytes_of(cert), 0644, f);
}

/* It can't be changed: whom the key may speak for. */
char *node_key_owner(const char *domain, const char *origin, enum key_use use)
{
    switch (use) {
    case USE_LOG:
        return str_dup(origin);
    case USE_WITNESS:
    case USE_MONITOR:
        return str_format("%s/%s", domain, keeper_use_name(use));
    default:
        return str_dup(domain);
    }
}

static enum err make_keys(struct making *m, struct fail *f)
{
    for (int use = 0; use < USE_COUNT; use++) {
        AUTO(str_freep) char *file = node_key_name((enum key_use)use);
        AUTO(str_freep) char *name = node_key_owner(m->conf->domain, m->n.origin, (enum key_use)use);
        AUTO(buf_freep) struct buf *sealed = buf_new(4096);
        AUTO(buf_freep) struct buf *public = buf_new(4096);
        TRY(keeper_generate(m->n.keeper, (enum key_use)use, name, sealed, public, f));
        TRY(put_file(m, file, bytes_of(sealed), 0600, f));
        if (use == USE_LOG || use == USE_VRF)
            memcpy(use == USE_LOG ? m->log_pk : m->vrf_pk, public->data, 32);
    }
    return OK;
}

static enum err write_genesis(struct db *db, void *ctx, struct fail *f)
{
    struct making *m = ctx;
    struct entry_genesis g = { .time_ms = time_now_ms(), .generation = 1, .how = ENTRY_FIRST };
    origin_print(m->conf->domain, 1, g.origin);
    memcpy(g.log_pk, m->log_pk, sizeof g.log_pk);
    memcpy(g.vrf_pk, m->vrf_pk, sizeof g.vrf_pk);
    hash_sha256(BYTES("", 0), g.prev_root);
    TRY(store_setting_put(db, SETTING_GENERATION, "1", f));
    return journal_genesis(db, &g, f);
}

static enum err make_store(struct making *m, struct fail *f)
{
    AUTO(str_freep) char *path = node_path(&m->n, HOME_STORE);
    AUTO(store_freep) struct store *store = NULL;
    AUTO(writer_freep) struct writer *writer = NULL;
    TRY(store_create(path, f));
    TRY(store_open(path, &store, f));
    TRY(writer_new(store, NULL, &writer, f));
    return writer_run(writer, write_genesis, m, f);
}

static enum err fill_home(struct making *m, struct fail *f)
{
    AUTO(buf_freep) struct buf *text = buf_new(16384);
    AUTO(str_freep) char *keys = node_path(&m->n, "keys");
    AUTO(str_freep) char *run = node_path(&m->n, "run");
    TRY(file_mkdirs(keys, 0700, f));
    TRY(file_mkdirs(run, 0700, f));
    node_conf_write(m->conf, text);
    TRY(put_file(m, HOME_CONF, bytes_of(text), 0600, f));
    TRY(make_unlock(m, f));
    TRY(node_keeper(&m->n, f));
    enum err e = make_keys(m, f);
    keeper_stop(m->n.keeper);
    m->n.keeper = NULL;
    TRY(e);
    TRY(node_make_tls(&m->n, m->conf, HOME_TLS, HOME_CERT, f));
    return make_store(m, f);
}

/* The first card needs the whole node: its pins, keys and log. */
static enum err first_card(const char *home, struct fail *f)
{
    AUTO(node_closep) struct node *n = NULL;
    TRY(node_open(home, false, &n, f));
    return cards_make_own(n, NULL, f);
}

static enum err make(struct making *m, struct fail *f)
{
    TRY(fill_home(m, f));
    TRY(first_card(m->n.home, f));
    /* a folder that is there must be empty, or this fails and nothing is overwritten */
    if (rename(m->n.home, m->home) != 0)
        return fail_set(f, E_IO, "cannot make %s: %s", m->home, strerror(errno));
    AUTO(str_freep) char *copy = str_dup(m->home);
    enum err e = file_sync_folder(dirname(copy), f);
    if (e != OK && rename(m->home, m->n.home) != 0) /* what may not last is not made */
        fail_context(f, "%s is left over", m->home);
    return e;
}

static enum err check_conf(const struct node_conf *conf, struct fail *f)
{
    if (!conf->domain || !name_is_domain(conf->domain))
        return fail_set(f, E_USAGE, "'%.80s' is not a domain: lower case, at least two labels, no final dot",
                        conf->domain ? conf->domain : "");
    size_t len = strlen(conf->url);
    if (strncmp(conf->url, "https://", 8) != 0 || len < 9 || conf->url[len - 1] == '/' ||
        strpbrk(conf->url, " ?#\"\\<>"))
        return fail_set(f, E_USAGE,
                        "'%.80s' is not an https URL without query and without a slash at the end",
                        conf->url);
    return OK;
}

enum err node_init(const char *home, const struct node_conf *conf, struct fail *f)
{
    AUTO(str_freep) char *beside = str_format("%s.new-%d", home, (int)getpid());
    AUTO(str_freep) char *there = str_format("%s/" HOME_CONF, home);
    AUTO(str_freep) char *above = str_dup(home);
    struct making m = { .home = home, .conf = conf, .n = { .home = beside, .lock_fd = -1, .generation = 1 } };
    char *slash = strrchr(above, '/');
    TRY(check_conf(conf, f));
    if (file_exists(there))
        return fail_set(f, E_CONFLICT, "there is a node in %s already; nothing was changed", home);
    if (slash && slash != above) {
        *slash = '\0';
        TRY(file_mkdirs(above, 0755, f));
    }
    TRY(crypto_start(f));
    origin_print(conf->domain, 1, m.n.origin);
    if (mkdir(beside, 0700) != 0)
        return fail_set(f, E_IO, "cannot make %s: %s", beside, strerror(errno));
    enum err e = make(&m, f);
    if (e != OK && file_remove_tree(beside, NULL) != OK)
        fail_context(f, "%s is left over", beside);
    return e;
}
