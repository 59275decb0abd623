/* SPDX-License-Identifier: Apache-2.0 - assertions: bound to the payload and to a known key, or refused */
#include "tdf_sample.h"

#include "crypto/hash.h"
#include "crypto/jose.h"
#include "tdf/assertion.h"

static struct tdf_container *open_vector(struct bytes v, const struct key *kas,
                                         uint8_t key[static TDF_KEY_LEN])
{
    struct tdf_container *c = NULL;
    struct source in = source_bytes(&v);
    if (tdf_container_read(&in, TDF_MANIFEST_FOREIGN, &c, NULL) != OK ||
        tdf_data_key(c->manifest, &kas, 1, key, NULL) != OK)
        BUG("vector can't be opened");
    return c;
}

/* Every string in ${v} but the binding's, changed by one letter, is refused. */
static size_t changed_taken(const struct tdf_manifest *m, json_t *v, const uint8_t key[static TDF_KEY_LEN],
                            const struct key *const *anchors)
{
    const char *name;
    json_t *item;
    size_t taken = 0;
    json_object_foreach (v, name, item) {
        if (json_is_object(item))
            taken += changed_taken(m, item, key, anchors);
        if (!json_is_string(item) || strcmp(name, "method") == 0)
            continue;
        AUTO(str_freep) char *was = str_dup(json_string_value(item));
        AUTO(str_freep) char *changed = str_dup(was);
        changed[0] = changed[0] == 'A' ? 'B' : 'A';
        json_string_set(item, changed);
        taken += tdf_assertions_check(m, key, anchors, 1, NULL) != E_UNVERIFIED;
        json_string_set(item, was);
    }
    return taken;
}

static void test_vector(const char *name)
{
    AUTO(key_freep) struct key *kas = vector_key("kas-ec.pem");
    AUTO(key_freep) struct key *author = vector_key("label-ec.pem");
    AUTO(buf_freep) struct buf *file = vector(name);
    uint8_t key[TDF_KEY_LEN];
    AUTO(tdf_container_freep) struct tdf_container *c = open_vector(bytes_of(file), kas, key);
    struct tdf_manifest *m = c->manifest;
    const struct key *anchors[] = { author }, *others[] = { kas };
    struct fail f = { 0 };
    ok(tdf_assertions_check(m, key, anchors, 1, &f) == OK, "%s: both hold: %s", name, f.what);
    ok(tdf_assertions_check(m, key, others, 1, &f) == E_UNVERIFIED, "%s: another anchor: %s", name, f.what);
    ok(tdf_assertions_check(m, key, NULL, 0, NULL) == E_UNVERIFIED, "%s: no anchor", name);
    key[0] ^= 1;
    ok(tdf_assertions_check(m, key, anchors, 1, NULL) == E_UNVERIFIED, "%s: another data key", name);
    key[0] ^= 1;
    for (size_t i = 0; i < 2; i++)
        ok(changed_taken(m, json_array_get(m->assertions, i), key, anchors) == 0, "%s: any change to %zu",
           name, i);
    m->segments[1].hash[0] ^= 1;
    ok(tdf_assertions_check(m, key, anchors, 1, NULL) == E_UNVERIFIED, "%s: another payload", name);
    m->segments[1].hash[0] ^= 1;
    json_object_del(json_array_get(m->assertions, 0), "binding");
    ok(tdf_assertions_check(m, key, anchors, 1, NULL) == E_UNVERIFIED, "%s: no binding", name);
    json_array_clear(m->assertions);
    ok(tdf_assertions_check(m, key, NULL, 0, NULL) == OK, "%s: no assertions", name);
}

static void test_make(void)
{
    AUTO(key_freep) struct key *author = vector_key("label-ec.pem");
    AUTO(tdf_manifest_freep) struct tdf_manifest *m = tdf_manifest_new();
    AUTO(json_freep) json_t *payload = NULL;
    AUTO(buf_freep) struct buf *jws = buf_new(1 << 16);
    uint8_t key[TDF_KEY_LEN] = { 1 };
    const struct key *anchors[] = { author };
    struct fail f = { 0 };
    m->segments = mem_array(1, sizeof *m->segments);
    m->segment_count = 1;
    m->segment_hash = TDF_HASH_GMAC;
    json_t *label = json_pack("{s:s, s:{s:s}}", "id", "label", "statement", "value", "SECRET");
    ok(tdf_assertion_payload(m, label, &payload, &f) == OK &&
           jose_sign(author, NULL, NULL, payload, jws, &f) == OK,
       "made: %s", f.what);
    tdf_assertion_attach(m, label, buf_text(jws));
    ok(tdf_assertions_check(m, key, anchors, 1, &f) == OK, "and checked: %s", f.what);
}

static const struct {
    const char *name, *json;
    enum err want;
} forms[] = {
    { "text, numbers, lists", "{\"a\":[1,-2,\"\\n\\u00e9\",true,null]}", OK },
    { "a fraction", "{\"a\":1.5}", E_INVALID },
    { "a fraction deep inside", "{\"a\":[{\"b\":1e3}]}", E_INVALID },
    { "an integer over 2^53", "{\"a\":9007199254740993}", E_INVALID },
    { "a control character", "{\"a\":\"\\u0001\"}", E_INVALID },
    { "a name outside ASCII", "{\"\\u00e9\":1}", E_INVALID },
    { "a list", "[]", E_INVALID },
    { "anything in the binding", "{\"binding\":1.5}", OK },
};

static void test_forms(void)
{
    struct tdf_manifest m = { 0 };
    for (size_t i = 0; i < COUNT(forms); i++) {
        AUTO(json_freep) json_t *v = NULL;
        AUTO(json_freep) json_t *payload = NULL;
        struct fail f = { 0 };
        ok(json_read(bytes_str(forms[i].json), 1000, "row", &v, NULL) == OK &&
               tdf_assertion_payload(&m, v, &payload, &f) == forms[i].want,
           "%s: %s", forms[i].name, f.what);
    }
}

int main(void)
{
    struct fail f = { 0 };
    if (!ok(crypto_start(&f) == OK, "crypto: %s", f.what))
        return tap_done();
    test_vector("labels-430.tdf");
    test_vector("labels-422.tdf");
    test_make();
    test_forms();
    return tap_done();
}
