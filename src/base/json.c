/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/time.h"
#include "base/utf8.h"

void json_freep(json_t **v)
{
    json_decref(*v);
    *v = NULL;
}

/* Depth without a parser: brackets outside strings. Runs before jansson sees the text. */
static bool too_deep(struct bytes text, unsigned max)
{
    unsigned depth = 0;
    bool in_string = false;
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.data[i];
        if (in_string) {
            if (c == '\\')
                i++;
            else if (c == '"')
                in_string = false;
        } else if (c == '"') {
            in_string = true;
        } else if (c == '{' || c == '[') {
            if (++depth > max)
                return true;
        } else if ((c == '}' || c == ']') && depth > 0) {
            depth--;
        }
    }
    return false;
}

enum err json_read_deep(struct bytes text, size_t max, unsigned depth, const char *what, json_t **out,
                        struct fail *f)
{
    if (text.len > max)
        return fail_set(f, E_TOO_LARGE, "%s is larger than %zu bytes", what, max);
    if (too_deep(text, depth))
        return fail_set(f, E_INVALID, "%s is nested deeper than %u levels", what, depth);
    json_error_t error;
    json_t *v = json_loadb(text.len ? (const char *)text.data : "", text.len, JSON_REJECT_DUPLICATES, &error);
    if (!v)
        return fail_set(f, E_INVALID, "%s is not valid JSON: line %d, column %d: %.120s", what, error.line,
                        error.column, error.text);
    *out = v;
    return OK;
}

enum err json_read(struct bytes text, size_t max, const char *what, json_t **out, struct fail *f)
{
    return json_read_deep(text, max, JSON_DEPTH, what, out, f);
}

/* Where a walk over text is: the members and places that lead there. A number is judged as it is written, since
 * -0 and 0 are one value once they are parsed. */
struct step {
    struct bytes name; /* as written, between the quotes */
    size_t place;
    bool list;
};

struct walk {
    struct bytes text;
    size_t at, depth;
    struct step steps[JSON_DEPTH];
};

#define PATH_SHOWN 160

static enum err bad_number(const struct walk *w, struct bytes number, const char *what, struct fail *f)
{
    AUTO(buf_freep) struct buf *path = buf_new(w->text.len + JSON_DEPTH * 24);
    for (size_t i = 0; i < w->depth; i++) {
        const struct step *s = &w->steps[i];
        if (s->list) {
            buf_printf(path, "[%zu]", s->place);
            continue;
        }
        buf_put_str(path, path->len ? "." : "");
        buf_put_bytes(path, s->name);
    }
    size_t shown = utf8_valid(BYTES(path->data, path->len < PATH_SHOWN ? path->len : PATH_SHOWN));
    return fail_set(
        f, E_INVALID,
        "%s: '%.*s' is %.*s: numbers are integers from -2^53 to 2^53, without fraction, exponent, or "
        "sign at zero",
        what, (int)shown, buf_text(path), number.len < 40 ? (int)number.len : 40, (const char *)number.data);
}

static bool is_whole(struct bytes number)
{
    bool minus = number.data[0] == '-';
    uint64_t v = 0;
    for (size_t i = minus; i < number.len; i++) {
        uint8_t c = number.data[i];
        if (c < '0' || c > '9' || v > JSON_WHOLE_MAX / 10)
            return false;
        v = v * 10 + (uint64_t)(c - '0');
    }
    return v <= JSON_WHOLE_MAX && !(minus && v == 0);
}

/* A string is a member's name if a colon follows. */
static void walk_string(struct walk *w)
{
    const uint8_t *t = w->text.data;
    size_t from = ++w->at;
    while (w->at < w->text.len && t[w->at] != '"')
        w->at += t[w->at] == '\\' ? 2 : 1;
    struct bytes name = BYTES(t + from, w->at - from);
    w->at++;
    while (w->at < w->text.len && memchr(" \t\r\n", t[w->at], 4))
        w->at++;
    if (w->at < w->text.len && t[w->at] == ':' && w->depth)
        w->steps[w->depth - 1].name = name;
}

static struct bytes walk_number(struct walk *w)
{
    size_t from = w->at;
    while (w->at < w->text.len && memchr("+-.0123456789Ee", w->text.data[w->at], 15))
        w->at++;
    return BYTES(w->text.data + from, w->at - from);
}

