/* SPDX-License-Identifier: Apache-2.0 - docs/acts.md is the table of acts, printed: with --print, or held against the
 * page as it stands, so that it can't go stale */
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"
#include "exchange/acts.h"
#include "tap.h"

#define PAGE_MAX 65536

static const char head[] =
    "# Acts\n\n"
    "What people do, and what organisations tell one another. This page is printed from the table of acts\n"
    "(`src/exchange/acts_table.c`) and is not edited by hand: a test holds it against the table, and "
    "another,\n"
    "`tests/unit/exchange/test_walk.c`, tries each act by each role in each state of a request. What is in "
    "an act is\n"
    "in [protocol.md](protocol.md).\n\n"
    "- *Who may*: the roles of which one is needed. *The node*: no person does it; a rule or the clock does, "
    "or an\n"
    "  administrator by a verb of the home.\n"
    "- *Request*: the state in which the request that it is about must be, and the one in which it leaves "
    "it.\n"
    "  *Pending* is open, or silent: nobody answered in time, and nobody has decided since.\n"
    "- *Ledger entry*: its kind in its maker's ledger; a taker's may be another, such as `received` for a "
    "share.\n"
    "- *Made by*: whose organisation says it, of a report: its originator, or a holder; *any*: it is about "
    "no report.\n"
    "- *Partners take it*: as a statement or with a package; *also introduced*: even from who is known by a "
    "request\n"
    "  only. *No*: it stays at home.\n"
    "- *Inbox*: the item at who takes it, and for whom, where the engine makes it; acts that need another "
    "make their\n"
    "  own.\n\n"
    "| act | what it does | who may | request | ledger entry | made by | partners take it | inbox |\n"
    "|---|---|---|---|---|---|---|---|\n";

static const char *const states[ACT_STATES] = {
    [ACT_ANY] = "",          [ACT_OPEN] = "open",     [ACT_PENDING] = "pending",    [ACT_GRANTED] = "granted",
    [ACT_DENIED] = "denied", [ACT_SILENT] = "silent", [ACT_WITHDRAWN] = "withdrawn"
};

static void put_who(struct buf *out, const struct act_row *row)
{
    static const unsigned each[] = { ROLE_READER,    ROLE_AUTHOR,  ROLE_OFFICER,
                                     ROLE_AUTHORITY, ROLE_AUDITOR, ROLE_ADMIN };
    bool any = false;
    for (size_t i = 0; i < COUNT(each); i++) {
        char name[64];
        if (!(row->who & each[i]))
            continue;
        auth_roles_print(each[i], name);
        buf_put_str(out, any ? " or " : "");
        buf_put_str(out, name);
        any = true;
    }
    buf_put_str(out, any ? " | " : "the node | ");
}

static void put_request(struct buf *out, const struct act_row *row)
{
    bool change = row->from != ACT_ANY || row->to != ACT_ANY;
    buf_put_str(out, row->from == ACT_ANY && change ? "new" : states[row->from]);
    buf_put_str(out, change ? " to " : "");
    buf_put_str(out, states[row->to]);
    buf_put_str(out, " | ");
}

static const char *maker(const struct act_row *row)
{
    return row->by_originator ? "originator" : row->for_all || !row->take ? "any" : "holder";
}

static void put_taken(struct buf *out, const struct act_row *row)
{
    buf_put_str(out, !row->take                   ? "no"
                     : row->max == JOSE_MAX_LARGE ? "package"
                     : row->packaged              ? "statement or package"
                                                  : "statement");
    buf_put_str(out, row->introduced ? ", also introduced | " : " | ");
}

static void put_row(struct buf *out, const struct act_row *row)
{
    const char *cells[] = { "| `", row->kind, "` | ", row->help, " | " };
    for (size_t i = 0; i < COUNT(cells); i++)
        buf_put_str(out, cells[i]);
    put_who(out, row);
    put_request(out, row);
    buf_put_str(out, kind_name(row->entry));
    buf_put_str(out, " | ");
    buf_put_str(out, maker(row));
    buf_put_str(out, " | ");
    put_taken(out, row);
    if (row->item) {
        buf_put_str(out, row->item);
        buf_put_str(out, ", for ");
        buf_put_str(out, row->item_for);
        buf_put_str(out, " ");
    }
    buf_put_str(out, "|\n");
}

static void put_page(struct buf *out)
{
    buf_put_str(out, head);
    for (size_t i = 0; i < acts_count(); i++)
        put_row(out, acts_at(i));
}

int main(int argc, char **argv)
{
    AUTO(buf_freep) struct buf *want = buf_new(PAGE_MAX);
    AUTO(buf_freep) struct buf *got = buf_new(PAGE_MAX);
    struct fail f = { 0 };
    put_page(want);
    if (argc == 2 && strcmp(argv[1], "--print") == 0)
        return fputs(buf_text(want), stdout) == EOF;
    ok(buf_check(want, "page", &f) == OK && file_read(ACTS_PAGE, got, &f) == OK, "the page: %s", f.what);
    ok(strcmp(buf_text(got), buf_text(want)) == 0,
       "docs/acts.md is what the table says; print it anew: "
       "build/tests/unit/exchange/test_exchange_acts_page --print >docs/acts.md");
    return tap_done();
}
