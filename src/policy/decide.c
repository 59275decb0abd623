/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/decide.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/name.h"

/* A rule gives its reason, REASON_NONE where it has nothing to say. */
typedef enum reason general_rule(const struct policy_input *in);
typedef enum reason mark_rule(const struct policy_input *in, const struct marking *m, const char *part);

static bool same_name(const char *a, const char *b)
{
    return a && b && strcmp(a, b) == 0;
}

static bool is_own(const struct policy_input *in)
{
    return same_name(in->asker.home, in->originator) && !in->asker.guest;
}

static bool allows(enum reason r)
{
    return reason_err(r) == OK;
}

static bool is_public(const struct policy_input *in)
{
    struct marking_part part;
    for (size_t i = 0; i < in->mark_count; i++)
        if (!marking_is_set(&in->marks[i]) || !marking_part(&in->marks[i], 0, &part) ||
            part.rule != MARKING_ANYONE)
            return false;
    return in->mark_count > 0;
}

static enum reason person(const struct policy_input *in)
{
    static const enum reason by_state[] = {
        [POLICY_UNKNOWN] = REASON_ISSUER,
        [POLICY_UNCONFIRMED] = REASON_NONE,
        [POLICY_SUSPENDED] = REASON_SUSPENDED_PERSON,
        [POLICY_ACTIVE] = REASON_NONE,
    };
    return by_state[in->asker.person];
}

static enum reason device(const struct policy_input *in)
{
    static const enum reason by_state[] = {
        [POLICY_UNKNOWN] = REASON_PROOF,
        [POLICY_UNCONFIRMED] = REASON_PROOF,
        [POLICY_SUSPENDED] = REASON_SUSPENDED_DEVICE,
        [POLICY_ACTIVE] = REASON_NONE,
    };
    return by_state[in->asker.device];
}

static enum reason partner(const struct policy_input *in)
{
    static const enum reason by_state[] = {
        [POLICY_UNKNOWN] = REASON_UNKNOWN_PARTNER,
        [POLICY_UNCONFIRMED] = REASON_UNCONFIRMED_PARTNER,
        [POLICY_SUSPENDED] = REASON_SUSPENDED_PARTNER,
        [POLICY_ACTIVE] = REASON_NONE,
    };
    return is_own(in) ? REASON_NONE : by_state[in->asker.partner];
}

static enum reason release(const struct policy_input *in)
{
    const struct policy_release *r = &in->release;
    if (is_own(in))
        return REASON_OWN;
    if (is_public(in))
        return REASON_CLEAR;
    if (!r->exists)
        return REASON_NO_RELEASE;
    if (r->recalled)
        return REASON_RECALLED;
    if (in->now_ms < r->from_ms)
        return REASON_EMBARGO;
    if (r->until_ms && in->now_ms >= r->until_ms)
        return REASON_RELEASE_ENDED;
    if (r->persons_only && !r->named && !r->organisation)
        return REASON_NOT_NAMED;
    return REASON_RELEASED;
}

static enum reason embargo(const struct policy_input *in)
{
    return in->now_ms < in->embargo_ms && !is_own(in) ? REASON_EMBARGO : REASON_NONE;
}

/* A copy found with somebody else is refused even to one who has a release: it says whose copy travelled. */
static enum reason copy(const struct policy_input *in)
{
    if (!in->copy_holder)
        return REASON_UNKNOWN_OBJECT;
    const char *who = strchr(in->copy_holder, '@') ? in->asker.person_id : in->asker.home;
    if (is_public(in) || same_name(in->copy_holder, who))
        return REASON_NONE;
    return allows(release(in)) ? REASON_USE_YOUR_COPY : REASON_OTHERS_COPY;
}

static enum reason object(const struct policy_input *in)
{
    const struct policy_object *o = in->object;
    if (!o)
        return REASON_NONE;
    if (o->unmarked && !(o->allowed && is_own(in)))
        return REASON_UNMARKED;
    return o->narrowed && !o->named ? REASON_NOT_NAMED : REASON_NONE;
}

static enum reason recipient(const struct policy_input *in)
{
    static const enum reason by_state[] = {
        [POLICY_UNKNOWN] = REASON_RECIPIENT_UNCONFIRMED,
        [POLICY_UNCONFIRMED] = REASON_RECIPIENT_UNCONFIRMED,
        [POLICY_SUSPENDED] = REASON_SUSPENDED_PARTNER,
        [POLICY_ACTIVE] = REASON_NONE,
    };
    const struct policy_onward *o = &in->onward;
    if (!o->to)
        return REASON_UNKNOWN_PARTNER;
    return is_public(in) || same_name(o->to, in->originator) ? REASON_NONE : by_state[o->state];
}

