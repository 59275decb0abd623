/* SPDX-License-Identifier: Apache-2.0 */
#include "cti/stix_object.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/name.h"
#include "base/time.h"

#define TYPE_MAX     64
#define TLP2         "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d"
#define SELECTOR_MAX ((size_t)1000)

enum err stix_fill(struct fail *f, const struct stix_at *at, enum reason reason, const char *fmt, ...)
{
    char what[256];
    va_list args;
    va_start(args, fmt);
    vsnprintf(what, sizeof what, fmt, args);
    va_end(args);
    const char *open = *at->type ? " (" : "", *shut = *at->type ? ")" : "";
    return reason == REASON_NONE
               ? fail_set(f, E_INVALID, "%s: object %zu%s%s%s: %s", at->file, at->n, open, at->type, shut,
                          what)
               : fail_why(f, reason, "%s: object %zu%s%s%s: %s", at->file, at->n, open, at->type, shut, what);
}

/* TLP ----------------------------------------------------------------------------------------------------- */

static const struct {
    const char *id, *word; /* as the definition has it */
    enum tlp level;
    bool second; /* TLP 2.0 */
} labels[] = {
    { "613f2e26-407d-48c7-9eca-b8e91df99dc9", "white", TLP_CLEAR, false },
    { "34098fce-860f-48ae-8e50-ebd3cc5e41da", "green", TLP_GREEN, false },
    { "f88d31f6-486f-44da-b317-01333bde0b82", "amber", TLP_AMBER, false },
    { "5e57c739-391a-4eb3-b6be-7d15ca92d5ed", "red", TLP_RED, false },
    { "94868c89-83c2-464b-929b-a1a8aa3c8487", "clear", TLP_CLEAR, true },
    { "bab4a63c-aed9-4cf5-a766-dfca5abac2bb", "green", TLP_GREEN, true },
    { "55d920b0-5e8b-4f79-9ee9-91f868d9b421", "amber", TLP_AMBER, true },
    { "939a9414-2ddd-4d32-a0cd-375ea402b003", "amber+strict", TLP_AMBER_STRICT, true },
    { "e828b379-4e03-4974-9ac4-e53a884c97c1", "red", TLP_RED, true },
};

static const char *uuid_of(const char *id)
{
    const char *dashes = strstr(id, "--");
    return dashes ? dashes + 2 : id;
}

bool stix_tlp(const char *id, enum tlp *level)
{
    for (size_t i = 0; i < COUNT(labels); i++)
        if (strcmp(uuid_of(id), labels[i].id) == 0) {
            *level = labels[i].level;
            return true;
        }
    return false;
}

/* The word that it claims to be, NULL: no TLP. */
static const char *claimed(const json_t *o, bool *second)
{
    const char *type = json_string_value(json_object_get(o, "definition_type"));
    const json_t *extension = json_object_get(json_object_get(o, "extensions"), TLP2);
    *second = extension != NULL;
    if (extension) {
        const char *word = json_string_value(json_object_get(extension, "tlp_2_0"));
        return word ? word : "";
    }
    if (!type || strcmp(type, "tlp") != 0)
        return NULL;
    const char *word = json_string_value(json_object_get(json_object_get(o, "definition"), "tlp"));
    return word ? word : "";
}

enum err stix_definition(const json_t *o, const struct stix_at *at, struct fail *f)
{
    const char *id = json_string_value(json_object_get(o, "id"));
    const char *type = json_string_value(json_object_get(o, "definition_type"));
    bool second;
    const char *word = claimed(o, &second);
    enum tlp level;
    for (size_t i = 0; word && i < COUNT(labels); i++)
        if (labels[i].second == second && strcmp(labels[i].word, word) == 0)
            return strcmp(uuid_of(id), labels[i].id) == 0
                       ? OK
                       : stix_fail(f, at,
                                   "the TLP label '%s' has one fixed id, marking-definition--%s, and this is "
                                   "another",
                                   word, labels[i].id);
    if (word)
        return stix_fail(
            f, at,
            "its TLP label is none: white, green, amber, red, or of TLP 2.0 clear, green, amber, "
            "amber+strict, red");
    if (stix_tlp(id, &level))
        return stix_fail(f, at, "this id is a TLP label's, and what it defines is none");
    if (type && strcmp(type, "statement") == 0)
        return OK;
    return fail_code(
        stix_fill(f, at, REASON_UNSUPPORTED,
                  "markings of this system are not read here; give the whole file one mark with --mark"));
}

