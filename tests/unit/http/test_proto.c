/* SPDX-License-Identifier: Apache-2.0 - protobuf: messages that other implementations wrote, and what is none.
 * The vectors were written by the generated classes of otdf-python 0.11.0 (key service, configuration) and of
 * github.com/opentdf/platform/protocol/go (registry, attributes), from the JSON beside them. */
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "base/mem.h"
#include "exchange/brief.h"
#include "http/gzip.h"
#include "http/kas_message.h"
#include "tap.h"

static const struct {
    const char *name;
    const struct proto_message *message;
    const char *hex, *json;
} vectors[] = {
    { "rewrap_request", &kas_message_rewrap_request, "0a05612e622e63", "{\"signedRequestToken\":\"a.b.c\"}" },
    { "rewrap_answer", &kas_message_rewrap_answer,
      "1a0370656d2a750a06706f6c69637912580a080a016112031a01620a140a016c120f320d0a031a01780a0208"
      "000a0220010a0e0a016e120911000000000000f83f0a110a016f120c2a0a0a080a016b12031a017612056b61"
      "6f2d301a067065726d69742204fbff0001121112056b616f2d311a046661696c2a026e6f",
      "{\"sessionPublicKey\":\"pem\",\"responses\":[{\"policyId\":\"policy\",\"results\":[{\"me"
      "tadata\":{\"n\":1.5,\"l\":[\"x\",null,true],\"a\":\"b\",\"o\":{\"k\":\"v\"}},\"keyAccess"
      "ObjectId\":\"kao-0\",\"status\":\"permit\",\"kasWrappedKey\":\"+/8AAQ==\"},{\"keyAccessO"
      "bjectId\":\"kao-1\",\"status\":\"fail\",\"error\":\"no\"}]}]}" },
    { "public_key_request", &kas_message_public_key_request, "0a0c65633a7365637032353672311a0132",
      "{\"algorithm\":\"ec:secp256r1\",\"v\":\"2\"}" },
    { "public_key", &kas_message_public_key, "0a0370656d12027231", "{\"publicKey\":\"pem\",\"kid\":\"r1\"}" },
    { "configuration", &kas_message_configuration,
      "0a790a2d0a08626173655f6b657912212a1f0a1d0a0a7075626c69635f6b6579120f2a0d0a0b0a036b696412"
      "041a0272310a130a046c697374120b32090a071a0545533235360a1e0a0f706c6174666f726d5f6973737565"
      "72120b1a0968747470733a2f2f680a130a0d737570706f7274735f64706f7012022001",
      "{\"configuration\":{\"base_key\":{\"public_key\":{\"kid\":\"r1\"}},\"platform_issuer\":\""
      "https://h\",\"supports_dpop\":true,\"list\":[\"ES256\"]}}" },
    { "servers", &kas_message_servers,
      "0a350a0169120d68747470733a2f2f682f6b61732a1d0a0d68747470733a2f2f682f6b617312090803120265"
      "311a01701a0169a201016e52021801",
      "{\"keyAccessServers\":[{\"id\":\"i\",\"uri\":\"https://h/kas\",\"kasKeys\":[{\"kasUri\":"
      "\"https://h/kas\",\"publicKey\":{\"algorithm\":\"ALGORITHM_EC_P256\",\"kid\":\"e1\",\"pe"
      "m\":\"p\"},\"kasId\":\"i\"}],\"name\":\"n\"}],\"pagination\":{\"total\":1}}" },
    { "fqns_request", &kas_message_fqns_request, "0a1868747470733a2f2f612f617474722f622f76616c75652f630a0164",
      "{\"fqns\":[\"https://a/attr/b/value/c\",\"d\"]}" },
    { "attributes", &kas_message_attributes,
      "0a3e0a016612390a280a013112150a013212016e1a0968747470733a2f2f6e220208011a03746c7020033a01"
      "7142020801120d0a01331a037265643201663a00",
      "{\"fqnAttributeValues\":{\"f\":{\"attribute\":{\"id\":\"1\",\"namespace\":{\"id\":\"2\","
      "\"name\":\"n\",\"fqn\":\"https://n\",\"active\":true},\"name\":\"tlp\",\"rule\":\"ATTRIB"
      "UTE_RULE_TYPE_ENUM_HIERARCHY\",\"fqn\":\"q\",\"active\":true},\"value\":{\"id\":\"3\",\""
      "value\":\"red\",\"fqn\":\"f\",\"active\":false}}}}" },
    { "mappings", &kas_message_mappings, "0a070a016612020802",
      "{\"fqnKeyMappings\":{\"f\":{\"rule\":\"ATTRIBUTE_RULE_TYPE_ENUM_ANY_OF\"}}}" },
};

