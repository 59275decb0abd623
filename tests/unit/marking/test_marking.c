/* SPDX-License-Identifier: Apache-2.0 - one mark: read, printed, refused, compared */
#include <stdlib.h>

#include "base/mem.h"
#include "marking/marking.h"
#include "tap.h"

static const char *alias(void *ctx, const char *name)
{
    (void)ctx;
    return strcmp(name, "BIRCH") == 0 ? "birch.example" : strcmp(name, "CED") == 0 ? "cedar.example" : NULL;
}

static const struct marking_reader alder = { "alder.example", alias, NULL };

/* text, then as alder sees it, then for the wire */
static const struct {
    const char *text, *own, *wire;
} good[] = {
    { "TLP:CLEAR", "TLP:CLEAR", "TLP:CLEAR" },
    { "TLP:GREEN", "TLP:GREEN", "TLP:GREEN" },
    { "TLP:AMBER", "TLP:AMBER", "TLP:AMBER" },
    { "TLP:AMBER+STRICT", "TLP:AMBER+STRICT", "TLP:AMBER+STRICT" },
    { "TLP:RED", "TLP:RED", "TLP:RED" },
    { "TLP:WHITE", "TLP:CLEAR", "TLP:CLEAR" },
    { "tlp:amber+strict", "TLP:AMBER+STRICT", "TLP:AMBER+STRICT" },
    { " Tlp : Red ", "TLP:RED", "TLP:RED" },
    { "TLP:AMBER//ORCON", "TLP:AMBER//ORCON", "TLP:AMBER//ORCON" },
    { "TLP:GREEN//TEARLINE", "TLP:GREEN//TEARLINE", "TLP:GREEN//TEARLINE" },
    { "TLP:CLEAR//TEARLINE", "TLP:CLEAR//TEARLINE", "TLP:CLEAR//TEARLINE" },
    { "TLP:RED//SOURCE//ORCON", "TLP:RED//SOURCE//ORCON", "TLP:RED//alder.example/SOURCE//ORCON" },
    { "orcon // source // tlp:red", "TLP:RED//SOURCE//ORCON", "TLP:RED//alder.example/SOURCE//ORCON" },
    { "TLP:RED//alder.example/SOURCE", "TLP:RED//SOURCE", "TLP:RED//alder.example/SOURCE" },
    { "TLP:RED//Birch.Example/source", "TLP:RED//birch.example/SOURCE", "TLP:RED//birch.example/SOURCE" },
    { "TLP:RED//SOURCE/birch.example/X/ALPHA", "TLP:RED//ALPHA/SOURCE/birch.example/X",
      "TLP:RED//alder.example/ALPHA/alder.example/SOURCE/birch.example/X" },
    { "TLP:RED//A//B/A", "TLP:RED//A/B", "TLP:RED//alder.example/A/alder.example/B" },
    { "TLP:RED//SI-7", "TLP:RED//SI-7", "TLP:RED//alder.example/SI-7" },
    { "TLP:RED//alder.example/S", "TLP:RED//alder.example/S", "TLP:RED//alder.example/S" },
    { "TLP:AMBER//REL TO birch.example", "TLP:AMBER//REL TO birch.example",
      "TLP:AMBER//REL TO birch.example" },
    { "TLP:AMBER//rel  to ced ,birch", "TLP:AMBER//REL TO BIRCH, CED",
      "TLP:AMBER//REL TO birch.example, cedar.example" },
    { "TLP:AMBER//REL TO BIRCH, birch.example", "TLP:AMBER//REL TO BIRCH",
      "TLP:AMBER//REL TO birch.example" },
    { "TLP:AMBER//REL TO NONE", "TLP:AMBER//REL TO NONE", "TLP:AMBER//REL TO NONE" },
    { "TLP:GREEN//TEARLINE//REL TO birch.example", "TLP:GREEN//TEARLINE//REL TO birch.example",
      "TLP:GREEN//TEARLINE//REL TO birch.example" },
    { "TLP:RED//REL TO BIRCH//ORCON//HIDDEN//SOURCE", "TLP:RED//SOURCE//HIDDEN//ORCON//REL TO BIRCH",
      "TLP:RED//alder.example/SOURCE//HIDDEN//ORCON//REL TO birch.example" },
};

