/* SPDX-License-Identifier: Apache-2.0
 * http/opentdf.c - what OpenTDF clients look up before they seal or open: configuration, key servers, attributes,
 * health (docs/opentdf.md). One tree for each answer, whatever codec it leaves in. */
#include <string.h>

#include "base/hex.h"
#include "base/json.h"
#include "base/mem.h"
#include "http/kas_call.h"
#include "http/kas_message.h"
#include "http/site.h"
#include "policy/foreign.h"

#define FQNS_MAX 250
#define PEM_MAX  4096

/* A name-based id (RFC 9562, version 8): the same at every start. */
static void make_id(const char *kind, const char *name, char out[static UUID_TEXT])
{
    uint8_t h[HASH_LEN];
    char hex[2 * 16 + 1];
    struct bytes parts[] = { bytes_str("orcon/id/v1\n"), bytes_str(kind), bytes_str("\n"), bytes_str(name) };
    hash_sha256_parts(parts, COUNT(parts), h);
    h[6] = (uint8_t)((h[6] & 0x0f) | 0x80);
    h[8] = (uint8_t)((h[8] & 0x3f) | 0x80);
    hex_print(BYTES(h, 16), hex);
    snprintf(out, UUID_TEXT, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16, hex + 20);
}

static void set_id(json_t *v, const char *name, const char *kind, const char *of)
{
    char id[UUID_TEXT];
    make_id(kind, of, id);
    json_set_str(v, name, id);
}

static void set_kas_url(json_t *v, const char *name, const struct node *n)
{
    AUTO(str_freep) char *url = str_format("%s/kas", n->conf.url);
    json_set_str(v, name, url);
}

/* The configuration -------------------------------------------------------------------------------------- */

/* The key that clients wrap to by default: the one that all of them know. */
static enum err base_key(const struct node *n, json_t **out, struct fail *f)
{
    AUTO(json_freep) json_t *base = json_object();
    AUTO(buf_freep) struct buf *pem = buf_new(PEM_MAX);
    const char *kid, *algorithm = "rsa:2048";
    TRY(kas_public_key(n, algorithm, pem, &kid, f));
    json_t *key = json_object();
    json_set_str(key, "algorithm", algorithm);
    json_set_str(key, "kid", kid);
    json_set_str(key, "pem", buf_text(pem));
    set_kas_url(base, "kas_uri", n);
    set_id(base, "kas_id", "kas", n->conf.domain);
    json_set_take(base, "public_key", key);
    *out = json_incref(base);
    return OK;
}

static enum err configuration(const struct node *n, json_t **out, struct fail *f)
{
    AUTO(json_freep) json_t *v = json_object();
    AUTO(str_freep) char *token = str_format("%s/token", n->conf.url);
    AUTO(str_freep) char *authorize = str_format("%s/authorize", n->conf.url);
    AUTO(str_freep) char *jwks = str_format("%s/jwks", n->conf.url);
    json_t *base = NULL, *idp = json_object();
    json_set_take(v, "idp", idp);
    json_set_str(idp, "issuer", n->conf.url);
    json_set_str(idp, "token_endpoint", token);
    json_set_str(idp, "authorization_endpoint", authorize);
    json_set_str(idp, "jwks_uri", jwks);
    json_set_str(v, "platform_issuer", n->conf.url);
    json_set_take(v, "health", json_pack("{s:s}", "endpoint", "/healthz"));
    json_set_bool(v, "supports_dpop", true);
    json_set_take(v, "dpop_signing_alg_values_supported", json_pack("[s,s]", "ES256", "RS256"));
    TRY(base_key(n, &base, f));
    json_set_take(v, "base_key", base);
    *out = json_incref(v);
    return OK;
}

enum err serve_configuration(struct http_call *call, struct fail *f)
{
    json_t *out = NULL;
    return site_answer(call, configuration(site_node(call), &out, f), &out);
}

enum err serve_configuration_call(struct http_call *call, struct fail *f)
{
    AUTO(json_freep) json_t *in = NULL, *out = json_object();
    json_t *inner = NULL;
    TRY(kas_question(call, &kas_message_empty, &in, f));
    TRY(configuration(site_node(call), &inner, f));
    json_set_take(out, "configuration", inner);
    return kas_reply(call, &kas_message_configuration, &out, f);
}

/* Key servers -------------------------------------------------------------------------------------------- */

static enum err simple_keys(const struct node *n, json_t **out, struct fail *f)
{
    static const struct {
        const char *algorithm, *name;
    } kinds[] = { { "rsa:2048", "ALGORITHM_RSA_2048" }, { "ec:secp256r1", "ALGORITHM_EC_P256" } };
    AUTO(json_freep) json_t *list = json_array();
    for (size_t i = 0; i < COUNT(kinds); i++) {
        AUTO(buf_freep) struct buf *pem = buf_new(PEM_MAX);
        const char *kid;
        TRY(kas_public_key(n, kinds[i].algorithm, pem, &kid, f));
        json_t *key = json_object(), *body = json_object();
        json_array_append_new(list, key);
        set_kas_url(key, "kasUri", n);
        set_id(key, "kasId", "kas", n->conf.domain);
        json_set_take(key, "publicKey", body);
        json_set_str(body, "algorithm", kinds[i].name);
        json_set_str(body, "kid", kid);
        json_set_str(body, "pem", buf_text(pem));
    }
    *out = json_incref(list);
    return OK;
}

