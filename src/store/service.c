/* SPDX-License-Identifier: Apache-2.0 */
#include "store/service.h"

#include "store/row.h"

static const struct field service_fields[] = {
    FIELD(service_row, person, FIELD_TEXT),
    FIELD(service_row, secret_sha, FIELD_HASH),
    FIELD(service_row, made_ms, FIELD_U64),
};
SHAPE(service, service_fields, 3);
ROW_GET(service)

enum err store_service_put(struct db *db, const struct service_row *r, struct fail *f)
{
    return row_put(db, Q_SERVICE_PUT, &service_shape, r, f);
}

enum err store_service_get(struct db *db, const char *person, struct service_row *r, struct fail *f)
{
    return db_one(db, Q_SERVICE_GET, ARGS(TEXT(person)), service_one, r, f);
}
