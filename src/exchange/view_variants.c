/* SPDX-License-Identifier: Apache-2.0
 * exchange/view_variants.c - which portions of a report differ by holder, and by what number each holder is told from the
 * others */
#include <string.h>

#include "base/json.h"
#include "exchange/aware.h"
#include "exchange/view.h"
#include "store/report.h"
#include "store/store.h"
#include "store/variant.h"

struct differing {
    const struct aware *known;
    json_t *report, *holders;
};

static enum err note_portion(const struct portion_row *row, void *ctx, struct fail *f)
{
    struct differing *d = ctx;
    const struct aware_portion *p = row->differs ? aware_find(d->known, row->id) : NULL;
    json_t *shown = json_object_get(d->report, "portions");
    (void)f;
    for (size_t i = 0; p && i < json_array_size(shown); i++)
        if (strcmp(json_string_value(json_object_get(json_array_get(shown, i), "id")), p->id) == 0)
            json_set_bool(json_array_get(shown, i), "differs", true);
    return OK;
}

static enum err note_holder(const char *holder, uint32_t number, void *ctx, struct fail *f)
{
    struct differing *d = ctx;
    json_t *one = json_object();
    (void)f;
    json_set_str(one, "holder", holder);
    json_set_u64(one, "number", number);
    json_set_take(one, "portions", json_array());
    json_array_append_new(d->holders, one);
    return OK;
}

static enum err note_copy(const struct copy_row *row, void *ctx, struct fail *f)
{
    struct differing *d = ctx;
    const struct aware_portion *p = *row->share ? aware_find(d->known, row->portion) : NULL;
    (void)f;
    for (size_t i = 0; p && i < json_array_size(d->holders); i++) {
        json_t *one = json_array_get(d->holders, i), *has = json_object_get(one, "portions");
        const json_t *last = json_array_get(has, json_array_size(has) - 1); /* copies come by n */
        if (strcmp(json_string_value(json_object_get(one, "holder")), row->holder) == 0 &&
            json_integer_value(last) != (json_int_t)p->n)
            json_array_append_new(has, json_integer(p->n));
    }
    return OK;
}

enum err view_variants(struct db *db, const char *id, const struct aware *known, json_t *report,
                       struct fail *f)
{
    struct differing d = { known, report, json_array() };
    json_set_take(report, "variants", d.holders);
    TRY(store_portion_list(db, id, note_portion, &d, f));
    TRY(store_variant_list(db, id, note_holder, &d, f));
    return json_array_size(d.holders) ? store_copy_list_report(db, id, note_copy, &d, f) : OK;
}
