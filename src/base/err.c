/* SPDX-License-Identifier: Apache-2.0 */
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

static const struct err_row rows[E_COUNT] = {
    [OK] = { "ok", 0, 200, "", "OK", "done" },
    [E_INVALID] = { "invalid", 2, 400, "invalid_argument", "InvalidArgument", "invalid input" },
    [E_USAGE] = { "usage", 2, 400, "invalid_argument", "InvalidArgument", "wrong usage" },
    [E_UNAUTHENTICATED] = { "unauthenticated", 3, 401, "unauthenticated", "Unauthenticated",
                            "not signed in" },
    [E_REFUSED] = { "refused", 3, 403, "permission_denied", "PermissionDenied", "refused" },
    [E_NOT_RELEASED] = { "not-released", 4, 403, "permission_denied", "PermissionDenied", "not released" },
    [E_NOT_FOUND] = { "not-found", 3, 404, "not_found", "NotFound", "unknown, or not yours" },
    [E_CONFLICT] = { "conflict", 3, 409, "already_exists", "AlreadyExists", "the state has moved on" },
    [E_TOO_LARGE] = { "too-large", 2, 413, "invalid_argument", "InvalidArgument", "too large" },
    [E_RATE] = { "rate", 1, 429, "resource_exhausted", "ResourceExhausted", "too many requests" },
    [E_UNVERIFIED] = { "unverified", 5, 422, "invalid_argument", "InvalidArgument", "does not verify" },
    [E_UNAVAILABLE] = { "unavailable", 1, 503, "unavailable", "Unavailable", "not reachable" },
    [E_IO] = { "io", 1, 500, "internal", "Internal", "input or output failed" },
    [E_STORE] = { "store", 1, 500, "internal", "Internal", "the store failed" },
    [E_INTERNAL] = { "internal", 1, 500, "internal", "Internal", "internal error" },
};

const struct err_row *err_row(enum err code)
{
    return (unsigned)code < E_COUNT ? &rows[code] : &rows[E_INTERNAL];
}

enum err err_from_http(int status)
{
    if (status >= 200 && status < 300)
        return OK;
    for (int code = E_UNAUTHENTICATED; code < E_COUNT; code++)
        if (rows[code].http_status == status)
            return (enum err)code;
    return status == 400 ? E_INVALID : status >= 502 ? E_UNAVAILABLE : E_INTERNAL;
}

/* Others' words are in it, and it goes into JSON: what was too long ends with a whole character. */
static void end_whole(struct fail *f)
{
    size_t len = strlen(f->what);
    if (len + 1 == sizeof f->what) {
        size_t good = utf8_valid(BYTES(f->what, len));
        if (len - good < 4)
            f->what[good] = '\0';
    }
}

PRINTF(4, 0)
static enum err fill(struct fail *f, enum err code, enum reason reason, const char *fmt, va_list args)
{
    if (f && f->code == OK) {
        f->code = code;
        f->reason = reason;
        f->retry_s = 0;
        vsnprintf(f->what, sizeof f->what, fmt, args);
        end_whole(f);
    }
    return code;
}

enum err fail_fill(struct fail *f, enum err code, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    fill(f, code, REASON_NONE, fmt, args);
    va_end(args);
    return code;
}

enum err fail_fill_why(struct fail *f, enum reason reason, const char *fmt, ...)
{
    enum err code = reason_err(reason);
    va_list args;
    va_start(args, fmt);
    fill(f, code, reason, fmt, args);
    va_end(args);
    return code;
}

void fail_context(struct fail *f, const char *fmt, ...)
{
    if (!f || f->code == OK)
        return;
    char whole[2 * sizeof f->what];
    va_list args;
    va_start(args, fmt);
    vsnprintf(whole, sizeof f->what, fmt, args);
    va_end(args);
    size_t n = strlen(whole);
    snprintf(whole + n, sizeof whole - n, ": %s", f->what);
    snprintf(f->what, sizeof f->what, "%.*s", (int)sizeof f->what - 1, whole);
    end_whole(f);
}

enum err fail_pass(struct fail *f, const struct fail *from)
{
    if (f && f->code == OK)
        *f = *from;
    return from->code;
}

void fail_clear(struct fail *f)
{
    if (f) {
        f->code = OK;
        f->reason = REASON_NONE;
        f->what[0] = '\0';
        f->retry_s = 0;
    }
}

void err_bug(const char *file, int line, const char *why)
{
    fprintf(stderr, "orcon: broken invariant at %s:%d: %s\n", file, line, why);
    abort();
}
