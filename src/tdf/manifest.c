/* SPDX-License-Identifier: Apache-2.0 */
#include "tdf/manifest.h"

#include <stdlib.h>
#include <string.h>

#include "base/b64.h"
#include "base/hex.h"
#include "base/mem.h"

#define GMAC_LEN 16
#define OVERHEAD 28 /* iv and tag */

struct tdf_manifest *tdf_manifest_new(void)
{
    return mem_new(sizeof(struct tdf_manifest));
}

void tdf_manifest_free(struct tdf_manifest *m)
{
    if (!m)
        return;
    for (size_t i = 0; i < m->kao_count; i++)
        tdf_kao_clear(&m->kaos[i]);
    free(m->kaos);
    free(m->segments);
    free(m->schema_version);
    free(m->mime_type);
    free(m->policy);
    json_decref(m->assertions);
    free(m);
}

void tdf_manifest_freep(struct tdf_manifest **m)
{
    tdf_manifest_free(*m);
    *m = NULL;
}

uint64_t tdf_manifest_size(const struct tdf_manifest *m)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < m->segment_count; i++)
        sum += m->segments[i].size;
    return sum;
}

uint64_t tdf_manifest_sealed(const struct tdf_manifest *m)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < m->segment_count; i++)
        sum += m->segments[i].sealed;
    return sum;
}

static size_t hash_len(enum tdf_hash kind)
{
    return kind == TDF_HASH_GMAC ? GMAC_LEN : HASH_LEN;
}

void tdf_aggregate(const struct tdf_manifest *m, struct buf *out)
{
    size_t n = hash_len(m->segment_hash);
    for (size_t i = 0; i < m->segment_count; i++) {
        if (m->hex)
            hex_put(out, BYTES(m->segments[i].hash, n));
        else
            buf_put(out, m->segments[i].hash, n);
    }
}

/* Reading */

static enum err read_hash_name(const json_t *v, const char *member, enum tdf_hash *out, struct fail *f)
{
    const char *name;
    TRY(json_need_str(v, member, "manifest", &name, f));
    if (strcmp(name, "HS256") == 0)
        *out = TDF_HASH_HS256;
    else if (strcmp(name, "GMAC") == 0)
        *out = TDF_HASH_GMAC;
    else
        return fail_set(f, E_INVALID, "manifest: %s '%.32s' is not known", member, name);
    return OK;
}

/* Base64 of ${n} raw bytes, or of their hexadecimal digits; the length tells which, into ${hex}. */
static bool read_hash(const char *text, size_t n, uint8_t out[static HASH_LEN], bool *hex)
{
    char digits[2 * HASH_LEN];
    memset(out, 0, HASH_LEN);
    *hex = strlen(text) != b64_len(B64_STD, n);
    if (!*hex)
        return b64_read_exact(B64_STD, bytes_str(text), out, n);
    return b64_read_exact(B64_STD, bytes_str(text), (uint8_t *)digits, 2 * n) &&
           hex_read(BYTES(digits, 2 * n), out, n);
}

static enum err read_root(const json_t *integrity, struct tdf_manifest *m, struct fail *f)
{
    const json_t *root;
    const char *sig;
    TRY(json_need_object(integrity, "rootSignature", "manifest", &root, f));
    TRY(read_hash_name(root, "alg", &m->root_hash, f));
    TRY(json_need_str(root, "sig", "manifest", &sig, f));
    if (!read_hash(sig, hash_len(m->root_hash), m->root, &m->hex))
        return fail_set(f, E_INVALID, "manifest: root signature is malformed");
    return OK;
}

/* ${def} where the member is absent or null: JS writers leave out what equals the default. */
static enum err read_size(const json_t *segment, const char *member, uint64_t def, uint64_t *out,
                          struct fail *f)
{
    const json_t *v = json_object_get(segment, member);
    if (v && !json_is_null(v))
        return json_need_u64(segment, member, "manifest: segment", out, f);
    *out = def;
    return OK;
}

static enum err read_segment(const json_t *v, const struct tdf_manifest *m, uint64_t sealed_default,
                             struct tdf_segment *out, struct fail *f)
{
    const char *hash;
    bool hex;
    TRY(json_need_str(v, "hash", "manifest: segment", &hash, f));
    if (!read_hash(hash, hash_len(m->segment_hash), out->hash, &hex) || hex != m->hex)
        return fail_set(f, E_INVALID, "manifest: a segment's hash is malformed");
    TRY(read_size(v, "segmentSize", m->segment_size, &out->size, f));
    TRY(read_size(v, "encryptedSegmentSize", sealed_default, &out->sealed, f));
    if (out->size > TDF_SEGMENT_MAX || out->sealed != out->size + OVERHEAD)
        return fail_set(f, E_INVALID, "manifest: a segment's sizes are out of range");
    return OK;
}

