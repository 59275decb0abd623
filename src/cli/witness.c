/* SPDX-License-Identifier: Apache-2.0
 * witness: who cosigns this node's ledger: partners, and foreign witnesses that are added here. */
#include <string.h>

#include "base/mem.h"
#include "cli/home.h"
#include "cli/print.h"
#include "cli/verbs.h"

static void print_witness(const json_t *w)
{
    const char *at = home_str(w, "at"), *problem = home_str(w, "problem"), *url = home_str(w, "url");
    cli_print(stdout, "%-8s %-32s size %llu%s%s\n", home_str(w, "state"), home_str(w, "name"),
              (unsigned long long)json_integer_value(json_object_get(w, "size")), *at ? ", " : "", at);
    if (*url)
        cli_print(stdout, "%9s%s\n", "", url);
    if (*problem) {
        int used = cli_print(stdout, "%9s", "");
        print_wrapped(stdout, (size_t)used, 9, problem);
    }
}

static enum err ask(struct cli *c, const char *verb, json_t *args, const char *done, struct fail *f)
{
    AUTO(json_freep) json_t *answer = NULL;
    TRY(home_call(c, verb, args, &answer, f));
    if (c->json)
        cli_json(json_incref(answer));
    else
        cli_print(stdout, "%s: %s. Who cosigns: orcon witness list\n", home_str(answer, "name"), done);
    return OK;
}

static enum err list(struct cli *c, struct fail *f)
{
    AUTO(json_freep) json_t *answer = NULL;
    TRY(home_call(c, "witness-list", json_object(), &answer, f));
    const json_t *rows = json_object_get(answer, "witnesses");
    if (c->json) {
        cli_json(json_incref(answer));
        return OK;
    }
    for (size_t i = 0; i < json_array_size(rows); i++)
        print_witness(json_array_get(rows, i));
    if (json_array_size(rows) == 0)
        cli_print(stdout, "Nobody cosigns this ledger yet: every confirmed partner will.\n"
                          "Take a partner's card: orcon partner add FILE|URL\n");
    return OK;
}

enum err verb_witness(struct cli *c, int argc, char **argv, struct fail *f)
{
    bool local = false;
    const struct cli_option options[] = { { "local", 0, NULL, &local } };
    TRY(cli_options(c, options, COUNT(options), &argc, &argv, f));
    if (argc == 1 && strcmp(argv[0], "list") == 0)
        return list(c, f);
    json_t *args = json_object();
    if (argc == 3 && strcmp(argv[0], "add") == 0) {
        json_set_str(args, "url", argv[1]);
        json_set_str(args, "vkey", argv[2]);
        json_set_bool(args, "local", local);
        return ask(c, "witness-add", args, "will be asked to cosign", f);
    }
    if (argc == 2 && strcmp(argv[0], "remove") == 0) {
        json_set_str(args, "name", argv[1]);
        return ask(c, "witness-remove", args, "is not asked any more", f);
    }
    json_decref(args);
    return fail_set(f, E_USAGE, "one of add URL VKEY, list, remove NAME is needed");
}
