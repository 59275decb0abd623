/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/time.h"

#define LINE_MAX_BYTES 4096

static const char *process_name = "orcon";
static enum log_level most_level = LOG_WARN;
static const char *const level_name[] = { "error", "warn", "info", "debug" };

void log_set(const char *process, enum log_level most)
{
    process_name = process;
    most_level = most;
}

void log_name(const char *process)
{
    process_name = process;
}

static void put_escaped(struct buf *b, const char *s, size_t len)
{
    buf_put_u8(b, '"');
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)s[i];
        if (c == '"' || c == '\\')
            buf_printf(b, "\\%c", c);
        else if (c < 0x20 || c >= 0x7f)
            buf_printf(b, "\\u%04x", c);
        else
            buf_put_u8(b, c);
    }
    buf_put_u8(b, '"');
}

static void line_begin(struct buf *b, enum log_level level, const char *event)
{
    char at[TIME_TEXT_SIZE];
    time_print(time_now_ms(), at);
    buf_init(b, LINE_MAX_BYTES);
    buf_printf(b, "{\"at\":\"%s\",\"level\":\"%s\",\"process\":\"%s\",\"event\":\"%s\"", at,
               level_name[level], process_name, event);
}

static void line_end(struct buf *b)
{
    buf_put_str(b, "}\n");
    if (!b->failed && write(STDERR_FILENO, b->data, b->len) < 0) {
        /* nowhere left to say it */
    }
    buf_clear(b);
}

void log_event(enum log_level level, const char *event, const char *members, ...)
{
    if (level > most_level)
        return;
    char text[2048];
    va_list args;
    va_start(args, members);
    vsnprintf(text, sizeof text, members, args);
    va_end(args);
    struct buf b;
    line_begin(&b, level, event);
    for (const char *s = text; *s;) {
        size_t name = strcspn(s, "= "), end;
        if (s[name] != '=') {
            s += name + (s[name] == ' ');
            continue;
        }
        end = name + 1 + strcspn(s + name + 1, " ");
        buf_put_u8(&b, ',');
        put_escaped(&b, s, name);
        buf_put_u8(&b, ':');
        put_escaped(&b, s + name + 1, end - name - 1);
        s += end + (s[end] == ' ');
    }
    line_end(&b);
}

void log_fail(enum log_level level, const char *event, const struct fail *f)
{
    if (level > most_level)
        return;
    struct buf b;
    line_begin(&b, level, event);
    buf_printf(&b, ",\"error\":\"%s\",\"reason\":\"%s\",\"what\":", err_row(f->code)->name,
               reason_code(f->reason));
    put_escaped(&b, f->what, strlen(f->what));
    line_end(&b);
}