static enum err read_segments(const json_t *integrity, struct tdf_manifest *m, struct fail *f)
{
    const json_t *list;
    uint64_t sealed;
    TRY(json_may_u64(integrity, "segmentSizeDefault", "manifest", &m->segment_size, f));
    TRY(json_may_u64(integrity, "encryptedSegmentSizeDefault", "manifest", &sealed, f));
    TRY(json_need_array(integrity, "segments", "manifest", &list, f));
    if (json_array_size(list) > TDF_SEGMENTS_MAX)
        return fail_set(f, E_TOO_LARGE, "manifest has more than %d segments", TDF_SEGMENTS_MAX);
    m->segments = mem_array(json_array_size(list) + 1, sizeof *m->segments);
    for (size_t i = 0; i < json_array_size(list); i++)
        TRY(read_segment(json_array_get(list, i), m, sealed, &m->segments[i], f));
    m->segment_count = json_array_size(list);
    if (tdf_manifest_size(m) > TDF_PAYLOAD_MAX)
        return fail_set(f, E_TOO_LARGE, "manifest: payload is larger than 64 GiB");
    return OK;
}

static enum err read_integrity(const json_t *info, struct tdf_manifest *m, struct fail *f)
{
    const json_t *integrity;
    TRY(json_need_object(info, "integrityInformation", "manifest", &integrity, f));
    TRY(read_root(integrity, m, f));
    TRY(read_hash_name(integrity, "segmentHashAlg", &m->segment_hash, f));
    return read_segments(integrity, m, f);
}

static enum err read_kaos(const json_t *info, struct tdf_manifest *m, struct fail *f)
{
    const json_t *list;
    TRY(json_need_array(info, "keyAccess", "manifest", &list, f));
    size_t count = json_array_size(list);
    if (count == 0)
        return fail_set(f, E_INVALID, "manifest has no key access object");
    if (count > TDF_KAOS_MAX)
        return fail_set(f, E_TOO_LARGE, "manifest has more than %d key access objects", TDF_KAOS_MAX);
    m->kaos = mem_array(count, sizeof *m->kaos);
    for (size_t i = 0; i < count; i++) {
        TRY(tdf_kao_read(json_array_get(list, i), &m->kaos[i], f));
        m->kao_count++;
    }
    return OK;
}

/* A member that, where it is there at all, has to have one value. */
static enum err read_fixed(const json_t *v, const char *member, const char *value, struct fail *f)
{
    const char *got;
    TRY(json_may_str(v, member, "manifest", &got, f));
    if (got && strcmp(got, value) != 0)
        return fail_set(f, E_INVALID, "manifest: %s is not '%s'", member, value);
    return OK;
}

static enum err read_payload(const json_t *root, struct tdf_manifest *m, struct fail *f)
{
    const json_t *payload;
    const char *mime;
    TRY(json_need_object(root, "payload", "manifest", &payload, f));
    TRY(read_fixed(payload, "type", "reference", f));
    TRY(read_fixed(payload, "url", "0.payload", f));
    TRY(read_fixed(payload, "protocol", "zip", f));
    if (json_is_false(json_object_get(payload, "isEncrypted")))
        return fail_set(f, E_INVALID, "manifest: payload is not encrypted");
    TRY(json_may_str(payload, "mimeType", "manifest", &mime, f));
    m->mime_type = str_dup(mime);
    return OK;
}

static enum err read_root_object(const json_t *root, struct tdf_manifest *m, struct fail *f)
{
    const json_t *info, *method, *assertions = json_object_get(root, "assertions");
    const char *version, *policy, *algorithm;
    TRY(json_may_str(root, "schemaVersion", "manifest", &version, f));
    if (!version)
        TRY(json_may_str(root, "tdf_spec_version", "manifest", &version, f));
    m->schema_version = str_dup(version);
    TRY(read_payload(root, m, f));
    TRY(json_need_object(root, "encryptionInformation", "manifest", &info, f));
    TRY(read_fixed(info, "type", "split", f));
    TRY(json_need_str(info, "policy", "manifest", &policy, f));
    if (strlen(policy) > TDF_POLICY_MAX)
        return fail_set(f, E_TOO_LARGE, "manifest: policy is larger than %zu bytes", TDF_POLICY_MAX);
    m->policy = str_dup(policy);
    TRY(json_need_object(info, "method", "manifest", &method, f));
    TRY(json_need_str(method, "algorithm", "manifest", &algorithm, f));
    TRY(read_fixed(method, "algorithm", "AES-256-GCM", f));
    TRY(read_kaos(info, m, f));
    TRY(read_integrity(info, m, f));
    if (assertions && !json_is_null(assertions) && !json_is_array(assertions))
        return fail_set(f, E_INVALID, "manifest: assertions are not a list");
    if (json_array_size(assertions) > 0)
        m->assertions = json_deep_copy(assertions);
    return OK;
}