static enum reason released(const struct policy_input *in, const struct marking *m, const char *part)
{
    (void)m, (void)part;
    enum reason r = release(in); /* where it does not hold, its own rule says why */
    return allows(r) ? r : REASON_NONE;
}

static enum reason persons(const struct policy_input *in, const struct marking *m, const char *part)
{
    if (is_own(in) && in->asker.author)
        return REASON_OWN;
    return in->release.named ? released(in, m, part) : REASON_NOT_NAMED;
}

static enum reason wall(const struct policy_input *in, const struct marking *m, const char *part)
{
    (void)m;
    for (size_t i = 0; i < in->asker.read_in_count; i++)
        if (same_name(in->asker.read_in[i], part))
            return REASON_READ_IN;
    return REASON_COMPARTMENT;
}

/* A guest is of a client, not of the organisation that the release is for: beyond clients it has to name him, or the
 * client itself. */
static bool outside(const struct policy_input *in)
{
    return in->asker.guest && !in->release.named && !in->release.organisation;
}

static enum reason inside(const struct policy_input *in, const struct marking *m, const char *part)
{
    return outside(in) ? REASON_ORGANISATION_ONLY : released(in, m, part);
}

static enum reason unseen(const struct policy_input *in, const struct marking *m, const char *part)
{
    return outside(in) ? REASON_NO_RELEASE : released(in, m, part);
}

static enum reason asked(const struct policy_input *in, const struct marking *m, const char *part)
{
    (void)m, (void)part;
    enum reason r = release(in);
    return allows(r) && !outside(in) ? r : REASON_ORCON;
}

static enum reason listed(const struct policy_input *in, const struct marking *m, const char *part)
{
    if (is_own(in))
        return REASON_OWN;
    const char *whose = in->asker.guest ? name_domain_of(in->asker.person_id) : in->asker.home;
    if (whose && marking_listed(m, whose))
        return REASON_LISTED;
    return in->release.granted && !outside(in) && released(in, m, part) != REASON_NONE ? REASON_RELEASED
                                                                                       : REASON_NOT_LISTED;
}

static bool within(const struct policy_input *in)
{
    return same_name(in->onward.to, in->asker.home);
}

static enum reason to_community(const struct policy_input *in, const struct marking *m, const char *part)
{
    (void)m, (void)part;
    return within(in)                ? REASON_RELEASED
           : in->onward.in_community ? REASON_COMMUNITY_RULE
                                     : REASON_OUTSIDE_COMMUNITY;
}

static enum reason to_confirmed(const struct policy_input *in, const struct marking *m, const char *part)
{
    (void)m, (void)part;
    return in->onward.state == POLICY_ACTIVE ? REASON_TEARLINE_RULE : REASON_RECIPIENT_UNCONFIRMED;
}

static enum reason to_clients(const struct policy_input *in, const struct marking *m, const char *part)
{
    (void)m, (void)part;
    return within(in) ? REASON_RELEASED : in->onward.client ? REASON_CLIENT_RULE : REASON_CLIENTS_ONLY;
}

static enum reason to_organisation(const struct policy_input *in, const struct marking *m, const char *part)
{
    (void)m, (void)part;
    return within(in) ? REASON_RELEASED : REASON_ORGANISATION_ONLY;
}

static enum reason to_listed(const struct policy_input *in, const struct marking *m, const char *part)
{
    (void)part;
    return in->onward.to && marking_listed(m, in->onward.to) ? REASON_LISTED : REASON_NOT_LISTED;
}

enum question { READ, ONWARD, OVERRIDDEN, QUESTIONS };

/* clang-format off */
static const struct {
    const char *name;
    bool asked_for[QUESTIONS];
    general_rule *rule;
} general[] = {
    /*           read   onward overridden */
    { "person",  { true,  true, true },  person },
    { "device",  { true,  true, true },  device },
    { "partner", { true,  true, true },  partner },
    { "copy",    { true,  false, true }, copy },
    { "release", { true,  true, true },  release },
    { "embargo", { true,  true, false },  embargo },
    { "object",  { true,  false, false }, object },
    { "to",      { false, true, false },  recipient },
};
/* clang-format on */

/* A rule, or the reason that is always given. */
struct cell {
    mark_rule *rule;
    enum reason always;
};
#define ALWAYS(reason)                                                                                       \
    {                                                                                                        \
        NULL, (reason)                                                                                       \
    }

