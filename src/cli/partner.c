/* SPDX-License-Identifier: Apache-2.0
 * partner: cards of other organisations: taken, confirmed, listed, suspended. */
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/name.h"
#include "cli/home.h"
#include "cli/print.h"
#include "cli/mine.h"
#include "cli/verbs.h"

#define CARD_FILE_MAX 65536

static enum err add_args(const char *from, bool local, json_t **out, struct fail *f)
{
    AUTO(json_freep) json_t *args = json_object();
    AUTO(buf_freep) struct buf *text = buf_new(CARD_FILE_MAX);
    json_set_bool(args, "local", local);
    if (strncmp(from, "https://", 8) == 0) {
        json_set_str(args, "url", from);
    } else if (strstr(from, "://") && !file_exists(from)) {
        return fail_set(f, E_USAGE, "'%.200s': a card is fetched from a URL that begins with https://", from);
    } else {
        TRY(file_read(from, text, f));
        json_t *card = json_stringn(buf_text(text), text->len);
        if (!card)
            return fail_set(f, E_UNVERIFIED, "%s is not a card", from);
        json_set_take(args, "card", card);
    }
    *out = json_incref(args);
    return OK;
}

/* A file that is no card, or was altered, does not verify, whatever its fault is called. */
static enum err no_card(const char *file, struct fail *f)
{
    fail_context(f, "%s", file);
    if (f)
        f->code = E_UNVERIFIED;
    return E_UNVERIFIED;
}

static enum err add(struct cli *c, const char *what, const char *from, bool local, const char *named,
                    struct fail *f)
{
    AUTO(json_freep) json_t *answer = NULL;
    json_t *args = NULL;
    (void)what, (void)named;
    TRY(add_args(from, local, &args, f));
    bool is_file = json_object_get(args, "card") != NULL;
    enum err e = home_call(c, "partner-add", args, &answer, f);
    if ((e == E_INVALID || e == E_UNVERIFIED) && is_file)
        return no_card(from, f);
    TRY(e);
    const char *domain = home_str(answer, "domain"), *state = home_str(answer, "state");
    if (c->json)
        cli_json(json_incref(answer));
    else if (strcmp(state, "unconfirmed") == 0)
        cli_print(
            stdout,
            "%s: its card is here, unconfirmed: nothing is shared or released yet.\n"
            "Its words: %s\nRead them to each other aloud. If they are the same: orcon partner confirm %s\n",
            domain, home_str(answer, "words"), domain);
    else
        cli_print(stdout, "%s: %s. Its words: %s\n", domain, state, home_str(answer, "words"));
    return OK;
}

static enum err set(struct cli *c, const char *what, const char *domain, bool local, const char *named,
                    struct fail *f)
{
    AUTO(json_freep) json_t *answer = NULL;
    AUTO(str_freep) char *verb = str_format("partner-%s", strcmp(what, "resume") == 0 ? "confirm" : what);
    json_t *args = json_object();
    (void)local, (void)named;
    json_set_str(args, "domain", domain);
    TRY(home_call(c, verb, args, &answer, f));
    if (c->json)
        cli_json(json_incref(answer));
    else
        cli_print(stdout, "%s: %s. Its words: %s\n", domain, home_str(answer, "state"),
                  home_str(answer, "words"));
    return OK;
}

static uint64_t number(const json_t *object, const char *name)
{
    return (uint64_t)json_integer_value(json_object_get(object, name));
}

static void print_partner(const json_t *p, bool whole)
{
    cli_print(stdout,
              "%-28s %-12s asked %llu, granted %llu, denied %llu,\n  "
              "overrides %llu, uncoordinated %llu, recalls not acknowledged %llu\n",
              home_str(p, "domain"), home_str(p, "state"), (unsigned long long)number(p, "requests"),
              (unsigned long long)number(p, "granted"), (unsigned long long)number(p, "denied"),
              (unsigned long long)number(p, "overrides"), (unsigned long long)number(p, "uncoordinated"),
              (unsigned long long)number(p, "recalls_open"));
    if (whole)
        cli_print(stdout, "  %s\n  words: %s\n  last reached: %s, undelivered: %llu\n", home_str(p, "url"),
                  home_str(p, "words"), *home_str(p, "reached") ? home_str(p, "reached") : "never",
                  (unsigned long long)number(p, "undelivered"));
}

