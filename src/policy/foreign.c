/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/foreign.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/name.h"

#define SCHEME "https://"

static const struct {
    const char *value, *label;
    enum tlp level;
} levels[] = { /* strictest first, as HIERARCHY has it */
               { "red", "TLP:RED", TLP_RED },
               { "amber-strict", "TLP:AMBER+STRICT", TLP_AMBER_STRICT },
               { "amber", "TLP:AMBER", TLP_AMBER },
               { "green", "TLP:GREEN", TLP_GREEN },
               { "clear", "TLP:CLEAR", TLP_CLEAR }
};

static size_t level_of(const char *value)
{
    size_t i = 0;
    while (i < COUNT(levels) && strcmp(levels[i].value, value) != 0)
        i++;
    return i;
}

static bool is_level(const char *value)
{
    return level_of(value) < COUNT(levels);
}

static void to_upper(const char *text, char out[static POLICY_VALUE_MAX])
{
    size_t i = 0;
    for (; text[i] && i < POLICY_VALUE_MAX - 1; i++)
        out[i] = (char)(text[i] >= 'a' && text[i] <= 'z' ? text[i] - 'a' + 'A' : text[i]);
    out[i] = '\0';
}

static bool is_compartment(const char *value)
{
    char upper[POLICY_VALUE_MAX];
    to_upper(value, upper);
    return name_is_bare_compartment(upper, strlen(upper));
}

static bool is_control(const char *value)
{
    return strcmp(value, "orcon") == 0;
}

enum definition { TLP, RELEASABLE, COMPARTMENT, CONTROL, DEFINITIONS };

static const struct {
    const char *name;
    enum policy_rule rule;
    bool (*takes)(const char *value);
} definitions[DEFINITIONS] = {
    [TLP] = { "tlp", POLICY_HIERARCHY, is_level },
    [RELEASABLE] = { "releasable", POLICY_ANY_OF, name_is_domain },
    [COMPARTMENT] = { "compartment", POLICY_ALL_OF, is_compartment },
    [CONTROL] = { "control", POLICY_ALL_OF, is_control },
};

static bool skip(const char **at, const char *text)
{
    size_t n = strlen(text);
    if (strncmp(*at, text, n) != 0)
        return false;
    *at += n;
    return true;
}

static bool read_fqn(const char *fqn, const char *domain, enum definition *which,
                     char value[static POLICY_VALUE_MAX])
{
    char lower[POLICY_FQN_MAX];
    size_t i = 0;
    for (; fqn[i] && i < sizeof lower - 1; i++)
        lower[i] = (char)(fqn[i] >= 'A' && fqn[i] <= 'Z' ? fqn[i] - 'A' + 'a' : fqn[i]);
    lower[i] = '\0';
    const char *at = lower;
    if (fqn[i] || !skip(&at, SCHEME) || !skip(&at, domain) || !skip(&at, "/attr/"))
        return false;
    for (size_t d = 0; d < DEFINITIONS; d++) {
        const char *rest = at;
        if (!skip(&rest, definitions[d].name) || !skip(&rest, "/value/"))
            continue;
        if (strlen(rest) >= POLICY_VALUE_MAX || !definitions[d].takes(rest))
            return false;
        memcpy(value, rest, strlen(rest) + 1);
        *which = (enum definition)d;
        return true;
    }
    return false;
}

bool policy_attribute_read(const char *fqn, const char *domain, struct policy_attribute *out)
{
    enum definition d;
    if (!read_fqn(fqn, domain, &d, out->value))
        return false;
    out->name = definitions[d].name;
    out->rule = definitions[d].rule;
    return true;
}

/* What was collected of a policy, as the text of a mark. */
struct collected {
    size_t level; /* index of levels; COUNT(levels): none */
    struct buf compartments, releasable;
    bool orcon;
};

