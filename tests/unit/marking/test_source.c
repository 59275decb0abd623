/* SPDX-License-Identifier: Apache-2.0 - the report source: what is read, and what is refused, where and why */
#include <stdlib.h>

#include "base/mem.h"
#include "marking/source.h"
#include "tap.h"

static const char *alias(void *ctx, const char *name)
{
    (void)ctx;
    return strcmp(name, "BIRCH") == 0 ? "birch.example" : NULL;
}

static const struct marking_reader alder = { "alder.example", alias, NULL };

static const char sample[] =
    "---\n"
    "title: (TLP:GREEN) Explosive devices in cabin baggage\n"
    "---\n"
    "(TLP:AMBER//ORCON) The group hides explosives in portable computers\n"
    "and knows that the usual screening misses them.\n"
    "\n"
    "(TLP:GREEN//TEARLINE) Take portable computers out of cabin baggage on these routes.\n"
    "\n"
    "(TLP:RED//SOURCE//ORCON) The report comes from one person inside the cell.\n";

/* One portion's worth: text of a file, then mark and text of its only or last portion, its line, and the
 * number of portions */
static const struct {
    const char *name, *file, *mark, *text;
    size_t line, count;
} good[] = {
    { "one line", "(TLP:GREEN) Text.\n", "TLP:GREEN", "Text.", 1, 1 },
    { "no last line break", "(TLP:GREEN) Text.", "TLP:GREEN", "Text.", 1, 1 },
    { "one space is taken", "(TLP:GREEN)   Text.\n", "TLP:GREEN", "  Text.", 1, 1 },
    { "no space", "(TLP:GREEN)Text.\n", "TLP:GREEN", "Text.", 1, 1 },
    { "a tab stays", "(TLP:GREEN)\tText.\n", "TLP:GREEN", "\tText.", 1, 1 },
    { "text on the next line", "(TLP:GREEN)\nText.\n", "TLP:GREEN", "Text.", 1, 1 },
    { "text after blank lines", "(TLP:GREEN) \n\n \t\n    code\n\n\n", "TLP:GREEN", "    code", 1, 1 },
    { "blank lines inside stay", "(TLP:GREEN) a\n\n\nb  \n\n", "TLP:GREEN", "a\n\n\nb  ", 1, 1 },
    { "blank lines before", "\n \n(TLP:GREEN) a\n", "TLP:GREEN", "a", 3, 1 },
    { "CRLF", "\r\n(TLP:GREEN) a\r\nb\r\n\r\n", "TLP:GREEN", "a\r\nb", 2, 1 },
    { "CRLF front matter", "---\r\ntitle: T\r\n---\r\n(TLP:GREEN) a\r\n", "TLP:GREEN", "a", 4, 1 },
    { "byte order mark", "\xef\xbb\xbf(TLP:GREEN) a\n", "TLP:GREEN", "a", 1, 1 },
    { "empty front matter", "---\n\n---\n(TLP:GREEN) a\n", "TLP:GREEN", "a", 4, 1 },
    { "two, no blank line", "(TLP:GREEN) a\n(TLP:RED) b\n", "TLP:RED", "b", 2, 2 },
    { "lower case, loose order", "(orcon // tlp:amber) a\n", "TLP:AMBER//ORCON", "a", 1, 1 },
    { "alias", "(TLP:AMBER//REL TO BIRCH) a\n", "TLP:AMBER//REL TO BIRCH", "a", 1, 1 },
    { "the old name", "(TLP:WHITE) a\n", "TLP:CLEAR", "a", 1, 1 },
    { "other parentheses are text", "(TLP:GREEN) a\n(see above) b\n(1) c\n(c) d\n(", "TLP:GREEN",
      "a\n(see above) b\n(1) c\n(c) d\n(", 1, 1 },
    { "a URL is text", "(TLP:GREEN) a\n(https://a.example/x) b\n", "TLP:GREEN", "a\n(https://a.example/x) b",
      1, 1 },
    { "an escaped mark is text", "(TLP:GREEN) a\n\\(TLP:RED) b\n", "TLP:GREEN", "a\n\\(TLP:RED) b", 1, 1 },
    { "a mark inside a line is text", "(TLP:GREEN) a\nsee (TLP:RED) b\n", "TLP:GREEN", "a\nsee (TLP:RED) b",
      1, 1 },
    { "code in backticks is text", "(TLP:GREEN) a\n`(TLP:RED)` b\n", "TLP:GREEN", "a\n`(TLP:RED)` b", 1, 1 },
    { "rules are text", "(TLP:GREEN) a\n---\nb\n---\n", "TLP:GREEN", "a\n---\nb\n---", 1, 1 },
    { "braces without sides", "(TLP:GREEN) {} {a} {|} {a|} {|a} {a| } { ||x} {a\n\n|b}\n", "TLP:GREEN",
      "{} {a} {|} {a|} {|a} {a| } { ||x} {a\n\n|b}", 1, 1 },
    { "escaped braces", "(TLP:GREEN) \\{a|b} {c\n", "TLP:GREEN", "\\{a|b} {c", 1, 1 },
    { "brackets that cite nothing",
      "(TLP:GREEN) [[wiki]] [[a/b]] [x/1] [[/1]] [[a /1]] \\[[7k3q/1]] [[7k3q/1]\n", "TLP:GREEN",
      "[[wiki]] [[a/b]] [x/1] [[/1]] [[a /1]] \\[[7k3q/1]] [[7k3q/1]", 1, 1 },
    { "not only ASCII", "(TLP:GREEN) \xd0\x94\xd0\xb0 \xe2\x82\xac\n", "TLP:GREEN",
      "\xd0\x94\xd0\xb0 \xe2\x82\xac", 1, 1 },
};

