/* SPDX-License-Identifier: Apache-2.0 - compact JWS: RFC 7515 A.2 and A.3, what is refused, cjose as the
 * other side */
#include <cjose/cjose.h>

#include "base/json.h"
#include "crypto/jose.h"
#include "jws_maker.h"
#include "vectors.h"

#define A3_TEXT                                                                                              \
    "eyJhbGciOiJFUzI1NiJ9."                                                                                  \
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cn"             \
    "VlfQ"
#define A3_SIGNATURE "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
#define A3_KEY                                                                                               \
    "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\",\"y\":\"x_"     \
    "FEzRu9m36HLN_"                                                                                          \
    "tue659LNpXW6pCyStikYjKIWI5a0\",\"d\":\"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI\"}"
/* A.1: an HS256 text */
#define A1_TEXT                                                                                              \
    "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9."                                                              \
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlL"                                  \
    "mNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
/* A.5: unsecured */
#define A5_TEXT                                                                                              \
    "eyJhbGciOiJub25lIn0."                                                                                   \
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVl"           \
    "fQ."

static struct key *the_key;
static char *the_jwk;

static enum err read_text(const char *text, struct jose **out, struct fail *f)
{
    return jose_read(bytes_str(text), JOSE_MAX_SMALL, "statement", out, f);
}

/* Does cjose accept this text under the same key? */
static bool cjose_takes(const char *text)
{
    cjose_err err;
    cjose_jwk_t *jwk = cjose_jwk_import(the_jwk, strlen(the_jwk), &err);
    cjose_jws_t *jws = cjose_jws_import(text, strlen(text), &err);
    bool good = jwk && jws && cjose_jws_verify(jws, jwk, &err);
    cjose_jws_release(jws);
    cjose_jwk_release(jwk);
    return good;
}

static void test_rfc7515(void)
{
    AUTO(jose_freep) struct jose *j = NULL;
    struct fail f = { 0 };
    ok(read_text(A3_TEXT "." A3_SIGNATURE, &j, &f) == OK, "A.3 reads: %s", f.what);
    ok(jose_verify(j, JOSE_ES256, NULL, the_key, &f) == OK, "and verifies: %s", f.what);
    is_str(j->alg, "ES256", "alg");
    ok(!j->typ && !j->kid && j->signature_len == 64, "no typ, no kid");
    is_str(json_string_value(json_object_get(j->payload, "iss")), "joe", "payload");
    ok(bytes_equal(j->signing_input, bytes_str(A3_TEXT)), "signing input");
    is_str(j->text, A3_TEXT "." A3_SIGNATURE, "text");
    uint8_t digest[HASH_LEN], want[HASH_LEN];
    jose_digest(j, digest);
    hash_sha256(bytes_str(A3_TEXT), want);
    ok(memcmp(digest, want, HASH_LEN) == 0, "digest");
    ok(jose_verify(j, JOSE_RS256, NULL, the_key, NULL) == E_UNVERIFIED, "not under another algorithm");
    ok(jose_verify(j, JOSE_ES256, "JWT", the_key, NULL) == E_UNVERIFIED,
       "nor as a type that it does not say");
    AUTO(key_freep) struct key *other = NULL;
    ok(key_make(KEY_P256, &other, NULL) == OK &&
           jose_verify(j, JOSE_ES256, NULL, other, NULL) == E_UNVERIFIED,
       "nor by another key");
}

