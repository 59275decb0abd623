/* SPDX-License-Identifier: Apache-2.0 - requests good and bad over TLS, and what comes back */
#include "raw.h"
#include "site.h"

#define H   "Host: localhost\r\n"
#define END "\r\n"

static const struct {
    const char *name, *request;
    int status;
    const char *has; /* in head or body */
} rows[] = {
    { "root", "GET / HTTP/1.1\r\n" H END, 200, "root" },
    { "HTTP/1.0", "GET / HTTP/1.0\r\n" END, 200, "root" },
    { "literal before pattern", "GET /v1/items/new HTTP/1.1\r\n" H END, 200, "\"route\":\"/v1/items/new\"" },
    { "pattern", "GET /v1/items/7k3q HTTP/1.1\r\n" H END, 200, "\"param\":\"7k3q\"" },
    { "decoded after the split", "GET /v1/items/a%20%41 HTTP/1.1\r\n" H END, 200, "\"param\":\"a A\"" },
    { "decoded once", "GET /v1/items/%252e HTTP/1.1\r\n" H END, 200, "\"param\":\"%2e\"" },
    { "a plus in a path", "GET /v1/items/a+b HTTP/1.1\r\n" H END, 200, "\"param\":\"a+b\"" },
    { "path as sent", "GET /v1/items/a%20%41?a=1 HTTP/1.1\r\n" H END, 200, "\"path\":\"/v1/items/a%20%41\"" },
    { "encoded slash", "GET /v1/items/a%2fb HTTP/1.1\r\n" H END, 400, "malformed" },
    { "encoded zero byte", "GET /v1/items/a%00b HTTP/1.1\r\n" H END, 400, "malformed" },
    { "encoded line end", "GET /v1/items/a%0d%0ab HTTP/1.1\r\n" H END, 400, "malformed" },
    { "dot segments", "GET /v1/items/../../secret HTTP/1.1\r\n" H END, 400, "malformed" },
    { "encoded dot segments", "GET /v1/items/%2e%2e HTTP/1.1\r\n" H END, 400, "malformed" },
    { "empty segment", "GET //v1/items/7 HTTP/1.1\r\n" H END, 400, "malformed" },
    { "rest", "GET /log/1/tile/0/x001/234 HTTP/1.1\r\n" H END, 200, "\"rest\":\"tile/0/x001/234\"" },
    { "absolute form", "GET https://localhost/ HTTP/1.1\r\n" H END, 400, "malformed" },
    { "asterisk form", "OPTIONS * HTTP/1.1\r\n" H END, 400, "malformed" },
    { "query", "GET /v1/items/7?b=2&a=x%2By+z HTTP/1.1\r\n" H END, 200, "\"a\":\"x+y z\"" },
    { "query twice", "GET /v1/items/7?a=1&a=2 HTTP/1.1\r\n" H END, 400, "malformed" },
    { "bad query", "GET /v1/items/7?a=%zz HTTP/1.1\r\n" H END, 400, "malformed" },
    { "zero byte in a query", "GET /v1/items/7?a=%00 HTTP/1.1\r\n" H END, 400, "malformed" },
    { "no such path", "GET /v2 HTTP/1.1\r\n" H END, 404, "urn:orcon:problem:not-found" },
    { "no such method", "PUT /v1/items/7 HTTP/1.1\r\n" H END, 405, "Allow: GET, HEAD, POST, DELETE" },
    { "made-up method", "BREW / HTTP/1.1\r\n" H END, 405, "Allow: GET, HEAD" },
    { "lower-case method", "get / HTTP/1.1\r\n" H END, 405, "Allow: GET, HEAD" },
    { "TRACE", "TRACE / HTTP/1.1\r\n" H END, 405, "Allow: GET, HEAD" },
    { "HEAD", "HEAD / HTTP/1.1\r\n" H END, 200, "Content-Length: 4" },
    { "HEAD of a failure", "HEAD /fail/conflict HTTP/1.1\r\n" H END, 409, "application/problem+json" },
    { "DELETE", "DELETE /v1/items/7 HTTP/1.1\r\n" H END, 200, "\"method\":\"DELETE\"" },
    { "header in any case", "GET /v1/items/7 HTTP/1.1\r\n" H "X-Test: yes\r\n" END, 200, "\"test\":\"yes\"" },
    { "peer", "GET /v1/items/7 HTTP/1.1\r\n" H END, 200, "\"peer\":\"127.0.0.1\"" },
    { "body", "POST /v1/items/7 HTTP/1.1\r\n" H "Content-Length: 5\r\n" END "12345", 201, "\"body\":5" },
    { "chunked body",
      "POST /v1/items/7 HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n" END
      "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
      201, "\"body\":5" },
    { "chunked in capitals",
      "POST /v1/items/7 HTTP/1.1\r\n" H "Transfer-Encoding: Chunked\r\n" END "3\r\nabc\r\n0\r\n\r\n", 201,
      "\"body\":3" },
    { "form",
      "POST /v1/items/7 HTTP/1.1\r\n" H
      "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 7\r\n" END "a=x+%2b",
      201, "\"form\":\"x +\"" },
    { "form with a charset",
      "POST /v1/items/7 HTTP/1.1\r\n" H
      "Content-Type: application/x-www-form-urlencoded; charset=UTF-8\r\nContent-Length: 3\r\n" END "a=x",
      201, "\"form\":\"x\"" },
    { "bad form",
      "POST /v1/items/7 HTTP/1.1\r\n" H
      "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 7\r\n" END "a=1&a=2",
      400, "a form that does not parse" },
    { "no form",
      "POST /v1/items/7 HTTP/1.1\r\n" H "Content-Type: text/plain\r\nContent-Length: 3\r\n" END "a=x", 201,
      "\"body\":3,\"param\"" },
    { "a body where none is taken", "GET / HTTP/1.1\r\n" H "Content-Length: 5\r\n" END "12345", 413,
      "too-large" },
    { "a chunked body where none is taken",
      "DELETE /v1/items/7 HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n" END "3\r\nabc\r\n0\r\n\r\n", 413,
      "too-large" },
    { "longer than the route takes",
      "POST /v1/items/7 HTTP/1.1\r\n" H "Content-Length: 4097\r\nExpect: 100-continue\r\n" END, 413,
      "Connection: close" },
    { "far longer", "POST /v1/items/7 HTTP/1.1\r\n" H "Content-Length: 999999999999\r\n" END, 413,
      "Connection: close" },
    { "two Hosts", "GET / HTTP/1.1\r\n" H H END, 400, "twice" },
    { "no Host", "GET / HTTP/1.1\r\n" END, 400, NULL },
    { "two lengths", "POST /echo HTTP/1.1\r\n" H "Content-Length: 1\r\nContent-Length: 1\r\n" END "1", 400,
      "twice" },
    { "two different lengths",
      "POST /echo HTTP/1.1\r\n" H "Content-Length: 1\r\ncontent-length: 2\r\n" END "12", 400, "twice" },
    { "length and chunked",
      "POST /echo HTTP/1.1\r\n" H "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n" END "0\r\n\r\n", 400,
      "both" },
    { "chunked and length",
      "POST /echo HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n" END "0\r\n\r\n", 400,
      "both" },
    { "chunked twice",
      "POST /echo HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n" END
      "0\r\n\r\n",
      400, "twice" },
    { "another encoding", "POST /echo HTTP/1.1\r\n" H "Transfer-Encoding: gzip, chunked\r\n" END "0\r\n\r\n",
      400, "other than chunked" },
    { "identity", "POST /echo HTTP/1.1\r\n" H "Transfer-Encoding: identity\r\n" END "x", 400,
      "other than chunked" },
    { "chunked in HTTP/1.0", "POST /echo HTTP/1.0\r\n" H "Transfer-Encoding: chunked\r\n" END "0\r\n\r\n",
      400, "HTTP/1.0" },
    { "negative length", "POST /echo HTTP/1.1\r\n" H "Content-Length: -1\r\n" END, 400, NULL },
    { "length with a sign", "POST /echo HTTP/1.1\r\n" H "Content-Length: +1\r\n" END "1", 400, NULL },
    { "length in hex", "POST /echo HTTP/1.1\r\n" H "Content-Length: 0x1\r\n" END "1", 400, NULL },
    { "list of lengths", "POST /echo HTTP/1.1\r\n" H "Content-Length: 1, 1\r\n" END "1", 400, NULL },
    { "huge length", "POST /echo HTTP/1.1\r\n" H "Content-Length: 18446744073709551617\r\n" END "1", 413,
      NULL },
    { "space before the colon", "POST /echo HTTP/1.1\r\n" H "Content-Length : 1\r\n" END "1", 400, NULL },
    { "space in a header's name", "GET / HTTP/1.1\r\n" H "X Test: 1\r\n" END, 400, NULL },
    { "two Authorizations", "GET /secret HTTP/1.1\r\n" H "Authorization: amy\r\nAuthorization: amy\r\n" END,
      400, "twice" },
    { "two DPoPs", "GET / HTTP/1.1\r\n" H "DPoP: a\r\ndpop: b\r\n" END, 400, "twice" },
    { "two Content-Types",
      "POST /echo HTTP/1.1\r\n" H "Content-Type: a\r\nContent-Type: a\r\nContent-Length: 1\r\n" END "1", 400,
      "twice" },
    { "two of another", "GET /v1/items/7 HTTP/1.1\r\n" H "X-Test: 1\r\nX-Test: 2\r\n" END, 200,
      "\"test\":\"1\"" },
    { "a control character", "GET / HTTP/1.1\r\n" H "X-Test: a\001b\r\n" END, 400, "malformed" },
    { "HTTP/2.0", "GET / HTTP/2.0\r\n" H END, 505, NULL },
    { "HTTP/1.9", "GET / HTTP/1.9\r\n" H END, 505, NULL },
    { "no token", "GET /secret HTTP/1.1\r\n" H END, 401, "WWW-Authenticate: DPoP algs=\"ES256\"" },
    { "its reason", "GET /secret HTTP/1.1\r\n" H END, 401, "\"type\":\"urn:orcon:problem:token\"" },
    { "a token that is not enough", "GET /secret HTTP/1.1\r\n" H "Authorization: bob\r\n" END, 403,
      "needs 7" },
    { "a token that is", "GET /secret HTTP/1.1\r\n" H "Authorization: amy\r\n" END, 200, "\"user\":\"amy\"" },
    { "refused before the body is there", "POST /secret HTTP/1.1\r\n" H "Content-Length: 5000000\r\n" END,
      401, "Connection: close" },
    { "refused, with its body", "POST /secret HTTP/1.1\r\n" H "Content-Length: 5\r\n" END "12345", 401,
      "no access token" },
    { "reason", "GET /fail/orcon HTTP/1.1\r\n" H END, 403,
      "\"type\":\"urn:orcon:problem:orcon\",\"title\":\"originator controlled: ask the "
      "originator\",\"status\":403,\"detail\":\"asked for \\\"orcon\\\"?\",\"reason\":\"orcon\"" },
    { "kind", "GET /fail/conflict HTTP/1.1\r\n" H END, 409,
      "\"type\":\"urn:orcon:problem:conflict\",\"title\":\"the state has moved "
      "on\",\"status\":409,\"detail\":\"secret of conflict\"" },
    { "a failure without a word", "GET /fail/bare HTTP/1.1\r\n" H END, 409, "urn:orcon:problem:conflict" },
    { "an answer after all", "GET /fail/none HTTP/1.1\r\n" H END, 200, "never seen" },
    { "the store", "GET /fail/store HTTP/1.1\r\n" H END, 500, "urn:orcon:problem:internal" },
    { "own renderer", "GET /own/conflict HTTP/1.1\r\n" H END, 409, "text/x-own" },
    { "own renderer, internal", "GET /own/io HTTP/1.1\r\n" H END, 500, "\r\n\r\ninternal error" },
    { "no answer", "GET /silent HTTP/1.1\r\n" H END, 500, "urn:orcon:problem:internal" },
    { "the server's own headers", "GET / HTTP/1.1\r\n" H END, 200, "Cache-Control: no-store\r\n" },
    { "no sniffing", "GET / HTTP/1.1\r\n" H END, 200, "X-Content-Type-Options: nosniff" },
    { "no policy but none", "GET / HTTP/1.1\r\n" H END, 200, "Content-Security-Policy: default-src 'none'" },
    { "the route's own headers", "POST /echo HTTP/1.1\r\n" H "Content-Length: 1\r\n" END "1", 200,
      "Cache-Control: max-age=60\r\n" },
    { "no header made of a value", "POST /echo HTTP/1.1\r\n" H "Content-Length: 1\r\n" END "1", 200,
      "X-Split: a??Set-Cookie: b\r\n" },
};

