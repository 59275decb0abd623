/* SPDX-License-Identifier: Apache-2.0
 * exchange/briefed.h - was he briefed? asked of the originator's node, by its own people or by a partner's
 * (docs/protocol.md, 5) */
#ifndef EXCHANGE_BRIEFED_H
#define EXCHANGE_BRIEFED_H

#include <jansson.h>

#include "exchange/auth.h"

/*
 * briefed_answer: ${in} is {person, portion} or {person, report, n}; `fields` (numbers) asks for those fields of the
 * briefing's entry instead of evidence; `wait` false: outsiders are not waited for. ${out}: as api/openapi.yaml says, with the evidence file as text; caller
 * owns. A portion that is unknown, hidden from the asker, not shared with him, or not his to ask about: one refusal
 * (REASON_NOT_YOURS), the same to the byte, after the same work.
 */
MUST_USE enum err briefed_answer(struct node *n, const struct asker *a, const json_t *in, json_t **out,
                                 struct fail *f);

#endif
