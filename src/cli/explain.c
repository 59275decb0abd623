/* SPDX-License-Identifier: Apache-2.0
 * explain: the decision on a person and a portion, with every reason, without a key. */
#include <string.h>

#include "base/mem.h"
#include "cli/home.h"
#include "cli/mine.h"
#include "cli/print.h"
#include "cli/verbs.h"
#include "client/choice.h"

static enum err explain_one(struct mine *m, const char *person, const char *report, uint64_t n, json_t **out,
                            struct fail *f)
{
    AUTO(str_freep)
    char *path = str_format("/v1/explain?person=%s&report=%s&n=%llu", person, report, (unsigned long long)n);
    return session_get(m->session, path, out, f);
}

/* The smaller one wins, as in the decision itself. */
static const char *stricter(const char *a, const char *b)
{
    static const char *const order[] = { "deny", "ask", "allow" };
    for (size_t i = 0; i < COUNT(order); i++)
        if (strcmp(a, order[i]) == 0 || strcmp(b, order[i]) == 0)
            return order[i];
    return b;
}

/* A whole report: each portion, and all of them together. */
static enum err explain_all(struct mine *m, const char *person, const char *report, json_t **out,
                            struct fail *f)
{
    AUTO(json_freep) json_t *view = NULL;
    AUTO(json_freep) json_t *answer = json_object();
    AUTO(str_freep) char *path = str_format("/v1/reports/%s", report);
    json_t *portions = json_array(), *reasons = json_array();
    const char *decision = "allow";
    json_set_take(answer, "portions", portions);
    json_set_take(answer, "reasons", reasons);
    TRY(session_get(m->session, path, &view, f));
    const json_t *rows = json_object_get(view, "portions");
    for (size_t i = 0; i < json_array_size(rows); i++) {
        json_t *one = NULL;
        uint64_t n = (uint64_t)json_integer_value(json_object_get(json_array_get(rows, i), "n"));
        TRY(explain_one(m, person, home_str(view, "report"), n, &one, f));
        json_array_append_new(portions, one);
        json_array_extend(reasons, json_object_get(one, "reasons"));
        decision = stricter(decision, home_str(one, "decision"));
    }
    json_set_str(answer, "person", person);
    json_set_str(answer, "report", home_str(view, "report"));
    json_set_str(answer, "decision", decision);
    *out = json_incref(answer);
    return OK;
}

static void say(const json_t *one)
{
    const json_t *reasons = json_object_get(one, "reasons");
    cli_print(stdout, "[%llu] %s\n", (unsigned long long)json_integer_value(json_object_get(one, "n")),
              home_str(one, "decision"));
    for (size_t i = 0; i < json_array_size(reasons); i++) {
        const json_t *r = json_array_get(reasons, i);
        const char *mark = home_str(r, "mark");
        int at = cli_print(stdout, "    %-5s ", home_str(r, "outcome"));
        AUTO(str_freep)
        char *text = str_format("%s: %s (%s)", *mark ? mark : home_str(r, "rule"), home_str(r, "text"),
                                home_str(r, "reason"));
        print_wrapped(stdout, (size_t)at, 10, text);
    }
}

enum err verb_explain(struct cli *c, int argc, char **argv, struct fail *f)
{
    AUTO(mine_end) struct mine m = { 0 };
    AUTO(json_freep) json_t *answer = NULL;
    struct choice_target target;
    TRY(cli_options(c, NULL, 0, &argc, &argv, f));
    TRY(cli_arguments(argc, 2, 2, "PERSON|me REPORT[/N]", f));
    bool me = strcmp(argv[0], "me") == 0;
    if (!me && !name_is_person(argv[0]))
        return fail_set(f, E_USAGE, "'%.80s' is no person: local@domain in lower case, or me", argv[0]);
    TRY(choice_target(argv[1], &target, f));
    TRY(mine_begin(c, &m, f));
    const char *person = me ? m.profile->person : argv[0];
    TRY(target.has_number ? explain_one(&m, person, target.report, target.number, &answer, f)
                          : explain_all(&m, person, target.report, &answer, f));
    if (c->json) {
        cli_json(json_incref(answer));
        return OK;
    }
    const json_t *portions = json_object_get(answer, "portions");
    if (target.has_number)
        say(answer);
    for (size_t i = 0; i < json_array_size(portions); i++)
        say(json_array_get(portions, i));
    return OK;
}
