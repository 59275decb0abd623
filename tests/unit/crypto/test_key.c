/* SPDX-License-Identifier: Apache-2.0 - keys in every form, and what is no key */
#include <arpa/inet.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/b64.h"
#include "base/json.h"
#include "base/mem.h"
#include "crypto/hash.h"
#include "crypto/key.h"
#include "crypto/sign.h"
#include "vectors.h"

static enum err read_jwk_text(const char *text, bool with_private, struct key **out, struct fail *f)
{
    AUTO(json_freep) json_t *jwk = NULL;
    TRY(json_read(bytes_str(text), 65536, "jwk", &jwk, f));
    return key_read_jwk(jwk, with_private, out, f);
}

static void is_thumbprint(const struct key *k, const char *want, const char *name)
{
    char got[THUMBPRINT_SIZE] = "";
    struct fail f = { 0 };
    ok(key_thumbprint(k, got, &f) == OK, "%s has a thumbprint", name);
    is_str(got, want, name);
}

/* One key as the other library wrote it: read in each form, it is the same key, and we write the same. */
static void test_forms(const json_t *forms, const char *name)
{
    static const char *const private_forms[] = { "pkcs8", "bare" };
    struct fail f = { 0 };
    AUTO(buf_freep) struct buf *out = buf_new_secret(BUF_MAX_DEFAULT);
    for (size_t i = 0; i < COUNT(private_forms); i++) {
        AUTO(key_freep) struct key *k = NULL;
        if (!ok(key_read_pem(bytes_str(text_at(forms, private_forms[i])), &k, &f) == OK, "%s as %s: %s", name,
                private_forms[i], f.what))
            continue;
        ok(key_is_private(k), "is private");
        is_thumbprint(k, text_at(forms, "thumbprint"), private_forms[i]);
        buf_reset(out);
        ok(key_write_private_pem(k, out, &f) == OK, "written as PKCS #8");
        is_str(buf_text(out), text_at(forms, "pkcs8"), "and the same");
        buf_reset(out);
        ok(key_write_public_pem(k, out, &f) == OK, "its public part written");
        is_str(buf_text(out), text_at(forms, "spki"), "and the same");
    }
    AUTO(key_freep) struct key *public = NULL, *jwk = NULL, *secret = NULL;
    ok(key_read_pem(bytes_str(text_at(forms, "spki")), &public, &f) == OK && !key_is_private(public),
       "%s as SPKI: %s", name, f.what);
    is_thumbprint(public, text_at(forms, "thumbprint"), "SPKI");
    ok(key_read_jwk(json_object_get(forms, "jwk"), false, &jwk, &f) == OK && !key_is_private(jwk),
       "%s as JWK: %s", name, f.what);
    is_thumbprint(jwk, text_at(forms, "thumbprint"), "JWK");
    AUTO(json_freep) json_t *again = key_jwk(jwk);
    ok(json_equal(again, json_object_get(forms, "jwk")), "and written as the same JWK");
    const json_t *private_jwk = json_object_get(forms, "private_jwk");
    ok(key_read_jwk(private_jwk, false, &secret, &f) == E_INVALID && !secret,
       "a private JWK is no public one");
    f = (struct fail){ 0 };
    ok(key_read_jwk(private_jwk, true, &secret, &f) == OK && key_is_private(secret), "%s as private JWK: %s",
       name, f.what);
    buf_reset(out);
    ok(key_write_private_pem(secret, out, &f) == OK, "written as PKCS #8");
    is_str(buf_text(out), text_at(forms, "pkcs8"), "and the same");
}

/* RFC 7638, 3.1 */
static void test_rfc7638(void)
{
    AUTO(key_freep) struct key *k = NULL;
    struct fail f = { 0 };
    ok(read_jwk_text("{\"kty\":\"RSA\",\"n\":"
                     "\"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxu"
                     "hDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_"
                     "RN5w6Cf0h4QyQ5v-65YGjQR0_F"
                     "DW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-"
                     "bFTWhAI4vMQFh6WeZu0f"
                     "M4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw\",\"e\":\"AQAB\","
                     "\"alg\":\"RS256\","
                     "\"kid\":\"2011-04-29\"}",
                     false, &k, &f) == OK,
       "the key of RFC 7638: %s", f.what);
    is_thumbprint(k, "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs", "RFC 7638");
}

