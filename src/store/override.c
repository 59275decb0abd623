/* SPDX-License-Identifier: Apache-2.0 */
#include "store/override.h"

#include "store/row.h"

static const char *const states[] = { [OVERRIDE_OPEN] = "open", [OVERRIDE_CLOSED] = "closed" };

const char *override_state_name(enum override_state s)
{
    return states[s];
}

static const struct field override_fields[] = {
    FIELD(override_row, id, FIELD_TEXT),        FIELD(override_row, originator, FIELD_TEXT),
    FIELD(override_row, giver, FIELD_TEXT),     FIELD(override_row, by_person, FIELD_TEXT),
    FIELD(override_row, report, FIELD_TEXT),    FIELD(override_row, to_whom, FIELD_TEXT),
    FIELD(override_row, occasion, FIELD_TEXT),  FIELD(override_row, reason, FIELD_TEXT),
    FIELD(override_row, at_ms, FIELD_U64),      FIELD_ENUM(override_row, state, states),
    FIELD(override_row, closed_by, FIELD_TEXT), FIELD(override_row, closed_ms, FIELD_U64),
    FIELD(override_row, outcome, FIELD_TEXT),   FIELD(override_row, generation, FIELD_U32),
    FIELD(override_row, idx, FIELD_U64),
};
SHAPE(override, override_fields, 15);
ROW_GET(override)
ROW_LIST(override)

enum err store_override_add(struct db *db, const struct override_row *r, struct fail *f)
{
    return row_put(db, Q_OVERRIDE_ADD, &override_shape, r, f);
}

enum err store_override_portion_add(struct db *db, const char *id, const char *portion, uint32_t n,
                                    struct fail *f)
{
    return db_run(db, Q_OVERRIDE_PORTION_ADD, ARGS(TEXT(id), TEXT(portion), NUMBER(n)), NULL, f);
}

enum err store_override_get(struct db *db, const char *id, struct override_row *r, struct fail *f)
{
    return db_one(db, Q_OVERRIDE_GET, ARGS(TEXT(id)), override_one, r, f);
}

enum err store_override_close(struct db *db, const char *id, const char *by, uint64_t at_ms,
                              const char *outcome, struct fail *f)
{
    return db_must(db, Q_OVERRIDE_CLOSE, ARGS(TEXT(id), TEXT(by), NUMBER(at_ms), TEXT(outcome)), f);
}

enum err store_override_list(struct db *db, const char *report, store_override_fn fn, void *ctx,
                             struct fail *f)
{
    return db_each(db, Q_OVERRIDE_LIST, ARGS(TEXT(report)), override_each, LIST(override), f);
}

struct portion_list {
    store_override_portion_fn fn;
    void *ctx;
};

static enum err portion_each(const struct cursor *c, void *ctx, struct fail *f)
{
    const struct portion_list *list = ctx;
    uint64_t n;
    if (!cursor_number(c, 1, &n) || n > UINT32_MAX)
        return fail_set(f, E_STORE, "damaged row of table override_portion");
    return list->fn(cursor_text(c, 0), (uint32_t)n, list->ctx, f);
}

enum err store_override_portions(struct db *db, const char *id, store_override_portion_fn fn, void *ctx,
                                 struct fail *f)
{
    return db_each(db, Q_OVERRIDE_PORTIONS, ARGS(TEXT(id)), portion_each, &(struct portion_list){ fn, ctx },
                   f);
}

enum err store_override_ids(struct db *db, store_id_fn fn, void *ctx, struct fail *f)
{
    return db_each(db, Q_OVERRIDE_IDS, NO_ARGS, row_id_each, &(struct id_list){ fn, ctx }, f);
}
