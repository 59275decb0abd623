/* SPDX-License-Identifier: Apache-2.0 - manifests: what is taken, what is refused, what is written */
#include "tdf_sample.h"

#include "base/b64.h"
#include "base/hex.h"

#define HASH16 "AAECAwQFBgcICQoLDA0ODw=="
#define HASH32 "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
/* base64 of 32 and of 64 hexadecimal digits: the same bytes in the older form */
#define HEX16 "MDAwMTAyMDMwNDA1MDYwNzA4MDkwYTBiMGMwZDBlMGY="
#define HEX32 "MDAwMTAyMDMwNDA1MDYwNzA4MDkwYTBiMGMwZDBlMGYxMDExMTIxMzE0MTUxNjE3MTgxOTFhMWIxYzFkMWUxZg=="

static const char base[] =
    "{\"schemaVersion\":\"4.3.0\",\"payload\":{\"type\":\"reference\",\"url\":\"0.payload\",\"protocol\":"
    "\"zip\","
    "\"isEncrypted\":true,\"mimeType\":\"text/plain\"},\"encryptionInformation\":{\"type\":\"split\","
    "\"policy\":\"e30=\",\"keyAccess\":[{\"type\":\"wrapped\",\"url\":\"https://h/kas\",\"protocol\":\"kas\","
    "\"kid\":\"r1\",\"sid\":\"a\",\"wrappedKey\":\"AAAA\",\"policyBinding\":{\"alg\":\"HS256\",\"hash\":"
    "\"eHg=\"}}],"
    "\"method\":{\"algorithm\":\"AES-256-GCM\",\"isStreamable\":true,\"iv\":\"\"},\"integrityInformation\":{"
    "\"rootSignature\":{\"alg\":\"HS256\",\"sig\":\"" HASH32 "\"},\"segmentHashAlg\":\"GMAC\","
    "\"segmentSizeDefault\":100,\"encryptedSegmentSizeDefault\":128,\"segments\":["
    "{\"hash\":\"" HASH16 "\",\"segmentSize\":100,\"encryptedSegmentSize\":128},"
    "{\"hash\":\"" HASH16 "\",\"segmentSize\":7,\"encryptedSegmentSize\":35}]}},\"assertions\":[]}";

/* ${text} with every ${from} replaced; the test row is wrong if there is none. */
static char *replaced(const char *text, const char *from, const char *to)
{
    AUTO(buf_freep) struct buf *b = buf_new(1 << 20);
    const char *hit = strstr(text, from);
    if (!hit)
        BUG("test row replaces nothing");
    for (; hit; text = hit + strlen(from), hit = strstr(text, from)) {
        buf_put(b, text, (size_t)(hit - text));
        buf_put_str(b, to);
    }
    buf_put_str(b, text);
    return buf_steal_text(b);
}

static enum err read_text(const char *text, struct tdf_manifest **m, struct fail *f)
{
    return tdf_manifest_read(bytes_str(text), TDF_MANIFEST_FOREIGN, m, f);
}

