/* SPDX-License-Identifier: Apache-2.0
 * person, read-in: the people of this organisation, and whom it reads in. */
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "cli/home.h"
#include "cli/mine.h"
#include "cli/print.h"
#include "cli/verbs.h"

struct options {
    const char *role, *clearance, *read_in, *device;
    bool resume, service;
};

static enum err add_service(struct cli *c, const char *person, const struct options *o, struct fail *f)
{
    AUTO(json_freep) json_t *answer = NULL;
    json_t *args = json_object();
    if (o->role)
        return fail_set(f, E_USAGE, "a service account has no roles: it asks for keys and nothing else");
    json_set_str(args, "person", person);
    json_set_bool(args, "service", true);
    json_set_str(args, "clearance", o->clearance);
    json_set_str(args, "read_in", o->read_in);
    TRY(home_call(c, "person-add", args, &answer, f));
    if (c->json) {
        cli_json(json_incref(answer));
        return OK;
    }
    const char *interop = home_str(answer, "interop");
    cli_print(stdout,
              "%s may ask for keys, for all of its organisation.\n"
              "  client id  %s\n  secret     %s\n  issuer     %s\n"
              "The secret is shown this once; the same command makes a new one.\n",
              person, person, home_str(answer, "secret"), home_str(answer, "url"));
    if (strcmp(interop, "off") == 0)
        cli_print(stdout, "Its client must send DPoP proofs: interop is off in orcon.conf.\n");
    else
        cli_print(stdout, "Clients without DPoP are served, too: interop is %s in orcon.conf.\n", interop);
    return OK;
}

/* A plain reader needs no confirmation; whoever is here already may have more roles. */
static void say_enrol(const char *person, const char *url, const char *roles)
{
    cli_print(stdout, "%s may enrol once, within an hour:\n  orcon enrol '%s'\n", person, url);
    if (!roles || strcmp(roles, "reader") != 0)
        cli_print(stdout, "Roles above reader wait for:\n  orcon person confirm %s WORDS\n", person);
}

static enum err add(struct cli *c, int argc, char **argv, const struct options *o, struct fail *f)
{
    AUTO(json_freep) json_t *answer = NULL;
    (void)argc;
    if (o->service)
        return add_service(c, argv[0], o, f);
    json_t *args = json_object();
    json_set_str(args, "person", argv[0]);
    json_set_str(args, "roles", o->role);
    json_set_str(args, "clearance", o->clearance);
    json_set_str(args, "read_in", o->read_in);
    TRY(home_call(c, "person-add", args, &answer, f));
    if (c->json)
        cli_json(json_incref(answer));
    else
        say_enrol(home_str(answer, "person"), home_str(answer, "enrol"), o->role);
    return OK;
}

/* Six words, as one argument or as six. */
static enum err confirm(struct cli *c, int argc, char **argv, const struct options *o, struct fail *f)
{
    AUTO(json_freep) json_t *answer = NULL;
    AUTO(buf_freep) struct buf *words = buf_new(1024);
    json_t *args = json_object();
    (void)o;
    for (int i = 1; i < argc; i++)
        buf_printf(words, "%s%s", i > 1 ? " " : "", argv[i]);
    json_set_str(args, "person", argv[0]);
    json_set_str(args, "words", buf_text(words));
    TRY(home_call(c, "person-confirm", args, &answer, f));
    if (c->json)
        cli_json(json_incref(answer));
    else
        cli_print(stdout, "%s: confirmed, his roles are active.\n", argv[0]);
    return OK;
}

static enum err suspend(struct cli *c, int argc, char **argv, const struct options *o, struct fail *f)
{
    AUTO(json_freep) json_t *answer = NULL;
    json_t *args = json_object();
    (void)argc;
    json_set_str(args, "person", argv[0]);
    json_set_str(args, "device", o->device);
    json_set_bool(args, "resume", o->resume);
    TRY(home_call(c, "person-suspend", args, &answer, f));
    if (c->json)
        cli_json(json_incref(answer));
    else
        cli_print(stdout, "%s: %s. Partners are told.\n", argv[0],
                  o->resume   ? "active again"
                  : o->device ? "this device is revoked"
                              : "suspended, from the next request on");
    return OK;
}

