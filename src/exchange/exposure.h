/* SPDX-License-Identifier: Apache-2.0
 * exchange/exposure.h - what came from a source, who knows of it, and what was tried
 *
 * A handle is sealed by its author's client, kept as it came, and compared in the keeper (keeper_match), for a question that
 * is an act on record. It stands in no package, statement to others, log, or error. Who may learn which portions are from
 * a source says policy_may_trace_source by the mark of the handle; for all others there is nothing to find. */
#ifndef EXCHANGE_EXPOSURE_H
#define EXCHANGE_EXPOSURE_H

#include "exchange/acts.h"

/* exposure_check: body.sources of a share act: {portion, mark, sealed}: of portions that it names, marks canonical and not
 * TLP:CLEAR, handles sealed to this node. exposure_write: in its writer job, once the portions are there. */
MUST_USE enum err exposure_check(struct node *n, const struct act *share, struct fail *f);
MUST_USE enum err exposure_write(struct db *db, const struct act *share, struct fail *f);

/* Of the row `exposure` in the table of acts: body {sealed}, about no report, for nobody else. */
MUST_USE enum err exposure_prepare(struct act_call *c, struct fail *f);
MUST_USE enum err exposure_place(struct act_call *c, struct db *db, struct place at, struct fail *f);

/*
 * exposure_answer: carry the act out, and answer it. ${out}: {exposure, entry, at, reports[]{report, short, author, shared,
 * portions[]{n, id, mark}, persons[], totals[] (both as exchange/knowers.h has them, of these portions), overrides[]
 * {override, short, giver, by, to, at, oral, review, n[]}, attempts[]{alert, short, copy_of, by, at, n, state}},
 * totals{reports, portions, briefed, told, overrides, attempts}}; caller owns.
 */
MUST_USE enum err exposure_answer(struct node *n, const struct asker *a, struct bytes act_jws, json_t **out,
                                  struct fail *f);

#endif
