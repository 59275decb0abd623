/* SPDX-License-Identifier: Apache-2.0 */
#include "marking/marking.h"

#include <string.h>

#include "marking/names.h"
#include "marking/system.h"
#include "marking/word.h"

/* Those that this node can judge; another one is a row here and a file beside tlp.c. */
static const struct marking_system *const systems[] = { &tlp_system };
#define SYSTEMS (sizeof systems / sizeof *systems)

/* A part says whose mark this is: first one of ours by a word that opens a mark, then one that is only
 * known. */
static const struct marking_system *system_of(struct bytes text, struct bytes *foreign)
{
    struct bytes rest = text, word;
    const struct marking_system *known = NULL;
    while (word_next(&rest, "//", &word)) {
        for (size_t i = 0; i < SYSTEMS; i++)
            if (systems[i]->opens(word) && !foreign_owner(word))
                return systems[i];
        if (!known && (known = foreign_owner(word)))
            *foreign = word;
    }
    return known;
}

enum err marking_parse(struct bytes text, const struct marking_reader *who, struct marking *out, size_t *at,
                       struct fail *f)
{
    size_t ignored = 0;
    struct bytes whole = word_trim(text), foreign = whole;
    char shown[WORD_SHOW];

    at = at ? at : &ignored;
    *at = 0;
    if (text.len > MARKING_TEXT_MAX)
        return fail_set(f, E_TOO_LARGE, "a mark of more than %zu bytes", MARKING_TEXT_MAX);
    if (whole.len == 0)
        return fail_set(f, E_INVALID, "an empty mark: write one such as TLP:AMBER");

    const struct marking_system *system = system_of(whole, &foreign);
    *at = (size_t)(foreign.data - text.data);
    if (!system && word_starts(whole, "//")) /* not a US document, in the US grammar */
        return foreign_refuse(&foreign_systems[0], whole, f);
    if (!system)
        return fail_set(f, E_INVALID, "unknown mark '%s': write one such as TLP:AMBER or TLP:RED//ORCON",
                        word_show(whole, shown));
    if (!system->parse)
        return foreign_refuse(system, foreign, f);

    *at = 0;
    struct marking m = { .system = system };
    enum err e = system->parse(text, who, &m, at, f);
    if (e == OK)
        *out = m;
    else
        marking_clear(&m);
    return e;
}

enum err marking_read(const char *text, struct marking *out, struct fail *f)
{
    static const struct marking_reader nobody = { 0 };
    return marking_parse(bytes_str(text), &nobody, out, NULL, f);
}

void marking_print(const struct marking *m, const char *domain, struct buf *out)
{
    m->system->print(m, domain, out);
}

char *marking_text(const struct marking *m, const char *domain)
{
    struct buf b;
    buf_init(&b, (size_t)64 << 20); /* the union of a report's compartments, at the very most */
    marking_print(m, domain, &b);
    return buf_steal_text(&b);
}

bool marking_is_set(const struct marking *m)
{
    return m->system != NULL;
}

void marking_copy(const struct marking *m, struct marking *out)
{
    struct marking copy = *m;
    copy.compartments = copy.rel_to = (struct marking_names){ 0 };
    names_copy(&m->compartments, &copy.compartments);
    names_copy(&m->rel_to, &copy.rel_to);
    *out = copy;
}

void marking_clear(struct marking *m)
{
    names_clear(&m->compartments);
    names_clear(&m->rel_to);
    *m = (struct marking){ 0 };
}

enum marking_order marking_compare(const struct marking *a, const struct marking *b)
{
    return a->system == b->system ? a->system->compare(a, b) : MARKING_INCOMPARABLE;
}

void marking_join(const struct marking *a, const struct marking *b, struct marking *out)
{
    if (a->system != b->system)
        BUG("join of two marking systems");
    struct marking m = { .system = a->system };
    a->system->join(a, b, &m);
    *out = m;
}

void marking_banner_add(struct marking *banner, const struct marking *portion)
{
    struct marking sum;
    if (marking_is_set(banner))
        marking_join(banner, portion, &sum);
    else
        marking_copy(portion, &sum);
    sum.tearline = false;
    sum.note = NULL;
    marking_clear(banner);
    *banner = sum;
}

enum err marking_fits(const struct marking *m, const char *what, struct fail *f)
{
    AUTO(buf_freep) struct buf *text = buf_new(MARKING_TEXT_MAX);
    if (m->compartments.count > MARKING_NAMES_MAX || m->rel_to.count > MARKING_NAMES_MAX)
        return fail_set(f, E_TOO_LARGE, "%s has more than %zu names", what, MARKING_NAMES_MAX);
    marking_print(m, NULL, text);
    return buf_check(text, what, f);
}

bool marking_has_compartment(const struct marking *m, const char *name)
{
    return names_has(&m->compartments, name);
}

bool marking_part(const struct marking *m, size_t i, struct marking_part *out)
{
    return m->system->onward(m, i, out);
}

bool marking_listed(const struct marking *m, const char *domain)
{
    return !m->has_rel_to || names_has(&m->rel_to, domain);
}

bool marking_cleared(const struct marking *m, const char *clearance)
{
    return !clearance || !*clearance || m->system->cleared(m, clearance);
}

const char *marking_system_name(const struct marking *m)
{
    return m->system->name;
}

static bool opens_a_mark(struct bytes word)
{
    for (size_t i = 0; i < SYSTEMS; i++)
        if (systems[i]->opens(word))
            return true;
    for (const struct marking_system *s = foreign_systems; s->name; s++)
        if (s->opens(word))
            return true;
    return false;
}

/* A `//` that a scheme's colon precedes is a URL's, and most URLs in parentheses are no marks. */
static bool has_parts(struct bytes text)
{
    for (size_t i = 0; i + 1 < text.len; i++)
        if (text.data[i] == '/' && text.data[i + 1] == '/' && (i == 0 || text.data[i - 1] != ':'))
            return true;
    return false;
}

/* TLP:RED, and what hasty fingers make of it: TLP RED, TLP-RED, TLP;RED, TLP:PURPLE */
static bool starts_as_label(struct bytes text)
{
    static const char *const labels[] = { "CLEAR", "WHITE", "GREEN", "AMBER", "RED" };
    if (!word_starts(text, "TLP"))
        return false;
    text = word_trim(word_after(text, 3));
    if (text.len && text.data[0] == ':')
        return true;
    while (text.len && !((text.data[0] | 0x20) >= 'a' && (text.data[0] | 0x20) <= 'z'))
        text = word_after(text, 1);
    for (size_t i = 0; i < sizeof labels / sizeof *labels; i++)
        if (word_starts(text, labels[i]))
            return true;
    return false;
}

bool marking_claims(struct bytes text, bool closed)
{
    struct bytes word = word_trim(text);
    if (starts_as_label(word))
        return true;
    return closed && (has_parts(word) || (word_is_capitals(word) && opens_a_mark(word)));
}
