/* SPDX-License-Identifier: Apache-2.0
 * absence, duty: who is away, who stands in for him, and who is woken by flash. */
#include <string.h>

#include "base/mem.h"
#include "base/time.h"
#include "cli/home.h"
#include "cli/mine.h"
#include "cli/print.h"
#include "cli/verbs.h"

struct away {
    const char *from, *until, *deputy, *person, *end;
};

/* A date is its beginning, and today is now; else as --until. */
static enum err read_from(const char *text, char out[static TIME_TEXT_SIZE], struct fail *f)
{
    uint64_t now_ms = time_now_ms(), ms;
    AUTO(str_freep) char *midnight = text ? str_format("%sT00:00:00Z", text) : NULL;
    if (!text || strcmp(text, "now") == 0) {
        time_print(now_ms, out);
        return OK;
    }
    if (strlen(text) != 10 || !time_read(midnight, &ms))
        return mine_time(text, out, f);
    if (ms + 86400000 <= now_ms)
        return fail_set(f, E_USAGE, "--from %s has passed", text);
    time_print(ms < now_ms ? now_ms : ms, out);
    return OK;
}

static void print_absence(const json_t *a)
{
    AUTO(buf_freep) struct buf *from = buf_new(64);
    AUTO(buf_freep) struct buf *until = buf_new(64);
    char brief[25];
    short_print(home_str(a, "id"), 4, brief);
    print_when(home_str(a, "from"), from);
    print_when(home_str(a, "until"), until);
    bool away = strcmp(home_str(a, "state"), "away") == 0;
    int at = cli_print(stdout, "a-%-5s %-8s ", brief, home_str(a, "state"));
    AUTO(str_freep)
    char *text =
        str_format("%s, %s for him, %s%s%suntil %s", home_str(a, "person"), home_str(a, "deputy"),
                   away ? "" : "from ", away ? "" : buf_text(from), away ? "" : " ", buf_text(until));
    print_wrapped(stdout, (size_t)at, 17, text);
}

static enum err list(const struct cli *c, struct mine *m, struct fail *f)
{
    AUTO(json_freep) json_t *answer = NULL;
    TRY(session_get(m->session, "/v1/absences", &answer, f));
    const json_t *rows = json_object_get(answer, "absences");
    if (c->json) {
        cli_json(json_incref(answer));
        return OK;
    }
    for (size_t i = 0; i < json_array_size(rows); i++)
        print_absence(json_array_get(rows, i));
    if (json_array_size(rows) == 0)
        puts("Nobody is away. To be: orcon absence --until TIME --deputy PERSON");
    if (strcmp(home_str(answer, "duty"), home_str(answer, "acting")) != 0)
        cli_print(stdout, "On duty: %s, for %s\n", home_str(answer, "acting"), home_str(answer, "duty"));
    else if (*home_str(answer, "duty"))
        cli_print(stdout, "On duty: %s\n", home_str(answer, "duty"));
    return OK;
}

/* The id of an absence from it, or from its short form. */
static enum err find(struct mine *m, const char *text, json_t **answer, const char **id, struct fail *f)
{
    const char *bare = strncmp(text, "a-", 2) == 0 ? text + 2 : text;
    *id = NULL;
    if (!name_is_uuid(bare) && !short_is(bare))
        return fail_set(f, E_USAGE, "'%.40s' is neither an id nor a short form of one", text);
    TRY(session_get(m->session, "/v1/absences", answer, f));
    const json_t *rows = json_object_get(*answer, "absences");
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const char *one = home_str(json_array_get(rows, i), "id");
        if (!short_matches(bare, one))
            continue;
        if (*id)
            return fail_set(f, E_CONFLICT, "absence %.40s could be any of several: write more of it", text);
        *id = one;
    }
    return *id ? OK : fail_why(f, REASON_NOT_YOURS, "absence %.40s is unknown, or over", text);
}

static enum err end(const struct cli *c, struct mine *m, const char *text, struct fail *f)
{
    AUTO(json_freep) json_t *rows = NULL;
    AUTO(json_freep) json_t *answer = NULL;
    const char *id;
    TRY(find(m, text, &rows, &id, f));
    struct statement_making act = { .kind = "return", .ref = id, .body = json_object() };
    TRY(act_send(m->session, act, &answer, f));
    if (c->json)
        cli_json(json_incref(answer));
    else
        puts("The absence is over. Who is away: orcon absence");
    return OK;
}

static enum err begin(const struct cli *c, struct mine *m, const struct away *o, const char *from,
                      const char *until, struct fail *f)
{
    AUTO(json_freep) json_t *answer = NULL;
    json_t *body = json_object();
    char brief[25];
    json_set_str(body, "deputy", o->deputy);
    json_set_str(body, "from", from);
    json_set_str(body, "until", until);
    if (o->person)
        json_set_str(body, "person", o->person);
    struct statement_making act = { .kind = "absence", .body = body };
    TRY(act_send(m->session, act, &answer, f));
    if (c->json) {
        cli_json(json_incref(answer));
        return OK;
    }
    short_print(home_str(answer, "absence"), 4, brief);
    print_say("%s stands in for %s, and decides as himself.", o->deputy,
              o->person ? o->person : m->profile->person);
    cli_print(stdout, "To end it before: orcon absence --end a-%s\n", brief);
    return OK;
}

enum err verb_absence(struct cli *c, int argc, char **argv, struct fail *f)
{
    AUTO(mine_end) struct mine m = { 0 };
    struct away o = { 0 };
    char from[TIME_TEXT_SIZE], until[TIME_TEXT_SIZE];
    const struct cli_option options[] = { { "from", 0, &o.from, NULL },
                                          { "until", 0, &o.until, NULL },
                                          { "deputy", 0, &o.deputy, NULL },
                                          { "person", 0, &o.person, NULL },
                                          { "end", 0, &o.end, NULL } };
    TRY(cli_options(c, options, COUNT(options), &argc, &argv, f));
    TRY(cli_arguments(argc, 0, 0, "", f));
    bool any = o.from || o.until || o.deputy || o.person;
    if (o.end && any)
        return fail_set(f, E_USAGE, "--end goes alone");
    if (any && (!o.until || !o.deputy))
        return fail_set(f, E_USAGE, "--until and --deputy are needed: when it ends, and who stands in");
    TRY(read_from(o.from, from, f));
    TRY(mine_time(o.until, until, f));
    TRY(mine_begin(c, &m, f));
    return o.end ? end(c, &m, o.end, f) : any ? begin(c, &m, &o, from, until, f) : list(c, &m, f);
}

enum err verb_duty(struct cli *c, int argc, char **argv, struct fail *f)
{
    AUTO(json_freep) json_t *answer = NULL;
    bool none = false;
    const struct cli_option options[] = { { "none", 0, NULL, &none } };
    TRY(cli_options(c, options, COUNT(options), &argc, &argv, f));
    TRY(cli_arguments(argc, 0, none ? 0 : 1, "[PERSON]", f));
    json_t *args = json_object();
    json_set_bool(args, "none", none);
    if (argc)
        json_set_str(args, "person", argv[0]);
    TRY(home_call(c, "duty", args, &answer, f));
    const char *duty = home_str(answer, "duty"), *acting = home_str(answer, "acting");
    if (c->json)
        cli_json(json_incref(answer));
    else if (!*duty)
        puts("Nobody is on duty: flash wakes every officer. To name one: orcon duty PERSON");
    else if (strcmp(duty, acting) != 0)
        cli_print(stdout, "On duty: %s, away; %s for him\n", duty, acting);
    else
        cli_print(stdout, "On duty: %s\n", duty);
    return OK;
}
