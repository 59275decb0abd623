/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/terms.h"

#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/name.h"

#define HOUR_MS     ((uint64_t)3600000)
#define PERSONS_MAX 64

static const char *const rules[] = {
    [TERMS_ASK] = "ask", [TERMS_TELL] = "tell-before", [TERMS_FREE] = "free"
};
static const char *const precedences[] = { "routine", "priority", "immediate", "flash" };

static enum terms_rule rule_of(const json_t *row)
{
    for (int i = 0; i < (int)COUNT(rules); i++)
        if (strcmp(json_text_of(row, "rule"), rules[i]) == 0)
            return (enum terms_rule)i;
    return TERMS_NONE;
}

/* Shape --------------------------------------------------------------------------------------------------------- */

static bool only_has(const json_t *object, const char *const *names, size_t count)
{
    size_t known = 0;
    for (size_t i = 0; i < count; i++)
        known += json_object_get(object, names[i]) != NULL;
    return json_object_size(object) == known;
}

/* A compartment, or a mark as it is printed, without compartments. */
static enum err check_what(const char *what, struct fail *f)
{
    AUTO(marking_clear) struct marking mark = { 0 };
    AUTO(str_freep) char *canonical = NULL;
    if (name_is_compartment(what))
        return OK;
    if (marking_read(what, &mark, NULL) != OK)
        return fail_set(f, E_INVALID, "terms: '%.80s' is neither a mark nor a compartment DOMAIN/NAME", what);
    canonical = marking_text(&mark, NULL);
    if (strcmp(canonical, what) != 0)
        return fail_set(f, E_INVALID, "terms: '%.80s' is written %.80s", what, canonical);
    if (mark.compartments.count)
        return fail_set(f, E_INVALID, "terms: '%.80s': a compartment has a rule of its own", what);
    if (mark.hidden || mark.level == TLP_RED || mark.level == TLP_CLEAR)
        return fail_set(f, E_INVALID,
                        "terms: '%.80s': what is HIDDEN, TLP:RED or TLP:CLEAR is under no terms", what);
    return OK;
}

static enum err check_rule(const json_t *row, struct fail *f)
{
    static const char *const names[] = { "what", "rule", "hours" };
    const json_t *hours = json_object_get(row, "hours");
    if (!json_is_object(row) || !only_has(row, names, COUNT(names)))
        return fail_set(f, E_INVALID, "terms: a rule is {what, rule, hours}");
    TRY(check_what(json_text_of(row, "what"), f));
    enum terms_rule rule = rule_of(row);
    if (rule == TERMS_NONE)
        return fail_set(f, E_INVALID, "terms: '%.20s' is none of ask, tell-before, free",
                        json_text_of(row, "rule"));
    if ((rule == TERMS_TELL) != (hours != NULL))
        return fail_set(f, E_INVALID, "terms: hours go with tell-before, and only with it");
    json_int_t n = json_integer_value(hours);
    if (hours && (!json_is_integer(hours) || n < 1 || n > TERMS_HOURS_MAX))
        return fail_set(f, E_INVALID, "terms: tell-before takes 1 to %d hours", TERMS_HOURS_MAX);
    return OK;
}

static enum err check_rules(const json_t *list, struct fail *f)
{
    if (!json_is_array(list) || json_array_size(list) > TERMS_RULES_MAX)
        return fail_set(f, E_INVALID, "terms: 'rules' is a list of at most %d", TERMS_RULES_MAX);
    for (size_t i = 0; i < json_array_size(list); i++) {
        TRY(check_rule(json_array_get(list, i), f));
        for (size_t k = 0; k < i; k++)
            if (strcmp(json_text_of(json_array_get(list, k), "what"),
                       json_text_of(json_array_get(list, i), "what")) == 0)
                return fail_set(f, E_INVALID, "terms: '%.80s' has two rules",
                                json_text_of(json_array_get(list, i), "what"));
    }
    return OK;
}

static enum err check_answer(const json_t *v, struct fail *f)
{
    const json_t *answer = json_object_get(v, "answer");
    bool grant = strcmp(json_text_of(v, "on_silence"), "grant") == 0;
    if (!grant && strcmp(json_text_of(v, "on_silence"), "deny") != 0)
        return fail_set(f, E_INVALID, "terms: 'on_silence' is deny or grant");
    if (!json_is_object(answer) || !only_has(answer, precedences, COUNT(precedences)))
        return fail_set(f, E_INVALID, "terms: 'answer' has hours for routine, priority, immediate, flash");
    for (size_t i = 0; i < COUNT(precedences); i++) {
        const json_t *hours = json_object_get(answer, precedences[i]);
        json_int_t n = json_integer_value(hours);
        if (!hours && grant)
            return fail_set(f, E_INVALID,
                            "terms: where silence grants, say how long an answer to %s may take",
                            precedences[i]);
        if (hours && (!json_is_integer(hours) || n < 1 || n > TERMS_HOURS_MAX))
            return fail_set(f, E_INVALID, "terms: an answer takes 1 to %d hours", TERMS_HOURS_MAX);
    }
    return OK;
}

