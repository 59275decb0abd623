/* SPDX-License-Identifier: Apache-2.0
 * cti/stix.h - a STIX 2.1 bundle as a report: objects of equal marking form a portion
 *
 * Marks are the TLP 1.0 and 2.0 marking definitions, by object_marking_refs and granular_markings: of several the
 * strictest holds, and a granular one holds for its whole object, so that no property is ever marked weaker than its
 * author marked it. Statements mark nothing; definitions of other systems are refused by name. Every object is kept byte for
 * byte, also what is unknown of it. A definition that has no mark itself goes along with the objects that refer to it.
 *
 * Errors read `FILE: object N (type): what is wrong`, N counting from 1; they hold no text of the report.
 *
 * Threads: no shared state.
 */
#ifndef CTI_STIX_H
#define CTI_STIX_H

#include "base/buf.h"
#include "marking/marking.h"

#define STIX_MAX         ((size_t)16 << 20) /* bytes of one file */
#define STIX_OBJECTS_MAX ((size_t)10000)
#define STIX_DEPTH       20 /* of the whole file */

struct stix_portion {
    struct marking mark;
    struct buf *text; /* a bundle of its own, with a new id; secret */
};

/* Portions by strictness of their label, weakest first. */
struct stix {
    char *title; /* name of the first `report`; NULL: there is none */
    struct stix_portion *portions;
    size_t count; /* 1 at least */
};

/* stix_is: whether ${text} is meant as one: its first character that is no blank is `{`, which begins no report source. */
bool stix_is(struct bytes text);

/*
 * stix_read: a bundle, or one object without it.
 *   name      of the file, for errors
 *   unmarked  the mark of objects that have none; NULL: they are refused
 *   out       set on success; end it with stix_clear
 * Errors: E_TOO_LARGE over the limits above; E_INVALID otherwise, with REASON_UNSUPPORTED for markings of other systems.
 * Cost: linear in the text, but for objects times the markings that they name.
 */
MUST_USE enum err stix_read(const char *name, struct bytes text, const struct marking *unmarked,
                            struct stix *out, struct fail *f);
void stix_clear(struct stix *s);

/* An object that says of itself that it is stricter; all points into what stix_stricter reads, and is gone after ${found}. */
struct stix_strict {
    size_t n;              /* from 1 */
    const char *type, *id; /* the id "" where it is of another form */
    const struct marking *mark;
};

/*
 * stix_stricter: calls ${found} with each object of ${text} whose own TLP marking is stricter than ${mark}, under which the whole file
 * goes. A text that is no STIX has none; what is wrong with one as STIX does not matter here.
 */
void stix_stricter(struct bytes text, const struct marking *mark,
                   void (*found)(void *ctx, const struct stix_strict *), void *ctx);

#endif
