/* SPDX-License-Identifier: Apache-2.0 */
#include "store/variant.h"

#include <string.h>

#include "base/name.h"
#include "store/row.h"

enum err store_variant_number(struct db *db, const char *report, const char *holder, uint32_t *number,
                              struct fail *f)
{
    uint64_t value;
    TRY(db_run(db, Q_VARIANT_ADD, ARGS(TEXT(report), TEXT(holder)), NULL, f));
    TRY(db_one(db, Q_VARIANT_GET, ARGS(TEXT(report), TEXT(holder)), row_take_number, &value, f));
    *number = (uint32_t)value;
    return OK;
}

struct variant_list {
    store_variant_fn fn;
    void *ctx;
};

static enum err variant_each(const struct cursor *c, void *ctx, struct fail *f)
{
    const struct variant_list *list = ctx;
    char holder[DOMAIN_MAX + 1];
    struct bytes v = cursor_bytes(c, 0);
    uint64_t number;
    if (v.len >= sizeof holder || !cursor_number(c, 1, &number))
        return fail_set(f, E_STORE, "damaged row of table variant");
    if (v.len)
        memcpy(holder, v.data, v.len);
    holder[v.len] = '\0';
    return list->fn(holder, (uint32_t)number, list->ctx, f);
}

enum err store_variant_list(struct db *db, const char *report, store_variant_fn fn, void *ctx, struct fail *f)
{
    return db_each(db, Q_VARIANT_LIST, ARGS(TEXT(report)), variant_each, &(struct variant_list){ fn, ctx },
                   f);
}
