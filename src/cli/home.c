/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/home.h"

#include "exchange/admin.h"

enum err home_call(const struct cli *c, const char *verb, json_t *args, json_t **out, struct fail *f)
{
    AUTO(json_freep) json_t *own = args;
    return admin_call(c->home, verb, own, out, f);
}

const char *home_str(const json_t *object, const char *name)
{
    return json_text_of(object, name);
}
