/* SPDX-License-Identifier: Apache-2.0 */
#include "store/derived.h"

#include "store/row.h"

static const struct field derived_fields[] = {
    FIELD(derived_row, owner, FIELD_TEXT),         FIELD(derived_row, report, FIELD_TEXT),
    FIELD(derived_row, portion, FIELD_TEXT),       FIELD(derived_row, originator, FIELD_TEXT),
    FIELD(derived_row, source_report, FIELD_TEXT), FIELD(derived_row, source, FIELD_TEXT),
    FIELD(derived_row, commitment, FIELD_TEXT),
};
SHAPE(derived, derived_fields, 7);
ROW_CLEAR(derived)
ROW_LIST(derived)

enum err store_derived_add(struct db *db, const struct derived_row *r, struct fail *f)
{
    return row_put(db, Q_DERIVED_ADD, &derived_shape, r, f);
}

enum err store_derived_list_report(struct db *db, const char *owner, const char *report, store_derived_fn fn,
                                   void *ctx, struct fail *f)
{
    return db_each(db, Q_DERIVED_LIST_REPORT, ARGS(TEXT(owner), TEXT(report)), derived_each, LIST(derived),
                   f);
}

enum err store_derived_list_portion(struct db *db, const char *owner, const char *portion,
                                    store_derived_fn fn, void *ctx, struct fail *f)
{
    return db_each(db, Q_DERIVED_LIST_PORTION, ARGS(TEXT(owner), TEXT(portion)), derived_each, LIST(derived),
                   f);
}

enum err store_derived_list_source(struct db *db, const char *originator, const char *source,
                                   store_derived_fn fn, void *ctx, struct fail *f)
{
    return db_each(db, Q_DERIVED_LIST_SOURCE, ARGS(TEXT(originator), TEXT(source)), derived_each,
                   LIST(derived), f);
}
