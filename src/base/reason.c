/* SPDX-License-Identifier: Apache-2.0 */
#include "base/reason.h"

#include <string.h>

#include "base/err.h"

static const struct {
    const char *code;
    enum err err;
    const char *text;
} rows[REASON_COUNT] = {
#define X(symbol, code, err, text) [REASON_##symbol] = { code, err, text },
    REASONS(X)
#undef X
};

const char *reason_code(enum reason r)
{
    return (unsigned)r < REASON_COUNT ? rows[r].code : "";
}

const char *reason_text(enum reason r)
{
    return (unsigned)r < REASON_COUNT ? rows[r].text : "";
}

enum err reason_err(enum reason r)
{
    return (unsigned)r < REASON_COUNT ? rows[r].err : E_INTERNAL;
}

enum reason reason_from_code(const char *code)
{
    for (unsigned r = 1; r < REASON_COUNT; r++)
        if (strcmp(rows[r].code, code) == 0)
            return (enum reason)r;
    return REASON_NONE;
}
