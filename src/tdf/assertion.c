/* SPDX-License-Identifier: Apache-2.0 */
#include "tdf/assertion.h"

#include <stdlib.h>
#include <string.h>

#include "base/b64.h"
#include "base/hex.h"
#include "base/json.h"
#include "base/mem.h"
#include "crypto/jose.h"

#define AGGREGATE_MAX ((size_t)TDF_SEGMENTS_MAX * 2 * HASH_LEN)
#define JWS_MAX       ((size_t)8 << 20) /* the aggregate is in it, twice in base64 */
#define EXACT_MAX     ((json_int_t)JSON_WHOLE_MAX)

static bool plain_text(const char *s, bool ascii)
{
    for (; *s; s++) {
        uint8_t c = (uint8_t)*s;
        if ((c < 0x20 && !strchr("\b\t\n\f\r", c)) || (ascii && c > 0x7e))
            return false;
    }
    return true;
}

/* Whether sorted compact JSON is the canonical form (RFC 8785): true but for number formats, some escapes,
 * and the order of names outside ASCII. */
static bool sorted_is_canonical(const json_t *v)
{
    size_t i;
    json_t *item;
    const char *name;
    if (json_is_real(v))
        return false;
    if (json_is_integer(v))
        return json_integer_value(v) <= EXACT_MAX && json_integer_value(v) >= -EXACT_MAX;
    if (json_is_string(v))
        return plain_text(json_string_value(v), false);
    json_array_foreach ((json_t *)(uintptr_t)v, i, item) {
        if (!sorted_is_canonical(item))
            return false;
    }
    json_object_foreach ((json_t *)(uintptr_t)v, name, item) {
        if (!plain_text(name, true) || !sorted_is_canonical(item))
            return false;
    }
    return true;
}

static const char *id_of(const json_t *assertion)
{
    const char *id = json_string_value(json_object_get(assertion, "id"));
    return id && plain_text(id, true) && !strchr(id, '\n') ? id : "?";
}

/* The hash of the assertion, and the two texts that are signed. */
static enum err texts_of(const struct tdf_manifest *m, const json_t *assertion,
                         char hash[static 2 * HASH_LEN + 1], struct buf *sig, struct fail *f)
{
    AUTO(json_freep) json_t *bare = json_copy((json_t *)(uintptr_t)assertion);
    AUTO(buf_freep) struct buf *text = buf_new(TDF_MANIFEST_FOREIGN);
    AUTO(buf_freep) struct buf *joined = buf_new(AGGREGATE_MAX + 2 * HASH_LEN);
    uint8_t digest[HASH_LEN];
    if (!json_is_object(bare))
        return fail_set(f, E_INVALID, "assertion is not an object");
    json_object_del(bare, "binding");
    if (!sorted_is_canonical(bare))
        return fail_set(f, E_INVALID, "assertion '%.64s' has no canonical form that is known here",
                        id_of(bare));
    json_put_sorted(text, bare);
    TRY(buf_check(text, "assertion", f));
    hash_sha256(bytes_of(text), digest);
    hex_print(BYTES(digest, sizeof digest), hash);
    tdf_aggregate(m, joined);
    if (m->hex)
        buf_put_str(joined, hash);
    else
        buf_put(joined, digest, sizeof digest);
    TRY(buf_check(joined, "assertion", f));
    b64_put(sig, B64_STD, bytes_of(joined));
    return buf_check(sig, "assertion", f);
}

enum err tdf_assertion_payload(const struct tdf_manifest *m, const json_t *assertion, json_t **out,
                               struct fail *f)
{
    char hash[2 * HASH_LEN + 1];
    AUTO(buf_freep) struct buf *sig = buf_new(JWS_MAX);
    TRY(texts_of(m, assertion, hash, sig, f));
    json_t *payload = json_object();
    json_set_str(payload, "assertionHash", hash);
    json_set_str(payload, "assertionSig", buf_text(sig));
    *out = payload;
    return OK;
}

void tdf_assertion_attach(struct tdf_manifest *m, json_t *assertion, const char *jws)
{
    json_t *binding = json_object();
    json_set_str(binding, "method", "jws");
    json_set_str(binding, "signature", jws);
    json_set_take(assertion, "binding", binding);
    if (!m->assertions)
        m->assertions = json_array();
    if (json_array_append_new(m->assertions, assertion) != 0)
        BUG("assertion can't be added");
}

