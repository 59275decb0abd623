/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "base/b64.h"
#include "base/mem.h"
#include "tdf/manifest.h"

#define LIST_MAX 256

void tdf_policy_clear(struct tdf_policy *p)
{
    for (size_t i = 0; i < p->attribute_count; i++)
        free(p->attributes[i]);
    for (size_t i = 0; i < p->dissem_count; i++)
        free(p->dissem[i]);
    free(p->attributes);
    free(p->dissem);
    free(p->uuid);
    *p = (struct tdf_policy){ 0 };
}

static enum err read_list(const json_t *body, const char *member, const json_t **out, struct fail *f)
{
    const json_t *list = json_object_get(body, member);
    *out = NULL;
    if (!list || json_is_null(list))
        return OK;
    if (!json_is_array(list))
        return fail_set(f, E_INVALID, "policy: '%s' is not a list", member);
    if (json_array_size(list) > LIST_MAX)
        return fail_set(f, E_TOO_LARGE, "policy: '%s' has more than %d members", member, LIST_MAX);
    *out = list;
    return OK;
}

static enum err read_attributes(const json_t *body, struct tdf_policy *p, struct fail *f)
{
    const json_t *list;
    TRY(read_list(body, "dataAttributes", &list, f));
    p->attributes = mem_array(json_array_size(list) + 1, sizeof *p->attributes);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *v = json_array_get(list, i);
        const char *name;
        TRY(json_may_str(v, "attribute", "policy: attribute", &name, f));
        if (!name) /* old writers: `url` and `name` */
            TRY(json_need_str(v, "url", "policy: attribute", &name, f));
        char *copy = str_dup(name);
        for (char *c = copy; *c; c++)
            *c = (char)(*c >= 'A' && *c <= 'Z' ? *c - 'A' + 'a' : *c);
        p->attributes[p->attribute_count++] = copy;
    }
    return OK;
}

static enum err read_dissem(const json_t *body, struct tdf_policy *p, struct fail *f)
{
    const json_t *list;
    TRY(read_list(body, "dissem", &list, f));
    p->dissem = mem_array(json_array_size(list) + 1, sizeof *p->dissem);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *v = json_array_get(list, i);
        if (!json_is_string(v))
            return fail_set(f, E_INVALID, "policy: a member of 'dissem' is not a string");
        p->dissem[p->dissem_count++] = str_dup(json_string_value(v));
    }
    return OK;
}

static enum err policy_read(const char *base64, struct tdf_policy *p, struct fail *f)
{
    AUTO(buf_freep) struct buf *text = buf_new(TDF_POLICY_MAX);
    AUTO(json_freep) json_t *root = NULL;
    const char *uuid;
    if (strlen(base64) > TDF_POLICY_MAX)
        return fail_set(f, E_TOO_LARGE, "policy is larger than %zu bytes", TDF_POLICY_MAX);
    TRY(b64_read(B64_STD, bytes_str(base64), text, "policy", f));
    TRY(json_read(bytes_of(text), TDF_POLICY_MAX, "policy", &root, f));
    TRY(json_need_str(root, "uuid", "policy", &uuid, f));
    if (strlen(uuid) > TDF_ID_MAX)
        return fail_set(f, E_TOO_LARGE, "policy: 'uuid' is larger than %d bytes", TDF_ID_MAX);
    p->uuid = str_dup(uuid);
    const json_t *body = json_object_get(root, "body");
    if (body && !json_is_null(body) && !json_is_object(body))
        return fail_set(f, E_INVALID, "policy: 'body' is not an object");
    TRY(read_attributes(body, p, f));
    return read_dissem(body, p, f);
}

enum err tdf_policy_read(const char *base64, struct tdf_policy *out, struct fail *f)
{
    struct tdf_policy p = { 0 };
    enum err e = policy_read(base64, &p, f);
    if (e == OK)
        *out = p;
    else
        tdf_policy_clear(&p);
    return e;
}

void tdf_policy_write(const struct tdf_policy *p, struct buf *out)
{
    AUTO(buf_freep) struct buf *text = buf_new(TDF_POLICY_MAX);
    AUTO(json_freep) json_t *root = json_object();
    json_t *body = json_object(), *attributes = json_array(), *dissem = json_array();
    for (size_t i = 0; i < p->attribute_count; i++) {
        json_t *v = json_object();
        json_set_str(v, "attribute", p->attributes[i]);
        if (json_array_append_new(attributes, v) != 0)
            BUG("policy attribute can't be added");
    }
    for (size_t i = 0; i < p->dissem_count; i++)
        if (json_array_append_new(dissem, json_string(p->dissem[i])) != 0)
            BUG("policy dissem can't be added");
    json_set_take(body, "dataAttributes", attributes);
    json_set_take(body, "dissem", dissem);
    json_set_str(root, "uuid", p->uuid);
    json_set_take(root, "body", body);
    json_put(text, root);
    if (text->failed)
        out->failed = true;
    else
        b64_put(out, B64_STD, bytes_of(text));
}
