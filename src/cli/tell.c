/* SPDX-License-Identifier: Apache-2.0
 * tell, receipt: a briefing by voice or paper, and what the person who was told signs. */
#include <string.h>

#include "base/mem.h"
#include "base/time.h"
#include "cli/home.h"
#include "cli/mine.h"
#include "cli/print.h"
#include "cli/verbs.h"
#include "client/choice.h"

struct telling {
    struct cli *c;
    struct mine mine;
    const char *reason, *occasion, *at, *present, *whom;
    struct choice_target target;
    char when[TIME_TEXT_SIZE];
    json_t *view;
};

static void telling_clear(struct telling *t)
{
    json_decref(t->view);
    mine_end(&t->mine);
}

/* A time that has been, by the clock: `15:30` is not taken, since it would be guessed whose. */
static enum err read_when(struct telling *t, struct fail *f)
{
    uint64_t ms = time_now_ms();
    if (t->at && !time_read(t->at, &ms))
        return fail_set(f, E_USAGE, "--at '%.40s' is not a time: 2026-11-28T14:00:00Z", t->at);
    if (t->at && ms > time_now_ms())
        return fail_set(f, E_USAGE, "--at '%.40s' is still to come", t->at);
    time_print(ms, t->when);
    return OK;
}

static enum err check_arguments(struct telling *t, const char *target, struct fail *f)
{
    TRY(mine_text(t->whom, "PERSON", true, f));
    if (strchr(t->whom, '@') && !strchr(t->whom, ' ') && !name_is_person(t->whom))
        return fail_set(f, E_USAGE, "'%.80s' is not a person: local@domain in lower case, or words", t->whom);
    if (name_is_domain(t->whom) && strchr(t->whom, '.'))
        return fail_set(f, E_USAGE, "'%.80s' is an organisation: name the person who was told", t->whom);
    TRY(choice_target(target, &t->target, f));
    TRY(mine_text(t->reason, "--reason", true, f));
    TRY(mine_text(t->occasion, "--occasion", false, f));
    TRY(mine_text(t->present, "--present", false, f));
    return read_when(t, f);
}

static json_t *present_list(const char *text)
{
    json_t *list = json_array();
    while (text && *text) {
        size_t n = strcspn(text, ",");
        if (n)
            json_array_append_new(list, json_stringn(text, n));
        text += n + (text[n] == ',');
    }
    return list;
}

/* The one that is named, or the whole report with its title. */
static enum err choose_portions(const struct telling *t, json_t **out, struct fail *f)
{
    AUTO(mem_freep) struct choice *all = mem_new(sizeof *all);
    const json_t *rows = json_object_get(t->view, "portions");
    all->given = true;
    if (t->target.has_number && t->target.number > CHOICE_MAX)
        return fail_set(f, E_USAGE, "a portion has a number of at most %d", CHOICE_MAX);
    if (t->target.has_number)
        all->has[t->target.number] = true;
    else
        all->has[0] = json_object_get(t->view, "title") != NULL;
    for (size_t i = 0; !t->target.has_number && i < json_array_size(rows); i++) {
        uint64_t n = (uint64_t)json_integer_value(json_object_get(json_array_get(rows, i), "n"));
        if (n <= CHOICE_MAX)
            all->has[n] = true;
    }
    return mine_portions(t->view, all, out, f);
}

static void say(const struct telling *t, const json_t *answer, const char *delivery)
{
    char portion[16] = "";
    const char *brief = home_str(t->view, "short");
    if (t->target.has_number)
        snprintf(portion, sizeof portion, "/%u", t->target.number);
    print_say("recorded: %s was told %s%s. It counts as a briefing.%s", t->whom, brief, portion,
              !name_is_person(t->whom)          ? ""
              : strcmp(delivery, "queued") == 0 ? " His organisation hears of it by itself."
                                                : " He can sign a receipt.");
    (void)answer;
    cli_print(stdout, "Who knows what: orcon show %s\n", brief);
}

