/* SPDX-License-Identifier: Apache-2.0
 * marking/source.h - the report source: Markdown with portion marks (orcon-report(5))
 *
 * A portion begins at a line that starts with a mark in parentheses and runs to the next such line. Its text
 * is what stands there, byte for byte, less the mark, one space after it, blank lines at either end and the
 * last line break. What could be meant as a mark and is none that can be read is an error, never text of the
 * portion before it: the mark before might be the weaker one. `\(` at the start of a line is text.
 *
 * Errors read `FILE:LINE:COLUMN: what is wrong, what to write`; line and column count from 1, columns in
 * characters. They hold no text of the report but the mark itself.
 *
 * Threads: no shared state.
 */
#ifndef MARKING_SOURCE_H
#define MARKING_SOURCE_H

#include "base/name.h"
#include "marking/citation.h"
#include "marking/marking.h"
#include "marking/wording.h"

#define SOURCE_MAX       ((size_t)16 << 20) /* bytes of one report source */
#define SOURCE_TITLE_MAX ((size_t)1024)     /* bytes of a title */
/* A package has 1,024 entries (docs/formats.md, 3), and report.json and the title are two of them. */
#define SOURCE_PORTIONS_MAX ((size_t)1022)

struct source_title {
    bool present, marked; /* not marked: mark is the banner's */
    struct marking mark;
    struct bytes text; /* into the caller's bytes, not empty */
    size_t line;
};

struct source_portion {
    uint32_t n; /* from 1 */
    struct marking mark;
    struct bytes text;                 /* into the caller's bytes, not empty */
    size_t line;                       /* of the mark */
    struct source_variant *variants;   /* ascending */
    size_t variant_count;              /* 0..SOURCE_VARIANTS_MAX */
    struct source_citation *citations; /* each once, in the order of the text */
    size_t citation_count;
};

/*
 * Whose word a portion rests on: a line of the front matter, which never becomes text of a portion:
 *   source: HANDLE                           of every portion
 *   source 1,3: (TLP:RED//SOURCE) HANDLE     of these, as the source counts them; its mark says who may know of it
 */
#define SOURCE_HANDLES_MAX ((size_t)256)
struct source_handle {
    uint32_t n;  /* of the portion; 0: of every one */
    bool marked; /* not marked: whoever may know of it is the caller's to say */
    struct marking mark;
    struct bytes handle; /* into the caller's bytes: secret */
};

struct source {
    struct source_title title;
    struct source_portion *portions;
    size_t count; /* 1..SOURCE_PORTIONS_MAX */
    struct source_handle *handles;
    size_t handle_count;   /* 0..SOURCE_HANDLES_MAX */
    size_t citation_count; /* of all portions: 0..SOURCE_CITATIONS_MAX */
    struct marking
        banner; /* of all portions, and of the title if it is marked; of what they cite it knows nothing */
};

/*
 * source_parse: read a report source.
 *   name   of the file, for errors
 *   text   the whole file; must outlive ${out}, whose texts are views into it. A byte order mark is skipped
 *   who    the author's organisation and aliases
 *   out    set on success; end it with source_clear
 * Errors: E_TOO_LARGE over SOURCE_MAX, SOURCE_TITLE_MAX, SOURCE_PORTIONS_MAX, or a banner over
 * MARKING_TEXT_MAX, or SOURCE_CITATIONS_MAX; E_INVALID otherwise; with REASON_UNSUPPORTED for marks of systems that are recognised only, REASON_VARIANT
 * or REASON_VARIANT_MARK for variants `{a|b}` that are none. Nothing of these is ever dropped or taken for text.
 * Cost: linear in the text.
 */
MUST_USE enum err source_parse(const char *name, struct bytes text, const struct marking_reader *who,
                               struct source *out, struct fail *f);
void source_clear(struct source *s);

/* source_mark: the mark of `--mark`, for any file as one portion; parentheses around it are free. Errors as
 * marking_parse. */
MUST_USE enum err source_mark(const char *text, const struct marking_reader *who, struct marking *out,
                              struct fail *f);

/* source_title: the title of `--title`, written as in front matter. ${banner} is what an unmarked one takes;
 * the caller adds a marked one to the banner. ${text} must outlive ${out}. End it with source_title_clear. */
MUST_USE enum err source_title(const char *text, const struct marking_reader *who,
                               const struct marking *banner, struct source_title *out, struct fail *f);
void source_title_clear(struct source_title *t);

#endif
