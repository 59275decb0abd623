/* SPDX-License-Identifier: Apache-2.0
 * exchange/course.h - the course of a report: where its copies went, and what was said about it, in order
 *
 * Both show what exchange/aware.h lets the asker know of, and nothing of a portion that it does not: no edge, no line, no
 * organisation that would be there for its sake only. What a person did himself he sees; the rest is for officers,
 * auditors and authors, as a request is (view_request). */
#ifndef EXCHANGE_COURSE_H
#define EXCHANGE_COURSE_H

#include <jansson.h>

#include "exchange/auth.h"

/*
 * course_path: {report, at, organisations[], edges[]{n, from, to, kind, by, at, entry, until, ref}}: one for each copy and
 * try. kind: granted, recalled, override, refused; of what we hold also asked, denied. `to` is a domain, a person, or words;
 * organisations are in the order in which they came to it. Caller owns ${out}.
 *
 * course_timeline: {report, at, lines[]{at, kind, by, from, to[], n[], ref, id, direction, delivery, entry}}: one for each
 * statement made or taken, in order; entry: the last that our ledger made with it; delivery of ours: queued, delivered, failed, or "".
 */
MUST_USE enum err course_path(struct node *n, const struct asker *a, const char *report, json_t **out,
                              struct fail *f);
MUST_USE enum err course_timeline(struct node *n, const struct asker *a, const char *report, json_t **out,
                                  struct fail *f);

#endif
