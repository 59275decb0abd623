/* SPDX-License-Identifier: Apache-2.0
 * The list of statements: none walks over a table that grows, or sorts one, but for those that are told of here. */
#include <sqlite3.h>

#include "fixture.h"

#include "store/sql.h"

#define SORT "USE TEMP B-TREE FOR ORDER BY"

/* Statements that may walk or sort all the same, and why. A row that is not needed fails. */
static const struct allowed {
    enum sql statement;
    const char *plan; /* what the line of the plan begins with */
} allowed[] = {
    /* as many as there are versions of this program, partners, people who want mail, compartments, witnesses */
    { Q_MIGRATION_ANY, "SCAN migration" },
    { Q_MIGRATION_LIST, "SCAN migration" },
    { Q_CARD_LIST, "SCAN card USING INDEX" },
    { Q_CARD_OWN, "SCAN card" },
    { Q_MAIL_LIST, "SCAN mail USING INDEX" },
    { Q_COMPARTMENT_LIST, "SCAN compartment_term USING INDEX" },
    { Q_WATCHED_LIST, "SCAN watched" },
    { Q_COSIGNER_LIST, "SCAN cosigner" },
    { Q_HELD_SUM_LIST, "SCAN held_sum" },
    { Q_HELD_SUM_LIST, SORT },
    /* a page of a list, in the order of an index: it ends with its LIMIT */
    { Q_REPORT_LIST, "SCAN report USING INDEX report_shared" },
    { Q_HELD_LIST, "SCAN h USING INDEX held_received" },
    { Q_ALERT_LIST, "SCAN alert USING INDEX alert_at" },
    { Q_INQUIRY_LIST, "SCAN inquiry USING INDEX inquiry_at" },
    { Q_TASK_LIST, "SCAN task" }, /* by its primary key */
    { Q_REMINDER_NEXT, "SCAN reminder USING COVERING INDEX reminder_due" },
    /* what waits for a partner to be confirmed: QUARANTINE_ALL at most, and asked when one of them comes */
    { Q_QUARANTINE_LIST, "SCAN quarantine" },
    { Q_QUARANTINE_USAGE_ALL, "SCAN quarantine" },
    { Q_QUARANTINE_FIRST, SORT },
    /* sorts what one person has, who is away now, or a page's worth of what is open to somebody */
    { Q_DEVICE_LIST, SORT },
    { Q_DRAFT_LIST, SORT },
    { Q_ABSENCE_LIST, SORT },
    { Q_SECOND_LIST, SORT },
    { Q_ITEM_LIST, SORT },
    { Q_NOTICE_LIST, SORT },
    /* sorts the rows of one report, portion, share, override or request */
    { Q_DERIVED_LIST_SOURCE, SORT },
    { Q_COPY_LIST_SHARE, SORT },
    { Q_COPY_NEWEST, SORT },
    { Q_HELD_NEWEST, SORT },
    { Q_HELD_LIST_REPORT, SORT },
    { Q_HELD_ORIGIN, SORT },
    { Q_HELD_PORTION_LIST, SORT },
    { Q_HELD_PORTION_MERGED, SORT },
    { Q_OVERRIDE_PORTIONS, SORT },
    { Q_OVERRIDE_COPY_LIST, SORT },
    { Q_OVERRIDE_COPY_LIST_REPORT, SORT },
    { Q_REQUEST_LIST, SORT },
    { Q_REQUEST_PORTION_LIST, SORT },
    { Q_BRIEFING_LIST, SORT },
    { Q_REFUSAL_LIST_REPORT, SORT },
    /* sorts the partners that one statement goes to, and the statements of one digest: one, but for two makers of one text */
    { Q_OUTBOX_LIST, SORT },
    { Q_STATEMENT_BY_DIGEST, SORT },
    /* sorts the record of one partner: what waits for him, and a year of what was said */
    { Q_STATEMENT_UNACKED, SORT },
    { Q_STATEMENT_BETWEEN, SORT },
};