/* RFC 7515, A.3.1 with single members changed */
#define X  "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"
#define Y  "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"
#define D  "jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"
#define EC "\"kty\":\"EC\",\"crv\":\"P-256\","
static const struct {
    const char *name, *jwk;
    bool with_private, good;
} jwk_rows[] = {
    { "public", "{" EC "\"x\":\"" X "\",\"y\":\"" Y "\"}", false, true },
    { "public where private is allowed", "{" EC "\"x\":\"" X "\",\"y\":\"" Y "\"}", true, true },
    { "extra members", "{" EC "\"x\":\"" X "\",\"y\":\"" Y "\",\"use\":\"sig\",\"kid\":\"1\",\"z\":[1]}",
      false, true },
    { "private", "{" EC "\"x\":\"" X "\",\"y\":\"" Y "\",\"d\":\"" D "\"}", true, true },
    { "private d in a public JWK", "{" EC "\"x\":\"" X "\",\"y\":\"" Y "\",\"d\":\"" D "\"}", false, false },
    { "d of another type in a public JWK", "{" EC "\"x\":\"" X "\",\"y\":\"" Y "\",\"d\":null}", false,
      false },
    { "symmetric k in a public JWK", "{" EC "\"x\":\"" X "\",\"y\":\"" Y "\",\"k\":\"AA\"}", false, false },
    { "d of another key",
      "{" EC "\"x\":\"" X "\",\"y\":\"" Y "\",\"d\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE\"}", true,
      false },
    { "d of zero",
      "{" EC "\"x\":\"" X "\",\"y\":\"" Y "\",\"d\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}", true,
      false },
    { "not on the curve", "{" EC "\"x\":\"" X "\",\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a4\"}",
      false, false },
    { "x and y exchanged", "{" EC "\"x\":\"" Y "\",\"y\":\"" X "\"}", false, false },
    { "point (0, 0)",
      "{" EC "\"x\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\",\"y\":"
      "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}",
      false, false },
    /* x = p + 5: a second spelling of x = 5, which is on the curve */
    { "coordinate not below the prime",
      "{" EC "\"x\":\"_____wAAAAEAAAAAAAAAAAAAAAEAAAAAAAAAAAAAAAQ\",\"y\":\"" Y "\"}", false, false },
    { "31 bytes", "{" EC "\"x\":\"83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\",\"y\":\"" Y "\"}", false,
      false },
    { "33 bytes", "{" EC "\"x\":\"AH_NzidwtsRdQYPL7m_bS3tYBzM1e-nvE7rPbjx70VRF\",\"y\":\"" Y "\"}", false,
      false },
    { "padding", "{" EC "\"x\":\"" X "=\",\"y\":\"" Y "\"}", false, false },
    { "spare bits", "{" EC "\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEV\",\"y\":\"" Y "\"}", false,
      false },
    { "standard alphabet", "{" EC "\"x\":\"" X "\",\"y\":\"x/FEzRu9m36HLN/tue659LNpXW6pCyStikYjKIWI5a0\"}",
      false, false },
    { "no y", "{" EC "\"x\":\"" X "\"}", false, false },
    { "y a number", "{" EC "\"x\":\"" X "\",\"y\":1}", false, false },
    { "another curve", "{\"kty\":\"EC\",\"crv\":\"P-384\",\"x\":\"" X "\",\"y\":\"" Y "\"}", false, false },
    { "no curve", "{\"kty\":\"EC\",\"x\":\"" X "\",\"y\":\"" Y "\"}", false, false },
    { "kty of another kind", "{\"kty\":\"OKP\",\"crv\":\"P-256\",\"x\":\"" X "\",\"y\":\"" Y "\"}", false,
      false },
    { "kty in lower case", "{\"kty\":\"ec\",\"crv\":\"P-256\",\"x\":\"" X "\",\"y\":\"" Y "\"}", false,
      false },
    { "symmetric", "{\"kty\":\"oct\",\"k\":\"AA\"}", true, false },
    { "RSA without e", "{\"kty\":\"RSA\",\"n\":\"" X X "\"}", false, false },
    { "RSA of 512 bits", "{\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"" X Y "\"}", false, false },
    { "an array", "[]", false, false },
    { "empty", "{}", false, false },
};