static const struct {
    const char *name, *file, *says; /* "LINE:COLUMN: " and words of the message */
    const char *words;
    enum reason reason;
} bad[] = {
    { "a source of a portion that is not there", "---\nsource 2: heron\n---\n(TLP:RED) a\n",
      "r.md:1:1: ", "a source of portion 2: the last one is 1", REASON_NONE },
    { "a source of portion 0", "---\nsource 0: heron\n---\n(TLP:RED) a\n",
      "r.md:2:9: ", "portions are numbers", REASON_NONE },
    { "sources of nothing more", "---\nsource 1,: heron\n---\n(TLP:RED) a\n",
      "r.md:2:10: ", "portions are numbers", REASON_NONE },
    { "a source of words", "---\nsource one: heron\n---\n(TLP:RED) a\n", "r.md:2:8: ", "portions are numbers",
      REASON_NONE },
    { "a source without a handle", "---\nsource:\n---\n(TLP:RED) a\n", "r.md:2:8: ", "no handle of a source",
      REASON_NONE },
    { "a handle with a blank", "---\nsource: grey heron\n---\n(TLP:RED) a\n",
      "r.md:2:9: ", "no handle of a source", REASON_NONE },
    { "a handle for everybody", "---\nsource: (TLP:CLEAR) heron\n---\n(TLP:RED) a\n",
      "r.md:2:9: ", "never TLP:CLEAR", REASON_NONE },
    { "a source under a mark that is none", "---\nsource: (TLP:PINK) heron\n---\n(TLP:RED) a\n",
      "r.md:2:", "TLP:PINK", REASON_NONE },
    { "sources, misspelt", "---\nsources: heron\n---\n(TLP:RED) a\n",
      "r.md:2:1: ", "unknown line 'sources' in front matter: it takes title: and source:", REASON_NONE },
    { "empty file", "", "r.md: ", "empty report", REASON_NONE },
    { "blank file", " \n\t\r\n\n", "r.md: ", "empty report", REASON_NONE },
    { "byte order mark only", "\xef\xbb\xbf", "r.md: ", "empty report", REASON_NONE },
    { "no mark", "The group hides explosives.\n", "r.md:1:1: ", "text before the first mark", REASON_NONE },
    { "text before the first mark", "\nHello.\n(TLP:RED) a\n", "r.md:2:1: ", "text before the first mark",
      REASON_NONE },
    { "indented text before it", "  Hello.\n(TLP:RED) a\n", "r.md:1:1: ", "text before the first mark",
      REASON_NONE },
    { "a heading before it", "# Title\n\n(TLP:RED) a\n", "r.md:1:1: ", "text before the first mark",
      REASON_NONE },
    { "an aside before it", "(see above)\n(TLP:RED) a\n", "r.md:1:1: ", "text before the first mark",
      REASON_NONE },
    { "front matter only", "---\ntitle: T\n---\n\n", "r.md: ", "without a portion", REASON_NONE },
    { "unknown label", "(TLP:PURPLE) a\n", "r.md:1:2: ", "'TLP:PURPLE' is no TLP label", REASON_NONE },
    { "unknown mark first", "(SECRETISH//X) a\n", "r.md:1:2: ", "unknown mark", REASON_NONE },
    { "unknown mark later", "(TLP:RED) a\n\n(SECRETISH//X) b\n", "r.md:3:2: ", "unknown mark", REASON_NONE },
    { "unknown label later", "(TLP:GREEN) a\n(TLP:BLUE) b\n", "r.md:2:2: ", "no TLP label", REASON_NONE },
    { "unreadable part", "(TLP:RED//S\xc3\x96URCE//x y) a\n", "r.md:1:11: ", "no part of a TLP mark",
      REASON_NONE },
    { "later part, its column", "(TLP:RED//A//x y) a\n", "r.md:1:14: ", "no part of a TLP mark",
      REASON_NONE },
    { "not closed", "(TLP:GREEN) a\n(TLP:RED b\n", "r.md:2:1: ", "no ')' closes", REASON_NONE },
    { "label without TLP", "(TLP:GREEN) a\n(RED) b\n", "r.md:2:2: ", "write TLP:", REASON_NONE },
    { "hyphen for colon", "(TLP:GREEN) a\n(TLP-RED) b\n", "r.md:2:2: ", "write TLP:", REASON_NONE },
    { "wide colon", "(TLP:GREEN) a\n(TLP\xef\xbc\x9aRED) b\n", "r.md:2:2: ", "write TLP:", REASON_NONE },
    { "indented mark", "(TLP:GREEN) a\n  (TLP:RED) b\n", "r.md:2:3: ", "very start of its line",
      REASON_NONE },
    { "indented mark first", "  (TLP:RED) b\n", "r.md:1:3: ", "very start of its line", REASON_NONE },
    { "mark in a list", "(TLP:GREEN) a\n- (TLP:RED) b\n", "r.md:2:3: ", "very start of its line",
      REASON_NONE },
    { "mark in a quote", "(TLP:GREEN) a\n> (TLP:RED) b\n", "r.md:2:3: ", "very start of its line",
      REASON_NONE },
    { "mark in bold", "(TLP:GREEN) a\n**(TLP:RED)** b\n", "r.md:2:3: ", "very start of its line",
      REASON_NONE },
    { "mark behind a blank unseen", "(TLP:GREEN) a\n\xe2\x80\x8b(TLP:RED) b\n",
      "r.md:2:2: ", "very start of its line", REASON_NONE },
    { "mark in brackets", "(TLP:GREEN) a\n[TLP:RED] b\n", "r.md:2:1: ", "very start of its line",
      REASON_NONE },
    { "wide parentheses", "(TLP:GREEN) a\n\xef\xbc\x88TLP:RED\xef\xbc\x89 b\n",
      "r.md:2:1: ", "very start of its line", REASON_NONE },
    { "two marks", "(TLP:GREEN)(TLP:RED) a\n", "r.md:1:12: ", "second mark", REASON_NONE },
    { "two marks, spaced", "(TLP:GREEN)  (S//NF) a\n", "r.md:1:14: ", "second mark", REASON_NONE },
    { "empty portion", "(TLP:GREEN)\n", "r.md:1:1: ", "without text", REASON_NONE },
    { "empty portion between", "(TLP:GREEN) a\n(TLP:RED)\n\n(TLP:RED) b\n", "r.md:2:1: ", "without text",
      REASON_NONE },
    { "empty last portion", "(TLP:GREEN) a\n(TLP:RED) \n \n", "r.md:2:1: ", "without text", REASON_NONE },
    { "tearline with a compartment", "(TLP:GREEN//TEARLINE//SOURCE) a\n",
      "r.md:1:2: ", "TEARLINE never carries", REASON_NONE },
    { "unassigned alias", "(TLP:AMBER//REL TO BIRCH, OAK) a\n", "r.md:1:27: ", "'OAK'", REASON_NONE },
    { "invalid UTF-8", "(TLP:GREEN) a\nb\xc3\xa4\xff c\n", "r.md:2:3: ", "not UTF-8", REASON_NONE },
    { "Latin-1", "(TLP:GREEN) caf\xe9\n", "r.md:1:16: ", "not UTF-8", REASON_NONE },
    { "front matter not closed", "---\ntitle: T\n", "r.md:1:1: ", "close it with a line ---", REASON_NONE },
    { "unknown key", "---\ntitle: T\nauthor: amy\n---\n(TLP:RED) a\n", "r.md:3:1: ", "'author'",
      REASON_NONE },
    { "key in other case", "---\nTitle: T\n---\n(TLP:RED) a\n", "r.md:2:1: ", "'Title'", REASON_NONE },
    { "no key", "---\njust words\n---\n(TLP:RED) a\n",
      "r.md:2:1: ", "it takes title: and source:", REASON_NONE },
    { "comment", "---\n# words\n---\n(TLP:RED) a\n",
      "r.md:2:1: ", "it takes title: and source:", REASON_NONE },
    { "two titles", "---\ntitle: T\ntitle: U\n---\n(TLP:RED) a\n", "r.md:3:1: ", "second title",
      REASON_NONE },
    { "empty title", "---\ntitle:  \n---\n(TLP:RED) a\n", "r.md:2:9: ", "empty title", REASON_NONE },
    { "mark, empty title", "---\ntitle: (TLP:RED)\n---\n(TLP:RED) a\n", "r.md:2:8: ", "empty title",
      REASON_NONE },
    { "title with a bad mark", "---\ntitle: (TLP:PINK) T\n---\n(TLP:RED) a\n", "r.md:2:9: ", "no TLP label",
      REASON_NONE },
    { "title in quotes", "---\ntitle: \"(TLP:RED) T\"\n---\n(TLP:GREEN) a\n", "r.md:2:8: ", "comes first",
      REASON_NONE },
    { "title's mark last", "---\ntitle: T (TLP:RED)\n---\n(TLP:GREEN) a\n", "r.md:2:8: ", "comes first",
      REASON_NONE },
    { "blank line before front matter", "\n---\ntitle: T\n---\n(TLP:GREEN) a\n",
      "r.md:2:1: ", "text before the first mark", REASON_NONE },
    { "US mark", "(S//SOURCE//OC/REL TO USA, GBR) a\n", "r.md:1:2: ", "US marks are not supported yet",
      REASON_UNSUPPORTED },
    { "US mark later", "(TLP:RED) a\n(U) b\n", "r.md:2:2: ", "US marks are not supported yet",
      REASON_UNSUPPORTED },
    { "non-US mark", "(TLP:RED) a\n(//GBR S) b\n", "r.md:2:2: ", "US marks are not supported yet",
      REASON_UNSUPPORTED },
    { "Europol code", "(TLP:RED//H2) a\n", "r.md:1:11: ", "Europol handling codes are not supported yet",
      REASON_UNSUPPORTED },
    { "hidden title", "---\ntitle: (TLP:RED//HIDDEN) t\n---\n(TLP:RED) a\n", "r.md:2:8: ", "can't be HIDDEN",
      REASON_NONE },
    { "citation of a title", "(TLP:RED) a\nsee [[7k3q/0]] there\n", "r.md:2:5: ", "a title is not cited",
      REASON_NONE },
    { "citation of portion 01", "(TLP:RED) [[7k3q/01]]\n", "r.md:1:11: ", "no report has a portion",
      REASON_NONE },
    { "citation of portion 1023", "(TLP:RED) [[7k3q/1023]]\n", "r.md:1:11: ", "no report has a portion",
      REASON_NONE },
    { "citation of a portion beyond numbers", "(TLP:RED) [[7k3q/99999999999999999999]]\n",
      "r.md:1:11: ", "no report has a portion", REASON_NONE },
    { "citation of three letters", "(TLP:RED) [[7k3/1]]\n", "r.md:1:11: ", "no id of a report", REASON_NONE },
    { "citation with letters that no id has", "(TLP:RED) [[7k3u/1]]\n", "r.md:1:11: ", "no id of a report",
      REASON_NONE },
    { "citation of a request", "(TLP:RED) [[q-7k3q/1]]\n", "r.md:1:11: ", "no id of a report", REASON_NONE },
    { "citation of half an id", "(TLP:RED) [[0b5b4a4e-5d5e-4e51/1]]\n", "r.md:1:11: ", "no id of a report",
      REASON_NONE },
    { "citation of what is longer than an id", "(TLP:RED) [[0b5b4a4e-5d5e-4e51-8f0a-1d5c8d1f0a771/1]]\n",
      "r.md:1:11: ", "[[REPORT/N]]", REASON_NONE },
    { "citation from no domain", "(TLP:RED) [[alder/7k3q/1]]\n", "r.md:1:11: ", "'alder' is no domain",
      REASON_NONE },
    { "citation from a path", "(TLP:RED) [[a.example/b/7k3q/1]]\n", "r.md:1:11: ", "is no domain",
      REASON_NONE },
    { "citation from a person", "(TLP:RED) [[amy@alder.example/7k3q/1]]\n", "r.md:1:11: ", "is no domain",
      REASON_NONE },
    { "citation in the title", "---\ntitle: On [[7k3q/1]]\n---\n(TLP:RED) a\n",
      "r.md:2:11: ", "a title cites nothing", REASON_NONE },
    { "citation in a wording", "(TLP:RED) a {b|see [[7k3q/1]]}\n", "r.md:1:13: ", "a wording cites nothing",
      REASON_VARIANT },
    { "variants in a title", "---\ntitle: {a|b}\n---\n(TLP:RED) a\n", "r.md:2:8: ", "same", REASON_VARIANT },
    { "variants in public text", "(TLP:CLEAR) a {b|c}\n", "r.md:1:15: ", "same for all", REASON_VARIANT },
    { "three wordings", "(TLP:RED) they {conceal|hide|bury} it\n", "r.md:1:16: ", "two wordings",
      REASON_VARIANT },
    { "wordings over two lines", "(TLP:RED) they\n\xc3\xa4 {conceal|\nbury} it\n", "r.md:2:3: ", "one line",
      REASON_VARIANT },
    { "wordings alike", "(TLP:RED) a {b|b} c\n", "r.md:1:13: ", "the same", REASON_VARIANT },
    { "three wordings inside braces", "(TLP:RED) {a {b|c|e} d}\n", "r.md:1:14: ", "two wordings",
      REASON_VARIANT },
    { "a wording that is a mark", "(TLP:RED) a\n{(TLP:GREEN) b|c} d\n", "r.md:2:1: ", "looks like a mark",
      REASON_VARIANT_MARK },
    { "a second wording that is a mark", "(TLP:RED) a\n{b|(TLP:RED) c} d\n",
      "r.md:2:1: ", "looks like a mark", REASON_VARIANT_MARK },
    { "variants in a mark", "(TLP:{RED|GREEN}) a\n", "r.md:1:2: ", "TLP", REASON_NONE },
};