/* Texts with a right signature: ours, and whether cjose would take them too. */
static const struct {
    const char *name, *header, *payload;
    bool good, cjose;
} rows[] = {
    { "plain", "{\"alg\":\"ES256\"}", "{}", true, true },
    { "typ and kid", "{\"alg\":\"ES256\",\"kid\":\"k\",\"typ\":\"JWT\"}", "{\"a\":1}", true, true },
    { "jku, x5u, x5c, jwk are ignored",
      "{\"alg\":\"ES256\",\"jku\":\"https://x.example\",\"x5u\":\"https://"
      "x.example\",\"x5c\":[\"x\"],\"jwk\":{}}",
      "{}", true, true },
    { "space around members", " { \"alg\" : \"ES256\" } ", " { } ", true, true },
    { "alg none", "{\"alg\":\"none\"}", "{}", false, false },
    { "alg None", "{\"alg\":\"None\"}", "{}", false, false },
    { "alg HS256", "{\"alg\":\"HS256\"}", "{}", false, false },
    { "alg ES384", "{\"alg\":\"ES384\"}", "{}", false, false },
    { "alg PS256", "{\"alg\":\"PS256\"}", "{}", false, false },
    { "alg EdDSA", "{\"alg\":\"EdDSA\"}", "{}", false, false },
    { "alg in lower case", "{\"alg\":\"es256\"}", "{}", false, false },
    { "alg with an escape is the same alg", "{\"alg\":\"\\u0045S256\"}", "{}", true, true },
    { "no alg", "{\"typ\":\"JWT\"}", "{}", false, false },
    { "alg no string", "{\"alg\":[\"ES256\"]}", "{}", false, false },
    { "alg twice", "{\"alg\":\"none\",\"alg\":\"ES256\"}", "{}", false, true },
    { "crit", "{\"alg\":\"ES256\",\"crit\":[\"exp\"],\"exp\":1}", "{}", false, true },
    { "crit, empty", "{\"alg\":\"ES256\",\"crit\":[]}", "{}", false, true },
    { "crit null", "{\"alg\":\"ES256\",\"crit\":null}", "{}", false, true },
    { "b64 false", "{\"alg\":\"ES256\",\"b64\":false}", "{}", false, true },
    { "b64 true", "{\"alg\":\"ES256\",\"b64\":true}", "{}", false, true },
    { "typ no string", "{\"alg\":\"ES256\",\"typ\":1}", "{}", false, true },
    { "kid no string", "{\"alg\":\"ES256\",\"kid\":null}", "{}", false, true },
    { "kid with a zero byte", "{\"alg\":\"ES256\",\"kid\":\"a\\u0000b\"}", "{}", false, false },
    { "header an array", "[\"ES256\"]", "{}", false, false },
    { "header cut", "{\"alg\":\"ES256\"", "{}", false, false },
    { "bytes after the header", "{\"alg\":\"ES256\"}{}", "{}", false, false },
    { "header empty", "", "{}", false, false },
    { "payload empty", "{\"alg\":\"ES256\"}", "", false, true },
    { "payload an array", "{\"alg\":\"ES256\"}", "[]", false, true },
    { "payload a string", "{\"alg\":\"ES256\"}", "\"text\"", false, true },
    { "payload null", "{\"alg\":\"ES256\"}", "null", false, true },
    { "payload no JSON", "{\"alg\":\"ES256\"}", "text", false, true },
    { "payload with a member twice", "{\"alg\":\"ES256\"}", "{\"a\":1,\"a\":2}", false, true },
    { "payload with a nested member twice", "{\"alg\":\"ES256\"}", "{\"a\":{\"b\":1,\"b\":2}}", false, true },
    { "payload not UTF-8", "{\"alg\":\"ES256\"}", "{\"a\":\"\xff\"}", false, true },
    { "bytes after the payload", "{\"alg\":\"ES256\"}", "{} {}", false, true },
    { "payload too deep", "{\"alg\":\"ES256\"}",
      "{\"a\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}", false,
      true },
};

static void test_rows(void)
{
    for (size_t i = 0; i < COUNT(rows); i++) {
        AUTO(str_freep) char *text = jws_of(the_key, rows[i].header, rows[i].payload);
        AUTO(jose_freep) struct jose *j = NULL;
        struct fail f = { 0 };
        enum err e = read_text(text, &j, &f);
        if (rows[i].good)
            ok(e == OK && jose_verify(j, JOSE_ES256, NULL, the_key, &f) == OK, "%s: taken: %s", rows[i].name,
               f.what);
        else
            ok(e == E_INVALID && !j && strncmp(f.what, "statement", 9) == 0, "%s: refused: %s", rows[i].name,
               f.what);
        ok(cjose_takes(text) == rows[i].cjose, "%s: cjose %s it", rows[i].name,
           rows[i].cjose ? "takes" : "refuses");
    }
}