static enum err record(struct telling *t, struct fail *f)
{
    AUTO(json_freep) json_t *answer = NULL;
    AUTO(str_freep) char *why = NULL;
    AUTO(json_freep) json_t *body = json_object();
    json_t *portions = NULL;
    uint64_t began_ms = time_mono_ms();
    TRY(mine_unsent(choose_portions(t, &portions, f), f));
    json_set_str(body, name_is_person(t->whom) ? "person" : "words", t->whom);
    json_set_str(body, "reason", t->reason);
    json_set_str(body, "occasion", t->occasion ? t->occasion : "");
    json_set_str(body, "at", t->when);
    json_set_take(body, "present", present_list(t->present));
    struct statement_making m = {
        .kind = "tell", .report = home_str(t->view, "report"), .portions = portions, .body = json_incref(body)
    };
    TRY(mine_unsent(act_send(t->mine.session, m, &answer, f), f));
    const char *delivery = mine_wait(&t->mine, home_str(answer, "statement"), began_ms, &why);
    if (t->c->json) {
        json_t *out = json_object();
        json_set_take(out, "told", mine_copy(answer, "told"));
        json_set_take(out, "report", mine_copy(t->view, "report"));
        json_set_str(out, "delivery", delivery);
        cli_json(out);
    } else {
        say(t, answer, delivery);
    }
    return why ? fail_set(f, E_REFUSED, "recorded, but not taken by %s", why) : OK;
}

enum err verb_tell(struct cli *c, int argc, char **argv, struct fail *f)
{
    AUTO(telling_clear) struct telling t = { .c = c };
    const struct cli_option options[] = { { "reason", 0, &t.reason, NULL },
                                          { "occasion", 0, &t.occasion, NULL },
                                          { "at", 0, &t.at, NULL },
                                          { "present", 0, &t.present, NULL } };
    TRY(cli_options(c, options, COUNT(options), &argc, &argv, f));
    TRY(cli_arguments(argc, 2, 2, "PERSON REPORT[/N]", f));
    t.whom = argv[0];
    TRY(check_arguments(&t, argv[1], f));
    TRY(mine_begin(c, &t.mine, f));
    AUTO(str_freep) char *path = str_format("/v1/reports/%s", t.target.report);
    TRY(session_get(t.mine.session, path, &t.view, f));
    return record(&t, f);
}

/* The receipt --------------------------------------------------------------------------------------------------- */

/* The telling is in the inbox of who was told; done or not. */
static enum err find_told(struct mine *m, const char *id, json_t **out, struct fail *f)
{
    AUTO(json_freep) json_t *inbox = NULL;
    TRY(session_get(m->session, "/v1/inbox?all=1", &inbox, f));
    const json_t *items = json_object_get(inbox, "items");
    for (size_t i = 0; i < json_array_size(items); i++) {
        json_t *about = json_object_get(json_array_get(items, i), "about");
        const char *told = home_str(about, "told");
        if (*told && (strcmp(told, id) == 0 || (short_is(id) && short_matches(id, told)))) {
            *out = json_incref(about);
            return OK;
        }
    }
    return fail_why(f, REASON_NOT_YOURS, "there is no telling %.40s of you", id);
}

enum err verb_receipt(struct cli *c, int argc, char **argv, struct fail *f)
{
    AUTO(mine_end) struct mine m = { 0 };
    AUTO(json_freep) json_t *told = NULL;
    AUTO(json_freep) json_t *answer = NULL;
    AUTO(str_freep) char *why = NULL;
    uint64_t began_ms = time_mono_ms();
    TRY(cli_options(c, NULL, 0, &argc, &argv, f));
    TRY(cli_arguments(argc, 1, 1, "TELLING", f));
    const char *id = strncmp(argv[0], "t-", 2) == 0 ? argv[0] + 2 : argv[0];
    TRY(choice_id(id, "telling", f));
    TRY(mine_begin(c, &m, f));
    TRY(find_told(&m, id, &told, f));
    json_t *body = json_object();
    json_set_str(body, "digest", home_str(told, "digest"));
    struct statement_making act = {
        .kind = "receipt", .report = home_str(told, "report"), .ref = home_str(told, "told"), .body = body
    };
    TRY(mine_unsent(act_send(m.session, act, &answer, f), f));
    const char *delivery = mine_wait(&m, home_str(answer, "statement"), began_ms, &why);
    if (c->json) {
        json_t *out = json_object();
        json_set_take(out, "receipt", mine_copy(answer, "statement"));
        json_set_take(out, "told", mine_copy(told, "told"));
        json_set_str(out, "delivery", delivery);
        cli_json(out);
    } else {
        cli_print(stdout, "signed: you were told this. Receipt %s.\n", delivery);
    }
    return why ? fail_set(f, E_REFUSED, "signed, but not taken by %s", why) : OK;
}
