/* SPDX-License-Identifier: Apache-2.0 */
#include "marking/source.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "marking/source_text.h"
#include "marking/word.h"

static struct bytes between(const uint8_t *from, const uint8_t *to)
{
    return BYTES(from, (size_t)(to - from));
}

struct parse {
    const char *name;   /* NULL: a single line from an argument, errors without place */
    struct bytes whole; /* all of it, for places */
    const struct marking_reader *who;
    struct source *out;
    struct source_portion *open; /* the portion being read, NULL before the first */
    const uint8_t *mark, *begin; /* its mark, and where its text begins */
};

/* put_place: ${e} again, with file, line and column of ${where} before what ${f} says */
static enum err put_place(const struct parse *p, const uint8_t *where, enum err e, struct fail *f)
{
    size_t line = 1;
    const uint8_t *start = p->whole.data;
    if (!p->name)
        return e;
    for (const uint8_t *c = start; c < where; c++)
        if (*c == '\n') {
            line++;
            start = c + 1;
        }
    fail_context(f, "%s:%zu:%zu", p->name, line, utf8_count(between(start, where)) + 1);
    return e;
}

static size_t line_of(const struct parse *p, const uint8_t *where, const struct source_portion *before)
{
    size_t line = before ? before->line : 1;
    const uint8_t *from = before ? p->mark : p->whole.data;
    for (const uint8_t *c = from; c < where; c++)
        line += *c == '\n';
    return line;
}

static enum err take_mark(const struct parse *p, struct bytes inside, struct marking *out, struct fail *f)
{
    AUTO(marking_clear) struct marking m = { 0 };
    size_t at = 0;
    enum err e = marking_parse(inside, p->who, &m, &at, f);
    if (e != OK)
        return put_place(p, inside.data + at, e, f);
    *out = m;
    m = (struct marking){ 0 };
    return OK;
}

/* A mark at the start of ${line}, if there is one: ${found}, ${mark}, and ${text} is what follows it */
static enum err find_mark(const struct parse *p, struct bytes line, bool *found, struct marking *mark,
                          struct bytes *text, struct fail *f)
{
    struct bytes inside, after, ignored, more;
    *found = source_text_mark(line, &inside, &after);
    if (!*found)
        return OK;
    if (!after.data)
        return put_place(p, line.data, fail_set(f, E_INVALID, "no ')' closes the mark on its line"), f);
    struct bytes next = word_trim(after);
    if (source_text_mark(next, &ignored, &more))
        return put_place(
            p, next.data,
            fail_set(f, E_INVALID, "a second mark for one portion: write one mark, or \\( for text"), f);
    TRY(take_mark(p, inside, mark, f));
    *text = after.len && after.data[0] == ' ' ? word_after(after, 1) : after;
    return OK;
}

/* A title is the same for all. */
static enum err refuse_constructs(const struct parse *p, struct bytes text, struct fail *f)
{
    struct bytes here;
    switch (source_text_construct(text, text.data, &here)) {
    case SOURCE_CITATION:
        return put_place(
            p, here.data,
            fail_set(f, E_INVALID, "a title cites nothing: cite in a portion; for text, write \\[["), f);
    case SOURCE_VARIANTS:
        return put_place(
            p, here.data,
            fail_why(f, REASON_VARIANT, "a title has no variants: all read the same; for text, write \\{"),
            f);
    case SOURCE_PLAIN:
        break;
    }
    return OK;
}

/* Whether a wording would be taken for a mark, once it stands there alone. */
static bool is_mark(struct bytes wording)
{
    struct bytes inside, after;
    return source_text_mark(wording, &inside, &after) || source_text_stray(wording);
}

/* Marks and citations are the same for all: what only some copies have would go by no rule. */
static bool cites(struct bytes wording)
{
    struct bytes here;
    return source_text_construct(wording, wording.data, &here) == SOURCE_CITATION;
}

