/* SPDX-License-Identifier: Apache-2.0 */
#include "http/kas_message.h"

#include <string.h>

#include "base/mem.h"
#include "exchange/brief.h"
#include "http/kas_json.h"

#define RESULT_MAX ((size_t)1 << 20)

#define MESSAGE(symbol, title, fields) const struct proto_message symbol = { title, fields, COUNT(fields) }

static const char *const algorithms[] = { "ALGORITHM_UNSPECIFIED",
                                          "ALGORITHM_RSA_2048",
                                          "ALGORITHM_RSA_4096",
                                          "ALGORITHM_EC_P256",
                                          "ALGORITHM_EC_P384",
                                          "ALGORITHM_EC_P521",
                                          NULL };
static const char *const rules[] = { "ATTRIBUTE_RULE_TYPE_ENUM_UNSPECIFIED",
                                     "ATTRIBUTE_RULE_TYPE_ENUM_ALL_OF", "ATTRIBUTE_RULE_TYPE_ENUM_ANY_OF",
                                     "ATTRIBUTE_RULE_TYPE_ENUM_HIERARCHY", NULL };
static const char *const health[] = { "UNKNOWN", "SERVING", "NOT_SERVING", NULL };

const struct proto_message kas_message_empty = { "request", NULL, 0 };

/* clang-format off */
static const struct proto_field rewrap_request[] = {
    { 1, "signedRequestToken", PROTO_STRING, PROTO_ONE, NULL, NULL },
};
MESSAGE(kas_message_rewrap_request, "key request", rewrap_request);

static const struct proto_field result[] = {
    { 1, "metadata", PROTO_VALUE, PROTO_MAP, NULL, NULL },
    { 2, "keyAccessObjectId", PROTO_STRING, PROTO_ONE, NULL, NULL },
    { 3, "status", PROTO_STRING, PROTO_ONE, NULL, NULL },
    { 4, "kasWrappedKey", PROTO_BYTES, PROTO_ONE, NULL, NULL },
    { 5, "error", PROTO_STRING, PROTO_ONE, NULL, NULL },
};
static MESSAGE(result_message, "result", result);
static const struct proto_field response[] = {
    { 1, "policyId", PROTO_STRING, PROTO_ONE, NULL, NULL },
    { 2, "results", PROTO_MESSAGE, PROTO_LIST, &result_message, NULL },
};
static MESSAGE(response_message, "response", response);
static const struct proto_field rewrap_answer[] = {
    { 1, "metadata", PROTO_VALUE, PROTO_MAP, NULL, NULL },
    { 2, "entityWrappedKey", PROTO_BYTES, PROTO_ONE, NULL, NULL },
    { 3, "sessionPublicKey", PROTO_STRING, PROTO_ONE, NULL, NULL },
    { 5, "responses", PROTO_MESSAGE, PROTO_LIST, &response_message, NULL },
};
MESSAGE(kas_message_rewrap_answer, "key answer", rewrap_answer);

static const struct proto_field public_key_request[] = {
    { 1, "algorithm", PROTO_STRING, PROTO_ONE, NULL, NULL },
    { 2, "fmt", PROTO_STRING, PROTO_ONE, NULL, NULL },
    { 3, "v", PROTO_STRING, PROTO_ONE, NULL, NULL },
};
MESSAGE(kas_message_public_key_request, "public key request", public_key_request);
static const struct proto_field public_key[] = {
    { 1, "publicKey", PROTO_STRING, PROTO_ONE, NULL, NULL },
    { 2, "kid", PROTO_STRING, PROTO_ONE, NULL, NULL },
};
MESSAGE(kas_message_public_key, "public key", public_key);
static const struct proto_field legacy_public_key_request[] = {
    { 1, "algorithm", PROTO_STRING, PROTO_ONE, NULL, NULL },
};
MESSAGE(kas_message_legacy_public_key_request, "public key request", legacy_public_key_request);
static const struct proto_field text[] = {
    { 1, "value", PROTO_STRING, PROTO_ONE, NULL, NULL },
};
MESSAGE(kas_message_text, "text", text);

