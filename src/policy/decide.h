/* SPDX-License-Identifier: Apache-2.0
 * policy/decide.h - who may read a portion, and who may pass it on without asking (docs/formats.md, 5.2)
 *
 * A pure function over plain facts: no clock, no files, no store. Each rule gives one reason (base/reason.h)
 * or has nothing to say; the kind of the reason is its outcome: OK allows, E_NOT_RELEASED asks, anything else
 * denies. All rules are evaluated and all reasons kept, so that explain can print them. The answer is their
 * AND: one that denies decides, else one that asks, else all allow. Rules with several marking systems are no
 * exception.
 *
 * A struct policy_input that is all zero is denied: every fact has to be stated.
 */
#ifndef POLICY_DECIDE_H
#define POLICY_DECIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "marking/marking.h"

enum policy_outcome { POLICY_DENY, POLICY_ASK, POLICY_ALLOW }; /* the smaller one wins; zero is no leave */

enum policy_state { POLICY_UNKNOWN, POLICY_UNCONFIRMED, POLICY_SUSPENDED, POLICY_ACTIVE };

/* What the originator has signed about this portion and the asker's organisation. Times are POSIX
 * milliseconds by the originator's clock, 0 where the statement gives none. */
struct policy_release {
    bool exists;       /* a share, grant or override names the organisation or the asker */
    bool granted;      /* an officer decided on it: it stands for organisations that REL TO does not list */
    bool named;        /* it names the asker himself */
    bool organisation; /* it names the guest's own organisation, a client of his host */
    bool persons_only; /* it holds for the persons it names, not for their organisation */
    bool recalled;
    uint64_t from_ms, until_ms; /* holds from the first until before the second */
};

/* Who asks. */
struct policy_asker {
    const char *home; /* the organisation that vouches for him and presents his request */
    enum policy_state
        person; /* at home, or as home's signed notices say; a plain reader need not be confirmed */
    enum policy_state device; /* the key that signed */
    enum policy_state
        partner; /* home, as the originator knows it; not looked at for the originator's own people */
    const char *person_id;      /* compared with a copy that was issued to a person */
    const char *clearance;      /* text as vouched for, or NULL */
    const char *const *read_in; /* compartments, `domain/NAME` */
    size_t read_in_count;
    bool author; /* wrote the report */
    bool guest;  /* of another domain: home vouches for him, and holds what he reads */
};

/* To whom he would pass it on; for policy_onward only. */
struct policy_onward {
    const char *to;          /* organisation */
    enum policy_state state; /* as the originator knows it: ACTIVE is confirmed */
    bool in_community; /* on the originator's signed list of the community named in mark or arrangement */
    bool client;       /* on the signed client list of the asker's organisation */
    enum reason
        leave; /* by which of the terms with the asker's organisation it goes (policy/terms.h); NONE: by none */
    enum reason need; /* what those terms want beyond the marks; NONE: nothing */
};

/* What an object says that is no copy of ours (policy/foreign.h). Its list of readers narrows, never widens. */
struct policy_object {
    bool unmarked; /* it has neither attributes nor a list of readers */
    bool allowed;  /* the admin allows this asker, by name, to open such */
    bool narrowed; /* it has a list of readers */
    bool named;    /* the asker, or his organisation, is on it */
};

struct policy_input {
    const struct marking *marks; /* of the portion, one a marking system; every one must allow */
    size_t mark_count;
    const char *originator;
    uint64_t now_ms;
    uint64_t embargo_ms; /* nobody outside the originator's organisation before this; 0: none */
    struct policy_release release;
    struct policy_asker asker;
    const char *copy_holder; /* organisation or person the presented copy was issued to; for policy_read only.
                              * Where none is presented (explain), the asker's home */
    struct policy_onward onward;
    const struct policy_object *object; /* NULL for what was registered here */
};

struct policy_reason {
    const char *rule; /* marking system ("TLP") or "person", "device", "partner", "copy", "release",
                         "embargo", "object", "to" */
    const char
        *mark; /* the part of the mark it comes from, "" for rules that are no marking's; lives with marks */
    enum policy_outcome outcome;
    enum reason reason;
};

struct policy_result {
    enum policy_outcome outcome;
    struct policy_reason *reasons; /* what weighs most first: the first is the one to tell */
    size_t count;                  /* 1 at least */
    enum reason within; /* what weighed most before a hidden portion was concealed: for the originator's own
                           records and alerts, never told */
};

/*
 * policy_read: may the asker have the key of this copy now?
 * policy_overridden: the same of a copy that an override passed on, whose release is the authority's: by person, device, partner, copy
 * and recall; marks and terms of the originator's release were overridden, and don't count.
 * policy_onward: may the asker's organisation pass the portion on to ${onward.to} without a human's decision?
 * ${out} is set always; end it with policy_result_clear. A hidden portion that is not allowed has one reason,
 * the same as one that does not exist. policy_knows: whether he may know of the portion at all: any that is not
 * hidden; a hidden one only if he may read it.
 */
void policy_read(const struct policy_input *in, struct policy_result *out);
void policy_overridden(const struct policy_input *in, struct policy_result *out);
void policy_onward(const struct policy_input *in, struct policy_result *out);
bool policy_knows(const struct policy_input *in);
void policy_result_clear(struct policy_result *r);

/* policy_beyond: by which rule, at best, a holder may pass such a portion on; an asking reason if by none.
 * For previews: COMMUNITY_RULE, TEARLINE_RULE and CLIENT_RULE say to whom. */
enum reason policy_beyond(const struct marking *marks, size_t count);

/* policy_might: the same for the holder ${from}, by what is said of the recipient. */
enum reason policy_might(const struct marking *marks, size_t count, const char *from,
                         const struct policy_onward *onward);
/* policy_rule: of a policy_onward result: the rule of a marking by which it is allowed (REASON_CLEAR, TEARLINE_RULE, ...), else the
 * reason to tell. */
enum reason policy_rule(const struct policy_result *r);

/* policy_check: OK if allowed, else the first reason as a failure about ${what} ("portion 7k3q/3"). */
MUST_USE enum err policy_check(const struct policy_result *r, const char *what, struct fail *f);

/* policy_outcome_name: "allow", "ask", "deny". policy_version: of these rules; recorded with every decision. */
const char *policy_outcome_name(enum policy_outcome outcome);
const char *policy_version(void);

#endif