/* text, where it is wrong, words that the error must have */
static const struct {
    const char *text;
    size_t at;
    const char *says;
} bad[] = {
    { "", 0, "empty mark" },
    { "   ", 0, "empty mark" },
    { "TLP", 0, "no TLP label" },
    { "TLP:", 0, "no TLP label" },
    { "TLP:PURPLE", 0, "'TLP:PURPLE' is no TLP label" },
    { "TLP:AMBER STRICT", 0, "no TLP label" },
    { "TLP:RED,", 0, "no TLP label" },
    { "TLP RED", 0, "write TLP:" },
    { "TLP-RED//ORCON", 0, "write TLP:" },
    { "RED", 0, "write TLP:" },
    { "ORCON", 0, "no TLP label" },
    { "RED//TLP:RED", 0, "write TLP:" },
    { "TLP:RED//TLP:GREEN", 9, "two TLP labels" },
    { "TLP:RED//GREEN", 9, "write TLP:" },
    { "TLP:RED//", 9, "empty part" },
    { "TLP:RED////ORCON", 9, "empty part" },
    { "TLP:RED//ORCON//ORCON", 16, "ORCON stands twice" },
    { "TLP:GREEN//TEARLINE//TEARLINE", 21, "TEARLINE stands twice" },
    { "TLP:RED//HIDDEN//HIDDEN", 17, "HIDDEN stands twice" },
    { "TLP:RED//REL TO a.example//REL TO b.example", 27, "REL TO stands twice" },
    { "TLP:RED//SOURCE/ORCON", 16, "joined by //" },
    { "TLP:RED//SOURCE/", 16, "no part of a TLP mark" },
    { "TLP:RED//two words", 9, "no part of a TLP mark" },
    { "TLP:RED//S\xc3\x96URCE", 9, "no part of a TLP mark" },
    { "TLP:RED//-X", 9, "no part of a TLP mark" },
    { "TLP:RED//ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456", 9, "no part of a TLP mark" },
    { "TLP:RED//birch.example", 9, "write domain/NAME" },
    { "TLP:RED//birch..example/X", 9, "no domain" },
    { "TLP:RED//REL", 9, "can't be a compartment" },
    { "TLP:RED//RELEASE", 9, "can't be a compartment" },
    { "TLP:RED//REL TO", 15, "names nobody" },
    { "TLP:RED//REL TO a.example,", 26, "names nobody" },
    { "TLP:RED//REL TO a.example, ABC", 27, "'ABC' in REL TO is an alias that is assigned to nobody" },
    { "TLP:RED//REL TO a.example, NONE", 27, "neither a domain nor an alias" },
    { "TLP:RED//REL TO X", 16, "neither a domain nor an alias" },
    { "TLP:RED//REL TO ABCDEFGHI", 16, "neither a domain nor an alias" },
    { "TLP:RED//REL TO a_b.example", 16, "is no domain" },
    { "TLP:GREEN//TEARLINE//SOURCE", 0, "TEARLINE never carries a compartment" },
    { "TLP:GREEN//TEARLINE//ORCON", 0, "TEARLINE and ORCON" },
    { "TLP:GREEN//TEARLINE//HIDDEN", 0, "TEARLINE and HIDDEN" },
    { "TLP:CLEAR//ORCON", 0, "TLP:CLEAR is public" },
    { "TLP:CLEAR//SOURCE", 0, "TLP:CLEAR is public" },
    { "TLP:CLEAR//HIDDEN", 0, "TLP:CLEAR is public" },
    { "TLP:WHITE//REL TO a.example", 0, "TLP:CLEAR is public" },
    { "VERY//ODD", 0, "unknown mark 'VERY//ODD'" },
    { "\x1b[31m", 0, "unknown mark '?[31m'" },
};

/* recognised, and refused by the name of the system */
static const struct {
    const char *text;
    size_t at;
    const char *says;
} foreign[] = {
    { "S", 0, "US marks" },
    { "U//FOUO", 0, "US marks" },
    { "S//SOURCE//OC/REL TO USA, GBR", 0, "US marks" },
    { "TOP SECRET//SI//NOFORN", 0, "US marks" },
    { "C//NF", 0, "US marks" },
    { "S//ORCON//REL TO USA, GBR", 0, "US marks" },
    { "//GBR S", 0, "US marks" },
    { "//JOINT S CAN USA", 2, "US marks" },
    { "SOURCE//OC/NF", 8, "US marks" },
    { "TLP:RED//NF", 9, "US marks" },
    { "TLP:RED//NOFORN", 9, "US marks" },
    { "TLP:RED//SOURCE//PROPIN", 17, "US marks" },
    { "TLP:RED//SOURCE/S", 16, "US marks" },
    { "TLP:RED//DISPLAY ONLY GBR", 9, "US marks" },
    { "NS", 0, "NATO marks" },
    { "COSMIC TOP SECRET", 0, "NATO marks" },
    { "H2", 0, "Europol handling codes" },
    { "TLP:AMBER//H1", 11, "Europol handling codes" },
    { "PAP:RED", 0, "PAP marks" },
    { "TLP:AMBER//PAP:GREEN", 11, "PAP marks" },
    { "TLP:EX:CHR", 0, "Chatham" },
    { "IEP:2.0", 0, "IEP" },
};

