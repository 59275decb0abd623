/* SPDX-License-Identifier: Apache-2.0
 * init: make a node's home, and its first person. */
#include <stdlib.h>
#include <string.h>

#include "base/conf.h"
#include "base/mem.h"
#include "cli/home.h"
#include "cli/print.h"
#include "cli/verbs.h"
#include "exchange/node.h"
#include "http/listen.h"

static bool is_loopback(const char *listen)
{
    return strncmp(listen, "127.", 4) == 0 || strncmp(listen, "[::1]", 5) == 0;
}

/* What others reach this node by, if nobody says: the address itself on loopback, else the domain. */
static char *default_url(const char *domain, const char *listen)
{
    const char *port = strrchr(listen, ':');
    if (is_loopback(listen))
        return str_format("https://%s", listen);
    return str_format("https://%s%s", domain, port && strcmp(port, ":443") != 0 ? port : "");
}

static enum err check_listen(const char *listen, struct fail *f)
{
    struct fail why = { 0 };
    return listen_check(listen, &why) == OK ? OK : fail_set(f, E_USAGE, "--listen: %s", why.what);
}

static enum err first_person(const struct cli *c, const char *domain, const char *admin, json_t *answer,
                             struct fail *f)
{
    AUTO(str_freep) char *person = strchr(admin, '@') ? str_dup(admin) : str_format("%s@%s", admin, domain);
    AUTO(json_freep) json_t *added = NULL;
    json_t *args = json_object();
    json_set_str(args, "person", person);
    json_set_str(args, "roles", "reader,author,officer,admin");
    TRY(home_call(c, "person-add", args, &added, f));
    json_set_str(answer, "person", person);
    json_set_str(answer, "enrol", home_str(added, "enrol"));
    return OK;
}

static void report(const struct cli *c, const json_t *answer)
{
    const char *enrol = home_str(answer, "enrol");
    print_say("%s: a new node in %s, at %s", home_str(answer, "domain"), c->home, home_str(answer, "url"));
    if (*enrol)
        cli_print(
            stdout,
            "Next: orcon serve\n      then, as %s on his machine, within an hour:\n      orcon enrol '%s'\n",
            home_str(answer, "person"), enrol);
    else
        cli_print(stdout, "Next: orcon serve\n      orcon person add NAME@%s --role reader,author,officer\n",
                  home_str(answer, "domain"));
}

enum err verb_init(struct cli *c, int argc, char **argv, struct fail *f)
{
    const char *name = "", *listen = NULL, *url = NULL, *store = NULL, *admin = NULL;
    const struct cli_option options[] = { { "name", 0, &name, NULL },
                                          { "listen", 0, &listen, NULL },
                                          { "url", 0, &url, NULL },
                                          { "store", 0, &store, NULL },
                                          { "admin", 0, &admin, NULL } };
    struct node_conf conf = { 0 };
    size_t count;
    TRY(cli_options(c, options, COUNT(options), &argc, &argv, f));
    TRY(cli_arguments(argc, 1, 1, "DOMAIN", f));
    if (store && strcmp(store, "sqlite") != 0)
        return fail_set(f, E_USAGE, "--store %.40s: only sqlite, in the home itself, is there yet", store);
    if (listen)
        TRY(check_listen(listen, f));
    const struct conf_key *keys = node_conf_keys(&count);
    conf_defaults(keys, count, &conf);
    if (listen) {
        free(conf.listen);
        conf.listen = str_dup(listen);
    }
    free(conf.name);
    conf.name = str_dup(name);
    conf.domain = str_dup(argv[0]);
    conf.url = url ? str_dup(url) : default_url(argv[0], conf.listen);
    AUTO(json_freep) json_t *answer = json_object();
    json_set_str(answer, "domain", conf.domain);
    json_set_str(answer, "url", conf.url);
    enum err e = node_init(c->home, &conf, f);
    conf_release(keys, count, &conf);
    if (e == OK && admin)
        e = first_person(c, argv[0], admin, answer, f);
    TRY(e);
    if (c->json)
        cli_json(json_incref(answer));
    else
        report(c, answer);
    return OK;
}
