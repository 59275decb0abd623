/* SPDX-License-Identifier: Apache-2.0 */
#include "http/gate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/log.h"
#include "base/mem.h"

/* What HTTP itself refuses, with statuses that no kind of failure has. */
enum refusal { MALFORMED, METHOD, MISDIRECTED, LONG_TARGET, BIG_HEADERS, VERSION };
static const struct {
    int status;
    const char *name, *title;
    bool close;
} refusals[] = {
    [MALFORMED] = { 400, "malformed", "malformed request", true },
    [METHOD] = { 405, "method-not-allowed", "method not allowed", false },
    [MISDIRECTED] = { 421, "misdirected", "not served here", true },
    [LONG_TARGET] = { 414, "target-too-long", "request target too long", true },
    [BIG_HEADERS] = { 431, "headers-too-large", "too many headers", true },
    [VERSION] = { 505, "version", "HTTP version not supported", true },
};

static bool refuse(struct call *c, enum refusal why, const char *detail)
{
    call_problem(c, refusals[why].status, refusals[why].name, refusals[why].title, "", detail);
    c->refused = true;
    c->close |= refusals[why].close;
    return false;
}

void gate_refuse(const struct http_conf *conf, struct call *c, const struct fail *f)
{
    void (*render)(struct http_call *, const struct fail *) = conf->render ? conf->render : http_problem;
    if (c->seen.route && c->seen.route->render)
        render = c->seen.route->render;
    call_answer_clear(c);
    render(&c->seen, f);
    if (c->reply.status == 0)
        http_problem(&c->seen, f);
    if (c->reply.status == 401 && conf->challenge && !call_reply_header(c, "WWW-Authenticate"))
        http_reply_header(&c->seen, "WWW-Authenticate", conf->challenge);
    if (f->reason == REASON_NONCE && conf->nonce) { /* RFC 9449, 8 and 9 */
        http_reply_header(&c->seen, "DPoP-Nonce", conf->nonce);
        http_reply_header(&c->seen, "WWW-Authenticate",
                          "DPoP error=\"use_dpop_nonce\", algs=\"ES256 RS256\"");
    }
    if (f->retry_s) {
        char seconds[16];
        snprintf(seconds, sizeof seconds, "%u", f->retry_s);
        http_reply_header(&c->seen, "Retry-After", seconds);
    }
    c->refused = true;
    if (err_row(f->code)->http_status == 500) {
        struct fail told = *f;
        fail_context(&told, "request %s", c->seen.id);
        log_fail(LOG_ERROR, "call-failed", &told);
    }
}

