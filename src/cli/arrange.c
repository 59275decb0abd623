/* SPDX-License-Identifier: Apache-2.0
 * arrange: the standing terms with a partner: what is in force, what is proposed; to propose, and to sign.
 *
 * Terms are a small text file, one thing a line, since a command line of them would be signed unread. */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/name.h"
#include "base/time.h"
#include "cli/home.h"
#include "cli/mine.h"
#include "cli/print.h"
#include "cli/verbs.h"
#include "marking/marking.h"
#include "policy/terms.h"

#define FILE_MAX ((size_t)32 << 10)

/* The file ------------------------------------------------------------------------------------------------------ */

struct reading {
    const char *path;
    unsigned line;
    const char *domain; /* owner of a bare compartment */
    json_t *terms;
};

static enum err bad(const struct reading *r, const char *why, const char *what, struct fail *f)
{
    return fail_set(f, E_USAGE, "%s, line %u: %s '%.80s'", r->path, r->line, why, what);
}

static enum err read_hours(const struct reading *r, const char *text, json_t **out, struct fail *f)
{
    if (!text || !*text || strlen(text) > 4 || strspn(text, "0123456789") != strlen(text))
        return bad(r, "a whole number of hours is needed, not", text ? text : "", f);
    *out = json_integer(strtol(text, NULL, 10));
    return OK;
}

/* A compartment, or a mark in its canonical form. Caller frees. */
static enum err read_what(const struct reading *r, const char *text, char **out, struct fail *f)
{
    AUTO(marking_clear) struct marking mark = { 0 };
    const struct marking_reader who = { .domain = r->domain };
    struct fail why = { 0 };
    if (text && name_is_bare_compartment(text, strlen(text)))
        *out = str_format("%s/%s", r->domain, text);
    else if (text && name_is_compartment(text))
        *out = str_dup(text);
    else if (text && marking_parse(bytes_str(text), &who, &mark, NULL, &why) == OK)
        *out = marking_text(&mark, NULL);
    else
        return bad(r, "neither a mark nor a compartment:", text ? text : "", f);
    return OK;
}

static enum err add_rule(struct reading *r, const char *rule, char *rest, struct fail *f)
{
    AUTO(str_freep) char *what = NULL;
    json_t *hours = NULL;
    if (strcmp(rule, "tell-before") == 0) {
        const char *text = strsep(&rest, " \t");
        TRY(read_hours(r, text, &hours, f));
    }
    json_t *row = json_object();
    json_array_append_new(json_object_get(r->terms, "rules"), row);
    if (hours)
        json_set_take(row, "hours", hours);
    if (rest)
        rest += strspn(rest, " \t");
    TRY(read_what(r, rest, &what, f));
    json_set_str(row, "what", what);
    json_set_str(row, "rule", rule);
    return OK;
}

static enum err set_silence(struct reading *r, const char *name, char *rest, struct fail *f)
{
    (void)name, (void)f;
    json_set_str(r->terms, "on_silence", rest ? rest : "");
    return OK;
}

static enum err set_answer(struct reading *r, const char *name, char *rest, struct fail *f)
{
    const char *precedence = strsep(&rest, " \t");
    json_t *hours;
    (void)name;
    TRY(read_hours(r, rest, &hours, f));
    json_set_take(json_object_get(r->terms, "answer"), precedence, hours);
    return OK;
}

static enum err set_override(struct reading *r, const char *name, char *rest, struct fail *f)
{
    (void)name, (void)f;
    if (!rest || strcmp(rest, "any") == 0 || strcmp(rest, "none") == 0) {
        json_set_str(r->terms, "override", rest ? rest : "");
        return OK;
    }
    json_t *list = json_array();
    json_set_take(r->terms, "override", list);
    for (char *one; (one = strsep(&rest, ","));)
        json_array_append_new(list, json_string(one));
    return OK;
}

static enum err set_allowing(struct reading *r, const char *name, char *rest, struct fail *f)
{
    (void)f;
    json_set_str(r->terms, strcmp(name, "held-keys") == 0 ? "held" : name, rest ? rest : "");
    return OK;
}

/* What a line begins with. */
static const struct {
    const char *name;
    enum err (*read)(struct reading *, const char *, char *, struct fail *);
} lines[] = {
    { "ask", add_rule },           { "tell-before", add_rule },   { "free", add_rule },
    { "on-silence", set_silence }, { "answer", set_answer },      { "override", set_override },
    { "held-keys", set_allowing }, { "oversight", set_allowing },
};

