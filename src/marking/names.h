/* SPDX-License-Identifier: Apache-2.0
 * marking/names.h - a small sorted set of names, each once */
#ifndef MARKING_NAMES_H
#define MARKING_NAMES_H

#include "marking/marking.h"

/* names_add: takes both strings (${alias} may be NULL); a name that is there already keeps its alias, if
 * any. */
void names_add(struct marking_names *set, char *name, char *alias);
bool names_has(const struct marking_names *set, const char *name);
/* names_within: whether every name of ${a} is in ${b}. */
bool names_within(const struct marking_names *a, const struct marking_names *b);

/* Each adds copies to ${out}, which must be another set. */
void names_union(const struct marking_names *a, const struct marking_names *b, struct marking_names *out);
void names_intersect(const struct marking_names *a, const struct marking_names *b, struct marking_names *out);
void names_copy(const struct marking_names *from, struct marking_names *out);

void names_clear(struct marking_names *set);

#endif
