/* SPDX-License-Identifier: Apache-2.0 */
#include "client/choice.h"

#include <stdlib.h>
#include <string.h>

#define DIGITS "0123456789"

/* A decimal without leading zeros, at the start of ${text}: how many digits it has, 0 if it is none. */
static size_t number_at(const char *text, uint32_t *number)
{
    size_t n = strspn(text, DIGITS);
    if (n == 0 || n > 4 || (n > 1 && text[0] == '0'))
        return 0;
    *number = (uint32_t)strtoul(text, NULL, 10);
    return *number <= CHOICE_MAX ? n : 0;
}

enum err choice_read(const char *text, struct choice *out, struct fail *f)
{
    struct choice c = { .given = text != NULL };
    for (const char *at = text; at;) {
        uint32_t number;
        size_t n = number_at(at, &number);
        if (n == 0 || (at[n] && at[n] != ','))
            return fail_set(f, E_USAGE, "--portion '%.60s': numbers up to %d, such as 1,3", text, CHOICE_MAX);
        if (c.has[number])
            return fail_set(f, E_USAGE, "--portion '%.60s': %u is there twice", text, number);
        c.has[number] = true;
        at = at[n] ? at + n + 1 : NULL;
    }
    *out = c;
    return OK;
}

bool choice_one(const struct choice *c)
{
    size_t count = 0;
    for (size_t i = 0; i <= CHOICE_MAX; i++)
        count += c->has[i];
    return count == 1;
}

enum err choice_id(const char *text, const char *what, struct fail *f)
{
    if (name_is_uuid(text) || (short_is(text) && strlen(text) < UUID_TEXT))
        return OK;
    return fail_set(f, E_USAGE, "'%.60s' is no %s: give its id, or a short form such as 7k3q", text, what);
}

enum err choice_target(const char *text, struct choice_target *out, struct fail *f)
{
    struct choice_target t = { 0 };
    size_t n = strcspn(text, "/");
    if (n >= sizeof t.report)
        return fail_set(f, E_USAGE, "'%.60s' is no report: give its id, or a short form such as 7k3q", text);
    memcpy(t.report, text, n);
    TRY(choice_id(t.report, "report", f));
    t.has_number = text[n] == '/';
    if (t.has_number) {
        size_t digits = number_at(text + n + 1, &t.number);
        if (digits == 0 || text[n + 1 + digits])
            return fail_set(f, E_USAGE, "'%.60s': after the slash comes the number of a portion", text);
    }
    *out = t;
    return OK;
}