static void test_rows(uint16_t port)
{
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct raw_answer a;
        int status = raw_once(port, rows[i].request, &a);
        AUTO(str_freep) char *whole = str_format("%s%s", a.head, buf_text(&a.body));
        ok(status == rows[i].status && (!rows[i].has || strstr(whole, rows[i].has)), "%s: %d", rows[i].name,
           status);
        if (status != rows[i].status || (rows[i].has && !strstr(whole, rows[i].has)))
            printf("# wanted %d with %s, got:\n# %s\n", rows[i].status, rows[i].has, whole);
        buf_clear(&a.body);
    }
}

static void test_shown(uint16_t port)
{
    static const char *const kinds[] = { "store", "io", "internal" };
    struct raw_answer a;
    char id[512], in_body[600];
    for (size_t i = 0; i < COUNT(kinds); i++) {
        AUTO(str_freep) char *request = str_format("GET /fail/%s HTTP/1.1\r\n" H END, kinds[i]);
        raw_once(port, request, &a);
        ok(a.status == 500 && !strstr(buf_text(&a.body), "secret") && !strstr(a.head, "X-Dropped"),
           "%s is not told to clients", kinds[i]);
        bool named = raw_header(&a, "Orcon-Request-Id", id) && strlen(id) == 16;
        snprintf(in_body, sizeof in_body, "\"instance\":\"%s\"", id);
        ok(named && strstr(buf_text(&a.body), in_body), "%s: the request's id is", kinds[i]);
        buf_clear(&a.body);
    }
}

