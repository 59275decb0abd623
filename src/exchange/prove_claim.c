/* SPDX-License-Identifier: Apache-2.0
 * exchange/prove_claim.c - the lines of a claim that are the originator's word: family, reports, assumptions */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "exchange/prove_internal.h"
#include "marking/marking.h"
#include "store/leaf.h"
#include "store/report.h"
#include "store/store.h"

#define NO_MONITOR    "no-monitor"
#define ALL_OF        "organisation-wide"
#define REPORT_LAG_MS 86400000 /* what a policy has unless it says otherwise */

static void add_item(struct evidence_list *l, const char *text)
{
    if (l->count == EVIDENCE_LIST_MAX)
        BUG("a list of evidence that is full");
    l->item[l->count++] = bytes_str(text);
}

/* Whose first briefings are counted. */
static enum err count_one(uint32_t generation, const char *person, uint64_t idx, void *ctx, struct fail *f)
{
    uint64_t *count = ctx;
    (void)generation;
    (void)person;
    (void)idx;
    (void)f;
    ++*count;
    return OK;
}

/* Tellings to somebody named only in words: on the list of everybody, and nobody's first. */
static enum err told_in_words(struct making *m, struct fail *f)
{
    uint64_t listed = 0, named = 0;
    for (uint32_t g = 1; g <= m->n->generation; g++) {
        uint64_t count, last;
        TRY(store_tag_counter_get(m->db, g, TAG_LIST, m->portion, "", &count, &last, f));
        listed += count;
    }
    TRY(store_briefing_list(m->db, m->portion, count_one, &named, f));
    if (listed > named) {
        snprintf(m->words, sizeof m->words, "told-in-words:%llu", (unsigned long long)(listed - named));
        add_item(&m->e->assume, m->words);
    }
    return OK;
}

static enum err note_tearline(const struct portion_row *row, void *ctx, struct fail *f)
{
    AUTO(marking_clear) struct marking mark = { 0 };
    bool *tearline = ctx;
    TRY(marking_read(row->mark, &mark, f));
    *tearline = *tearline || mark.tearline;
    return OK;
}

/* Which other portions have the same text, or a part of it: no report records more than that it has tearlines, and
 * not of which portion each is. */
static enum err set_family(struct making *m, const char *report, struct fail *f)
{
    bool tearline = false;
    TRY(store_portion_list(m->db, report, note_tearline, &tearline, f));
    m->e->family = tearline ? EVIDENCE_FAMILY_NOT_COVERED : EVIDENCE_FAMILY_NONE;
    return OK;
}

static enum err set_assumptions(struct making *m, struct fail *f)
{
    static const char *const always[] = { "declared-tellings", "family-by-originator",
                                          "ledgers-by-originator", "one-identity", "reader-software" };
    for (size_t i = 0; i < COUNT(always); i++)
        add_item(&m->e->assume, always[i]);
    if (strcmp(m->host, m->organisation) != 0)
        add_item(&m->e->assume, "guests");
    return told_in_words(m, f);
}

/* What those have reported who could release it, too. */
static void set_reports(struct making *m)
{
    for (size_t i = 0; i < m->reporters.count; i++) {
        const struct reporter *r = &m->reporters.each[i];
        struct evidence_report *line = &m->e->report[m->e->report_count++];
        snprintf(line->domain, sizeof line->domain, "%s", r->domain);
        /* a statement whose maker we trust no more shows nothing to anybody */
        if (r->jws && trust_card(&m->trust, r->domain)) {
            line->until_ms = r->until_ms;
            line->jws = bytes_str(r->jws);
        }
    }
}

/* Each makes the answer unknown, in the order in which a verifier finds them. */
static void set_reasons(struct making *m, bool wide)
{
    if (wide)
        add_item(&m->e->reason, ALL_OF);
    for (size_t i = 0; i < m->e->report_count; i++) {
        const struct evidence_report *r = &m->e->report[i];
        if (r->jws.len && r->until_ms + REPORT_LAG_MS >= m->e->time_ms)
            continue;
        m->missing[i] = str_format("report-missing:%s", r->domain);
        add_item(&m->e->reason, m->missing[i]);
    }
    for (size_t i = 0; i < m->cut_count; i++)
        add_item(&m->e->reason, m->cuts[i]);
    if (!m->monitored)
        add_item(&m->e->reason, NO_MONITOR);
    if (m->e->reason.count)
        m->e->claim = EVIDENCE_UNKNOWN;
}

enum err prove_claim(struct making *m, const char *uuid, bool wide, struct fail *f)
{
    AUTO(store_portion_clear) struct portion_row row = { 0 };
    TRY(store_portion_get(m->db, uuid, &row, f));
    TRY(set_family(m, row.report, f));
    TRY(set_assumptions(m, f));
    TRY(reporters_of(m->db, row.report, uuid, &m->reporters, f));
    set_reports(m);
    set_reasons(m, wide);
    return OK;
}