static enum err read_line(struct reading *r, char *line, struct fail *f)
{
    line += strspn(line, " \t");
    for (size_t len = strlen(line); len && strchr(" \t\r", line[len - 1]); len--)
        line[len - 1] = '\0';
    if (!*line || *line == '#')
        return OK;
    char *rest = line;
    const char *name = strsep(&rest, " \t");
    if (rest)
        rest += strspn(rest, " \t");
    for (size_t i = 0; i < COUNT(lines); i++)
        if (strcmp(lines[i].name, name) == 0)
            return lines[i].read(r, name, rest, f);
    return bad(
        r, "not one of ask, tell-before, free, on-silence, answer, override, held-keys, oversight:", name, f);
}

static enum err read_file(const char *path, const char *domain, json_t **out, struct fail *f)
{
    AUTO(buf_freep) struct buf *text = buf_new(FILE_MAX);
    AUTO(json_freep) json_t *terms = json_object();
    struct reading r = { path, 0, domain, terms };
    TRY(file_read(path, text, f));
    json_set_take(terms, "rules", json_array());
    json_set_take(terms, "answer", json_object());
    json_set_str(terms, "on_silence", "deny");
    json_set_str(terms, "override", "any");
    AUTO(str_freep) char *copy = str_dup(buf_text(text));
    char *rest = copy;
    for (char *line; (line = strsep(&rest, "\n"));) {
        r.line++;
        TRY(read_line(&r, line, f));
    }
    TRY(terms_check(terms, f));
    *out = json_incref(terms);
    return OK;
}

/* Shown ----------------------------------------------------------------------------------------------------------- */

/* As the file has them. */
static void print_terms(const json_t *terms)
{
    size_t i;
    json_t *row, *hours;
    const char *precedence;
    json_array_foreach (json_object_get(terms, "rules"), i, row) {
        if ((hours = json_object_get(row, "hours")))
            cli_print(stdout, "  %s %lld %s\n", home_str(row, "rule"), (long long)json_integer_value(hours),
                      home_str(row, "what"));
        else
            cli_print(stdout, "  %s %s\n", home_str(row, "rule"), home_str(row, "what"));
    }
    cli_print(stdout, "  on-silence %s\n", home_str(terms, "on_silence"));
    json_object_foreach (json_object_get(terms, "answer"), precedence, hours)
        cli_print(stdout, "  answer %s %lld\n", precedence, (long long)json_integer_value(hours));
    const json_t *who = json_object_get(terms, "override");
    cli_print(stdout, "  override %s", json_is_string(who) ? json_string_value(who) : "");
    json_array_foreach (who, i, row)
        cli_print(stdout, "%s%s", i ? "," : "", json_string_value(row));
    cli_print(stdout, "\n  held-keys %s\n  oversight %s\n", terms_may_hold(terms) ? "allow" : "deny",
              terms_oversight(terms) ? "allow" : "deny");
}

static void print_version(const json_t *v, const char *partner)
{
    AUTO(buf_freep) struct buf *when = buf_new(64);
    bool agreed = strcmp(home_str(v, "state"), "agreed") == 0;
    print_when(home_str(v, agreed ? "agreed" : "proposed"), when);
    print_say("version %lld, %s %s%s%s%s%s", (long long)json_integer_value(json_object_get(v, "version")),
              agreed ? "in force since" : "proposed", buf_text(when),
              *home_str(v, "own_by") ? ", signed by " : "", home_str(v, "own_by"),
              *home_str(v, "their_by") ? ", " : "", home_str(v, "their_by"));
    print_terms(json_object_get(v, "terms"));
    if (strcmp(home_str(v, "state"), "proposed") == 0 && strcmp(home_str(v, "proposer"), partner) == 0)
        cli_print(stdout, "To sign them: orcon arrange %s --accept %lld\n", partner,
                  (long long)json_integer_value(json_object_get(v, "version")));
}

static void print_all(const json_t *view, const char *partner)
{
    size_t i;
    json_t *v;
    if (json_is_null(json_object_get(view, "current")))
        cli_print(stdout, "No terms with %s are in force: the marks decide.\n", partner);
    else
        print_version(json_object_get(view, "current"), partner);
    json_array_foreach (json_object_get(view, "versions"), i, v)
        if (strcmp(home_str(v, "state"), "proposed") == 0)
            print_version(v, partner);
}

