/* SPDX-License-Identifier: Apache-2.0
 * store/row.h - inside the store: how a row struct lies in the columns of a statement
 *
 * Each subject describes its struct once, in the order of its columns; reading, binding, owning and freeing
 * follow from the description. */
#ifndef STORE_ROW_H
#define STORE_ROW_H

#include "store/sqlite.h"

enum field_kind { FIELD_TEXT, FIELD_U64, FIELD_U32, FIELD_BOOL, FIELD_BYTES, FIELD_HASH, FIELD_NAME };

struct field {
    enum field_kind kind;
    size_t offset;
    const char *const
        *names; /* FIELD_NAME: the member is an enum, the column its name; NULL names are unused */
    unsigned count;
};

struct shape {
    const char *name;
    const struct field *fields;
    size_t count;   /* columns when reading */
    size_t written; /* columns when writing: the first ones */
    size_t own_at;  /* offset of the member `own` */
    size_t size;    /* of the struct */
};

#define ROW_ARGS_MAX 24

/* row_read: views of the columns. E_STORE if a column does not fit its member. */
MUST_USE enum err row_read(const struct shape *s, const struct cursor *c, void *row, struct fail *f);
/* row_own: an owned copy, in one block. row_clear: free it and zero the row. */
void row_own(const struct shape *s, const void *from, void *to);
void row_clear(const struct shape *s, void *row);
/* row_args: what to bind for the columns that are written; returns how many. */
size_t row_args(const struct shape *s, const void *row, struct arg out[static ROW_ARGS_MAX]);
/* row_put: run ${q} with them; row_put_with: and one more; row_put_new: ${q} returns the new row's id, which
 * is given to ${id} unless that is NULL. */
MUST_USE enum err row_put(struct db *db, enum sql q, const struct shape *s, const void *row, struct fail *f);
MUST_USE enum err row_put_with(struct db *db, enum sql q, const struct shape *s, const void *row,
                               struct arg more, struct fail *f);
MUST_USE enum err row_put_new(struct db *db, enum sql q, const struct shape *s, const void *row, uint64_t *id,
                              struct fail *f);

/* One column of the only row, for db_one. */
enum err row_take_text(const struct cursor *c, void *ctx, struct fail *f);   /* ctx: char **, to free */
enum err row_take_number(const struct cursor *c, void *ctx, struct fail *f); /* ctx: uint64_t * */
enum err row_take_buf(const struct cursor *c, void *ctx, struct fail *f);    /* ctx: struct buf **, to free */

/* Lists of ids: (originator, id). */
struct id_list {
    enum err (*fn)(const char *originator, const char *id, void *ctx, struct fail *f);
    void *ctx;
};
enum err row_id_each(const struct cursor *c, void *ctx, struct fail *f); /* ctx: struct id_list * */

/* Entries of a log: (idx, bytes). */
struct entry_list {
    enum err (*fn)(uint64_t idx, struct bytes entry, void *ctx, struct fail *f);
    void *ctx;
};
enum err row_entry_each(const struct cursor *c, void *ctx, struct fail *f); /* ctx: struct entry_list * */

#define FIELD(row, member, of)                                                                               \
    {                                                                                                        \
        .kind = (of), .offset = offsetof(struct row, member)                                                 \
    }
#define FIELD_ENUM(row, member, texts)                                                                       \
    {                                                                                                        \
        FIELD_NAME, offsetof(struct row, member), (texts), COUNT(texts)                                      \
    }
#define SHAPE(subject, fields_, written_)                                                                    \
    static const struct shape subject##_shape = { #subject,                                                  \
                                                  fields_,                                                   \
                                                  COUNT(fields_),                                            \
                                                  (written_),                                                \
                                                  offsetof(struct subject##_row, own),                       \
                                                  sizeof(struct subject##_row) }

/* What every subject has: clear; mostly also ${subject}_one for db_one with a row as ctx. */
#define ROW_CLEAR(subject)                                                                                   \
    void store_##subject##_clear(struct subject##_row *r)                                                    \
    {                                                                                                        \
        row_clear(&subject##_shape, r);                                                                      \
    }
#define ROW_GET(subject)                                                                                     \
    ROW_CLEAR(subject)                                                                                       \
    static enum err subject##_one(const struct cursor *c, void *ctx, struct fail *f)                         \
    {                                                                                                        \
        struct subject##_row view = { 0 };                                                                   \
        TRY(row_read(&subject##_shape, c, &view, f));                                                        \
        row_own(&subject##_shape, &view, ctx);                                                               \
        return OK;                                                                                           \
    }

/* And those with lists: copy, and ${subject}_each for db_each with a struct ${subject}_list as ctx. */
#define ROW_LIST(subject)                                                                                    \
    void store_##subject##_copy(const struct subject##_row *from, struct subject##_row *to)                  \
    {                                                                                                        \
        row_own(&subject##_shape, from, to);                                                                 \
    }                                                                                                        \
    struct subject##_list {                                                                                  \
        store_##subject##_fn fn;                                                                             \
        void *ctx;                                                                                           \
    };                                                                                                       \
    static enum err subject##_each(const struct cursor *c, void *ctx, struct fail *f)                        \
    {                                                                                                        \
        const struct subject##_list *list = ctx;                                                             \
        struct subject##_row view = { 0 };                                                                   \
        TRY(row_read(&subject##_shape, c, &view, f));                                                        \
        return list->fn(&view, list->ctx, f);                                                                \
    }
#define LIST(subject)                                                                                        \
    &(struct subject##_list)                                                                                 \
    {                                                                                                        \
        fn, ctx                                                                                              \
    }

#endif