/* what is a mark, good or bad, after a parenthesis at the start of a line */
static const struct {
    const char *text;
    bool closed, open;
} claims[] = {
    { "TLP:RED", true, true },
    { "tlp:red", true, true },
    { " TLP : PURPLE", true, true },
    { "TLP RED", true, true },
    { "TLP-AMBER", true, true },
    { "TLP\xef\xbc\x9aRED", true, true },
    { "TLP is a protocol", false, false },
    { "RED", true, false },
    { "red", false, false },
    { "AMBER//ORCON", true, false },
    { "ORCON//TLP:RED", true, false },
    { "S", true, false },
    { "TS", true, false },
    { "U", true, false },
    { "s//nf", true, false },
    { "//GBR S", true, false },
    { "SECRET", true, false },
    { "ANY//THING", true, false },
    { "H2", true, false },
    { "see above", false, false },
    { "c", false, false },
    { "A", false, false },
    { "S is the entropy", false, false },
    { "https://a.example/x", false, false },
    { "see https://a.example", false, false },
    { "and/or", false, false },
    { "NATO", false, false },
    { "", false, false },
};

static void check_good(void)
{
    for (size_t i = 0; i < COUNT(good); i++) {
        AUTO(marking_clear) struct marking m = { 0 }, back = { 0 };
        struct fail f = { 0 };
        if (!ok(marking_parse(bytes_str(good[i].text), &alder, &m, NULL, &f) == OK, "'%s' is read %s",
                good[i].text, f.what))
            continue;
        AUTO(str_freep) char *own = marking_text(&m, "alder.example");
        AUTO(str_freep) char *wire = marking_text(&m, NULL);
        is_str(own, good[i].own, "as its author sees it");
        is_str(wire, good[i].wire, "as it travels");
        ok(marking_read(wire, &back, &f) == OK && marking_compare(&m, &back) == MARKING_EQUAL,
           "what travels is read back as the same %s", f.what);
    }
}

static void check_bad(void)
{
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct marking m = { 0 };
        struct fail f = { 0 };
        size_t at = 999;
        enum err e = marking_parse(bytes_str(bad[i].text), &alder, &m, &at, &f);
        ok(e == E_INVALID && strstr(f.what, bad[i].says) && at == bad[i].at && !marking_is_set(&m),
           "'%s' is refused: at %zu, '%s'", bad[i].text, at, f.what);
    }
    for (size_t i = 0; i < COUNT(foreign); i++) {
        struct marking m = { 0 };
        struct fail f = { 0 };
        size_t at = 999;
        enum err e = marking_parse(bytes_str(foreign[i].text), &alder, &m, &at, &f);
        ok(e == E_INVALID && f.reason == REASON_UNSUPPORTED && strstr(f.what, foreign[i].says) &&
               strstr(f.what, "not supported yet") && at == foreign[i].at && !marking_is_set(&m),
           "'%s' is not supported yet: at %zu, '%s'", foreign[i].text, at, f.what);
    }
}