/* `{conceal|hide}`: two wordings on one line, which differ, neither a mark, in a portion that is sealed. */
static enum err read_variant(const struct source_portion *o, struct bytes here, struct source_variant *v,
                             struct fail *f)
{
    const uint8_t *bar = memchr(here.data, '|', here.len), *end = here.data + here.len - 1;
    struct bytes first = between(here.data + 1, bar), second = between(bar + 1, end);
    if (o->mark.level == TLP_CLEAR)
        return fail_why(f, REASON_VARIANT, "a TLP:CLEAR portion is the same for all; for text, write \\{");
    if (memchr(second.data, '|', second.len))
        return fail_why(f, REASON_VARIANT, "variants have two wordings: {conceal|hide}");
    if (memchr(here.data, '\n', here.len))
        return fail_why(f, REASON_VARIANT, "variants stand on one line");
    if (first.len > SOURCE_VARIANT_TEXT || second.len > SOURCE_VARIANT_TEXT)
        return fail_why(f, REASON_VARIANT, "a wording of more than %zu bytes", SOURCE_VARIANT_TEXT);
    if (first.len == second.len && memcmp(first.data, second.data, first.len) == 0)
        return fail_why(f, REASON_VARIANT, "both wordings are the same");
    if (is_mark(first) || is_mark(second))
        return fail_why(f, REASON_VARIANT_MARK, "a wording looks like a mark: marks are the same for all");
    if (cites(first) || cites(second))
        return fail_why(f, REASON_VARIANT, "a wording cites nothing: what is cited is the same for all");
    if (o->variant_count == SOURCE_VARIANTS_MAX)
        return fail_why(f, REASON_VARIANT, "more than %zu variants in one portion", SOURCE_VARIANTS_MAX);
    *v = (struct source_variant){ (size_t)(here.data - o->text.data), (uint32_t)first.len,
                                  (uint32_t)second.len };
    return OK;
}

/* The number behind the last slash, as a person writes it. */
static enum err read_cited_number(struct bytes digits, uint32_t *n, struct fail *f)
{
    *n = 0;
    for (size_t i = 0; i < digits.len && *n <= SOURCE_PORTIONS_MAX; i++)
        *n = 10 * *n + (uint32_t)(digits.data[i] - '0');
    if (digits.len == 1 && *n == 0)
        return fail_set(f, E_INVALID, "a title is not cited: cite a portion, such as [[7k3q/1]]");
    if (digits.data[0] == '0' || *n > SOURCE_PORTIONS_MAX)
        return fail_set(f, E_INVALID, "no report has a portion of this number");
    return OK;
}

/* `7k3q/1` or `alder.example/7k3q/1`; the construct has a slash, and digits alone behind the last one. */
static enum err read_citation(struct bytes here, struct source_citation *c, struct fail *f)
{
    struct bytes inside = BYTES(here.data + 2, here.len - 4);
    size_t last = inside.len - 1, first;
    while (inside.data[last] != '/')
        last--;
    for (first = last; first > 0 && inside.data[first - 1] != '/';)
        first--;
    TRY(read_cited_number(word_after(inside, last + 1), &c->n, f));
    struct bytes report = between(inside.data + first, inside.data + last);
    if (report.len >= sizeof c->report || first > sizeof c->originator)
        return fail_set(f, E_INVALID, "a citation is [[REPORT/N]], such as [[7k3q/1]]; for text, write \\[[");
    memcpy(c->report, report.data, report.len);
    memcpy(c->originator, inside.data, first ? first - 1 : 0);
    bool decorated = report.len > 1 && report.data[1] == '-';
    if (!name_is_uuid(c->report) && (decorated || !short_is(c->report)))
        return fail_set(f, E_INVALID,
                        "'%s' is no id of a report, nor a short form of one; for text, write \\[[",
                        c->report);
    if (first && !name_is_domain(c->originator))
        return fail_set(f, E_INVALID, "'%s' is no domain; for text, write \\[[", c->originator);
    return OK;
}

static enum err take_citation(const struct parse *p, struct source_portion *o, struct bytes here,
                              struct fail *f)
{
    struct source_citation c = { .line = line_of(p, here.data, o) };
    enum err e = read_citation(here, &c, f);
    if (e == OK && p->out->citation_count == SOURCE_CITATIONS_MAX)
        e = fail_set(f, E_TOO_LARGE, "more than %zu citations in one report", SOURCE_CITATIONS_MAX);
    if (e != OK)
        return put_place(p, here.data, e, f);
    for (size_t i = 0; i < o->citation_count; i++)
        if (o->citations[i].n == c.n && strcmp(o->citations[i].report, c.report) == 0 &&
            strcmp(o->citations[i].originator, c.originator) == 0)
            return OK;
    o->citations = mem_grow(o->citations, o->citation_count + 1, sizeof *o->citations);
    o->citations[o->citation_count++] = c;
    p->out->citation_count++;
    return OK;
}

