/* SPDX-License-Identifier: Apache-2.0 */
#include "http/desk.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/hex.h"
#include "base/json.h"
#include "base/mem.h"
#include "crypto/hash.h"
#include "http/desk_files.h"
#include "http/gzip.h"

#define FILE_MAX ((size_t)4 << 20) /* of one file, unpacked */
#define ETAG     37                /* W/, quotes, 16 bytes in hex, NUL: packed or not, it is the same */

/* Addresses within the page: it is given at each, and at everything below, and finds out by itself what to show. */
static const char *const pages[] = {
    "/",
    "/device",
    "/enrol",
    "/exposure",
    "/exposure/{rest...}",
    "/inbox",
    "/inbox/{rest...}",
    "/node",
    "/override",
    "/override/{rest...}",
    "/partners",
    "/partners/{rest...}",
    "/people",
    "/proofs",
    "/proofs/{rest...}",
    "/reports",
    "/reports/{rest...}",
    "/requests",
    "/requests/{rest...}",
    "/seconds/{rest...}",
    "/sign-in",
    "/write",
    "/write/{rest...}",
};

static const struct http_header_row {
    const char *name, *value;
} headers[] = {
    /* the page: one script, one style sheet, its own node. What it shows is made of text, never of markup: a sink that
     * takes markup takes it only from a policy, and there is none */
    { "Content-Security-Policy",
      "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
      "form-action 'none'; frame-ancestors 'none'; base-uri 'none'; require-trusted-types-for 'script'; "
      "trusted-types 'none'" },
    { "Cross-Origin-Opener-Policy", "same-origin" },
    { "Cross-Origin-Embedder-Policy", "require-corp" },
    { "Cross-Origin-Resource-Policy", "same-origin" },
    { "Permissions-Policy",
      "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), hid=(), "
      "microphone=(), midi=(), payment=(), serial=(), usb=(), browsing-topics=()" },
    { "X-Frame-Options", "DENY" },
    { "Cache-Control", "no-cache" },
    { "Vary", "Accept-Encoding" },
};

static char etags[DESK_FILES_MAX][ETAG];

static void etags_make(void)
{
    if (n_desk_files > DESK_FILES_MAX)
        BUG("more files in the page than there is room for");
    for (size_t i = 0; i < n_desk_files; i++) {
        uint8_t sha[HASH_LEN];
        char text[2 * 16 + 1];
        hash_sha256(BYTES(desk_files[i].bytes, desk_files[i].n_bytes), sha);
        hex_print(BYTES(sha, 16), text);
        snprintf(etags[i], ETAG, "W/\"%s\"", text);
    }
}

static void headers_put(struct http_call *call)
{
    for (size_t i = 0; i < COUNT(headers); i++)
        http_reply_header(call, headers[i].name, headers[i].value);
}

/* RFC 9110, 13.1.2: a list of tags, maybe weak, or *. */
static bool has_tag(const char *list, const char *tag)
{
    return list && (strcmp(list, "*") == 0 || strstr(list, tag + 2) != NULL);
}

static enum err reply_file(struct http_call *call, size_t i, struct fail *f)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    const struct desk_file *file = &desk_files[i];
    struct bytes bytes = BYTES(file->bytes, file->n_bytes);
    pthread_once(&once, etags_make);
    if (has_tag(http_header(call, "If-None-Match"), etags[i])) {
        http_reply_static(call, 304, file->type, BYTES(NULL, 0));
    } else if (file->gzip && !gzip_wanted(http_header(call, "Accept-Encoding"))) {
        AUTO(buf_freep) struct buf *plain = buf_new(FILE_MAX);
        TRY(gzip_open(bytes, FILE_MAX, plain, f));
        http_reply_take(call, 200, file->type, &plain);
    } else {
        http_reply_static(call, 200, file->type, bytes);
        if (file->gzip)
            http_reply_header(call, "Content-Encoding", "gzip");
    }
    headers_put(call);
    http_reply_header(call, "ETag", etags[i]);
    return OK;
}

static size_t find(const char *path)
{
    size_t i = 0;
    while (i < n_desk_files && strcmp(desk_files[i].path, path) != 0)
        i++;
    return i;
}

bool desk_has_page(void)
{
    return find("/index.html") < n_desk_files;
}

static enum err serve_page(struct http_call *call, struct fail *f)
{
    static const char how[] =
        "This program was built without the desk, its web page.\n"
        "To build it in: install npm, run script/build again, and start the node again.\n"
        "Everything else works: orcon help\n";
    size_t i = find("/index.html");
    if (i < n_desk_files)
        return reply_file(call, i, f);
    http_reply_static(call, 501, "text/plain; charset=utf-8", bytes_str(how));
    headers_put(call);
    return OK;
}

static enum err serve_file(struct http_call *call, struct fail *f)
{
    size_t i = find(call->route->path);
    return i < n_desk_files ? reply_file(call, i, f) : fail_set(f, E_NOT_FOUND, "no such resource");
}

size_t desk_rows(struct http_route *out)
{
    size_t n = 0;
    for (size_t i = 0; i < COUNT(pages); i++)
        out[n++] = (struct http_route){ .method = "GET", .path = pages[i], .run = serve_page };
    for (size_t i = 0; i < n_desk_files && i < DESK_FILES_MAX; i++)
        out[n++] = (struct http_route){ .method = "GET", .path = desk_files[i].path, .run = serve_file };
    return n;
}

void desk_answer(struct http_call *call, const char *domain, const char *url, bool local)
{
    AUTO(json_freep) json_t *v = json_object();
    json_set_str(v, "domain", domain);
    json_set_str(v, "url", url);
    json_set_str(v, "version", ORCON_VERSION);
    json_set_bool(v, "page", desk_has_page());
    json_set_bool(v, "local", local);
    http_reply_json(call, 200, v);
}