/* Properties ---------------------------------------------------------------------------------------------- */

static const char *const observables[] = {
    "artifact",
    "autonomous-system",
    "directory",
    "domain-name",
    "email-addr",
    "email-message",
    "file",
    "ipv4-addr",
    "ipv6-addr",
    "mac-addr",
    "mutex",
    "network-traffic",
    "process",
    "software",
    "url",
    "user-account",
    "windows-registry-key",
    "x509-certificate",
};
static const char *const domain_objects[] = {
    "attack-pattern", "campaign",       "course-of-action", "grouping",     "identity", "incident",
    "indicator",      "infrastructure", "intrusion-set",    "location",     "malware",  "malware-analysis",
    "note",           "observed-data",  "opinion",          "relationship", "report",   "sighting",
    "threat-actor",   "tool",           "vulnerability",
};
static const char *const times[] = { "created",    "modified",       "published",
                                     "valid_from", "valid_until",    "first_seen",
                                     "last_seen",  "first_observed", "last_observed" };

static bool is_one_of(const char *type, const char *const *types, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(types[i], type) == 0)
            return true;
    return false;
}

static bool is_type(const char *type)
{
    size_t len = strspn(type, "abcdefghijklmnopqrstuvwxyz0123456789-");
    return len >= 3 && len <= TYPE_MAX && !type[len];
}

/* Read in either case (RFC 4122, 3); real files have both. */
static bool is_uuid(const char *text)
{
    char lower[UUID_TEXT] = "";
    size_t len = strlen(text);
    if (len != sizeof lower - 1)
        return false;
    for (size_t i = 0; i < len; i++)
        lower[i] = text[i] >= 'A' && text[i] <= 'F' ? (char)(text[i] - 'A' + 'a') : text[i];
    return name_is_uuid(lower);
}

static enum err check_id(const json_t *o, const struct stix_at *at, struct fail *f)
{
    const char *id = json_string_value(json_object_get(o, "id"));
    size_t len = strlen(at->type);
    if (!id)
        return stix_fail(f, at, "'id' is missing");
    if (strncmp(id, at->type, len) != 0 || strncmp(id + len, "--", 2) != 0 || !is_uuid(id + len + 2))
        return stix_fail(f, at, "'id' is not %s--UUID", at->type);
    return OK;
}

static enum err check_times(const json_t *o, const struct stix_at *at, struct fail *f)
{
    uint64_t ms[COUNT(times)] = { 0 };
    for (size_t i = 0; i < COUNT(times); i++) {
        const json_t *v = json_object_get(o, times[i]);
        if (v && (!json_is_string(v) || !time_read(json_string_value(v), &ms[i])))
            return stix_fail(f, at, "'%s' is no time as 2026-03-02T09:00:00.000Z, in UTC", times[i]);
    }
    bool own = is_one_of(at->type, domain_objects, COUNT(domain_objects));
    if (!json_object_get(o, "created") && (own || strcmp(at->type, STIX_DEFINITION) == 0))
        return stix_fail(f, at, "'created' is missing");
    if (own && !json_object_get(o, "modified"))
        return stix_fail(f, at, "'modified' is missing");
    if (json_object_get(o, "modified") && json_object_get(o, "created") && ms[1] < ms[0])
        return stix_fail(f, at, "'modified' is before 'created'");
    if (json_object_get(o, "created") && is_one_of(at->type, observables, COUNT(observables)))
        return stix_fail(f, at, "'created' is not for observables");
    return OK;
}

