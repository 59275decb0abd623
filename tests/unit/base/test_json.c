/* SPDX-License-Identifier: Apache-2.0 - JSON: one reading only */
#include "base/json.h"
#include "base/mem.h"
#include "tap.h"

int main(void)
{
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
