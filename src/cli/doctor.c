/* SPDX-License-Identifier: Apache-2.0
 * doctor: what to mend. */
#include <string.h>

#include "cli/home.h"
#include "cli/print.h"
#include "cli/verbs.h"

enum err verb_doctor(struct cli *c, int argc, char **argv, struct fail *f)
{
    AUTO(json_freep) json_t *answer = NULL;
    TRY(cli_options(c, NULL, 0, &argc, &argv, f));
    TRY(cli_arguments(argc, 0, 0, "", f));
    TRY(home_call(c, "doctor", json_object(), &answer, f));
    const json_t *checks = json_object_get(answer, "checks");
    bool good = json_is_true(json_object_get(answer, "good"));
    if (c->json) {
        cli_json(json_incref(answer));
    } else {
        for (size_t i = 0; i < json_array_size(checks); i++) {
            const json_t *one = json_array_get(checks, i);
            int at = cli_print(stdout, "%-5s %-12s ", home_str(one, "state"), home_str(one, "check"));
            print_wrapped(stdout, (size_t)at, (size_t)at, home_str(one, "text"));
        }
    }
    return good ? OK : fail_set(f, E_IO, "something is to be mended: see above");
}
