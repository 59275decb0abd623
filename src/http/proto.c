/* SPDX-License-Identifier: Apache-2.0 */
#include "http/proto.h"

#include <string.h>

#include "base/b64.h"
#include "base/mem.h"
#include "base/utf8.h"

enum wire { VARINT = 0, FIXED64 = 1, LENGTH = 2, FIXED32 = 5 };

#define PIECE_MAX ((size_t)8 << 20)

/* Reading ------------------------------------------------------------------------------------------------ */

/* What is left of a message, and of what all of it may cost. */
struct reading {
    const struct proto_message *m;
    unsigned depth;
    unsigned *items;
};

static enum err malformed(const struct reading *r, const char *why, struct fail *f)
{
    return fail_set(f, E_INVALID, "%s: %s", r->m->name, why);
}

static bool get_varint(struct reader *in, uint64_t *out)
{
    uint64_t v = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        uint8_t b;
        if (!get_u8(in, &b) || (shift == 63 && b > 1))
            return false;
        v |= (uint64_t)(b & 0x7f) << shift;
        if (!(b & 0x80)) {
            *out = v;
            return true;
        }
    }
    return false;
}

static bool get_length(struct reader *in, struct bytes *out)
{
    uint64_t len;
    return get_varint(in, &len) && len <= SIZE_MAX && get_bytes(in, (size_t)len, out);
}

/* One field as it stands on the wire. */
struct token {
    unsigned number;
    enum wire wire;
    uint64_t v; /* VARINT, FIXED64 */
    struct bytes bytes;
};

static bool get_token(struct reader *in, struct token *t)
{
    uint64_t key;
    *t = (struct token){ 0 };
    if (!get_varint(in, &key) || key >> 3 == 0 || key >> 3 > 536870911)
        return false;
    t->number = (unsigned)(key >> 3);
    t->wire = (enum wire)(key & 7);
    switch (t->wire) {
    case VARINT:
        return get_varint(in, &t->v);
    case LENGTH:
        return get_length(in, &t->bytes);
    case FIXED64:
        if (!get_bytes(in, 8, &t->bytes))
            return false;
        for (int i = 8; i-- > 0;)
            t->v = t->v << 8 | t->bytes.data[i];
        return true;
    case FIXED32:
        return get_bytes(in, 4, &t->bytes);
    }
    return false; /* groups, and what does not exist */
}

static enum err read_message(const struct reading *r, struct bytes text, json_t **out, struct fail *f);
static enum err read_value(const struct reading *r, struct bytes text, json_t **out, struct fail *f);

static enum err deeper(const struct reading *r, const struct proto_message *m, struct reading *out,
                       struct fail *f)
{
    if (r->depth == PROTO_DEPTH)
        return malformed(r, "nested too deep", f);
    *out = (struct reading){ m, r->depth + 1, r->items };
    return OK;
}

static enum err read_text(const struct reading *r, struct bytes v, json_t **out, struct fail *f)
{
    if (utf8_valid(v) != v.len || (v.len && memchr(v.data, '\0', v.len)))
        return malformed(r, "a string is not UTF-8", f);
    *out = json_stringn((const char *)v.data, v.len);
    return OK;
}

static void read_bytes(struct bytes v, json_t **out)
{
    AUTO(buf_freep) struct buf *text = buf_new(PIECE_MAX * 2);
    b64_put(text, B64_STD, v);
    *out = json_string(buf_text(text));
}

static enum err count_item(const struct reading *r, struct fail *f)
{
    return ++*r->items > PROTO_ITEMS ? fail_set(f, E_TOO_LARGE, "%s: too many members", r->m->name) : OK;
}

/* Struct: field 1 is a map of Values. ListValue: field 1 is a list of them. */
static enum err read_struct(const struct reading *r, struct bytes text, json_t **out, struct fail *f)
{
    static const struct proto_field fields[] = { { 1, "fields", PROTO_VALUE, PROTO_MAP, NULL, NULL } };
    static const struct proto_message message = { "Struct", fields, COUNT(fields) };
    AUTO(json_freep) json_t *v = NULL;
    struct reading inner;
    TRY(deeper(r, &message, &inner, f));
    TRY(read_message(&inner, text, &v, f));
    json_t *members = json_object_get(v, "fields");
    *out = members ? json_incref(members) : json_object();
    return OK;
}

