/* SPDX-License-Identifier: Apache-2.0 */
#include "store/ids.h"

#include <string.h>

#include "store/row.h"

static const enum sql queries[IDS_KINDS] = {
    [IDS_REPORT] = Q_REPORT_IDS, [IDS_REQUEST] = Q_REQUEST_IDS, [IDS_OVERRIDE] = Q_OVERRIDE_IDS,
    [IDS_SECOND] = Q_SECOND_IDS, [IDS_ALERT] = Q_ALERT_IDS,     [IDS_INQUIRY] = Q_INQUIRY_IDS,
};

static enum err take(const struct cursor *c, void *ctx, struct fail *f)
{
    struct ids *out = ctx;
    const char *id = cursor_text(c, 0);
    if (strlen(id) >= UUID_TEXT)
        return fail_set(f, E_STORE, "damaged row: an id is too long");
    if (out->count < IDS_MAX)
        memcpy(out->id[out->count++], id, strlen(id) + 1);
    return OK;
}

enum err store_ids(struct db *db, enum ids_of of, const char *first, const char *last, struct ids *out,
                   struct fail *f)
{
    *out = (struct ids){ 0 };
    return db_each(db, queries[of], ARGS(TEXT(first), TEXT(last), NUMBER(IDS_MAX)), take, out, f);
}