/* clang-format off */
static const struct cell by_part[MARKING_RULE_COUNT][OVERRIDDEN] = {
    /*                          read                    onward */
    [MARKING_ANYONE]       = { ALWAYS(REASON_CLEAR), ALWAYS(REASON_CLEAR) },
    [MARKING_COMMUNITY]    = { { released },         { to_community } },
    [MARKING_CONFIRMED]    = { { released },         { to_confirmed } },
    [MARKING_CLIENTS]      = { { released },         { to_clients } },
    [MARKING_ORGANISATION] = { { inside },           { to_organisation } },
    [MARKING_PERSONS]      = { { persons },          ALWAYS(REASON_NOT_NAMED) },
    [MARKING_WALL]         = { { wall },             ALWAYS(REASON_COMPARTMENT) },
    [MARKING_UNSEEN]       = { { unseen },           ALWAYS(REASON_NO_RELEASE) },
    [MARKING_ASK]          = { { asked },            ALWAYS(REASON_ORCON) },
    [MARKING_LIST]         = { { listed },           { to_listed } },
};
/* clang-format on */

/* Among reasons that ask, the most specific is told first; those not here come last, in the order of the
 * rules. */
static const enum reason told_first[] = {
    REASON_COMPARTMENT,  REASON_NOT_NAMED,         REASON_NOT_LISTED,        REASON_CLEARANCE,
    REASON_RECALLED,     REASON_RELEASE_ENDED,     REASON_EMBARGO,           REASON_ORCON,
    REASON_CLIENTS_ONLY, REASON_ORGANISATION_ONLY, REASON_OUTSIDE_COMMUNITY,
};

static enum policy_outcome outcome_of(enum reason r)
{
    enum err e = reason_err(r);
    return e == OK ? POLICY_ALLOW : e == E_NOT_RELEASED ? POLICY_ASK : POLICY_DENY;
}

static size_t rank(const struct policy_reason *r)
{
    size_t i = 0;
    while (i < COUNT(told_first) && told_first[i] != r->reason)
        i++;
    return i;
}

/* Kept in the order they are told; stable */
static void add(struct policy_result *out, const char *rule, const char *mark, enum reason reason)
{
    struct policy_reason r = { rule, mark, outcome_of(reason), reason };
    size_t at = out->count;
    if (reason == REASON_NONE)
        return;
    out->reasons = /* NOLINT(clang-analyzer-unix.Malloc): NULL after policy_result_clear */
        mem_grow(out->reasons, out->count + 1, sizeof *out->reasons);
    while (at > 0 &&
           (out->reasons[at - 1].outcome > r.outcome ||
            (out->reasons[at - 1].outcome == r.outcome && rank(&out->reasons[at - 1]) > rank(&r)))) {
        out->reasons[at] = out->reasons[at - 1];
        at--;
    }
    out->reasons[at] = r;
    out->count++;
    out->outcome = out->reasons[0].outcome;
}

/* Which parts yield to terms that both sides signed: named persons, a list, and what is hidden never do. */
static const bool yields[MARKING_RULE_COUNT] = {
    [MARKING_COMMUNITY] = true,    [MARKING_CONFIRMED] = true, [MARKING_CLIENTS] = true,
    [MARKING_ORGANISATION] = true, [MARKING_WALL] = true,      [MARKING_ASK] = true,
};

/* What terms make of a mark's own reason for passing on: an asking one may yield, an allowing one may need more. */
static enum reason by_terms(const struct policy_input *in, enum marking_rule rule, enum reason r)
{
    const struct policy_onward *o = &in->onward;
    if (!yields[rule] || within(in))
        return r;
    if (o->leave != REASON_NONE)
        return outcome_of(r) == POLICY_ASK ? o->leave : r;
    return o->need != REASON_NONE && allows(r) ? o->need : r;
}

static void judge_mark(const struct policy_input *in, const struct marking *m, enum question q,
                       struct policy_result *out)
{
    struct marking_part part;
    if (!marking_is_set(m)) {
        add(out, "mark", "", REASON_UNKNOWN_MARK);
        return;
    }
    const char *system = marking_system_name(m);
    for (size_t i = 0; marking_part(m, i, &part); i++) {
        if (i == 0 && !marking_cleared(m, in->asker.clearance))
            add(out, system, part.text, REASON_CLEARANCE);
        const struct cell *cell = &by_part[part.rule][q];
        bool home = q == ONWARD && same_name(in->onward.to, in->originator);
        enum reason r = home ? REASON_OWN : cell->rule ? cell->rule(in, m, part.text) : cell->always;
        add(out, system, part.text, q == ONWARD && !home ? by_terms(in, part.rule, r) : r);
    }
}