static enum err read_list(const struct reading *r, struct bytes text, json_t **out, struct fail *f)
{
    static const struct proto_field fields[] = { { 1, "values", PROTO_VALUE, PROTO_LIST, NULL, NULL } };
    static const struct proto_message message = { "ListValue", fields, COUNT(fields) };
    AUTO(json_freep) json_t *v = NULL;
    struct reading inner;
    TRY(deeper(r, &message, &inner, f));
    TRY(read_message(&inner, text, &v, f));
    json_t *values = json_object_get(v, "values");
    *out = values ? json_incref(values) : json_array();
    return OK;
}

static enum err read_number(const struct reading *r, uint64_t bits, json_t **out, struct fail *f)
{
    double d;
    memcpy(&d, &bits, sizeof d);
    json_t *v = json_real(d); /* NULL: not a number, infinity */
    if (!v)
        return malformed(r, "a number that JSON does not have", f);
    *out = v;
    return OK;
}

static enum err read_value_part(const struct reading *r, const struct token *t, json_t **out, struct fail *f)
{
    switch (t->number) {
    case 1:
        *out = json_null();
        return OK;
    case 2:
        return read_number(r, t->v, out, f);
    case 3:
        return read_text(r, t->bytes, out, f);
    case 4:
        *out = json_boolean(t->v != 0);
        return OK;
    case 5:
        return read_struct(r, t->bytes, out, f);
    case 6:
        return read_list(r, t->bytes, out, f);
    default:
        return OK;
    }
}

static enum err read_value(const struct reading *r, struct bytes text, json_t **out, struct fail *f)
{
    static const enum wire wires[] = { VARINT, VARINT, FIXED64, LENGTH, VARINT, LENGTH, LENGTH };
    AUTO(json_freep) json_t *v = json_null();
    struct reader in = reader_of(text);
    struct reading inner;
    TRY(deeper(r, r->m, &inner, f));
    while (!reader_done(&in)) {
        struct token t;
        if (!get_token(&in, &t) || (t.number < COUNT(wires) && t.wire != wires[t.number]))
            return malformed(r, "a value does not parse", f);
        json_t *got = NULL;
        TRY(read_value_part(&inner, &t, &got, f));
        if (got) {
            json_decref(v);
            v = got;
        }
    }
    *out = json_incref(v);
    return OK;
}

static enum err read_bool_value(const struct reading *r, struct bytes text, json_t **out, struct fail *f)
{
    struct reader in = reader_of(text);
    bool v = false;
    while (!reader_done(&in)) {
        struct token t;
        if (!get_token(&in, &t))
            return malformed(r, "a boolean does not parse", f);
        if (t.number == 1 && t.wire == VARINT)
            v = t.v != 0;
    }
    *out = json_boolean(v);
    return OK;
}

static json_t *enum_name(const struct proto_field *d, uint64_t v)
{
    for (uint64_t i = 0; d->names[i]; i++)
        if (i == v)
            return json_string(d->names[i]);
    return json_integer((json_int_t)(v & 0x7fffffff));
}

static enum wire wire_of(enum proto_type type)
{
    return type == PROTO_INT || type == PROTO_BOOL || type == PROTO_ENUM ? VARINT : LENGTH;
}

static enum err read_one(const struct reading *r, const struct proto_field *d, const struct token *t,
                         json_t **out, struct fail *f)
{
    struct reading inner;
    if (t->wire != wire_of(d->type))
        return malformed(r, "a field of another type", f);
    switch (d->type) {
    case PROTO_STRING:
        return read_text(r, t->bytes, out, f);
    case PROTO_BYTES:
        read_bytes(t->bytes, out);
        return OK;
    case PROTO_INT:
        if (t->v > (uint64_t)1 << 53)
            return malformed(r, "a number out of range", f);
        *out = json_integer((json_int_t)t->v);
        return OK;
    case PROTO_BOOL:
        *out = json_boolean(t->v != 0);
        return OK;
    case PROTO_BOOL_VALUE:
        return read_bool_value(r, t->bytes, out, f);
    case PROTO_ENUM:
        *out = enum_name(d, t->v);
        return OK;
    case PROTO_MESSAGE:
        TRY(deeper(r, d->message, &inner, f));
        return read_message(&inner, t->bytes, out, f);
    case PROTO_STRUCT:
        return read_struct(r, t->bytes, out, f);
    case PROTO_VALUE:
        return read_value(r, t->bytes, out, f);
    }
    BUG("a type of field that does not exist");
}

