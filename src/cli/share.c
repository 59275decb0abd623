/* SPDX-License-Identifier: Apache-2.0
 * share: a report sealed and delivered, or written into a file; or only shown who could read what. */
#include <string.h>

#include "base/mem.h"
#include "base/time.h"
#include "cli/cite.h"
#include "cli/home.h"
#include "cli/mine.h"
#include "cli/print.h"
#include "cli/stage.h"
#include "cli/verbs.h"
#include "client/share.h"

#define TABLE_COLUMNS 2 /* recipients that a table of 80 columns has room for, beside author and colleagues */
#define MARK_COLUMNS  22

struct sharing {
    struct cli *c;
    struct mine mine;
    const char *to_text, *title, *mark, *unmarked, *file, *second;
    bool dry_run, no_held, ask;
    const char *reason, *by, *until, *precedence; /* of what --ask asks for */
    char **argv;                                  /* as it was given */
    int argc;
    json_t *to, *holders, *groups; /* as it was given; what it stands for; which lists said so */
    json_t *cited;                 /* what it cites (client/cite.h); NULL: nothing */
    struct draft draft;
};

static void sharing_clear(struct sharing *s)
{
    draft_clear(&s->draft);
    json_decref(s->to);
    json_decref(s->holders);
    json_decref(s->groups);
    json_decref(s->cited);
    mine_end(&s->mine);
}

/* To whom ----------------------------------------------------------------------------------------------- */

static enum err add_recipient(json_t *to, const char *whom, struct fail *f)
{
    bool group = strncmp(whom, "group:", 6) == 0 && name_is_list(whom + 6);
    if (!group && !name_is_domain(whom) && !name_is_person(whom))
        return fail_set(f, E_USAGE,
                        "--to '%.80s': neither a domain nor a person, in lower case, nor group:NAME", whom);
    for (size_t i = 0; i < json_array_size(to); i++)
        if (strcmp(json_string_value(json_array_get(to, i)), whom) == 0)
            return fail_set(f, E_USAGE, "--to names %s twice", whom);
    json_array_append_new(to, json_string(whom));
    return OK;
}

static enum err read_recipients(struct sharing *s, struct fail *f)
{
    if (!s->to_text)
        return fail_set(f, E_USAGE, "--to says with whom: a domain, a person, or group:NAME");
    AUTO(str_freep) char *list = str_dup(s->to_text);
    char *rest = list;
    s->to = json_array();
    for (char *one = strsep(&rest, ","); one; one = strsep(&rest, ","))
        TRY(add_recipient(s->to, one, f));
    return OK;
}

/* Groups as the author's node knows them now. */
static enum err resolve(struct sharing *s, struct fail *f)
{
    TRY(mine_unsent(share_resolve(s->mine.session, s->to, &s->holders, &s->groups, f), f));
    if (s->file && json_array_size(s->holders) != 1)
        return fail_set(f, E_USAGE, "-o takes one recipient: a package is made for one");
    return OK;
}

/* The preview --------------------------------------------------------------------------------------------- */

static const char *beyond_word(const char *code)
{
    static const struct {
        enum reason reason;
        const char *word;
    } words[] = {
        { REASON_CLEAR, "anyone" },
        { REASON_COMMUNITY_RULE, "the community" },
        { REASON_TEARLINE_RULE, "confirmed partners" },
        { REASON_CLIENT_RULE, "its clients" },
    };
    enum reason reason = reason_from_code(code);
    for (size_t i = 0; i < COUNT(words); i++)
        if (words[i].reason == reason)
            return words[i].word;
    return reason_err(reason) == E_NOT_RELEASED ? "must ask you" : "nobody";
}

/* The first label of a domain, the name of a person: what fits over a column. */
static void column_name(const char *who, char out[static 8])
{
    snprintf(out, 8, "%.*s", (int)strcspn(who, ".@"), who);
}

static void table_head(const json_t *columns, bool wide)
{
    cli_print(stdout, "%-*s", 4 + MARK_COLUMNS, "");
    for (size_t i = 0; i < json_array_size(columns) && (wide || i < 2); i++) {
        char name[8];
        column_name(home_str(json_array_get(columns, i), "who"), name);
        cli_print(stdout, " %-7s", i == 1 ? "others" : name);
    }
    puts(" beyond");
}