static void check_sample(void)
{
    static const struct {
        const char *mark, *text;
        size_t line;
    } want[] = {
        { "TLP:AMBER//ORCON",
          "The group hides explosives in portable computers\nand knows that the usual screening misses them.",
          4 },
        { "TLP:GREEN//TEARLINE", "Take portable computers out of cabin baggage on these routes.", 7 },
        { "TLP:RED//SOURCE//ORCON", "The report comes from one person inside the cell.", 9 },
    };
    AUTO(source_clear) struct source s = { 0 };
    struct fail f = { 0 };
    if (!ok(source_parse("warning.md", bytes_str(sample), &alder, &s, &f) == OK, "the sample is read %s",
            f.what))
        return;
    AUTO(str_freep) char *banner = marking_text(&s.banner, "alder.example");
    AUTO(str_freep) char *title = marking_text(&s.title.mark, "alder.example");
    is_str(banner, "TLP:RED//SOURCE//ORCON", "its banner");
    is_str(title, "TLP:GREEN", "its title's mark");
    ok(s.title.present && s.title.marked && s.title.line == 2 &&
           bytes_equal(s.title.text, bytes_str("Explosive devices in cabin baggage")),
       "its title");
    ok(s.count == COUNT(want), "three portions");
    for (size_t i = 0; i < s.count && i < COUNT(want); i++) {
        AUTO(str_freep) char *mark = marking_text(&s.portions[i].mark, "alder.example");
        is_str(mark, want[i].mark, "mark");
        ok(s.portions[i].n == i + 1 && s.portions[i].line == want[i].line &&
               bytes_equal(s.portions[i].text, bytes_str(want[i].text)),
           "portion %zu", i + 1);
    }
}