static const struct proto_field configuration[] = {
    { 1, "configuration", PROTO_STRUCT, PROTO_ONE, NULL, NULL },
};
MESSAGE(kas_message_configuration, "configuration", configuration);

static const struct proto_field page[] = {
    { 1, "currentOffset", PROTO_INT, PROTO_ONE, NULL, NULL },
    { 2, "nextOffset", PROTO_INT, PROTO_ONE, NULL, NULL },
    { 3, "total", PROTO_INT, PROTO_ONE, NULL, NULL },
};
static MESSAGE(page_message, "page", page);
static const struct proto_field key_body[] = {
    { 1, "algorithm", PROTO_ENUM, PROTO_ONE, NULL, algorithms },
    { 2, "kid", PROTO_STRING, PROTO_ONE, NULL, NULL },
    { 3, "pem", PROTO_STRING, PROTO_ONE, NULL, NULL },
};
static MESSAGE(key_body_message, "key", key_body);
static const struct proto_field simple_key[] = {
    { 1, "kasUri", PROTO_STRING, PROTO_ONE, NULL, NULL },
    { 2, "publicKey", PROTO_MESSAGE, PROTO_ONE, &key_body_message, NULL },
    { 3, "kasId", PROTO_STRING, PROTO_ONE, NULL, NULL },
};
static MESSAGE(simple_key_message, "key", simple_key);
static const struct proto_field server[] = {
    { 1, "id", PROTO_STRING, PROTO_ONE, NULL, NULL },
    { 2, "uri", PROTO_STRING, PROTO_ONE, NULL, NULL },
    { 5, "kasKeys", PROTO_MESSAGE, PROTO_LIST, &simple_key_message, NULL },
    { 20, "name", PROTO_STRING, PROTO_ONE, NULL, NULL },
};
static MESSAGE(server_message, "key server", server);
/* paging, sorting and searching one server comes to nothing: they are skipped */
MESSAGE(kas_message_servers_request, "key servers request", legacy_public_key_request);
static const struct proto_field servers[] = {
    { 1, "keyAccessServers", PROTO_MESSAGE, PROTO_LIST, &server_message, NULL },
    { 10, "pagination", PROTO_MESSAGE, PROTO_ONE, &page_message, NULL },
};
MESSAGE(kas_message_servers, "key servers", servers);

static const struct proto_field fqns_request[] = {
    { 1, "fqns", PROTO_STRING, PROTO_LIST, NULL, NULL },
};
MESSAGE(kas_message_fqns_request, "attributes request", fqns_request);
static const struct proto_field namespace[] = {
    { 1, "id", PROTO_STRING, PROTO_ONE, NULL, NULL },
    { 2, "name", PROTO_STRING, PROTO_ONE, NULL, NULL },
    { 3, "fqn", PROTO_STRING, PROTO_ONE, NULL, NULL },
    { 4, "active", PROTO_BOOL_VALUE, PROTO_ONE, NULL, NULL },
};
static MESSAGE(namespace_message, "namespace", namespace);
static const struct proto_field value[] = {
    { 1, "id", PROTO_STRING, PROTO_ONE, NULL, NULL },
    { 3, "value", PROTO_STRING, PROTO_ONE, NULL, NULL },
    { 6, "fqn", PROTO_STRING, PROTO_ONE, NULL, NULL },
    { 7, "active", PROTO_BOOL_VALUE, PROTO_ONE, NULL, NULL },
    { 9, "kasKeys", PROTO_MESSAGE, PROTO_LIST, &simple_key_message, NULL },
};
static MESSAGE(value_message, "value", value);
static const struct proto_field attribute[] = {
    { 1, "id", PROTO_STRING, PROTO_ONE, NULL, NULL },
    { 2, "namespace", PROTO_MESSAGE, PROTO_ONE, &namespace_message, NULL },
    { 3, "name", PROTO_STRING, PROTO_ONE, NULL, NULL },
    { 4, "rule", PROTO_ENUM, PROTO_ONE, NULL, rules },
    { 5, "values", PROTO_MESSAGE, PROTO_LIST, &value_message, NULL },
    { 7, "fqn", PROTO_STRING, PROTO_ONE, NULL, NULL },
    { 8, "active", PROTO_BOOL_VALUE, PROTO_ONE, NULL, NULL },
};
static MESSAGE(attribute_message, "attribute", attribute);
static const struct proto_field pair[] = {
    { 1, "attribute", PROTO_MESSAGE, PROTO_ONE, &attribute_message, NULL },
    { 2, "value", PROTO_MESSAGE, PROTO_ONE, &value_message, NULL },
};
static MESSAGE(pair_message, "attribute and value", pair);
static const struct proto_field attributes[] = {
    { 1, "fqnAttributeValues", PROTO_MESSAGE, PROTO_MAP, &pair_message, NULL },
};
MESSAGE(kas_message_attributes, "attributes", attributes);
static const struct proto_field mapping[] = {
    { 1, "rule", PROTO_ENUM, PROTO_ONE, NULL, rules },
    { 2, "keys", PROTO_MESSAGE, PROTO_LIST, &simple_key_message, NULL },
};
static MESSAGE(mapping_message, "key mapping", mapping);
static const struct proto_field mappings[] = {
    { 1, "fqnKeyMappings", PROTO_MESSAGE, PROTO_MAP, &mapping_message, NULL },
};
MESSAGE(kas_message_mappings, "key mappings", mappings);