/* Names the property of the object, not what is in it. */
static enum err check_lists(json_t *v, const char *property, unsigned depth, const struct stix_at *at,
                            struct fail *f)
{
    const char *key;
    json_t *one;
    size_t i;
    if (json_is_array(v) && json_array_size(v) == 0)
        return stix_fail(f, at, "'%.40s' is an empty list, or has one: leave it out", property);
    json_array_foreach (v, i, one)
        TRY(check_lists(one, property, depth + 1, at, f));
    json_object_foreach (v, key, one)
        TRY(check_lists(one, depth ? property : key, depth + 1, at, f));
    return OK;
}

/* Selectors ------------------------------------------------------------------------------------------------ */

/* One component of a path: a key, or `[n]`. NULL: there is nothing. */
static const json_t *step(const json_t *v, const char *component)
{
    char *end;
    if (*component != '[')
        return json_object_get(v, component);
    size_t digits = strspn(component + 1, "0123456789");
    if (digits == 0 || digits > 6 || strcmp(component + 1 + digits, "]") != 0)
        return NULL;
    return json_array_get(v, strtoul(component + 1, &end, 10));
}

static enum err check_selector(const json_t *o, const char *selector, const struct stix_at *at,
                               struct fail *f)
{
    AUTO(str_freep) char *copy = str_dup(selector);
    char *rest = copy;
    const json_t *v = o;
    for (char *component; v && (component = strsep(&rest, "."));)
        v = step(v, component);
    return v ? OK : stix_fail(f, at, "selector '%.80s' names nothing that the object has", selector);
}

static enum err check_granular(const json_t *o, const json_t *g, const struct stix_at *at, struct fail *f)
{
    const json_t *selectors = json_object_get(g, "selectors"), *one;
    bool ref = json_is_string(json_object_get(g, "marking_ref")),
         lang = json_is_string(json_object_get(g, "lang"));
    size_t i;
    if (!json_is_object(g) || ref == lang)
        return stix_fail(f, at, "a granular marking has exactly one of 'marking_ref' and 'lang'");
    if (!json_is_array(selectors) || json_array_size(selectors) > SELECTOR_MAX)
        return stix_fail(f, at, "a granular marking has a list of at most %zu 'selectors'", SELECTOR_MAX);
    json_array_foreach (selectors, i, one) {
        if (!json_is_string(one))
            return stix_fail(f, at, "a selector is no text");
        TRY(check_selector(o, json_string_value(one), at, f));
    }
    return OK;
}

static enum err check_markings(const json_t *o, const struct stix_at *at, struct fail *f)
{
    const json_t *refs = json_object_get(o, "object_marking_refs"),
                 *granular = json_object_get(o, "granular_markings");
    const json_t *one;
    size_t i;
    if ((refs && !json_is_array(refs)) || (granular && !json_is_array(granular)))
        return stix_fail(f, at, "'object_marking_refs' or 'granular_markings' is no list");
    json_array_foreach (granular, i, one)
        TRY(check_granular(o, one, at, f));
    return OK;
}

enum err stix_object(json_t *o, struct stix_at *at, struct fail *f)
{
    const char *version = json_string_value(json_object_get(o, "spec_version"));
    const char *type = json_string_value(json_object_get(o, "type"));
    if (!json_is_object(o))
        return stix_fail(f, at, "it is no JSON object");
    if (!type || !is_type(type))
        return stix_fail(f, at, "'type' is missing, or none");
    at->type = type;
    TRY(check_id(o, at, f));
    if (version ? strcmp(version, "2.1") != 0 : !is_one_of(type, observables, COUNT(observables)))
        return stix_fail(f, at, "'spec_version' is not 2.1");
    TRY(check_lists(o, "", 0, at, f));
    TRY(check_times(o, at, f));
    return check_markings(o, at, f);
}
