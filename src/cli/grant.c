/* SPDX-License-Identifier: Apache-2.0
 * grant, deny: an officer decides on a request. */
#include <string.h>

#include "base/mem.h"
#include "base/time.h"
#include "cli/home.h"
#include "cli/mine.h"
#include "cli/print.h"
#include "cli/verbs.h"
#include "client/choice.h"

struct deciding {
    struct cli *c;
    struct mine mine;
    const char *portions, *until, *note, *reason, *person, *second;
    struct choice choice;
    char end[TIME_TEXT_SIZE];
    json_t *request, *answer;
    const char *delivery;
};

static void deciding_clear(struct deciding *d)
{
    json_decref(d->request);
    json_decref(d->answer);
    mine_end(&d->mine);
}

static enum err fetch(struct deciding *d, const char *request, struct fail *f)
{
    AUTO(str_freep) char *path = str_format("/v1/requests/%s", request);
    TRY(mine_begin(d->c, &d->mine, f));
    return session_get(d->mine.session, path, &d->request, f);
}

/* All that was asked for, or those of them that are named. ${numbers}: "1, 2", for people. */
static enum err choose_portions(const struct deciding *d, json_t **out, struct buf *numbers, struct fail *f)
{
    AUTO(json_freep) json_t *ids = json_array();
    const json_t *rows = json_object_get(d->request, "portions");
    struct choice left = d->choice;
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        uint64_t n = (uint64_t)json_integer_value(json_object_get(row, "n"));
        if (n > CHOICE_MAX || (d->choice.given && !d->choice.has[n]))
            continue;
        json_array_append_new(ids, json_string(home_str(row, "id")));
        buf_printf(numbers, "%s%llu", numbers->len ? "," : "", (unsigned long long)n);
        left.has[n] = false;
    }
    for (unsigned n = 0; n <= CHOICE_MAX; n++)
        if (left.has[n])
            return fail_why(f, REASON_NOT_ASKED, "portion %u was not asked for in q-%s", n,
                            home_str(d->request, "short"));
    *out = json_incref(ids);
    return OK;
}

static void print_json(const struct deciding *d)
{
    json_t *out = json_deep_copy(d->answer);
    json_set_str(out, "delivery", d->delivery);
    cli_json(out);
}

/* The decision reaches the asker and the third party; the copies follow it, by themselves, to the third
 * party. */
static enum err decide(struct deciding *d, const char *kind, json_t *portions, json_t *body, struct fail *f)
{
    AUTO(str_freep) char *why = NULL;
    const char *third = name_domain_of(home_str(d->request, "to"));
    uint64_t began_ms = time_mono_ms();
    bool copies = true;
    struct statement_making m = { .kind = kind,
                                  .report = home_str(d->request, "report"),
                                  .ref = home_str(d->request, "request"),
                                  .portions = portions,
                                  .body = body };
    TRY(mine_unsent(act_send(d->mine.session, m, &d->answer, f), f));
    if (json_object_get(d->answer, "waits")) { /* nothing is on its way yet */
        d->delivery = "waiting";
        if (d->c->json)
            print_json(d);
        return OK;
    }
    d->delivery = mine_wait(&d->mine, home_str(d->answer, "statement"), began_ms, &why);
    if (!why && strcmp(kind, "grant") == 0 &&
        act_wait_partner(d->mine.session, third, began_ms + ACT_WAIT_MS, &copies, NULL) == OK && !copies)
        d->delivery = "queued";
    if (d->c->json)
        print_json(d);
    return why ? fail_set(f, E_REFUSED, "decided, but not taken by %s", why) : OK;
}