#define H "eyJhbGciOiJFUzI1NiJ9" /* {"alg":"ES256"} */

/* Texts around a signature; with ${resign}, the signature is made over what stands before it. */
static const struct {
    const char *name, *text;
    bool resign;
} forms[] = {
    { "header padded", H "=.e30", true },
    { "header with wrong padding", H "==.e30", true },
    { "payload padded", H ".e30=", true },
    { "payload with spare bits", H ".e31", true },
    { "header in the standard alphabet", "eyJhbGciOiJFUzI1NiIsImtpZCI6Ij8/PyJ9.e30", true },
    { "a line break in the payload", H ".e3\n0", true },
    { "a space before", " " H ".e30", true },
    { "two parts", H ".e30", false },
    { "one part", H, false },
    { "nothing", "", false },
    { "dots alone", "..", false },
    { "signature empty", H ".e30.", false },
    { "signature no base64url", H ".e30.++++", false },
    { "signature with spare bits", H ".e30.AB", false },
    { "five parts, as encrypted", H ".e30.e30.e30.e30", false },
    { "JSON serialisation, general",
      "{\"payload\":\"e30\",\"signatures\":[{\"protected\":\"" H "\",\"signature\":\"AA\"}]}", false },
    { "JSON serialisation, flattened", "{\"payload\":\"e30\",\"protected\":\"" H "\",\"signature\":\"AA\"}",
      false },
    { "HS256 of RFC 7515, A.1", A1_TEXT, false },
    { "unsecured, of RFC 7515, A.5", A5_TEXT, false },
    { "A.3, a byte after", A3_TEXT "." A3_SIGNATURE "\n", false },
    { "A.3, a part after", A3_TEXT "." A3_SIGNATURE ".e30", false },
    { "A.3, signature padded", A3_TEXT "." A3_SIGNATURE "==", false },
};

static void test_text_forms(void)
{
    for (size_t i = 0; i < COUNT(forms); i++) {
        AUTO(str_freep)
        char *text = forms[i].resign ? jws_resigned(the_key, forms[i].text) : str_dup(forms[i].text);
        AUTO(jose_freep) struct jose *j = NULL;
        struct fail f = { 0 };
        ok(read_text(text, &j, &f) == E_INVALID && !j, "%s: %s", forms[i].name, f.what);
    }
    /* Forms that another reader takes, so that two readers would see one signature in two texts. */
    static const size_t laxer[] = { 2, 3 };
    for (size_t i = 0; i < COUNT(laxer); i++) {
        AUTO(str_freep) char *text = jws_resigned(the_key, forms[laxer[i]].text);
        ok(cjose_takes(text), "cjose takes: %s", forms[laxer[i]].name);
    }
}

/* No flipped bit in any of the three parts gives a JWS that verifies. */
static void test_flips(void)
{
    AUTO(str_freep) char *text = jws_of(the_key, "{\"alg\":\"ES256\",\"typ\":\"t\"}", "{\"a\":\"b\"}");
    size_t taken = 0, read = 0;
    for (size_t bit = 0; bit < 8 * strlen(text); bit++) {
        AUTO(jose_freep) struct jose *j = NULL;
        text[bit / 8] = (char)(text[bit / 8] ^ (1 << bit % 8));
        if (text[bit / 8] && read_text(text, &j, NULL) == OK) {
            read++;
            taken += jose_verify(j, JOSE_ES256, "t", the_key, NULL) == OK;
        }
        text[bit / 8] = (char)(text[bit / 8] ^ (1 << bit % 8));
    }
    ok(taken == 0 && read > 0, "%zu altered texts still parse, none verifies", read);
}