static void judge_general(const struct policy_input *in, enum question q, struct policy_result *out)
{
    *out = (struct policy_result){ 0 };
    for (size_t i = 0; i < COUNT(general); i++)
        if (general[i].asked_for[q])
            add(out, general[i].name, "", general[i].rule(in));
}

static void judge(const struct policy_input *in, enum question q, struct policy_result *out)
{
    judge_general(in, q, out);
    if (in->mark_count == 0)
        add(out, "mark", "", REASON_UNKNOWN_MARK);
    for (size_t i = 0; i < in->mark_count; i++)
        judge_mark(in, &in->marks[i], q, out);
}

static bool is_hidden(const struct policy_input *in)
{
    for (size_t i = 0; i < in->mark_count; i++)
        if (in->marks[i].hidden)
            return true;
    return false;
}

/* Whoever may not have a hidden portion learns no more than that it is not his */
static void conceal(struct policy_result *out)
{
    policy_result_clear(out);
    add(out, "release", "", REASON_NOT_YOURS);
}

void policy_read(const struct policy_input *in, struct policy_result *out)
{
    judge(in, READ, out);
    out->within = out->reasons[0].reason;
    if (is_hidden(in) && out->outcome != POLICY_ALLOW)
        conceal(out);
}

void policy_overridden(const struct policy_input *in, struct policy_result *out)
{
    judge_general(in, OVERRIDDEN, out);
    out->within = out->reasons[0].reason;
}

bool policy_knows(const struct policy_input *in)
{
    AUTO(policy_result_clear) struct policy_result r = { 0 };
    if (!is_hidden(in))
        return true;
    judge(in, READ, &r);
    return r.outcome == POLICY_ALLOW;
}

void policy_onward(const struct policy_input *in, struct policy_result *out)
{
    struct policy_input reading = *in;
    reading.copy_holder = in->asker.home;
    AUTO(policy_result_clear) struct policy_result read = { 0 };
    judge(&reading, READ, &read);
    judge(in, ONWARD, out);
    /* a list that leaves the asker's organisation out leaves it no say over who is on it */
    for (size_t i = 0; i < read.count && !same_name(in->onward.to, in->originator); i++)
        if (read.reasons[i].reason == REASON_NOT_LISTED)
            add(out, read.reasons[i].rule, read.reasons[i].mark, REASON_NOT_LISTED);
    out->within = out->reasons[0].reason;
    if (is_hidden(in) && read.outcome != POLICY_ALLOW)
        conceal(out);
}

void policy_result_clear(struct policy_result *r)
{
    free(r->reasons);
    r->reasons = NULL;
    r->count = 0;
    r->outcome = POLICY_DENY;
}

enum reason policy_rule(const struct policy_result *r)
{
    for (size_t i = 0; i < r->count; i++)
        if (r->outcome != POLICY_ALLOW || *r->reasons[i].mark)
            return r->reasons[i].reason;
    BUG("an allowed portion without a part");
}

enum reason policy_might(const struct marking *marks, size_t count, const char *from,
                         const struct policy_onward *onward)
{
    const struct policy_input best = {
        .marks = marks,
        .mark_count = count,
        .originator = "originator",
        .release = { .exists = true },
        .asker = { .home = from, .person = POLICY_ACTIVE, .device = POLICY_ACTIVE, .partner = POLICY_ACTIVE },
        .onward = *onward,
    };
    AUTO(policy_result_clear) struct policy_result r = { 0 };
    judge(&best, ONWARD, &r);
    return policy_rule(&r);
}

enum reason policy_beyond(const struct marking *marks, size_t count)
{
    /* names without a dot are no domains, so no list has them */
    const struct policy_onward best = {
        .to = "other", .state = POLICY_ACTIVE, .in_community = true, .client = true
    };
    return policy_might(marks, count, "holder", &best);
}

enum err policy_check(const struct policy_result *r, const char *what, struct fail *f)
{
    if (r->count && r->outcome == POLICY_ALLOW)
        return OK;
    if (!r->count)
        BUG("a decision that was never made");
    const struct policy_reason *first = &r->reasons[0];
    if (*first->mark)
        return fail_why(f, first->reason, "%s: %s (%s)", what, reason_text(first->reason), first->mark);
    return fail_why(f, first->reason, "%s: %s", what, reason_text(first->reason));
}

const char *policy_outcome_name(enum policy_outcome outcome)
{
    static const char *const names[] = {
        [POLICY_ALLOW] = "allow", [POLICY_ASK] = "ask", [POLICY_DENY] = "deny"
    };
    return names[outcome];
}

const char *policy_version(void)
{
    return "1";
}
