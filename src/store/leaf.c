/* SPDX-License-Identifier: Apache-2.0 */
#include "store/leaf.h"

#include <string.h>

#include "store/row.h"

/* Two numbers of one row; also where a table refers to an entry: generation and index. */
struct pair {
    uint64_t a, b;
};

static enum err pair_row(const struct cursor *c, void *ctx, struct fail *f)
{
    struct pair *p = ctx;
    if (!cursor_number(c, 0, &p->a) || !cursor_number(c, 1, &p->b))
        return fail_set(f, E_STORE, "damaged row: a number is negative");
    return OK;
}

/* Leaves and readers ------------------------------------------------------------------------------------- */

static const struct field leaf_fields[] = {
    FIELD(leaf_row, generation, FIELD_U32), FIELD(leaf_row, idx, FIELD_U64),
    FIELD(leaf_row, form, FIELD_U32),       FIELD(leaf_row, time_ms, FIELD_U64),
    FIELD(leaf_row, body, FIELD_BYTES),     FIELD(leaf_row, reader, FIELD_U64),
    FIELD(leaf_row, entry, FIELD_BYTES),    FIELD(leaf_row, proof, FIELD_BYTES),
};
SHAPE(leaf, leaf_fields, 0);
ROW_GET(leaf)
ROW_LIST(leaf)

/* A row's key: so many of its bits are the index, above them is the generation. */
#define IDX_BITS 40
#define IDX_END  ((uint64_t)1 << IDX_BITS)

static struct arg key_of(uint32_t generation, uint64_t idx)
{
    return NUMBER(((uint64_t)generation << IDX_BITS) + (idx < IDX_END ? idx : IDX_END));
}

enum err store_leaf_next(struct db *db, uint32_t generation, uint64_t *idx, uint64_t *last_ms, struct fail *f)
{
    struct pair last = { 0 };
    enum err e =
        db_one(db, Q_LEAF_NEXT, ARGS(key_of(generation, 0), key_of(generation, IDX_END)), pair_row, &last, f);
    bool none = store_missing(e, f);
    if (!none)
        TRY(e);
    *idx = none ? 0 : last.a % IDX_END + 1;
    *last_ms = last.b;
    return OK;
}

enum err store_leaf_add(struct db *db, const struct leaf_row *r, struct fail *f)
{
    if (r->idx >= IDX_END)
        return fail_set(f, E_TOO_LARGE, "generation %u of the ledger is full", r->generation);
    return db_run(db, Q_LEAF_ADD,
                  ARGS(key_of(r->generation, r->idx), NUMBER(r->form), NUMBER(r->time_ms), BLOB(r->body),
                       NUMBER(r->reader)),
                  NULL, f);
}

enum err store_leaf_get(struct db *db, uint32_t generation, uint64_t idx, struct leaf_row *r, struct fail *f)
{
    return db_one(db, Q_LEAF_GET, ARGS(key_of(generation, idx)), leaf_one, r, f);
}

enum err store_leaf_range(struct db *db, uint32_t generation, uint64_t from, uint64_t to, store_leaf_fn fn,
                          void *ctx, struct fail *f)
{
    return db_each(db, Q_LEAF_RANGE, ARGS(key_of(generation, from), key_of(generation, to)), leaf_each,
                   LIST(leaf), f);
}

enum err store_leaf_publish(struct db *db, uint32_t generation, uint64_t idx, struct bytes entry,
                            struct bytes proof, struct fail *f)
{
    uint64_t changes = 0;
    TRY(db_run(db, Q_ENTRY_PUT, ARGS(key_of(generation, idx), BLOB(entry), proof.len ? BLOB(proof) : NONE),
               &changes, f));
    if (changes)
        return OK;
    AUTO(store_leaf_clear) struct leaf_row r = { 0 };
    TRY(store_leaf_get(db, generation, idx, &r, f));
    if (!bytes_equal(r.entry, entry) || !bytes_equal(r.proof, proof))
        return fail_set(f, E_CONFLICT, "entry %llu of generation %u was published with other bytes",
                        (unsigned long long)idx, generation);
    return OK;
}

enum err store_leaf_entries(struct db *db, uint32_t generation, uint64_t from, uint64_t to, store_entry_fn fn,
                            void *ctx, struct fail *f)
{
    return db_each(db, Q_ENTRY_RANGE, ARGS(key_of(generation, from), key_of(generation, to)), row_entry_each,
                   LIST(entry), f);
}

static const struct field reader_fields[] = {
    FIELD(reader_row, srt, FIELD_TEXT),
    FIELD(reader_row, token, FIELD_TEXT),
    FIELD(reader_row, jwk, FIELD_TEXT),
    FIELD(reader_row, id, FIELD_U64),
};
SHAPE(reader, reader_fields, 3);
ROW_GET(reader)

enum err store_reader_add(struct db *db, const struct reader_row *r, uint64_t *id, struct fail *f)
{
    return row_put_new(db, Q_READER_ADD, &reader_shape, r, id, f);
}