static void test_sizes(void)
{
    AUTO(jose_freep) struct jose *j = NULL;
    AUTO(str_freep) char *text = jws_of(the_key, "{\"alg\":\"ES256\"}", "{}");
    struct fail f = { 0 };
    ok(jose_read(bytes_str(text), strlen(text), "it", &j, &f) == OK, "just fits");
    jose_freep(&j);
    ok(jose_read(bytes_str(text), strlen(text) - 1, "it", &j, &f) == E_TOO_LARGE && !j, "one over: %s",
       f.what);
    /* 513 bytes of signature: no algorithm here has as many */
    AUTO(buf_freep) struct buf *longest = buf_new(4096), *longer = buf_new(4096);
    uint8_t zeros[513] = { 0 };
    buf_put_str(longest, H ".e30.");
    b64_put(longest, B64_URL, BYTES(zeros, 512));
    buf_put_str(longer, H ".e30.");
    b64_put(longer, B64_URL, BYTES(zeros, 513));
    ok(read_text(buf_text(longest), &j, NULL) == OK &&
           jose_verify(j, JOSE_ES256, NULL, the_key, NULL) == E_UNVERIFIED,
       "512 bytes of signature are read, and don't verify");
    jose_freep(&j);
    ok(read_text(buf_text(longer), &j, NULL) == E_INVALID, "513 are not read");
}

/* The statement's own type is part of what is checked: one JWS never serves as another. */
static void test_types(void)
{
    static const struct {
        const char *typ, *want;
        bool good;
    } types[] = {
        { "at+jwt", "at+jwt", true },
        { "at+jwt", NULL, true },
        { NULL, NULL, true },
        { NULL, "at+jwt", false },
        { "at+jw", "at+jwt", false },
        { "at+jwt2", "at+jwt", false },
        { "AT+JWT", "at+jwt", false },
        { "", "at+jwt", false },
        { "application/at+jwt", "at+jwt", false },
    };
    AUTO(json_freep) json_t *payload = json_object();
    for (size_t i = 0; i < COUNT(types); i++) {
        AUTO(buf_freep) struct buf *out = buf_new(4096);
        AUTO(jose_freep) struct jose *j = NULL;
        struct fail f = { 0 };
        ok(jose_sign(the_key, NULL, types[i].typ, payload, out, &f) == OK &&
               read_text(buf_text(out), &j, &f) == OK,
           "signed as '%s': %s", types[i].typ ? types[i].typ : "(none)", f.what);
        enum err e = jose_verify(j, JOSE_ES256, types[i].want, the_key, &f);
        ok(e == (types[i].good ? OK : E_UNVERIFIED), "wanted '%s': %s",
           types[i].want ? types[i].want : "(any)", f.what);
    }
}

static void test_sign(void)
{
    AUTO(json_freep) json_t *payload = json_pack("{s:s, s:i}", "b", "text", "a", 1), *extra = json_object();
    AUTO(buf_freep) struct buf *out = buf_new(4096), *parts = buf_new(4096), *small = buf_new(60);
    AUTO(jose_freep) struct jose *j = NULL, *with = NULL, *bare = NULL;
    struct fail f = { 0 };
    char kid[THUMBPRINT_SIZE];
    buf_put_str(out, "before ");
    ok(key_thumbprint(the_key, kid, &f) == OK && jose_sign(the_key, NULL, "t", payload, out, &f) == OK,
       "signed: %s", f.what);
    ok(read_text(buf_text(out) + 7, &j, &f) == OK && jose_verify(j, JOSE_ES256, "t", the_key, &f) == OK,
       "appended, and verifies: %s", f.what);
    is_str(j->kid, kid, "kid is the thumbprint");
    ok(json_equal(j->payload, payload), "the payload is as given");
    ok(cjose_takes(buf_text(out) + 7), "cjose verifies what we sign");

    uint8_t signature[SIGN_LEN];
    json_object_set_new(extra, "jwk", json_object());
    jose_signing_input_with("key 1", "t", extra, payload, parts);
    ok(sign_es256(the_key, bytes_of(parts), signature, &f) == OK, "signed in parts");
    jose_finish(parts, signature);
    ok(read_text(buf_text(parts), &with, &f) == OK && jose_verify(with, JOSE_ES256, "t", the_key, &f) == OK,
       "verifies: %s", f.what);
    ok(json_is_object(json_object_get(with->header, "jwk")), "with the extra member");
    is_str(with->kid, "key 1", "and the kid as given");
    buf_reset(out);
    ok(jose_sign(the_key, "", NULL, payload, out, &f) == OK && read_text(buf_text(out), &bare, &f) == OK &&
           !bare->kid && !bare->typ,
       "no kid, no typ");
    ok(jose_sign(the_key, "", NULL, payload, small, NULL) == E_TOO_LARGE, "no room");
    AUTO(key_freep) struct key *rsa = NULL;
    ok(key_make(KEY_RSA, &rsa, NULL) == OK, "an RSA key");
    buf_reset(out);
    ok(jose_sign(rsa, NULL, NULL, payload, out, NULL) == E_INTERNAL, "signs nothing here");
}

