/* SPDX-License-Identifier: Apache-2.0 - standing terms: what is one, what they say, and when they give leave */
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "policy/terms.h"
#include "tap.h"

static json_t *parse(const char *rest)
{
    AUTO(str_freep)
    char *text =
        str_format("{\"rules\":[%s],\"on_silence\":\"deny\",\"answer\":{},\"override\":\"any\"}", rest);
    return json_loads(text, 0, NULL);
}

static void shapes(void)
{
    static const struct {
        const char *text;
        bool good;
    } rows[] = {
        { "{\"rules\":[],\"on_silence\":\"deny\",\"answer\":{},\"override\":\"any\"}", true },
        { "{\"rules\":[],\"on_silence\":\"deny\",\"answer\":{},\"override\":[\"pat@birch.example\"]}", true },
        { "{\"rules\":[],\"on_silence\":\"deny\",\"answer\":{},\"override\":[\"pat\"]}", false },
        { "{\"rules\":[],\"on_silence\":\"deny\",\"answer\":{},\"override\":\"any\",\"more\":1}", false },
        { "{\"rules\":[],\"on_silence\":\"deny\",\"answer\":{},\"override\":\"any\",\"held\":\"deny\","
          "\"oversight\":"
          "\"allow\"}",
          true },
        { "{\"rules\":[],\"on_silence\":\"deny\",\"answer\":{},\"override\":\"any\",\"held\":\"never\"}",
          false },
        { "{\"rules\":[],\"on_silence\":\"deny\",\"answer\":{},\"override\":\"any\",\"oversight\":true}",
          false },
        { "{\"rules\":[],\"on_silence\":\"grant\",\"answer\":{},\"override\":\"any\"}", false },
        { "{\"rules\":[],\"on_silence\":\"grant\",\"answer\":{\"routine\":24,\"priority\":8,\"immediate\":4,"
          "\"flash\":1},"
          "\"override\":\"none\"}",
          true },
        { "{\"rules\":[],\"on_silence\":\"deny\",\"answer\":{\"routine\":0},\"override\":\"any\"}", false },
        { "{\"rules\":[],\"on_silence\":\"deny\",\"answer\":{\"soon\":1},\"override\":\"any\"}", false },
        { "{\"rules\":[{\"what\":\"TLP:AMBER\",\"rule\":\"free\"}],\"on_silence\":\"deny\",\"answer\":{},"
          "\"override\":\"any\"}",
          true },
        { "{\"rules\":[{\"what\":\"TLP:AMBER\",\"rule\":\"free\"},{\"what\":\"TLP:AMBER\",\"rule\":\"ask\"}],"
          "\"on_silence\":\"deny\",\"answer\":{},\"override\":\"any\"}",
          false },
        { "{\"rules\":[{\"what\":\"TLP:RED\",\"rule\":\"free\"}],\"on_silence\":\"deny\",\"answer\":{},"
          "\"override\":\"any\"}",
          false },
        { "{\"rules\":[{\"what\":\"TLP:AMBER//"
          "HIDDEN\",\"rule\":\"free\"}],\"on_silence\":\"deny\",\"answer\":{},"
          "\"override\":\"any\"}",
          false },
        { "{\"rules\":[{\"what\":\"TLP:AMBER//a.example/"
          "X\",\"rule\":\"free\"}],\"on_silence\":\"deny\",\"answer\":{},"
          "\"override\":\"any\"}",
          false },
        { "{\"rules\":[{\"what\":\"TLP:AMBER\",\"rule\":\"tell-before\"}],\"on_silence\":\"deny\",\"answer\":"
          "{},"
          "\"override\":\"any\"}",
          false },
        { "{\"rules\":[{\"what\":\"TLP:AMBER\",\"rule\":\"free\",\"hours\":1}],\"on_silence\":\"deny\","
          "\"answer\":{},"
          "\"override\":\"any\"}",
          false },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        AUTO(json_freep) json_t *v = json_loads(rows[i].text, 0, NULL);
        struct fail f = { 0 };
        ok(v && (terms_check(v, &f) == OK) == rows[i].good, "%s: %s", rows[i].text, f.what);
    }
}

#define RULE(what, rule)  "{\"what\":\"" what "\",\"rule\":\"" rule "\"}"
#define TELL(what, hours) "{\"what\":\"" what "\",\"rule\":\"tell-before\",\"hours\":" hours "}"
#define HOURS(n)          ((uint64_t)(n)*3600000)

static void says(void)
{
    static const struct {
        const char *rules, *mark;
        enum terms_rule rule;
        uint32_t hours;
    } rows[] = {
        { "", "TLP:AMBER", TERMS_NONE, 0 },
        { RULE("TLP:AMBER", "free"), "TLP:AMBER", TERMS_FREE, 0 },
        { RULE("TLP:AMBER", "free"), "TLP:AMBER//ORCON", TERMS_NONE, 0 },
        { RULE("TLP:AMBER", "free"), "TLP:AMBER//a.example/X", TERMS_ASK, 0 },
        { RULE("TLP:AMBER", "free") "," RULE("a.example/X", "free"), "TLP:AMBER//a.example/X", TERMS_FREE,
          0 },
        { RULE("TLP:AMBER", "free") "," TELL("a.example/X", "4"), "TLP:AMBER//a.example/X", TERMS_TELL, 4 },
        { TELL("TLP:AMBER", "9") "," TELL("a.example/X", "4"), "TLP:AMBER//a.example/X", TERMS_TELL, 9 },
        { RULE("a.example/X", "free"), "TLP:AMBER//a.example/X", TERMS_NONE, 0 },
        { RULE("TLP:AMBER", "free"), "TLP:AMBER//HIDDEN", TERMS_NONE, 0 },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        AUTO(json_freep) json_t *v = parse(rows[i].rules);
        AUTO(marking_clear) struct marking mark = { 0 };
        struct fail f = { 0 };
        struct terms_say say;
        if (!ok(terms_check(v, &f) == OK && marking_read(rows[i].mark, &mark, &f) == OK, "row: %s", f.what))
            continue;
        terms_say(v, &mark, &say);
        ok(say.rule == rows[i].rule && say.hours == rows[i].hours, "%s under [%s]: %d, %u hours",
           rows[i].mark, rows[i].rules, (int)say.rule, say.hours);
    }
}