static void check_rows(void)
{
    for (size_t i = 0; i < COUNT(good); i++) {
        AUTO(source_clear) struct source s = { 0 };
        struct fail f = { 0 };
        if (!ok(source_parse("r.md", bytes_str(good[i].file), &alder, &s, &f) == OK &&
                    s.count == good[i].count,
                "%s: read %s", good[i].name, f.what))
            continue;
        const struct source_portion *last = &s.portions[s.count - 1];
        AUTO(str_freep) char *mark = marking_text(&last->mark, "alder.example");
        AUTO(str_freep) char *text = mem_dup(last->text.data, last->text.len);
        is_str(mark, good[i].mark, good[i].name);
        is_str(text, good[i].text, good[i].name);
        ok(last->line == good[i].line && last->n == s.count, "%s: line %zu", good[i].name, last->line);
    }
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct source s = { 0 };
        struct fail f = { 0 };
        enum err e = source_parse("r.md", bytes_str(bad[i].file), &alder, &s, &f);
        ok(e == E_INVALID && f.reason == bad[i].reason &&
               strncmp(f.what, bad[i].says, strlen(bad[i].says)) == 0 && strstr(f.what, bad[i].words) &&
               !s.portions,
           "%s is refused: %s", bad[i].name, f.what);
    }
}

