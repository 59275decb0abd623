/* SPDX-License-Identifier: Apache-2.0 - STIX bundles as reports: published ones, broken ones, and what marks become */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "cti/stix.h"
#include "tap.h"

#define ID(n)  "identity--6a1c8b52-7c2e-4f0e-9d7e-1b6f3e0a9c" n
#define RED    "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1"
#define GREEN  "marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da"
#define STRICT "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003"
#define OWN    "marking-definition--d81f86b9-975b-4c0b-875e-810c5ad45a4f"
#define TIMES  "\"created\":\"2026-03-02T09:00:00.000Z\",\"modified\":\"2026-03-02T09:00:00.000Z\""
#define O(n, x)                                                                                              \
    "{\"type\":\"identity\",\"spec_version\":\"2.1\",\"id\":\"" ID(n) "\"," TIMES ",\"name\":\"N\"" x "}"
#define MARKED(n, ref) O(n, ",\"object_marking_refs\":[\"" ref "\"]")
#define BUNDLE(x)                                                                                            \
    "{\"type\":\"bundle\",\"id\":\"bundle--0a64b6a3-0f0d-4c55-8a11-3d9f7e1f2b08\",\"objects\":[" x "]}"
#define STATEMENT(x)                                                                                         \
    "{\"type\":\"marking-definition\",\"spec_version\":\"2.1\",\"id\":\"" OWN                                \
    "\",\"created\":\"2017-04-14T13:07:49.812Z\",\"definition_type\":\"statement\",\"definition\":{"         \
    "\"statement\":\"S\"}" x "}"

/* "LABEL:objects" of each portion; or the end of the error. */
static const struct {
    const char *what, *text, *unmarked, *want;
    enum err err;
} rows[] = {
    { "one object without a bundle", MARKED("11", RED), NULL, "TLP:RED:1", OK },
    { "blanks around it", " \n" MARKED("11", RED) "\n", NULL, "TLP:RED:1", OK },
    { "equal marks are one portion", BUNDLE(MARKED("11", RED) "," MARKED("12", GREEN) "," MARKED("13", RED)),
      NULL, "TLP:GREEN:1 TLP:RED:2", OK },
    { "TLP 2.0 that TLP 1.0 lacks", BUNDLE(MARKED("11", STRICT)), NULL, "TLP:AMBER+STRICT:1", OK },
    { "of several the strictest", BUNDLE(O("11", ",\"object_marking_refs\":[\"" RED "\",\"" GREEN "\"]")),
      NULL, "TLP:RED:1", OK },
    { "a granular one tightens all of it",
      BUNDLE(O("11", ",\"object_marking_refs\":[\"" GREEN "\"],\"granular_markings\":[{\"marking_ref\":\"" RED
                     "\",\"selectors\":[\"name\"]}]")),
      NULL, "TLP:RED:1", OK },
    { "and never loosens",
      BUNDLE(O("11", ",\"object_marking_refs\":[\"" RED "\"],\"granular_markings\":[{\"marking_ref\":\"" GREEN
                     "\",\"selectors\":[\"name\"]}]")),
      NULL, "TLP:RED:1", OK },
    { "a language is no mark",
      BUNDLE(O("11", ",\"granular_markings\":[{\"lang\":\"en\",\"selectors\":[\"name\"]}]")),
      "TLP:AMBER//ORCON", "TLP:AMBER//ORCON:1", OK },
    { "an id in capitals, as some tools write it",
      BUNDLE("{\"type\":\"identity\",\"spec_version\":\"2.1\",\"id\":\"identity--6A1C8B52-7C2E-4F0E-9D7E-"
             "1B6F3E0A9C11\"," TIMES ",\"name\":\"N\",\"object_marking_refs\":[\"" RED "\"]}"),
      NULL, "TLP:RED:1", OK },
    { "what is unmarked is refused", BUNDLE(MARKED("11", RED) "," O("12", "")), NULL,
      "object 2 (identity): it has no TLP marking: say with --unmarked MARK what such objects take",
      E_INVALID },
    { "or takes what its author says", BUNDLE(MARKED("11", RED) "," O("12", "")), "TLP:AMBER",
      "TLP:AMBER:1 TLP:RED:1", OK },
    { "a statement is no mark", BUNDLE(STATEMENT("") "," MARKED("11", OWN)), NULL,
      "object 2 (identity): it has no TLP marking: say with --unmarked MARK what such objects take",
      E_INVALID },
    { "it goes along with what refers to it, and only with that",
      BUNDLE(STATEMENT("") "," O("11", ",\"object_marking_refs\":[\"" RED "\",\"" OWN
                                       "\"]") "," MARKED("12", GREEN)),
      NULL, "TLP:GREEN:1 TLP:RED:2", OK },
    { "strings with brackets and quotes",
      BUNDLE(O("11", ",\"x_a\":\"]}\\\"{[\",\"object_marking_refs\":[\"" RED "\"]")), NULL, "TLP:RED:1", OK },
    { "no JSON", "{", NULL, NULL, E_INVALID },
    { "other JSON", "{\"document\":{}}", NULL,
      "no STIX 2.1: 'type' is missing. Other JSON is shared whole, with --mark", E_INVALID },
    { "an empty bundle", BUNDLE(""), NULL, "the bundle has no 'objects'", E_INVALID },
    { "a number for an object", BUNDLE("1"), NULL, "object 1: it is no JSON object", E_INVALID },
    { "a definition that is not there", BUNDLE(MARKED("11", OWN)), NULL,
      "object 1 (identity): a marking refers to a definition that is neither TLP's nor in this file",
      E_INVALID },
    { "a definition that is marked", BUNDLE(STATEMENT(",\"object_marking_refs\":[\"" RED "\"]")), NULL,
      "object 1 (marking-definition): definitions that are marked themselves are not read here", E_INVALID },
    { "one version twice", BUNDLE(MARKED("11", RED) "," MARKED("11", RED)), NULL,
      "object 2 (identity): the same version of the same object is there twice", E_INVALID },
    { "a list spelled with escapes",
      "{\"type\":\"bundle\",\"id\":\"bundle--0a64b6a3-0f0d-4c55-8a11-3d9f7e1f2b08\",\"obj\\u0065cts\":"
      "[" MARKED("11", RED) "]}",
      NULL, "write the member \"objects\" without escapes", E_INVALID },
    { "STIX 2.0", "{\"type\":\"identity\",\"id\":\"" ID("11") "\"," TIMES ",\"name\":\"N\"}", NULL,
      "object 1 (identity): 'spec_version' is not 2.1", E_INVALID },
    { "an index into text",
      BUNDLE(O("11", ",\"granular_markings\":[{\"marking_ref\":\"" RED "\",\"selectors\":[\"name.[0]\"]}]")),
      NULL, "object 1 (identity): selector 'name.[0]' names nothing that the object has", E_INVALID },
};

