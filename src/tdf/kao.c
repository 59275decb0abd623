/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "tdf/manifest.h"

static const char *const wrap_names[] = { [TDF_WRAP_EC] = "ec-wrapped", [TDF_WRAP_RSA] = "wrapped" };

void tdf_kao_clear(struct tdf_kao *k)
{
    char *owned[] = { k->type,        k->url,     k->kid,      k->sid,
                      k->wrapped_key, k->binding, k->metadata, k->ephemeral_pem };
    for (size_t i = 0; i < COUNT(owned); i++)
        free(owned[i]);
    *k = (struct tdf_kao){ 0 };
}

/* A member that is at most ${max} bytes; absent, null and empty give NULL, or an error where it is needed. */
static enum err read_text(const json_t *v, const char *member, size_t max, bool needed, char **out,
                          struct fail *f)
{
    const char *text;
    TRY(json_may_str(v, member, "key access object", &text, f));
    if (!text || !*text) {
        if (needed)
            return fail_set(f, E_INVALID, "key access object: '%s' is missing", member);
        return OK;
    }
    if (strlen(text) > max)
        return fail_set(f, E_TOO_LARGE, "key access object: '%s' is larger than %zu bytes", member, max);
    *out = str_dup(text);
    return OK;
}

/* An object {alg, hash}, alg perhaps missing; older writers: the hash alone. */
static enum err read_binding(const json_t *v, char **out, struct fail *f)
{
    const json_t *binding = json_object_get(v, "policyBinding");
    const char *alg;
    if (!json_is_object(binding))
        return read_text(v, "policyBinding", 256, true, out, f);
    TRY(json_may_str(binding, "alg", "policy binding", &alg, f));
    if (alg && *alg && strcmp(alg, "HS256") != 0)
        return fail_set(f, E_INVALID, "policy binding: alg '%.32s' is not known", alg);
    return read_text(binding, "hash", 256, true, out, f);
}

static enum err kao_read(const json_t *v, struct tdf_kao *k, struct fail *f)
{
    if (!json_is_object(v))
        return fail_set(f, E_INVALID, "key access object is not an object");
    TRY(read_text(v, "type", 64, true, &k->type, f));
    k->wrap = TDF_WRAP_OTHER;
    for (size_t i = 0; i < COUNT(wrap_names); i++)
        if (strcmp(k->type, wrap_names[i]) == 0)
            k->wrap = (enum tdf_wrap)i;
    bool known = k->wrap != TDF_WRAP_OTHER;
    TRY(read_text(v, "url", TDF_URL_MAX, true, &k->url, f));
    TRY(read_text(v, "kid", TDF_ID_MAX, false, &k->kid, f));
    TRY(read_text(v, "sid", TDF_ID_MAX, false, &k->sid, f));
    if (!k->sid)
        k->sid = str_dup("");
    TRY(read_text(v, "wrappedKey", 4096, known, &k->wrapped_key, f));
    TRY(read_binding(v, &k->binding, f));
    TRY(read_text(v, "encryptedMetadata", TDF_METADATA_MAX, false, &k->metadata, f));
    if (k->wrap == TDF_WRAP_EC)
        TRY(read_text(v, "ephemeralPublicKey", 4096, true, &k->ephemeral_pem, f));
    return OK;
}

enum err tdf_kao_read(const json_t *v, struct tdf_kao *out, struct fail *f)
{
    struct tdf_kao k = { 0 };
    enum err e = kao_read(v, &k, f);
    if (e == OK)
        *out = k;
    else
        tdf_kao_clear(&k);
    return e;
}

json_t *tdf_kao_json(const struct tdf_kao *k)
{
    json_t *v = json_object();
    json_set_str(v, "type", k->type);
    json_set_str(v, "url", k->url);
    json_set_str(v, "protocol", "kas");
    json_set_str(v, "kid", k->kid);
    json_set_str(v, "sid", k->sid && *k->sid ? k->sid : NULL);
    json_set_str(v, "wrappedKey", k->wrapped_key);
    json_t *binding = json_object();
    json_set_str(binding, "alg", "HS256");
    json_set_str(binding, "hash", k->binding);
    json_set_take(v, "policyBinding", binding);
    json_set_str(v, "encryptedMetadata", k->metadata);
    json_set_str(v, "schemaVersion", "1.0");
    json_set_str(v, "ephemeralPublicKey", k->ephemeral_pem);
    return v;
}

void tdf_bind(const uint8_t share[static TDF_KEY_LEN], const char *policy, uint8_t out[static HASH_LEN])
{
    struct bytes text = bytes_str(policy);
    hash_hmac(BYTES(share, TDF_KEY_LEN), &text, 1, out);
}