static void collect(struct collected *c, enum definition d, const char *value, const char *domain)
{
    char upper[POLICY_VALUE_MAX];
    switch (d) {
    case TLP:
        if (level_of(value) < c->level)
            c->level = level_of(value);
        break;
    case RELEASABLE:
        buf_printf(&c->releasable, "%s%s", c->releasable.len ? ", " : "", value);
        break;
    case COMPARTMENT:
        to_upper(value, upper);
        buf_printf(&c->compartments, "%s%s/%s", c->compartments.len ? "/" : "", domain, upper);
        break;
    case CONTROL:
        c->orcon = true;
        break;
    case DEFINITIONS:
        break;
    }
}

static enum err read_collected(struct collected *c, struct marking *out, struct fail *f)
{
    AUTO(buf_freep) struct buf *text = buf_new(MARKING_TEXT_MAX);
    struct fail why = { 0 };
    buf_put_str(text, c->level < COUNT(levels) ? levels[c->level].label : "TLP:AMBER+STRICT");
    if (c->compartments.len)
        buf_printf(text, "//%s", buf_text(&c->compartments));
    if (c->orcon)
        buf_put_str(text, "//ORCON");
    if (c->releasable.len)
        buf_printf(text, "//REL TO %s", buf_text(&c->releasable));
    if (text->failed || c->compartments.failed || c->releasable.failed ||
        marking_read(buf_text(text), out, &why) != OK)
        return fail_why(f, REASON_UNKNOWN_MARK, "these attributes make no mark%s%s", *why.what ? ": " : "",
                        why.what);
    return OK;
}

enum err policy_attributes_mark(const char *domain, const char *const *fqns, size_t count,
                                struct marking *out, struct fail *f)
{
    struct collected c = { .level = COUNT(levels) };
    enum err e = OK;
    buf_init(&c.compartments, MARKING_TEXT_MAX);
    buf_init(&c.releasable, MARKING_TEXT_MAX);
    for (size_t i = 0; i < count && e == OK; i++) {
        char value[POLICY_VALUE_MAX];
        enum definition d;
        if (read_fqn(fqns[i], domain, &d, value))
            collect(&c, d, value, domain);
        else
            e = fail_why(f, REASON_UNKNOWN_MARK, "'%.200s' is no attribute that this node can judge",
                         fqns[i]);
    }
    if (e == OK)
        e = read_collected(&c, out, f);
    buf_clear(&c.compartments);
    buf_clear(&c.releasable);
    return e;
}

static void put_fqn(struct buf *out, const char *domain, enum definition d, const char *value)
{
    buf_printf(out, SCHEME "%s/attr/%s/value/", domain, definitions[d].name);
    for (const char *p = value; *p; p++)
        buf_put_u8(out, (uint8_t)(*p >= 'A' && *p <= 'Z' ? *p - 'A' + 'a' : *p));
    buf_put_u8(out, '\n');
}

enum err policy_mark_attributes(const struct marking *mark, const char *domain, struct buf *out,
                                struct fail *f)
{
    size_t len = strlen(domain), level = 0;
    if (mark->hidden || mark->tearline)
        return fail_set(f, E_INVALID, "no attribute says %s", mark->hidden ? "HIDDEN" : "TEARLINE");
    if (mark->has_rel_to && mark->rel_to.count == 0)
        return fail_set(f, E_INVALID, "no attribute says REL TO NONE");
    while (level < COUNT(levels) - 1 && levels[level].level != mark->level)
        level++;
    put_fqn(out, domain, TLP, levels[level].value);
    for (size_t i = 0; i < mark->compartments.count; i++) {
        const char *name = mark->compartments.item[i].name;
        if (strncmp(name, domain, len) != 0 || name[len] != '/')
            return fail_set(f, E_INVALID, "%s is no compartment of %s", name, domain);
        put_fqn(out, domain, COMPARTMENT, name + len + 1);
    }
    if (mark->orcon)
        put_fqn(out, domain, CONTROL, "orcon");
    for (size_t i = 0; i < mark->rel_to.count; i++)
        put_fqn(out, domain, RELEASABLE, mark->rel_to.item[i].name);
    return buf_check(out, "attributes", f);
}

bool policy_named(const char *const *list, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcasecmp(list[i], name) == 0)
            return true;
    return false;
}