/* A map entry: key 1, value 2, either of which may be missing. */
static enum err read_entry(const struct reading *r, const struct proto_field *d, const struct token *t,
                           json_t *map, struct fail *f)
{
    AUTO(json_freep) json_t *key = json_string(""), *value = NULL;
    struct reader in = reader_of(t->bytes);
    if (t->wire != LENGTH)
        return malformed(r, "a map entry of another type", f);
    while (!reader_done(&in)) {
        struct token part;
        json_t *got = NULL;
        if (!get_token(&in, &part) || (part.number == 1 && part.wire != LENGTH))
            return malformed(r, "a map entry does not parse", f);
        if (part.number == 1) {
            TRY(read_text(r, part.bytes, &got, f));
            json_decref(key);
            key = got;
        } else if (part.number == 2) {
            TRY(read_one(r, d, &part, &got, f));
            json_decref(value);
            value = got;
        }
    }
    json_object_set(map, json_string_value(key), value ? value : json_null());
    return OK;
}

static json_t *member(json_t *v, const struct proto_field *d)
{
    json_t *had = json_object_get(v, d->name);
    if (!had)
        json_set_take(v, d->name, had = d->many == PROTO_MAP ? json_object() : json_array());
    return had;
}

static enum err read_field(const struct reading *r, const struct token *t, json_t *v, struct fail *f)
{
    const struct proto_field *d = NULL;
    json_t *got = NULL;
    for (size_t i = 0; i < r->m->count && !d; i++)
        if (r->m->fields[i].number == t->number)
            d = &r->m->fields[i];
    if (!d)
        return OK;
    TRY(count_item(r, f));
    if (d->many == PROTO_MAP)
        return read_entry(r, d, t, member(v, d), f);
    TRY(read_one(r, d, t, &got, f));
    if (d->many == PROTO_LIST)
        json_array_append_new(member(v, d), got);
    else
        json_set_take(v, d->name, got); /* the last one counts */
    return OK;
}

static enum err read_message(const struct reading *r, struct bytes text, json_t **out, struct fail *f)
{
    AUTO(json_freep) json_t *v = json_object();
    struct reader in = reader_of(text);
    while (!reader_done(&in)) {
        struct token t;
        if (!get_token(&in, &t))
            return malformed(r, "does not parse", f);
        TRY(read_field(r, &t, v, f));
    }
    *out = json_incref(v);
    return OK;
}

enum err proto_read(const struct proto_message *m, struct bytes text, json_t **out, struct fail *f)
{
    unsigned items = 0;
    struct reading r = { m, 0, &items };
    return read_message(&r, text, out, f);
}

/* Writing ------------------------------------------------------------------------------------------------ */

void proto_put_varint(struct buf *out, uint64_t v)
{
    for (; v > 0x7f; v >>= 7)
        buf_put_u8(out, (uint8_t)(v | 0x80));
    buf_put_u8(out, (uint8_t)v);
}

static void put_key(struct buf *out, unsigned number, enum wire wire)
{
    proto_put_varint(out, (uint64_t)number << 3 | wire);
}

void proto_put_bytes(struct buf *out, unsigned number, struct bytes v)
{
    put_key(out, number, LENGTH);
    proto_put_varint(out, v.len);
    buf_put_bytes(out, v);
}

void proto_put_str(struct buf *out, unsigned number, const char *v)
{
    if (v && *v)
        proto_put_bytes(out, number, bytes_str(v));
}

static void put_struct(struct buf *out, const json_t *v)
{
    const char *name;
    json_t *item;
    json_object_foreach ((json_t *)(uintptr_t)v, name, item) {
        AUTO(buf_freep) struct buf *entry = buf_new(PIECE_MAX);
        proto_put_str(entry, 1, name);
        proto_put_value(entry, 2, item);
        proto_put_bytes(out, 1, bytes_of(entry));
    }
}

static void put_number(struct buf *out, double d)
{
    uint64_t bits;
    memcpy(&bits, &d, sizeof bits);
    put_key(out, 2, FIXED64);
    for (int i = 0; i < 8; i++)
        buf_put_u8(out, (uint8_t)(bits >> (8 * i)));
}

static void put_flag(struct buf *out, unsigned number, uint64_t v)
{
    put_key(out, number, VARINT);
    proto_put_varint(out, v);
}

