/* SPDX-License-Identifier: Apache-2.0 */
#include "client/draft.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "crypto/hash.h"
#include "cti/stix.h"
#include "marking/source.h"

#define MIME_SOURCE  "text/markdown"
#define MIME_STIX    "application/stix+json"
#define MIME_TITLE   "text/plain"
#define MIME_DEFAULT "application/octet-stream"
#define UNTITLED     "untitled"

/* What a file is, by its ending: a hint for whoever opens it, nothing more. */
static const struct {
    const char *ending, *mime;
} mimes[] = {
    { ".csv", "text/csv" },          { ".html", "text/html" },         { ".jpg", "image/jpeg" },
    { ".json", "application/json" }, { ".md", "text/plain" },          { ".pdf", "application/pdf" },
    { ".png", "image/png" },         { ".stix2", "application/json" }, { ".txt", "text/plain" },
    { ".xml", "application/xml" },
};

static void clear_sources(struct draft_portion *p)
{
    for (size_t i = 0; i < p->source_count; i++) {
        marking_clear(&p->sources[i].mark);
        wipe(p->sources[i].handle, sizeof p->sources[i].handle);
    }
    mem_freep(&p->sources);
    p->source_count = 0;
}

void draft_clear(struct draft *d)
{
    for (size_t i = 0; i < d->count; i++) {
        marking_clear(&d->portions[i].mark);
        mem_freep(&d->portions[i].mark_text);
        mem_freep(&d->portions[i].variants);
        mem_freep(&d->portions[i].citations);
        clear_sources(&d->portions[i]);
    }
    for (size_t i = 0; i < d->file_count; i++)
        buf_freep(&d->files[i]);
    for (size_t i = 0; i < d->stricter_count && i < DRAFT_STRICTER_MAX; i++) {
        mem_freep(&d->stricter[i].object);
        mem_freep(&d->stricter[i].own);
        mem_freep(&d->stricter[i].given);
    }
    mem_freep(&d->stricter);
    mem_freep(&d->portions);
    mem_freep(&d->files);
    marking_clear(&d->banner);
    marking_clear(&d->seen_banner);
    if (d->title)
        wipe(d->title, strlen(d->title));
    mem_freep(&d->title);
    *d = (struct draft){ 0 };
}

/* Portions ------------------------------------------------------------------------------------------------- */

static enum err add_portion(struct draft *d, const struct marking *mark, struct bytes text, const char *mime,
                            struct fail *f)
{
    if (d->count > SOURCE_PORTIONS_MAX)
        return fail_set(f, E_TOO_LARGE, "more than %zu portions in one report: share it as several",
                        SOURCE_PORTIONS_MAX);
    d->portions = mem_grow(d->portions, d->count + 1, sizeof *d->portions);
    struct draft_portion *p = &d->portions[d->count];
    *p = (struct draft_portion){ .n = (uint32_t)d->count, .text = text, .mime = mime };
    p->pad = strcmp(mime, MIME_SOURCE) == 0 || strcmp(mime, MIME_STIX) == 0;
    d->count++;
    random_uuid(p->id);
    marking_copy(mark, &p->mark);
    p->mark_text = marking_text(mark, NULL);
    p->clear = mark->level == TLP_CLEAR;
    marking_banner_add(&d->banner, mark);
    if (!mark->hidden)
        marking_banner_add(&d->seen_banner, mark);
    return OK;
}

/* The title comes first, but what an unmarked one is marked with is known last. */
static void reserve_title(struct draft *d)
{
    d->portions = mem_grow(NULL, 1, sizeof *d->portions);
    d->portions[0] = (struct draft_portion){ .mime = MIME_TITLE, .pad = true };
    d->count = 1;
    random_uuid(d->portions[0].id);
}

static void set_title(struct draft *d, struct bytes text, const struct marking *mark)
{
    struct draft_portion *t = &d->portions[0];
    if (d->title) { /* the one on the command line instead of the source's */
        wipe(d->title, strlen(d->title));
        mem_freep(&d->title);
        marking_clear(&t->mark);
    }
    d->title = mem_dup(text.data, text.len);
    t->text = BYTES(d->title, text.len);
    if (mark)
        marking_copy(mark, &t->mark);
}

