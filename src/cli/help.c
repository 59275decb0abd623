/* SPDX-License-Identifier: Apache-2.0
 * help, version: what the table of verbs says, for people and for programs. */
#include <string.h>

#include "cli/cli.h"
#include "cli/verbs.h"

#define COLUMNS 80

/* The length of the next piece of a synopsis that must stay on one line: `[--title T]`, `--to WHOM`,
 * `FILE...`. */
static size_t piece(const char *s)
{
    size_t n = 0;
    int depth = 0;
    for (; s[n]; n++) {
        depth += (s[n] == '[') - (s[n] == ']');
        bool value_follows =
            s[0] == '-' && s[n] == ' ' && strchr(s + 1, ' ') == s + n && s[n + 1] != '-' && s[n + 1] != '[';
        if (s[n] == ' ' && depth == 0 && !value_follows)
            break;
    }
    return n;
}

/* "usage: orcon VERB args", broken between pieces, continued under the first argument. */
static void synopsis(FILE *out, const struct verb *v)
{
    size_t indent = (size_t)fprintf(out, "usage: orcon %s", v->name), column = indent;
    for (const char *s = v->args; *s;) {
        size_t n = piece(s);
        if (column + 1 + n > COLUMNS) {
            fprintf(out, "\n%*s", (int)indent, "");
            column = indent;
        }
        fprintf(out, " %.*s", (int)n, s);
        column += 1 + n;
        s += n + (s[n] == ' ');
    }
    putc('\n', out);
}

/* The next word of a shell's command line: spaces within quotes do not end it. */
static size_t shell_word(const char *s)
{
    size_t n = 0;
    char quote = '\0';
    for (; s[n] && (quote || s[n] != ' '); n++)
        if (quote ? s[n] == quote : s[n] == '"' || s[n] == '\'')
            quote = quote ? '\0' : s[n];
    return n;
}

/* A command that can be pasted, also where it takes more than one line. */
static void example(FILE *out, const char *command)
{
    const size_t indent = 8, ending = 2; /* " \" */
    size_t column = (size_t)fprintf(out, "   $");
    for (const char *s = command; *s;) {
        size_t n = shell_word(s), room = s[n] ? ending : 0;
        if (column + 1 + n + room > COLUMNS) {
            fprintf(out, " \\\n%*s", (int)indent - 1, "");
            column = indent - 1;
        }
        fprintf(out, " %.*s", (int)n, s);
        column += 1 + n;
        s += n + (s[n] == ' ');
    }
    putc('\n', out);
}

void cli_usage(FILE *out, const struct verb *v)
{
    synopsis(out, v);
    fprintf(out, "\n%s\n\n", v->help);
    example(out, v->example);
}

static void all_verbs(void)
{
    size_t count;
    const struct verb *verbs = cli_verbs(&count);
    int width = 0;
    for (size_t i = 0; i < count; i++)
        if ((int)strlen(verbs[i].name) > width)
            width = (int)strlen(verbs[i].name);
    puts("usage: orcon [--home DIR] [--as PERSON] [--json] [--yes] VERB ...\n\n"
         "Share a report with a partner and keep the say over where it goes next.\n");
    for (size_t i = 0; i < count; i++)
        cli_print(stdout, "   %-*s  %s\n", width, verbs[i].name, verbs[i].help);
    puts("\nexit status: 0 done, 1 failed, 2 usage, 3 refused by policy,\n"
         "   4 not released (ask with `orcon request`), 5 does not verify\n\n"
         "`orcon help VERB` says how to use one; `man orcon` says it all.");
}

static json_t *verb_json(const struct verb *v)
{
    json_t *o = json_object();
    json_set_str(o, "verb", v->name);
    json_set_str(o, "args", v->args);
    json_set_str(o, "help", v->help);
    json_set_str(o, "example", v->example);
    return o;
}

enum err verb_help(struct cli *c, int argc, char **argv, struct fail *f)
{
    TRY(cli_options(c, NULL, 0, &argc, &argv, f));
    TRY(cli_arguments(argc, 0, 1, "[VERB]", f));
    const struct verb *v = argc == 1 ? cli_verb(argv[0]) : NULL;
    if (argc == 1 && !v)
        return fail_set(f, E_USAGE, "unknown verb '%s'", argv[0]);
    if (c->json) {
        size_t count = 1;
        const struct verb *verbs = v ? v : cli_verbs(&count);
        json_t *list = json_array(), *o = json_object();
        for (size_t i = 0; i < count; i++)
            json_array_append_new(list, verb_json(&verbs[i]));
        json_set_take(o, "verbs", list);
        cli_json(o);
    } else if (v) {
        cli_usage(stdout, v);
    } else {
        all_verbs();
    }
    return OK;
}

enum err verb_version(struct cli *c, int argc, char **argv, struct fail *f)
{
    TRY(cli_options(c, NULL, 0, &argc, &argv, f));
    TRY(cli_arguments(argc, 0, 0, "", f));
    if (c->json) {
        json_t *o = json_object();
        json_set_str(o, "version", ORCON_VERSION);
        cli_json(o);
    } else {
        puts("orcon " ORCON_VERSION);
    }
    return OK;
}