static void test_jwk(void)
{
    for (size_t i = 0; i < COUNT(jwk_rows); i++) {
        AUTO(key_freep) struct key *k = NULL;
        struct fail f = { 0 };
        enum err e = read_jwk_text(jwk_rows[i].jwk, jwk_rows[i].with_private, &k, &f);
        ok(jwk_rows[i].good ? e == OK && k : e == E_INVALID && !k && f.what[0], "JWK, %s: %s",
           jwk_rows[i].name, f.what);
    }
}

/* An RSA key whose number has a leading zero byte, an even exponent, one that is too small. */
static void test_rsa_jwk(const json_t *forms)
{
    static const struct {
        const char *member, *value, *name;
    } rows[] = {
        { "e", "AAEAAQ", "a leading zero" }, { "e", "AQAA", "an even exponent" },
        { "e", "AQ", "exponent 1" },         { "e", "AgAAAAE", "a long exponent" },
        { "e", "", "no exponent" },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        AUTO(json_freep) json_t *jwk = json_deep_copy(json_object_get(forms, "jwk"));
        AUTO(key_freep) struct key *k = NULL;
        struct fail f = { 0 };
        json_object_set_new(jwk, rows[i].member, json_string(rows[i].value));
        ok(key_read_jwk(jwk, false, &k, &f) == E_INVALID && !k, "RSA JWK with %s: %s", rows[i].name, f.what);
    }
    AUTO(json_freep) json_t *jwk = json_deep_copy(json_object_get(forms, "private_jwk"));
    AUTO(key_freep) struct key *k = NULL;
    json_object_set(jwk, "d", json_object_get(jwk, "dp"));
    ok(key_read_jwk(jwk, true, &k, NULL) == E_INVALID && !k, "an RSA key whose parts don't belong together");
}

static void refused_pem(const char *text, const char *name)
{
    AUTO(key_freep) struct key *k = NULL;
    struct fail f = { 0 };
    enum err e = key_read_pem(bytes_str(text), &k, &f);
    ok((e == E_INVALID || e == E_TOO_LARGE) && !k && f.what[0], "PEM, %s: %s", name, f.what);
}

/* ${find} in ${text} once replaced by ${by} */
static char *changed(const char *text, const char *find, const char *by)
{
    const char *at = strstr(text, find);
    if (!at)
        BUG("nothing to change in a test");
    return str_format("%.*s%s%s", (int)(at - text), text, by, at + strlen(find));
}