static void test_keep_alive(uint16_t port)
{
    struct raw r;
    struct raw_answer a;
    char first[512], second[512];
    if (!ok(raw_open(&r, port, TLS1_3_VERSION), "TLS 1.3"))
        return;
    raw_say(&r, "GET / HTTP/1.1\r\n" H END "GET /v1/items/2 HTTP/1.1\r\n" H END);
    ok(raw_answer(&r, &a, false) == 200 && raw_header(&a, "Orcon-Request-Id", first),
       "the first of two at once");
    buf_clear(&a.body);
    ok(raw_answer(&r, &a, false) == 200 && strstr(buf_text(&a.body), "\"param\":\"2\""), "the second");
    ok(raw_header(&a, "Orcon-Request-Id", second) && strcmp(first, second) != 0, "each with its own id");
    buf_clear(&a.body);
    raw_say(&r, "POST /secret HTTP/1.1\r\n" H "Content-Length: 5\r\n" END "12345");
    ok(raw_answer(&r, &a, false) == 401, "refused with its body read");
    buf_clear(&a.body);
    raw_say(&r, "HEAD /v1/items/1 HTTP/1.1\r\n" H END);
    ok(raw_answer(&r, &a, true) == 200, "HEAD on the same connection");
    buf_clear(&a.body);
    raw_say(&r, "GET / HTTP/1.1\r\n" H "Connection: close\r\n" END);
    ok(raw_answer(&r, &a, false) == 200 && strcmp(buf_text(&a.body), "root") == 0,
       "nothing was left by HEAD");
    buf_clear(&a.body);
    ok(raw_ended(&r), "ended as asked");
    raw_close(&r);
}