/* `{` of each variant, and what is no variant: code, escapes, braces without a bar, an empty side. */
static void check_variants(void)
{
    static const char file[] = "(TLP:RED) They {conceal|hide} it `{in|code}` and \\{so|on}\n"
                               "``{x|y` {z|w}`` {no bar} {|empty} {a {good and|bad or} b} {\xc3\xa4|b}\n";
    static const struct {
        const char *first, *second;
    } want[] = { { "conceal", "hide" }, { "good and", "bad or" }, { "\xc3\xa4", "b" } };
    AUTO(source_clear) struct source s = { 0 };
    struct fail f = { 0 };
    if (!ok(source_parse("r.md", bytes_str(file), &alder, &s, &f) == OK && s.count == 1, "variants %s",
            f.what))
        return;
    const struct source_portion *p = &s.portions[0];
    ok(p->variant_count == COUNT(want), "%zu variants", p->variant_count);
    for (size_t i = 0; i < COUNT(want) && i < p->variant_count; i++) {
        const struct source_variant *v = &p->variants[i];
        const char *at = (const char *)p->text.data + v->at;
        ok(at[0] == '{' && v->first == strlen(want[i].first) && v->second == strlen(want[i].second) &&
               memcmp(at + 1, want[i].first, v->first) == 0 &&
               memcmp(at + 2 + v->first, want[i].second, v->second) == 0,
           "variant %zu is %s or %s", i, want[i].first, want[i].second);
    }
}

