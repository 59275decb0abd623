/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/print.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/name.h"
#include "base/time.h"
#include "base/utf8.h"
#include "cli/cli.h"
#include "cli/home.h"
#include "marking/marking.h"

static const char blanks[] = " \t\r\n";

void print_folded(const char *text, struct buf *out)
{
    for (const char *start = text; *text;) {
        size_t blank = strspn(text, blanks), n = strcspn(text + blank, blanks);
        if (blank && text > start && n)
            buf_put_u8(out, ' ');
        buf_put(out, text + blank, n);
        text += blank + n;
    }
}

void print_wrapped(FILE *out, size_t at, size_t indent, const char *text)
{
    bool first = true;
    while (*text) {
        size_t n = strcspn(text, blanks), columns = utf8_count(BYTES(text, n));
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
        text += strspn(text, blanks);
    }
    putc('\n', out);
}

__attribute__((format(printf, 2, 0))) static void say(size_t indent, const char *fmt, va_list args)
{
    char *text = NULL;
    if (vasprintf(&text, fmt, args) < 0)
        BUG("no memory for a line");
    print_wrapped(stdout, 0, indent, text);
    free(text);
}

void print_say(const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    say(0, fmt, args);
    va_end(args);
}

void print_told(const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    say(6, fmt, args);
    va_end(args);
}

void print_strong(FILE *out, bool on)
{
    const char *kind = getenv("TERM");
    if (isatty(fileno(out)) && kind && *kind && strcmp(kind, "dumb") != 0)
        fputs(on ? "\033[1m" : "\033[0m", out);
}

/* The code of the character at ${at}, and past it; 0 at the end. */
static unsigned next_code(const char **at)
{
    const unsigned char *p = (const unsigned char *)*at;
    unsigned code = *p;
    size_t more = code >= 0xf0 ? 3 : code >= 0xe0 ? 2 : code >= 0xc2 ? 1 : 0, i = 1;
    if (more)
        code &= 0x3fu >> more;
    for (; i <= more && (p[i] & 0xc0) == 0x80; i++)
        code = code << 6 | (p[i] & 0x3fu);
    *at += *p ? i : 0;
    return code;
}

/* The next character that is seen; of those that look like one of ASCII, that one. */
static unsigned next_seen(const char **at)
{
    static const struct {
        unsigned first, last, as; /* as 0: not seen */
    } alike[] = {
        { '\t', '\t', ' ' },     { 0xa0, 0xa0, ' ' },     { 0xad, 0xad, 0 },       { 0x2d0, 0x2d0, ':' },
        { 0x34f, 0x34f, 0 },     { 0x2000, 0x200a, ' ' }, { 0x202f, 0x202f, ' ' }, { 0x205f, 0x205f, ' ' },
        { 0x2061, 0x2064, 0 },   { 0x2236, 0x2236, ':' }, { 0x2550, 0x2550, '=' }, { 0x3000, 0x3000, ' ' },
        { 0xa789, 0xa789, ':' }, { 0xa78a, 0xa78a, '=' }, { 0xfe00, 0xfe0f, 0 },
    };
    for (;;) {
        unsigned code = next_code(at), as = code >= 0xff01 && code <= 0xff5e ? code - 0xfee0 : code;
        for (size_t i = 0; i < COUNT(alike); i++)
            if (code >= alike[i].first && code <= alike[i].last)
                as = alike[i].as;
        if (as || !code)
            return as;
    }
}

/* Past one or more of ${wanted} ('0': of digits), or none where ${least} is 0. */
static bool passed(const char **at, unsigned wanted, unsigned least)
{
    for (unsigned count = 0;; count++) {
        const char *here = *at;
        unsigned c = next_seen(at);
        if (c == wanted || (wanted == '0' && c >= '0' && c <= '9'))
            continue;
        *at = here;
        return count >= least;
    }
}

/* A mark's name and its colon, whatever letters it is written in. */
static bool reads_like_mark(const char *at)
{
    for (size_t i = 0; i < 3; i++) {
        unsigned c = next_seen(&at);
        if (c <= ' ')
            return false;
    }
    return next_seen(&at) == ':';
}

static bool reads_like_ours(const char *at)
{
    const char *banner = at;
    if (passed(&banner, '=', 3) && passed(&banner, ' ', 0))
        return reads_like_mark(banner);
    return passed(&at, '[', 1) && passed(&at, ' ', 0) && passed(&at, '0', 1) && passed(&at, ' ', 0) &&
           passed(&at, ']', 1) && passed(&at, ' ', 0) && passed(&at, '(', 1) && passed(&at, ' ', 0) &&
           reads_like_mark(at);
}

void print_portion_text(FILE *out, const char *text)
{
    AUTO(buf_freep) struct buf *shown = buf_new_secret(2 * strlen(text) + 1);
    bool after_blank = true;
    for (const char *next; *text; text = next) {
        next = text;
        unsigned c = next_seen(&next);
        if (after_blank && c != ' ' && reads_like_ours(text))
            buf_put_u8(shown, '\\');
        buf_put(shown, text, (size_t)(next - text));
        after_blank = c == ' ' || c == '\n';
    }
    cli_put(out, buf_text(shown));
}

void print_banner(FILE *out, const char *mark)
{
    print_strong(out, true);
    int used = cli_print(out, "==== %s ", mark);
    for (; used < PRINT_COLUMNS; used++)
        putc('=', out);
    print_strong(out, false);
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
