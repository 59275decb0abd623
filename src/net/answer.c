/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/json.h"
#include "base/mem.h"
#include "net/client.h"

#define PROBLEM_MAX ((size_t)64 << 10)
#define RETRY_MAX_S 3600 /* whoever says more keeps nobody waiting for longer */

const char *net_answer_header(const struct net_answer *a, const char *name)
{
    for (size_t i = 0; i < a->header_count; i++)
        if (strcasecmp(a->headers[i].name, name) == 0)
            return a->headers[i].value;
    return NULL;
}

void net_answer_clear(struct net_answer *a)
{
    for (size_t i = 0; i < a->header_count; i++) {
        free((void *)(uintptr_t)a->headers[i].name);
        free((void *)(uintptr_t)a->headers[i].value);
    }
    buf_freep(&a->body);
    *a = (struct net_answer){ 0 };
}

/* The kind a problem's type names, if it fits the status; else the status alone decides. */
static enum err kind_of(const char *type, enum reason reason, int status)
{
    static const char urn[] = "urn:orcon:problem:";
    if (reason != REASON_NONE && err_row(reason_err(reason))->http_status == status)
        return reason_err(reason);
    if (type && strncmp(type, urn, sizeof urn - 1) == 0)
        for (int code = 1; code < E_COUNT; code++)
            if (strcmp(err_row((enum err)code)->name, type + sizeof urn - 1) == 0 &&
                err_row((enum err)code)->http_status == status)
                return (enum err)code;
    enum err e = err_from_http(status);
    return e == OK ? E_INTERNAL : e;
}

/* What a stranger wrote goes to terminals: no control characters, neither C0 nor, in UTF-8, C1. */
static void make_plain(char *s)
{
    for (; *s; s++)
        if ((unsigned char)*s < 0x20 || *s == 0x7f)
            *s = '?';
        else if ((unsigned char)s[0] == 0xc2 && (unsigned char)s[1] >= 0x80 && (unsigned char)s[1] < 0xa0)
            s[0] = s[1] = '?';
}

/* RFC 9110, 10.2.3, in seconds; a date is not read: their clock is not ours. */
static unsigned retry_after(const struct net_answer *a)
{
    const char *value = net_answer_header(a, "Retry-After");
    size_t digits = value ? strspn(value, "0123456789") : 0;
    if (digits == 0 || value[digits])
        return 0;
    unsigned long s = digits > 6 ? RETRY_MAX_S : strtoul(value, NULL, 10);
    return s < RETRY_MAX_S ? (unsigned)s : RETRY_MAX_S;
}

enum err net_answer_check(const struct net_answer *a, const char *who, struct fail *f)
{
    AUTO(json_freep) json_t *v = NULL;
    const char *type = NULL, *code = NULL, *detail = NULL;
    if (a->status >= 200 && a->status < 300)
        return OK;
    if (json_read(bytes_of(a->body), PROBLEM_MAX, "problem", &v, NULL) == OK &&
        (json_may_str(v, "type", "problem", &type, NULL) != OK ||
         json_may_str(v, "reason", "problem", &code, NULL) != OK ||
         json_may_str(v, "detail", "problem", &detail, NULL) != OK))
        type = code = detail = NULL;
    enum reason reason = code ? reason_from_code(code) : REASON_NONE;
    enum err e = kind_of(type, reason, a->status);
    if (!f || f->code != OK)
        return e;
    if (detail && *detail)
        fail_set(f, e, "%s says: %s", who, detail);
    else
        fail_set(f, e, "%s answered with status %d", who, a->status);
    f->reason = reason_err(reason) == e ? reason : REASON_NONE;
    f->retry_s = retry_after(a);
    make_plain(f->what);
    return e;
}