enum err store_reader_get(struct db *db, uint64_t id, struct reader_row *r, struct fail *f)
{
    return db_one(db, Q_READER_GET, ARGS(NUMBER(id)), reader_one, r, f);
}

/* Tags and briefings ------------------------------------------------------------------------------------- */

enum err store_tag_counter_get(struct db *db, uint32_t generation, unsigned tag_class, const char *portion,
                               const char *name, uint64_t *version, uint64_t *last_idx, struct fail *f)
{
    struct pair found = { 0, STORE_NO_IDX };
    enum err e =
        db_one(db, Q_TAG_COUNTER_GET, ARGS(NUMBER(generation), NUMBER(tag_class), TEXT(portion), TEXT(name)),
               pair_row, &found, f);
    if (!store_missing(e, f))
        TRY(e);
    *version = found.a;
    *last_idx = found.b;
    return OK;
}

enum err store_tag_counter_next(struct db *db, uint32_t generation, unsigned tag_class, const char *portion,
                                const char *name, uint64_t idx, uint64_t *version, uint64_t *last_idx,
                                struct fail *f)
{
    uint64_t now, before;
    TRY(store_tag_counter_get(db, generation, tag_class, portion, name, &now, &before, f));
    TRY(db_run(
        db, Q_TAG_COUNTER_PUT,
        ARGS(NUMBER(generation), NUMBER(tag_class), TEXT(portion), TEXT(name), NUMBER(now + 1), NUMBER(idx)),
        NULL, f));
    *version = now;
    *last_idx = before;
    return OK;
}

enum err store_briefing_get(struct db *db, uint32_t generation, const char *portion, const char *person,
                            uint64_t *idx, struct fail *f)
{
    return db_one(db, Q_BRIEFING_GET, ARGS(NUMBER(generation), TEXT(portion), TEXT(person)), row_take_number,
                  idx, f);
}

enum err store_briefing_enter(struct db *db, uint32_t generation, const char *portion, const char *person,
                              uint64_t idx, bool *first, uint64_t *first_idx, struct fail *f)
{
    uint64_t changes = 0, found = idx;
    TRY(db_run(db, Q_BRIEFING_ENTER, ARGS(NUMBER(generation), TEXT(portion), TEXT(person), NUMBER(idx)),
               &changes, f));
    if (!changes)
        TRY(store_briefing_get(db, generation, portion, person, &found, f));
    *first = changes != 0;
    *first_idx = found;
    return OK;
}

struct picking {
    uint32_t generation;
    uint64_t idx;
    bool last;
};

static enum err pick_one(const struct cursor *c, void *ctx, struct fail *f)
{
    struct picking *p = ctx;
    uint64_t generation, idx;
    if (!cursor_number(c, 0, &generation) || generation > UINT32_MAX || !cursor_number(c, 1, &idx))
        return fail_set(f, E_STORE, "damaged row of table briefing");
    if (p->generation && !p->last)
        return OK;
    p->generation = (uint32_t)generation;
    p->idx = idx;
    return OK;
}

enum err store_briefing_pick(struct db *db, const char *portion, const char *person, bool last,
                             uint32_t *generation, uint64_t *idx, struct fail *f)
{
    struct picking p = { .last = last };
    TRY(db_each(db, Q_BRIEFING_PICK, ARGS(TEXT(portion), TEXT(person)), pick_one, &p, f));
    *generation = p.generation;
    *idx = p.idx;
    return p.generation ? OK : fail_set(f, E_NOT_FOUND, "no briefing of %s", person);
}

struct briefing_list {
    store_briefing_fn fn;
    void *ctx;
};

static enum err briefing_each(const struct cursor *c, void *ctx, struct fail *f)
{
    const struct briefing_list *list = ctx;
    uint64_t generation, idx;
    if (!cursor_number(c, 0, &generation) || generation > UINT32_MAX || !cursor_number(c, 2, &idx))
        return fail_set(f, E_STORE, "damaged row of table briefing");
    return list->fn((uint32_t)generation, cursor_text(c, 1), idx, list->ctx, f);
}

enum err store_briefing_list(struct db *db, const char *portion, store_briefing_fn fn, void *ctx,
                             struct fail *f)
{
    return db_each(db, Q_BRIEFING_LIST, ARGS(TEXT(portion)), briefing_each, LIST(briefing), f);
}

/* Key releases and refusals ------------------------------------------------------------------------------ */

enum err store_key_release_find(struct db *db, const uint8_t srt_sha[static 32], const char *copy,
                                uint32_t *generation, uint64_t *idx, struct fail *f)
{
    struct pair found = { 0 };
    TRY(db_one(db, Q_KEY_RELEASE_FIND, ARGS(HASH(srt_sha), TEXT(copy)), pair_row, &found, f));
    *generation = (uint32_t)found.a;
    *idx = found.b;
    return OK;
}

