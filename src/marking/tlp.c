/* SPDX-License-Identifier: Apache-2.0 - TLP 2.0 (FIRST, August 2022) with orcon's parts after the label */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/name.h"
#include "marking/names.h"
#include "marking/system.h"
#include "marking/word.h"

static const struct {
    const char *name, *text;
    enum marking_rule rule;
} levels[] = {
    [TLP_CLEAR] = { "CLEAR", "TLP:CLEAR", MARKING_ANYONE },
    [TLP_GREEN] = { "GREEN", "TLP:GREEN", MARKING_COMMUNITY },
    [TLP_AMBER] = { "AMBER", "TLP:AMBER", MARKING_CLIENTS },
    [TLP_AMBER_STRICT] = { "AMBER+STRICT", "TLP:AMBER+STRICT", MARKING_ORGANISATION },
    [TLP_RED] = { "RED", "TLP:RED", MARKING_PERSONS },
};

/* Words with a meaning of their own in a mark: never compartments, so that a slip is not taken for a wall. */
static const char *const reserved[] = { "TLP",    "CLEAR", "WHITE",    "GREEN",  "AMBER",
                                        "RED",    "REL",   "NONE",     "REL-TO", "RELEASE",
                                        "STRICT", "ORCON", "TEARLINE", "HIDDEN", NULL };

/* What has been read so far; parts come in any order. */
struct reading {
    const struct marking_reader *who;
    struct marking *m;
    bool labelled;
};

/* "TLP : X": the X, trimmed */
static bool label_of(struct bytes word, struct bytes *label)
{
    if (!word_starts(word, "TLP"))
        return false;
    word = word_trim(word_after(word, 3));
    if (word.len == 0 || word.data[0] != ':')
        return false;
    *label = word_trim(word_after(word, 1));
    return true;
}

static bool level_of(struct bytes label, enum tlp *level)
{
    for (size_t i = 0; i < COUNT(levels); i++)
        if (word_is(label, levels[i].name)) {
            *level = (enum tlp)i;
            return true;
        }
    return false;
}

/* "REL TO A, B": the "A, B" */
static bool list_of(struct bytes word, struct bytes *list)
{
    if (!word_starts(word, "REL") || word.len == 3 || (word.data[3] != ' ' && word.data[3] != '\t'))
        return false;
    word = word_trim(word_after(word, 3));
    if (!word_starts(word, "TO") || (word.len > 2 && word.data[2] != ' ' && word.data[2] != '\t'))
        return false;
    *list = word_trim(word_after(word, 2));
    return true;
}

static bool tlp_opens(struct bytes word)
{
    struct bytes ignored;
    enum tlp level;
    return label_of(word, &ignored) || word_starts(word, "TLP") || level_of(word, &level) ||
           word_is(word, "ORCON") || word_is(word, "TEARLINE") || word_is(word, "HIDDEN") ||
           list_of(word, &ignored);
}

static enum err take_label(struct reading *r, struct bytes label, struct fail *f)
{
    char shown[WORD_SHOW];
    if (r->labelled)
        return fail_set(f, E_INVALID, "two TLP labels in one mark: a portion has one");
    if (word_is(label, "WHITE")) {
        r->m->level = TLP_CLEAR;
        r->m->note = "TLP:WHITE is the old name of TLP:CLEAR";
    } else if (!level_of(label, &r->m->level)) {
        return fail_set(f, E_INVALID,
                        "'TLP:%s' is no TLP label: it is CLEAR, GREEN, AMBER, AMBER+STRICT or RED",
                        word_show(label, shown));
    }
    r->labelled = true;
    return OK;
}

static enum err take_flag(bool *flag, const char *name, struct fail *f)
{
    if (*flag)
        return fail_set(f, E_INVALID, "%s stands twice in one mark", name);
    *flag = true;
    return OK;
}

static enum err bad_name(struct bytes piece, const char *why, struct fail *f)
{
    char shown[WORD_SHOW];
    return fail_set(f, E_INVALID, "'%s' %s", word_show(piece, shown), why);
}

static enum err room_for(const struct marking_names *names, struct fail *f)
{
    if (names->count >= MARKING_NAMES_MAX)
        return fail_set(f, E_TOO_LARGE, "more than %zu names in one mark", MARKING_NAMES_MAX);
    return OK;
}

static enum err take_listed(struct reading *r, struct bytes piece, struct fail *f)
{
    const struct marking_reader *who = r->who;
    TRY(room_for(&r->m->rel_to, f));
    if (word_has(piece, '.')) {
        AUTO(str_freep) char *domain = word_lower(piece);
        if (!domain || !name_is_domain(domain))
            return bad_name(piece, "in REL TO is no domain", f);
        names_add(&r->m->rel_to, str_dup(domain), NULL);
        return OK;
    }
    bool letters = piece.len >= 2 && piece.len <= 8 && !word_is(piece, "NONE");
    for (size_t i = 0; letters && i < piece.len; i++)
        letters = (piece.data[i] | 0x20) >= 'a' && (piece.data[i] | 0x20) <= 'z';
    if (!letters)
        return bad_name(piece, "in REL TO is neither a domain nor an alias of 2 to 8 letters", f);

