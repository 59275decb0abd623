/* SPDX-License-Identifier: Apache-2.0
 * desk: the page in this program, on loopback, over a pinned connection to one's own node. The key that signs in is the
 * browser's own; a profile only says which node it is, and where there is none, the card that was met first is kept. */
#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/b64.h"
#include "base/file.h"
#include "base/mem.h"
#include "cli/enrolment.h"
#include "cli/mine.h"
#include "cli/verbs.h"
#include "exchange/cards.h"
#include "http/desk_local.h"
#include "ledger/statement.h"

#define PORT     7800
#define PORT_MAX 65535

struct desk {
    const struct cli *c;
    const char *node, *card_hash, *port_text;
    uint16_t port;
    bool enrolling;
    struct enrolment enrolment;
    struct card *card;
};

static void desk_clear(struct desk *d)
{
    enrolment_clear(&d->enrolment);
    card_free(d->card);
}

/* Cards kept for the desk: <profiles>/.desk/<domain> ---------------------------------------------------------- */

static char *kept_path(const struct desk *d, const char *domain)
{
    return str_format("%s/.desk/%s", d->c->profiles, domain);
}

static enum err keep(const struct desk *d, const struct card *card, struct fail *f)
{
    AUTO(str_freep) char *dir = str_format("%s/.desk", d->c->profiles);
    AUTO(str_freep) char *path = kept_path(d, card->domain);
    TRY(file_mkdirs(dir, 0700, f));
    return file_write(path, bytes_str(card->jose->text), 0600, f);
}

static enum err load(struct desk *d, const char *domain, struct fail *f)
{
    AUTO(str_freep) char *path = kept_path(d, domain);
    AUTO(buf_freep) struct buf *text = buf_new(CARD_MAX);
    if (!file_exists(path))
        return fail_set(f, E_USAGE,
                        "no card of %s is kept in %s: give --card-hash and its URL, or an enrolment URL",
                        domain, d->c->profiles);
    TRY(file_read(path, text, f));
    return card_read(bytes_of(text), &d->card, f);
}

/* The only one that is kept; "" if there is none or several. */
static void only_kept(const struct desk *d, char domain[static DOMAIN_MAX + 1])
{
    AUTO(str_freep) char *path = str_format("%s/.desk", d->c->profiles);
    DIR *dir = opendir(path);
    size_t count = 0;
    for (struct dirent *e; dir && (e = readdir(dir));)
        if (name_is_domain(e->d_name) && count++ == 0)
            memcpy(domain, e->d_name, strlen(e->d_name) + 1); /* a domain, so it fits */
    if (dir)
        closedir(dir);
    if (count != 1)
        domain[0] = '\0';
}

/* Which node ------------------------------------------------------------------------------------------------- */

static enum err from_profile(struct desk *d, struct fail *f)
{
    AUTO(profile_freep) struct profile *p = NULL;
    char domain[DOMAIN_MAX + 1] = "";
    enum err e = profile_load(d->c->profiles, d->c->as, &p, f);
    if (e != OK && !d->c->as)
        only_kept(d, domain);
    if (*domain) {
        fail_clear(f);
        return load(d, domain, f);
    }
    TRY(e);
    return card_read(bytes_str(p->card->jose->text), &d->card, f);
}

static enum err first_contact(struct desk *d, const char *url, const uint8_t sha[static HASH_LEN],
                              struct fail *f)
{
    TRY(session_first(url, sha, &d->card, f));
    return keep(d, d->card, f);
}

static enum err from_url(struct desk *d, struct fail *f)
{
    uint8_t sha[HASH_LEN];
    AUTO(str_freep) char *url = str_dup(d->node);
    size_t len = strlen(url);
    if (!d->card_hash || !b64_read_exact(B64_URL, bytes_str(d->card_hash), sha, HASH_LEN))
        return fail_set(
            f, E_USAGE,
            "--node with a URL needs --card-hash: what stands behind the dot of an enrolment URL");
    if (len && url[len - 1] == '/')
        url[len - 1] = '\0';
    return first_contact(d, url, sha, f);
}

static enum err find_node(struct desk *d, struct fail *f)
{
    if (d->enrolling)
        return first_contact(d, d->enrolment.url, d->enrolment.card_key_sha, f);
    if (!d->node)
        return from_profile(d, f);
    if (strncmp(d->node, "https://", 8) == 0)
        return from_url(d, f);
    if (!name_is_domain(d->node))
        return fail_set(f, E_USAGE, "--node is a domain, or a URL with https://: '%.80s'", d->node);
    return load(d, d->node, f);
}

