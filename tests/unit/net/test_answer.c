/* SPDX-License-Identifier: Apache-2.0 - what an answer that is no success becomes */
#include "base/mem.h"
#include "net/client.h"
#include "tap.h"

static const struct {
    const char *name;
    int status;
    const char *body;
    enum err err;
    enum reason reason;
    const char *what;
} rows[] = {
    { "success", 200, "", OK, REASON_NONE, "" },
    { "another success", 204, "", OK, REASON_NONE, "" },
    { "a reason", 403, "{\"type\":\"urn:orcon:problem:orcon\",\"reason\":\"orcon\",\"detail\":\"ask\"}",
      E_NOT_RELEASED, REASON_ORCON, "bramble.example says: ask" },
    { "a reason of another status", 404, "{\"reason\":\"orcon\",\"detail\":\"x\"}", E_NOT_FOUND, REASON_NONE,
      "bramble.example says: x" },
    { "a reason that allows", 403, "{\"reason\":\"released\"}", E_REFUSED, REASON_NONE,
      "bramble.example answered with status 403" },
    { "a reason nobody knows", 409, "{\"reason\":\"of-my-own\"}", E_CONFLICT, REASON_NONE,
      "bramble.example answered with status 409" },
    { "a kind", 403, "{\"type\":\"urn:orcon:problem:not-released\"}", E_NOT_RELEASED, REASON_NONE,
      "bramble.example answered with status 403" },
    { "a kind of another status", 404, "{\"type\":\"urn:orcon:problem:not-released\"}", E_NOT_FOUND,
      REASON_NONE, "bramble.example answered with status 404" },
    { "no document", 503, "<html>", E_UNAVAILABLE, REASON_NONE, "bramble.example answered with status 503" },
    { "no body", 404, "", E_NOT_FOUND, REASON_NONE, "bramble.example answered with status 404" },
    { "an array", 400, "[]", E_INVALID, REASON_NONE, "bramble.example answered with status 400" },
    { "members of other types", 400, "{\"type\":1,\"reason\":[],\"detail\":{}}", E_INVALID, REASON_NONE,
      "bramble.example answered with status 400" },
    { "a redirect", 302, "", E_INTERNAL, REASON_NONE, "bramble.example answered with status 302" },
    { "a gateway", 502, "", E_UNAVAILABLE, REASON_NONE, "bramble.example answered with status 502" },
    { "an escape sequence", 409, "{\"detail\":\"a\\u001b[2Jb\\n\\u0085\\u009bc\\u00e9\"}", E_CONFLICT,
      REASON_NONE, "bramble.example says: a?[2Jb?????c\xc3\xa9" },
};

/* How long to wait, where the server says so in seconds. */
static void retry(void)
{
    static const struct {
        const char *value;
        unsigned want;
    } values[] = { { NULL, 0 },      { "7", 7 },
                   { "0", 0 },       { "3600", 3600 },
                   { "3601", 3600 }, { "99999999999999999999999", 3600 },
                   { "", 0 },        { "-1", 0 },
                   { "7 s", 0 },     { "Sun, 29 Nov 2026 17:26:32 GMT", 0 } };
    for (size_t i = 0; i < COUNT(values); i++) {
        struct net_answer a = { .status = 429, .body = buf_new(10) };
        struct fail f = { 0 };
        if (values[i].value)
            a.headers[a.header_count++] =
                (struct net_header){ str_dup("retry-after"), str_dup(values[i].value) };
        ok(net_answer_check(&a, "x", &f) == E_RATE && f.retry_s == values[i].want, "Retry-After %s: %u s",
           values[i].value ? values[i].value : "missing", f.retry_s);
        net_answer_clear(&a);
    }
}

int main(void)
{
    retry();
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct net_answer a = { .status = rows[i].status, .body = buf_new(1000) };
        struct fail f = { 0 };
        buf_put_str(a.body, rows[i].body);
        enum err e = net_answer_check(&a, "bramble.example", &f);
        ok(e == rows[i].err && f.code == rows[i].err && f.reason == rows[i].reason, "%s: %s %s", rows[i].name,
           err_row(e)->name, reason_code(f.reason));
        is_str(f.what, rows[i].what, rows[i].name);
        net_answer_clear(&a);
    }
    struct net_answer a = { .status = 404, .body = buf_new(10) };
    ok(net_answer_check(&a, "x", NULL) == E_NOT_FOUND, "without a place for the words");
    net_answer_clear(&a);
    return tap_done();
}