/* What each portion cites, as it was written, once; what is escaped or code cites nothing. */
static void check_citations(void)
{
    static const char file[] =
        "(TLP:RED) As in [[7k3q/1]], [[alder.example/4m8x/12]]\nand `[[7k3q/2]]` \\[[7k3q/3]] [[7k3q/1]]\n"
        "{see \\[[7k3q/4]]|see nothing}\n"
        "(TLP:GREEN) None.\n\n"
        "(TLP:GREEN) x\n[[0b5b4a4e-5d5e-4e51-8f0a-1d5c8d1f0a77/1022]]\n";
    static const struct {
        size_t portion;
        const char *originator, *report;
        uint32_t n;
        size_t line;
    } want[] = {
        { 0, "", "7k3q", 1, 1 },
        { 0, "alder.example", "4m8x", 12, 1 },
        { 2, "", "0b5b4a4e-5d5e-4e51-8f0a-1d5c8d1f0a77", 1022, 7 },
    };
    AUTO(source_clear) struct source s = { 0 };
    struct fail f = { 0 };
    size_t seen[3] = { 0 };
    if (!ok(source_parse("r.md", bytes_str(file), &alder, &s, &f) == OK && s.count == 3, "citations %s",
            f.what))
        return;
    ok(s.citation_count == COUNT(want), "%zu citations", s.citation_count);
    for (size_t i = 0; i < COUNT(want); i++) {
        const struct source_portion *p = &s.portions[want[i].portion];
        size_t at = seen[want[i].portion]++;
        const struct source_citation none = { .n = 0 },
                                     *c = at < p->citation_count ? &p->citations[at] : &none;
        ok(strcmp(c->originator, want[i].originator) == 0 && strcmp(c->report, want[i].report) == 0 &&
               c->n == want[i].n && c->line == want[i].line,
           "portion %zu cites %s/%u in line %zu", want[i].portion, c->report, c->n, c->line);
    }
    AUTO(buf_freep) struct buf *many = buf_new(1 << 16);
    buf_put_str(many, "(TLP:RED)");
    for (size_t i = 1; i <= SOURCE_CITATIONS_MAX + 1; i++) {
        AUTO(source_clear) struct source one = { 0 };
        buf_printf(many, " [[7k3q/%zu]]", i);
        if (i < SOURCE_CITATIONS_MAX)
            continue;
        enum err e = source_parse("r.md", bytes_of(many), &alder, &one, &f);
        ok(e == (i == SOURCE_CITATIONS_MAX ? OK : E_TOO_LARGE), "%zu citations: %s", i, f.what);
    }
}