/* A search by an index can walk as far as a scan does: these go by the one that was made for them. */
static const struct allowed wanted[] = {
    { Q_ITEM_LIST, "SEARCH item USING INDEX item_audience (audience=? AND done_ms<?)" },
    { Q_ALERT_COUNT, "SEARCH alert USING INDEX alert_at (at_ms>?)" },
    { Q_STATEMENT_UNACKED, "SEARCH o USING INDEX outbox_due (state=? AND partner=?)" },
    { Q_OUTBOX_WAITING, "SEARCH o USING INDEX outbox_due (state=? AND partner=?)" },
    { Q_OUTBOX_NEXT, "SEARCH outbox USING COVERING INDEX outbox_due (state=? AND partner=?)" },
    { Q_OUTBOX_PARTNERS, "SEARCH outbox USING COVERING INDEX outbox_due (state=?)" },
    { Q_REQUEST_LIST_DUE, "SEARCH request USING INDEX request_state (state=? AND due_ms<?)" },
    { Q_INQUIRY_DUE, "SEARCH inquiry USING INDEX inquiry_state (state=? AND due_ms<?)" },
    { Q_SECOND_DUE, "SEARCH second USING INDEX second_until (until_ms<?)" },
    { Q_REMINDER_LIST, "SEARCH reminder USING INDEX reminder_due (due_ms<?)" },
    { Q_LIST_NAMING, "SEARCH list USING INDEX list_kind (kind=?)" },
    { Q_OVERRIDE_UNTOLD, "SEARCH override USING INDEX override_untold (originator=? AND to_whom=?)" },
};
static bool met[COUNT(allowed)], seen[COUNT(wanted)];

static bool begins(const char *line, const char *with)
{
    return strncmp(line, with, strlen(with)) == 0;
}

/* Whether a line of a plan tells of more work than the statement's rows are worth. "SCAN CONSTANT ROW" is of no table; an automatic
 * index is made anew each time. What is sorted in the order of an index but for its last terms is sorted in small parts. */
static bool is_heavy(const char *line)
{
    return (begins(line, "SCAN ") && !begins(line, "SCAN CONSTANT ROW")) || begins(line, SORT) ||
           strstr(line, " AUTOMATIC ");
}

static bool is_allowed(enum sql q, const char *line)
{
    bool found = false;
    for (size_t i = 0; i < COUNT(allowed); i++)
        if (allowed[i].statement == q && begins(line, allowed[i].plan))
            found = met[i] = true;
    return found;
}

static void look(sqlite3 *conn, enum sql q)
{
    char *text = sqlite3_mprintf("EXPLAIN QUERY PLAN %s", sql_list[q].text);
    sqlite3_stmt *plan = NULL;
    bool good = true;
    for (char *at = text; (at = strchr(at, '$'));)
        *at = '?';
    ok(sqlite3_prepare_v2(conn, text, -1, &plan, NULL) == SQLITE_OK, "%s has a plan", sql_list[q].name);
    while (plan && sqlite3_step(plan) == SQLITE_ROW) {
        const char *line = (const char *)sqlite3_column_text(plan, 3);
        for (size_t i = 0; i < COUNT(wanted); i++)
            seen[i] |= wanted[i].statement == q && begins(line, wanted[i].plan);
        if (is_heavy(line) && !is_allowed(q, line))
            good = ok(false, "%s: %s", sql_list[q].name, line);
    }
    ok(good, "%s goes by an index", sql_list[q].name);
    sqlite3_finalize(plan);
    sqlite3_free(text);
}

int main(void)
{
    sqlite3 *conn = NULL;
    begin();
    ok(sqlite3_open_v2(path, &conn, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK, "the new store, once more");
    for (unsigned q = 0; q < Q_COUNT; q++)
        look(conn, q);
    sqlite3_close(conn);
    for (size_t i = 0; i < COUNT(allowed); i++)
        ok(met[i], "%s must be allowed: %s", sql_list[allowed[i].statement].name, allowed[i].plan);
    for (size_t i = 0; i < COUNT(wanted); i++)
        ok(seen[i], "%s: %s", sql_list[wanted[i].statement].name, wanted[i].plan);
    ok(is_heavy("SCAN item") && is_heavy("SCAN item USING INDEX item_ref") && is_heavy(SORT) &&
           is_heavy("SEARCH a USING AUTOMATIC COVERING INDEX (x=?)"),
       "a walk, a sort and an index for once are seen");
    ok(!is_heavy("SEARCH item USING INDEX item_ref (ref=?)") && !is_heavy("SCAN CONSTANT ROW"),
       "others are not");
    return end();
}