static void table_row(const struct sharing *s, const json_t *row, bool wide)
{
    const json_t *columns = json_object_get(row, "columns");
    AUTO(buf_freep) struct buf *mark = buf_new(MARKING_TEXT_MAX);
    print_mark(home_str(row, "mark"), s->mine.profile->card->domain, mark);
    uint64_t n = (uint64_t)json_integer_value(json_object_get(row, "n"));
    cli_print(stdout, "%-3llu %-*s", (unsigned long long)n, MARK_COLUMNS, buf_text(mark));
    if (mark->len > MARK_COLUMNS)
        cli_print(stdout, "\n%-*s", 4 + MARK_COLUMNS, "");
    for (size_t i = 0; i < json_array_size(columns) && (wide || i < 2); i++)
        cli_print(stdout, " %-7s", home_str(json_array_get(columns, i), "may"));
    cli_print(stdout, " %s\n", beyond_word(home_str(row, "beyond")));
}

/* Many recipients: one line each. */
static void list_recipients(const json_t *rows, size_t recipients)
{
    for (size_t k = 2; k < 2 + recipients; k++) {
        const json_t *columns = json_object_get(json_array_get(rows, 0), "columns");
        cli_print(stdout, "%s may read:", home_str(json_array_get(columns, k), "who"));
        for (size_t i = 0; i < json_array_size(rows); i++) {
            const json_t *row = json_array_get(rows, i);
            const json_t *cell = json_array_get(json_object_get(row, "columns"), k);
            if (strcmp(home_str(cell, "may"), "yes") == 0)
                cli_print(stdout, " %llu", (unsigned long long)json_integer_value(json_object_get(row, "n")));
        }
        putchar('\n');
    }
}

/* The same command again, without --dry-run, and where a leave is missing with what asks for it. */
static void say_again(const struct sharing *s)
{
    AUTO(buf_freep) struct buf *line = buf_new(BUF_MAX_DEFAULT);
    const char **args = mem_array((size_t)s->argc + 4, sizeof *args);
    bool missing = cite_missing(s->cited) > 0;
    size_t count = 0;
    for (int i = 0; i < s->argc; i++)
        if (strcmp(s->argv[i], "--dry-run") != 0)
            args[count++] = s->argv[i];
    if (missing) {
        args[count++] = "--ask";
        args[count++] = "--reason";
        args[count++] = "...";
    }
    stage_command(args, line);
    int at = cli_print(stdout, "Nothing was sent. To %s:", missing ? "ask" : "send");
    fputs((size_t)at + 1 + line->len > PRINT_COLUMNS ? "\n  " : " ", stdout); /* a command is never broken */
    cli_put(stdout, buf_text(line));
    putchar('\n');
    mem_freep(&args);
}

/* Whether anybody of the recipient in column ${k} reads the portion; "no" where not. */
static const char *cell_may(const json_t *row, size_t k)
{
    return home_str(json_array_get(json_object_get(row, "columns"), k), "may");
}

/* What each recipient learns of portions that it, or most of it, can't read. */
static void say_unread(const struct sharing *s, const json_t *rows, size_t k)
{
    AUTO(buf_freep) struct buf *seen = buf_new(BUF_MAX_DEFAULT);
    const char *who = json_string_value(json_array_get(s->holders, k));
    size_t count = 0, hidden = 0;
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const char *may = cell_may(json_array_get(rows, i), k + 2);
        bool is_hidden = s->draft.portions[i].mark.hidden;
        hidden += is_hidden && strcmp(may, "no") == 0;
        if (is_hidden || strcmp(may, "yes") == 0)
            continue;
        buf_printf(seen, "%s%u", count++ ? ", " : "", s->draft.portions[i].n);
    }
    if (count) {
        AUTO(str_freep)
        char *text = str_format("%s will see that %s %s exist%s; add //HIDDEN to hide %s.", who,
                                count > 1 ? "portions" : "a portion", buf_text(seen), count > 1 ? "" : "s",
                                count > 1 ? "them" : "it");
        print_say("%s", text);
    }
    if (hidden)
        print_say("%s gets nothing that shows the HIDDEN portion%s.", who, hidden > 1 ? "s" : "");
}

static void say_record(const struct sharing *s, const char *whom)
{
    AUTO(str_freep) char *path = str_format("/v1/partners/%s", name_domain_of(whom));
    AUTO(json_freep) json_t *answer = NULL;
    struct fail why = { 0 };
    if (session_get(s->mine.session, path, &answer, &why) != OK)
        return; /* the table stands without it */
    const json_t *p = json_array_get(json_object_get(answer, "partners"), 0);
    print_say("%s so far: %lld asked, %lld granted, %lld denied, %lld overrides, %lld uncoordinated.",
              name_domain_of(whom), (long long)json_integer_value(json_object_get(p, "requests")),
              (long long)json_integer_value(json_object_get(p, "granted")),
              (long long)json_integer_value(json_object_get(p, "denied")),
              (long long)json_integer_value(json_object_get(p, "overrides")),
              (long long)json_integer_value(json_object_get(p, "uncoordinated")));
}