static void check_title(void)
{
    static const struct {
        const char *file, *mark, *text, *banner;
    } rows[] = {
        { "---\ntitle: T\n---\n(TLP:AMBER) a\n(TLP:GREEN//TEARLINE) b\n", "TLP:AMBER", "T", "TLP:AMBER" },
        { "---\ntitle:T: x\n---\n(TLP:GREEN//TEARLINE) a\n", "TLP:GREEN", "T: x", "TLP:GREEN" },
        { "---\ntitle: (TLP:RED) T\n---\n(TLP:GREEN) a\n", "TLP:RED", "T", "TLP:RED" },
        { "---\ntitle: (TLP:GREEN//TEARLINE)  T  \n---\n(TLP:AMBER) a\n", "TLP:GREEN//TEARLINE", "T",
          "TLP:AMBER" },
        { "---\ntitle: About (some) things\n---\n(TLP:AMBER) a\n", "TLP:AMBER", "About (some) things",
          "TLP:AMBER" },
    };
    struct fail f = { 0 };
    for (size_t i = 0; i < COUNT(rows); i++) {
        AUTO(source_clear) struct source s = { 0 };
        if (!ok(source_parse("r.md", bytes_str(rows[i].file), &alder, &s, &f) == OK, "a title is read %s",
                f.what))
            continue;
        AUTO(str_freep) char *mark = marking_text(&s.title.mark, "alder.example");
        AUTO(str_freep) char *banner = marking_text(&s.banner, "alder.example");
        AUTO(str_freep) char *text = mem_dup(s.title.text.data, s.title.text.len);
        is_str(mark, rows[i].mark, "title's mark");
        is_str(banner, rows[i].banner, "banner");
        is_str(text, rows[i].text, "title");
    }
    AUTO(source_clear) struct source none = { 0 };
    ok(source_parse("r.md", bytes_str("(TLP:RED) a"), &alder, &none, &f) == OK && !none.title.present,
       "no title");

    AUTO(source_title_clear) struct source_title t = { 0 };
    ok(source_title(" (TLP:AMBER) Words ", &alder, &none.banner, &t, &f) == OK && t.marked &&
           t.mark.level == TLP_AMBER && bytes_equal(t.text, bytes_str("Words")),
       "a title from an argument");
    source_title_clear(&t);
    ok(source_title("Words", &alder, &none.banner, &t, &f) == OK && !t.marked && t.mark.level == TLP_RED,
       "an unmarked one takes the banner's mark");
    source_title_clear(&t);
    static const char *const refused[] = { "",          " ",     "two\nlines",  "\xff",
                                           "(TLP:RED)", "(S) T", "T (TLP:RED)", "(TLP:RED//HIDDEN) T" };
    for (size_t i = 0; i < COUNT(refused); i++) {
        fail_clear(&f);
        ok(source_title(refused[i], &alder, &none.banner, &t, &f) == E_INVALID && !t.present,
           "title refused: %s", f.what);
    }
}

static void check_mark(void)
{
    static const char *const taken[] = { "TLP:AMBER//ORCON", " (tlp:amber//orcon) " };
    static const char *const refused[] = { "", "()", "(TLP:AMBER", "TLP:AMBER) x", "S//NF", "x" };
    for (size_t i = 0; i < COUNT(taken); i++) {
        AUTO(marking_clear) struct marking m = { 0 };
        struct fail f = { 0 };
        ok(source_mark(taken[i], &alder, &m, &f) == OK && m.level == TLP_AMBER && m.orcon, "'%s' taken",
           taken[i]);
    }
    for (size_t i = 0; i < COUNT(refused); i++) {
        struct marking m = { 0 };
        struct fail f = { 0 };
        ok(source_mark(refused[i], &alder, &m, &f) == E_INVALID && !marking_is_set(&m), "'%s' refused: %s",
           refused[i], f.what);
    }
}

static enum err parse_buf(const struct buf *b, struct fail *f)
{
    AUTO(source_clear) struct source s = { 0 };
    fail_clear(f);
    return source_parse("r.md", bytes_of(b), &alder, &s, f);
}

