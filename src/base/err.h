/* SPDX-License-Identifier: Apache-2.0
 * base/err.h - how a function says that it failed: one code, one reason, one sentence */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stddef.h>

#include "base/reason.h"

#define MUST_USE                __attribute__((warn_unused_result))
#define AUTO(fn)                __attribute__((cleanup(fn)))
#define PRINTF(fmt_at, args_at) __attribute__((format(printf, fmt_at, args_at)))

/* The kinds of failure. err.c maps each to a name, exit status, HTTP status and Connect code. */
enum err {
    OK = 0,
    E_INVALID,         /* input that does not parse or breaks a rule of its format */
    E_USAGE,           /* an argument on the command line */
    E_UNAUTHENTICATED, /* no, expired or forged proof of who asks */
    E_REFUSED,         /* policy or the table of acts says no; asking does not help */
    E_NOT_RELEASED,    /* not released: asking the originator could help */
    E_NOT_FOUND,       /* unknown, or not yours: the two are never told apart */
    E_CONFLICT,        /* the state has moved on: already decided, other content under the same id */
    E_TOO_LARGE,       /* over a bound */
    E_RATE,            /* too many in too short a time */
    E_UNVERIFIED,      /* a signature, tag, digest or proof does not hold */
    E_UNAVAILABLE,     /* a partner or a part of this node can't be reached now */
    E_IO,              /* file or socket */
    E_STORE,           /* the database */
    E_INTERNAL,        /* a library refused what must succeed */
    E_COUNT
};

/*
 * struct fail: filled by the first call that fails, passed up untouched.
 *   code    the kind of failure
 *   reason  why, under a stable code that is the same in C, JSON, CLI and explain; REASON_NONE where the
 *           kind says all there is to say
 *   what    for people: what failed, on what, why; lower case, no full stop, never a secret or content
 */
struct fail {
    enum err code;
    enum reason reason;
    char what[480];
    unsigned retry_s; /* seconds after which the same may be tried again; 0: nobody said */
};

/* fail_set, fail_why: fill ${f} (unless it is already filled, or NULL) and return ${code}, which is never OK:
 * the check says so to readers of code that see one function at a time. */
#define fail_set(f, code, ...)   fail_code(fail_fill((f), (code), __VA_ARGS__))
#define fail_why(f, reason, ...) fail_code(fail_fill_why((f), (reason), __VA_ARGS__))
enum err fail_fill(struct fail *f, enum err code, const char *fmt, ...) PRINTF(3, 4);
enum err fail_fill_why(struct fail *f, enum reason reason, const char *fmt, ...) PRINTF(3, 4);

/* fail_context: put "<context>: " in front of what is there; for a caller that knows the file or partner. */
void fail_context(struct fail *f, const char *fmt, ...) PRINTF(2, 3);

/* fail_pass: hand on a failure that was filled elsewhere; returns its code. */
enum err fail_pass(struct fail *f, const struct fail *from);

/* fail_clear: forget a failure that the caller has dealt with. */
void fail_clear(struct fail *f);

/* One row of the table of kinds. Constant, valid for the life of the program. */
struct err_row {
    const char *name;     /* "not-released" */
    int exit_status;      /* orcon(1), EXIT STATUS */
    int http_status;      /* RFC 9457 status */
    const char *connect;  /* Connect protocol code: "permission_denied" */
    const char *kas_code; /* the CamelCase word that KAS clients look for: "PermissionDenied" */
    const char *title;    /* RFC 9457 title */
};
const struct err_row *err_row(enum err code);

/* err_from_http: the kind that best fits an HTTP status received from a node; E_INTERNAL if none. */
enum err err_from_http(int status);

/* TRY: leave with the error of the call. Safe since every owned local is AUTO and starts NULL. */
#define TRY(call)                                                                                            \
    do {                                                                                                     \
        enum err try_err_ = (call);                                                                          \
        if (try_err_ != OK)                                                                                  \
            return try_err_;                                                                                 \
    } while (0)

/* BUG: a broken invariant of the program itself; never reached by input. */
#define BUG(why) err_bug(__FILE__, __LINE__, (why))
_Noreturn void err_bug(const char *file, int line, const char *why);

static inline enum err fail_code(enum err code)
{
    if (code == OK)
        BUG("a failure of no kind");
    return code;
}

#endif
