/* SPDX-License-Identifier: Apache-2.0 - paths, patterns and queries: one reading, or none */
#include "base/mem.h"
#include "http/path.h"
#include "tap.h"

static const struct {
    const char *raw, *want; /* segments joined by '|'; NULL: refused */
} paths[] = {
    { "/", "" },
    { "/v1", "v1" },
    { "/v1/reports/7k3q", "v1|reports|7k3q" },
    { "/a%20b/c", "a b|c" },
    { "/caf%C3%A9", "caf\xc3\xa9" },
    { "/amy@alder.example", "amy@alder.example" },
    { "/a:b;c=d,e!$&'()*~", "a:b;c=d,e!$&'()*~" },
    { "/%41%7a", "Az" },
    { "/%252f", "%2f" }, /* decoded once */
    { "/+", "+" },
    { "/...", "..." },
    { "/.hidden", ".hidden" },
    { "", NULL },
    { "v1", NULL },
    { "*", NULL },
    { "https://alder.example/v1", NULL },
    { "//", NULL },
    { "//v1", NULL },
    { "/v1/", NULL },
    { "/v1//x", NULL },
    { "/.", NULL },
    { "/..", NULL },
    { "/v1/../x", NULL },
    { "/v1/%2e%2E/x", NULL },
    { "/v1/%2e", NULL },
    { "/a%2fb", NULL },
    { "/a%2Fb", NULL },
    { "/a%5cb", NULL },
    { "/a\\b", NULL },
    { "/a%00", NULL },
    { "/%00", NULL },
    { "/a%0ab", NULL },
    { "/a%7f", NULL },
    { "/a%C2%85", NULL }, /* NEL */
    { "/a%", NULL },
    { "/a%4", NULL },
    { "/a%g0", NULL },
    { "/a%0g", NULL },
    { "/a%4/1", NULL },
    { "/%C3", NULL },
    { "/%C0%AF", NULL }, /* an overlong '/' */
    { "/%ED%A0%80", NULL },
    { "/a b", NULL },
    { "/caf\xc3\xa9", NULL },
    { "/a?b", NULL },
    { "/a#b", NULL },
    { "/a{b}", NULL },
    { "/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16", "1|2|3|4|5|6|7|8|9|10|11|12|13|14|15|16" },
    { "/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17", NULL },
};

static void test_paths(void)
{
    for (size_t i = 0; i < COUNT(paths); i++) {
        struct path p;
        struct buf got;
        buf_init(&got, 1000);
        bool good = path_read(paths[i].raw, &p);
        for (size_t j = 0; good && j < p.count; j++)
            buf_printf(&got, "%s%s", j ? "|" : "", p.segment[j]);
        AUTO(str_freep) char *name = str_format("path %s", paths[i].raw);
        is_str(good ? buf_text(&got) : NULL, paths[i].want, name);
        buf_clear(&got);
        if (good)
            path_clear(&p);
    }
    AUTO(buf_freep) struct buf *big = buf_new(PATH_TARGET_MAX + 2);
    buf_put_u8(big, '/');
    while (big->len < PATH_TARGET_MAX)
        buf_put_u8(big, 'a');
    struct path p;
    ok(path_read(buf_text(big), &p) && p.count == 1, "the longest path");
    path_clear(&p);
    buf_put_u8(big, 'a');
    ok(!path_read(buf_text(big), &p), "one byte longer");
}

static const struct {
    const char *pattern, *raw, *want; /* values joined by '|'; NULL: no match */
} matches[] = {
    { "/", "/", "" },
    { "/", "/v1", NULL },
    { "/v1", "/", NULL },
    { "/v1", "/v1", "" },
    { "/v1", "/v2", NULL },
    { "/v1", "/v11", NULL },
    { "/v1", "/v1/x", NULL },
    { "/v1/x", "/v1", NULL },
    { "/v1", "/V1", NULL },
    { "/v1", "/%76%31", "" },
    { "/v1/reports/{id}", "/v1/reports/7k3q", "7k3q" },
    { "/v1/reports/{id}", "/v1/reports", NULL },
    { "/v1/reports/{id}", "/v1/reports/7k3q/x", NULL },
    { "/{a}/{b}", "/1/2", "1|2" },
    { "/log/{generation}/{rest...}", "/log/1/tile/0/x001/234", "1|tile/0/x001/234" },
    { "/log/{generation}/{rest...}", "/log/1/checkpoint", "1|checkpoint" },
    { "/log/{generation}/{rest...}", "/log/1", NULL },
    { "/{rest...}", "/", NULL },
    { "/kas.AccessService/Rewrap", "/kas.AccessService/Rewrap", "" },
};