/* The header says HS256, and nothing that must be understood. */
static bool is_hs256(const char *jws)
{
    const char *dot = strchr(jws, '.');
    AUTO(buf_freep) struct buf *text = buf_new(1 << 12);
    AUTO(json_freep) json_t *header = NULL;
    const char *alg;
    return dot && b64_read(B64_URL, BYTES(jws, (size_t)(dot - jws)), text, "header", NULL) == OK &&
           json_read(bytes_of(text), 1 << 12, "header", &header, NULL) == OK &&
           json_need_str(header, "alg", "header", &alg, NULL) == OK && strcmp(alg, "HS256") == 0 &&
           !json_object_get(header, "crit");
}

/* RFC 7515 compact form under HS256, which crypto/jose.h does not know: a shared key proves no sender. */
static bool read_hs256(const char *jws, const uint8_t key[static TDF_KEY_LEN], json_t **payload)
{
    const char *dot = strchr(jws, '.'), *second = dot ? strchr(dot + 1, '.') : NULL;
    AUTO(buf_freep) struct buf *payload_text = buf_new(JWS_MAX);
    uint8_t mac[HASH_LEN], got[HASH_LEN];
    if (!second || !is_hs256(jws))
        return false;
    struct bytes input = BYTES(jws, (size_t)(second - jws));
    hash_hmac(BYTES(key, TDF_KEY_LEN), &input, 1, mac);
    if (!b64_read_exact(B64_URL, bytes_str(second + 1), got, sizeof got) || !same(mac, got, sizeof mac))
        return false;
    return b64_read(B64_URL, BYTES(dot + 1, (size_t)(second - dot - 1)), payload_text, "payload", NULL) ==
               OK &&
           json_read(bytes_of(payload_text), JWS_MAX, "payload", payload, NULL) == OK;
}

bool tdf_assertion_forgeable(const json_t *assertion)
{
    const char *jws = json_string_value(json_object_get(json_object_get(assertion, "binding"), "signature"));
    return !jws || is_hs256(jws);
}

static bool read_signed(const char *jws, const struct key *const *anchors, size_t count, json_t **payload)
{
    AUTO(jose_freep) struct jose *j = NULL;
    if (jose_read(bytes_str(jws), JWS_MAX, "assertion", &j, NULL) != OK)
        return false;
    for (size_t i = 0; i < count; i++) {
        enum jose_alg alg = key_kind(anchors[i]) == KEY_RSA ? JOSE_RS256 : JOSE_ES256;
        if (jose_verify(j, alg, NULL, anchors[i], NULL) == OK) {
            *payload = json_incref(j->payload);
            return true;
        }
    }
    return false;
}

static bool says(const json_t *payload, const char *member, const char *want)
{
    const char *got = json_string_value(json_object_get(payload, member));
    return got && strcmp(got, want) == 0;
}

static enum err check_one(const struct tdf_manifest *m, const json_t *assertion,
                          const uint8_t key[static TDF_KEY_LEN], const struct key *const *anchors,
                          size_t count, struct fail *f)
{
    char hash[2 * HASH_LEN + 1];
    AUTO(buf_freep) struct buf *sig = buf_new(JWS_MAX);
    AUTO(json_freep) json_t *payload = NULL;
    const json_t *binding = json_object_get(assertion, "binding");
    const char *jws = json_string_value(json_object_get(binding, "signature"));
    if (!jws || texts_of(m, assertion, hash, sig, NULL) != OK)
        return fail_why(f, REASON_TAMPERED, "assertion '%.64s' can't be checked", id_of(assertion));
    if (!read_hs256(jws, key, &payload) && !read_signed(jws, anchors, count, &payload))
        return fail_why(f, REASON_TAMPERED, "assertion '%.64s' is not signed by a key that is known here",
                        id_of(assertion));
    if (!says(payload, "assertionHash", hash) || !says(payload, "assertionSig", buf_text(sig)))
        return fail_why(f, REASON_TAMPERED, "assertion '%.64s' was altered, or made for another object",
                        id_of(assertion));
    return OK;
}

enum err tdf_assertions_check(const struct tdf_manifest *m, const uint8_t key[static TDF_KEY_LEN],
                              const struct key *const *anchors, size_t anchor_count, struct fail *f)
{
    for (size_t i = 0; i < json_array_size(m->assertions); i++)
        TRY(check_one(m, json_array_get(m->assertions, i), key, anchors, anchor_count, f));
    return OK;
}
