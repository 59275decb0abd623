/* SPDX-License-Identifier: Apache-2.0
 * card: print this organisation's card, to be handed to partners. */
#include "base/mem.h"
#include "cli/home.h"
#include "cli/verbs.h"

enum err verb_card(struct cli *c, int argc, char **argv, struct fail *f)
{
    bool renew = false;
    const struct cli_option options[] = { { "renew", 0, NULL, &renew } };
    AUTO(json_freep) json_t *answer = NULL;
    json_t *args = json_object();
    json_set_bool(args, "renew", renew);
    enum err e = cli_options(c, options, COUNT(options), &argc, &argv, f);
    if (e == OK)
        e = cli_arguments(argc, 0, 0, "", f);
    if (e == OK)
        json_set_bool(args, "renew", renew);
    if (e != OK) {
        json_decref(args);
        return e;
    }
    TRY(home_call(c, "card", args, &answer, f));
    if (c->json) {
        cli_json(json_incref(answer));
    } else {
        cli_print(stdout, "%s\n", home_str(answer, "card"));
        cli_print(stderr, "Read these words to your partner: %s\n", home_str(answer, "words"));
    }
    return OK;
}