/* A marked title counts for the banner, an unmarked one takes that of what everybody sees who sees it. */
static void settle_title(struct draft *d)
{
    struct draft_portion *t = &d->portions[0];
    if (marking_is_set(&t->mark)) {
        marking_banner_add(&d->banner, &t->mark);
        marking_banner_add(&d->seen_banner, &t->mark);
    } else {
        marking_copy(&d->seen_banner, &t->mark);
    }
    t->mark_text = marking_text(&t->mark, NULL);
    t->clear = t->mark.level == TLP_CLEAR;
}

/* HIDDEN portions come after all that are seen, so that the numbers of those have no gap. */
static enum err settle_order(struct draft *d, struct fail *f)
{
    struct draft_portion *in_order = mem_array(d->count, sizeof *in_order);
    size_t at = 0;
    for (int hidden = 0; hidden < 2; hidden++) {
        for (size_t i = 0; i < d->count; i++)
            if (d->portions[i].mark.hidden == (hidden != 0)) {
                in_order[at] = d->portions[i];
                in_order[at].n = (uint32_t)at;
                at++;
            }
        if (!hidden)
            d->seen = at;
    }
    mem_freep(&d->portions);
    d->portions = in_order;
    return d->seen > 1 ? OK
                       : fail_set(f, E_INVALID,
                                  "every portion is HIDDEN: one at least has to be seen, with the title");
}

/* Files ------------------------------------------------------------------------------------------------------ */

static enum err read_file(struct draft *d, const char *path, struct bytes *text, struct fail *f)
{
    size_t have = 0;
    for (size_t i = 0; i < d->file_count; i++)
        have += d->files[i]->len;
    d->files = mem_grow(d->files, d->file_count + 1, sizeof *d->files);
    struct buf *b = d->files[d->file_count++] = buf_new_secret(DRAFT_MAX - have);
    TRY(file_read(path, b, f));
    *text = bytes_of(b);
    return OK;
}

static const char *mime_of(const char *path)
{
    size_t len = strlen(path);
    for (size_t i = 0; i < COUNT(mimes); i++) {
        size_t n = strlen(mimes[i].ending);
        if (len > n && strcasecmp(path + len - n, mimes[i].ending) == 0)
            return mimes[i].mime;
    }
    return MIME_DEFAULT;
}

static bool is_weaker(const struct marking *mark, const struct marking *than)
{
    enum marking_order order = marking_compare(mark, than);
    return order != MARKING_EQUAL && order != MARKING_STRICTER;
}

/* A mark given by hand may be stricter than what a report source says of its own portions, and not weaker. */
static enum err check_own_marks(const char *path, struct bytes text, const struct marking_reader *who,
                                const struct marking *mark, struct fail *f)
{
    AUTO(source_clear) struct source s = { 0 };
    if (strcmp(mime_of(path), MIME_TITLE) != 0 || source_parse(path, text, who, &s, NULL) != OK)
        return OK; /* a file of another kind, whose bytes are not looked into */
    for (size_t i = 0; i < s.count; i++)
        if (is_weaker(mark, &s.portions[i].mark)) {
            AUTO(str_freep) char *own = marking_text(&s.portions[i].mark, who->domain);
            AUTO(str_freep) char *given = marking_text(mark, who->domain);
            return fail_set(
                f, E_INVALID,
                "%s:%zu: portion %zu is marked %s, and --mark %s is weaker: leave it out, or give a mark "
                "that is as strict",
                path, s.portions[i].line, i + 1, own, given);
        }
    if (s.title.marked && is_weaker(mark, &s.title.mark))
        return fail_set(f, E_INVALID, "%s: --mark is weaker than the mark of the title in it: leave it out",
                        path);
    return OK;
}

struct stricter {
    struct draft *d;
    const char *file, *domain;
    const struct marking *given;
};

static void keep_stricter(void *ctx, const struct stix_strict *one)
{
    const struct stricter *s = ctx;
    struct draft *d = s->d;
    if (d->stricter_count++ >= DRAFT_STRICTER_MAX)
        return;
    d->stricter = mem_grow(d->stricter, d->stricter_count, sizeof *d->stricter);
    d->stricter[d->stricter_count - 1] =
        (struct draft_stricter){ .file = s->file,
                                 .object =
                                     str_format("object %zu, %s", one->n, *one->id ? one->id : one->type),
                                 .own = marking_text(one->mark, s->domain),
                                 .given = marking_text(s->given, s->domain) };
}

