/* SPDX-License-Identifier: Apache-2.0 - who may cite what is held from others, and where a report that cites may go */
#include "policy/derive.h"
#include "tap.h"

#include "base/mem.h"

static const struct {
    const char *name;
    struct policy_citing citing;
    enum reason want;
} cites[] = {
    { "nothing is known", { 0 }, REASON_NOT_YOURS },
    { "held and briefed", { .known = true, .given = true, .briefed = true }, REASON_RELEASED },
    { "his own organisation's",
      { .own = true, .known = true, .given = true, .briefed = true },
      REASON_CITES_OWN },
    { "hidden from him", { .given = true, .briefed = true }, REASON_NOT_YOURS },
    { "hidden from him, and recalled", { .given = true, .recalled = true }, REASON_NOT_YOURS },
    { "by an override only", { .known = true, .briefed = true }, REASON_CITES_OVERRIDDEN },
    { "recalled", { .known = true, .given = true, .briefed = true, .recalled = true }, REASON_RECALLED },
    { "not briefed", { .known = true, .given = true }, REASON_NOT_BRIEFED },
    { "public: no briefing is kept", { .known = true, .given = true, .clear = true }, REASON_RELEASED },
    { "public, not held", { .clear = true }, REASON_NOT_YOURS },
};

static const struct {
    const char *name, *mark, *cited;
    bool want;
} inherits[] = {
    { "the same", "TLP:AMBER//ORCON", "TLP:AMBER//ORCON", true },
    { "stricter", "TLP:RED//alder.example/SOURCE//ORCON", "TLP:AMBER", true },
    { "a weaker label", "TLP:GREEN", "TLP:AMBER", false },
    { "without ORCON", "TLP:RED", "TLP:AMBER//ORCON", false },
    { "without the compartment", "TLP:RED", "TLP:RED//alder.example/SOURCE", false },
    { "of another owner", "TLP:RED//birch.example/SOURCE", "TLP:RED//alder.example/SOURCE", false },
    { "not HIDDEN", "TLP:RED", "TLP:RED//HIDDEN", false },
    { "a wider list", "TLP:RED//REL TO a.example, b.example", "TLP:RED//REL TO a.example", false },
    { "a shorter list", "TLP:RED//REL TO a.example", "TLP:RED//REL TO a.example, b.example", true },
    { "no list", "TLP:RED", "TLP:RED//REL TO a.example", false },
    { "a tearline of what is none", "TLP:GREEN//TEARLINE", "TLP:GREEN", false },
    { "a tearline of a tearline", "TLP:GREEN//TEARLINE", "TLP:GREEN//TEARLINE", true },
};

#define FROM .originator = "alder.example", .home = "birch.example"
static const struct {
    const char *name;
    struct policy_source source;
    enum reason want;
} leaves[] = {
    { "nothing is known", { FROM, .to = "cedar.example" }, REASON_NO_RELEASE },
    { "by rule", { FROM, .to = "cedar.example", .rule = REASON_TEARLINE_RULE }, REASON_TEARLINE_RULE },
    { "to be asked for", { FROM, .to = "cedar.example", .rule = REASON_ORCON }, REASON_ORCON },
    { "granted", { FROM, .to = "cedar.example", .rule = REASON_ORCON, .granted = true }, REASON_RELEASED },
    { "granted, and over",
      { FROM, .to = "cedar.example", .rule = REASON_ORCON, .granted = true, .ended = true },
      REASON_RELEASE_ENDED },
    { "granted, and taken back",
      { FROM, .to = "cedar.example", .rule = REASON_ORCON, .granted = true, .withdrawn = true },
      REASON_RECALLED },
    { "granted, and recalled from us",
      { FROM, .to = "cedar.example", .rule = REASON_ORCON, .granted = true, .recalled = true },
      REASON_RECALLED },
    { "by rule, and recalled from us",
      { FROM, .to = "cedar.example", .rule = REASON_TEARLINE_RULE, .recalled = true },
      REASON_RECALLED },
    { "back to its originator", { FROM, .to = "alder.example", .rule = REASON_ORCON }, REASON_OWN },
    { "at home", { FROM, .to = "birch.example", .rule = REASON_ORCON }, REASON_OWN },
    { "at home, recalled", { FROM, .to = "birch.example", .recalled = true }, REASON_RECALLED },
};

int main(void)
{
    for (size_t i = 0; i < COUNT(cites); i++)
        ok(policy_cite(&cites[i].citing) == cites[i].want, "cites: %s", cites[i].name);
    for (size_t i = 0; i < COUNT(inherits); i++) {
        AUTO(marking_clear) struct marking mark = { 0 };
        AUTO(marking_clear) struct marking cited = { 0 };
        bool read = marking_read(inherits[i].mark, &mark, NULL) == OK &&
                    marking_read(inherits[i].cited, &cited, NULL) == OK;
        ok(read && policy_inherits(&mark, &cited) == inherits[i].want, "inherits: %s", inherits[i].name);
    }
    for (size_t i = 0; i < COUNT(leaves); i++)
        ok(policy_source_leave(&leaves[i].source) == leaves[i].want, "leave: %s", leaves[i].name);
    return tap_done();
}