/* A grant is neither a read-in nor a name: what it does not open is said aloud. */
static void say_lacking(const struct deciding *d)
{
    const json_t *rows = json_object_get(d->answer, "lacking");
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        const char *reason = home_str(row, "reason"), *mark = home_str(row, "mark"),
                   *name = strchr(mark, '/');
        unsigned long long n = (unsigned long long)json_integer_value(json_object_get(row, "n"));
        if (strcmp(reason, "compartment") == 0)
            print_say("Portion %llu still needs a read-in to %s: orcon read-in PERSON %s", n, mark,
                      name ? name + 1 : mark);
        else
            print_say("Portion %llu can't be read there yet: %s (%s)%s", n, home_str(row, "text"), mark,
                      strcmp(reason, "not-named") == 0 ? ". Name a person with --person" : "");
    }
}

enum err verb_grant(struct cli *c, int argc, char **argv, struct fail *f)
{
    AUTO(deciding_clear) struct deciding d = { .c = c };
    AUTO(buf_freep) struct buf *numbers = buf_new(8192);
    AUTO(buf_freep) struct buf *end = buf_new(64);
    json_t *portions = NULL, *body = json_object();
    AUTO(json_freep) json_t *own = body;
    bool no_held = false;
    const struct cli_option options[] = {
        { "portion", 0, &d.portions, NULL }, { "until", 0, &d.until, NULL },
        { "note", 0, &d.note, NULL },        { "person", 0, &d.person, NULL },
        { "second", 0, &d.second, NULL },    { "no-held", 0, NULL, &no_held }
    };
    TRY(cli_options(c, options, COUNT(options), &argc, &argv, f));
    TRY(cli_arguments(argc, 1, 1, "REQUEST", f));
    TRY(choice_id(argv[0], "request", f));
    TRY(choice_read(d.portions, &d.choice, f));
    TRY(mine_time(d.until, d.end, f));
    TRY(mine_text(d.note, "--note", false, f));
    if (d.person && !name_is_person(d.person))
        return fail_set(f, E_USAGE, "--person '%.80s': not a person, such as cora@cedar.example", d.person);
    TRY(mine_second(d.second, f));
    TRY(fetch(&d, argv[0], f));
    TRY(mine_unsent(choose_portions(&d, &portions, numbers, f), f));
    json_set_str(body, "until", d.end);
    json_set_str(body, "note", d.note ? d.note : "");
    json_set_str(body, "person", d.person);
    json_set_str(body, "second", d.second);
    if (no_held)
        json_set_bool(body, "no_held", true);
    TRY(decide(&d, "grant", portions, json_incref(own), f));
    if (c->json)
        return OK;
    if (d.second) {
        mine_say_waits(json_object_get(d.answer, "waits"));
        return OK;
    }
    char report[25];
    mine_short(&d.mine, "reports", home_str(d.request, "report"), report);
    print_when(d.end, end);
    print_say("granted %s/%s to %s%s%s; %s", report, buf_text(numbers),
              d.person ? d.person : home_str(d.request, "to"), end->len ? " until " : "", buf_text(end),
              strcmp(d.delivery, "delivered") == 0 ? "delivered: it can be read there now"
                                                   : "queued: it goes out by itself");
    say_lacking(&d);
    cli_print(stdout, "Who holds it: orcon show %s\n", report);
    if (name_is_domain(home_str(d.request, "to")))
        cli_print(stdout, "Undo: orcon recall %s --from %s\n", report, home_str(d.request, "to"));
    return OK;
}

enum err verb_deny(struct cli *c, int argc, char **argv, struct fail *f)
{
    AUTO(deciding_clear) struct deciding d = { .c = c };
    const struct cli_option options[] = { { "reason", 0, &d.reason, NULL } };
    TRY(cli_options(c, options, COUNT(options), &argc, &argv, f));
    TRY(cli_arguments(argc, 1, 1, "REQUEST", f));
    TRY(choice_id(argv[0], "request", f));
    TRY(mine_text(d.reason, "--reason", true, f));
    TRY(fetch(&d, argv[0], f));
    json_t *body = json_object();
    json_set_str(body, "reason", d.reason);
    TRY(decide(&d, "deny", NULL, body, f));
    if (!c->json)
        cli_print(stdout, "q-%s denied; %s to %s\n", home_str(d.request, "short"), d.delivery,
                  home_str(d.request, "asker"));
    return OK;
}
