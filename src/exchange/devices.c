/* SPDX-License-Identifier: Apache-2.0
 * exchange/devices.c - a person and his own devices */
#include <string.h>

#include "base/json.h"
#include "exchange/auth.h"
#include "exchange/node.h"
#include "exchange/people.h"
#include "store/person.h"
#include "store/store.h"

enum err people_devices(struct node *n, const struct asker *a, json_t **out, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    AUTO(json_freep) json_t *answer = json_object();
    json_t *devices = json_array(), *one;
    size_t i;
    json_set_take(answer, "devices", devices);
    TRY(store_read_begin(n->store, &db, f));
    TRY(store_device_list(db, a->person, people_device_row, devices, f));
    json_array_foreach (devices, i, one)
        json_set_bool(one, "this",
                      strcmp(json_string_value(json_object_get(one, "thumbprint")), a->thumbprint) == 0);
    *out = json_incref(answer);
    return OK;
}

static enum err check_his(struct node *n, const struct asker *a, const char *thumbprint, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    AUTO(store_device_clear) struct device_row row = { 0 };
    TRY(store_read_begin(n->store, &db, f));
    enum err e = store_device_get(db, thumbprint, &row, f);
    if (store_missing(e, f) || (e == OK && strcmp(row.person, a->person) != 0))
        return fail_why(f, REASON_NOT_YOURS, "device %.50s is unknown here, or not yours", thumbprint);
    TRY(e);
    return row.state == DEVICE_ACTIVE ? OK : fail_set(f, E_CONFLICT, "this device is revoked already");
}

enum err people_drop_device(struct node *n, const struct asker *a, const char *thumbprint, json_t **out,
                            struct fail *f)
{
    TRY(check_his(n, a, thumbprint, f));
    TRY(people_suspend(n, a->person, thumbprint, f));
    *out = json_object();
    json_set_str(*out, "thumbprint", thumbprint);
    json_set_str(*out, "state", device_state_name(DEVICE_REVOKED));
    return OK;
}