static void test_pem(const json_t *all)
{
    const char *spki = text_at(json_object_get(json_object_get(all, "keys"), "ec"), "spki");
    const char *rsa = text_at(json_object_get(json_object_get(all, "keys"), "rsa"), "spki");
    static const struct {
        const char *name, *find, *by;
    } rows[] = {
        { "text before", "-----BEGIN", "x\n-----BEGIN" },
        { "text after", "END PUBLIC KEY-----\n", "END PUBLIC KEY-----\nx" },
        { "other label at the end", "END PUBLIC", "END PRIVATE" },
        { "no end", "-----END PUBLIC KEY-----\n", "" },
        { "no begin", "-----BEGIN PUBLIC KEY-----\n", "" },
        { "a foreign character", "\n-----END", "*\n-----END" },
        { "padding missing", "==\n-----END", "\n-----END" },
        { "bytes after the key", "==\n-----END", "AA\n-----END" },
        { "a header line", "PUBLIC KEY-----\n", "PUBLIC KEY-----\nProc-Type: 4\n\n" },
        { "an endless label", "BEGIN PUBLIC KEY", "BEGIN PUBLIC KEY PUBLIC KEY PUBLIC KEY PUBLIC KEY" },
        { "another curve in the algorithm", "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQc",
          "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQY" },
        { "compressed point in a long key", "DQgAE", "DQgAC" },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        AUTO(str_freep) char *text = changed(spki, rows[i].find, rows[i].by);
        refused_pem(text, rows[i].name);
    }
    AUTO(str_freep) char *labelled = changed(spki, "BEGIN PUBLIC", "BEGIN PRIVATE");
    AUTO(str_freep) char *as_private = changed(labelled, "END PUBLIC", "END PRIVATE");
    refused_pem(as_private, "a public key that says private");
    AUTO(str_freep) char *certificate = changed(labelled, "END PUBLIC KEY", "END CERTIFICATE");
    refused_pem(certificate, "two labels");
    AUTO(str_freep) char *cut = str_dup(rsa);
    *strstr(cut, "\n-----END") = '\0';
    cut[strlen(cut) - 4] = '\0';
    AUTO(str_freep) char *cut_rsa = str_format("%s\n-----END PUBLIC KEY-----\n", cut);
    refused_pem(cut_rsa, "RSA cut");
    refused_pem("", "nothing");
    AUTO(buf_freep) struct buf *large = buf_new(BUF_MAX_DEFAULT);
    for (int i = 0; i < 20000; i++)
        buf_put_u8(large, ' ');
    buf_put_str(large, spki);
    refused_pem(buf_text(large), "oversized");
    const char *name;
    json_t *text;
    json_object_foreach (json_object_get(all, "refused_pem"), name, text)
        refused_pem(json_string_value(text), name);

    AUTO(key_freep) struct key *k = NULL;
    AUTO(str_freep) char *crlf = changed(spki, "KEY-----\n", "KEY-----\r\n");
    AUTO(str_freep) char *spaced = str_format("\r\n %s\r\n \n", crlf);
    ok(key_read_pem(bytes_str(spaced), &k, NULL) == OK, "line ends of another system, space around");
}

static void test_raw(void)
{
    static const enum key_kind kinds[] = { KEY_P256, KEY_ED25519, KEY_VRF };
    static const char *const names[] = { "P-256", "Ed25519", "VRF" };
    for (size_t i = 0; i < COUNT(kinds); i++) {
        struct fail f = { 0 };
        AUTO(key_freep) struct key *k = NULL, *public = NULL, *again = NULL, *bad = NULL;
        AUTO(buf_freep) struct buf *a = buf_new(200), *b = buf_new_secret(200), *c = buf_new(200);
        ok(key_make(kinds[i], &k, &f) == OK && key_is_private(k) && key_kind(k) == kinds[i], "%s made: %s",
           names[i], f.what);
        key_write_public(k, a);
        key_write_private(k, b);
        ok(key_read_public(kinds[i], bytes_of(a), &public, &f) == OK && !key_is_private(public),
           "public part read: %s", f.what);
        ok(key_read_private(kinds[i], bytes_of(b), &again, &f) == OK, "private part read: %s", f.what);
        key_write_public(again, c);
        ok(bytes_equal(bytes_of(a), bytes_of(c)), "%s: the same public key follows", names[i]);
        ok(key_read_public(kinds[i], BYTES(a->data, a->len - 1), &bad, &f) == E_INVALID, "public, cut");
        ok(key_read_private(kinds[i], BYTES(b->data, b->len - 1), &bad, NULL) == E_INVALID, "private, cut");
        buf_put_u8(a, 0);
        buf_put_u8(b, 0);
        ok(key_read_public(kinds[i], bytes_of(a), &bad, NULL) == E_INVALID, "public, trailing");
        ok(key_read_private(kinds[i], bytes_of(b), &bad, NULL) == E_INVALID && !bad, "private, trailing");
    }
    AUTO(key_freep) struct key *rsa = NULL, *bad = NULL;
    ok(key_make(KEY_RSA, &rsa, NULL) == OK && key_kind(rsa) == KEY_RSA, "RSA made");
    ok(key_read_public(KEY_RSA, BYTES("x", 1), &bad, NULL) == E_INVALID && !bad, "RSA has no raw form");
}

