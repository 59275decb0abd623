/* SPDX-License-Identifier: Apache-2.0 - the tables of failures and reasons are whole and unambiguous */
#include "base/err.h"

#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "tap.h"

int main(void)
{
    for (int code = OK; code < E_COUNT; code++) {
        const struct err_row *row = err_row((enum err)code);
        ok(row->name && row->title && row->connect && row->kas_code, "row %d is filled", code);
        ok(row->exit_status >= 0 && row->exit_status <= 5, "%s: exit status %d", row->name, row->exit_status);
    }
    for (int r = REASON_NONE + 1; r < REASON_COUNT; r++) {
        const char *code = reason_code((enum reason)r);
        ok(*code && *reason_text((enum reason)r), "reason %d has code and text", r);
        ok(reason_from_code(code) == (enum reason)r, "code %s is unique", code);
    }
    struct fail f = { 0 };
    ok(fail_why(&f, REASON_ORCON, "portion %d", 1) == E_NOT_RELEASED && f.reason == REASON_ORCON,
       "a reason has its kind");
    fail_set(&f, E_IO, "later");
    is_str(f.what, "portion 1", "the first failure stays");
    fail_context(&f, "report %s", "7k3q");
    is_str(f.what, "report 7k3q: portion 1", "context goes in front");
    const char *const long_ones[] = { "\u00e4", "x\u00e4", "xy\u20ac", "\u20ac", "x\u20ac", "xyz\U0001f512" };
    for (size_t i = 0; i < COUNT(long_ones); i++) {
        AUTO(buf_freep) struct buf *text = buf_new(4096);
        for (int times = 0; times < 400; times++)
            buf_put_str(text, long_ones[i]);
        fail_clear(&f);
        fail_set(&f, E_INVALID, "%s", buf_text(text));
        size_t len = strlen(f.what);
        ok(len > sizeof f.what - 5 && utf8_valid(BYTES(f.what, len)) == len,
           "what is too long ends with a whole character, %zu", len);
        fail_context(&f, "in");
        len = strlen(f.what);
        ok(len > sizeof f.what - 5 && utf8_valid(BYTES(f.what, len)) == len, "in a context, too, %zu", len);
    }
    return tap_done();
}
