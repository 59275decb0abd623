/* SPDX-License-Identifier: Apache-2.0 */
#include "cti/stix.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/name.h"
#include "crypto/hash.h"
#include "cti/stix_object.h"

#define TITLE_MAX       ((size_t)1024)
#define DEFINITIONS_MAX ((size_t)256) /* each is looked for in every object */
#define BLANKS          " \t\r\n"

struct object {
    json_t *value;
    struct bytes raw;
    bool marked, definition;
    bool along; /* a definition without a mark: goes with what refers to it */
    struct marking mark;
};

struct reading {
    const char *file;
    const struct marking *unmarked;
    json_t *root, *definitions; /* id -> its number among the objects */
    struct object *objects;
    size_t count;
};

static void reading_clear(struct reading *r)
{
    for (size_t i = 0; i < r->count; i++)
        marking_clear(&r->objects[i].mark);
    mem_freep(&r->objects);
    json_decref(r->root);
    json_decref(r->definitions);
}

void stix_clear(struct stix *s)
{
    for (size_t i = 0; i < s->count; i++) {
        marking_clear(&s->portions[i].mark);
        buf_freep(&s->portions[i].text);
    }
    mem_freep(&s->portions);
    if (s->title)
        wipe(s->title, strlen(s->title));
    mem_freep(&s->title);
    s->count = 0;
}

/* Where each object stands -------------------------------------------------------------------------------- */

/* Over text that is known to be JSON: nothing here looks for errors in it, and nothing runs over its end. */
struct scan {
    struct bytes text;
    size_t at;
};

static char peek(const struct scan *s)
{
    return s->at < s->text.len ? (char)s->text.data[s->at] : '\0';
}

static void skip_blanks(struct scan *s)
{
    while (s->at < s->text.len && strchr(BLANKS, peek(s)) && peek(s))
        s->at++;
}

static struct bytes scan_string(struct scan *s)
{
    size_t from = ++s->at;
    while (s->at < s->text.len && peek(s) != '"')
        s->at += peek(s) == '\\' ? 2 : 1;
    size_t end = s->at < s->text.len ? s->at : s->text.len;
    s->at = end + 1;
    return BYTES(s->text.data + from, end - from);
}

/* One value, with all in it. */
static struct bytes scan_value(struct scan *s)
{
    size_t depth = 0;
    skip_blanks(s);
    size_t from = s->at;
    while (s->at < s->text.len) {
        char c = peek(s);
        if (depth == 0 && s->at > from && strchr(",]}" BLANKS, c))
            break;
        if (c == '"')
            scan_string(s);
        else
            s->at++;
        depth += c == '{' || c == '[';
        depth -= depth && (c == '}' || c == ']');
        if (depth == 0 && strchr("}]\"", c))
            break;
    }
    size_t end = s->at < s->text.len ? s->at : s->text.len;
    return BYTES(s->text.data + from, end - from);
}

/* The next member of the list or object that ${s} is in; false at its end. */
static bool scan_next(struct scan *s)
{
    skip_blanks(s);
    if (peek(s) == ',')
        s->at++;
    skip_blanks(s);
    return s->at < s->text.len && peek(s) != ']' && peek(s) != '}';
}

static size_t scan_objects(struct scan *s, struct object *objects, size_t count)
{
    size_t found = 0;
    for (s->at++; scan_next(s); found++) {
        struct bytes raw = scan_value(s);
        if (found < count)
            objects[found].raw = raw;
    }
    return found;
}

/* ${count} objects are there, in the member "objects"; false where it is spelled in another way. */
static bool find_objects(struct bytes text, struct object *objects, size_t count)
{
    struct scan s = { text, 0 };
    skip_blanks(&s);
    for (s.at++; scan_next(&s);) {
        struct bytes key = scan_string(&s);
        skip_blanks(&s);
        s.at++; /* the colon */
        skip_blanks(&s);
        if (key.len == 7 && memcmp(key.data, "objects", 7) == 0)
            return scan_objects(&s, objects, count) == count;
        scan_value(&s);
    }
    return false;
}

/* Objects -------------------------------------------------------------------------------------------------- */