static const struct {
    const char *name, *from, *to;
    enum err want;
} rows[] = {
    { "as it is", "reference", "reference", OK },
    { "sizes that equal the defaults left out", ",\"segmentSize\":100,\"encryptedSegmentSize\":128", "", OK },
    { "one size left out", ",\"encryptedSegmentSize\":128", "", OK },
    { "no defaults, all sizes stated", "\"segmentSizeDefault\":100,\"encryptedSegmentSizeDefault\":128,", "",
      OK },
    { "IsStreamable", "isStreamable", "IsStreamable", OK },
    { "no iv", ",\"iv\":\"\"", "", OK },
    { "no assertions", ",\"assertions\":[]", "", OK },
    { "assertions null", "\"assertions\":[]", "\"assertions\":null", OK },
    { "assertions an object", "\"assertions\":[]", "\"assertions\":{}", E_INVALID },
    { "unknown members", "\"protocol\":\"zip\"", "\"protocol\":\"zip\",\"more\":[1.5,{\"x\":null}]", OK },
    { "no mimeType", ",\"mimeType\":\"text/plain\"", "", OK },
    { "no schemaVersion", "\"schemaVersion\":\"4.3.0\",", "", OK },
    { "old name of schemaVersion", "schemaVersion", "tdf_spec_version", OK },
    { "kid null", "\"kid\":\"r1\"", "\"kid\":null", OK },
    { "kid missing", "\"kid\":\"r1\",", "", OK },
    { "sid null", "\"sid\":\"a\"", "\"sid\":null", OK },
    { "binding without alg", "\"alg\":\"HS256\",\"hash\"", "\"hash\"", OK },
    { "binding a string", "{\"alg\":\"HS256\",\"hash\":\"eHg=\"}", "\"eHg=\"", OK },
    { "binding of another alg", "\"alg\":\"HS256\",\"hash\"", "\"alg\":\"none\",\"hash\"", E_INVALID },
    { "binding null", "{\"alg\":\"HS256\",\"hash\":\"eHg=\"}", "null", E_INVALID },
    { "binding missing", ",\"policyBinding\":{\"alg\":\"HS256\",\"hash\":\"eHg=\"}", "", E_INVALID },
    { "type remote, nothing wrapped", "\"type\":\"wrapped\"", "\"type\":\"remote\"", OK },
    { "type hybrid-wrapped", "\"type\":\"wrapped\"", "\"type\":\"hybrid-wrapped\"", OK },
    { "type ec-wrapped without a key", "\"type\":\"wrapped\"", "\"type\":\"ec-wrapped\"", E_INVALID },
    { "wrappedKey missing", "\"wrappedKey\":\"AAAA\",", "", E_INVALID },
    { "wrappedKey a number", "\"wrappedKey\":\"AAAA\"", "\"wrappedKey\":1", E_INVALID },
    { "url missing", "\"url\":\"https://h/kas\",", "", E_INVALID },
    { "no key access object", "\"keyAccess\":[", "\"keyAccess\":[],\"x\":[", E_INVALID },
    { "key access a string", "\"keyAccess\":[", "\"keyAccess\":\"\",\"x\":[", E_INVALID },
    { "policy missing", "\"policy\":\"e30=\",", "", E_INVALID },
    { "policy an object", "\"policy\":\"e30=\"", "\"policy\":{}", E_INVALID },
    { "another algorithm", "AES-256-GCM", "AES-256-CBC", E_INVALID },
    { "no method", "\"method\":{", "\"m\":{", E_INVALID },
    { "another payload type", "reference", "inline", E_INVALID },
    { "another payload name", "\"0.payload\"", "\"1.payload\"", E_INVALID },
    { "another type", "\"split\"", "\"shamir\"", E_INVALID },
    { "not encrypted", "\"isEncrypted\":true", "\"isEncrypted\":false", E_INVALID },
    { "the older form", HASH32, HEX32, E_INVALID }, /* of the root alone */
    { "hexadecimal segments under a raw root", HASH16, HEX16, E_INVALID },
    { "a shorter root", HASH32, HASH16, E_INVALID },
    { "a root that is no base64", HASH32, "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8!", E_INVALID },
    { "GMAC root of 32 bytes is no digits", "\"alg\":\"HS256\",\"sig\"", "\"alg\":\"GMAC\",\"sig\"",
      E_INVALID },
    { "root by HS512", "\"alg\":\"HS256\",\"sig\"", "\"alg\":\"HS512\",\"sig\"", E_INVALID },
    { "HS256 segments of 16 bytes", "\"segmentHashAlg\":\"GMAC\"", "\"segmentHashAlg\":\"HS256\"",
      E_INVALID },
    { "segments by CRC", "\"segmentHashAlg\":\"GMAC\"", "\"segmentHashAlg\":\"CRC\"", E_INVALID },
    { "sizes that differ by 27", "\"encryptedSegmentSize\":35", "\"encryptedSegmentSize\":34", E_INVALID },
    { "a size below zero", "\"segmentSize\":7", "\"segmentSize\":-7", E_INVALID },
    { "a size that is a fraction", "\"segmentSize\":7", "\"segmentSize\":7.0", E_INVALID },
    { "a size that is a string", "\"segmentSize\":7", "\"segmentSize\":\"7\"", E_INVALID },
    { "sizes that wrap around", "\"segmentSize\":7,\"encryptedSegmentSize\":35",
      "\"segmentSize\":9223372036854775807,\"encryptedSegmentSize\":27", E_INVALID },
    { "a segment over the maximum", "\"segmentSize\":7,\"encryptedSegmentSize\":35",
      "\"segmentSize\":8388609,\"encryptedSegmentSize\":8388637", E_INVALID },
    { "a segment of the maximum", "\"segmentSize\":7,\"encryptedSegmentSize\":35",
      "\"segmentSize\":8388608,\"encryptedSegmentSize\":8388636", OK },
    { "an empty segment", "\"segmentSize\":7,\"encryptedSegmentSize\":35",
      "\"segmentSize\":0,\"encryptedSegmentSize\":28", OK },
    { "a segment that is a string", "\"segments\":[", "\"segments\":[\"x\",", E_INVALID },
    { "no segment list", "\"segments\"", "\"segment\"", E_INVALID },
    { "a member twice", "\"type\":\"split\"", "\"type\":\"split\",\"type\":\"split\"", E_INVALID },
    { "something after the end", "\"assertions\":[]}", "\"assertions\":[]}x", E_INVALID },
    { "a list instead of an object", "{\"schemaVersion\"", "[{\"schemaVersion\"", E_INVALID },
};