/* Of the node of whoever --as names, else of the home. */
static enum err ask(struct cli *c, const char *domain, const char *named, json_t **answer, struct fail *f)
{
    AUTO(mine_end) struct mine m = { 0 };
    if (c->as) {
        AUTO(str_freep)
        char *path = str_format("/v1/partners%s%s%s%s%s", domain ? "/" : "", domain ? domain : "",
                                domain ? "?record=1" : "", named ? "&list=" : "", named ? named : "");
        TRY(mine_begin(c, &m, f));
        return session_get(m.session, path, answer, f);
    }
    json_t *args = json_object();
    json_set_str(args, "domain", domain);
    json_set_str(args, "list", named);
    return home_call(c, "partner-list", args, answer, f);
}

/* One line a number, both organisations beside each other, in the words of the record. */
static void print_record(const json_t *p)
{
    const json_t *record = json_object_get(p, "record"), *y1 = json_object_get(record, "y1");
    json_t *d30 = json_object_get(record, "d30");
    const char *name;
    json_t *count;
    cli_print(stdout, "%-58s %9s %9s\n", "acknowledged by both", "30 days", "1 year");
    json_object_foreach (d30, name, count)
        if (number(y1, name))
            cli_print(stdout, "%-58s %9llu %9llu\n", name, (unsigned long long)json_integer_value(count),
                      (unsigned long long)number(y1, name));
    AUTO(buf_freep) struct buf *waiting = buf_new(BUF_MAX_DEFAULT);
    json_object_foreach (json_object_get(p, "unacknowledged"), name, count)
        buf_printf(waiting, "%s%lld %s", waiting->len ? ", " : "", (long long)json_integer_value(count),
                   name);
    if (waiting->len)
        print_say("Not acknowledged by %s, and not counted: %s. See: --list unacknowledged",
                  home_str(p, "domain"), buf_text(waiting));
}

static void print_list(const json_t *list)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *one = json_array_get(list, i);
        char brief[25] = "-";
        if (*home_str(one, "report"))
            short_print(home_str(one, "report"), 4, brief);
        cli_print(stdout, "%s  %s  %s  %s %s\n", home_str(one, "at"), home_str(one, "iss"), brief,
                  home_str(one, "kind"), home_str(one, "state"));
        cli_print(stdout, "  %s\n", home_str(one, "statement"));
    }
}

static enum err list(struct cli *c, const char *what, const char *domain, bool local, const char *named,
                     struct fail *f)
{
    AUTO(json_freep) json_t *answer = NULL;
    (void)what;
    (void)local;
    if (named && (!domain || strspn(named, "abcdefghijklmnopqrstuvwxyz") != strlen(named)))
        return fail_set(f, E_USAGE,
                        "--list names a number of one partner's record: given, asked, overrides, ...");
    TRY(ask(c, domain, named, &answer, f));
    const json_t *partners = json_object_get(answer, "partners");
    if (c->json) {
        cli_json(json_incref(answer));
        return OK;
    }
    for (size_t i = 0; i < json_array_size(partners); i++)
        print_partner(json_array_get(partners, i), domain != NULL);
    if (domain)
        print_record(json_array_get(partners, 0));
    if (named)
        print_list(json_object_get(json_array_get(partners, 0), "list"));
    if (json_array_size(partners) == 0)
        cli_print(stdout, "No partner yet. Take a card: orcon partner add FILE|URL\n");
    return OK;
}

enum err verb_partner(struct cli *c, int argc, char **argv, struct fail *f)
{
    static const struct {
        const char *what;
        const char *args; /* what comes after it: one, or nothing */
        enum err (*run)(struct cli *, const char *, const char *, bool, const char *, struct fail *);
    } rows[] = {
        { "add", "FILE|URL", add },  { "confirm", "DOMAIN", set }, { "suspend", "DOMAIN", set },
        { "resume", "DOMAIN", set }, { "list", "", list },         { "show", "DOMAIN", list },
    };
    bool local = false;
    const char *named = NULL;
    const struct cli_option options[] = { { "local", 0, NULL, &local }, { "list", 0, &named, NULL } };
    TRY(cli_options(c, options, COUNT(options), &argc, &argv, f));
    for (size_t i = 0; argc > 0 && i < COUNT(rows); i++)
        if (strcmp(rows[i].what, argv[0]) == 0) {
            int wanted = *rows[i].args ? 1 : 0;
            TRY(cli_arguments(argc - 1, wanted, wanted, rows[i].args, f));
            if (strcmp(rows[i].args, "DOMAIN") == 0 && !name_is_domain(argv[1]))
                return fail_set(f, E_USAGE, "'%.80s' is not a domain in lower case", argv[1]);
            return rows[i].run(c, argv[0], wanted ? argv[1] : NULL, local, named, f);
        }
    return fail_set(f, E_USAGE, "one of add, confirm, list, show, suspend, resume is needed");
}