static void say_variants(const struct sharing *s)
{
    AUTO(buf_freep) struct buf *line = buf_new(BUF_MAX_DEFAULT);
    for (size_t i = 0; i < s->draft.count; i++) {
        const struct draft_portion *p = &s->draft.portions[i];
        if (p->variant_count)
            buf_printf(line, "%s%u in %zu place%s", line->len ? ", " : "", p->n, p->variant_count,
                       p->variant_count > 1 ? "s" : "");
    }
    if (line->len)
        print_say(
            "Copies differ by holder, so that orcon trace can tell them apart: portion %s. Holders are told "
            "that they differ.",
            buf_text(line));
}

static void say_preview(const struct sharing *s, const json_t *answer)
{
    const json_t *rows = json_object_get(answer, "portions");
    AUTO(buf_freep) struct buf *title = buf_new(MARKING_TEXT_MAX);
    AUTO(buf_freep) struct buf *banner = buf_new(MARKING_TEXT_MAX);
    size_t recipients = json_array_size(s->holders);
    bool wide = recipients <= TABLE_COLUMNS;
    print_mark(s->draft.portions[0].mark_text, s->mine.profile->card->domain, title);
    print_mark(home_str(answer, "banner"), s->mine.profile->card->domain, banner);
    cli_print(stdout, "(%s) ", buf_text(title));
    cli_put(stdout, s->draft.title);
    cli_print(stdout, "\nbanner %s\n", buf_text(banner));
    table_head(json_object_get(json_array_get(rows, 0), "columns"), wide);
    for (size_t i = 0; i < json_array_size(rows); i++)
        table_row(s, json_array_get(rows, i), wide);
    if (!wide)
        list_recipients(rows, recipients);
    print_say("0 is the title; some: those who are read in. Each partner decides who its readers are.");
    for (size_t k = 0; wide && k < recipients; k++) {
        say_unread(s, rows, k);
        say_record(s, json_string_value(json_array_get(s->holders, k)));
    }
    say_variants(s);
    cite_say(&s->mine, s->cited);
    say_again(s);
}

/* As `share --json` has it, but for what there is not: a report, and ids. */
static json_t *preview_json(const struct sharing *s, const json_t *answer)
{
    json_t *out = json_deep_copy(answer), *rows = json_object_get(out, "portions");
    json_object_set_new(out, "report", json_null());
    json_object_set(out, "title", json_array_get(rows, 0));
    json_array_remove(rows, 0);
    json_set_take(out, "derived_from", s->cited ? json_deep_copy(s->cited) : json_array());
    return out;
}

static enum err preview(struct sharing *s, struct fail *f)
{
    AUTO(json_freep) json_t *answer = NULL;
    TRY(share_preview(s->mine.session, &s->draft, s->holders, &answer, f));
    if (s->c->json)
        cli_json(preview_json(s, answer));
    else
        say_preview(s, answer);
    return OK;
}

/* Sending ---------------------------------------------------------------------------------------------------- */

/* The title is no portion: it stands beside them. */
static json_t *portions_of(const json_t *answer, json_t **title)
{
    const json_t *from = json_object_get(answer, "portions");
    json_t *rows = json_array();
    for (size_t i = 0; i < json_array_size(from); i++) {
        json_t *row = json_deep_copy(json_array_get(from, i));
        if (json_integer_value(json_object_get(row, "n")) == 0 && !*title)
            *title = row;
        else
            json_array_append_new(rows, row);
    }
    return rows;
}

static const char *wait_all(struct sharing *s, json_t *shares, char **why)
{
    const char *all = "delivered";
    uint64_t began_ms = time_mono_ms();
    for (size_t i = 0; i < json_array_size(shares); i++) {
        json_t *share = json_array_get(shares, i);
        AUTO(str_freep) char *said = NULL;
        if (json_is_true(json_object_get(share, "guest"))) { /* reads at the author's own node */
            json_set_str(share, "delivery", "delivered");
            continue;
        }
        const char *state = mine_wait(&s->mine, home_str(share, "statement"), began_ms, &said);
        json_set_str(share, "delivery", state);
        if (strcmp(state, "queued") == 0) {
            AUTO(str_freep) char *waits = mine_waits_why(&s->mine, home_str(share, "statement"));
            json_set_str(share, "error", waits);
        }
        if (said && !*why) {
            *why = said;
            said = NULL;
        }
        if (strcmp(state, "delivered") != 0 && strcmp(all, "refused") != 0)
            all = state;
    }
    return all;
}

