/* SPDX-License-Identifier: Apache-2.0 - marks as attributes and labels, and back */
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "policy/foreign.h"
#include "policy/label.h"
#include "tap.h"

#define A     "https://alder.example/attr/"
#define NAMES 4

/* ---- attributes to a mark ---- */

static const struct {
    const char *name;
    const char *fqns[NAMES];
    const char *mark; /* NULL: refused */
} rows[] = {
    { "nothing", { NULL }, "TLP:AMBER+STRICT" },
    { "a level", { A "tlp/value/green" }, "TLP:GREEN" },
    { "letter case", { "HTTPS://Alder.Example/attr/TLP/value/Green" }, "TLP:GREEN" },
    { "two levels: the strictest",
      { A "tlp/value/green", A "tlp/value/amber-strict", A "tlp/value/amber" },
      "TLP:AMBER+STRICT" },
    { "compartments, all of them",
      { A "tlp/value/amber", A "compartment/value/source", A "compartment/value/night" },
      "TLP:AMBER//alder.example/NIGHT/alder.example/SOURCE" },
    { "releasable, any of them",
      { A "releasable/value/cedar.example", A "releasable/value/birch.example" },
      "TLP:AMBER+STRICT//REL TO birch.example, cedar.example" },
    { "originator controlled", { A "control/value/orcon", A "tlp/value/amber" }, "TLP:AMBER//ORCON" },
    { "another namespace", { "https://birch.example/attr/tlp/value/green" }, NULL },
    { "a longer one", { "https://alder.example.org/attr/tlp/value/green" }, NULL },
    { "http", { "http://alder.example/attr/tlp/value/green" }, NULL },
    { "another definition", { A "class/value/secret" }, NULL },
    { "another value", { A "tlp/value/purple" }, NULL },
    { "no value", { A "tlp/value/" }, NULL },
    { "more after it", { A "tlp/value/green/x" }, NULL },
    { "no definition", { A "tlp" }, NULL },
    { "no organisation", { A "releasable/value/birch" }, NULL },
    { "no compartment", { A "compartment/value/a%2fb" }, NULL },
    { "another control", { A "control/value/noforn" }, NULL },
    { "a good one beside a bad one",
      { A "tlp/value/green", "https://birch.example/attr/tlp/value/green" },
      NULL },
    { "public and walled", { A "tlp/value/clear", A "compartment/value/source" }, NULL },
    { "empty", { "" }, NULL },
};

static void test_rows(void)
{
    for (size_t i = 0; i < COUNT(rows); i++) {
        AUTO(marking_clear) struct marking mark = { 0 };
        struct fail f = { 0 };
        size_t count = 0;
        while (count < NAMES && rows[i].fqns[count])
            count++;
        enum err e = policy_attributes_mark("alder.example", rows[i].fqns, count, &mark, &f);
        if (!rows[i].mark) {
            ok(e == E_REFUSED && f.reason == REASON_UNKNOWN_MARK && !marking_is_set(&mark), "%s: refused: %s",
               rows[i].name, f.what);
            continue;
        }
        AUTO(str_freep) char *text = e == OK ? marking_text(&mark, NULL) : NULL;
        is_str(text, rows[i].mark, rows[i].name);
    }
}

static void test_long(void)
{
    AUTO(marking_clear) struct marking mark = { 0 };
    char fqn[POLICY_FQN_MAX + 100] = A "releasable/value/";
    const char *list[] = { fqn };
    memset(fqn + strlen(fqn), 'a', sizeof fqn - strlen(fqn) - 1);
    ok(policy_attributes_mark("alder.example", list, 1, &mark, NULL) == E_REFUSED, "a very long one");
}

/* ---- and back ---- */

static void test_back(void)
{
    static const struct {
        const char *mark, *attributes;
    } back[] = {
        { "TLP:AMBER//alder.example/SOURCE//ORCON//REL TO birch.example",
          A "tlp/value/amber\n" A "compartment/value/source\n" A "control/value/orcon\n" A
            "releasable/value/birch.example\n" },
        { "TLP:CLEAR", A "tlp/value/clear\n" },
        { "TLP:AMBER//HIDDEN", NULL },
        { "TLP:GREEN//TEARLINE", NULL },
        { "TLP:AMBER//REL TO NONE", NULL },
        { "TLP:AMBER//birch.example/SOURCE", NULL },
    };
    for (size_t i = 0; i < COUNT(back); i++) {
        AUTO(marking_clear) struct marking mark = { 0 };
        AUTO(buf_freep) struct buf *out = buf_new(4096);
        struct fail f = { 0 };
        ok(marking_read(back[i].mark, &mark, &f) == OK, "a mark: %s", f.what);
        enum err e = policy_mark_attributes(&mark, "alder.example", out, &f);
        if (back[i].attributes)
            is_str(e == OK ? buf_text(out) : f.what, back[i].attributes, back[i].mark);
        else
            ok(e == E_INVALID, "%s: %s", back[i].mark, f.what);
    }
}

