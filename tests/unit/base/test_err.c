/* SPDX-License-Identifier: Apache-2.0 - the tables of failures and reasons are whole and unambiguous */
#include "base/err.h"
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
    return tap_done();
}