static enum err take_whole(struct draft *d, const char *path, const struct marking_reader *who,
                           const struct marking *mark, struct fail *f)
{
    struct bytes text;
    TRY(read_file(d, path, &text, f));
    if (text.len == 0)
        return fail_set(f, E_INVALID, "%s: an empty file", path);
    TRY(check_own_marks(path, text, who, mark, f));
    struct stricter stricter = { d, path, who->domain, mark };
    stix_stricter(text, mark, keep_stricter, &stricter);
    return add_portion(d, mark, text, mime_of(path), f);
}

static enum err take_citations(struct draft *d, struct draft_portion *p, const char *path,
                               const struct source_portion *from, struct fail *f)
{
    d->citation_count += from->citation_count;
    if (d->citation_count > SOURCE_CITATIONS_MAX)
        return fail_set(f, E_TOO_LARGE, "%s: more than %zu citations in one report", path,
                        SOURCE_CITATIONS_MAX);
    p->citations = mem_array(from->citation_count + 1, sizeof *p->citations);
    for (size_t i = 0; i < from->citation_count; i++)
        p->citations[p->citation_count++] = (struct draft_citation){ .as = from->citations[i], .file = path };
    return OK;
}

/* ${first} is where the portions of ${s} begin: every file counts its own. */
static void take_handles(struct draft *d, size_t first, const struct source *s)
{
    for (size_t i = 0; i < s->handle_count; i++)
        for (size_t k = 0; k < s->count; k++) {
            const struct source_handle *h = &s->handles[i];
            struct draft_portion *p = &d->portions[first + k];
            if (h->n != 0 && h->n != k + 1)
                continue;
            p->sources = mem_grow(p->sources, p->source_count + 1, sizeof *p->sources);
            struct draft_source *to = &p->sources[p->source_count++];
            *to = (struct draft_source){ 0 };
            if (!name_handle((const char *)h->handle.data, h->handle.len, to->handle))
                BUG("the source took a handle that is none");
            if (h->marked)
                marking_copy(&h->mark, &to->mark);
        }
}

/* Objects of equal marking are a portion; the name of what they report is the title, if nobody gave another. */
static enum err take_stix(struct draft *d, const char *path, struct bytes text,
                          const struct marking *unmarked, struct fail *f)
{
    AUTO(stix_clear) struct stix s = { 0 };
    TRY(stix_read(path, text, unmarked, &s, f));
    for (size_t i = 0; i < s.count; i++) {
        struct buf *b = s.portions[i].text;
        d->files = mem_grow(d->files, d->file_count + 1, sizeof *d->files);
        d->files[d->file_count++] = b;
        s.portions[i].text = NULL;
        TRY(add_portion(d, &s.portions[i].mark, bytes_of(b), MIME_STIX, f));
    }
    if (s.title && !d->title)
        set_title(d, bytes_str(s.title), NULL);
    return OK;
}

static enum err take_source(struct draft *d, const char *path, const struct marking_reader *who,
                            const struct marking *unmarked, struct fail *f)
{
    AUTO(source_clear) struct source s = { 0 };
    struct bytes text;
    TRY(read_file(d, path, &text, f));
    if (stix_is(text))
        return take_stix(d, path, text, marking_is_set(unmarked) ? unmarked : NULL, f);
    TRY(source_parse(path, text, who, &s, f));
    if (s.title.present && d->title)
        return fail_set(f, E_INVALID, "%s: a second title: give one for all with --title", path);
    for (size_t i = 0; i < s.count; i++) {
        TRY(add_portion(d, &s.portions[i].mark, s.portions[i].text, MIME_SOURCE, f));
        struct draft_portion *p = &d->portions[d->count - 1];
        p->variants = s.portions[i].variants;
        p->variant_count = s.portions[i].variant_count;
        s.portions[i].variants = NULL;
        TRY(take_citations(d, p, path, &s.portions[i], f));
    }
    take_handles(d, d->count - s.count, &s);
    if (s.title.present)
        set_title(d, s.title.text, s.title.marked ? &s.title.mark : NULL);
    return OK;
}