static enum err take_constructs(const struct parse *p, struct source_portion *o, struct fail *f)
{
    const uint8_t *from = o->text.data;
    struct bytes here;
    for (;;) {
        struct source_variant v;
        switch (source_text_construct(o->text, from, &here)) {
        case SOURCE_CITATION:
            TRY(take_citation(p, o, here, f));
            from = here.data + here.len;
            continue;
        case SOURCE_PLAIN:
            return OK;
        case SOURCE_VARIANTS:
            break;
        }
        enum err e = read_variant(o, here, &v, f);
        if (e != OK)
            return put_place(p, here.data, e, f);
        o->variants = mem_grow(o->variants, o->variant_count + 1, sizeof *o->variants);
        o->variants[o->variant_count++] = v;
        from = here.data + here.len;
    }
}

/* The text of a portion ends at ${end} */
static enum err close_portion(struct parse *p, const uint8_t *end, struct fail *f)
{
    if (!p->open)
        return OK;
    p->open->text = source_text_trim(between(p->begin, end));
    if (p->open->text.len == 0)
        return put_place(p, p->mark,
                         fail_set(f, E_INVALID, "a portion without text: write some after its mark"), f);
    return take_constructs(p, p->open, f);
}

static enum err open_portion(struct parse *p, struct bytes line, struct bytes text, struct marking *mark,
                             struct fail *f)
{
    struct source *s = p->out;
    if (s->count == SOURCE_PORTIONS_MAX)
        return put_place(p, line.data,
                         fail_set(f, E_TOO_LARGE, "more than %zu portions in one report: share it as several",
                                  SOURCE_PORTIONS_MAX),
                         f);
    size_t at = line_of(p, line.data, p->open);
    if ((s->count & (s->count - 1)) == 0)
        s->portions = mem_grow(s->portions, s->count ? 2 * s->count : 1, sizeof *s->portions);
    p->open = &s->portions[s->count++];
    *p->open = (struct source_portion){ .n = (uint32_t)s->count, .mark = *mark, .line = at };
    *mark = (struct marking){ 0 };
    p->mark = line.data;
    p->begin = text.data;
    return OK;
}

static enum err take_line(struct parse *p, struct bytes line, struct fail *f)
{
    AUTO(marking_clear) struct marking mark = { 0 };
    struct bytes text = { 0 };
    bool found;
    TRY(find_mark(p, line, &found, &mark, &text, f));
    if (found) {
        TRY(close_portion(p, line.data, f));
        return open_portion(p, line, text, &mark, f);
    }
    const uint8_t *stray = source_text_stray(line);
    if (stray)
        return put_place(
            p, stray,
            fail_set(f, E_INVALID,
                     "a mark stands in ( ) at the very start of its line; write \\( if this is text"),
            f);
    if (!p->open && !source_text_blank(line))
        return put_place(
            p, line.data,
            fail_set(f, E_INVALID, "text before the first mark: start it with one, such as (TLP:AMBER)"), f);
    return OK;
}

/* The mark belongs in front: behind the text, or in quotes, it would not be seen */
static bool hides_mark(struct bytes title)
{
    for (size_t i = 0; i + 1 < title.len; i++)
        if ((title.data[i] == '(' || title.data[i] == '[') && marking_claims(word_after(title, i + 1), false))
            return true;
    return false;
}

static struct bytes trim_title(struct bytes v)
{
    while (v.len && v.data[v.len - 1] == '\r')
        v.len--;
    return word_trim(v);
}

static enum err take_title(const struct parse *p, struct bytes value, struct source_title *t, struct fail *f)
{
    AUTO(marking_clear) struct marking mark = { 0 };
    struct bytes text = value;
    bool marked;
    TRY(find_mark(p, value, &marked, &mark, &text, f));
    text = trim_title(text);
    if (text.len == 0)
        return put_place(p, value.data,
                         fail_set(f, E_INVALID, "an empty title: write one, or leave title: out"), f);
    if (text.len > SOURCE_TITLE_MAX)
        return put_place(p, text.data,
                         fail_set(f, E_TOO_LARGE, "a title of more than %zu bytes", SOURCE_TITLE_MAX), f);
    if (!marked && hides_mark(text))
        return put_place(
            p, text.data,
            fail_set(f, E_INVALID,
                     "the mark of a title comes first, without quotes: title: (TLP:GREEN) Some words"),
            f);
    if (mark.hidden)
        return put_place(
            p, value.data,
            fail_set(f, E_INVALID, "a title can't be HIDDEN: whoever gets the report sees that it has one"),
            f);
    TRY(refuse_constructs(p, text, f));
    t->present = true;
    t->marked = marked;
    t->mark = mark;
    t->text = text;
    mark = (struct marking){ 0 };
    return OK;
}