void proto_put_value(struct buf *out, unsigned number, const json_t *v)
{
    AUTO(buf_freep) struct buf *value = buf_new(PIECE_MAX);
    AUTO(buf_freep) struct buf *inner = buf_new(PIECE_MAX);
    if (json_is_object(v)) {
        put_struct(inner, v);
        proto_put_bytes(value, 5, bytes_of(inner));
    } else if (json_is_array(v)) {
        for (size_t i = 0; i < json_array_size(v); i++)
            proto_put_value(inner, 1, json_array_get(v, i));
        proto_put_bytes(value, 6, bytes_of(inner));
    } else if (json_is_string(v)) {
        proto_put_bytes(value, 3, BYTES(json_string_value(v), json_string_length(v)));
    } else if (json_is_number(v)) {
        put_number(value, json_number_value(v));
    } else if (json_is_boolean(v)) {
        put_flag(value, 4, json_is_true(v));
    } else {
        put_flag(value, 1, 0);
    }
    proto_put_bytes(out, number, bytes_of(value));
}

static void put_bytes_text(struct buf *out, unsigned number, const json_t *v)
{
    AUTO(buf_freep) struct buf *raw = buf_new(PIECE_MAX);
    if (b64_read(B64_STD, bytes_str(json_string_value(v)), raw, "bytes", NULL) == OK)
        proto_put_bytes(out, number, bytes_of(raw));
}

static uint64_t enum_number(const struct proto_field *d, const json_t *v)
{
    if (json_is_integer(v))
        return (uint64_t)json_integer_value(v) & 0x7fffffff;
    for (uint64_t i = 0; json_is_string(v) && d->names[i]; i++)
        if (strcmp(d->names[i], json_string_value(v)) == 0)
            return i;
    return 0;
}

/* ${kept}: as a member of a list or map, where a default must be written, too. */
static void put_one(const struct proto_field *d, unsigned number, const json_t *v, bool kept, struct buf *out)
{
    AUTO(buf_freep) struct buf *inner = buf_new(PIECE_MAX);
    switch (d->type) {
    case PROTO_STRING:
        if (json_is_string(v) && (kept || json_string_length(v)))
            proto_put_bytes(out, number, BYTES(json_string_value(v), json_string_length(v)));
        return;
    case PROTO_BYTES:
        if (json_is_string(v) && (kept || json_string_length(v)))
            put_bytes_text(out, number, v);
        return;
    case PROTO_INT:
        if (json_is_integer(v) && (kept || json_integer_value(v)))
            put_flag(out, number, (uint64_t)json_integer_value(v));
        return;
    case PROTO_BOOL:
        if (json_is_boolean(v) && (kept || json_is_true(v)))
            put_flag(out, number, json_is_true(v));
        return;
    case PROTO_BOOL_VALUE:
        if (!json_is_boolean(v))
            return;
        if (json_is_true(v))
            put_flag(inner, 1, 1);
        break;
    case PROTO_ENUM:
        if (kept || enum_number(d, v))
            put_flag(out, number, enum_number(d, v));
        return;
    case PROTO_MESSAGE:
        if (!json_is_object(v))
            return;
        proto_write(d->message, v, inner);
        break;
    case PROTO_STRUCT:
        if (!json_is_object(v))
            return;
        put_struct(inner, v);
        break;
    case PROTO_VALUE:
        proto_put_value(out, number, v);
        return;
    }
    if (inner->failed)
        out->failed = true;
    proto_put_bytes(out, number, bytes_of(inner));
}

static void put_map(const struct proto_field *d, const json_t *v, struct buf *out)
{
    const char *name;
    json_t *item;
    json_object_foreach ((json_t *)(uintptr_t)v, name, item) {
        AUTO(buf_freep) struct buf *entry = buf_new(PIECE_MAX);
        proto_put_str(entry, 1, name);
        put_one(d, 2, item, true, entry);
        proto_put_bytes(out, d->number, bytes_of(entry));
    }
}

void proto_write(const struct proto_message *m, const json_t *v, struct buf *out)
{
    for (size_t i = 0; i < m->count; i++) {
        const struct proto_field *d = &m->fields[i];
        const json_t *member_value = json_object_get(v, d->name);
        if (!member_value)
            continue;
        if (d->many == PROTO_MAP)
            put_map(d, member_value, out);
        else if (d->many == PROTO_ONE)
            put_one(d, d->number, member_value, false, out);
        else
            for (size_t k = 0; k < json_array_size(member_value); k++)
                put_one(d, d->number, json_array_get(member_value, k), true, out);
    }
}