static const struct {
    enum key_kind kind;
    bool private;
    const char *name, *hex;
} raw_rows[] = {
    { KEY_P256, true, "0", "0000000000000000000000000000000000000000000000000000000000000000" },
    { KEY_P256, true, "the order", "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551" },
    { KEY_P256, false, "a hybrid form",
      "066b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c2964fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce"
      "33576b3"
      "15ececbb6406837bf51f5" },
    { KEY_P256, false, "not on the curve",
      "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c2964fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce"
      "33576b3"
      "15ececbb6406837bf51f4" },
    { KEY_P256, false, "infinity", "00" },
    { KEY_ED25519, false, "small order", "0100000000000000000000000000000000000000000000000000000000000000" },
    { KEY_ED25519, false, "not reduced", "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f" },
    { KEY_VRF, true, "0", "0000000000000000000000000000000000000000000000000000000000000000" },
    { KEY_VRF, true, "the order", "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010" },
    { KEY_VRF, false, "the identity", "0000000000000000000000000000000000000000000000000000000000000000" },
    { KEY_VRF, false, "a negative element",
      "0100000000000000000000000000000000000000000000000000000000000000" },
};

static void test_bad_raw(void)
{
    for (size_t i = 0; i < COUNT(raw_rows); i++) {
        AUTO(key_freep) struct key *k = NULL;
        uint8_t room[100];
        struct fail f = { 0 };
        struct bytes raw = from_hex(raw_rows[i].hex, room);
        enum err e = raw_rows[i].private ? key_read_private(raw_rows[i].kind, raw, &k, &f)
                                         : key_read_public(raw_rows[i].kind, raw, &k, &f);
        ok(e == E_INVALID && !k, "%s: %s", f.what, raw_rows[i].name);
    }
    /* The generator, with its neighbours above as reject rows. */
    AUTO(key_freep) struct key *k = NULL;
    AUTO(buf_freep) struct buf *point = buf_new(100);
    uint8_t one[32] = { [31] = 1 };
    ok(key_read_private(KEY_P256, BYTES(one, 32), &k, NULL) == OK, "the scalar 1");
    key_write_public(k, point);
    is_hex(bytes_of(point),
           "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c2964fe342e2fe1a7f9b8ee7eb4a7c0f9e1"
           "62bce33576"
           "b315ececbb6406837bf51f5",
           "gives the generator");
}

static void test_certificate(void)
{
    static const char *const alt[] = { "alder.example", "127.0.0.1", "::1" };
    struct fail f = { 0 };
    AUTO(key_freep) struct key *k = NULL, *rsa = NULL;
    AUTO(buf_freep) struct buf *pem = buf_new(BUF_MAX_DEFAULT), *spki = buf_new(200);
    ok(key_make(KEY_P256, &k, &f) == OK && key_make(KEY_RSA, &rsa, &f) == OK, "two keys");
    ok(key_certificate(k, "alder.example", alt, COUNT(alt), 30, pem, &f) == OK, "a certificate: %s", f.what);
    ok(key_certificate(rsa, "alder.example", alt, COUNT(alt), 30, spki, &f) == E_INTERNAL, "none for RSA");
    BIO *bio = BIO_new_mem_buf(pem->data, (int)pem->len);
    X509 *cert = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    ok(cert && X509_verify(cert, X509_get0_pubkey(cert)) == 1 && X509_get_version(cert) == X509_VERSION_3,
       "signed by itself, version 3");
    uint8_t *der = NULL;
    int len = i2d_PUBKEY(X509_get0_pubkey(cert), &der);
    ok(key_write_spki(k, spki, &f) == OK && len > 0 && bytes_equal(bytes_of(spki), BYTES(der, (size_t)len)),
       "for this key");
    ok(X509_check_host(cert, "alder.example", 0, 0, NULL) == 1, "for its domain");
    ok(X509_check_host(cert, "alder.example.org", 0, 0, NULL) == 0, "for no other");
    ok(X509_check_ip_asc(cert, "127.0.0.1", 0) == 1 && X509_check_ip_asc(cert, "::1", 0) == 1,
       "for addresses");
    ok(X509_check_ip_asc(cert, "127.0.0.2", 0) == 0, "for no other address");
    int days = 0, seconds = 0;
    ok(ASN1_TIME_diff(&days, &seconds, NULL, X509_get0_notAfter(cert)) == 1 && (days == 30 || days == 29) &&
           X509_cmp_current_time(X509_get0_notBefore(cert)) < 0,
       "valid now, and for 30 days");
    ok(X509_check_purpose(cert, X509_PURPOSE_SSL_SERVER, 0) == 1 && X509_check_ca(cert) == 0,
       "for a server, and no authority");
    OPENSSL_free(der);
    X509_free(cert);
    BIO_free(bio);
    AUTO(buf_freep) struct buf *long_name = buf_new(BUF_MAX_DEFAULT);
    ok(key_certificate(k, "a.very.long.domain.name.that.is.longer.than.a.common.name.may.be.alder.example",
                       NULL, 0, 1, long_name, &f) == OK,
       "a name longer than a common name may be");
}

