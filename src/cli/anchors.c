/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/anchors.h"

#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "cli/home.h"
#include "cli/mine.h"
#include "cli/print.h"

static enum err add_files(const char *files, struct known *k, struct fail *f)
{
    while (files && *files) {
        size_t n = strcspn(files, ",");
        AUTO(str_freep) char *path = mem_dup(files, n);
        TRY(known_file(k, path, f));
        files += n + (files[n] == ',');
    }
    return OK;
}

static bool has_home(const struct cli *c)
{
    AUTO(str_freep) char *conf = str_format("%s/orcon.conf", c->home);
    return file_exists(conf);
}

static enum err add_home(const struct cli *c, struct known *k, struct fail *f)
{
    AUTO(json_freep) json_t *answer = NULL;
    const json_t *cards;
    TRY(home_call(c, "cards", json_object(), &answer, f));
    TRY(json_need_array(answer, "cards", "answer of the node", &cards, f));
    for (size_t i = 0; i < json_array_size(cards); i++) {
        const char *jws = json_string_value(json_array_get(cards, i));
        TRY(known_add(k, bytes_str(jws ? jws : ""), f));
    }
    return OK;
}

enum err anchors_cards(const struct cli *c, const char *files, struct known *k, struct fail *f)
{
    AUTO(profile_freep) struct profile *p = NULL;
    struct fail why = { 0 };
    TRY(crypto_start(f));
    TRY(add_files(files, k, f));
    if (files && !c->as)
        return OK; /* with nothing but these */
    enum err e = profile_load(c->profiles, c->as, &p, &why);
    if (e == OK)
        return known_profile(k, p, f);
    if (c->as || e != E_USAGE)
        return fail_pass(f, &why);
    if (has_home(c))
        return add_home(c, k, f);
    return fail_set(f, E_USAGE, "no card is known here: name them with --card FILE,... (%s)", why.what);
}

bool anchors_refresh(const struct cli *c, struct known *k)
{
    AUTO(mine_end) struct mine m = { 0 };
    struct fail why = { 0 };
    if (mine_begin(c, &m, &why) == OK && known_refresh(m.session, &why) == OK &&
        known_profile(k, m.profile, &why) == OK)
        return true;
    return has_home(c) && add_home(c, k, &why) == OK;
}

void anchors_print(const json_t *checked)
{
    const json_t *list = json_object_get(checked, "anchors");
    cli_print(stdout, "Anchors:\n");
    for (size_t i = 0; i < json_array_size(list); i++) {
        AUTO(str_freep) char *line = verify_anchor_brief(json_string_value(json_array_get(list, i)));
        int at = cli_print(stdout, "  ");
        print_wrapped(stdout, (size_t)at, 4, line);
    }
}
