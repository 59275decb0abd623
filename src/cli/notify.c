/* SPDX-License-Identifier: Apache-2.0
 * notify: how I am told what needs me. */
#include <string.h>

#include "base/mem.h"
#include "cli/home.h"
#include "cli/mine.h"
#include "cli/verbs.h"

enum err verb_notify(struct cli *c, int argc, char **argv, struct fail *f)
{
    AUTO(mine_end) struct mine m = { 0 };
    AUTO(json_freep) json_t *answer = NULL;
    const char *mail = NULL;
    const struct cli_option options[] = { { "mail", 0, &mail, NULL } };
    TRY(cli_options(c, options, COUNT(options), &argc, &argv, f));
    TRY(cli_arguments(argc, 0, 0, "", f));
    if (mail && strcmp(mail, "at-once") != 0 && strcmp(mail, "digest") != 0 && strcmp(mail, "off") != 0)
        return fail_set(f, E_USAGE, "--mail is at-once, digest or off, not '%.20s'", mail);
    TRY(mine_begin(c, &m, f));
    if (mail)
        TRY(session_post(m.session, "/v1/notify", json_pack("{s:s}", "mail", mail), &answer, f));
    else
        TRY(session_get(m.session, "/v1/notify", &answer, f));
    if (c->json) {
        cli_json(json_incref(answer));
        return OK;
    }
    cli_print(stdout, "mail to %s: %s\n", m.profile->person, home_str(answer, "mail"));
    if (!json_is_true(json_object_get(answer, "sendmail")))
        puts("This node sends no mail: its admin sets `sendmail` in orcon.conf.");
    puts("As it comes: orcon inbox --follow");
    return OK;
}