static void check_limits(void)
{
    struct fail f = { 0 };
    AUTO(buf_freep) struct buf *many = buf_new(SOURCE_MAX);
    for (size_t i = 0; i < SOURCE_PORTIONS_MAX; i++)
        buf_put_str(many, "(TLP:GREEN) a\n");
    ok(parse_buf(many, &f) == OK, "the most portions");
    buf_put_str(many, "(TLP:GREEN) a\n");
    ok(parse_buf(many, &f) == E_TOO_LARGE && strstr(f.what, "r.md:1023:1: more than 1022 portions"),
       "one more: %s", f.what);

    AUTO(buf_freep) struct buf *large = buf_new(SOURCE_MAX + 1);
    buf_put_str(large, "(TLP:GREEN) ");
    uint8_t *at = buf_reserve(large, SOURCE_MAX - large->len);
    memset(at, 'x', SOURCE_MAX - large->len);
    large->len = SOURCE_MAX;
    ok(parse_buf(large, &f) == OK, "the largest file");
    buf_put_u8(large, 'x');
    ok(parse_buf(large, &f) == E_TOO_LARGE && strstr(f.what, "r.md: larger than 16777216 bytes"),
       "one byte more: %s", f.what);

    AUTO(buf_freep) struct buf *title = buf_new(SOURCE_MAX);
    buf_printf(title, "---\ntitle: %01024d\n---\n(TLP:GREEN) a\n", 7);
    ok(parse_buf(title, &f) == OK, "the longest title");
    buf_reset(title);
    buf_printf(title, "---\ntitle: %01025d\n---\n(TLP:GREEN) a\n", 7);
    ok(parse_buf(title, &f) == E_TOO_LARGE, "one byte more: %s", f.what);

    AUTO(buf_freep) struct buf *wide = buf_new(SOURCE_MAX);
    for (int i = 0; i < 1000; i++)
        buf_printf(wide, "(TLP:GREEN//WALL-%024d) a\n", i);
    ok(parse_buf(wide, &f) == E_TOO_LARGE && strstr(f.what, "banner"), "a banner that no mark can hold: %s",
       f.what);

    buf_reset(wide);
    for (int i = 0; i < 257; i++)
        buf_printf(wide, "(TLP:GREEN//W%d) a\n", i);
    ok(parse_buf(wide, &f) == E_TOO_LARGE && strstr(f.what, "more than 256 names"), "one wall too many: %s",
       f.what);

    struct source s = { 0 };
    fail_clear(&f);
    ok(source_parse("r.md", BYTES("(TLP:RED) a\nb\0c", 15), &alder, &s, &f) == E_INVALID &&
           strstr(f.what, "r.md:2:2: a zero byte"),
       "zero byte: %s", f.what);
}

/* Sources: which portion, under which mark, and never text. */
static void check_handles(void)
{
    static const char text[] = "---\n"
                               "source: Heron\n"
                               "source 2,1: (TLP:RED//SOURCE) grey-heron.2\r\n"
                               "---\n"
                               "(TLP:GREEN) a\n"
                               "(TLP:RED) b\n";
    static const struct {
        uint32_t n;
        const char *mark, *handle;
    } want[] = { { 0, NULL, "Heron" },
                 { 2, "TLP:RED//alder.example/SOURCE", "grey-heron.2" },
                 { 1, "TLP:RED//alder.example/SOURCE", "grey-heron.2" } };
    AUTO(source_clear) struct source s = { 0 };
    struct fail f = { 0 };
    if (!ok(source_parse("r.md", bytes_str(text), &alder, &s, &f) == OK && s.handle_count == COUNT(want),
            "sources are read %s", f.what))
        return;
    for (size_t i = 0; i < COUNT(want); i++) {
        const struct source_handle *h = &s.handles[i];
        AUTO(str_freep) char *mark = h->marked ? marking_text(&h->mark, NULL) : str_dup("");
        ok(h->n == want[i].n && bytes_equal(h->handle, bytes_str(want[i].handle)), "source %zu", i);
        is_str(mark, want[i].mark ? want[i].mark : "", "its mark");
    }
    ok(bytes_equal(s.portions[0].text, bytes_str("a")) && bytes_equal(s.portions[1].text, bytes_str("b")),
       "no portion has it in its text");
}

int main(void)
{
    check_sample();
    check_rows();
    check_variants();
    check_citations();
    check_handles();
    check_title();
    check_mark();
    check_limits();
    return tap_done();
}