enum err json_whole(struct bytes text, const char *what, struct fail *f)
{
    struct walk w = { .text = text };
    while (w.at < text.len) {
        uint8_t c = text.data[w.at];
        if (c == '"') {
            walk_string(&w);
            continue;
        }
        if (c == '-' || (c >= '0' && c <= '9')) {
            struct bytes number = walk_number(&w);
            if (!is_whole(number))
                return bad_number(&w, number, what, f);
            continue;
        }
        if ((c == '{' || c == '[') && w.depth == JSON_DEPTH)
            return fail_set(f, E_INVALID, "%s is nested deeper than %u levels", what, JSON_DEPTH);
        if (c == '{' || c == '[')
            w.steps[w.depth++] = (struct step){ .list = c == '[' };
        else if ((c == '}' || c == ']') && w.depth)
            w.depth--;
        else if (c == ',' && w.depth)
            w.steps[w.depth - 1].place++;
        w.at++;
    }
    return OK;
}

static int put_part(const char *part, size_t len, void *b)
{
    buf_put(b, part, len);
    return 0;
}

static void put_flags(struct buf *b, const json_t *v, size_t flags)
{
    if (json_dump_callback(v, put_part, b, flags | JSON_COMPACT | JSON_ENCODE_ANY) != 0)
        b->failed = true;
}

void json_put(struct buf *b, const json_t *v)
{
    put_flags(b, v, 0);
}

void json_put_sorted(struct buf *b, const json_t *v)
{
    put_flags(b, v, JSON_SORT_KEYS);
}

char *json_text(const json_t *v)
{
    char *text = json_dumps(v, JSON_COMPACT | JSON_ENCODE_ANY);
    if (!text)
        BUG("JSON value can't be printed");
    return text;
}

static enum err missing(const json_t *v, const char *name, const char *what, const char *type, struct fail *f)
{
    if (!json_is_object(v))
        return fail_set(f, E_INVALID, "%s is not an object", what);
    return fail_set(f, E_INVALID, "%s: '%s' is %s", what, name, json_object_get(v, name) ? type : "missing");
}

const char *json_text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

enum err json_need_str(const json_t *v, const char *name, const char *what, const char **out, struct fail *f)
{
    const json_t *m = json_object_get(v, name);
    if (!json_is_string(m))
        return missing(v, name, what, "not a string", f);
    *out = json_string_value(m);
    return OK;
}

enum err json_need_u64(const json_t *v, const char *name, const char *what, uint64_t *out, struct fail *f)
{
    const json_t *m = json_object_get(v, name);
    if (!json_is_integer(m) || json_integer_value(m) < 0)
        return missing(v, name, what, "not a whole number", f);
    *out = (uint64_t)json_integer_value(m);
    return OK;
}

enum err json_need_array(const json_t *v, const char *name, const char *what, const json_t **out,
                         struct fail *f)
{
    const json_t *m = json_object_get(v, name);
    if (!json_is_array(m))
        return missing(v, name, what, "not a list", f);
    *out = m;
    return OK;
}

enum err json_need_object(const json_t *v, const char *name, const char *what, const json_t **out,
                          struct fail *f)
{
    const json_t *m = json_object_get(v, name);
    if (!json_is_object(m))
        return missing(v, name, what, "not an object", f);
    *out = m;
    return OK;
}

enum err json_may_str(const json_t *v, const char *name, const char *what, const char **out, struct fail *f)
{
    const json_t *m = json_object_get(v, name);
    if (m && !json_is_null(m))
        return json_need_str(v, name, what, out, f);
    *out = NULL;
    return OK;
}

enum err json_may_u64(const json_t *v, const char *name, const char *what, uint64_t *out, struct fail *f)
{
    const json_t *m = json_object_get(v, name);
    if (m && !json_is_null(m))
        return json_need_u64(v, name, what, out, f);
    *out = 0;
    return OK;
}

void json_set_take(json_t *object, const char *name, json_t *value)
{
    if (!value || json_object_set_new(object, name, value) != 0)
        BUG("JSON member can't be set");
}

void json_set_str(json_t *object, const char *name, const char *value)
{
    if (value)
        json_set_take(object, name, json_string(value));
}

void json_set_u64(json_t *object, const char *name, uint64_t value)
{
    if (value > INT64_MAX)
        BUG("JSON number over 2^63");
    json_set_take(object, name, json_integer((json_int_t)value));
}

void json_set_time(json_t *object, const char *name, uint64_t ms)
{
    char text[TIME_TEXT_SIZE] = "";
    if (ms)
        time_print(ms, text);
    json_set_str(object, name, text);
}

void json_set_bool(json_t *object, const char *name, bool value)
{
    json_set_take(object, name, json_boolean(value));
}