static enum err load_bundle(struct reading *r, struct bytes text, struct fail *f)
{
    const json_t *list = json_object_get(r->root, "objects");
    const char *id = json_string_value(json_object_get(r->root, "id"));
    if (!id || strncmp(id, "bundle--", 8) != 0 || !name_is_uuid(id + 8))
        return fail_set(f, E_INVALID, "%s: the bundle's 'id' is not bundle--UUID", r->file);
    if (!json_is_array(list) || json_array_size(list) == 0)
        return fail_set(f, E_INVALID, "%s: the bundle has no 'objects'", r->file);
    if (json_array_size(list) > STIX_OBJECTS_MAX)
        return fail_set(f, E_TOO_LARGE, "%s: more than %zu objects", r->file, STIX_OBJECTS_MAX);
    r->count = json_array_size(list);
    r->objects = mem_array(r->count, sizeof *r->objects);
    for (size_t i = 0; i < r->count; i++)
        r->objects[i].value = json_array_get(list, i);
    return find_objects(text, r->objects, r->count)
               ? OK
               : fail_set(f, E_INVALID, "%s: write the member \"objects\" without escapes", r->file);
}

static enum err load(struct reading *r, struct bytes text, struct fail *f)
{
    const char *type;
    if (text.len > STIX_MAX)
        return fail_set(f, E_TOO_LARGE, "%s: over %zu bytes", r->file, STIX_MAX);
    TRY(json_read_deep(text, STIX_MAX, STIX_DEPTH, r->file, &r->root, f));
    type = json_string_value(json_object_get(r->root, "type"));
    if (!type)
        return fail_set(f, E_INVALID,
                        "%s: no STIX 2.1: 'type' is missing. Other JSON is shared whole, with --mark",
                        r->file);
    if (strcmp(type, "bundle") == 0)
        return load_bundle(r, text, f);
    r->count = 1;
    r->objects = mem_array(1, sizeof *r->objects);
    r->objects[0].value = r->root;
    struct scan s = { text, 0 };
    r->objects[0].raw = scan_value(&s);
    return OK;
}

static struct stix_at at_of(const struct reading *r, size_t i)
{
    const char *type = json_string_value(json_object_get(r->objects[i].value, "type"));
    return (struct stix_at){ r->file, type ? type : "", i + 1 };
}

static enum err check_all(struct reading *r, struct fail *f)
{
    AUTO(json_freep) json_t *versions = json_object();
    for (size_t i = 0; i < r->count; i++) {
        struct object *o = &r->objects[i];
        struct stix_at at = { r->file, "", i + 1 };
        TRY(stix_object(o->value, &at, f));
        const char *id = json_string_value(json_object_get(o->value, "id"));
        const char *modified = json_string_value(json_object_get(o->value, "modified"));
        AUTO(str_freep) char *version = str_format("%s %s", id, modified ? modified : "");
        if (json_object_get(versions, version))
            return stix_fail(f, &at, "the same version of the same object is there twice");
        json_object_set_new(versions, version, json_true());
        o->definition = strcmp(at.type, STIX_DEFINITION) == 0;
        if (!o->definition)
            continue;
        TRY(stix_definition(o->value, &at, f));
        if (json_object_get(o->value, "object_marking_refs") ||
            json_object_get(o->value, "granular_markings"))
            return fail_code(stix_fill(f, &at, REASON_UNSUPPORTED,
                                       "definitions that are marked themselves are not read here"));
        if (json_object_size(r->definitions) == DEFINITIONS_MAX)
            return fail_set(f, E_TOO_LARGE, "%s: more than %zu marking-definitions", r->file,
                            DEFINITIONS_MAX);
        json_object_set_new(r->definitions, id, json_integer((json_int_t)i));
    }
    return OK;
}

/* Marks ------------------------------------------------------------------------------------------------------ */

static void set_level(enum tlp level, struct marking *out)
{
    static const char *const text[] = { "TLP:CLEAR", "TLP:GREEN", "TLP:AMBER", "TLP:AMBER+STRICT",
                                        "TLP:RED" };
    if (marking_read(text[level], out, NULL) != OK)
        BUG("a label that can't be read");
}

static enum err add_ref(struct reading *r, size_t i, const json_t *ref, enum tlp *level, struct fail *f)
{
    const char *id = json_string_value(ref);
    struct stix_at at = at_of(r, i);
    enum tlp one;
    if (!id || strncmp(id, STIX_DEFINITION "--", strlen(STIX_DEFINITION) + 2) != 0)
        return stix_fail(f, &at, "a marking refers to what is no marking-definition");
    if (stix_tlp(id, &one)) {
        *level = !r->objects[i].marked || one > *level ? one : *level;
        r->objects[i].marked = true;
        return OK;
    }
    return json_object_get(r->definitions, id)
               ? OK
               : stix_fail(f, &at, "a marking refers to a definition that is neither TLP's nor in this file");
}