/* This node's own. Those of partners take no tokens of ours from such clients. */
static enum err servers(const struct node *n, json_t **out, struct fail *f)
{
    json_t *keys = NULL;
    TRY(simple_keys(n, &keys, f));
    json_t *server = json_object();
    set_id(server, "id", "kas", n->conf.domain);
    set_kas_url(server, "uri", n);
    json_set_str(server, "name", n->conf.domain);
    json_set_take(server, "kasKeys", keys);
    *out = json_pack("{s:[o], s:{s:i}}", "keyAccessServers", server, "pagination", "total", 1);
    return OK;
}

enum err serve_servers(struct http_call *call, struct fail *f)
{
    json_t *out = NULL;
    return site_answer(call, servers(site_node(call), &out, f), &out);
}

enum err serve_servers_call(struct http_call *call, struct fail *f)
{
    AUTO(json_freep) json_t *in = NULL, *out = NULL;
    TRY(kas_question(call, &kas_message_servers_request, &in, f));
    TRY(servers(site_node(call), &out, f));
    return kas_reply(call, &kas_message_servers, &out, f);
}

/* Attributes --------------------------------------------------------------------------------------------- */

static const char *rule_name(enum policy_rule rule)
{
    static const char *const names[] = { [POLICY_ALL_OF] = "ATTRIBUTE_RULE_TYPE_ENUM_ALL_OF",
                                         [POLICY_ANY_OF] = "ATTRIBUTE_RULE_TYPE_ENUM_ANY_OF",
                                         [POLICY_HIERARCHY] = "ATTRIBUTE_RULE_TYPE_ENUM_HIERARCHY" };
    return names[rule];
}

/* No keys with a value: the object is sealed once, to this key server's own key, and not split by attribute. */
static json_t *describe(const struct node *n, const struct policy_attribute *a)
{
    AUTO(str_freep) char *space = str_format("https://%s", n->conf.domain);
    AUTO(str_freep) char *name = str_format("%s/attr/%s", space, a->name);
    AUTO(str_freep) char *full = str_format("%s/value/%s", name, a->value);
    json_t *namespace = json_object(), *attribute = json_object(), *value = json_object(), *v = json_object();
    set_id(namespace, "id", "namespace", space);
    json_set_str(namespace, "name", n->conf.domain);
    json_set_str(namespace, "fqn", space);
    json_set_bool(namespace, "active", true);
    set_id(attribute, "id", "attribute", name);
    json_set_take(attribute, "namespace", namespace);
    json_set_str(attribute, "name", a->name);
    json_set_str(attribute, "rule", rule_name(a->rule));
    json_set_str(attribute, "fqn", name);
    json_set_bool(attribute, "active", true);
    set_id(value, "id", "value", full);
    json_set_str(value, "value", a->value);
    json_set_str(value, "fqn", full);
    json_set_bool(value, "active", true);
    json_set_take(v, "attribute", attribute);
    json_set_take(v, "value", value);
    return v;
}

static json_t *mapping(const struct node *n, const struct policy_attribute *a)
{
    (void)n;
    return json_pack("{s:s, s:[]}", "rule", rule_name(a->rule), "keys");
}

/* ${each}: what one attribute is answered with. */
static enum err answer_fqns(struct http_call *call, const char *member,
                            json_t *(*each)(const struct node *, const struct policy_attribute *),
                            json_t **out, struct fail *f)
{
    AUTO(json_freep) json_t *in = NULL, *answer = json_object();
    const struct node *n = site_node(call);
    const json_t *fqns;
    json_t *map = json_object();
    json_set_take(answer, member, map);
    TRY(kas_question(call, &kas_message_fqns_request, &in, f));
    TRY(json_need_array(in, "fqns", "attributes request", &fqns, f));
    if (json_array_size(fqns) == 0 || json_array_size(fqns) > FQNS_MAX)
        return fail_set(f, E_INVALID, "attributes request: 1 to %d fqns", FQNS_MAX);
    for (size_t i = 0; i < json_array_size(fqns); i++) {
        const char *fqn = json_string_value(json_array_get(fqns, i));
        struct policy_attribute a;
        if (!fqn || !policy_attribute_read(fqn, n->conf.domain, &a))
            return fail_set(f, E_NOT_FOUND, "'%.200s' is no attribute of %s", fqn ? fqn : "", n->conf.domain);
        json_set_take(map, fqn, each(n, &a));
    }
    *out = json_incref(answer);
    return OK;
}

enum err serve_attributes_call(struct http_call *call, struct fail *f)
{
    AUTO(json_freep) json_t *out = NULL;
    TRY(answer_fqns(call, "fqnAttributeValues", describe, &out, f));
    return kas_reply(call, &kas_message_attributes, &out, f);
}

enum err serve_mappings_call(struct http_call *call, struct fail *f)
{
    AUTO(json_freep) json_t *out = NULL;
    TRY(answer_fqns(call, "fqnKeyMappings", mapping, &out, f));
    return kas_reply(call, &kas_message_mappings, &out, f);
}

/* Health ------------------------------------------------------------------------------------------------- */

enum err serve_health_call(struct http_call *call, struct fail *f)
{
    AUTO(json_freep) json_t *in = NULL, *out = NULL;
    TRY(kas_question(call, &kas_message_health_request, &in, f));
    out = json_pack("{s:s}", "status", "SERVING");
    return kas_reply(call, &kas_message_health, &out, f);
}