/* RFC 9110, 5.6.2 */
static bool is_token(const char *s)
{
    size_t n = strspn(s, "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
    return n > 0 && s[n] == '\0';
}

static bool is_field_value(const char *s)
{
    for (; *s; s++)
        if (((unsigned char)*s < 0x20 && *s != '\t') || *s == 0x7f)
            return false;
    return true;
}

/* RFC 9112, 6.3: a length is digits; 18 of them are more than any route takes. */
static bool is_length(const char *s)
{
    size_t n = strspn(s, "0123456789");
    return n > 0 && n <= 18 && s[n] == '\0';
}

uint64_t gate_content_length(const struct call *c)
{
    const char *value = http_header(&c->seen, "Content-Length");
    return value && is_length(value) ? strtoull(value, NULL, 10) : 0;
}

bool gate_has_body(const struct call *c)
{
    return gate_content_length(c) > 0 || call_header_count(c, "Transfer-Encoding") > 0;
}

size_t gate_body_max(const struct call *c)
{
    return c->seen.route ? c->seen.route->max_body : 0;
}

/* The library takes the first of two framing headers, a proxy before it maybe the second: neither is served. */
static bool framing_is_good(struct call *c)
{
    static const char *const once[] = { "Host",          "Content-Length", "Transfer-Encoding",
                                        "Authorization", "DPoP",           "Content-Type" };
    const char *length = http_header(&c->seen, "Content-Length");
    const char *encoding = http_header(&c->seen, "Transfer-Encoding");
    for (size_t i = 0; i < COUNT(once); i++)
        if (call_header_count(c, once[i]) > 1)
            return refuse(c, MALFORMED, "a header that may stand once stands twice");
    if (length && encoding)
        return refuse(c, MALFORMED, "both Content-Length and Transfer-Encoding");
    if (length && !is_length(length))
        return refuse(c, MALFORMED, "Content-Length is not a number");
    if (encoding && strcasecmp(encoding, "chunked") != 0)
        return refuse(c, MALFORMED, "a Transfer-Encoding other than chunked");
    return true;
}

static bool headers_are_good(struct call *c)
{
    for (size_t i = 0; i < c->header_count; i++)
        if (!is_token(c->header[i].name) || !is_field_value(c->header[i].value))
            return refuse(c, MALFORMED, "a header that does not parse");
    return true;
}

static bool line_is_good(struct call *c, const char *version)
{
    if (strcmp(version, "HTTP/1.1") != 0 && strcmp(version, "HTTP/1.0") != 0)
        return refuse(c, VERSION, "HTTP/1.1 is spoken here");
    if (strcmp(version, "HTTP/1.0") == 0 && call_header_count(c, "Transfer-Encoding"))
        return refuse(c, MALFORMED, "Transfer-Encoding in HTTP/1.0"); /* RFC 9112, 6.1 */
    if (!is_token(c->seen.method))
        return refuse(c, MALFORMED, "a method that does not parse");
    if (strlen(c->target) + strlen(c->raw_query) >= PATH_TARGET_MAX)
        return refuse(c, LONG_TARGET, "a target of more than 8192 bytes");
    if (!path_read(c->target, &c->path))
        return refuse(c, MALFORMED, "a path that does not parse");
    if (!query_read(bytes_str(c->raw_query), &c->query))
        return refuse(c, MALFORMED, "a query that does not parse");
    return true;
}

static bool host_is_good(const struct http_conf *conf, struct call *c)
{
    const char *host = http_header(&c->seen, "Host");
    if (conf->host && (!host || strcasecmp(host, conf->host) != 0))
        return refuse(c, MISDIRECTED, "another host than the one served here");
    return true;
}

static bool method_fits(const struct http_route *route, const char *method)
{
    return strcmp(route->method, method) == 0 ||
           (strcmp(method, "HEAD") == 0 && strcmp(route->method, "GET") == 0);
}

static void allow_add(struct buf *allow, const char *method)
{
    buf_printf(allow, "%s%s", allow->len ? ", " : "", method);
    if (strcmp(method, "GET") == 0)
        buf_put_str(allow, ", HEAD");
}

static bool route_find(const struct http_conf *conf, struct call *c)
{
    struct buf allow;
    buf_init(&allow, 256);
    for (size_t i = 0; i < conf->route_count && !c->seen.route; i++) {
        const struct http_route *route = &conf->routes[i];
        if (!path_match(route->path, &c->path, &c->params))
            continue;
        if (method_fits(route, c->seen.method)) {
            c->seen.route = route;
            c->counter = i;
        } else {
            path_params_clear(&c->params);
            allow_add(&allow, route->method);
        }
    }
    if (!c->seen.route && allow.len) {
        refuse(c, METHOD, "this resource has other methods, see Allow");
        http_reply_header(&c->seen, "Allow", buf_text(&allow));
    } else if (!c->seen.route) {
        struct fail f = { 0 };
        fail_set(&f, E_NOT_FOUND, "no such resource");
        gate_refuse(conf, c, &f);
    }
    buf_clear(&allow);
    return c->seen.route != NULL;
}

void gate_enter(const struct http_conf *conf, struct call *c, const char *version)
{
    struct fail f = { 0 };
    if (c->header_count == HTTP_HEADERS_MAX) {
        refuse(c, BIG_HEADERS, "64 headers or more");
        return;
    }
    if (!headers_are_good(c) || !framing_is_good(c) || !line_is_good(c, version) || !host_is_good(conf, c) ||
        !route_find(conf, c))
        return;
    if (gate_content_length(c) > c->seen.route->max_body)
        fail_set(&f, E_TOO_LARGE, "a body of more than %zu bytes", c->seen.route->max_body);
    else if (conf->authorise && conf->authorise(&c->seen, c->seen.route->needs, &f) == OK)
        return;
    else if (!conf->authorise)
        return;
    gate_refuse(conf, c, &f);
}

static bool is_form(const struct call *c)
{
    static const char form[] = "application/x-www-form-urlencoded";
    const char *type = http_header(&c->seen, "Content-Type");
    return type && strncasecmp(type, form, sizeof form - 1) == 0 &&
           (type[sizeof form - 1] == '\0' || strchr("; \t", type[sizeof form - 1]));
}

void gate_run(const struct http_conf *conf, struct call *c)
{
    struct fail f = { 0 };
    c->seen.body = bytes_of(&c->body);
    if (is_form(c) && !query_read(c->seen.body, &c->form)) {
        fail_set(&f, E_INVALID, "a form that does not parse");
        gate_refuse(conf, c, &f);
        return;
    }
    enum err e = c->seen.route->run(&c->seen, &f);
    if (e == OK && c->reply.status == 0)
        e = fail_set(&f, E_INTERNAL, "%s %s gave no answer", c->seen.route->method, c->seen.route->path);
    if (e == OK)
        return;
    if (f.code == OK)
        f.code = e;
    gate_refuse(conf, c, &f);
}