/* Done -------------------------------------------------------------------------------------------------------------- */

static const json_t *find_version(const json_t *view, const char *partner, const char *number)
{
    size_t i;
    json_t *v;
    json_array_foreach (json_object_get(view, "versions"), i, v)
        if (strcmp(home_str(v, "proposer"), partner) == 0 &&
            json_integer_value(json_object_get(v, "version")) == strtol(number, NULL, 10))
            return v;
    return NULL;
}

static json_int_t next_version(const json_t *view)
{
    json_int_t highest = 0;
    size_t i;
    json_t *v;
    json_array_foreach (json_object_get(view, "versions"), i, v)
        if (strcmp(home_str(v, "state"), "dropped") != 0 &&
            json_integer_value(json_object_get(v, "version")) > highest)
            highest = json_integer_value(json_object_get(v, "version"));
    return highest + 1;
}

static enum err confirm(struct cli *c, const json_t *body, const char *partner, struct fail *f)
{
    if (!c->json) {
        print_terms(json_object_get(body, "terms"));
        fflush(stdout);
    }
    return cli_confirm(c, "Both organisations are bound by what you sign.", partner, f);
}

static enum err send(struct cli *c, struct mine *m, const char *ref, json_t *body, const char *partner,
                     struct fail *f)
{
    AUTO(json_freep) json_t *own = body;
    AUTO(json_freep) json_t *done = NULL;
    AUTO(str_freep) char *why = NULL;
    uint64_t began_ms = time_mono_ms();
    TRY(confirm(c, own, partner, f));
    struct statement_making act = { .kind = "arrangement", .ref = ref, .body = json_incref(own) };
    TRY(mine_unsent(act_send(m->session, act, &done, f), f));
    const char *delivery = mine_wait(m, home_str(done, "statement"), began_ms, &why);
    json_set_str(done, "delivery", delivery);
    if (c->json)
        cli_json(json_incref(done));
    else
        cli_print(stdout, "version %lld %s; %s to %s\n",
                  (long long)json_integer_value(json_object_get(done, "version")), home_str(done, "state"),
                  delivery, partner);
    return why ? fail_set(f, E_REFUSED, "recorded, but not taken by %s", why) : OK;
}

enum err verb_arrange(struct cli *c, int argc, char **argv, struct fail *f)
{
    AUTO(mine_end) struct mine m = { 0 };
    AUTO(json_freep) json_t *view = NULL;
    AUTO(json_freep) json_t *terms = NULL;
    const char *file = NULL, *accept = NULL;
    const struct cli_option options[] = { { "terms", 0, &file, NULL }, { "accept", 0, &accept, NULL } };
    TRY(cli_options(c, options, COUNT(options), &argc, &argv, f));
    TRY(cli_arguments(argc, 1, 1, "DOMAIN", f));
    if (!name_is_domain(argv[0]))
        return fail_set(f, E_USAGE, "'%.80s' is not a domain in lower case", argv[0]);
    if (file && accept)
        return fail_set(f, E_USAGE, "--terms proposes, --accept signs what was proposed: one of them");
    if (accept && (!*accept || strlen(accept) > 9 || strspn(accept, "0123456789") != strlen(accept)))
        return fail_set(f, E_USAGE, "--accept takes the version that was proposed, not '%.20s'", accept);
    TRY(mine_begin(c, &m, f));
    if (file)
        TRY(read_file(file, m.profile->card->domain, &terms, f));
    AUTO(str_freep) char *path = str_format("/v1/arrangements/%s", argv[0]);
    TRY(session_get(m.session, path, &view, f));
    if (!file && !accept) {
        if (c->json)
            cli_json(json_incref(view));
        else
            print_all(view, argv[0]);
        return OK;
    }
    const json_t *proposed = accept ? find_version(view, argv[0], accept) : NULL;
    if (accept && !proposed)
        return fail_why(f, REASON_TERMS_UNSIGNED, "%s proposed no terms of version %s; nothing was sent",
                        argv[0], accept);
    json_t *body = json_object();
    json_set_str(body, "with", argv[0]);
    json_set_take(body, "version",
                  proposed ? json_deep_copy(json_object_get(proposed, "version"))
                           : json_integer(next_version(view)));
    json_set_take(body, "terms",
                  proposed ? json_deep_copy(json_object_get(proposed, "terms")) : json_incref(terms));
    return send(c, &m, proposed ? home_str(proposed, "proposal") : NULL, body, argv[0], f);
}
