/* SPDX-License-Identifier: Apache-2.0 - the desk's page, of a table of its own: headers, tags, packed files, addresses */
#include "base/mem.h"
#include "http/desk.h"
#include "http/desk_files.h"
#include "http/gzip.h"
#include "http/server.h"
#include "raw.h"

#define H   "Host: localhost\r\n"
#define END "\r\n"

/* "script": packed by gzip -n */
static const unsigned char packed[] = { 0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
                                        0x03, 0x2b, 0x4e, 0x2e, 0xca, 0x2c, 0x28, 0x01, 0x00,
                                        0x3a, 0x87, 0x81, 0x1c, 0x06, 0x00, 0x00, 0x00 };
const struct desk_file desk_files[] = {
    { "/index.html", "text/html; charset=utf-8", (const unsigned char *)"<p>page", 7, false },
    { "/desk.js", "text/javascript; charset=utf-8", packed, sizeof packed, true },
};
const size_t n_desk_files = COUNT(desk_files);

static const struct {
    const char *name, *request;
    int status;
    const char *has;
} rows[] = {
    { "the page", "GET / HTTP/1.1\r\n" H END, 200, "<p>page" },
    { "its type", "GET / HTTP/1.1\r\n" H END, 200, "Content-Type: text/html; charset=utf-8" },
    { "HEAD", "HEAD / HTTP/1.1\r\n" H END, 200, "Content-Length: 7" },
    { "an address within it", "GET /reports/7k3q/path HTTP/1.1\r\n" H END, 200, "<p>page" },
    { "the enrolment's", "GET /enrol HTTP/1.1\r\n" H END, 200, "<p>page" },
    { "by its own name", "GET /index.html HTTP/1.1\r\n" H END, 200, "<p>page" },
    { "no such file", "GET /other.js HTTP/1.1\r\n" H END, 404, "no such resource" },
    { "nothing is taken", "POST / HTTP/1.1\r\n" H "Content-Length: 1\r\n" END "x", 405, "Allow: GET, HEAD" },
    { "unpacked for who can't", "GET /desk.js HTTP/1.1\r\n" H END, 200, "\r\n\r\nscript" },
    { "packed for who can", "GET /desk.js HTTP/1.1\r\n" H "Accept-Encoding: gzip, br\r\n" END, 200,
      "Content-Encoding: gzip" },
    { "what is remembered by another tag", "GET / HTTP/1.1\r\n" H "If-None-Match: \"00\"\r\n" END, 200,
      "<p>page" },
    { "remembered, whatever it is", "GET / HTTP/1.1\r\n" H "If-None-Match: *\r\n" END, 304, NULL },
    { "no script but its own", "GET / HTTP/1.1\r\n" H END, 200,
      "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; connect-src "
      "'self'" },
    { "no markup", "GET / HTTP/1.1\r\n" H END, 200,
      "require-trusted-types-for 'script'; trusted-types 'none'" },
    { "in nobody's frame", "GET / HTTP/1.1\r\n" H END, 200, "frame-ancestors 'none'" },
    { "alone in its process", "GET / HTTP/1.1\r\n" H END, 200, "Cross-Origin-Opener-Policy: same-origin" },
    { "for nobody else", "GET /desk.js HTTP/1.1\r\n" H END, 200,
      "Cross-Origin-Resource-Policy: same-origin" },
    { "no camera", "GET / HTTP/1.1\r\n" H END, 200, "camera=()" },
    { "no referrer", "GET / HTTP/1.1\r\n" H END, 200, "Referrer-Policy: no-referrer" },
    { "asked again each time", "GET / HTTP/1.1\r\n" H END, 200, "Cache-Control: no-cache" },
};

static void test_rows(uint16_t port)
{
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct raw r;
        struct raw_answer a;
        raw_open(&r, port, 0);
        raw_say(&r, rows[i].request);
        bool no_body = strncmp(rows[i].request, "HEAD", 4) == 0 || rows[i].status == 304;
        int status = raw_answer(&r, &a, no_body);
        AUTO(str_freep) char *whole = str_format("%s%s", a.head, buf_text(&a.body));
        ok(status == rows[i].status && (!rows[i].has || strstr(whole, rows[i].has)), "%s: %d", rows[i].name,
           status);
        if (strstr(rows[i].name, "packed for") && status == 200) {
            bool plain = strncmp(rows[i].name, "unpacked", 8) == 0;
            ok(plain == !strstr(a.head, "Content-Encoding"), "%s: says so", rows[i].name);
            ok(plain || (a.body.len == sizeof packed && memcmp(a.body.data, packed, sizeof packed) == 0),
               "%s: as it is in the program", rows[i].name);
        }
        buf_clear(&a.body);
        raw_close(&r);
    }
}

/* Its own tag brings nothing new, packed or not. */
static void test_tag(uint16_t port)
{
    char tag[512];
    struct raw r;
    struct raw_answer a;
    raw_open(&r, port, 0);
    raw_say(&r, "GET /desk.js HTTP/1.1\r\n" H "Accept-Encoding: gzip\r\n" END);
    ok(raw_answer(&r, &a, false) == 200 && raw_header(&a, "ETag", tag), "a tag: %s", tag);
    buf_clear(&a.body);
    AUTO(str_freep)
    char *again = str_format("GET /desk.js HTTP/1.1\r\n" H "If-None-Match: \"1\", %s\r\n" END, tag);
    raw_say(&r, again);
    ok(raw_answer(&r, &a, true) == 304 && strstr(a.head, tag), "304 by it");
    ok(strstr(a.head, "Content-Security-Policy: default-src 'none'; script-src"), "with the same headers");
    buf_clear(&a.body);
    raw_close(&r);
}

static enum err serve_what(struct http_call *call, struct fail *f)
{
    (void)f;
    desk_answer(call, "alder.example", "https://alder.example", true);
    return OK;
}

static void test_what(uint16_t port)
{
    struct raw r;
    struct raw_answer a;
    raw_open(&r, port, 0);
    raw_say(&r, "GET /v1/desk HTTP/1.1\r\n" H END);
    ok(raw_answer(&r, &a, false) == 200 && strstr(buf_text(&a.body), "\"url\":\"https://alder.example\"") &&
           strstr(buf_text(&a.body), "\"page\":true") && strstr(buf_text(&a.body), "\"local\":true"),
       "what a page must know: %s", buf_text(&a.body));
    buf_clear(&a.body);
    raw_close(&r);
}

int main(void)
{
    struct http_route routes[DESK_ROWS_MAX + 1] = { { "GET", "/v1/desk", 0, 0, serve_what, NULL } };
    struct http_conf conf = { .listen = "127.0.0.1:0", .routes = routes, .quiet = true };
    struct http_server *server = NULL;
    struct fail f = { 0 };
    conf.route_count = 1 + desk_rows(routes + 1);
    if (!ok(http_server_start(&conf, &server, &f) == OK, "served: %s", f.what))
        return tap_done();
    test_rows(http_server_port(server));
    test_tag(http_server_port(server));
    test_what(http_server_port(server));
    http_server_stop(server, 0);
    return tap_done();
}