static void test_rows(void)
{
    for (size_t i = 0; i < COUNT(rows); i++) {
        AUTO(str_freep) char *text = replaced(base, rows[i].from, rows[i].to);
        AUTO(tdf_manifest_freep) struct tdf_manifest *m = NULL;
        struct fail f = { 0 };
        ok(read_text(text, &m, &f) == rows[i].want, "%s: %s", rows[i].name, f.what);
    }
    size_t taken = 0;
    for (size_t n = 0; n + 1 < sizeof base; n++) {
        AUTO(tdf_manifest_freep) struct tdf_manifest *m = NULL;
        taken += tdf_manifest_read(BYTES(base, n), TDF_MANIFEST_OWN, &m, NULL) != E_INVALID;
    }
    ok(taken == 0, "cut at every length: refused");
}

static void test_content(void)
{
    AUTO(tdf_manifest_freep) struct tdf_manifest *m = NULL;
    AUTO(buf_freep) struct buf *joined = buf_new(1000);
    if (!ok(read_text(base, &m, NULL) == OK, "read"))
        return;
    uint8_t want[32];
    for (uint8_t i = 0; i < sizeof want; i++)
        want[i] = i;
    is_str(m->schema_version, "4.3.0", "schemaVersion");
    is_str(m->mime_type, "text/plain", "mimeType");
    is_str(m->policy, "e30=", "policy text");
    is_str(m->kaos[0].kid, "r1", "kid");
    is_str(m->kaos[0].sid, "a", "sid");
    is_str(m->kaos[0].binding, "eHg=", "binding");
    ok(m->kaos[0].wrap == TDF_WRAP_RSA && m->kao_count == 1, "one RSA object");
    ok(m->root_hash == TDF_HASH_HS256 && memcmp(m->root, want, 32) == 0 && !m->hex, "root");
    ok(m->segment_count == 2 && tdf_manifest_size(m) == 107 && tdf_manifest_sealed(m) == 163, "sizes");
    tdf_aggregate(m, joined);
    ok(joined->len == 32 && memcmp(joined->data, want, 16) == 0 && memcmp(joined->data + 16, want, 16) == 0,
       "aggregate: raw");

    AUTO(tdf_manifest_freep) struct tdf_manifest *old = NULL;
    AUTO(str_freep) char *half = replaced(base, HASH32, HEX32);
    AUTO(str_freep) char *text = replaced(half, HASH16, HEX16);
    AUTO(buf_freep) struct buf *out = buf_new(8192);
    ok(read_text(text, &old, NULL) == OK && old->hex && memcmp(old->root, want, 32) == 0, "the older form");
    buf_reset(joined);
    tdf_aggregate(old, joined);
    is_str(buf_text(joined), "000102030405060708090a0b0c0d0e0f000102030405060708090a0b0c0d0e0f",
           "aggregate: digits");
    struct fail f = { 0 };
    ok(tdf_manifest_write(old, out, &f) == OK, "the older form is written: %s", f.what);
    AUTO(tdf_manifest_freep) struct tdf_manifest *again = NULL;
    ok(tdf_manifest_read(bytes_of(out), TDF_MANIFEST_OWN, &again, &f) == OK && again->hex &&
           !again->schema_version && memcmp(again->root, want, 32) == 0,
       "and reads the same: %s", f.what);
}