/* ---- who is named ---- */

static void test_named(void)
{
    const char *const list[] = { "bob@birch.example", "@cedar.example" };
    ok(policy_named(list, 2, "bob@birch.example"), "by name");
    ok(policy_named(list, 2, "BOB@Birch.example"), "letter case aside");
    ok(policy_named(list, 2, "@cedar.example"), "an organisation");
    ok(!policy_named(list, 2, "@birch.example"), "not his organisation");
    ok(!policy_named(list, 2, "bob@birch.example.org"), "nor one that begins so");
    ok(!policy_named(list, 0, "bob@birch.example"), "by nothing");
}

/* ---- what an object says of itself decides, and never more ---- */

static enum reason decide(const struct policy_object *o, const char *home, bool listed, const char *mark_text)
{
    AUTO(marking_clear) struct marking mark = { 0 };
    AUTO(policy_result_clear) struct policy_result r = { 0 };
    struct policy_input in = {
        .marks = &mark,
        .mark_count = 1,
        .originator = "alder.example",
        .copy_holder = home,
        .release = { .exists = listed },
        .asker = { .home = home, .person = POLICY_ACTIVE, .device = POLICY_ACTIVE, .partner = POLICY_ACTIVE },
        .object = o
    };
    if (mark_text)
        ok(marking_read(mark_text, &mark, NULL) == OK, "a mark");
    policy_read(&in, &r);
    return r.reasons[0].reason;
}

static void test_decide(void)
{
    static const struct {
        const char *name, *home, *mark;
        bool listed;
        struct policy_object o;
        enum err want;
        enum reason reason;
    } cases[] = {
        { "own, marked", "alder.example", "TLP:AMBER", false, { 0 }, OK, REASON_OWN },
        { "a partner who is not listed",
          "birch.example",
          "TLP:AMBER",
          false,
          { 0 },
          E_NOT_RELEASED,
          REASON_NO_RELEASE },
        { "a partner who is",
          "birch.example",
          "TLP:AMBER//REL TO birch.example",
          true,
          { 0 },
          OK,
          REASON_RELEASED },
        { "unmarked",
          "alder.example",
          "TLP:AMBER+STRICT",
          false,
          { .unmarked = true },
          E_REFUSED,
          REASON_UNMARKED },
        { "unmarked, allowed by name",
          "alder.example",
          "TLP:AMBER+STRICT",
          false,
          { .unmarked = true, .allowed = true },
          OK,
          REASON_OWN },
        { "unmarked, a partner's, allowed by name",
          "birch.example",
          "TLP:AMBER+STRICT",
          true,
          { .unmarked = true, .allowed = true },
          E_REFUSED,
          REASON_UNMARKED },
        { "narrowed, not named",
          "alder.example",
          "TLP:AMBER",
          false,
          { .narrowed = true },
          E_NOT_RELEASED,
          REASON_NOT_NAMED },
        { "narrowed, named",
          "alder.example",
          "TLP:AMBER",
          false,
          { .narrowed = true, .named = true },
          OK,
          REASON_OWN },
        { "a mark that can't be judged",
          "alder.example",
          NULL,
          false,
          { .narrowed = true, .named = true },
          E_REFUSED,
          REASON_UNKNOWN_MARK },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        enum reason r = decide(&cases[i].o, cases[i].home, cases[i].listed, cases[i].mark);
        ok(reason_err(r) == cases[i].want && (cases[i].want == OK || r == cases[i].reason), "%s: %s",
           cases[i].name, reason_code(r));
    }
}

/* ---- labels ---- */

static void test_label(void)
{
    AUTO(marking_clear) struct marking mark = { 0 };
    ok(marking_read("TLP:AMBER//alder.example/SOURCE//ORCON//REL TO birch.example", &mark, NULL) == OK,
       "a mark");
    AUTO(json_freep) json_t *label = policy_label(&mark, "2026-11-01T00:00:00Z");
    const json_t *statement = json_object_get(label, "statement");
    is_str(json_string_value(json_object_get(label, "type")), "handling", "a handling assertion");
    is_str(json_string_value(json_object_get(statement, "format")), "json+stanag5636", "its format");
    is_str(json_string_value(json_object_get(statement, "value")),
           "{\"ocl\":{\"pol\":\"TLP\",\"cls\":\"AMBER\",\"catl\":["
           "{\"type\":\"R\",\"name\":\"Compartment\",\"vals\":[\"alder.example/SOURCE\"]},"
           "{\"type\":\"P\",\"name\":\"Releasable To\",\"vals\":[\"birch.example\"]},"
           "{\"type\":\"R\",\"name\":\"Dissemination\",\"vals\":[\"ORCON\"]}],"
           "\"dcr\":\"2026-11-01T00:00:00Z\"},"
           "\"context\":{\"@base\":\"urn:nato:stanag:5636:A:1:elements:json\"}}",
           "its value");
}

int main(void)
{
    test_rows();
    test_long();
    test_back();
    test_named();
    test_decide();
    test_label();
    return tap_done();
}