/* What is cited ------------------------------------------------------------------------------------------------ */

void draft_inherit(struct draft_portion *p, const struct marking *cited)
{
    struct marking sum;
    marking_join(&p->mark, cited, &sum);
    sum.note = NULL;
    marking_clear(&p->mark);
    mem_freep(&p->mark_text);
    p->mark = sum;
    p->mark_text = marking_text(&p->mark, NULL);
    p->clear = p->mark.level == TLP_CLEAR;
}

/* What was rolled up before what is cited was known. */
static enum err look_up(struct draft *d, const struct draft_from *from, struct fail *f)
{
    if (d->citation_count == 0)
        return OK;
    if (!from->look_up)
        return fail_why(f, REASON_UNSUPPORTED, "%s: what it cites can't be looked up here", from->files[0]);
    TRY(from->look_up(from->ctx, d, f));
    marking_clear(&d->banner);
    marking_clear(&d->seen_banner);
    for (size_t i = 1; i < d->count; i++) {
        const struct draft_portion *p = &d->portions[i];
        TRY(marking_fits(&p->mark, "the mark of a portion, with what it cites,", f));
        marking_banner_add(&d->banner, &p->mark);
        if (!p->mark.hidden)
            marking_banner_add(&d->seen_banner, &p->mark);
    }
    return OK;
}

/* Titles ------------------------------------------------------------------------------------------------------ */

/* A file's name, where it can stand for a title: text, on one line. */
static struct bytes name_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    struct bytes name = bytes_str(slash ? slash + 1 : path);
    if (name.len == 0 || strcmp(path, "-") == 0 || name.len > SOURCE_TITLE_MAX || utf8_valid(name) < name.len)
        return bytes_str(UNTITLED);
    for (size_t i = 0; i < name.len; i++)
        if (iscntrl(name.data[i]))
            return bytes_str(UNTITLED);
    return name;
}

static enum err find_title(struct draft *d, const struct draft_from *from, const struct marking_reader *who,
                           struct fail *f)
{
    AUTO(source_title_clear) struct source_title t = { 0 };
    if (from->title) {
        TRY(source_title(from->title, who, &d->seen_banner, &t, f));
        set_title(d, t.text, t.marked ? &t.mark : NULL);
    } else if (!d->title) {
        set_title(d, name_of(from->files[0]), NULL);
    }
    settle_title(d);
    return OK;
}

static bool has_stix(const struct draft *d)
{
    for (size_t i = 0; i < d->count; i++)
        if (d->portions[i].mime && strcmp(d->portions[i].mime, MIME_STIX) == 0)
            return true;
    return false;
}

static enum err read_all(const struct draft_from *from, struct draft *d, struct fail *f)
{
    AUTO(marking_clear) struct marking mark = { 0 };
    AUTO(marking_clear) struct marking unmarked = { 0 };
    struct marking_reader who = { .domain = from->domain };
    if (from->mark && from->unmarked)
        return fail_set(f, E_USAGE, "--mark marks each file whole: there is nothing for --unmarked");
    if (from->mark)
        TRY(source_mark(from->mark, &who, &mark, f));
    if (from->unmarked)
        TRY(source_mark(from->unmarked, &who, &unmarked, f));
    reserve_title(d);
    for (size_t i = 0; i < from->count; i++)
        TRY(from->mark ? take_whole(d, from->files[i], &who, &mark, f)
                       : take_source(d, from->files[i], &who, &unmarked, f));
    if (from->unmarked && !has_stix(d))
        return fail_set(f, E_USAGE, "--unmarked marks objects of a STIX bundle, and no file is one");
    TRY(look_up(d, from, f));
    TRY(settle_order(d, f));
    TRY(find_title(d, from, &who, f));
    return marking_fits(&d->banner, "the banner of this report", f);
}

enum err draft_read(const struct draft_from *from, struct draft *out, struct fail *f)
{
    struct draft d = { 0 };
    enum err e = read_all(from, &d, f);
    if (e == OK)
        *out = d;
    else
        draft_clear(&d);
    return e;
}
