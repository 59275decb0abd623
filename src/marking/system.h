/* SPDX-License-Identifier: Apache-2.0
 * marking/system.h - what a marking system is: one const struct each, listed in marking.c */
#ifndef MARKING_SYSTEM_H
#define MARKING_SYSTEM_H

#include "marking/marking.h"

struct marking_system {
    const char *name; /* "TLP" */
    const char *kind; /* for people: "US marks" */
    /* Whether a part of a mark (between `//`, trimmed, any case) is a word of this system. */
    bool (*owns)(struct bytes word);
    /* Whether such a word can stand first, or alone, in a mark. */
    bool (*opens)(struct bytes word);

    /* NULL from here on: the system is recognised, and refused by name. Contracts: marking.h. */
    enum err (*parse)(struct bytes text, const struct marking_reader *who, struct marking *out, size_t *at,
                      struct fail *f);
    void (*print)(const struct marking *m, const char *domain, struct buf *out);
    enum marking_order (*compare)(const struct marking *a, const struct marking *b);
    void (*join)(const struct marking *a, const struct marking *b, struct marking *out);
    bool (*onward)(const struct marking *m, size_t i, struct marking_part *out); /* marking_part */
    bool (*cleared)(const struct marking *m, const char *clearance);
};

extern const struct marking_system tlp_system;

/* foreign_systems: those that are recognised only; ends with a row without name. */
extern const struct marking_system foreign_systems[];

/* foreign_owner: the recognised-only system that ${word} belongs to, NULL if none. */
const struct marking_system *foreign_owner(struct bytes word);
/* foreign_refuse: fails with REASON_UNSUPPORTED, naming system and word. */
MUST_USE enum err foreign_refuse(const struct marking_system *system, struct bytes word, struct fail *f);

#endif