static void stricter(void)
{
    static const enum terms_rule order[] = { TERMS_ASK, TERMS_NONE, TERMS_TELL, TERMS_FREE };
    for (size_t a = 0; a < COUNT(order); a++)
        for (size_t b = 0; b < COUNT(order); b++) {
            const struct terms_say x = { order[a], 5, true }, y = { order[b], 7, false };
            struct terms_say out;
            terms_stricter(&x, &y, &out);
            ok(out.rule == order[a < b ? a : b] && !out.silence_grants && (a != b || out.hours == 7),
               "the stricter of %zu and %zu", a, b);
        }
}

static void leaves(void)
{
    static const struct {
        struct terms_say say;
        struct terms_wait wait;
        enum reason leave;
    } rows[] = {
        { { TERMS_FREE, 0, false }, { 0 }, REASON_TERMS_FREE },
        { { TERMS_ASK, 0, true }, { 0 }, REASON_NONE },
        { { TERMS_TELL, 4, false }, { 0 }, REASON_NONE },
        { { TERMS_TELL, 4, false }, { true, 0, HOURS(9), HOURS(4) - 1, 0 }, REASON_NONE },
        { { TERMS_TELL, 4, false }, { true, 0, HOURS(9), HOURS(4), 0 }, REASON_TERMS_TOLD },
        { { TERMS_ASK, 0, false }, { true, 0, HOURS(9), HOURS(9), 8 }, REASON_NONE },
        { { TERMS_ASK, 0, true }, { true, 0, HOURS(9), HOURS(9) - 1, 8 }, REASON_NONE },
        { { TERMS_ASK, 0, true }, { true, 0, HOURS(9), HOURS(9), 8 }, REASON_TERMS_SILENCE },
        { { TERMS_NONE, 0, true }, { true, 0, HOURS(9), HOURS(9), 8 }, REASON_TERMS_SILENCE },
        { { TERMS_NONE, 0, true }, { true, 0, HOURS(7), HOURS(9), 8 }, REASON_NONE }, /* no time to answer */
        { { TERMS_NONE, 0, true }, { true, 0, HOURS(9), HOURS(9), 0 }, REASON_NONE },
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        ok(terms_leave(&rows[i].say, &rows[i].wait) == rows[i].leave, "leave, row %zu", i);
}

/* What no terms let go, whatever they say. */
static void never(void)
{
    static const struct {
        const char *mark;
        enum policy_outcome outcome;
    } rows[] = {
        { "TLP:AMBER//ORCON", POLICY_ALLOW },          { "TLP:AMBER+STRICT", POLICY_ALLOW },
        { "TLP:AMBER//a.example/X", POLICY_ALLOW },    { "TLP:RED", POLICY_ASK },
        { "TLP:AMBER//REL TO b.example", POLICY_ASK },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        AUTO(marking_clear) struct marking mark = { 0 };
        AUTO(policy_result_clear) struct policy_result r = { 0 };
        struct fail f = { 0 };
        if (!ok(marking_read(rows[i].mark, &mark, &f) == OK, "a mark: %s", f.what))
            continue;
        struct policy_input in = {
            .marks = &mark,
            .mark_count = 1,
            .originator = "a.example",
            .release = { .exists = true },
            .asker = { .home = "b.example",
                       .person = POLICY_ACTIVE,
                       .device = POLICY_ACTIVE,
                       .partner = POLICY_ACTIVE,
                       .person_id = "bob@b.example" },
            .onward = { .to = "c.example", .state = POLICY_ACTIVE, .leave = REASON_TERMS_FREE }
        };
        policy_onward(&in, &r);
        ok(r.outcome == rows[i].outcome, "%s, free by terms: %s", rows[i].mark,
           policy_outcome_name(r.outcome));
        policy_result_clear(&r);
        in.onward.state = POLICY_UNCONFIRMED;
        policy_onward(&in, &r);
        ok(r.outcome != POLICY_ALLOW, "not to somebody unconfirmed");
    }
}

/* What is left out, or under no terms at all: keys may be held, and auditors see their own side. */
static void allowed(void)
{
    static const struct {
        const char *text;
        bool held, oversight;
    } rows[] = {
        { "null", true, false },
        { "{}", true, false },
        { "{\"held\":\"allow\",\"oversight\":\"deny\"}", true, false },
        { "{\"held\":\"deny\",\"oversight\":\"allow\"}", false, true },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        AUTO(json_freep) json_t *v = json_loads(rows[i].text, JSON_DECODE_ANY, NULL);
        const json_t *terms = json_is_null(v) ? NULL : v;
        ok(v && terms_may_hold(terms) == rows[i].held && terms_oversight(terms) == rows[i].oversight, "%s",
           rows[i].text);
    }
}

int main(void)
{
    shapes();
    allowed();
    says();
    stricter();
    leaves();
    never();
    return tap_done();
}