static void test_matches(void)
{
    for (size_t i = 0; i < COUNT(matches); i++) {
        struct path p;
        struct path_params params;
        struct buf got;
        buf_init(&got, 1000);
        AUTO(str_freep) char *name = str_format("%s on %s", matches[i].pattern, matches[i].raw);
        if (!ok(path_read(matches[i].raw, &p), "%s: a path", name))
            continue;
        bool good = path_match(matches[i].pattern, &p, &params);
        for (size_t j = 0; good && j < params.count; j++)
            buf_printf(&got, "%s%s", j ? "|" : "", params.item[j].value);
        is_str(good ? buf_text(&got) : NULL, matches[i].want, name);
        buf_clear(&got);
        path_params_clear(&params);
        path_clear(&p);
    }
    struct path p;
    struct path_params params;
    bool good = path_read("/log/7/x", &p) && path_match("/log/{generation}/{rest...}", &p, &params);
    if (ok(good, "for names")) {
        is_str(path_param(&params, "generation"), "7", "by name");
        is_str(path_param(&params, "rest"), "x", "the rest by name");
        is_str(path_param(&params, "gen"), NULL, "no such name");
        path_params_clear(&params);
    }
    path_clear(&p);
}

static const struct {
    const char *pattern;
    bool good;
} patterns[] = {
    { "/", true },
    { "/v1/{id}", true },
    { "/{rest...}", true },
    { "/a.b-c~d_E9", true },
    { "", false },
    { "v1", false },
    { "/v1/", false },
    { "//", false },
    { "/{}", false },
    { "/{...}", false },
    { "/{a b}", false },
    { "/{rest...}/x", false },
    { "/{a", false },
    { "/x{a}", false },
    { "/a%20", false },
    { "/a b", false },
    { "/{a}/{b}/{c}/{d}/{e}/{f}", true },
    { "/{a}/{b}/{c}/{d}/{e}/{f}/{g}", false },
};

static const struct {
    const char *raw, *want; /* name:value joined by '|'; NULL: refused */
} queries[] = {
    { "", "" },
    { "a=1", "a:1" },
    { "a=1&b=two+words&c=%2B30s", "a:1|b:two words|c:+30s" },
    { "a", "a:" },
    { "a=", "a:" },
    { "a=b=c", "a:b=c" },
    { "%61=%62", "a:b" },
    { "a=%0D%0A%09", "a:\r\n\t" },
    { "x=caf%C3%A9", "x:caf\xc3\xa9" },
    { "a=%26&b=%3D", "a:&|b:=" },
    { "a=/?#", "a:/?#" },
    { "&", NULL },
    { "a=1&", NULL },
    { "&a=1", NULL },
    { "a=1&&b=2", NULL },
    { "=1", NULL },
    { "a=1&a=1", NULL },
    { "a=1&%61=2", NULL },
    { "a=1&b=2&a", NULL },
    { "a=%", NULL },
    { "a=%1", NULL },
    { "a=%zz", NULL },
    { "%=a", NULL },
    { "a=%00", NULL },
    { "a=%01", NULL },
    { "a=%7F", NULL },
    { "a%0A=1", NULL },
    { "a=%FF", NULL },
};

static void test_queries(void)
{
    for (size_t i = 0; i < COUNT(queries); i++) {
        struct query q;
        struct buf got;
        buf_init(&got, 1000);
        bool good = query_read(bytes_str(queries[i].raw), &q);
        for (size_t j = 0; good && j < q.count; j++)
            buf_printf(&got, "%s%s:%s", j ? "|" : "", q.item[j].name, q.item[j].value);
        AUTO(str_freep) char *name = str_format("query %s", queries[i].raw);
        is_str(good ? buf_text(&got) : NULL, queries[i].want, name);
        buf_clear(&got);
        if (good)
            query_clear(&q);
    }
    struct query q;
    struct buf many;
    buf_init(&many, 10000);
    for (unsigned i = 0; i < QUERY_MAX; i++)
        buf_printf(&many, "%sp%u=%u", i ? "&" : "", i, i);
    if (ok(query_read(bytes_of(&many), &q), "as many parameters as may be")) {
        is_str(query_value(&q, "p31"), "31", "the last of them");
        is_str(query_value(&q, "p"), NULL, "no such parameter");
        query_clear(&q);
    }
    buf_put_str(&many, "&one=more");
    ok(!query_read(bytes_of(&many), &q), "one more");
    buf_reset(&many);
    for (unsigned i = 0; i < QUERY_NAME_MAX + 1; i++)
        buf_put_u8(&many, 'n');
    ok(!query_read(bytes_of(&many), &q), "a name that is too long");
    ok(!query_read(BYTES("a=\0b", 4), &q), "a bare zero byte");
    buf_clear(&many);
}

int main(void)
{
    test_paths();
    test_matches();
    for (size_t i = 0; i < COUNT(patterns); i++)
        ok(path_pattern_valid(patterns[i].pattern) == patterns[i].good, "pattern '%s' is %s",
           patterns[i].pattern, patterns[i].good ? "good" : "refused");
    test_queries();
    return tap_done();
}