static enum err write_package(struct sharing *s, const json_t *share, const char *file, struct fail *f)
{
    AUTO(net_answer_clear) struct net_answer got = { 0 };
    AUTO(str_freep) char *path = str_format("/v1/shares/%s/package", home_str(share, "statement"));
    struct session_request r = {
        .method = "GET", .path = path, .max_answer = SESSION_PACKAGE_MAX, .timeout_ms = SESSION_PACKAGE_MS
    };
    TRY(session_call(s->mine.session, &r, &got, f));
    return mine_write(file, bytes_of(got.body), f);
}

/* What is not HIDDEN comes first; each HIDDEN portion is a package of its own, FILE.2, FILE.3, ... */
static enum err write_packages(struct sharing *s, const json_t *shares, struct fail *f)
{
    size_t count = json_array_size(shares);
    if (count > 1 && strcmp(s->file, "-") == 0)
        return fail_set(f, E_USAGE,
                        "shared, and held back: HIDDEN portions are packages of their own, which -o - "
                        "can't take: export them with a FILE");
    for (size_t i = 0; i < count; i++) {
        AUTO(str_freep) char *file = i ? str_format("%s.%zu", s->file, i + 1) : str_dup(s->file);
        TRY(write_package(s, json_array_get(shares, i), file, f));
    }
    return OK;
}

static void say_sent(struct sharing *s, const json_t *answer, const char *delivery)
{
    AUTO(buf_freep) struct buf *banner = buf_new(MARKING_TEXT_MAX);
    char brief[25];
    mine_short(&s->mine, "reports", home_str(answer, "report"), brief);
    print_mark(home_str(answer, "banner"), s->mine.profile->card->domain, banner);
    cli_print(stdout, "%s %s, banner %s\n", brief, delivery, buf_text(banner));
    if (s->file)
        print_say("%s is sealed for %s. Carried there by hand: orcon import %s", s->file, s->to_text,
                  s->file);
    for (size_t i = 1; s->file && i < json_array_size(json_object_get(answer, "shares")); i++)
        print_say("%s.%zu has one HIDDEN portion: to somebody there who may know of it.", s->file, i + 1);
    for (size_t i = 0; i < json_array_size(json_object_get(answer, "shares")); i++) {
        const json_t *share = json_array_get(json_object_get(answer, "shares"), i);
        if (*home_str(share, "error"))
            print_say("not delivered yet, tried again by itself: %s", home_str(share, "error"));
    }
    cli_print(stdout, "Who holds it, and who was briefed: orcon show %s\n", brief);
}

static enum err send(struct sharing *s, struct fail *f)
{
    AUTO(json_freep) json_t *answer = NULL;
    AUTO(str_freep) char *why = NULL;
    struct share_to to = { s->to, s->holders, s->groups, s->file != NULL, s->no_held, s->second };
    TRY(mine_unsent(share_send(s->mine.session, &s->draft, &to, &answer, f), f));
    json_t *shares = json_object_get(answer, "shares"), *title = NULL;
    if (s->file)
        TRY(write_packages(s, shares, f));
    const json_t *waits = json_object_get(answer, "waits");
    const char *delivery = s->file ? "written" : waits ? "waiting" : wait_all(s, shares, &why);
    if (s->c->json) {
        json_t *out = json_object();
        json_set_take(out, "report", mine_copy(answer, "report"));
        json_set_take(out, "banner", mine_copy(answer, "banner"));
        json_t *portions = portions_of(answer, &title);
        json_set_take(out, "title", title ? title : json_null());
        json_set_take(out, "portions", portions);
        json_set_take(out, "shares", mine_copy(answer, "shares"));
        json_set_take(out, "derived_from", mine_copy(answer, "derived_from"));
        json_set_str(out, "delivery", delivery);
        json_set_str(out, "file", s->file);
        if (waits)
            json_set_take(out, "waits", mine_copy(answer, "waits"));
        cli_json(out);
    } else if (waits) {
        mine_say_waits(waits);
    } else if (strcmp(s->file ? s->file : "", "-") != 0) {
        say_sent(s, answer, delivery);
    }
    return why ? fail_set(f, E_REFUSED, "shared, but not taken by %s", why) : OK;
}

/* Leaves -------------------------------------------------------------------------------------------------- */

