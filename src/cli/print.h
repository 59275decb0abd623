/* SPDX-License-Identifier: Apache-2.0
 * cli/print.h - how things look on a terminal: 80 columns where the words are ours, marks, times, banner
 * lines */
#ifndef CLI_PRINT_H
#define CLI_PRINT_H

#include <stdio.h>

#include "base/buf.h"
#include "base/json.h"

#define PRINT_COLUMNS 80

/* print_wrapped: ${text}, broken at blanks before column 80; ${at} columns are used on the first line, further
 * ones begin with ${indent} blanks. With a line break at the end. What it holds of line breaks and tabs are blanks, so that no text of
 * others begins a line of its own; other control characters as cli_put. */
void print_wrapped(FILE *out, size_t at, size_t indent, const char *text);

/* print_say: a paragraph on stdout, wrapped so. print_told: one that holds what others wrote (a reason, a note): its further lines are
 * indented, for they may break where its writer wants. */
void print_say(const char *fmt, ...) PRINTF(1, 2);
void print_told(const char *fmt, ...) PRINTF(1, 2);

/* print_folded: ${text} on one line: line breaks, tabs and blanks beside each other are one blank. Appended. */
void print_folded(const char *text, struct buf *out);

/* print_strong: what is written from here on (${on}), or no longer, is the program's own word: bold on a terminal, where no text of
 * others can be so (cli_put); nothing elsewhere. */
void print_strong(FILE *out, bool on);

/* print_portion_text: a portion's text as written, but what reads like one of our lines with a mark, `==== TLP:...` or `[2] (TLP:...`, at the
 * beginning of a line or after a blank, gets a backslash before it, which Markdown drops. */
void print_portion_text(FILE *out, const char *text);

/* print_banner: `==== MARK =====...` over the whole width. */
void print_banner(FILE *out, const char *mark);

/* print_mark: a canonical mark as people of ${domain} write it: their own compartments bare. Appended. */
void print_mark(const char *mark, const char *domain, struct buf *out);

/* print_derived: one row of `derived_from`: "7k3q/1 of alder.example", and whether it was recalled. Appended. */
void print_derived(const json_t *row, struct buf *out);

/* print_when: "14:02 (13:02Z)", with the day where it is not today; "" for what is no time. print_left: "12 min
 * left", "overdue". Appended. */
void print_when(const char *time, struct buf *out);
void print_left(const char *time, struct buf *out);

#endif