static void read_hex(const char *text, struct buf *out)
{
    uint8_t *at = buf_reserve(out, strlen(text) / 2);
    ok(at && hex_read(bytes_str(text), at, strlen(text) / 2), "hexadecimal");
    out->len += strlen(text) / 2;
}

static void test_vectors(void)
{
    for (size_t i = 0; i < COUNT(vectors); i++) {
        AUTO(buf_freep) struct buf *wire = buf_new(4096), *again = buf_new(4096);
        AUTO(json_freep) json_t *got = NULL, *want = NULL;
        struct fail f = { 0 };
        read_hex(vectors[i].hex, wire);
        ok(json_read(bytes_str(vectors[i].json), 4096, "vector", &want, &f) == OK, "the vector's JSON");
        if (!ok(proto_read(vectors[i].message, bytes_of(wire), &got, &f) == OK, "%s: %s", vectors[i].name,
                f.what))
            continue;
        ok(json_equal(got, want), "%s: the same tree", vectors[i].name);
        proto_write(vectors[i].message, got, again);
        ok(bytes_equal(bytes_of(again), bytes_of(wire)), "%s: the same bytes back", vectors[i].name);
        /* cut anywhere it is malformed, or a shorter message; never more */
        for (size_t cut = 0; cut < wire->len; cut++) {
            AUTO(json_freep) json_t *less = NULL;
            AUTO(mem_freep) uint8_t *copy = mem_dup(wire->data, cut);
            enum err e = proto_read(vectors[i].message, BYTES(copy, cut), &less, NULL);
            if (e != E_INVALID && !(e == OK && !json_equal(less, want)))
                ok(false, "%s: cut after %zu bytes", vectors[i].name, cut);
        }
    }
}

static void test_malformed(void)
{
    static const struct {
        const char *name, *hex;
        enum err want;
    } rows[] = {
        { "nothing", "", OK },
        { "an unknown varint", "28ffffffffffffffffff01", OK },
        { "an unknown fixed64", "290102030405060708", OK },
        { "an unknown fixed32", "2d01020304", OK },
        { "an unknown text", "2a0161", OK },
        { "the last of two counts", "0a01610a0162", OK },
        { "field 0", "020161", E_INVALID },
        { "a group", "0b0c", E_INVALID },
        { "wire type 6", "0e", E_INVALID },
        { "a varint of 65 bits", "28ffffffffffffffffff02", E_INVALID },
        { "a varint without end", "28ffffffffffffffffffff", E_INVALID },
        { "a length past the end", "0a0561", E_INVALID },
        { "a length of 2^64-1", "0affffffffffffffffff01", E_INVALID },
        { "text that is a number", "0801", E_INVALID },
        { "text that is not UTF-8", "0a01ff", E_INVALID },
        { "text with a NUL", "0a0100", E_INVALID },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        AUTO(buf_freep) struct buf *wire = buf_new(4096);
        AUTO(json_freep) json_t *got = NULL;
        read_hex(rows[i].hex, wire);
        enum err e = proto_read(&kas_message_rewrap_request, bytes_of(wire), &got, NULL);
        ok(e == rows[i].want, "%s", rows[i].name);
        if (e == OK && strstr(rows[i].name, "two"))
            is_str(json_string_value(json_object_get(got, "signedRequestToken")), "b", "it does");
    }
}

/* A Struct in a Value in a Struct ... */
static void test_depth(void)
{
    AUTO(buf_freep) struct buf *inner = buf_new(65536);
    for (int i = 0; i < 100; i++) {
        AUTO(buf_freep) struct buf *value = buf_new(65536), *list = buf_new(65536);
        proto_put_bytes(list, 1, bytes_of(inner));
        proto_put_bytes(value, 6, bytes_of(list));
        buf_reset(inner);
        buf_put_bytes(inner, bytes_of(value));
    }
    AUTO(buf_freep) struct buf *entry = buf_new(65536), *map = buf_new(65536), *message = buf_new(65536);
    proto_put_str(entry, 1, "k");
    proto_put_bytes(entry, 2, bytes_of(inner));
    proto_put_bytes(map, 1, bytes_of(entry));
    proto_put_bytes(message, 1, bytes_of(map));
    json_t *got = NULL;
    ok(proto_read(&kas_message_configuration, bytes_of(message), &got, NULL) == E_INVALID,
       "nested a hundred deep");
    AUTO(buf_freep) struct buf *many = buf_new(65536);
    for (int i = 0; i < PROTO_ITEMS + 1; i++)
        proto_put_bytes(many, 1, bytes_str("x"));
    ok(proto_read(&kas_message_fqns_request, bytes_of(many), &got, NULL) == E_TOO_LARGE, "too many members");
}