static void test_write(void)
{
    AUTO(tdf_manifest_freep) struct tdf_manifest *m = NULL;
    AUTO(tdf_manifest_freep) struct tdf_manifest *again = NULL;
    AUTO(buf_freep) struct buf *out = buf_new(1 << 16);
    AUTO(buf_freep) struct buf *twice = buf_new(1 << 16);
    AUTO(buf_freep) struct buf *tiny = buf_new(100);
    AUTO(str_freep) char *some = replaced(base, "\"assertions\":[]", "\"assertions\":[{\"id\":\"a\"}]");
    AUTO(str_freep) char *text = replaced(some, ",\"segmentSize\":100,\"encryptedSegmentSize\":128", "");
    if (!ok(read_text(text, &m, NULL) == OK && tdf_manifest_write(m, out, NULL) == OK, "written"))
        return;
    ok(strstr(buf_text(out), "\"segmentSize\":100,\"encryptedSegmentSize\":128") != NULL, "sizes are stated");
    ok(strstr(buf_text(out), "\"assertions\":[{\"id\":\"a\"}]") != NULL, "assertions are kept");
    ok(read_text(buf_text(out), &again, NULL) == OK && tdf_manifest_write(again, twice, NULL) == OK &&
           bytes_equal(bytes_of(out), bytes_of(twice)),
       "read and written again: the same bytes");
    ok(tdf_manifest_write(m, tiny, NULL) == E_TOO_LARGE, "over the maximum of the buffer");
}

/* ${count} segments without sizes of their own; or ${count} key access objects. */
static char *many(const char *list, const char *member, size_t count)
{
    AUTO(buf_freep) struct buf *b = buf_new(TDF_MANIFEST_FOREIGN * 2);
    for (size_t i = 0; i < count; i++) {
        buf_put_str(b, i ? "," : list);
        buf_put_str(b, member);
    }
    buf_put_str(b, "],\"x\":[");
    AUTO(buf_freep) struct buf *whole = buf_new(TDF_MANIFEST_FOREIGN * 2);
    const char *at = strstr(base, list);
    buf_put(whole, base, (size_t)(at - base));
    buf_put_bytes(whole, bytes_of(b));
    buf_put_str(whole, at + strlen(list));
    return buf_steal_text(whole);
}

static void test_bounds(void)
{
    static const char segments[] = "\"segments\":[", kaos[] = "\"keyAccess\":[";
    static const char segment[] = "{\"hash\":\"" HASH16 "\"}";
    static const char kao[] =
        "{\"type\":\"wrapped\",\"url\":\"u\",\"wrappedKey\":\"AAAA\",\"policyBinding\":\"eHg=\"}";
    const struct {
        const char *name, *list, *member;
        size_t count;
        enum err want;
    } lists[] = {
        { "65536 segments", segments, segment, 65536, OK },
        { "65537 segments", segments, segment, 65537, E_TOO_LARGE },
        { "64 key access objects", kaos, kao, 64, OK },
        { "65 key access objects", kaos, kao, 65, E_TOO_LARGE },
    };
    for (size_t i = 0; i < COUNT(lists); i++) {
        AUTO(str_freep) char *text = many(lists[i].list, lists[i].member, lists[i].count);
        AUTO(tdf_manifest_freep) struct tdf_manifest *m = NULL;
        struct fail f = { 0 };
        ok(read_text(text, &m, &f) == lists[i].want, "%s: %s", lists[i].name, f.what);
    }
    AUTO(tdf_manifest_freep) struct tdf_manifest *m = NULL;
    AUTO(mem_freep) char *large = mem_array(TDF_MANIFEST_FOREIGN + 1, 1);
    memset(large, ' ', TDF_MANIFEST_FOREIGN + 1);
    memcpy(large, base, sizeof base - 1);
    ok(tdf_manifest_read(BYTES(large, TDF_MANIFEST_FOREIGN + 1), TDF_MANIFEST_FOREIGN, &m, NULL) ==
           E_TOO_LARGE,
       "10 MiB and a byte");
    ok(tdf_manifest_read(BYTES(large, TDF_MANIFEST_OWN + 1), TDF_MANIFEST_OWN, &m, NULL) == E_TOO_LARGE,
       "1 MiB and a byte, as own");
    ok(tdf_manifest_read(BYTES(large, TDF_MANIFEST_FOREIGN), TDF_MANIFEST_FOREIGN, &m, NULL) == OK, "10 MiB");
    AUTO(buf_freep) struct buf *deep = buf_new(1 << 16);
    buf_put_str(deep, "{\"x\":");
    for (size_t i = 0; i < 100; i++)
        buf_put_u8(deep, '[');
    for (size_t i = 0; i < 100; i++)
        buf_put_u8(deep, ']');
    buf_put_str(deep, ",");
    buf_put_str(deep, base + 1);
    AUTO(tdf_manifest_freep) struct tdf_manifest *none = NULL;
    ok(tdf_manifest_read(bytes_of(deep), TDF_MANIFEST_OWN, &none, NULL) == E_INVALID, "100 levels deep");
    AUTO(str_freep)
    char *wide = replaced(base, "\"segmentSizeDefault\":100,\"encryptedSegmentSizeDefault\":128",
                          "\"segmentSizeDefault\":8388608,\"encryptedSegmentSizeDefault\":8388636");
    const char *at = strstr(wide, segments);
    AUTO(buf_freep) struct buf *b = buf_new(TDF_MANIFEST_FOREIGN);
    buf_put(b, wide, (size_t)(at - wide));
    buf_put_str(b, segments);
    for (size_t i = 0; i < 8193; i++)
        buf_printf(b, "%s,", segment);
    buf_put_str(b, at + strlen(segments));
    ok(read_text(buf_text(b), &none, NULL) == E_TOO_LARGE, "more than 64 GiB of payload");
}