static size_t occurrences(const char *text, const char *part)
{
    size_t count = 0;
    for (const char *at = text; (at = strstr(at, part)); at++)
        count++;
    return count;
}

static void describe(const struct stix *s, struct buf *out)
{
    for (size_t i = 0; i < s->count; i++) {
        AUTO(str_freep) char *mark = marking_text(&s->portions[i].mark, NULL);
        const char *text = buf_text(s->portions[i].text);
        buf_printf(out, "%s%s:%zu", i ? " " : "", mark, occurrences(text, "\"spec_version\":"));
    }
}

static bool ends(const char *text, const char *end)
{
    size_t len = strlen(text), n = strlen(end);
    return len >= n && strcmp(text + len - n, end) == 0;
}

static enum err read_text(const char *name, struct bytes text, const char *unmarked, struct stix *out,
                          struct fail *f)
{
    AUTO(marking_clear) struct marking mark = { 0 };
    if (unmarked)
        TRY(marking_read(unmarked, &mark, f));
    return stix_read(name, text, unmarked ? &mark : NULL, out, f);
}

/* Which objects are stricter than the mark under which the whole file goes. */
static void note_stricter(void *ctx, const struct stix_strict *one)
{
    struct buf *out = ctx;
    AUTO(str_freep) char *mark = marking_text(one->mark, NULL);
    buf_printf(out, "%s%zu:%s:%.8s:%s", out->len ? " " : "", one->n, one->type, one->id, mark);
}

