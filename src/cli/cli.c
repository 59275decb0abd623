/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"

#define OPTIONS_MAX 24
#define FIRST       0x100 /* getopt_long's value of the first row: no letter has it */

/* The rows of getopt_long, and its string of letters, for ${count} options. */
static void rows_for(const struct cli_option *all, size_t count, struct option *rows, char *letters)
{
    *letters++ = ':'; /* tell a missing value from an unknown option */
    for (size_t i = 0; i < count; i++) {
        rows[i] = (struct option){ all[i].name, all[i].text ? required_argument : no_argument, NULL,
                                   FIRST + (int)i };
        if (all[i].letter) {
            *letters++ = all[i].letter;
            if (all[i].text)
                *letters++ = ':';
        }
    }
    *letters = '\0';
}

static size_t row_of(const struct cli_option *all, size_t count, int value)
{
    for (size_t i = 0; i < count; i++)
        if (value == FIRST + (int)i || (value < FIRST && value == all[i].letter))
            return i;
    return count;
}

enum err cli_options(struct cli *c, const struct cli_option *options, size_t count, int *argc, char ***argv,
                     struct fail *f)
{
    const struct cli_option global[] = { { "home", 0, &c->home, NULL },
                                         { "as", 0, &c->as, NULL },
                                         { "json", 0, NULL, &c->json },
                                         { "yes", 0, NULL, &c->yes } };
    struct cli_option all[OPTIONS_MAX + COUNT(global)];
    struct option rows[COUNT(all) + 1] = { 0 };
    char letters[2 * COUNT(all) + 2];
    bool seen[COUNT(all)] = { false };

    if (count > OPTIONS_MAX)
        BUG("more options than a verb may have");
    for (size_t i = 0; i < count; i++)
        all[i] = options[i];
    memcpy(all + count, global, sizeof global);
    count += COUNT(global);
    rows_for(all, count, rows, letters);

    optind = 0; /* start over: main has used getopt_long for the global options */
    opterr = 0;
    for (int o; (o = getopt_long(*argc, *argv, letters, rows, NULL)) != -1;) {
        size_t i = row_of(all, count, o);
        if (o == ':')
            return fail_set(f, E_USAGE, "no value after '%s'", (*argv)[optind - 1]);
        if (i == count)
            return fail_set(f, E_USAGE, "unknown option '%s'", (*argv)[optind - 1]);
        if (seen[i] && all[i].text)
            return fail_set(f, E_USAGE, "'--%s' is given twice", all[i].name);
        seen[i] = true;
        if (all[i].text)
            *all[i].text = optarg;
        else
            *all[i].flag = true;
    }
    *argc -= optind;
    *argv += optind;
    return OK;
}

enum err cli_arguments(int argc, int least, int most, const char *args, struct fail *f)
{
    if (argc < least)
        return fail_set(f, E_USAGE, "too few arguments: needs %s", args);
    if (argc > most)
        return fail_set(f, E_USAGE, *args ? "too many arguments: takes %s" : "takes no arguments%s", args);
    return OK;
}

enum err cli_output(const struct cli *c, const char *option, const char *path, struct fail *f)
{
    if (c->json && path && strcmp(path, "-") == 0)
        return fail_set(f, E_USAGE, "%s -: standard output is for the document of --json; name a file",
                        option);
    return OK;
}

enum err cli_confirm(const struct cli *c, const char *question, const char *word, struct fail *f)
{
    if (c->yes || !isatty(STDIN_FILENO) || !isatty(STDERR_FILENO))
        return OK;
    cli_put(stderr, question);
    fprintf(stderr, " Type %s to go on: ", word);
    char *line = NULL;
    size_t size = 0;
    ssize_t n = getline(&line, &size, stdin);
    bool same_word = n > 0 && strcspn(line, "\r\n") == strlen(word) && strncmp(line, word, strlen(word)) == 0;
    free(line);
    return same_word ? OK : fail_set(f, E_USAGE, "not confirmed: nothing was done");
}

/* The length of the character at ${at} that no terminal gets, and its code; 0: it may have it. */
static size_t unseen(const unsigned char *at, unsigned *code)
{
    static const struct {
        unsigned first, last;
    } ranges[] = {
        { 0x00, 0x08 },     { 0x0b, 0x1f },     { 0x7f, 0x9f }, /* controls, but tab and newline; CSI among them */
        { 0x061c, 0x061c }, { 0x200b, 0x200b }, { 0x200e, 0x200f }, { 0x2028, 0x202e },
        { 0x2060, 0x2060 }, { 0x2066, 0x2069 }, { 0xfeff, 0xfeff },
    };
    size_t len = 1;
    *code = at[0];
    if (at[0] >= 0xc2 && at[0] <= 0xdf && (at[1] & 0xc0) == 0x80) {
        *code = (at[0] & 0x1fu) << 6 | (at[1] & 0x3fu);
        len = 2;
    } else if (at[0] >= 0xe0 && at[0] <= 0xef && (at[1] & 0xc0) == 0x80 && (at[2] & 0xc0) == 0x80) {
        *code = (at[0] & 0x0fu) << 12 | (at[1] & 0x3fu) << 6 | (at[2] & 0x3fu);
        len = 3;
    } else if (at[0] >= 0x80) {
        return 0;
    }
    for (size_t i = 0; i < COUNT(ranges); i++)
        if (*code >= ranges[i].first && *code <= ranges[i].last)
            return len;
    return 0;
}

void cli_json(json_t *v)
{
    AUTO(mem_freep) char *text = json_text(v);
    unsigned code;
    for (const unsigned char *p = (const unsigned char *)text; *p;) {
        size_t len = unseen(p, &code);
        if (len)
            fprintf(stdout, "\\u%04x", code);
        else
            putc(*p, stdout);
        p += len ? len : 1;
    }
    putc('\n', stdout);
    json_decref(v);
}

void cli_put(FILE *out, const char *text)
{
    unsigned code;
    for (const unsigned char *p = (const unsigned char *)text; *p;) {
        size_t len = unseen(p, &code);
        if (!len)
            putc(*p, out);
        else if (code < 0xa0)
            fputs("\xef\xbf\xbd", out);
        else
            fprintf(out, "[U+%04X]", code);
        p += len ? len : 1;
    }
}

int cli_print(FILE *out, const char *fmt, ...)
{
    char *text = NULL;
    va_list args;
    va_start(args, fmt);
    int len = vasprintf(&text, fmt, args);
    va_end(args);
    if (len < 0)
        BUG("no memory for a line");
    cli_put(out, text);
    free(text);
    return len;
}

int cli_fail(const char *verb, enum err code, const struct fail *f)
{
    fflush(stdout);
    if (f && f->what[0]) {
        fprintf(stderr, "orcon%s%s: ", verb ? " " : "", verb ? verb : "");
        /* one line, whatever a partner's node has put into its answer */
        AUTO(str_freep) char *line = str_dup(f->what);
        for (char *p = line; *p; p++)
            if (*p == '\n' || *p == '\t')
                *p = ' ';
        cli_put(stderr, line);
        if (code == E_USAGE)
            fprintf(stderr, "; see `orcon help%s%s`", verb ? " " : "", verb ? verb : "");
        putc('\n', stderr);
    }
    return err_row(code)->exit_status;
}