/* What OpenSSL's own program makes and reads is tried in tests/scenario/31-passphrase.bats. */
static void test_locked(void)
{
    static const struct {
        const char *passphrase;
        enum err err;
    } rows[] = {
        { "correct horse", OK },
        { "correct horsf", E_UNAUTHENTICATED },
        { "correct hors", E_UNAUTHENTICATED },
        { "", E_UNAUTHENTICATED },
    };
    struct fail f = { 0 };
    AUTO(key_freep) struct key *k = NULL;
    AUTO(buf_freep)
    struct buf *locked = buf_new_secret(BUF_MAX_DEFAULT), *plain = buf_new_secret(BUF_MAX_DEFAULT),
               *none = buf_new(10);
    char was[THUMBPRINT_SIZE], now[THUMBPRINT_SIZE] = "";
    ok(key_make(KEY_P256, &k, &f) == OK && key_thumbprint(k, was, &f) == OK, "a key");
    ok(key_write_locked_pem(k, bytes_str(rows[0].passphrase), locked, &f) == OK &&
           key_pem_is_locked(bytes_of(locked)),
       "under a passphrase: %s", f.what);
    for (size_t i = 0; i < COUNT(rows); i++) {
        AUTO(key_freep) struct key *got = NULL;
        fail_clear(&f);
        ok(key_read_locked_pem(bytes_of(locked), bytes_str(rows[i].passphrase), &got, &f) == rows[i].err,
           "'%s': %s", rows[i].passphrase, f.what);
        if (got)
            ok(key_is_private(got) && key_thumbprint(got, now, NULL) == OK && strcmp(now, was) == 0,
               "the same key");
    }
    AUTO(key_freep) struct key *open = NULL;
    ok(key_read_pem(bytes_of(locked), &open, NULL) == E_INVALID, "nothing opens it without one");
    ok(key_write_private_pem(k, plain, NULL) == OK && !key_pem_is_locked(bytes_of(plain)) &&
           key_read_locked_pem(bytes_of(plain), bytes_str("x"), &open, NULL) == E_INVALID,
       "one without a passphrase is not taken for one that has it");
    ok(key_write_locked_pem(k, BYTES(NULL, 0), none, NULL) == E_INVALID && none->len == 0,
       "an empty passphrase is none");
    /* each byte of the armoured text, changed to another letter: it never opens, and never as another key */
    size_t opened = 0;
    for (size_t at = 0; at < locked->len; at += 97) {
        AUTO(key_freep) struct key *got = NULL;
        uint8_t byte = locked->data[at];
        locked->data[at] = byte == 'A' ? 'B' : 'A';
        opened += key_read_locked_pem(bytes_of(locked), bytes_str(rows[0].passphrase), &got, NULL) == OK;
        locked->data[at] = byte;
    }
    ok(opened == 0, "a changed one does not open");
}