    AUTO(str_freep) char *alias = word_upper(piece);
    const char *domain = who->alias ? who->alias(who->ctx, alias) : NULL;
    if (!domain || !name_is_domain(domain))
        return bad_name(piece, "in REL TO is an alias that is assigned to nobody here: write the domain", f);
    names_add(&r->m->rel_to, str_dup(domain), str_dup(alias));
    return OK;
}

static enum err take_list(struct reading *r, struct bytes list, const uint8_t **at, struct fail *f)
{
    struct bytes piece;
    TRY(take_flag(&r->m->has_rel_to, "REL TO", f));
    if (word_is(list, "NONE"))
        return OK;
    while (word_next(&list, ",", &piece)) {
        *at = piece.data;
        if (piece.len == 0)
            return fail_set(f, E_INVALID, "REL TO names nobody there: write REL TO A, B");
        TRY(take_listed(r, piece, f));
    }
    return OK;
}

/* One compartment, ${domain} NULL for a bare one */
static enum err take_compartment(struct reading *r, const char *domain, struct bytes piece, struct fail *f)
{
    AUTO(str_freep) char *name = word_upper(piece);
    TRY(room_for(&r->m->compartments, f));
    if (word_in(piece, reserved) || word_starts(piece, "TLP"))
        return bad_name(
            piece, "can't be a compartment: parts of a mark are joined by //, such as TLP:RED//SOURCE//ORCON",
            f);
    if (!name || !name_is_bare_compartment(name, strlen(name)))
        return bad_name(piece, "is no part of a TLP mark: a compartment has 1 to 32 letters, digits and -",
                        f);
    domain = domain ? domain : r->who->domain;
    if (!domain)
        return bad_name(piece, "is a bare compartment: write domain/NAME", f);
    names_add(&r->m->compartments, str_format("%s/%s", domain, name), NULL);
    return OK;
}

static enum err take_compartments(struct reading *r, struct bytes word, const uint8_t **at, struct fail *f)
{
    struct bytes piece;
    while (word_next(&word, "/", &piece)) {
        AUTO(str_freep) char *domain = NULL;
        *at = piece.data;
        if (word_has(piece, '.')) {
            domain = word_lower(piece);
            if (!domain || !name_is_domain(domain))
                return bad_name(piece, "is no domain", f);
            if (!word_next(&word, "/", &piece))
                return bad_name(piece, "is a domain: write domain/NAME for its compartment", f);
        }
        const struct marking_system *foreign = domain ? NULL : foreign_owner(piece);
        if (foreign)
            return foreign_refuse(foreign, piece, f);
        TRY(take_compartment(r, domain, piece, f));
    }
    return OK;
}

static enum err take_part(struct reading *r, struct bytes word, const uint8_t **at, struct fail *f)
{
    struct bytes rest;
    enum tlp level;
    const struct marking_system *foreign;
    if (word.len == 0)
        return fail_set(f, E_INVALID, "an empty part beside //");
    if ((foreign = foreign_owner(word)))
        return foreign_refuse(foreign, word, f);
    if (label_of(word, &rest))
        return take_label(r, rest, f);
    if (word_is(word, "TEARLINE"))
        return take_flag(&r->m->tearline, "TEARLINE", f);
    if (word_is(word, "HIDDEN"))
        return take_flag(&r->m->hidden, "HIDDEN", f);
    if (word_is(word, "ORCON"))
        return take_flag(&r->m->orcon, "ORCON", f);
    if (list_of(word, &rest))
        return take_list(r, rest, at, f);
    if (level_of(word, &level) || word_starts(word, "TLP"))
        return bad_name(word, "is no TLP label: write TLP: before the colour, such as TLP:RED", f);
    return take_compartments(r, word, at, f);
}

/* Parts that contradict each other */
static enum err check(const struct reading *r, struct fail *f)
{
    const struct marking *m = r->m;
    if (!r->labelled)
        return fail_set(f, E_INVALID, "no TLP label: write one first, such as TLP:AMBER//ORCON");
    if (m->level == TLP_CLEAR && (m->compartments.count || m->orcon || m->hidden || m->has_rel_to))
        return fail_set(
            f, E_INVALID,
            "TLP:CLEAR is public, so it takes no compartment, HIDDEN, ORCON or REL TO: use a stricter label");
    if (m->tearline && m->compartments.count)
        return fail_set(f, E_INVALID,
                        "a TEARLINE never carries a compartment: it is meant for wider release");
    if (m->tearline && m->orcon)
        return fail_set(f, E_INVALID,
                        "TEARLINE and ORCON contradict each other: passed on by rule, or asked for");
    if (m->tearline && m->hidden)
        return fail_set(f, E_INVALID, "TEARLINE and HIDDEN contradict each other: meant to be seen, or not");
    return OK;
}

