/* SPDX-License-Identifier: Apache-2.0 */
#include "store/setting.h"

#include "store/row.h"

enum err store_setting_put(struct db *db, const char *name, const char *value, struct fail *f)
{
    return db_run(db, Q_SETTING_PUT, ARGS(TEXT(name), TEXT(value)), NULL, f);
}

enum err store_setting_get(struct db *db, const char *name, char **value, struct fail *f)
{
    return db_one(db, Q_SETTING_GET, ARGS(TEXT(name)), row_take_text, value, f);
}
