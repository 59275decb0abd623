/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/tap.h - a test is a program that prints TAP. A failing row does not hide the next. */
#ifndef TESTS_TAP_H
#define TESTS_TAP_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "quiet_fork.h"

static int tap_count, tap_bad;

/* ok: one test point; returns ${good}, so that dependent checks can be skipped. */
__attribute__((format(printf, 2, 3), unused)) static bool ok(bool good, const char *fmt, ...)
{
    va_list args;
    printf("%sok %d - ", good ? "" : "not ", ++tap_count);
    va_start(args, fmt);
    vprintf(fmt, args);
    va_end(args);
    putchar('\n');
    tap_bad += !good;
    return good;
}

/* is_str: equal strings, either may be NULL; says both when they are not. */
__attribute__((unused)) static bool is_str(const char *got, const char *want, const char *name)
{
    bool good = got && want ? strcmp(got, want) == 0 : got == want;
    return good ? ok(true, "%s", name)
                : ok(false, "%s: got '%s', want '%s'", name, got ? got : "(null)", want ? want : "(null)");
}

__attribute__((unused)) static int tap_done(void)
{
    printf("1..%d\n", tap_count);
    fflush(stdout);
    return tap_bad != 0;
}

#endif
