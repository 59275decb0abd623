/* SPDX-License-Identifier: Apache-2.0
 * client/cite.h - what a draft cites: looked up at the author's own node, and asked for (docs/protocol.md, Drafts that
 * cite) */
#ifndef CLIENT_CITE_H
#define CLIENT_CITE_H

#include "client/draft.h"
#include "client/session.h"

/* cite_look_up: struct draft_from's look_up; ${session}: a struct session. What may not be cited is refused with file and line, and
 * the node's reason. */
MUST_USE enum err cite_look_up(void *session, struct draft *d, struct fail *f);

/*
 * cite_leaves: to whom of ${holders} (domains and persons) what ${d} cites may go, each portion once, in the order of the draft:
 * [{in[] (the numbers of the portions that cite it), originator, report, short, portion, n, mark, leaves[]{to, state, reason,
 * request, request_state, due, until}}]. Caller owns. cite_missing: how many of these leaves there are not.
 */
MUST_USE enum err cite_leaves(struct session *s, const struct draft *d, const json_t *holders, json_t **cited,
                              struct fail *f);
size_t cite_missing(const json_t *cited);

/* What is asked, of each originator. Texts of act `request` (docs/protocol.md, 1). */
struct cite_asking {
    const char *reason, *by, *until, *precedence;
};

/*
 * cite_ask: one request to each originator, for each report of his that is cited and each organisation, of what is missing and not
 * asked for already. ${requests}: [{request, statement, originator, report, short, to, n[]}], also those before a failure. Caller
 * owns.
 */
MUST_USE enum err cite_ask(struct session *s, const json_t *cited, const struct cite_asking *a,
                           json_t **requests, struct fail *f);

#endif
