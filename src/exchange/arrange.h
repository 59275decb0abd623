/* SPDX-License-Identifier: Apache-2.0
 * exchange/arrange.h - the standing terms between us and a partner, signed by an officer of each (policy/terms.h says what they are)
 *
 * A version that is agreed replaces the one before for what is given from then on. What was given before is judged by the stricter
 * of the version of that time and the newest, so that a change never widens it; given before any terms, it is under none. */
#ifndef EXCHANGE_ARRANGE_H
#define EXCHANGE_ARRANGE_H

#include <jansson.h>

#include "exchange/auth.h"
#include "policy/terms.h"
#include "store/arrangement.h"

struct db;

/* arrange_terms: the terms of ${row}; E_STORE if they are damaged. Caller owns. */
MUST_USE enum err arrange_terms(const struct arrangement_row *row, json_t **out, struct fail *f);

/*
 * arrange_say: what the terms with ${partner} say of a portion with this mark that was given at ${given_ms} by our clock; ${version} is
 * that of ${given_ms}, 0: none. ${answer_hours} (may be NULL) for ${precedence}: the longer of both.
 */
MUST_USE enum err arrange_say(struct db *db, const char *partner, const struct marking *mark,
                              uint64_t given_ms, const char *precedence, struct terms_say *out,
                              uint64_t *version, uint32_t *answer_hours, struct fail *f);

/* arrange_may_override: whether the terms with ${originator} let ${person} of ours: REASON_TERMS_OVERRIDE if not. */
MUST_USE enum err arrange_may_override(struct db *db, const char *originator, const char *person,
                                       struct fail *f);

/* arrange_may_hold: whether the terms with ${partner} let an authority's client hold keys; true where there are none.
 * arrange_no_held: whether keys of what is given to ${holder} (a domain) are held by nobody: by those terms, or by the `no_held` of
 * the act's ${body}. */
MUST_USE enum err arrange_may_hold(struct db *db, const char *partner, bool *may, struct fail *f);
MUST_USE enum err arrange_no_held(struct node *n, const json_t *body, const char *holder, bool *no_held,
                                  struct fail *f);

/* arrange_oversight: whether the terms in force with ${partner} let its auditors see evidence about our people; false where there
 * are none. The newest terms alone count: nothing is given by them. */
MUST_USE enum err arrange_oversight(struct db *db, const char *partner, bool *may, struct fail *f);

/* arrange_view: {partner, current: {version, terms, ...} or null, versions[]}. Caller owns. */
MUST_USE enum err arrange_view(struct node *n, const char *partner, json_t **out, struct fail *f);

/* arrange_run: the timer's job: requests that were told long enough before, and nobody denied, are granted. */
MUST_USE enum err arrange_run(struct node *n, uint64_t now_ms, uint64_t *next_ms, struct fail *f);

#endif