/* The node may have a newer card, with other pins; what is kept of a profile is its own session's to renew. */
static enum err renew(struct desk *d, struct fail *f)
{
    AUTO(net_client_freep) struct net_client *net = NULL;
    AUTO(net_answer_clear) struct net_answer answer = { 0 };
    AUTO(card_freep) struct card *next = NULL;
    AUTO(str_freep) char *url = str_format("%s/card", d->card->url);
    AUTO(str_freep) char *path = kept_path(d, d->card->domain);
    struct card_pins pins;
    card_pins(d->card, &pins);
    struct net_request r = { .url = url,
                             .pins = pins.list,
                             .pin_count = d->card->pin_count,
                             .max_answer = CARD_MAX,
                             .allow_private = true };
    TRY(net_client_new(&net, f));
    TRY(net_client_send(net, &r, &answer, f));
    TRY(net_answer_check(&answer, d->card->domain, f));
    TRY(card_read(bytes_of(answer.body), &next, f));
    bool same_key = memcmp(next->card_key_sha, d->card->card_key_sha, HASH_LEN) == 0 &&
                    strcmp(next->domain, d->card->domain) == 0;
    if (same_key && next->serial <= d->card->serial)
        return OK;
    if (!same_key)
        TRY(card_succeeds(d->card, next, f));
    if (file_exists(path))
        TRY(keep(d, next, f));
    card_free(d->card);
    d->card = next;
    next = NULL;
    return OK;
}

/* Running ------------------------------------------------------------------------------------------------------ */

static char *enrol_address(const struct desk *d, const char *origin)
{
    char secret[44], sha[44];
    statement_digest_text(d->enrolment.secret, secret);
    statement_digest_text(d->enrolment.card_key_sha, sha);
    char *text = str_format("%s/enrol#%s.%s", origin, secret, sha);
    wipe(secret, sizeof secret);
    return text;
}

static void say(const struct desk *d, const char *origin, const char *reached)
{
    AUTO(str_freep) char *enrol = d->enrolling ? enrol_address(d, origin) : NULL;
    if (d->c->json) {
        json_t *out = json_object();
        json_set_str(out, "url", origin);
        json_set_str(out, "domain", d->card->domain);
        json_set_str(out, "enrol", enrol);
        cli_json(out);
    } else {
        cli_print(stdout, "The desk of %s is open: %s\n", d->card->domain, origin);
        if (enrol)
            cli_print(stdout, "To make this browser's key, once:\n   %s\n", enrol);
        if (*reached)
            cli_print(stdout, "Its node can't be reached now: %s\n", reached);
        puts("Sign in with the browser's own key, or enrol it: orcon desk - < URL.\nCtrl-C closes it.");
    }
    fflush(stdout);
}

static enum err run(struct desk *d, struct fail *f)
{
    struct desk_local *local = NULL;
    struct fail why = { 0 };
    sigset_t signals;
    int got;
    /* before the first thread, so that only sigwait sees them */
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGHUP);
    if (pthread_sigmask(SIG_BLOCK, &signals, NULL) != 0 || signal(SIGPIPE, SIG_IGN) == SIG_ERR)
        return fail_set(f, E_INTERNAL, "cannot set up signals");
    TRY(find_node(d, f));
    enum err e = renew(d, &why);
    if (e != OK && e != E_UNAVAILABLE)
        return fail_pass(f, &why);
    TRY(desk_local_start(d->card, d->port, &local, f));
    say(d, desk_local_origin(local), why.what);
    sigwait(&signals, &got);
    desk_local_stop(local);
    return OK;
}

static enum err read_port(struct desk *d, struct fail *f)
{
    char *end = NULL;
    d->port = PORT;
    if (!d->port_text)
        return OK;
    unsigned long port = strspn(d->port_text, "0123456789") ? strtoul(d->port_text, &end, 10) : PORT_MAX + 1;
    if (port > PORT_MAX || *end)
        return fail_set(f, E_USAGE, "--port is a number up to 65535, 0 for any that is free");
    d->port = (uint16_t)port;
    return OK;
}

enum err verb_desk(struct cli *c, int argc, char **argv, struct fail *f)
{
    AUTO(desk_clear) struct desk d = { .c = c };
    const struct cli_option options[] = { { "port", 0, &d.port_text, NULL },
                                          { "node", 0, &d.node, NULL },
                                          { "card-hash", 0, &d.card_hash, NULL } };
    TRY(cli_options(c, options, COUNT(options), &argc, &argv, f));
    TRY(cli_arguments(argc, 0, 1, "[URL|-]", f));
    TRY(read_port(&d, f));
    if (argc && d.node)
        return fail_set(f, E_USAGE, "an enrolment URL says which node: no --node with it");
    if (d.card_hash && (!d.node || strncmp(d.node, "https://", 8) != 0))
        return fail_set(f, E_USAGE, "--card-hash belongs to --node with a URL");
    TRY(crypto_start(f));
    d.enrolling = argc == 1;
    if (argc)
        TRY(enrolment_read(argv[0], &d.enrolment, f));
    return run(&d, f);
}
