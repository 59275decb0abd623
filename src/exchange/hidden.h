/* SPDX-License-Identifier: Apache-2.0
 * exchange/hidden.h - HIDDEN portions travel apart: each in a share of its own, to organisations where somebody
 * may know of it (exchange/aware.h), when the report is shared or when the first such person is read in */
#ifndef EXCHANGE_HIDDEN_H
#define EXCHANGE_HIDDEN_H

#include <jansson.h>

#include "exchange/node.h"

struct db;
struct portion_row;

/* hidden_terms: what the share of a hidden portion says of its readers: `persons[]` where ${whom} is one, so that
 * their node shows it to nobody else. Caller owns. */
json_t *hidden_terms(const char *whom);

/* hidden_number: what a hidden portion is numbered in the view of ${holder}, who may have others: after them, and
 * after all that is seen. */
MUST_USE enum err hidden_number(struct db *db, const char *report, const char *holder, uint32_t *n,
                                struct fail *f);

/*
 * hidden_yours: whether ${portion}, an id that a partner's statement names, is one of that report of ours, was given to ${home}
 * and is not hidden from ${person}. Everything else is one: a portion that is not there, is another report's, is hidden from him
 * or was not given takes the same look-ups, so that the caller can answer alike also in time. ${row} is filled where there is one.
 */
struct hidden_asked {
    const char *portion, *report;
    const char *person, *home; /* whose organisation, or host, sent the statement */
};
MUST_USE enum err hidden_yours(struct node *n, struct db *db, const struct hidden_asked *asked,
                               struct portion_row *row, bool *yours, struct fail *f);

/* hidden_given: whether ${holder} got this portion of ours, or anybody may have it. */
MUST_USE enum err hidden_given(struct db *db, const struct portion_row *portion, const char *holder,
                               bool *given, struct fail *f);

/* hidden_note: which of ${portions} are hidden, as `hidden[]` into ${body} of a decision about them, so that the
 * nodes that take it show them to nobody else; nothing if none is. */
MUST_USE enum err hidden_note(struct db *db, const json_t *portions, json_t *body, struct fail *f);

/* hidden_owe: in a writer job: ${person} was read in: what his organisation may have now is owed to it. */
MUST_USE enum err hidden_owe(struct db *db, const char *person, uint64_t now_ms, struct fail *f);
/* hidden_deliver: the task (exchange/tasks.c): seals and sends what was shared with the organisation of
 * ${person} without it. Doing it again after a crash is fine. */
MUST_USE enum err hidden_deliver(struct node *n, const char *person, uint64_t task, struct fail *f);

#endif