/* What cjose signs, under both algorithms. */
static void cjose_signs(const char *jwk_text, const char *alg, enum jose_alg expect)
{
    cjose_err err;
    AUTO(jose_freep) struct jose *j = NULL;
    AUTO(key_freep) struct key *k = NULL;
    AUTO(json_freep) json_t *jwk = json_loads(jwk_text, 0, NULL);
    struct fail f = { 0 };
    const char *text = NULL, payload[] = "{\"from\":\"cjose\"}";
    cjose_jwk_t *theirs = cjose_jwk_import(jwk_text, strlen(jwk_text), &err);
    cjose_header_t *header = cjose_header_new(&err);
    cjose_header_set(header, CJOSE_HDR_ALG, alg, &err);
    cjose_header_set(header, "typ", "t", &err);
    cjose_jws_t *jws = cjose_jws_sign(theirs, header, (const uint8_t *)payload, strlen(payload), &err);
    ok(jws && cjose_jws_export(jws, &text, &err), "cjose signs under %s", alg);
    ok(key_read_jwk(jwk, true, &k, &f) == OK && read_text(text, &j, &f) == OK &&
           jose_verify(j, expect, "t", k, &f) == OK,
       "and we verify it: %s", f.what);
    enum jose_alg other = expect == JOSE_ES256 ? JOSE_RS256 : JOSE_ES256;
    ok(jose_verify(j, other, "t", k, NULL) == E_UNVERIFIED, "but not as of another algorithm");
    AUTO(key_freep) struct key *wrong = NULL;
    ok(key_make(expect == JOSE_ES256 ? KEY_RSA : KEY_P256, &wrong, NULL) == OK &&
           jose_verify(j, expect, "t", wrong, NULL) == E_UNVERIFIED,
       "nor with a key of another kind");
    cjose_jws_release(jws);
    cjose_header_release(header);
    cjose_jwk_release(theirs);
}

int main(void)
{
    struct fail f = { 0 };
    AUTO(json_freep) json_t *jwk = json_loads(A3_KEY, 0, NULL), *all = vectors_load("opentdf/wrap.json");
    const json_t *rsa = json_object_get(json_object_get(json_object_get(all, "keys"), "rsa"), "private_jwk");
    AUTO(str_freep) char *rsa_jwk = json_text(rsa);
    the_jwk = str_dup(A3_KEY);
    ok(crypto_start(&f) == OK && key_read_jwk(jwk, true, &the_key, &f) == OK, "starts: %s", f.what);
    test_rfc7515();
    test_rows();
    test_text_forms();
    test_flips();
    test_sizes();
    test_types();
    test_sign();
    cjose_signs(A3_KEY, "ES256", JOSE_ES256);
    cjose_signs(rsa_jwk, "RS256", JOSE_RS256);
    key_freep(&the_key);
    str_freep(&the_jwk);
    return tap_done();
}
