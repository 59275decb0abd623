/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "http/call.h"

/* What a failure says may hold bytes from outside, and is cut at a fixed length. */
static char *clean(const char *text)
{
    size_t len = strlen(text);
    char *copy = mem_dup(text, len);
    for (size_t good; (good = utf8_valid(BYTES(copy, len))) < len;)
        copy[good] = '?';
    return copy;
}

void call_problem(struct call *c, int status, const char *name, const char *title, const char *reason,
                  const char *detail)
{
    AUTO(json_freep) json_t *v = json_object();
    AUTO(str_freep) char *type = str_format("urn:orcon:problem:%s", *reason ? reason : name);
    AUTO(str_freep) char *text = clean(detail);
    struct buf *body = buf_new(1 << 16);
    json_set_str(v, "type", type);
    json_set_str(v, "title", title);
    json_set_take(v, "status", json_integer(status));
    json_set_str(v, "detail", text);
    json_set_str(v, "reason", reason);
    json_set_str(v, "instance", c->seen.id);
    json_put(body, v);
    http_reply_take(&c->seen, status, "application/problem+json", &body);
}

static bool is_internal(enum err code)
{
    return code == E_IO || code == E_STORE || code == E_INTERNAL || code == OK || code >= E_COUNT;
}

const char *http_fail_shown(const struct fail *f)
{
    return is_internal(f->code) ? "internal error" : f->what;
}

void http_problem(struct http_call *call, const struct fail *f)
{
    bool internal = is_internal(f->code);
    const struct err_row *row = err_row(internal ? E_INTERNAL : f->code);
    const char *reason = internal ? "" : reason_code(f->reason);
    call_problem(call_of(call), row->http_status, row->name, *reason ? reason_text(f->reason) : row->title,
                 reason, internal ? "the node's log has more under this request's id" : f->what);
}
