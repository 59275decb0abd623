/* SPDX-License-Identifier: Apache-2.0 */
#include "store/source.h"

#include "store/row.h"

static const struct field source_fields[] = {
    FIELD(source_row, portion, FIELD_TEXT), FIELD(source_row, place, FIELD_U64),
    FIELD(source_row, mark, FIELD_TEXT),    FIELD(source_row, sealed, FIELD_BYTES),
    FIELD(source_row, report, FIELD_TEXT),
};
SHAPE(source, source_fields, 4);
ROW_CLEAR(source)
ROW_LIST(source)

enum err store_source_add(struct db *db, const struct source_row *r, struct fail *f)
{
    return row_put(db, Q_SOURCE_ADD, &source_shape, r, f);
}

enum err store_source_list(struct db *db, const char *portion, uint64_t place, size_t max, store_source_fn fn,
                           void *ctx, struct fail *f)
{
    return db_each(db, Q_SOURCE_LIST, ARGS(TEXT(portion), NUMBER(place), NUMBER(max)), source_each,
                   LIST(source), f);
}
