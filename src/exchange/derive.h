/* SPDX-License-Identifier: Apache-2.0
 * exchange/derive.h - reports of ours that cite what we hold from others, and held ones that say so: whose leave they
 * need, and what becomes of it (docs/protocol.md, Drafts that cite)
 *
 * What a portion cites stands as rows of JSON: {in, originator, report, portion, commitment}: `in` is the citing portion, the
 * others name what it cites; no commitment where that is public. derive.c decides on one source, derived.c on reports. */
#ifndef EXCHANGE_DERIVE_H
#define EXCHANGE_DERIVE_H

#include <jansson.h>

#include "exchange/auth.h"
#include "store/request.h"

struct act;
struct act_call;
struct aware;
struct db;
struct recipients;

#define DERIVE_LEAVES_MAX ((size_t)4096) /* cited portions times recipients, of one report */

/* One portion of somebody else's. Strings are borrowed; end it with derive_source_clear. */
struct derive_source {
    const char *originator, *report, *portion; /* in */
    uint32_t n; /* as our own people count; of HIDDEN ones 0: each counts for himself */
    char *mark; /* owned; NULL: not held */
    bool given; /* by its originator; not by an override alone */
    bool clear;
    uint64_t recalled_ms, shared_ms; /* by the originator's clock */
    char commitment[44];             /* "" of what is public */
};
void derive_source_clear(struct derive_source *s);

/* derive_find: what we hold of it. derive_may_cite: and whether ${person}, of our own, may cite it: RELEASED, or why not; then it
 * may be that nothing was found. */
MUST_USE enum err derive_find(struct node *n, struct db *db, struct derive_source *s, struct fail *f);
MUST_USE enum err derive_may_cite(struct node *n, struct db *db, const char *person, struct derive_source *s,
                                  enum reason *out, struct fail *f);

/* Whether it may go to ${to}, in a report that cites it. */
struct derive_leave {
    enum reason reason;      /* policy_source_leave */
    char request[UUID_TEXT]; /* the newest request of ours for it; "" without one */
    enum request_state state;
    uint64_t due_ms, until_ms; /* of that request; of the grant, 0: without end */
};
/* derive_leave: ${whom}: an organisation, or a person of one. ${s} as derive_find left it. */
MUST_USE enum err derive_leave(struct node *n, struct db *db, const struct derive_source *s, const char *whom,
                               struct derive_leave *out, struct fail *f);

/* derived_rows: what ${portion} of ${owner} cites; an empty list where it cites nothing. Caller owns. */
MUST_USE enum err derived_rows(struct db *db, const char *owner, const char *portion, json_t **out,
                               struct fail *f);

/*
 * derived_check: an author's share ${act}, which may have `derived_from[]` {in, originator, report, portion}: he may cite each,
 * the citing portion's mark (${marks}: portion -> mark) is no weaker, no circle comes of it, and each originator's leave is there
 * for each recipient. ${rows}: with commitments, empty where it cites nothing; caller owns, also after a failure.
 * REASON_SOURCE_LEAVE, CITES_...; of what he may not know REASON_NOT_YOURS.
 */
MUST_USE enum err derived_check(struct node *n, const struct act *act, const json_t *marks,
                                const struct recipients *to, json_t **rows, struct fail *f);
/* derived_write: in the writer job that keeps the report ${report} of ${owner}. */
MUST_USE enum err derived_write(struct db *db, const char *owner, const char *report, const json_t *rows,
                                struct fail *f);

/* derived_may_pass: whether those of ${portions}, which are ours, may go to ${whom} as far as what they cite is concerned:
 * REASON_SOURCE_LEAVE. derived_until: when the first leave for that ends, of ${rows} those of ${portion}; 0: none does. */
MUST_USE enum err derived_may_pass(struct node *n, struct db *db, const json_t *portions, const char *whom,
                                   struct fail *f);
MUST_USE enum err derived_until(struct node *n, struct db *db, const json_t *rows, const char *portion,
                                const char *whom, uint64_t *until_ms, struct fail *f);

/* derived_grant: derived_may_pass for an officer's grant. derived_limit: derived_until of what is stored of ${portion}, ours. */
MUST_USE enum err derived_grant(struct node *n, const json_t *portions, const char *whom, struct fail *f);
MUST_USE enum err derived_limit(struct node *n, struct db *db, const char *portion, const char *whom,
                                uint64_t *until_ms, struct fail *f);

/* derived_take: `derived_from[]` of a taken share: that it can be, and is no circle. */
MUST_USE enum err derived_take(const struct act_call *c, struct fail *f);

/* derived_recalled: in the writer job that takes a recall of ${portions}, from us or from ${holders}: who answers for reports that
 * cite them is told. */
MUST_USE enum err derived_recalled(struct act_call *c, struct db *db, const json_t *portions,
                                   const json_t *holders, struct fail *f);

/* derived_show: `derived_from[]` of the report ${report} of ${owner}, as far as ${a} knows it. */
MUST_USE enum err derived_show(struct node *n, struct db *db, const struct asker *a, const char *owner,
                               const struct aware *known, json_t *report, struct fail *f);

/* derived_preview: POST /v1/cited: {cites[]{report, n, originator}, to[]} -> {cited[]{state, report, short, originator, portion, n,
 * mark, leaves[]{to, state, reason, ...}}}, in the same order; what he may not cite has `state` refused, `reason` and `why`. */
MUST_USE enum err derived_preview(struct node *n, const struct asker *a, const json_t *in, json_t **out,
                                  struct fail *f);

#endif