static enum err check_asking(const struct sharing *s, struct fail *f)
{
    if (s->ask && s->dry_run)
        return fail_set(f, E_USAGE, "--ask asks, and --dry-run only shows: one of them");
    if (!s->ask && (s->reason || s->by || s->until || s->precedence))
        return fail_set(f, E_USAGE, "--reason, --by, --until and --precedence say what --ask asks for");
    TRY(mine_precedence(s->precedence, f));
    return s->ask ? mine_text(s->reason, "--reason", true, f) : OK;
}

static enum err ask(struct sharing *s, struct fail *f)
{
    char by[TIME_TEXT_SIZE], until[TIME_TEXT_SIZE];
    if (!s->cited)
        return fail_set(f, E_REFUSED,
                        "nothing was sent: the report cites nothing, so there is nobody to ask");
    TRY(mine_time(s->by ? s->by : "+24h", by, f));
    TRY(mine_time(s->until, until, f));
    const struct cite_asking a = { s->reason, by, until, s->precedence ? s->precedence : "routine" };
    return cite_send(&s->mine, s->c, s->cited, &a, f);
}

/* What it cites goes to nobody without its originator's leave: the own node would refuse it, too. */
static enum err check_leaves(struct sharing *s, struct fail *f)
{
    if (!s->cited || cite_missing(s->cited) == 0)
        return OK;
    if (!s->c->json) {
        cite_say(&s->mine, s->cited);
        say_again(s);
    }
    return cite_refuse(s->cited, f);
}

static enum err run(struct sharing *s, struct fail *f)
{
    if (s->draft.citation_count)
        TRY(mine_unsent(cite_leaves(s->mine.session, &s->draft, s->holders, &s->cited, f), f));
    if (s->dry_run)
        return preview(s, f);
    if (s->ask)
        return ask(s, f);
    TRY(check_leaves(s, f));
    return send(s, f);
}

/* His own choice, where he is the one who marked them; else he should know. */
static void warn_of_stricter(const struct draft *d)
{
    for (size_t i = 0; i < d->stricter_count && i < DRAFT_STRICTER_MAX; i++)
        cli_print(stderr,
                  "orcon share: warning: %s: %s is marked %s in the file, and goes as %s, which is weaker\n",
                  d->stricter[i].file, d->stricter[i].object, d->stricter[i].own, d->stricter[i].given);
    if (d->stricter_count > DRAFT_STRICTER_MAX)
        cli_print(stderr, "orcon share: warning: so do %zu objects more\n",
                  d->stricter_count - DRAFT_STRICTER_MAX);
}

enum err verb_share(struct cli *c, int argc, char **argv, struct fail *f)
{
    AUTO(sharing_clear) struct sharing s = { .c = c, .argv = argv, .argc = argc };
    const struct cli_option options[] = { { "to", 0, &s.to_text, NULL },
                                          { "title", 0, &s.title, NULL },
                                          { "second", 0, &s.second, NULL },
                                          { "mark", 0, &s.mark, NULL },
                                          { "unmarked", 0, &s.unmarked, NULL },
                                          { "output", 'o', &s.file, NULL },
                                          { "no-held", 0, NULL, &s.no_held },
                                          { "dry-run", 0, NULL, &s.dry_run },
                                          { "ask", 0, NULL, &s.ask },
                                          { "reason", 0, &s.reason, NULL },
                                          { "by", 0, &s.by, NULL },
                                          { "until", 0, &s.until, NULL },
                                          { "precedence", 0, &s.precedence, NULL } };
    TRY(cli_options(c, options, COUNT(options), &argc, &argv, f));
    TRY(cli_arguments(argc, 1, 64, "FILE...", f));
    TRY(cli_output(c, "-o", s.file, f));
    TRY(read_recipients(&s, f));
    TRY(mine_second(s.second, f));
    TRY(check_asking(&s, f));
    if (s.second && s.file)
        return fail_set(f, E_USAGE,
                        "--second and -o don't go together: what waits is delivered once it is agreed to");
    TRY(mine_begin(c, &s.mine, f));
    TRY(resolve(&s, f));
    struct draft_from from = { .files = (const char *const *)argv,
                               .count = (size_t)argc,
                               .title = s.title,
                               .mark = s.mark,
                               .unmarked = s.unmarked,
                               .domain = s.mine.profile->card->domain,
                               .look_up = cite_look_up,
                               .ctx = s.mine.session };
    TRY(mine_unsent(draft_read(&from, &s.draft, f), f));
    warn_of_stricter(&s.draft);
    return run(&s, f);
}
