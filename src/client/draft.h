/* SPDX-License-Identifier: Apache-2.0
 * client/draft.h - a report before it is sent: files read, marks understood, portions numbered
 *
 * A file that begins with `{` is a STIX bundle (cti/stix.h), any other a report source. */
#ifndef CLIENT_DRAFT_H
#define CLIENT_DRAFT_H

#include "base/name.h"
#include "marking/citation.h"
#include "marking/marking.h"
#include "marking/wording.h"

#define DRAFT_MAX ((size_t)64 << 20) /* all files together: what a node takes as one package, about */

struct draft;

/* Where it comes from. */
struct draft_from {
    const char *const *files; /* "-" is standard input */
    size_t count;             /* 1 at least */
    const char *title;  /* as in front matter, `(TLP:GREEN) Some words`; NULL: the file's, else its name */
    const char *mark;   /* each file, of any kind, is one portion with this mark, which is no weaker than what
                             a report source says of itself; NULL: report sources */
    const char *domain; /* the author's organisation */
    const char *unmarked; /* the mark of STIX objects that have none; NULL: they are refused */
    /* looks up what the draft cites, and lets each citing portion inherit (draft_inherit); called where it cites anything, before
     * portions are put in order. NULL: a draft that cites is refused. */
    enum err (*look_up)(void *ctx, struct draft *d, struct fail *f);
    void *ctx;
};

/* What a portion cites (marking/citation.h), and what that is: set by look_up. */
struct draft_citation {
    struct source_citation as; /* as it was written */
    const char *file;          /* borrowed */
    char originator[DOMAIN_MAX + 1];
    char report[UUID_TEXT], portion[UUID_TEXT];
};

/* Whose word a portion rests on (marking/source.h), and who may know that. */
struct draft_source {
    struct marking mark;         /* not set: the banner of all portions */
    char handle[HANDLE_MAX + 1]; /* secret */
};

struct draft_portion {
    char id[UUID_TEXT]; /* fresh */
    uint32_t n;
    struct marking mark;
    char *mark_text;                 /* canonical, every name qualified */
    struct bytes text;               /* in a file's buffer, or the title's */
    const char *mime;                /* constant */
    bool clear;                      /* TLP:CLEAR: travels unsealed */
    bool pad;                        /* text of a report: sealed with padding (tdf/portion.h) */
    struct source_variant *variants; /* where copies differ, ascending */
    size_t variant_count;
    struct draft_source *sources;
    size_t source_count;
    struct draft_citation *citations;
    size_t citation_count;
};

/* An object of a STIX file that says of itself that it is stricter than the mark under which the whole file goes. */
#define DRAFT_STRICTER_MAX 20
struct draft_stricter {
    const char *file; /* borrowed */
    char *object;     /* "object 2, indicator--..." */
    char *own, *given;
};

struct draft {
    struct draft_portion
        *portions;              /* the title, n = 0; then 1, 2, ...: those that are seen, then HIDDEN ones */
    size_t count;               /* 2..1023 */
    size_t seen;                /* how many are not HIDDEN: 2 at least */
    struct marking banner;      /* of all of them */
    struct marking seen_banner; /* of those that are seen: what an unmarked title takes */
    struct buf **files;         /* secret */
    size_t file_count;
    size_t citation_count; /* of all portions */
    struct draft_stricter
        *stricter; /* the first DRAFT_STRICTER_MAX of ${stricter_count}: to be told, not refused */
    size_t stricter_count;
    char *title;
};

/* draft_read: E_IO, E_TOO_LARGE; E_INVALID as marking/source.h and cti/stix.h say, naming file, line and column; E_USAGE. End
 * it with draft_clear. */
MUST_USE enum err draft_read(const struct draft_from *from, struct draft *out, struct fail *f);
void draft_clear(struct draft *d);

/* draft_inherit: ${p} cites something with this mark: its own becomes as strict in every part (marking_join). */
void draft_inherit(struct draft_portion *p, const struct marking *cited);

#endif
