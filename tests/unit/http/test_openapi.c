/* SPDX-License-Identifier: Apache-2.0 - the table of routes and api/openapi.yaml name the same resources, for
 * the same people. The document is hand-written; the lines read here are those of paths, methods and x-needs,
 * by their indentation. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "exchange/auth.h"
#include "http/routes.h"
#include "tap.h"

#define ROWS_MAX 200

struct row {
    char method[8], path[100];
    unsigned needs;
    bool matched;
};
static struct row rows[ROWS_MAX];
static size_t row_count;

/* "reader partners", "anyone": as bits. */
static unsigned read_needs(const char *text)
{
    unsigned needs = 0;
    AUTO(str_freep) char *copy = str_dup(text);
    char *rest = copy;
    for (char *word; (word = strsep(&rest, " "));) {
        unsigned role = 0;
        if (strcmp(word, "partners") == 0)
            needs |= NEEDS_PARTNERS_TOO;
        else if (strcmp(word, "clients") == 0)
            needs |= NEEDS_CLIENTS;
        else if (strcmp(word, "no-guests") == 0)
            needs |= NEEDS_NO_GUEST;
        else if (strcmp(word, "relayed") == 0)
            needs |= NEEDS_RELAYED;
        else if (strcmp(word, "anyone") != 0 &&
                 !ok(auth_roles_read(word, &role, NULL) == OK, "a role: %s", word))
            continue;
        needs |= role;
    }
    return needs;
}

static void read_line(const char *line, char path[static 100])
{
    static const char *const methods[] = { "get", "post", "put", "delete", "patch" };
    size_t len = strlen(line);
    if (strncmp(line, "  /", 3) == 0 && line[len - 1] == ':') {
        snprintf(path, 100, "%.*s", (int)(len - 3), line + 2);
    } else if (strncmp(line, "      x-needs: ", 15) == 0 && row_count) {
        rows[row_count - 1].needs = read_needs(line + 15);
    } else if (strncmp(line, "    ", 4) == 0 && line[4] != ' ' && row_count < ROWS_MAX && *path) {
        for (size_t i = 0; i < COUNT(methods); i++) {
            size_t n = strlen(methods[i]);
            if (strncmp(line + 4, methods[i], n) != 0 || strcmp(line + 4 + n, ":") != 0)
                continue;
            struct row *r = &rows[row_count++];
            snprintf(r->path, sizeof r->path, "%s", path);
            for (size_t k = 0; k <= n; k++)
                r->method[k] = methods[i][k] >= 'a' ? (char)(methods[i][k] - 'a' + 'A') : methods[i][k];
            r->needs = ~0u;
        }
    }
}

static bool read_document(void)
{
    AUTO(buf_freep) struct buf *text = buf_new(1 << 20);
    struct fail f = { 0 };
    char path[100] = "";
    if (!ok(file_read(OPENAPI, text, &f) == OK, "the document is read: %s", f.what))
        return false;
    AUTO(str_freep) char *copy = str_dup(buf_text(text));
    char *rest = copy;
    for (char *line; (line = strsep(&rest, "\n")) && strcmp(line, "components:") != 0;)
        read_line(line, path);
    return ok(row_count > 20, "%zu operations in it", row_count);
}

/* "{rest...}" is "{rest}" there: OpenAPI has no word for several segments. */
static void check_routes(const struct http_route *routes, size_t count, bool again)
{
    for (size_t i = 0; i < count; i++) {
        char path[100];
        snprintf(path, sizeof path, "%s", routes[i].path);
        char *dots = strstr(path, "...");
        if (dots)
            memmove(dots, dots + 3, strlen(dots + 3) + 1);
        size_t k = 0;
        while (k < row_count &&
               (strcmp(rows[k].method, routes[i].method) != 0 || strcmp(rows[k].path, path) != 0))
            k++;
        if (!ok(k < row_count, "%s %s is in the document", routes[i].method, path))
            continue;
        ok(rows[k].needs == routes[i].needs, "%s %s: for whom", routes[i].method, path);
        ok(again || !rows[k].matched, "%s %s: once", routes[i].method, path);
        rows[k].matched = true;
    }
}

int main(void)
{
    size_t count;
    const struct http_route *routes = routes_public(&count);
    if (!read_document())
        return tap_done();
    check_routes(routes, count, false);
    routes = routes_metrics(&count);
    check_routes(routes, count, true); /* health and readiness are on both listeners */
    for (size_t i = 0; i < row_count; i++)
        ok(rows[i].matched, "%s %s is served", rows[i].method, rows[i].path);
    return tap_done();
}