/* Public keys that come again, and more of them than a thread has at hand: each is itself, and a point that is none never is one. */
static void test_again(void)
{
    enum { KEYS = 20, TURNS = 3 };
    struct key *mine[KEYS];
    uint8_t signature[KEYS][SIGN_LEN];
    struct fail f = { 0 };
    size_t made = 0, good = 0, refused = 0;
    for (; made < KEYS; made++)
        if (key_make(KEY_P256, &mine[made], &f) != OK ||
            sign_es256(mine[made], bytes_str("abc"), signature[made], &f) != OK)
            break;
    ok(made == KEYS, "keys: %s", f.what);
    for (size_t turn = 0; turn < TURNS; turn++)
        for (size_t i = 0; i < made; i++) {
            AUTO(key_freep) struct key *a = NULL, *b = NULL, *bad = NULL;
            AUTO(buf_freep) struct buf *raw = buf_new(128), *again = buf_new(128);
            key_write_public(mine[i], raw);
            if (key_read_public(KEY_P256, bytes_of(raw), &a, &f) != OK ||
                key_read_public(KEY_P256, bytes_of(raw), &b, &f) != OK)
                break;
            key_write_public(b, again);
            key_freep(&a); /* the other one lives on */
            size_t other = (i + 1) % made;
            good +=
                bytes_equal(bytes_of(raw), bytes_of(again)) && !key_is_private(b) &&
                verify_es256(b, bytes_str("abc"), BYTES(signature[i], SIGN_LEN), NULL) == OK &&
                verify_es256(b, bytes_str("abc"), BYTES(signature[other], SIGN_LEN), NULL) == E_UNVERIFIED;
            raw->data[64] ^= 1; /* of two points with one x the other's y differs in more than that bit */
            refused += key_read_public(KEY_P256, bytes_of(raw), &bad, NULL) == E_INVALID && !bad;
        }
    ok(good == TURNS * made, "%zu of %zu keys are themselves", good, TURNS * made);
    ok(refused == TURNS * made, "%zu of %zu points beside them are refused", refused, TURNS * made);
    for (size_t i = 0; i < made; i++)
        key_free(mine[i]);
}

static void kept_is_refused(const struct buf *pem, const char *name)
{
    AUTO(key_freep) struct key *k = NULL;
    struct fail f = { 0 };
    ok(key_read_kept_rsa(bytes_of(pem), &k, &f) == E_INVALID && !k && f.what[0], "kept, %s: %s", name,
       f.what);
}

/* An RSA key as it lies in a blob: read faster, and still only what opens what it closes. */
static void test_kept(void)
{
    AUTO(key_freep) struct key *rsa = NULL, *p256 = NULL, *again = NULL;
    AUTO(buf_freep) struct buf *pem = buf_new_secret(4096), *same = buf_new_secret(4096);
    AUTO(buf_freep) struct buf *other = buf_new_secret(4096), *public = buf_new(4096);
    struct fail f = { 0 };
    ok(key_make(KEY_RSA, &rsa, &f) == OK && key_make(KEY_P256, &p256, &f) == OK &&
           key_write_private_pem(rsa, pem, &f) == OK && key_write_private_pem(p256, other, &f) == OK &&
           key_write_public_pem(rsa, public, &f) == OK,
       "keys: %s", f.what);
    ok(key_read_kept_rsa(bytes_of(pem), &again, &f) == OK && key_is_private(again) &&
           key_write_private_pem(again, same, &f) == OK && bytes_equal(bytes_of(pem), bytes_of(same)),
       "a kept key is the same: %s", f.what);
    kept_is_refused(other, "P-256");
    kept_is_refused(public, "the public half");
    const size_t in_modulus = strlen("-----BEGIN PRIVATE KEY-----\n") + 140;
    pem->data[in_modulus] = pem->data[in_modulus] == 'A' ? 'B' : 'A';
    kept_is_refused(pem, "another modulus");
    pem->len -= 40;
    kept_is_refused(pem, "cut");
}

int main(void)
{
    struct fail f = { 0 };
    ok(crypto_start(&f) == OK, "starts: %s", f.what);
    AUTO(json_freep) json_t *all = vectors_load("opentdf/wrap.json");
    const json_t *keys = json_object_get(all, "keys");
    test_forms(json_object_get(keys, "ec"), "P-256");
    test_forms(json_object_get(keys, "rsa"), "RSA");
    test_rfc7638();
    test_jwk();
    test_rsa_jwk(json_object_get(keys, "rsa"));
    test_pem(all);
    test_raw();
    test_bad_raw();
    test_certificate();
    test_locked();
    test_kept();
    test_again();
    return tap_done();
}