static void check_edges(void)
{
    AUTO(marking_clear) struct marking m = { 0 }, copy = { 0 };
    struct fail f = { 0 };
    ok(marking_read("TLP:RED//SOURCE", &m, &f) == E_INVALID && strstr(f.what, "write domain/NAME"),
       "a bare compartment has no owner on the wire");
    fail_clear(&f);
    ok(marking_read("TLP:RED//REL TO GBR", &m, &f) == E_INVALID && strstr(f.what, "'GBR'"),
       "an alias says nothing on the wire");
    fail_clear(&f);
    ok(marking_parse(BYTES("TLP:RED\0//X", 11), &alder, &m, NULL, &f) == E_INVALID, "a zero byte");
    fail_clear(&f);
    ok(marking_parse(BYTES("TLP:RED//A\0B", 12), &alder, &m, NULL, &f) == E_INVALID, "one in a compartment");
    fail_clear(&f);

    AUTO(str_freep) char *longest = mem_new(MARKING_TEXT_MAX + 2);
    memset(longest, ' ', MARKING_TEXT_MAX + 1);
    memcpy(longest, "TLP:RED", 7);
    ok(marking_parse(bytes_str(longest), &alder, &m, NULL, &f) == E_TOO_LARGE, "one byte over the limit");
    fail_clear(&f);
    marking_clear(&m);
    ok(marking_parse(BYTES(longest, MARKING_TEXT_MAX), &alder, &m, NULL, &f) == OK, "at the limit");
    marking_clear(&m);

    ok(marking_parse(bytes_str("tlp:white"), &alder, &m, NULL, &f) == OK && m.note &&
           strstr(m.note, "old name"),
       "TLP:WHITE is noted");
    marking_clear(&m);
    ok(marking_parse(bytes_str("TLP:RED//A/B//REL TO BIRCH"), &alder, &m, NULL, &f) == OK, "a mark to copy");
    marking_copy(&m, &copy);
    marking_clear(&m);
    AUTO(str_freep) char *text = marking_text(&copy, "alder.example");
    is_str(text, "TLP:RED//A/B//REL TO BIRCH", "a copy stands alone");
    is_str(marking_system_name(&copy), "TLP", "system");
    ok(marking_has_compartment(&copy, "alder.example/A") &&
           !marking_has_compartment(&copy, "birch.example/A"),
       "compartments by full name");
    ok(marking_listed(&copy, "birch.example") && !marking_listed(&copy, "cedar.example"), "who is listed");
    ok(marking_cleared(&copy, NULL) && marking_cleared(&copy, "") && marking_cleared(&copy, "SECRET") &&
           marking_cleared(&copy, "TLP:RED") && !marking_cleared(&copy, "TLP:AMBER+STRICT"),
       "clearance by label");
}

static void check_names(void)
{
    static const char *const begin[] = { "TLP:RED//N0", "TLP:RED//REL TO n0.example" };
    for (size_t i = 0; i < COUNT(begin); i++) {
        AUTO(buf_freep) struct buf *text = buf_new(MARKING_TEXT_MAX);
        AUTO(marking_clear) struct marking m = { 0 }, more = { 0 };
        struct fail f = { 0 };
        buf_put_str(text, begin[i]);
        for (size_t n = 1; n < MARKING_NAMES_MAX; n++)
            buf_printf(text, i ? ", n%zu.example" : "/N%zu", n);
        ok(marking_parse(bytes_of(text), &alder, &m, NULL, &f) == OK && marking_fits(&m, "it", &f) == OK,
           "the most names %s", f.what);
        buf_put_str(text, i ? ", more.example" : "/MORE");
        ok(marking_parse(bytes_of(text), &alder, &more, NULL, &f) == E_TOO_LARGE, "one more: %s", f.what);
    }
}

static void check_parts(void)
{
    static const struct marking_part want[] = {
        { MARKING_PERSONS, "TLP:RED" },  { MARKING_WALL, "alder.example/A" },
        { MARKING_WALL, "b.example/B" }, { MARKING_UNSEEN, "HIDDEN" },
        { MARKING_ASK, "ORCON" },        { MARKING_LIST, "REL TO" },
    };
    AUTO(marking_clear) struct marking m = { 0 }, tear = { 0 };
    struct marking_part p;
    struct fail f = { 0 };
    ok(marking_read("TLP:RED//alder.example/A/b.example/B//HIDDEN//ORCON//REL TO b.example", &m, &f) == OK,
       "all");
    for (size_t i = 0; i < COUNT(want); i++)
        ok(marking_part(&m, i, &p) && p.rule == want[i].rule && strcmp(p.text, want[i].text) == 0, "part %s",
           want[i].text);
    ok(!marking_part(&m, COUNT(want), &p), "no more");
    ok(marking_read("TLP:GREEN//TEARLINE", &tear, &f) == OK && marking_part(&tear, 0, &p) &&
           p.rule == MARKING_CONFIRMED && !marking_part(&tear, 1, &p),
       "a green tearline is one rule");
}

int main(void)
{
    check_good();
    check_bad();
    for (size_t i = 0; i < COUNT(claims); i++)
        ok(marking_claims(bytes_str(claims[i].text), true) == claims[i].closed &&
               marking_claims(bytes_str(claims[i].text), false) == claims[i].open,
           "'(%s' %s", claims[i].text, claims[i].closed ? "is a mark" : "is text");
    check_edges();
    check_names();
    check_parts();
    return tap_done();
}