static void add_names(struct buf *out, const char *what, const json_t *names)
{
    for (size_t i = 0; i < json_array_size(names); i++)
        buf_printf(out, "%s%s", i ? ", " : what, json_string_value(json_array_get(names, i)));
}

static void print_person(const json_t *p)
{
    AUTO(buf_freep) struct buf *line = buf_new(BUF_MAX_DEFAULT);
    int at = cli_print(stdout, "%-32s %-10s ", home_str(p, "person"), home_str(p, "state"));
    if (json_is_true(json_object_get(p, "service")))
        buf_put_str(line, "service account ");
    add_names(line, "", json_object_get(p, "roles"));
    add_names(line, "; waiting for confirmation: ", json_object_get(p, "pending"));
    add_names(line, "; read in: ", json_object_get(p, "read_in"));
    print_wrapped(stdout, (size_t)at, 4, buf_text(line));
}

/* Of the node of whoever --as names, else of the home. */
static enum err ask(struct cli *c, json_t **answer, struct fail *f)
{
    AUTO(mine_end) struct mine m = { 0 };
    if (!c->as)
        return home_call(c, "person-list", json_object(), answer, f);
    TRY(mine_begin(c, &m, f));
    return session_get(m.session, "/v1/people", answer, f);
}

static enum err list(struct cli *c, int argc, char **argv, const struct options *o, struct fail *f)
{
    AUTO(json_freep) json_t *answer = NULL;
    (void)argc;
    (void)argv;
    (void)o;
    TRY(ask(c, &answer, f));
    const json_t *people = json_object_get(answer, "people");
    if (c->json) {
        cli_json(json_incref(answer));
        return OK;
    }
    for (size_t i = 0; i < json_array_size(people); i++)
        print_person(json_array_get(people, i));
    if (json_array_size(people) == 0)
        cli_print(stdout, "Nobody yet. Next: orcon person add NAME@DOMAIN --role reader\n");
    return OK;
}

enum err verb_person(struct cli *c, int argc, char **argv, struct fail *f)
{
    static const struct {
        const char *what;
        int least, most; /* arguments after it */
        const char *args;
        enum err (*run)(struct cli *, int, char **, const struct options *, struct fail *);
    } rows[] = {
        { "add", 1, 1, "PERSON", add },
        { "confirm", 2, 7, "PERSON WORDS", confirm },
        { "suspend", 1, 1, "PERSON", suspend },
        { "list", 0, 0, "", list },
    };
    struct options o = { 0 };
    const struct cli_option options[] = {
        { "role", 0, &o.role, NULL },       { "clearance", 0, &o.clearance, NULL },
        { "read-in", 0, &o.read_in, NULL }, { "device", 0, &o.device, NULL },
        { "resume", 0, NULL, &o.resume },   { "service", 0, NULL, &o.service }
    };
    TRY(cli_options(c, options, COUNT(options), &argc, &argv, f));
    for (size_t i = 0; argc > 0 && i < COUNT(rows); i++)
        if (strcmp(rows[i].what, argv[0]) == 0) {
            TRY(cli_arguments(argc - 1, rows[i].least, rows[i].most, rows[i].args, f));
            return rows[i].run(c, argc - 1, argv + 1, &o, f);
        }
    return fail_set(f, E_USAGE, "one of add, confirm, list, suspend is needed");
}

enum err verb_read_in(struct cli *c, int argc, char **argv, struct fail *f)
{
    const char *until = NULL;
    const struct cli_option options[] = { { "until", 0, &until, NULL } };
    AUTO(json_freep) json_t *answer = NULL;
    TRY(cli_options(c, options, COUNT(options), &argc, &argv, f));
    TRY(cli_arguments(argc, 2, 2, "PERSON COMPARTMENT", f));
    json_t *args = json_object();
    json_set_str(args, "person", argv[0]);
    json_set_str(args, "compartment", argv[1]);
    json_set_str(args, "until", until);
    TRY(home_call(c, "read-in", args, &answer, f));
    if (c->json)
        cli_json(json_incref(answer));
    else
        cli_print(stdout, "%s is read in to %s.\n", argv[0], argv[1]);
    return OK;
}