static const struct proto_field health_request[] = {
    { 1, "service", PROTO_STRING, PROTO_ONE, NULL, NULL },
};
MESSAGE(kas_message_health_request, "health request", health_request);
static const struct proto_field health_answer[] = {
    { 1, "status", PROTO_ENUM, PROTO_ONE, NULL, health },
};
MESSAGE(kas_message_health, "health", health_answer);
/* clang-format on */

/* Key answers are large: written part by part, as in JSON ------------------------------------------------- */

static void put_metadata(struct buf *out, const struct kas_answer *a, const struct kas_result *r)
{
    AUTO(json_freep) json_t *v = kas_json_metadata(a, r);
    const char *name;
    json_t *item;
    json_object_foreach (v, name, item) {
        AUTO(buf_freep) struct buf *entry = buf_new(RESULT_MAX);
        proto_put_str(entry, 1, name);
        proto_put_value(entry, 2, item);
        proto_put_bytes(out, 1, bytes_of(entry));
    }
}

static void put_result(struct buf *out, const struct kas_answer *a, const struct kas_result *r)
{
    AUTO(buf_freep) struct buf *inner = buf_new(RESULT_MAX);
    put_metadata(inner, a, r);
    proto_put_str(inner, 2, r->kao_id);
    proto_put_str(inner, 3, r->err == OK ? "permit" : "fail");
    if (r->err == OK) {
        proto_put_bytes(inner, 4, BYTES(r->wrapped, r->wrapped_len));
    } else {
        AUTO(buf_freep) struct buf *refusal = buf_new(1024);
        kas_json_refusal(r->err, r->reason, refusal);
        proto_put_str(inner, 5, buf_text(refusal));
    }
    proto_put_bytes(out, 2, bytes_of(inner));
}

void kas_message_answer(const struct kas_answer *a, struct buf *out)
{
    if (a->v1 && a->count && a->results[0].err == OK) {
        put_metadata(out, a, &a->results[0]);
        proto_put_bytes(out, 2, BYTES(a->results[0].wrapped, a->results[0].wrapped_len));
    }
    proto_put_str(out, 3, a->session_pem);
    for (size_t i = 0, next; i < a->count; i = next) {
        AUTO(buf_freep) struct buf *policy = buf_new(out->max);
        proto_put_str(policy, 1, a->results[i].policy_id);
        for (next = i; next < a->count && strcmp(a->results[next].policy_id, a->results[i].policy_id) == 0;
             next++)
            put_result(policy, a, &a->results[next]);
        if (policy->failed)
            out->failed = true;
        proto_put_bytes(out, 5, bytes_of(policy));
    }
}
