/* SPDX-License-Identifier: Apache-2.0
 * A path has one reading: what is decoded, encoded again, reads the same; nothing climbs or splits. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "http/path.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool good)
{
    if (!good)
        abort();
}

static void put_escaped(struct buf *b, const char *s)
{
    for (; *s; s++)
        buf_printf(b, "%%%02x", (unsigned char)*s);
}

static void check_path(const char *raw)
{
    struct path p, again;
    struct path_params params;
    if (!path_read(raw, &p))
        return;
    AUTO(buf_freep) struct buf *b = buf_new(4 * PATH_TARGET_MAX);
    for (size_t i = 0; i < p.count; i++) {
        check(p.segment[i][0] && !strpbrk(p.segment[i], "/\\\r\n") && strcmp(p.segment[i], "..") != 0);
        buf_put_u8(b, '/');
        put_escaped(b, p.segment[i]);
    }
    if (p.count > 0 && b->len <= PATH_TARGET_MAX) {
        check(path_read(buf_text(b), &again) && again.count == p.count);
        for (size_t i = 0; i < p.count; i++)
            check(strcmp(again.segment[i], p.segment[i]) == 0);
        path_clear(&again);
    }
    if (path_match("/log/{generation}/{rest...}", &p, &params)) {
        check(p.count > 2 && params.count == 2 && strcmp(params.item[0].value, p.segment[1]) == 0);
        path_params_clear(&params);
    }
    path_clear(&p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(mem_freep) char *text = mem_dup(data, size);
    struct query q;
    struct path_params params;
    struct path p;

    check_path(text);
    if (query_read(BYTES(data, size), &q)) {
        for (size_t i = 0; i < q.count; i++)
            check(q.item[i].name[0] && query_value(&q, q.item[i].name) == q.item[i].value);
        query_clear(&q);
    }
    if (path_pattern_valid(text) && path_read("/a/b/c", &p)) {
        if (path_match(text, &p, &params))
            path_params_clear(&params);
        path_clear(&p);
    }
    return 0;
}
