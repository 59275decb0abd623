/* SPDX-License-Identifier: Apache-2.0
 * marking/marking.h - marks in, marks compared, marks out (docs/formats.md, 5)
 *
 * A mark is text such as `TLP:RED//SOURCE//ORCON`; a struct marking is what it means. Each marking system is
 * one const struct marking_system; TLP 2.0 with orcon's own parts is the one that this node can judge. Words
 * of other systems (US, NATO, Europol, PAP, IEP) are recognised, so that they are refused by name: a part of
 * a mark is never dropped.
 *
 * A mark of the TLP system is a label, then any of these, separated by `//`, canonically in this order:
 *   compartments joined by `/`    SOURCE/alder.example/OTHER: only people read in; a bare one is the author's
 *   TEARLINE                      meant for wider release; never with a compartment, ORCON or HIDDEN
 *   HIDDEN                        who may not have it learns nothing of it
 *   ORCON                         always ask the originator
 *   REL TO A, B                   domains or assigned aliases; `REL TO NONE` is the empty list
 * TLP:CLEAR is public and takes none of these but TEARLINE. Letter case, order of parts and blanks are free
 * on input; output has one form.
 *
 * Threads: markings are plain values; concurrent reads of one are safe.
 */
#ifndef MARKING_MARKING_H
#define MARKING_MARKING_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

#define MARKING_TEXT_MAX  ((size_t)16384) /* bytes of one mark */
#define MARKING_NAMES_MAX ((size_t)256)   /* compartments, and organisations in REL TO, of one mark */

struct marking_system;

enum tlp { TLP_CLEAR, TLP_GREEN, TLP_AMBER, TLP_AMBER_STRICT, TLP_RED }; /* weakest first */

/* A set of names, sorted bytewise, each once; owned by the marking. */
struct marking_names {
    struct marking_name {
        char *name;  /* compartment `domain/NAME`, or domain */
        char *alias; /* as the author wrote it ("GBR"), or NULL; says nothing when compared */
    } * item;
    size_t count;
};

/* All zero is "no marking": marking_is_set is false, everything else wants a set one. */
struct marking {
    const struct marking_system *system;
    enum tlp level;
    struct marking_names compartments;
    bool tearline, hidden, orcon;
    bool has_rel_to; /* an empty list with this set: releasable to nobody */
    struct marking_names rel_to;
    const char *note; /* constant text for people on how the input was read, or NULL */
};

/* For whom a mark is read: gives meaning to names that are short. */
struct marking_reader {
    const char *domain; /* owner of a bare compartment; NULL: a bare one is an error */
    /* The domain that the local admin assigned ${alias} (upper case) to, or NULL. May itself be NULL: none
     * is. */
    const char *(*alias)(void *ctx, const char *alias);
    void *ctx;
};

/*
 * marking_parse: read one mark, without parentheses.
 *   text   any bytes
 *   out    set on success; end it with marking_clear
 *   at     on failure, offset in ${text} of what is wrong; may be NULL
 * Errors: E_TOO_LARGE over MARKING_TEXT_MAX or MARKING_NAMES_MAX; E_INVALID says what to write instead; with
 * REASON_UNSUPPORTED for words of systems that are recognised but not judged here.
 */
MUST_USE enum err marking_parse(struct bytes text, const struct marking_reader *who, struct marking *out,
                                size_t *at, struct fail *f);

/* marking_read: the same for a mark from the wire or the store: qualified names, no aliases. */
MUST_USE enum err marking_read(const char *text, struct marking *out, struct fail *f);

/*
 * marking_print: append the canonical form. ${domain} NULL: for the wire and the store, every name qualified,
 * so that marking_read gives an equal marking. Otherwise as people of ${domain} see it: own compartments
 * bare, aliases as the author wrote them. marking_text: the same as a heap string.
 */
void marking_print(const struct marking *m, const char *domain, struct buf *out);
char *marking_text(const struct marking *m, const char *domain);

