/* SPDX-License-Identifier: Apache-2.0 */
#include "store/row.h"

#include <stdlib.h>
#include <string.h>

static const void *at(const void *row, size_t offset)
{
    return (const char *)row + offset;
}

static enum err read_name(const struct field *d, const char *text, void *to)
{
    for (unsigned i = 0; i < d->count; i++)
        if (d->names[i] && strcmp(d->names[i], text) == 0) {
            memcpy(to, &i, sizeof i);
            return OK;
        }
    return E_STORE;
}

static enum err read_field(const struct field *d, const struct cursor *c, int column, void *to)
{
    uint64_t v;
    struct bytes b;
    switch (d->kind) {
    case FIELD_TEXT:
        *(const char **)to = cursor_text(c, column);
        return OK;
    case FIELD_U64:
        return cursor_number(c, column, to) ? OK : E_STORE;
    case FIELD_U32:
        if (!cursor_number(c, column, &v) || v > UINT32_MAX)
            return E_STORE;
        *(uint32_t *)to = (uint32_t)v;
        return OK;
    case FIELD_BOOL:
        if (!cursor_number(c, column, &v) || v > 1)
            return E_STORE;
        *(bool *)to = v == 1;
        return OK;
    case FIELD_BYTES:
        *(struct bytes *)to = cursor_bytes(c, column);
        return OK;
    case FIELD_HASH:
        b = cursor_bytes(c, column);
        if (b.len != 32)
            return E_STORE;
        memcpy(to, b.data, 32);
        return OK;
    case FIELD_NAME:
        return read_name(d, cursor_text(c, column), to);
    }
    BUG("kind of field");
}

enum err row_read(const struct shape *s, const struct cursor *c, void *row, struct fail *f)
{
    for (size_t i = 0; i < s->count; i++)
        if (read_field(&s->fields[i], c, (int)i, (char *)row + s->fields[i].offset) != OK)
            return fail_set(f, E_STORE, "damaged row of table %s: column %zu", s->name, i + 1);
    return OK;
}

/* What a member holds outside the struct, if anything. */
static bool outside(const struct field *d, const void *row, struct bytes *v)
{
    if (d->kind == FIELD_TEXT) {
        const char *text = *(const char *const *)at(row, d->offset);
        *v = BYTES(text, text ? strlen(text) : 0);
        return true;
    }
    if (d->kind == FIELD_BYTES) {
        *v = *(const struct bytes *)at(row, d->offset);
        return true;
    }
    return false;
}

void row_own(const struct shape *s, const void *from, void *to)
{
    size_t total = 0;
    struct bytes v;
    for (size_t i = 0; i < s->count; i++)
        if (outside(&s->fields[i], from, &v) &&
            (!size_add(total, v.len, &total) || !size_add(total, 1, &total)))
            BUG("size of a row");
    char *block = mem_new(total), *p = block;
    memcpy(to, from, s->size);
    for (size_t i = 0; i < s->count; i++) {
        const struct field *d = &s->fields[i];
        if (!outside(d, from, &v))
            continue;
        if (v.len)
            memcpy(p, v.data, v.len); /* the block is zeroed: a zero byte follows */
        void *member = (char *)to + d->offset;
        if (d->kind == FIELD_TEXT)
            *(const char **)member = p;
        else
            *(struct bytes *)member = BYTES(p, v.len);
        p += v.len + 1;
    }
    *(void **)(void *)((char *)to + s->own_at) = block;
}

void row_clear(const struct shape *s, void *row)
{
    free(*(void **)(void *)((char *)row + s->own_at));
    memset(row, 0, s->size);
}

static struct arg field_arg(const struct field *d, const void *row)
{
    const void *p = at(row, d->offset);
    unsigned name;
    switch (d->kind) {
    case FIELD_TEXT:
        return TEXT(*(const char *const *)p);
    case FIELD_U64:
        return NUMBER(*(const uint64_t *)p);
    case FIELD_U32:
        return NUMBER(*(const uint32_t *)p);
    case FIELD_BOOL:
        return NUMBER(*(const bool *)p ? 1 : 0);
    case FIELD_BYTES:
        return BLOB(*(const struct bytes *)p);
    case FIELD_HASH:
        return HASH(p);
    case FIELD_NAME:
        memcpy(&name, p, sizeof name);
        if (name >= d->count || !d->names[name])
            BUG("a value outside its enum");
        return TEXT(d->names[name]);
    }
    BUG("kind of field");
}

size_t row_args(const struct shape *s, const void *row, struct arg out[static ROW_ARGS_MAX])
{
    if (s->written > ROW_ARGS_MAX)
        BUG("columns of a row");
    for (size_t i = 0; i < s->written; i++)
        out[i] = field_arg(&s->fields[i], row);
    return s->written;
}

enum err row_put(struct db *db, enum sql q, const struct shape *s, const void *row, struct fail *f)
{
    struct arg args[ROW_ARGS_MAX];
    size_t count = row_args(s, row, args);
    return db_run(db, q, args, count, NULL, f);
}

enum err row_put_with(struct db *db, enum sql q, const struct shape *s, const void *row, struct arg more,
                      struct fail *f)
{
    struct arg args[ROW_ARGS_MAX + 1];
    size_t count = row_args(s, row, args);
    args[count] = more;
    return db_run(db, q, args, count + 1, NULL, f);
}

enum err row_put_new(struct db *db, enum sql q, const struct shape *s, const void *row, uint64_t *id,
                     struct fail *f)
{
    struct arg args[ROW_ARGS_MAX];
    size_t count = row_args(s, row, args);
    uint64_t made = 0;
    TRY(db_one(db, q, args, count, row_take_number, &made, f));
    if (id)
        *id = made;
    return OK;
}

enum err row_take_text(const struct cursor *c, void *ctx, struct fail *f)
{
    (void)f;
    *(char **)ctx = str_dup(cursor_text(c, 0));
    return OK;
}

enum err row_take_number(const struct cursor *c, void *ctx, struct fail *f)
{
    if (!cursor_number(c, 0, ctx))
        return fail_set(f, E_STORE, "damaged row: a number is negative");
    return OK;
}

enum err row_take_buf(const struct cursor *c, void *ctx, struct fail *f)
{
    struct bytes v = cursor_bytes(c, 0);
    AUTO(buf_freep) struct buf *b = buf_new(v.len);
    buf_put_bytes(b, v);
    TRY(buf_check(b, "stored bytes", f));
    *(struct buf **)ctx = buf_take(&b);
    return OK;
}

enum err row_id_each(const struct cursor *c, void *ctx, struct fail *f)
{
    const struct id_list *list = ctx;
    return list->fn(cursor_text(c, 0), cursor_text(c, 1), list->ctx, f);
}

enum err row_entry_each(const struct cursor *c, void *ctx, struct fail *f)
{
    const struct entry_list *list = ctx;
    uint64_t idx;
    if (!cursor_number(c, 0, &idx))
        return fail_set(f, E_STORE, "an entry below 0");
    return list->fn(idx, cursor_bytes(c, 1), list->ctx, f);
}
