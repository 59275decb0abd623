/* SPDX-License-Identifier: Apache-2.0
 * policy/terms.h - standing terms that two organisations signed (docs/protocol.md, Arrangements), as far as they say how a
 * portion may go on. Pure: no clock, no store.
 *
 *   {"rules": [{"what": MARK | COMPARTMENT, "rule": "ask" | "tell-before" | "free", "hours": N}],
 *    "on_silence": "deny" | "grant", "answer": {"routine": HOURS, "priority":, "immediate":, "flash":},
 *    "override": "any" | "none" | [PERSON, ...], "held": "allow" | "deny", "oversight": "deny" | "allow"}
 *
 * held and oversight may be left out: then the first of each.
 *
 * A portion falls under the rule for its mark without compartments, and under the rule of each of its compartments; the strictest
 * of them counts, and a compartment without a rule is to be asked for. */
#ifndef POLICY_TERMS_H
#define POLICY_TERMS_H

#include <jansson.h>

#include "policy/decide.h"

#define TERMS_RULES_MAX 64
#define TERMS_HOURS_MAX 8760

enum terms_rule {
    TERMS_ASK,
    TERMS_TELL,
    TERMS_FREE,
    TERMS_NONE
}; /* none: the marks' own rules, and no others */

struct terms_say {
    enum terms_rule rule;
    uint32_t hours;      /* TERMS_TELL: told so long before */
    bool silence_grants; /* an unanswered request is granted */
};

/* terms_check: whether ${v} is such an object, with nothing else in it, each thing once, marks canonical. E_INVALID says what. */
MUST_USE enum err terms_check(const json_t *v, struct fail *f);

/* All others take what terms_check passed; NULL: no terms. terms_say: what they say of a portion with this mark. terms_stricter: of
 * two versions, whatever gives less. */
void terms_say(const json_t *v, const struct marking *m, struct terms_say *out);
void terms_stricter(const struct terms_say *a, const struct terms_say *b, struct terms_say *out);

/* terms_answer_hours: how long an answer to a request of this precedence may take; 0: not said. */
uint32_t terms_answer_hours(const json_t *v, const char *precedence);
/* terms_may_override: whether this person may, as far as the terms say. */
bool terms_may_override(const json_t *v, const char *person);

/* terms_may_hold: whether an authority's client may hold keys of what is given under them. terms_oversight: whether auditors of
 * either side see evidence about the other's people, on what was given between the two. */
bool terms_may_hold(const json_t *v);
bool terms_oversight(const json_t *v);

/* What is known of a request, all by the originator's clock. All zero: a forward, nobody waits. */
struct terms_wait {
    bool asked; /* it is a request that people may decide on */
    uint64_t asked_ms, due_ms, now_ms;
    uint32_t answer_hours; /* of its precedence; 0: not said */
};
/*
 * terms_leave: by which of the terms the portion goes now: REASON_TERMS_FREE, TERMS_TOLD or TERMS_SILENCE; REASON_NONE: by none.
 * A deadline that left less time than was agreed for an answer is no silence. terms_need: REASON_TERMS_ASK or TERMS_TELL where
 * they ask for more than the marks do; else REASON_NONE.
 */
enum reason terms_leave(const struct terms_say *say, const struct terms_wait *wait);
enum reason terms_need(const struct terms_say *say);

#endif