/* What a request refused for its framing carries must never be taken for a request. */
static void test_smuggling(uint16_t port)
{
    static const struct {
        const char *name, *request;
    } tricks[] = {
        { "two framings",
          "POST /echo HTTP/1.1\r\n" H "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n" END
          "0\r\n\r\nGET / HTTP/1.1\r\n" H END },
        { "two lengths", "POST /echo HTTP/1.1\r\n" H "Content-Length: 1\r\nContent-Length: 50\r\n" END
                         "xGET / HTTP/1.1\r\n" H END },
        { "two lengths on GET", "GET / HTTP/1.1\r\n" H "Content-Length: 0\r\nContent-Length: 50\r\n" END
                                "GET / HTTP/1.1\r\n" H END },
        { "space before the colon",
          "POST /echo HTTP/1.1\r\n" H "Content-Length : 40\r\n" END "GET / HTTP/1.1\r\n" H END },
        { "body of a refused DELETE",
          "DELETE /v1/items/7 HTTP/1.1\r\n" H "Content-Length: 9999999\r\n" END "GET / HTTP/1.1\r\n" H END },
    };
    for (size_t i = 0; i < COUNT(tricks); i++) {
        struct raw r;
        struct raw_answer a;
        int before = atomic_load(&site_runs);
        raw_open(&r, port, TLS1_3_VERSION);
        raw_say(&r, tricks[i].request);
        ok(raw_answer(&r, &a, false) >= 400 && raw_ended(&r) && atomic_load(&site_runs) == before,
           "%s: refused (%d), ended, nothing else run", tricks[i].name, a.status);
        buf_clear(&a.body);
        raw_close(&r);
    }
}