enum err tdf_manifest_read(struct bytes text, size_t max, struct tdf_manifest **out, struct fail *f)
{
    AUTO(json_freep) json_t *root = NULL;
    AUTO(tdf_manifest_freep) struct tdf_manifest *m = tdf_manifest_new();
    TRY(json_read(text, max, "manifest", &root, f));
    TRY(read_root_object(root, m, f));
    *out = m;
    m = NULL;
    return OK;
}

/* Writing */

static void put_hash(struct buf *out, const struct tdf_manifest *m, enum tdf_hash kind,
                     const uint8_t hash[static HASH_LEN])
{
    char digits[2 * HASH_LEN + 1];
    struct bytes raw = BYTES(hash, hash_len(kind));
    hex_print(raw, digits);
    buf_put_u8(out, '"');
    b64_put(out, B64_STD, m->hex ? bytes_str(digits) : raw);
    buf_put_u8(out, '"');
}

static const char *hash_name(enum tdf_hash kind)
{
    return kind == TDF_HASH_GMAC ? "GMAC" : "HS256";
}

/* The segments are many and uniform: printed, not built as a tree first. */
static void put_integrity(const struct tdf_manifest *m, struct buf *out)
{
    buf_printf(out, "{\"rootSignature\":{\"alg\":\"%s\",\"sig\":", hash_name(m->root_hash));
    put_hash(out, m, m->root_hash, m->root);
    buf_printf(out,
               "},\"segmentHashAlg\":\"%s\",\"segmentSizeDefault\":%llu,\"encryptedSegmentSizeDefault\":%llu,"
               "\"segments\":[",
               hash_name(m->segment_hash), (unsigned long long)m->segment_size,
               (unsigned long long)m->segment_size + OVERHEAD);
    for (size_t i = 0; i < m->segment_count; i++) {
        const struct tdf_segment *s = &m->segments[i];
        buf_put_str(out, i ? ",{\"hash\":" : "{\"hash\":");
        put_hash(out, m, m->segment_hash, s->hash);
        buf_printf(out, ",\"segmentSize\":%llu,\"encryptedSegmentSize\":%llu}", (unsigned long long)s->size,
                   (unsigned long long)s->sealed);
    }
    buf_put_str(out, "]}");
}

static void put_string(struct buf *out, const char *text)
{
    AUTO(json_freep) json_t *v = json_string(text);
    if (!v)
        BUG("manifest text is not UTF-8");
    json_put(out, v);
}

enum err tdf_manifest_write(const struct tdf_manifest *m, struct buf *out, struct fail *f)
{
    buf_put_str(out, m->hex ? "{" : "{\"schemaVersion\":\"4.3.0\",");
    buf_put_str(out, "\"payload\":{\"type\":\"reference\",\"url\":\"0.payload\",\"protocol\":\"zip\","
                     "\"isEncrypted\":true,\"mimeType\":");
    put_string(out, m->mime_type ? m->mime_type : "application/octet-stream");
    buf_put_str(out, "},\"encryptionInformation\":{\"type\":\"split\",\"policy\":");
    put_string(out, m->policy);
    buf_put_str(out, ",\"keyAccess\":[");
    for (size_t i = 0; i < m->kao_count; i++) {
        AUTO(json_freep) json_t *kao = tdf_kao_json(&m->kaos[i]);
        if (i)
            buf_put_u8(out, ',');
        json_put(out, kao);
    }
    buf_put_str(out, "],\"method\":{\"algorithm\":\"AES-256-GCM\",\"isStreamable\":true,\"iv\":\"\"},"
                     "\"integrityInformation\":");
    put_integrity(m, out);
    buf_put_str(out, "}");
    if (m->assertions) {
        buf_put_str(out, ",\"assertions\":");
        json_put(out, m->assertions);
    }
    buf_put_str(out, "}");
    return buf_check(out, "manifest", f);
}
