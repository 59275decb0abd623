/* SPDX-License-Identifier: Apache-2.0
 * tests/simulate/world.h - who and what there is in the simulated world, chance, clocks, and the record of what was done */
#ifndef TESTS_SIMULATE_WORLD_H
#define TESTS_SIMULATE_WORLD_H

#include <stdio.h>

#include "flow.h"

#include "exchange/lists.h"
#include "exchange/timer.h"
#include "store/item.h"
#include "store/notice.h"
#include "store/override.h"
#include "store/request.h"

#define ORGS_MAX      30
#define STEP_MS       600000
#define SKEW_MS       30000
#define REPORTS_MAX   4096
#define HOLDINGS_MAX  16384
#define REQUESTS_MAX  8192
#define PROOFS_MAX    4096
#define OVERRIDES_MAX 2048

/* ---- chance, the same for the same seed ---- */

static uint64_t chance_state;

static uint64_t chance(uint64_t below) /* splitmix64 */
{
    uint64_t z = chance_state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (z ^ (z >> 31)) % below;
}

/* ---- clocks: one a node, since a node's clock takes no argument ---- */

static int64_t offsets[ORGS_MAX];

/* clang-format off */
#define CLOCKS(X) \
    X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14) X(15) X(16) X(17) X(18) X(19) \
    X(20) X(21) X(22) X(23) X(24) X(25) X(26) X(27) X(28) X(29)
/* clang-format on */
#define X(i)                                                                                                 \
    static uint64_t clock_##i(void)                                                                          \
    {                                                                                                        \
        return (uint64_t)((int64_t)test_clock_ms + offsets[i]);                                              \
    }
CLOCKS(X)
#undef X
#define X(i) clock_##i,
static uint64_t (*const clocks[ORGS_MAX])(void) = { CLOCKS(X) };
#undef X

/* ---- the world ---- */

enum who { ANN, OLE, ROB, PAT, PEOPLE }; /* author, officer, reader, authority */
static const char *const names[PEOPLE] = { "ann", "ole", "rob", "pat" };
static const char *const roles[PEOPLE] = { "reader,author", "reader,officer", "reader", "reader,authority" };
static const unsigned role_bits[PEOPLE] = { ROLE_READER | ROLE_AUTHOR, ROLE_READER | ROLE_OFFICER,
                                            ROLE_READER, ROLE_READER | ROLE_AUTHORITY };

struct org {
    char *domain, *person[PEOPLE], *home;
    struct key *key[PEOPLE];
    struct node *n; /* NULL: down */
};
static struct org orgs[ORGS_MAX];
static size_t org_count;

struct written {
    size_t of, portion_count;
    char id[UUID_TEXT], portion[PORTIONS_MAX][UUID_TEXT];
};
static struct written reports[REPORTS_MAX];
static size_t report_count;

/* A package that reached a holder. */
struct holding {
    size_t org, report;
    char share[UUID_TEXT];
    char *bytes;
    size_t len;
};
static struct holding holdings[HOLDINGS_MAX];
static size_t holding_count;

struct asked {
    size_t by, of, report;
    char id[UUID_TEXT];
};
static struct asked requests[REQUESTS_MAX];
static size_t request_count;

/* What the authority of an organisation can show: that it was briefed on a portion. */
struct shown {
    size_t org, report;
    char portion[UUID_TEXT], share[UUID_TEXT];
    char *presence;
};
static struct shown proofs[PROOFS_MAX];
static size_t proof_count;

struct overridden {
    size_t by, of;
    char id[UUID_TEXT];
};
static struct overridden overrides[OVERRIDES_MAX];
static size_t override_count;

static FILE *out;

/* A line of the record; ${v} is taken over. */
static void record(const char *what, const struct org *at, json_t *v)
{
    json_set_str(v, "ev", what);
    if (at) {
        json_set_str(v, "org", at->domain);
        json_set_u64(v, "t", (uint64_t)((int64_t)test_clock_ms + offsets[at - orgs]));
    }
    AUTO(str_freep) char *text = json_text(v);
    if (fprintf(out, "%s\n", text) < 0)
        exit(1);
    json_decref(v);
}

static void set_result(json_t *v, enum err e, const struct fail *f)
{
    json_set_str(v, "result", e == OK ? "ok" : f->reason ? reason_code(f->reason) : err_row(e)->name);
    if (e != OK)
        json_set_str(v, "what", f->what);
}

/* One that is up, and not ${but}; NULL if chance did not find one. */
static struct org *some_org(const struct org *but)
{
    struct org *o = &orgs[chance(org_count)];
    return o->n && o != but ? o : NULL;
}

#endif
