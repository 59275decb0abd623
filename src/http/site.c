/* SPDX-License-Identifier: Apache-2.0 */
#include "http/site.h"

#include "base/json.h"
#include "tdf/package.h"

struct node *site_node(const struct http_call *call)
{
    const struct node_server *s = call->context;
    return s->n;
}

const struct asker *site_asker(const struct http_call *call)
{
    return call->user;
}

enum err site_json(const struct http_call *call, json_t **out, struct fail *f)
{
    AUTO(json_freep) json_t *v = NULL;
    TRY(json_read(call->body, call->route->max_body, "body", &v, f));
    if (!json_is_object(v))
        return fail_set(f, E_INVALID, "body: not an object");
    *out = json_incref(v);
    return OK;
}

enum err site_package(const struct http_call *call, struct site_package *out, struct fail *f)
{
    out->bytes = call->body;
    struct source in = source_bytes(&out->bytes);
    return package_read(&in, &out->package, f);
}

void site_package_clear(struct site_package *p)
{
    package_freep(&p->package);
}

enum err site_answer(struct http_call *call, enum err e, json_t **v)
{
    if (e == OK)
        http_reply_json(call, 200, *v);
    json_freep(v);
    return e;
}