/* The numbers in `source 1,3:`; none: every portion. What comes of them is known once all portions are read. */
static enum err take_numbers(struct parse *p, struct bytes numbers, const struct source_handle *h,
                             struct fail *f)
{
    struct source *s = p->out;
    const uint8_t *at = numbers.data, *end = numbers.data + numbers.len;
    do {
        uint32_t n = 0;
        while (at < end && *at >= '0' && *at <= '9' && n <= SOURCE_PORTIONS_MAX)
            n = 10 * n + (uint32_t)(*at++ - '0');
        if (numbers.len && (n == 0 || (at < end && *at != ',')))
            return put_place(p, at,
                             fail_set(f, E_INVALID, "portions are numbers, such as `source 1,3: HANDLE`"), f);
        if (s->handle_count == SOURCE_HANDLES_MAX)
            return put_place(
                p, at, fail_set(f, E_TOO_LARGE, "more than %zu sources of portions", SOURCE_HANDLES_MAX), f);
        s->handles = mem_grow(s->handles, s->handle_count + 1, sizeof *s->handles);
        struct source_handle *out = &s->handles[s->handle_count++];
        *out = *h;
        out->n = n;
        out->mark = (struct marking){ 0 };
        if (h->marked)
            marking_copy(&h->mark, &out->mark);
    } while (at < end && at++);
    return OK;
}

/* No error shows the handle. */
static enum err take_handle(struct parse *p, struct bytes numbers, struct bytes value, struct fail *f)
{
    struct source_handle h = { 0 };
    struct bytes text = value;
    enum err e = find_mark(p, value, &h.marked, &h.mark, &text, f);
    h.handle = text = trim_title(text);
    if (e == OK && h.marked && h.mark.level == TLP_CLEAR)
        e = put_place(p, value.data, fail_set(f, E_INVALID, "the handle of a source is never TLP:CLEAR"), f);
    if (e == OK && !name_is_handle((const char *)text.data, text.len))
        e = put_place(p, value.data,
                      fail_set(f, E_INVALID,
                               "no handle of a source: letters, digits and - . _, at most %d, without spaces",
                               HANDLE_MAX),
                      f);
    if (e == OK)
        e = take_numbers(p, numbers, &h, f);
    marking_clear(&h.mark);
    return e;
}

static enum err take_front_line(struct parse *p, struct bytes line, struct fail *f)
{
    struct source_title *t = &p->out->title;
    char shown[WORD_SHOW];
    const uint8_t *colon = memchr(line.data, ':', line.len);
    struct bytes key = between(line.data, colon ? colon : line.data);
    if (colon && word_starts(key, "source") && (key.len == 6 || key.data[6] == ' '))
        return take_handle(p, word_trim(word_after(key, 6)), trim_title(word_after(line, key.len + 1)), f);
    if (!colon || key.len != 5 || memcmp(key.data, "title", 5) != 0)
        return put_place(p, line.data,
                         fail_set(f, E_INVALID,
                                  "unknown line '%s' in front matter: it takes title: and source:",
                                  word_show(colon ? key : BYTES("", 0), shown)),
                         f);
    if (t->present)
        return put_place(p, line.data, fail_set(f, E_INVALID, "a second title"), f);
    t->line = line_of(p, line.data, NULL);
    return take_title(p, trim_title(word_after(line, key.len + 1)), t, f);
}

static bool is_fence(struct bytes line)
{
    return line.len >= 3 && memcmp(line.data, "---", 3) == 0 && source_text_blank(word_after(line, 3));
}

static enum err take_front_matter(struct parse *p, struct bytes *rest, struct fail *f)
{
    struct bytes after = *rest, line;
    if (!source_text_line(&after, &line) || !is_fence(line))
        return OK;
    const uint8_t *fence = line.data;
    while (source_text_line(&after, &line)) {
        if (is_fence(line)) {
            *rest = after;
            return OK;
        }
        if (!source_text_blank(line))
            TRY(take_front_line(p, line, f));
    }
    return put_place(p, fence,
                     fail_set(f, E_INVALID, "front matter without an end: close it with a line ---"), f);
}

