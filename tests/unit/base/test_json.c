/* SPDX-License-Identifier: Apache-2.0 - JSON: one reading only */
#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "tap.h"

/* Numbers that any two parsers read alike. */
static void whole(void)
{
    static const struct {
        const char *text, *says; /* NULL: taken */
    } rows[] = {
        { "{\"a\":0,\"b\":-1,\"c\":9007199254740992,\"d\":-9007199254740992}", NULL },
        { "{\"a\":[true,false,null,\"1.5\",\"\\\"-0\",{}],\"1.5\":[[]]}", NULL },
        { " [ 1 , 2 ] ", NULL },
        { "{\"a\":1.5}", "it: 'a' is 1.5: " },
        { "{\"a\":1.0}", "it: 'a' is 1.0: " },
        { "{\"a\":1e3}", "it: 'a' is 1e3: " },
        { "{\"a\":1E-3}", "it: 'a' is 1E-3: " },
        { "{\"a\":-0}", "it: 'a' is -0: " },
        { "{\"a\":-0.0}", "it: 'a' is -0.0: " },
        { "{\"a\":9007199254740993}", "it: 'a' is 9007199254740993: " },
        { "{\"a\":-9007199254740993}", "it: 'a' is -9007199254740993: " },
        { "{\"a\":9223372036854775807}", "it: 'a' is 9223372036854775807: " },
        { "[0,1.5]", "it: '[1]' is 1.5: " },
        { "{\"x\":{\"y\" : [ {\"n\":1,\"s\":\",[{\"}, [2 , 3, {\"z\":1,\"b\\\"c\":-0}]]}}",
          "it: 'x.y[1][2].b\\\"c' is -0: " },
        { "{\"x\":{\"y\":1},\"z\":[],\"v\":0.5}", "it: 'v' is 0.5: " },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct fail f = { 0 };
        AUTO(json_freep) json_t *v = NULL;
        ok(json_read(bytes_str(rows[i].text), 1000, "it", &v, &f) == OK, "JSON: %s", rows[i].text);
        enum err e = json_whole(bytes_str(rows[i].text), "it", &f);
        if (!rows[i].says)
            ok(e == OK, "taken: %s %s", rows[i].text, f.what);
        else
            ok(e == E_INVALID && strncmp(f.what, rows[i].says, strlen(rows[i].says)) == 0, "refused: %s",
               f.what);
    }
    AUTO(buf_freep) struct buf *text = buf_new(1000);
    struct fail f = { 0 };
    buf_put_str(text, "{\"");
    for (size_t i = 0; i < 200; i++)
        buf_put_str(text, "\xe2\x82\xac");
    buf_put_str(text, "\":0.1}");
    ok(json_whole(bytes_of(text), "it", &f) == E_INVALID && utf8_valid(bytes_str(f.what)) == strlen(f.what) &&
           strstr(f.what, "0.1"),
       "a long name is cut between characters: %s", f.what);
}

int main(void)
{
    whole();
    static const char *const bad[] = {
        "{\"a\":1,\"a\":2}",
        "{\"a\":1}x",
        "{\"a\":\"\xff\"}",
        "{'a':1}",
        "{\"a\":1,}",
        "{\"a\":\"\\u0000\"}",
        "",
        "[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]",
        "{\"a\":01}",
        "nul",
        "{\"a\":\"\\ud800\"}",
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct fail f = { 0 };
        AUTO(json_freep) json_t *v = NULL;
        ok(json_read(bytes_str(bad[i]), 1000, "it", &v, &f) == E_INVALID && !v, "refused: %s", f.what);
    }
    struct fail f = { 0 };
    AUTO(json_freep) json_t *v = NULL;
    ok(json_read(bytes_str("{\"s\":\"x\",\"n\":7,\"z\":null,\"neg\":-1}"), 1000, "it", &v, &f) == OK,
       "reads");
    const char *s;
    uint64_t n;
    ok(json_need_str(v, "s", "it", &s, &f) == OK && strcmp(s, "x") == 0, "string");
    ok(json_need_u64(v, "n", "it", &n, &f) == OK && n == 7, "number");
    ok(json_may_str(v, "z", "it", &s, &f) == OK && !s, "null is absent");
    ok(json_need_u64(v, "neg", "it", &n, &f) == E_INVALID, "negative: %s", f.what);
    fail_clear(&f);
    ok(json_need_str(v, "gone", "it", &s, &f) == E_INVALID, "missing: %s", f.what);
    fail_clear(&f);
    AUTO(json_freep) json_t *big = NULL;
    ok(json_read(bytes_str("[1,2,3]"), 6, "it", &big, &f) == E_TOO_LARGE, "bounded: %s", f.what);
    AUTO(json_freep) json_t *members = json_pack("{s:s,s:i,s:n}", "text", "yes", "number", 1, "null");
    is_str(json_text_of(members, "text"), "yes", "a member as text");
    is_str(json_text_of(members, "number"), "", "a number is none");
    is_str(json_text_of(members, "null"), "", "nor is null");
    is_str(json_text_of(members, "missing"), "", "nor what is missing");
    is_str(json_text_of(NULL, "text"), "", "nor one of nothing");
    return tap_done();
}
