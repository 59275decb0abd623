/* SPDX-License-Identifier: Apache-2.0 */
#include "store/second.h"

#include "store/row.h"

static const char *const states[SECOND_STATES] = { "waiting", "agreed", "refused", "withdrawn", "ended" };

const char *second_state_name(enum second_state s)
{
    return states[s];
}

static const struct field second_fields[] = {
    FIELD(second_row, id, FIELD_TEXT),      FIELD(second_row, kind, FIELD_TEXT),
    FIELD_ENUM(second_row, state, states),  FIELD(second_row, maker, FIELD_TEXT),
    FIELD(second_row, person, FIELD_TEXT),  FIELD(second_row, report, FIELD_TEXT),
    FIELD(second_row, ref, FIELD_TEXT),     FIELD(second_row, at_ms, FIELD_U64),
    FIELD(second_row, until_ms, FIELD_U64), FIELD(second_row, act, FIELD_TEXT),
    FIELD(second_row, sha, FIELD_HASH),     FIELD(second_row, answer, FIELD_TEXT),
    FIELD(second_row, ended_ms, FIELD_U64),
};
SHAPE(second, second_fields, 13);
ROW_GET(second)
ROW_LIST(second)

enum err store_second_add(struct db *db, const struct second_row *r, const struct bytes *package,
                          struct fail *f)
{
    return row_put_with(db, Q_SECOND_ADD, &second_shape, r, package ? BLOB(*package) : NONE, f);
}

enum err store_second_get(struct db *db, const char *id, struct second_row *r, struct fail *f)
{
    return db_one(db, Q_SECOND_GET, ARGS(TEXT(id)), second_one, r, f);
}

enum err store_second_package(struct db *db, const char *id, struct buf **out, struct fail *f)
{
    return db_one(db, Q_SECOND_PACKAGE, ARGS(TEXT(id)), row_take_buf, out, f);
}

enum err store_second_list(struct db *db, const char *person, uint64_t limit, store_second_fn fn, void *ctx,
                           struct fail *f)
{
    return db_each(db, Q_SECOND_LIST, ARGS(TEXT(person), NUMBER(limit)), second_each, LIST(second), f);
}

enum err store_second_due(struct db *db, uint64_t now_ms, store_second_fn fn, void *ctx, struct fail *f)
{
    return db_each(db, Q_SECOND_DUE, ARGS(NUMBER(now_ms)), second_each, LIST(second), f);
}

enum err store_second_next(struct db *db, uint64_t *until_ms, struct fail *f)
{
    return db_one(db, Q_SECOND_NEXT, ARGS(NUMBER(0)), row_take_number, until_ms, f);
}

enum err store_second_end(struct db *db, const char *id, enum second_state state, const char *answer,
                          uint64_t now_ms, struct fail *f)
{
    uint64_t changes;
    TRY(db_run(db, Q_SECOND_END, ARGS(TEXT(id), TEXT(states[state]), TEXT(answer), NUMBER(now_ms)), &changes,
               f));
    return changes ? OK : fail_why(f, REASON_DECIDED, "%s waits for nobody any more", id);
}

/* Compartments --------------------------------------------------------------------------------------------- */

static const struct field compartment_fields[] = {
    FIELD(compartment_row, compartment, FIELD_TEXT),  FIELD(compartment_row, version, FIELD_U64),
    FIELD(compartment_row, second_share, FIELD_BOOL), FIELD(compartment_row, second_grant, FIELD_BOOL),
    FIELD(compartment_row, statement, FIELD_TEXT),    FIELD(compartment_row, set_ms, FIELD_U64),
};
SHAPE(compartment, compartment_fields, 6);
ROW_GET(compartment)
ROW_LIST(compartment)

enum err store_compartment_set(struct db *db, const struct compartment_row *r, struct fail *f)
{
    struct arg args[ROW_ARGS_MAX];
    uint64_t changes;
    size_t count = row_args(&compartment_shape, r, args);
    TRY(db_run(db, Q_COMPARTMENT_SET, args, count, &changes, f));
    return changes ? OK : fail_set(f, E_CONFLICT, "compartment %s was changed just now", r->compartment);
}

enum err store_compartment_get(struct db *db, const char *compartment, struct compartment_row *r,
                               struct fail *f)
{
    return db_one(db, Q_COMPARTMENT_GET, ARGS(TEXT(compartment)), compartment_one, r, f);
}

enum err store_compartment_list(struct db *db, store_compartment_fn fn, void *ctx, struct fail *f)
{
    return db_each(db, Q_COMPARTMENT_LIST, NO_ARGS, compartment_each, LIST(compartment), f);
}