static enum err check_override(const json_t *who, struct fail *f)
{
    const char *text = json_string_value(who);
    if (text && (strcmp(text, "any") == 0 || strcmp(text, "none") == 0))
        return OK;
    if (!json_is_array(who) || json_array_size(who) < 1 || json_array_size(who) > PERSONS_MAX)
        return fail_set(f, E_INVALID, "terms: 'override' is any, none, or a list of persons");
    for (size_t i = 0; i < json_array_size(who); i++) {
        const char *person = json_string_value(json_array_get(who, i));
        if (!person || !name_is_person(person))
            return fail_set(f, E_INVALID, "terms: 'override' names persons: local@domain");
    }
    return OK;
}

/* Those that may be left out. */
static enum err check_allowing(const json_t *v, const char *name, struct fail *f)
{
    const char *text = json_text_of(v, name);
    if (!json_object_get(v, name) || strcmp(text, "allow") == 0 || strcmp(text, "deny") == 0)
        return OK;
    return fail_set(f, E_INVALID, "terms: '%s' is allow or deny", name);
}

enum err terms_check(const json_t *v, struct fail *f)
{
    static const char *const names[] = { "rules", "on_silence", "answer", "override", "held", "oversight" };
    if (!json_is_object(v) || !only_has(v, names, COUNT(names)))
        return fail_set(f, E_INVALID,
                        "terms: rules, on_silence, answer, override, held and oversight, and nothing else");
    TRY(check_allowing(v, "held", f));
    TRY(check_allowing(v, "oversight", f));
    TRY(check_rules(json_object_get(v, "rules"), f));
    TRY(check_answer(v, f));
    return check_override(json_object_get(v, "override"), f);
}

/* What they say --------------------------------------------------------------------------------------------------- */

static void rule_for(const json_t *v, const char *what, struct terms_say *out)
{
    size_t i;
    json_t *row;
    *out = (struct terms_say){ .rule = TERMS_NONE };
    json_array_foreach (json_object_get(v, "rules"), i, row)
        if (strcmp(json_text_of(row, "what"), what) == 0) {
            out->rule = rule_of(row);
            out->hours = (uint32_t)json_integer_value(json_object_get(row, "hours"));
        }
}

void terms_say(const json_t *v, const struct marking *m, struct terms_say *out)
{
    struct marking base = *m; /* borrowed */
    base.compartments.count = 0;
    AUTO(str_freep) char *what = marking_text(&base, NULL);
    rule_for(v, what, out);
    out->silence_grants = strcmp(json_text_of(v, "on_silence"), "grant") == 0;
    for (size_t i = 0; v && i < m->compartments.count; i++) {
        struct terms_say wall;
        rule_for(v, m->compartments.item[i].name, &wall);
        if (wall.rule == TERMS_NONE)
            wall.rule = TERMS_ASK;
        wall.silence_grants = out->silence_grants;
        terms_stricter(out, &wall, out);
    }
}

/* No rule gives nothing: it is stricter than free and tell-before, and ask is stricter than that. */
static int weight(enum terms_rule r)
{
    static const int weights[] = { [TERMS_ASK] = 0, [TERMS_NONE] = 1, [TERMS_TELL] = 2, [TERMS_FREE] = 3 };
    return weights[r];
}

void terms_stricter(const struct terms_say *a, const struct terms_say *b, struct terms_say *out)
{
    bool grants = a->silence_grants && b->silence_grants;
    const struct terms_say *less = weight(a->rule) != weight(b->rule)
                                       ? (weight(a->rule) < weight(b->rule) ? a : b)
                                   : a->hours >= b->hours ? a
                                                          : b;
    *out = (struct terms_say){ less->rule, less->hours, grants };
}

uint32_t terms_answer_hours(const json_t *v, const char *precedence)
{
    return (uint32_t)json_integer_value(json_object_get(json_object_get(v, "answer"), precedence));
}

bool terms_may_override(const json_t *v, const char *person)
{
    const json_t *who = json_object_get(v, "override");
    size_t i;
    json_t *one;
    if (!who || json_is_string(who))
        return !who || strcmp(json_string_value(who), "none") != 0;
    json_array_foreach (who, i, one)
        if (strcmp(json_string_value(one), person) == 0)
            return true;
    return false;
}

bool terms_may_hold(const json_t *v)
{
    return strcmp(json_text_of(v, "held"), "deny") != 0;
}

bool terms_oversight(const json_t *v)
{
    return strcmp(json_text_of(v, "oversight"), "allow") == 0;
}

enum reason terms_leave(const struct terms_say *say, const struct terms_wait *w)
{
    if (say->rule == TERMS_FREE)
        return REASON_TERMS_FREE;
    if (!w->asked)
        return REASON_NONE;
    if (say->rule == TERMS_TELL && w->now_ms >= w->asked_ms + say->hours * HOUR_MS)
        return REASON_TERMS_TOLD;
    bool had_time = w->answer_hours && w->due_ms >= w->asked_ms + w->answer_hours * HOUR_MS;
    return say->silence_grants && had_time && w->now_ms >= w->due_ms ? REASON_TERMS_SILENCE : REASON_NONE;
}

enum reason terms_need(const struct terms_say *say)
{
    return say->rule == TERMS_ASK    ? REASON_TERMS_ASK
           : say->rule == TERMS_TELL ? REASON_TERMS_TELL
                                     : REASON_NONE;
}
