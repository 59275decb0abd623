/* SPDX-License-Identifier: Apache-2.0
 * clients, community, group: the signed lists of this organisation. */
#include <string.h>

#include "base/mem.h"
#include "cli/home.h"
#include "cli/mine.h"
#include "cli/verbs.h"

/* One of the three verbs, on its way. */
struct lists {
    const char *kind;
    bool named, hide;
};

static json_t *args_of(const struct lists *l, const char *name)
{
    json_t *args = json_object();
    json_set_str(args, "kind", l->kind);
    json_set_str(args, "name", name);
    return args;
}

/* "clients of birch.example", "group isac". */
static void print_list(const json_t *list)
{
    const char *kind = home_str(list, "kind"), *name = home_str(list, "name");
    const json_t *members = json_object_get(list, "members");
    if (*name)
        cli_print(stdout, "%s %s of %s", kind, name, home_str(list, "owner"));
    else
        cli_print(stdout, "%s of %s", kind, home_str(list, "owner"));
    cli_print(stdout, ", version %llu, %zu member%s%s\n",
              (unsigned long long)json_integer_value(json_object_get(list, "version")),
              json_array_size(members), json_array_size(members) == 1 ? "" : "s",
              json_is_true(json_object_get(list, "hide_members")) ? ", hidden from one another" : "");
    for (size_t i = 0; i < json_array_size(members); i++)
        cli_print(stdout, "  %s\n", json_string_value(json_array_get(members, i)));
}

static void print_one(struct cli *c, json_t *answer)
{
    if (c->json)
        cli_json(json_incref(answer));
    else
        print_list(answer);
}

static enum err set(struct cli *c, const struct lists *l, int argc, char **argv, struct fail *f)
{
    AUTO(json_freep) json_t *answer = NULL;
    json_t *args = args_of(l, l->named ? argv[0] : NULL);
    (void)argc;
    json_set_str(args, "members", argv[l->named]);
    json_set_bool(args, "hide_members", l->hide);
    TRY(home_call(c, "list-set", args, &answer, f));
    print_one(c, answer);
    if (!c->json && strcmp(l->kind, "group") == 0)
        cli_print(stdout, "Share with it: orcon share FILE --to group:%s\n", argv[0]);
    return OK;
}

static enum err end(struct cli *c, const struct lists *l, int argc, char **argv, struct fail *f)
{
    AUTO(json_freep) json_t *answer = NULL;
    (void)argc;
    TRY(home_call(c, "list-delete", args_of(l, argv[0]), &answer, f));
    if (c->json)
        cli_json(json_incref(answer));
    else
        cli_print(stdout, "%s %s is deleted. What was shared with it stays shared: orcon recall REPORT\n",
                  l->kind, argv[0]);
    return OK;
}

/* Of the node of whoever --as names, else of the home. */
static enum err ask(struct cli *c, const struct lists *l, const char *owner, const char *name,
                    json_t **answer, struct fail *f)
{
    AUTO(mine_end) struct mine m = { 0 };
    bool one = owner || name;
    if (c->as) {
        AUTO(str_freep)
        char *path = str_format("/v1/lists/%s%s%s%s%s", l->kind, one ? "?owner=" : "", owner ? owner : "",
                                name ? "&name=" : "", name ? name : "");
        TRY(mine_begin(c, &m, f));
        TRY(session_get(m.session, path, answer, f));
        json_t *first = one ? json_incref(json_array_get(json_object_get(*answer, "lists"), 0)) : NULL;
        if (first) {
            json_decref(*answer);
            *answer = first;
        }
        return OK;
    }
    json_t *args = args_of(l, name);
    json_set_str(args, "owner", owner);
    return home_call(c, one || !l->named ? "list-show" : "list-all", args, answer, f);
}

/* NAME, DOMAIN/NAME, or, of clients, DOMAIN or nothing. */
static enum err show(struct cli *c, const struct lists *l, int argc, char **argv, struct fail *f)
{
    AUTO(json_freep) json_t *answer = NULL;
    const char *slash = argc > 0 ? strchr(argv[0], '/') : NULL;
    AUTO(str_freep) char *owner = slash ? mem_dup(argv[0], (size_t)(slash - argv[0])) : NULL;
    if (l->named)
        TRY(ask(c, l, owner, slash ? slash + 1 : argv[0], &answer, f));
    else
        TRY(ask(c, l, argc > 0 ? argv[0] : c->as ? "" : NULL, NULL, &answer, f));
    print_one(c, answer);
    return OK;
}

static enum err list(struct cli *c, const struct lists *l, int argc, char **argv, struct fail *f)
{
    AUTO(json_freep) json_t *answer = NULL;
    (void)argc;
    (void)argv;
    TRY(ask(c, l, NULL, NULL, &answer, f));
    if (c->json) {
        cli_json(json_incref(answer));
        return OK;
    }
    const json_t *all = json_object_get(answer, "lists");
    for (size_t i = 0; i < json_array_size(all); i++)
        print_list(json_array_get(all, i));
    if (json_array_size(all) == 0)
        cli_print(stdout, "No %s yet. Make one: orcon %s set NAME DOMAIN,...\n", l->kind, l->kind);
    return OK;
}

struct row {
    const char *what;
    int least, most; /* arguments after it */
    const char *args;
    enum err (*run)(struct cli *, const struct lists *, int, char **, struct fail *);
};

static enum err run(struct cli *c, struct lists *l, const struct row *rows, size_t count, int argc,
                    char **argv, struct fail *f)
{
    const struct cli_option options[] = { { "hide-members", 0, NULL, &l->hide } };
    bool is_group = strcmp(l->kind, "group") == 0;
    TRY(cli_options(c, options, is_group ? 1 : 0, &argc, &argv, f));
    for (size_t i = 0; argc > 0 && i < count; i++)
        if (strcmp(rows[i].what, argv[0]) == 0) {
            TRY(cli_arguments(argc - 1, rows[i].least, rows[i].most, rows[i].args, f));
            return rows[i].run(c, l, argc - 1, argv + 1, f);
        }
    return fail_set(f, E_USAGE, "one of set, show%s is needed", l->named ? ", list, delete" : "");
}

enum err verb_clients(struct cli *c, int argc, char **argv, struct fail *f)
{
    static const struct row rows[] = { { "set", 1, 1, "DOMAIN,...", set },
                                       { "show", 0, 1, "[DOMAIN]", show } };
    return run(c, &(struct lists){ .kind = "clients" }, rows, COUNT(rows), argc, argv, f);
}

static const struct row named_rows[] = {
    { "set", 2, 2, "NAME DOMAIN,...", set },
    { "show", 1, 1, "NAME", show },
    { "list", 0, 0, "", list },
    { "delete", 1, 1, "NAME", end },
};

enum err verb_community(struct cli *c, int argc, char **argv, struct fail *f)
{
    return run(c, &(struct lists){ .kind = "community", .named = true }, named_rows, COUNT(named_rows), argc,
               argv, f);
}

enum err verb_group(struct cli *c, int argc, char **argv, struct fail *f)
{
    return run(c, &(struct lists){ .kind = "group", .named = true }, named_rows, COUNT(named_rows), argc,
               argv, f);
}
