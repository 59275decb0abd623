/* SPDX-License-Identifier: Apache-2.0 */
#include "store/absence.h"

#include "store/row.h"

static const struct field fields[] = {
    FIELD(absence_row, id, FIELD_TEXT),      FIELD(absence_row, person, FIELD_TEXT),
    FIELD(absence_row, deputy, FIELD_TEXT),  FIELD(absence_row, from_ms, FIELD_U64),
    FIELD(absence_row, until_ms, FIELD_U64), FIELD(absence_row, ended_ms, FIELD_U64),
    FIELD(absence_row, set_by, FIELD_TEXT),
};
SHAPE(absence, fields, 7);
ROW_GET(absence)
ROW_LIST(absence)

enum err store_absence_add(struct db *db, const struct absence_row *r, struct fail *f)
{
    return row_put(db, Q_ABSENCE_ADD, &absence_shape, r, f);
}

enum err store_absence_get(struct db *db, const char *id, struct absence_row *r, struct fail *f)
{
    return db_one(db, Q_ABSENCE_GET, ARGS(TEXT(id)), absence_one, r, f);
}

enum err store_absence_list(struct db *db, uint64_t after_ms, uint64_t before_ms, store_absence_fn fn,
                            void *ctx, struct fail *f)
{
    return db_each(db, Q_ABSENCE_LIST, ARGS(NUMBER(after_ms), arg_bound(before_ms)), absence_each,
                   LIST(absence), f);
}

enum err store_absence_end(struct db *db, const char *id, uint64_t ended_ms, struct fail *f)
{
    uint64_t changes;
    TRY(db_run(db, Q_ABSENCE_END, ARGS(TEXT(id), NUMBER(ended_ms)), &changes, f));
    return changes ? OK : fail_set(f, E_CONFLICT, "absence %s is over already", id);
}
