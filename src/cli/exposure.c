/* SPDX-License-Identifier: Apache-2.0
 * exposure: what came from a source, who was briefed on it, which overrides and refused attempts touched it. The handle is
 * printed nowhere. */
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "cli/home.h"
#include "cli/mine.h"
#include "cli/print.h"
#include "cli/verbs.h"
#include "client/expose.h"
#include "crypto/hash.h"

#define LINE_MAX_BYTES ((size_t)256)

/* From the command line, where others on this machine may see it; or from standard input, where they can't. */
static enum err read_handle(const char *argument, char out[static HANDLE_MAX + 1], struct fail *f)
{
    AUTO(buf_freep) struct buf *line = buf_new_secret(LINE_MAX_BYTES);
    struct bytes v = bytes_str(argument);
    if (strcmp(argument, "-") == 0) {
        TRY(file_read("-", line, f));
        v = bytes_of(line);
        while (v.len && strchr(" \t\r\n", v.data[v.len - 1]))
            v.len--;
    }
    return name_handle((const char *)v.data, v.len, out)
               ? OK
               : fail_set(f, E_USAGE,
                          "no handle of a source: letters, digits and - . _, at most %d, without spaces",
                          HANDLE_MAX);
}

static long long count(const json_t *totals, const char *name)
{
    return (long long)json_integer_value(json_object_get(totals, name));
}

static void put_count(struct buf *b, long long n, const char *one, const char *many)
{
    buf_printf(b, "%s%lld %s", b->len ? ", " : "", n, n == 1 ? one : many);
}

static void say_totals(const json_t *answer)
{
    const json_t *t = json_object_get(answer, "totals");
    AUTO(buf_freep) struct buf *line = buf_new(512);
    put_count(line, count(t, "portions"), "portion", "portions");
    buf_printf(line, " in %lld %s", count(t, "reports"), count(t, "reports") == 1 ? "report" : "reports");
    put_count(line, count(t, "briefed"), "person briefed", "persons briefed");
    put_count(line, count(t, "told"), "told", "told");
    put_count(line, count(t, "overrides"), "override", "overrides");
    put_count(line, count(t, "attempts"), "foreign copy tried", "foreign copies tried");
    print_say("%s.", buf_text(line));
}

/* Who knows of one portion, and how. */
static void say_persons(const json_t *persons, json_int_t n)
{
    size_t i, k;
    const json_t *person, *cell;
    json_array_foreach (persons, i, person)
        json_array_foreach (json_object_get(person, "cells"), k, cell) {
            AUTO(buf_freep) struct buf *line = buf_new(2048);
            const char *state = home_str(cell, "state"), *name = home_str(person, "person");
            if (json_integer_value(json_object_get(cell, "n")) != n || strcmp(state, "may") == 0 ||
                strcmp(state, "withheld") == 0)
                continue;
            buf_printf(line, "%s ", *name ? name : home_str(person, "words"));
            print_when(
                home_str(strcmp(state, "refused") == 0 ? json_object_get(cell, "refused") : cell, "at"),
                line);
            cli_print(stdout, "      %-9s ", state);
            print_wrapped(stdout, 16, 16, buf_text(line));
        }
}

static void say_overrides(const json_t *rows)
{
    size_t i;
    const json_t *row;
    json_array_foreach (rows, i, row) {
        AUTO(buf_freep) struct buf *line = buf_new(2048);
        buf_printf(line, "o-%s by %s to %s, review %s, ", home_str(row, "short"), home_str(row, "by"),
                   home_str(row, "to"), home_str(row, "review"));
        print_when(home_str(row, "at"), line);
        cli_print(stdout, "      %-9s ", "override");
        print_wrapped(stdout, 16, 16, buf_text(line));
    }
}

static void say_attempts(const json_t *rows)
{
    size_t i;
    const json_t *row;
    json_array_foreach (rows, i, row) {
        AUTO(buf_freep) struct buf *line = buf_new(2048);
        buf_printf(line, "a-%s %s presented the copy issued to %s: refused, %s, ", home_str(row, "short"),
                   home_str(row, "by"), home_str(row, "copy_of"), home_str(row, "state"));
        print_when(home_str(row, "at"), line);
        cli_print(stdout, "      %-9s ", "tried");
        print_wrapped(stdout, 16, 16, buf_text(line));
    }
}

static void say_report(const struct mine *m, const json_t *report)
{
    size_t i;
    const json_t *portion;
    AUTO(buf_freep) struct buf *when = buf_new(64);
    print_when(home_str(report, "shared"), when);
    cli_print(stdout, "%s  by %s, %s\n", home_str(report, "short"), home_str(report, "author"),
              buf_text(when));
    json_array_foreach (json_object_get(report, "portions"), i, portion) {
        AUTO(buf_freep) struct buf *mark = buf_new(4096);
        json_int_t n = json_integer_value(json_object_get(portion, "n"));
        print_mark(home_str(portion, "mark"), m->profile->card->domain, mark);
        cli_print(stdout, "  [%lld] (%s)\n", (long long)n, buf_text(mark));
        say_persons(json_object_get(report, "persons"), n);
    }
    say_overrides(json_object_get(report, "overrides"));
    say_attempts(json_object_get(report, "attempts"));
}

static void say(const struct mine *m, const json_t *answer)
{
    const json_t *reports = json_object_get(answer, "reports");
    for (size_t i = 0; i < json_array_size(reports); i++)
        say_report(m, json_array_get(reports, i));
    if (json_array_size(reports) == 0) {
        print_say(
            "Nothing is on record here as from that source, as far as you may know. That you asked is on "
            "record.");
        return;
    }
    say_totals(answer);
    print_say("That you asked is on record. More of one: orcon show %s",
              home_str(json_array_get(reports, 0), "short"));
}

enum err verb_exposure(struct cli *c, int argc, char **argv, struct fail *f)
{
    AUTO(mine_end) struct mine m = { 0 };
    AUTO(json_freep) json_t *answer = NULL;
    char handle[HANDLE_MAX + 1];
    TRY(cli_options(c, NULL, 0, &argc, &argv, f));
    TRY(cli_arguments(argc, 1, 1, "HANDLE|-", f));
    TRY(read_handle(argv[0], handle, f));
    enum err e = mine_begin(c, &m, f);
    if (e == OK)
        e = expose_ask(m.session, handle, &answer, f);
    wipe(handle, sizeof handle);
    TRY(e);
    if (c->json)
        cli_json(json_incref(answer));
    else
        say(&m, answer);
    return OK;
}