static void test_bodies(uint16_t port)
{
    struct raw_answer a;
    struct raw r;
    static const char head[] =
        "POST /echo HTTP/1.1\r\n" H "Content-Length: 67108864\r\nExpect: 100-continue\r\n" END;
    AUTO(mem_freep) char *big = mem_new((size_t)64 << 20);
    for (size_t i = 0; i < (size_t)64 << 20; i++)
        big[i] = (char)(i * 31 >> 3);
    raw_open(&r, port, TLS1_3_VERSION);
    raw_say(&r, head);
    bool sent = true;
    for (size_t at = 0; sent && at < (size_t)64 << 20; at += 1 << 20)
        sent = raw_send(&r, big + at, 1 << 20);
    ok(sent && raw_answer(&r, &a, false) == 200 && a.body.len == (size_t)64 << 20 &&
           memcmp(a.body.data, big, a.body.len) == 0,
       "64 MiB there and back");
    buf_clear(&a.body);
    raw_close(&r);

    AUTO(buf_freep) struct buf *chunks = buf_new(1 << 20);
    buf_put_str(chunks, "POST /v1/items/7 HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n" END);
    for (int i = 0; i < 5; i++) {
        buf_put_str(chunks, "400\r\n");
        buf_put(chunks, big, 1024);
        buf_put_str(chunks, "\r\n");
    }
    buf_put_str(chunks, "0\r\n\r\nGET / HTTP/1.1\r\n" H END);
    raw_open(&r, port, TLS1_3_VERSION);
    raw_send(&r, chunks->data, chunks->len);
    ok(raw_answer(&r, &a, false) == 413, "5 KiB in chunks where 4 are taken: %d", a.status);
    buf_clear(&a.body);
    ok(raw_answer(&r, &a, false) == 200, "and the connection goes on behind it");
    buf_clear(&a.body);
    raw_close(&r);

    raw_open(&r, port, TLS1_3_VERSION);
    raw_say(&r, "POST /v1/items/7 HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n" END);
    sent = true;
    for (int i = 0; sent && i < 64; i++)
        sent = raw_say(&r, "40000\r\n") && raw_send(&r, big, 0x40000) && raw_say(&r, "\r\n");
    ok(raw_answer(&r, &a, false) == 0, "endless chunks end in a cut: %d", a.status);
    buf_clear(&a.body);
    raw_close(&r);
}