bool marking_is_set(const struct marking *m);
void marking_copy(const struct marking *m, struct marking *out);
void marking_clear(struct marking *m); /* also AUTO(marking_clear) on a zeroed one */

enum marking_order {
    MARKING_EQUAL,
    MARKING_STRICTER, /* the first lets nobody have what the second does not, and less */
    MARKING_WEAKER,
    MARKING_INCOMPARABLE, /* each is stricter in something, or they are of two systems */
};
/* A longer label, more compartments, ORCON, HIDDEN, a shorter REL TO list are stricter; TEARLINE is weaker. */
enum marking_order marking_compare(const struct marking *a, const struct marking *b);

/*
 * marking_join: the weakest marking that is no weaker than either (both of one system): the stricter label,
 * union of compartments, ORCON or HIDDEN if either has it, TEARLINE if both have it. A missing REL TO list
 * limits nothing, so one list stands and two intersect; when nobody is left the list is empty, `REL TO NONE`.
 * Associative, commutative, idempotent. ${out} must be neither ${a} nor ${b}.
 */
void marking_join(const struct marking *a, const struct marking *b, struct marking *out);

/*
 * marking_banner_add: roll one more portion up into ${banner}, which starts zeroed. It may outgrow what can
 * be read; marking_fits says so. As marking_join, but TEARLINE is a word about one portion and never reaches
 * a banner.
 */
void marking_banner_add(struct marking *banner, const struct marking *portion);

/* marking_fits: E_TOO_LARGE, naming ${what}, if the mark's wire form passes the limits above. */
MUST_USE enum err marking_fits(const struct marking *m, const char *what, struct fail *f);

/* marking_has_compartment: ${name} is `domain/NAME`. */
bool marking_has_compartment(const struct marking *m, const char *name);

/* What one part of a mark demands of a reader and of whoever passes it on (docs/formats.md, 5.2). */
enum marking_rule {
    MARKING_ANYONE,       /* TLP:CLEAR */
    MARKING_COMMUNITY,    /* TLP:GREEN: inside the named community */
    MARKING_CONFIRMED,    /* TLP:GREEN//TEARLINE: any organisation that the originator has confirmed */
    MARKING_CLIENTS,      /* TLP:AMBER: the holder's organisation and its clients */
    MARKING_ORGANISATION, /* TLP:AMBER+STRICT: the holder's organisation */
    MARKING_PERSONS,      /* TLP:RED: the named persons */
    MARKING_WALL,         /* a compartment: people read in to it */
    MARKING_UNSEEN,       /* HIDDEN */
    MARKING_ASK,          /* ORCON */
    MARKING_LIST,         /* REL TO */
    MARKING_RULE_COUNT
};
struct marking_part {
    enum marking_rule rule;
    const char *text; /* the part as people know it: "TLP:RED", "alder.example/SOURCE", "ORCON"; lives with
                         the mark */
};

/* marking_part: the ${i}th rule of the mark, from 0; false when there are no more. A set mark has one at
 * least. */
bool marking_part(const struct marking *m, size_t i, struct marking_part *out);

/* marking_listed: whether ${domain} is on the REL TO list; true where there is no list. */
bool marking_listed(const struct marking *m, const char *domain);

/* marking_cleared: false if ${clearance} is a label of this mark's system and lies below the mark's. A
 * clearance of another system, or none (NULL, ""), says nothing about this one. */
bool marking_cleared(const struct marking *m, const char *clearance);

/* marking_system_name: "TLP". */
const char *marking_system_name(const struct marking *m);

/*
 * marking_claims: whether ${text}, found after a parenthesis at the start of a line, is meant as a mark, good
 * or bad: it starts as a TLP label does, or is (in capitals) one word that opens a mark of some system, or
 * has a `//` that belongs to no URL. ${closed}: a closing parenthesis follows; otherwise only the first of
 * these counts.
 */
bool marking_claims(struct bytes text, bool closed);

#endif