static enum err tlp_parse(struct bytes text, const struct marking_reader *who, struct marking *out,
                          size_t *at, struct fail *f)
{
    struct reading r = { who, out, false };
    struct bytes rest = text, word;
    while (word_next(&rest, "//", &word)) {
        const uint8_t *wrong = word.data;
        enum err e = take_part(&r, word, &wrong, f);
        if (e != OK) {
            *at = (size_t)(wrong - text.data);
            return e;
        }
    }
    return check(&r, f);
}

/* As people of ${domain} see a name: what is their own, bare; otherwise whole, and so too where the bare name
 * would be read as a word of another system */
static const char *seen_by(const char *compartment, const char *domain)
{
    size_t len = domain ? strlen(domain) : 0;
    if (!len || strncmp(compartment, domain, len) != 0 || compartment[len] != '/')
        return compartment;
    const char *bare = compartment + len + 1;
    return foreign_owner(bytes_str(bare)) ? compartment : bare;
}

static void tlp_print(const struct marking *m, const char *domain, struct buf *out)
{
    buf_put_str(out, levels[m->level].text);
    for (size_t i = 0; i < m->compartments.count; i++) {
        buf_put_str(out, i ? "/" : "//");
        buf_put_str(out, seen_by(m->compartments.item[i].name, domain));
    }
    buf_put_str(out, m->tearline ? "//TEARLINE" : "");
    buf_put_str(out, m->hidden ? "//HIDDEN" : "");
    buf_put_str(out, m->orcon ? "//ORCON" : "");
    if (!m->has_rel_to)
        return;
    buf_put_str(out, m->rel_to.count ? "//REL TO " : "//REL TO NONE");
    for (size_t i = 0; i < m->rel_to.count; i++) {
        const struct marking_name *n = &m->rel_to.item[i];
        buf_put_str(out, i ? ", " : "");
        buf_put_str(out, domain && n->alias ? n->alias : n->name);
    }
}

/* Whether ${a} is in every part as strict as ${b}, or stricter */
static bool covers(const struct marking *a, const struct marking *b)
{
    return a->level >= b->level && names_within(&b->compartments, &a->compartments) && a->orcon >= b->orcon &&
           a->hidden >= b->hidden && a->tearline <= b->tearline &&
           (!b->has_rel_to || (a->has_rel_to && names_within(&a->rel_to, &b->rel_to)));
}

static enum marking_order tlp_compare(const struct marking *a, const struct marking *b)
{
    bool up = covers(a, b), down = covers(b, a);
    return up ? (down ? MARKING_EQUAL : MARKING_STRICTER) : down ? MARKING_WEAKER : MARKING_INCOMPARABLE;
}

static void tlp_join(const struct marking *a, const struct marking *b, struct marking *out)
{
    out->level = a->level > b->level ? a->level : b->level;
    names_union(&a->compartments, &b->compartments, &out->compartments);
    out->tearline = a->tearline && b->tearline;
    out->hidden = a->hidden || b->hidden;
    out->orcon = a->orcon || b->orcon;
    out->has_rel_to = a->has_rel_to || b->has_rel_to;
    if (a->has_rel_to && b->has_rel_to)
        names_intersect(&a->rel_to, &b->rel_to, &out->rel_to);
    else
        names_copy(a->has_rel_to ? &a->rel_to : &b->rel_to, &out->rel_to);
}

static bool tlp_onward(const struct marking *m, size_t i, struct marking_part *out)
{
    if (i == 0) {
        bool wider = m->level == TLP_GREEN && m->tearline;
        *out = wider ? (struct marking_part){ MARKING_CONFIRMED, "TLP:GREEN//TEARLINE" }
                     : (struct marking_part){ levels[m->level].rule, levels[m->level].text };
        return true;
    }
    i--;
    if (i < m->compartments.count) {
        *out = (struct marking_part){ MARKING_WALL, m->compartments.item[i].name };
        return true;
    }
    i -= m->compartments.count;
    const struct {
        bool has;
        struct marking_part part;
    } rest[] = {
        { m->hidden, { MARKING_UNSEEN, "HIDDEN" } },
        { m->orcon, { MARKING_ASK, "ORCON" } },
        { m->has_rel_to, { MARKING_LIST, "REL TO" } },
    };
    for (size_t j = 0; j < COUNT(rest); j++)
        if (rest[j].has && i-- == 0) {
            *out = rest[j].part;
            return true;
        }
    return false;
}

static bool tlp_cleared(const struct marking *m, const char *clearance)
{
    struct bytes label;
    enum tlp level;
    return !label_of(bytes_str(clearance), &label) || !level_of(label, &level) || level >= m->level;
}

const struct marking_system tlp_system = {
    .name = "TLP",
    .kind = "TLP labels",
    .owns = tlp_opens,
    .opens = tlp_opens,
    .parse = tlp_parse,
    .print = tlp_print,
    .compare = tlp_compare,
    .join = tlp_join,
    .onward = tlp_onward,
    .cleared = tlp_cleared,
};