static void test_heads(uint16_t port)
{
    struct raw_answer a;
    AUTO(buf_freep) struct buf *request = buf_new(1 << 20);
    buf_put_str(request, "GET /v1/items/");
    for (int i = 0; i < 9000; i++)
        buf_put_u8(request, 'a');
    buf_put_str(request, " HTTP/1.1\r\n" H END);
    ok(raw_once(port, buf_text(request), &a) == 414, "a target of 9 kB: %d", a.status);
    buf_clear(&a.body);
    buf_reset(request);
    buf_put_str(request, "GET / HTTP/1.1\r\n" H);
    for (int i = 0; i < 70; i++)
        buf_printf(request, "X-Test-%d: a\r\n", i);
    buf_put_str(request, END);
    ok(raw_once(port, buf_text(request), &a) == 431, "70 headers: %d", a.status);
    buf_clear(&a.body);
    buf_reset(request);
    buf_put_str(request, "GET / HTTP/1.1\r\n" H "X-Test: ");
    for (int i = 0; i < 40000; i++)
        buf_put_u8(request, 'a');
    buf_put_str(request, "\r\n" END);
    int status = raw_once(port, buf_text(request), &a);
    ok(status == 431 || status == 413, "a header of 40 kB: %d", status);
    buf_clear(&a.body);
}

static void test_streams(uint16_t port)
{
    struct raw_answer a;
    ok(raw_once(port, "GET /fd HTTP/1.1\r\n" H END, &a) == 200 && a.body.len == 299000 &&
           a.body.data[0] == 'f' && a.body.data[298999] == 'f',
       "from a file");
    buf_clear(&a.body);
    bool good = raw_once(port, "GET /stream HTTP/1.1\r\n" H END, &a) == 200 && a.body.len == 100000;
    for (size_t i = 0; good && i < a.body.len; i++)
        good = a.body.data[i] == 'a' + i % 26;
    ok(good, "from a stream");
    buf_clear(&a.body);
    ok(raw_once(port, "GET /stream?cut=1 HTTP/1.1\r\n" H END, &a) == -1, "a stream that fails cuts: %d",
       a.status);
    buf_clear(&a.body);
    ok(raw_once(port, "HEAD /stream HTTP/1.1\r\n" H END, &a) == 200, "HEAD of a stream");
    buf_clear(&a.body);
}

static void test_tls(uint16_t port)
{
    struct raw r;
    struct raw_answer a;
    ok(!raw_open(&r, port, TLS1_2_VERSION), "no TLS 1.2");
    raw_close(&r);
    ok(!raw_open(&r, port, TLS1_1_VERSION), "no TLS 1.1");
    raw_close(&r);
    raw_open(&r, port, 0);
    raw_say(&r, "GET / HTTP/1.1\r\n" H END);
    ok(raw_answer(&r, &a, false) == 0, "no plain HTTP");
    buf_clear(&a.body);
    raw_close(&r);
}

struct tally {
    uint64_t good, bad, unmatched;
};

static void count_add(void *ctx, const struct http_count *count)
{
    struct tally *t = ctx;
    if (strcmp(count->path, "/") == 0)
        t->good += count->by_class[1];
    if (strcmp(count->path, "/fail/{id}") == 0)
        t->bad += count->by_class[4];
    if (!*count->path)
        t->unmatched += count->by_class[3];
}

int main(void)
{
    struct https_identity id;
    signal(SIGPIPE, SIG_IGN); /* for this end: writing to a connection that was cut */
    log_set("test", LOG_ERROR);
    https_identity_make(&id);
    struct http_server *s = https_start(&id, site_conf());
    uint16_t port = http_server_port(s);
    AUTO(str_freep) char *address = str_format("127.0.0.1:%u", port);
    is_str(http_server_address(s), address, "where it listens");
    test_rows(port);
    test_shown(port);
    test_keep_alive(port);
    test_smuggling(port);
    test_bodies(port);
    test_heads(port);
    test_streams(port);
    test_tls(port);
    struct tally t = { 0 };
    http_server_counts(s, count_add, &t);
    ok(t.good > 5 && t.bad == 4 && t.unmatched > 10, "counted: %d good, %d bad, %d unmatched", (int)t.good,
       (int)t.bad, (int)t.unmatched);
    http_server_stop(s, 2000);
    ok(atomic_load(&site_users) == 0, "every user was given back");
    ok(atomic_load(&site_stream_ends) == 3, "every stream was ended once");
    https_identity_clear(&id);
    return tap_done();
}
