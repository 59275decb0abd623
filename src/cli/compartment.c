/* SPDX-License-Identifier: Apache-2.0
 * compartment: what a compartment of this organisation asks of those who share it or let it go. */
#include <string.h>

#include "base/mem.h"
#include "cli/home.h"
#include "cli/verbs.h"

static void print_term(const json_t *term)
{
    const json_t *second = json_object_get(term, "second");
    cli_print(stdout, "%s, version %lld: ", home_str(term, "compartment"),
              (long long)json_integer_value(json_object_get(term, "version")));
    for (size_t i = 0; i < json_array_size(second); i++)
        cli_print(stdout, "%s%s", i ? " and " : "", json_string_value(json_array_get(second, i)));
    puts(json_array_size(second) ? " need a second person" : "no second person is needed");
}

static void print_terms(const json_t *answer)
{
    const json_t *all = json_object_get(answer, "compartments");
    for (size_t i = 0; i < json_array_size(all); i++)
        print_term(json_array_get(all, i));
    if (json_array_size(all) == 0)
        puts("No compartment has a term. Set one: orcon compartment NAME --second share,grant");
}

enum err verb_compartment(struct cli *c, int argc, char **argv, struct fail *f)
{
    AUTO(json_freep) json_t *answer = NULL;
    const char *second = NULL;
    const struct cli_option options[] = { { "second", 0, &second, NULL } };
    json_t *args = json_object();
    AUTO(json_freep) json_t *own = args;
    TRY(cli_options(c, options, COUNT(options), &argc, &argv, f));
    TRY(cli_arguments(argc, second ? 1 : 0, 1, "COMPARTMENT", f));
    json_set_str(args, "compartment", argc ? argv[0] : NULL);
    json_set_str(args, "second", second);
    TRY(home_call(c, "compartment", json_incref(own), &answer, f));
    if (c->json)
        cli_json(json_incref(answer));
    else if (argc)
        print_term(answer);
    else
        print_terms(answer);
    return OK;
}