static void stricter(void)
{
    static const struct {
        const char *what, *text, *mark, *want;
    } cases[] = {
        { "weaker than one of two", BUNDLE(MARKED("11", GREEN) "," MARKED("12", RED)), "TLP:GREEN",
          "2:identity:identity:TLP:RED" },
        { "weaker than both", BUNDLE(MARKED("11", GREEN) "," MARKED("12", STRICT)), "TLP:CLEAR",
          "1:identity:identity:TLP:GREEN 2:identity:identity:TLP:AMBER+STRICT" },
        { "as strict", BUNDLE(MARKED("11", RED)), "TLP:RED", "" },
        { "stricter", MARKED("11", GREEN), "TLP:AMBER//ORCON", "" },
        { "a weaker label, though it asks for leave", MARKED("11", RED), "TLP:AMBER//ORCON",
          "1:identity:identity:TLP:RED" },
        { "a tearline", MARKED("11", GREEN), "TLP:GREEN//TEARLINE", "1:identity:identity:TLP:GREEN" },
        { "a granular one",
          O("11", ",\"granular_markings\":[{\"marking_ref\":\"" RED "\",\"selectors\":[\"name\"]}]"),
          "TLP:AMBER", "1:identity:identity:TLP:RED" },
        { "beside what is broken",
          BUNDLE("1,{\"type\":\"\\u001b[2J\",\"id\":\"\\n\",\"object_marking_refs\":[7,\"x\",\"" RED
                 "\"]}," O("12", ",\"object_marking_refs\":7")),
          "TLP:AMBER", "2:::TLP:RED" },
        { "a definition that is not there", BUNDLE(MARKED("11", OWN)), "TLP:CLEAR", "" },
        { "unmarked", BUNDLE(O("11", "")), "TLP:CLEAR", "" },
        { "other JSON", "{\"document\":{\"object_marking_refs\":[\"" RED "\"]}}", "TLP:CLEAR", "" },
        { "no JSON", "{", "TLP:CLEAR", "" },
        { "text", "a report", "TLP:CLEAR", "" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        AUTO(marking_clear) struct marking mark = { 0 };
        AUTO(buf_freep) struct buf *got = buf_new(1000);
        if (!ok(marking_read(cases[i].mark, &mark, NULL) == OK, "a mark"))
            return;
        stix_stricter(bytes_str(cases[i].text), &mark, note_stricter, got);
        is_str(buf_text(got), cases[i].want, cases[i].what);
    }
}

static void texts(void)
{
    for (size_t i = 0; i < COUNT(rows); i++) {
        AUTO(stix_clear) struct stix s = { 0 };
        AUTO(buf_freep) struct buf *got = buf_new(1000);
        struct fail f = { 0 };
        enum err e = read_text("a.json", bytes_str(rows[i].text), rows[i].unmarked, &s, &f);
        describe(&s, got);
        const char *said = e == OK ? buf_text(got) : f.what;
        ok(e == rows[i].err && (!rows[i].want || ends(said, rows[i].want)) && (e == OK || !s.portions),
           "%s: %s", rows[i].what, said);
        ok(stix_is(bytes_str(rows[i].text)), "%s: meant as one", rows[i].what);
    }
    ok(!stix_is(bytes_str("(TLP:RED) {")) && !stix_is(bytes_str("")), "a report source is none");
}

/* Published ones, and broken ones with the whole error. */
static const struct {
    const char *file, *unmarked, *want, *title;
} files[] = {
    { "stix/using-granular-markings.json", "TLP:AMBER", "TLP:AMBER:1 TLP:RED:3", NULL },
    { "stix/using-marking-definitions.json", "TLP:GREEN", "TLP:GREEN:1 TLP:AMBER:3", NULL },
    { "stix/indicator-for-malicious-url.json", "TLP:GREEN", "TLP:GREEN:3", NULL },
    { "stix/novispy.stix2", "TLP:CLEAR", "TLP:CLEAR:37", NULL },
    { "stix/apt1.json", "TLP:CLEAR", "TLP:CLEAR:76", "APT1: Exposing One of China's Cyber Espionage Units" },
    { "invalid/empty-list.json", NULL,
      "object 1 (identity): 'object_marking_refs' is an empty list, or has one: leave it out", NULL },
    { "invalid/granular-both-lang-and-marking.json", NULL,
      "object 2 (report): a granular marking has exactly one of 'marking_ref' and 'lang'", NULL },
    { "invalid/invalid_identity.json", NULL, "object 1 (identity): 'modified' is missing", NULL },
    { "invalid/invalid_timestamp.json", NULL, "object 1 (identity): 'modified' is before 'created'", NULL },
    { "invalid/marking-ref-is-not-a-marking.json", "TLP:RED",
      "object 2 (report): a marking refers to what is no marking-definition", NULL },
    { "invalid/modified-before-created.json", NULL, "object 1 (identity): 'modified' is before 'created'",
      NULL },
    { "invalid/selector-bad-index.json", NULL,
      "object 2 (report): selector 'labels.[2]' names nothing that the object has", NULL },
    { "invalid/selector-not-present.json", NULL,
      "object 2 (report): selector 'description' names nothing that the object has", NULL },
    { "invalid/timestamp-with-offset.json", NULL,
      "object 1 (identity): 'created' is no time as 2026-03-02T09:00:00.000Z, in UTC", NULL },
    { "invalid/tlp1-wrong-id.json", NULL,
      "object 1 (marking-definition): the TLP label 'amber' has one fixed id, "
      "marking-definition--f88d31f6-486f-44da-b317-01333bde0b82, and this is another",
      NULL },
    { "invalid/using-tlp2.0-green.json", NULL,
      "no STIX 2.1: 'type' is missing. Other JSON is shared whole, with --mark", NULL },
};

static void samples(const char *dir)
{
    for (size_t i = 0; i < COUNT(files); i++) {
        AUTO(stix_clear) struct stix s = { 0 };
        AUTO(buf_freep) struct buf *text = buf_new(1 << 20), *got = buf_new(1000);
        AUTO(str_freep) char *path = str_format("%s/%s", dir, files[i].file);
        struct fail f = { 0 };
        if (!ok(file_read(path, text, &f) == OK, "%s %s", files[i].file, f.what))
            continue;
        AUTO(str_freep) char *error = str_format("%s: %s", files[i].file, files[i].want);
        enum err e = read_text(files[i].file, bytes_of(text), files[i].unmarked, &s, &f);
        describe(&s, got);
        ok(strcmp(e == OK ? buf_text(got) : f.what, e == OK ? files[i].want : error) == 0, "%s: %s",
           files[i].file, e == OK ? buf_text(got) : f.what);
        ok((!s.title && !files[i].title) ||
               (s.title && files[i].title && strcmp(s.title, files[i].title) == 0),
           "%s: its title", files[i].file);
    }
}

int main(int argc, char **argv)
{
    if (argc != 2)
        return 2;
    texts();
    stricter();
    samples(argv[1]);
    return tap_done();
}