static enum err mark_object(struct reading *r, size_t i, struct fail *f)
{
    struct object *o = &r->objects[i];
    const json_t *one;
    enum tlp level = TLP_CLEAR;
    size_t k;
    json_array_foreach (json_object_get(o->value, "object_marking_refs"), k, one)
        TRY(add_ref(r, i, one, &level, f));
    json_array_foreach (json_object_get(o->value, "granular_markings"), k, one)
        if (json_object_get(one, "marking_ref"))
            TRY(add_ref(r, i, json_object_get(one, "marking_ref"), &level, f));
    if (o->marked)
        set_level(level, &o->mark);
    return OK;
}

/* Refers ${o} to the definition ${id}? */
static bool refers(const struct object *o, const char *id)
{
    const json_t *one;
    size_t k;
    json_array_foreach (json_object_get(o->value, "object_marking_refs"), k, one)
        if (strcmp(json_string_value(one), id) == 0)
            return true;
    json_array_foreach (json_object_get(o->value, "granular_markings"), k, one) {
        const char *ref = json_string_value(json_object_get(one, "marking_ref"));
        if (ref && strcmp(ref, id) == 0)
            return true;
    }
    return false;
}

/* What has no mark itself: a definition goes along, a label that nothing refers to is public, all else is the author's to
 * say. */
static enum err settle_unmarked(struct reading *r, size_t i, struct fail *f)
{
    struct object *o = &r->objects[i];
    struct stix_at at = at_of(r, i);
    const char *id = json_string_value(json_object_get(o->value, "id"));
    enum tlp level;
    for (size_t k = 0; o->definition && !o->along && k < r->count; k++)
        o->along = k != i && refers(&r->objects[k], id);
    if (o->along)
        return OK;
    if (o->definition && stix_tlp(id, &level))
        set_level(TLP_CLEAR, &o->mark);
    else if (r->unmarked)
        marking_copy(r->unmarked, &o->mark);
    else
        return stix_fail(f, &at, "it has no TLP marking: say with --unmarked MARK what such objects take");
    return OK;
}

static enum err mark_all(struct reading *r, struct fail *f)
{
    for (size_t i = 0; i < r->count; i++)
        TRY(mark_object(r, i, f));
    for (size_t i = 0; i < r->count; i++)
        if (!r->objects[i].marked)
            TRY(settle_unmarked(r, i, f));
    return OK;
}

/* Portions --------------------------------------------------------------------------------------------------- */

static struct stix_portion *portion_of(struct stix *s, const struct marking *mark)
{
    for (size_t i = 0; i < s->count; i++)
        if (marking_compare(&s->portions[i].mark, mark) == MARKING_EQUAL)
            return &s->portions[i];
    s->portions = mem_grow(s->portions, s->count + 1, sizeof *s->portions);
    struct stix_portion *p = &s->portions[s->count++];
    char id[UUID_TEXT];
    *p = (struct stix_portion){ .text = buf_new_secret(2 * STIX_MAX) };
    marking_copy(mark, &p->mark);
    random_uuid(id);
    buf_printf(p->text, "{\"type\":\"bundle\",\"id\":\"bundle--%s\",\"objects\":[", id);
    return p;
}

static void add_raw(struct stix_portion *p, struct bytes raw)
{
    buf_put_str(p->text, p->text->data[p->text->len - 1] == '[' ? "\n" : ",\n");
    buf_put_bytes(p->text, raw);
}

/* Definitions to which objects of this portion refer. */
static void add_along(const struct reading *r, struct stix_portion *p)
{
    for (size_t d = 0; d < r->count; d++) {
        const struct object *o = &r->objects[d];
        const char *id = json_string_value(json_object_get(o->value, "id"));
        bool used = false;
        for (size_t i = 0; o->along && !used && i < r->count; i++)
            used = marking_is_set(&r->objects[i].mark) &&
                   marking_compare(&r->objects[i].mark, &p->mark) == MARKING_EQUAL &&
                   refers(&r->objects[i], id);
        if (used)
            add_raw(p, o->raw);
    }
}