enum err store_key_release_put(struct db *db, const uint8_t srt_sha[static 32], const char *copy,
                               uint32_t generation, uint64_t idx, struct fail *f)
{
    uint64_t changes = 0;
    TRY(db_run(db, Q_KEY_RELEASE_PUT, ARGS(HASH(srt_sha), TEXT(copy), NUMBER(generation), NUMBER(idx)),
               &changes, f));
    return changes ? OK : fail_set(f, E_CONFLICT, "this request has an entry for copy %s already", copy);
}

static const struct field refusal_fields[] = {
    FIELD(refusal_row, identity, FIELD_TEXT), FIELD(refusal_row, presented, FIELD_TEXT),
    FIELD(refusal_row, hour, FIELD_U64),      FIELD(refusal_row, generation, FIELD_U32),
    FIELD(refusal_row, idx, FIELD_U64),       FIELD(refusal_row, count, FIELD_U64),
};
SHAPE(refusal, refusal_fields, 6);
ROW_GET(refusal)

enum err store_refusal_find(struct db *db, const char *identity, const char *presented, uint64_t hour,
                            struct refusal_row *r, struct fail *f)
{
    return db_one(db, Q_REFUSAL_FIND, ARGS(TEXT(identity), TEXT(presented), NUMBER(hour)), refusal_one, r, f);
}

enum err store_refusal_last(struct db *db, const char *identity, const char *presented, uint64_t hour,
                            struct refusal_row *r, struct fail *f)
{
    return db_one(db, Q_REFUSAL_LAST, ARGS(TEXT(identity), TEXT(presented), NUMBER(hour)), refusal_one, r, f);
}

enum err store_refusal_put(struct db *db, const struct refusal_row *r, struct fail *f)
{
    return row_put(db, Q_REFUSAL_PUT, &refusal_shape, r, f);
}

enum err store_refusal_bump(struct db *db, const char *identity, const char *presented, uint64_t hour,
                            uint64_t *count, struct fail *f)
{
    uint64_t now;
    TRY(db_one(db, Q_REFUSAL_BUMP, ARGS(TEXT(identity), TEXT(presented), NUMBER(hour)), row_take_number, &now,
               f));
    if (count)
        *count = now;
    return OK;
}

struct refusal_list {
    store_refusal_fn fn;
    void *ctx;
};

static enum err refusal_each(const struct cursor *c, void *ctx, struct fail *f)
{
    const struct refusal_list *list = ctx;
    struct refusal_row view = { 0 };
    TRY(row_read(&refusal_shape, c, &view, f));
    return list->fn(&view, cursor_text(c, 6), cursor_text(c, 7), list->ctx, f);
}

enum err store_refusal_list(struct db *db, const char *report, store_refusal_fn fn, void *ctx, struct fail *f)
{
    return db_each(db, Q_REFUSAL_LIST_REPORT, ARGS(TEXT(report)), refusal_each, LIST(refusal), f);
}

enum err store_refusal_distinct(struct db *db, const char *identity, uint64_t hour, uint64_t *count,
                                struct fail *f)
{
    return db_one(db, Q_REFUSAL_DISTINCT, ARGS(TEXT(identity), NUMBER(hour)), row_take_number, count, f);
}

/* Checkpoints -------------------------------------------------------------------------------------------- */

static const struct field checkpoint_fields[] = {
    FIELD(checkpoint_row, generation, FIELD_U32), FIELD(checkpoint_row, size, FIELD_U64),
    FIELD(checkpoint_row, root, FIELD_HASH),      FIELD(checkpoint_row, note, FIELD_TEXT),
    FIELD(checkpoint_row, time_ms, FIELD_U64),
};
SHAPE(checkpoint, checkpoint_fields, 5);
ROW_GET(checkpoint)
ROW_LIST(checkpoint)

enum err store_checkpoint_put(struct db *db, const struct checkpoint_row *r, struct fail *f)
{
    struct arg args[ROW_ARGS_MAX];
    size_t count = row_args(&checkpoint_shape, r, args);
    uint64_t changes = 0;
    TRY(db_run(db, Q_CHECKPOINT_PUT, args, count, &changes, f));
    if (!changes)
        return fail_set(f, E_CONFLICT, "there is a checkpoint of size %llu with another root",
                        (unsigned long long)r->size);
    return OK;
}

enum err store_checkpoint_newest(struct db *db, uint32_t generation, struct checkpoint_row *r, struct fail *f)
{
    return db_one(db, Q_CHECKPOINT_NEWEST, ARGS(NUMBER(generation)), checkpoint_one, r, f);
}

enum err store_checkpoint_at(struct db *db, uint32_t generation, uint64_t size, struct checkpoint_row *r,
                             struct fail *f)
{
    return db_one(db, Q_CHECKPOINT_AT, ARGS(NUMBER(generation), NUMBER(size)), checkpoint_one, r, f);
}

enum err store_checkpoint_list(struct db *db, uint32_t generation, uint64_t size, uint64_t limit,
                               store_checkpoint_fn fn, void *ctx, struct fail *f)
{
    return db_each(db, Q_CHECKPOINT_LIST, ARGS(NUMBER(generation), NUMBER(size), arg_bound(limit)),
                   checkpoint_each, LIST(checkpoint), f);
}
