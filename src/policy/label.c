/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/label.h"

#include <string.h>

#include "base/json.h"
#include "base/mem.h"

#define SCHEMA "urn:nato:stanag:5636:A:1:elements:json"

static const char *classification(enum tlp level)
{
    static const char *const names[] = {
        [TLP_CLEAR] = "CLEAR", [TLP_GREEN] = "GREEN",
        [TLP_AMBER] = "AMBER", [TLP_AMBER_STRICT] = "AMBER+STRICT",
        [TLP_RED] = "RED",
    };
    return names[level];
}

/* Type P: any of them lets in; R: all of them are demanded; I: says something. */
static void add(json_t *categories, const char *type, const char *name, json_t *values)
{
    json_t *c = json_object();
    json_set_str(c, "type", type);
    json_set_str(c, "name", name);
    json_set_take(c, "vals", values);
    json_array_append_new(categories, c);
}

static json_t *names(const struct marking_names *from)
{
    json_t *list = json_array();
    for (size_t i = 0; i < from->count; i++)
        json_array_append_new(list, json_string(from->item[i].name));
    return list;
}

static json_t *categories_of(const struct marking *m)
{
    json_t *list = json_array();
    if (m->compartments.count)
        add(list, "R", "Compartment", names(&m->compartments));
    if (m->has_rel_to)
        add(list, "P", "Releasable To", names(&m->rel_to));
    if (m->orcon)
        add(list, "R", "Dissemination", json_pack("[s]", "ORCON"));
    if (m->hidden)
        add(list, "R", "Dissemination", json_pack("[s]", "HIDDEN"));
    if (m->tearline)
        add(list, "I", "Tearline", json_pack("[s]", "TEARLINE"));
    return list;
}

json_t *policy_label(const struct marking *mark, const char *at)
{
    AUTO(json_freep) json_t *value = json_object();
    json_t *label = json_object();
    json_set_take(value, "ocl", label);
    json_set_take(value, "context", json_pack("{s:s}", "@base", SCHEMA));
    json_set_str(label, "pol", marking_system_name(mark));
    json_set_str(label, "cls", classification(mark->level));
    json_set_take(label, "catl", categories_of(mark));
    json_set_str(label, "dcr", at);
    AUTO(str_freep) char *text = json_text(value);
    return json_pack("{s:s, s:s, s:s, s:s, s:{s:s, s:s, s:s}}", "id", "label", "type", "handling", "scope",
                     "tdo", "appliesToState", "encrypted", "statement", "format", "json+stanag5636", "schema",
                     SCHEMA, "value", text);
}
