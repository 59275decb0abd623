/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "exchange/acts.h"
#include "exchange/brief.h"
#include "exchange/derive.h"
#include "exchange/view.h"
#include "http/site.h"
#include "tdf/package.h"

#define PACKAGE_SLACK                                                                                        \
    ((size_t)4 << 20) /* what an answer may be longer than what came: statements, copies' manifests */

enum err serve_preview(struct http_call *call, struct fail *f)
{
    AUTO(json_freep) json_t *in = NULL;
    json_t *out = NULL;
    TRY(site_json(call, &in, f));
    return site_answer(call, view_preview(site_node(call), site_asker(call), in, &out, f), &out);
}

enum err serve_cited(struct http_call *call, struct fail *f)
{
    AUTO(json_freep) json_t *in = NULL;
    json_t *out = NULL;
    TRY(site_json(call, &in, f));
    return site_answer(call, derived_preview(site_node(call), site_asker(call), in, &out, f), &out);
}

enum err serve_share(struct http_call *call, struct fail *f)
{
    AUTO(site_package_clear) struct site_package p = { 0 };
    json_t *out = NULL;
    TRY(site_package(call, &p, f));
    return site_answer(call, acts_share(site_node(call), site_asker(call), p.package, &out, f), &out);
}

enum err serve_import(struct http_call *call, struct fail *f)
{
    AUTO(site_package_clear) struct site_package p = { 0 };
    json_t *out = NULL;
    TRY(site_package(call, &p, f));
    return site_answer(call, acts_import(site_node(call), site_asker(call), p.package, &out, f), &out);
}

enum err serve_reports(struct http_call *call, struct fail *f)
{
    json_t *out = NULL;
    return site_answer(call, view_reports(site_node(call), site_asker(call), &out, f), &out);
}

enum err serve_report(struct http_call *call, struct fail *f)
{
    json_t *out = NULL;
    const char *to = http_query(call, "to");
    enum err e = view_report(site_node(call), site_asker(call), http_param(call, "id"), &out, f);
    if (e == OK && to)
        e = view_onward(site_node(call), to, out, f);
    return site_answer(call, e, &out);
}

static struct buf *package_buf(const struct node *n)
{
    return buf_new((size_t)n->conf.max_report + PACKAGE_SLACK);
}

enum err serve_package(struct http_call *call, struct fail *f)
{
    struct node *n = site_node(call);
    AUTO(buf_freep) struct buf *out = package_buf(n);
    TRY(view_package(n, site_asker(call), http_param(call, "id"), http_query(call, "share"), out, f));
    http_reply_take(call, 200, "application/zip", &out);
    return OK;
}

enum err serve_share_package(struct http_call *call, struct fail *f)
{
    struct node *n = site_node(call);
    AUTO(buf_freep) struct buf *out = package_buf(n);
    TRY(view_share_package(n, site_asker(call), http_param(call, "statement"), out, f));
    http_reply_take(call, 200, "application/zip", &out);
    return OK;
}

/* A portion's number: at most four digits, as a package has at most 1,024 entries. */
static enum err read_number(const char *text, unsigned *number, struct fail *f)
{
    size_t n = text ? strspn(text, "0123456789") : 0;
    if (n < 1 || n > 4 || text[n])
        return fail_set(f, E_INVALID, "n is not the number of a portion");
    *number = (unsigned)strtoul(text, NULL, 10);
    return OK;
}

enum err serve_explain(struct http_call *call, struct fail *f)
{
    const char *person = http_query(call, "person"), *report = http_query(call, "report");
    unsigned number;
    json_t *out = NULL;
    if (!person || !report)
        return fail_set(f, E_INVALID, "explain needs person, report and n");
    TRY(read_number(http_query(call, "n"), &number, f));
    return site_answer(
        call, brief_explain(site_node(call), site_asker(call), person, report, number, &out, f), &out);
}
