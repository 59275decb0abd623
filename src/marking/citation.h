/* SPDX-License-Identifier: Apache-2.0
 * marking/citation.h - `[[7k3q/1]]` in a report source: what a portion rests on that is held from somebody else
 * (orcon-report(5)) */
#ifndef MARKING_CITATION_H
#define MARKING_CITATION_H

#include "base/name.h"

#define SOURCE_CITATIONS_MAX ((size_t)256) /* in one report */

/* As it was written: which report that is, and whether anybody may cite it, its author's node says. */
struct source_citation {
    char originator[DOMAIN_MAX + 1]; /* "" where it is left out */
    char report[UUID_TEXT];          /* an id, or a short form of one */
    uint32_t n;                      /* from 1, as the author's own organisation numbers it */
    size_t line;
};

#endif