static int by_level(const void *a, const void *b)
{
    const struct stix_portion *x = a, *y = b;
    return (x->mark.level > y->mark.level) - (x->mark.level < y->mark.level);
}

static enum err make_portions(const struct reading *r, struct stix *s, struct fail *f)
{
    for (size_t i = 0; i < r->count; i++)
        if (!r->objects[i].along)
            add_raw(portion_of(s, &r->objects[i].mark), r->objects[i].raw);
    if (s->count == 0)
        return fail_set(f, E_INVALID, "%s: it has definitions that refer to one another, and no object",
                        r->file);
    for (size_t i = 0; i < s->count; i++) {
        add_along(r, &s->portions[i]);
        buf_put_str(s->portions[i].text, "\n]}\n");
        TRY(buf_check(s->portions[i].text, r->file, f));
    }
    qsort(s->portions, s->count, sizeof *s->portions, by_level);
    return OK;
}

static void find_title(const struct reading *r, struct stix *s)
{
    for (size_t i = 0; i < r->count && !s->title; i++) {
        const char *name = json_string_value(json_object_get(r->objects[i].value, "name"));
        if (strcmp(at_of(r, i).type, "report") == 0 && name && *name && strlen(name) <= TITLE_MAX &&
            !name[strcspn(name, "\r\n\t\x1b\x7f")])
            s->title = str_dup(name);
    }
}

bool stix_is(struct bytes text)
{
    struct scan s = { text, 0 };
    skip_blanks(&s);
    return peek(&s) == '{';
}

static enum err read_all(struct reading *r, struct bytes text, struct stix *out, struct fail *f)
{
    TRY(load(r, text, f));
    TRY(check_all(r, f));
    TRY(mark_all(r, f));
    TRY(make_portions(r, out, f));
    find_title(r, out);
    return OK;
}

enum err stix_read(const char *name, struct bytes text, const struct marking *unmarked, struct stix *out,
                   struct fail *f)
{
    AUTO(reading_clear)
    struct reading r = { .file = name, .unmarked = unmarked, .definitions = json_object() };
    enum err e = read_all(&r, text, out, f);
    if (e != OK)
        stix_clear(out);
    return e;
}

/* A whole file under one mark ---------------------------------------------------------------------------------- */

static void raise_to(const json_t *ref, struct object *o, enum tlp *level)
{
    enum tlp one;
    if (!json_is_string(ref) || !stix_tlp(json_string_value(ref), &one))
        return;
    *level = !o->marked || one > *level ? one : *level;
    o->marked = true;
}

/* As mark_object, of an object that nobody checked. */
static bool has_level(struct object *o, enum tlp *level)
{
    const json_t *one;
    size_t k;
    json_array_foreach (json_object_get(o->value, "object_marking_refs"), k, one)
        raise_to(one, o, level);
    json_array_foreach (json_object_get(o->value, "granular_markings"), k, one)
        raise_to(json_object_get(one, "marking_ref"), o, level);
    return o->marked;
}

static bool is_stricter(const struct marking *own, const struct marking *mark)
{
    enum marking_order order = marking_compare(own, mark);
    return order == MARKING_STRICTER || (order == MARKING_INCOMPARABLE && own->level > mark->level);
}

/* For a message: nothing that a file can say more with. */
static const char *plain(const json_t *object, const char *name)
{
    const char *text = json_text_of(object, name);
    size_t len = strlen(text);
    return len <= 160 && strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEF0123456789-") == len ? text : "";
}

void stix_stricter(struct bytes text, const struct marking *mark,
                   void (*found)(void *ctx, const struct stix_strict *), void *ctx)
{
    AUTO(reading_clear) struct reading r = { .file = "file", .definitions = json_object() };
    if (!stix_is(text) || (load(&r, text, NULL) != OK && r.count == 0))
        return;
    for (size_t i = 0; i < r.count; i++) {
        struct object *o = &r.objects[i];
        enum tlp level = TLP_CLEAR;
        if (!has_level(o, &level))
            continue;
        set_level(level, &o->mark);
        struct stix_strict one = { i + 1, plain(o->value, "type"), plain(o->value, "id"), &o->mark };
        if (is_stricter(&o->mark, mark))
            found(ctx, &one);
    }
}