static const struct {
    const char *name, *json;
    enum err want;
    size_t attributes, dissem;
} policies[] = {
    { "whole",
      "{\"uuid\":\"u\",\"body\":{\"dataAttributes\":[{\"attribute\":\"https://N.example/attr/A/value/B\","
      "\"displayName\":\"\"}],\"dissem\":[\"bob@example.org\"]}}",
      OK, 1, 1 },
    { "old names", "{\"uuid\":\"u\",\"body\":{\"dataAttributes\":[{\"url\":\"https://x\",\"name\":\"n\"}]}}",
      OK, 1, 0 },
    { "members null", "{\"uuid\":\"u\",\"body\":{\"dataAttributes\":null,\"dissem\":null}}", OK, 0, 0 },
    { "body null", "{\"uuid\":\"u\",\"body\":null}", OK, 0, 0 },
    { "no body", "{\"uuid\":\"u\"}", OK, 0, 0 },
    { "no uuid", "{\"body\":{}}", E_INVALID, 0, 0 },
    { "uuid a number", "{\"uuid\":1}", E_INVALID, 0, 0 },
    { "body a list", "{\"uuid\":\"u\",\"body\":[]}", E_INVALID, 0, 0 },
    { "attributes an object", "{\"uuid\":\"u\",\"body\":{\"dataAttributes\":{}}}", E_INVALID, 0, 0 },
    { "attribute without a name", "{\"uuid\":\"u\",\"body\":{\"dataAttributes\":[{}]}}", E_INVALID, 0, 0 },
    { "attribute a string", "{\"uuid\":\"u\",\"body\":{\"dataAttributes\":[\"x\"]}}", E_INVALID, 0, 0 },
    { "dissem of numbers", "{\"uuid\":\"u\",\"body\":{\"dissem\":[1]}}", E_INVALID, 0, 0 },
    { "a list", "[]", E_INVALID, 0, 0 },
    { "nothing", "", E_INVALID, 0, 0 },
};

static void test_policies(void)
{
    for (size_t i = 0; i < COUNT(policies); i++) {
        AUTO(buf_freep) struct buf *text = buf_new(1 << 16);
        AUTO(tdf_policy_clear) struct tdf_policy p = { 0 };
        struct fail f = { 0 };
        b64_put(text, B64_STD, bytes_str(policies[i].json));
        enum err e = tdf_policy_read(buf_text(text), &p, &f);
        ok(e == policies[i].want && p.attribute_count == policies[i].attributes &&
               p.dissem_count == policies[i].dissem,
           "policy: %s: %s", policies[i].name, f.what);
        if (i == 0 && e == OK) {
            is_str(p.attributes[0], "https://n.example/attr/a/value/b", "attributes in lower case");
            AUTO(tdf_policy_clear) struct tdf_policy again = { 0 };
            AUTO(buf_freep) struct buf *written = buf_new(1 << 16);
            tdf_policy_write(&p, written);
            ok(tdf_policy_read(buf_text(written), &again, NULL) == OK &&
                   strcmp(again.attributes[0], p.attributes[0]) == 0 &&
                   strcmp(again.dissem[0], p.dissem[0]) == 0 && strcmp(again.uuid, p.uuid) == 0,
               "policy: written and read");
        }
    }
    struct tdf_policy p = { 0 };
    ok(tdf_policy_read("e30", &p, NULL) == E_INVALID, "policy: base64 without padding");
}

int main(void)
{
    test_rows();
    test_content();
    test_write();
    test_bounds();
    test_policies();
    return tap_done();
}