static enum err roll_up(const struct parse *p, const struct marking *m, struct fail *f)
{
    marking_banner_add(&p->out->banner, m);
    return put_place(p, p->whole.data, marking_fits(&p->out->banner, "the banner of this report", f), f);
}

static enum err finish(const struct parse *p, struct fail *f)
{
    struct source *s = p->out;
    for (size_t i = 0; i < s->handle_count; i++)
        if (s->handles[i].n > s->count)
            return put_place(p, p->whole.data,
                             fail_set(f, E_INVALID, "a source of portion %u: the last one is %zu",
                                      s->handles[i].n, s->count),
                             f);
    for (size_t i = 0; i < s->count; i++)
        TRY(roll_up(p, &s->portions[i].mark, f));
    if (s->title.present && s->title.marked)
        TRY(roll_up(p, &s->title.mark, f));
    else if (s->title.present)
        marking_copy(&s->banner, &s->title.mark);
    return OK;
}

static enum err check_bytes(const struct parse *p, struct fail *f)
{
    struct bytes v = p->whole;
    if (v.len > SOURCE_MAX)
        return fail_set(f, E_TOO_LARGE, "%s: larger than %zu bytes: share it as several reports", p->name,
                        SOURCE_MAX);
    size_t good = utf8_valid(v);
    if (good < v.len)
        return put_place(p, v.data + good, fail_set(f, E_INVALID, "not UTF-8: save the file as UTF-8 text"),
                         f);
    const uint8_t *zero = v.len ? memchr(v.data, '\0', v.len) : NULL;
    if (zero)
        return put_place(p, zero, fail_set(f, E_INVALID, "a zero byte: this is no text"), f);
    return OK;
}

static enum err parse(struct parse *p, struct fail *f)
{
    struct bytes rest = p->whole, line;
    TRY(check_bytes(p, f));
    if (word_starts(rest, "\xef\xbb\xbf"))
        p->whole = rest = word_after(rest, 3);
    if (source_text_trim(rest).len == 0)
        return fail_set(f, E_INVALID, "%s: an empty report: write a mark, such as (TLP:AMBER), and text",
                        p->name);
    TRY(take_front_matter(p, &rest, f));
    while (source_text_line(&rest, &line))
        TRY(take_line(p, line, f));
    TRY(close_portion(p, p->whole.data + p->whole.len, f));
    if (!p->open)
        return fail_set(f, E_INVALID,
                        "%s: a report without a portion: write a mark, such as (TLP:AMBER), and text",
                        p->name);
    return finish(p, f);
}

enum err source_parse(const char *name, struct bytes text, const struct marking_reader *who,
                      struct source *out, struct fail *f)
{
    struct source s = { 0 };
    struct parse p = { .name = name, .whole = text, .who = who, .out = &s };
    enum err e = parse(&p, f);
    if (e == OK)
        *out = s;
    else
        source_clear(&s);
    return e;
}

void source_clear(struct source *s)
{
    for (size_t i = 0; i < s->count; i++) {
        marking_clear(&s->portions[i].mark);
        free(s->portions[i].variants);
        free(s->portions[i].citations);
    }
    for (size_t i = 0; i < s->handle_count; i++)
        marking_clear(&s->handles[i].mark);
    free(s->portions);
    free(s->handles);
    source_title_clear(&s->title);
    marking_clear(&s->banner);
    *s = (struct source){ 0 };
}

enum err source_mark(const char *text, const struct marking_reader *who, struct marking *out, struct fail *f)
{
    const struct parse p = { .who = who };
    struct bytes v = word_trim(bytes_str(text));
    if (v.len >= 2 && v.data[0] == '(' && v.data[v.len - 1] == ')')
        v = BYTES(v.data + 1, v.len - 2);
    return take_mark(&p, v, out, f);
}

enum err source_title(const char *text, const struct marking_reader *who, const struct marking *banner,
                      struct source_title *out, struct fail *f)
{
    const struct parse p = { .who = who };
    struct source_title t = { 0 };
    struct bytes v = bytes_str(text);
    if (utf8_valid(v) < v.len || memchr(v.data, '\n', v.len))
        return fail_set(f, E_INVALID, "a title is one line of UTF-8 text");
    TRY(take_title(&p, word_trim(v), &t, f));
    if (!t.marked)
        marking_copy(banner, &t.mark);
    *out = t;
    return OK;
}

void source_title_clear(struct source_title *t)
{
    marking_clear(&t->mark);
    *t = (struct source_title){ 0 };
}