/* A key answer says the same in both codecs. */
static void test_answer(void)
{
    char first[] = "policy", second[] = "p2", k0[] = "kao-0", k1[] = "kao-1", presence[] = "proof",
         pem[] = "PEM";
    struct kas_result results[] = {
        { .policy_id = first,
          .kao_id = k0,
          .reason = REASON_OWN,
          .wrapped = { 1, 2, 3 },
          .wrapped_len = 3,
          .presence = presence,
          .entry = { 1, 7 } },
        { .policy_id = first, .kao_id = k1, .err = E_NOT_RELEASED, .reason = REASON_NO_RELEASE },
        { .policy_id = second, .kao_id = k0, .err = E_UNVERIFIED, .reason = REASON_TAMPERED },
    };
    struct kas_answer a = {
        .results = results, .count = 3, .session_pem = pem, .ask = "https://a/obl/b/value/c"
    };
    AUTO(buf_freep) struct buf *out = buf_new(65536);
    AUTO(json_freep) json_t *got = NULL;
    struct fail f = { 0 };
    kas_message_answer(&a, out);
    ok(proto_read(&kas_message_rewrap_answer, bytes_of(out), &got, &f) == OK, "an answer: %s", f.what);
    AUTO(json_freep)
    json_t *want =
        json_pack("{s:s, s:[{s:s, s:[{s:{s:s,s:s}, s:s, s:s, s:s}, {s:{s:s,s:s,s:[s]}, s:s, s:s, s:s}]},"
                  " {s:s, s:[{s:{s:s,s:s}, s:s, s:s, s:s}]}]}",
                  "sessionPublicKey", "PEM", "responses", "policyId", "policy", "results", "metadata",
                  "orcon-presence", "proof", "orcon-entry", "1/7", "keyAccessObjectId", "kao-0", "status",
                  "permit", "kasWrappedKey", "AQID", "metadata", "orcon-reason", "no-release", "orcon-text",
                  "not released to this organisation", "X-Required-Obligations", "https://a/obl/b/value/c",
                  "keyAccessObjectId", "kao-1", "status", "fail", "error",
                  "permission_denied: request error\nrpc error: code = PermissionDenied desc = forbidden\n"
                  "not released to this organisation: ask the originator",
                  "policyId", "p2", "results", "metadata", "orcon-reason", "tampered", "orcon-text",
                  "the sealed object was altered", "keyAccessObjectId", "kao-0", "status", "fail", "error",
                  "invalid_argument: request error\nrpc error: code = InvalidArgument desc = bad request");
    ok(want && json_equal(got, want), "says what was decided");
}

static void test_gzip(void)
{
    /* printf 'orcon orcon orcon' | gzip -n */
    static const uint8_t good[] = { 0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x03,
                                    0xcb, 0x2f, 0x4a, 0xce, 0xcf, 0x53, 0xc8, 0x47, 0x90, 0x00,
                                    0x29, 0xd6, 0x5a, 0x18, 0x11, 0x00, 0x00, 0x00 };
    AUTO(buf_freep) struct buf *out = buf_new(64), *small = buf_new(8);
    ok(gzip_open(BYTES(good, sizeof good), 64, out, NULL) == OK &&
           strcmp(buf_text(out), "orcon orcon orcon") == 0,
       "what was packed");
    ok(gzip_open(BYTES(good, sizeof good), 8, small, NULL) == E_TOO_LARGE, "more than may be");
    for (size_t cut = 0; cut < sizeof good; cut++) {
        AUTO(buf_freep) struct buf *none = buf_new(64);
        if (gzip_open(BYTES(good, cut), 64, none, NULL) != E_INVALID)
            ok(false, "cut after %zu bytes", cut);
    }
    uint8_t bad[sizeof good + 1];
    memcpy(bad, good, sizeof good);
    bad[sizeof good] = 0;
    AUTO(buf_freep) struct buf *none = buf_new(64);
    ok(gzip_open(BYTES(bad, sizeof bad), 64, none, NULL) == E_INVALID, "something after it");
    bad[sizeof good - 5] ^= 1;
    ok(gzip_open(BYTES(bad, sizeof good), 64, none, NULL) == E_INVALID, "another checksum");
}

int main(void)
{
    test_vectors();
    test_malformed();
    test_depth();
    test_answer();
    test_gzip();
    return tap_done();
}
