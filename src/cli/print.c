/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/print.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "base/name.h"
#include "base/time.h"
#include "base/utf8.h"
#include "cli/cli.h"
#include "cli/home.h"
#include "marking/marking.h"

void print_wrapped(FILE *out, size_t at, size_t indent, const char *text)
{
    bool first = true;
    while (*text) {
        size_t n = strcspn(text, " "), columns = utf8_count(BYTES(text, n));
        AUTO(str_freep) char *word = mem_dup(text, n);
        if (!first && at + 1 + columns > PRINT_COLUMNS) {
            cli_print(out, "\n%*s", (int)indent, "");
            at = indent;
            first = true;
        }
        if (!first)
            putc(' ', out);
        cli_put(out, word);
        at += columns + !first;
        first = false;
        text += n;
        text += strspn(text, " ");
    }
    putc('\n', out);
}

void print_say(const char *fmt, ...)
{
    char *text = NULL;
    va_list args;
    va_start(args, fmt);
    if (vasprintf(&text, fmt, args) < 0)
        BUG("no memory for a line");
    va_end(args);
    print_wrapped(stdout, 0, 0, text);
    free(text);
}

void print_banner(FILE *out, const char *mark)
{
    int used = cli_print(out, "==== %s ", mark);
    for (; used < PRINT_COLUMNS; used++)
        putc('=', out);
    putc('\n', out);
}

void print_mark(const char *mark, const char *domain, struct buf *out)
{
    AUTO(marking_clear) struct marking m = { 0 };
    if (marking_read(mark, &m, NULL) == OK)
        marking_print(&m, domain, out);
    else
        buf_put_str(out, mark);
}

void print_when(const char *text, struct buf *out)
{
    uint64_t ms;
    struct tm local, utc, today;
    time_t now = (time_t)(time_now_ms() / 1000);
    char shown[64], zulu[32];
    if (!time_read(text, &ms))
        return;
    time_t at = (time_t)(ms / 1000);
    localtime_r(&at, &local);
    gmtime_r(&at, &utc);
    localtime_r(&now, &today);
    bool is_today = local.tm_year == today.tm_year && local.tm_yday == today.tm_yday;
    strftime(shown, sizeof shown, is_today ? "%H:%M" : "%Y-%m-%d %H:%M", &local);
    strftime(zulu, sizeof zulu, "%H:%MZ", &utc);
    buf_printf(out, "%s (%s)", shown, zulu);
}

void print_left(const char *text, struct buf *out)
{
    uint64_t ms, now_ms = time_now_ms();
    if (!time_read(text, &ms))
        return;
    if (ms <= now_ms) {
        buf_put_str(out, "overdue");
        return;
    }
    unsigned long long minutes = (ms - now_ms) / 60000;
    if (minutes < 120)
        buf_printf(out, "%llu min left", minutes);
    else if (minutes < 48 * 60)
        buf_printf(out, "%llu h left", minutes / 60);
    else
        buf_printf(out, "%llu days left", minutes / 1440);
}

void print_derived(const json_t *row, struct buf *out)
{
    char brief[25];
    short_print(home_str(row, "report"), 4, brief);
    buf_put_str(out, brief);
    if (json_object_get(row, "n"))
        buf_printf(out, "/%lld", (long long)json_integer_value(json_object_get(row, "n")));
    else
        buf_printf(out, ", portion %.8s", home_str(row, "portion"));
    buf_printf(out, " of %s", home_str(row, "originator"));
    if (*home_str(row, "recalled")) {
        buf_put_str(out, ", recalled ");
        print_when(home_str(row, "recalled"), out);
    }
}
