/* SPDX-License-Identifier: Apache-2.0
 * webhook: notices of this node to another system of its organisation, signed, ids only. */
#include <string.h>

#include "base/mem.h"
#include "cli/home.h"
#include "cli/print.h"
#include "cli/verbs.h"

static void print_set(const json_t *a, bool pinned)
{
    const char *url = home_str(a, "url");
    fputs("Notices go to ", stdout);
    cli_put(stdout, url);
    cli_print(stdout, ", from now on, ids only.\n");
    if (!pinned)
        cli_print(stdout, "Its key, to be compared with the server's own:\n  %s\n", home_str(a, "pin"));
    cli_print(stdout,
              "The secret, shown this once; each call has Orcon-Signature: v1= the HMAC of\n"
              "Orcon-Time, a dot and the body under it (32 bytes, here in hex):\n  %s\n"
              "What waits: orcon webhook show\n",
              home_str(a, "secret"));
}

static void print_show(const json_t *a)
{
    if (!*home_str(a, "url")) {
        puts("No webhook is set. To set one: orcon webhook set URL");
        return;
    }
    fputs("Notices go to ", stdout);
    cli_put(stdout, home_str(a, "url"));
    cli_print(stdout, "\n  key     %s\n  waiting %llu\n", home_str(a, "pin"),
              (unsigned long long)json_integer_value(json_object_get(a, "waiting")));
}

static void print_off(const json_t *a)
{
    (void)a;
    puts("Notices go nowhere else any more. To begin again: orcon webhook set URL");
}

static enum err call(const struct cli *c, const char *verb, json_t *args, void (*print)(const json_t *),
                     json_t **answer, struct fail *f)
{
    TRY(home_call(c, verb, args, answer, f));
    if (c->json)
        cli_json(json_incref(*answer));
    else if (print)
        print(*answer);
    return OK;
}

static enum err set(const struct cli *c, const char *url, const char *pin, bool local, struct fail *f)
{
    AUTO(json_freep) json_t *answer = NULL;
    json_t *args = json_object();
    json_set_str(args, "url", url);
    json_set_str(args, "pin", pin);
    json_set_bool(args, "local", local);
    TRY(call(c, "webhook-set", args, NULL, &answer, f));
    if (!c->json)
        print_set(answer, pin != NULL);
    return OK;
}

enum err verb_webhook(struct cli *c, int argc, char **argv, struct fail *f)
{
    AUTO(json_freep) json_t *answer = NULL;
    const char *pin = NULL;
    bool local = false;
    const struct cli_option options[] = { { "pin", 0, &pin, NULL }, { "local", 0, NULL, &local } };
    TRY(cli_options(c, options, COUNT(options), &argc, &argv, f));
    if (argc == 2 && strcmp(argv[0], "set") == 0)
        return set(c, argv[1], pin, local, f);
    if (pin || local)
        return fail_set(f, E_USAGE, "--pin and --local go with set URL");
    if (argc == 1 && strcmp(argv[0], "show") == 0)
        return call(c, "webhook-show", json_object(), print_show, &answer, f);
    if (argc == 1 && strcmp(argv[0], "off") == 0)
        return call(c, "webhook-off", json_object(), print_off, &answer, f);
    return fail_set(f, E_USAGE, "one of set URL, show, off is needed");
}
