/* SPDX-License-Identifier: Apache-2.0 - DPoP proofs (RFC 9449, 4.3): what is taken, and what is not */
#include "base/json.h"
#include "crypto/jose.h"
#include "jws_maker.h"
#include "vectors.h"

#define NOW   1700000000u
#define AGE   60
#define SKEW  5
#define URL   "https://alder.example:8443/token"
#define TOKEN "an.access.token"

static struct key *the_key;

static enum err read_at(const char *text, const char *htm, const char *htu, const char *token, struct dpop *d,
                        struct fail *f)
{
    return jose_read_dpop(bytes_str(text), htm, htu, token, (uint64_t)NOW * 1000 + 999, AGE, SKEW, d, f);
}

static char *ath_of(const char *token)
{
    uint8_t digest[HASH_LEN];
    struct buf text;
    buf_init(&text, 64);
    hash_sha256(bytes_str(token), digest);
    b64_put(&text, B64_URL, BYTES(digest, HASH_LEN));
    return buf_steal_text(&text);
}

/* A proof that is good but for the members given: a JSON object merged over header or claims; a member that
 * is "-" is taken away. */
static void merge(json_t *into, const char *change)
{
    AUTO(json_freep) json_t *v = change ? json_loads(change, 0, NULL) : NULL;
    const char *name;
    json_t *value;
    if (change && !v)
        BUG("bad JSON in a test");
    json_object_foreach (v, name, value) {
        const char *s = json_string_value(value);
        if (s && strcmp(s, "-") == 0)
            json_object_del(into, name);
        else
            json_object_set(into, name, value);
    }
}

static char *proof(const char *header_change, const char *claims_change)
{
    AUTO(str_freep) char *ath = ath_of(TOKEN);
    AUTO(json_freep)
    json_t *header = json_pack("{s:s, s:s, s:o}", "typ", "dpop+jwt", "alg", "ES256", "jwk", key_jwk(the_key));
    AUTO(json_freep)
    json_t *claims = json_pack("{s:s, s:s, s:s, s:i, s:s}", "jti", "one", "htm", "POST", "htu", URL, "iat",
                               (int)NOW, "ath", ath);
    merge(header, header_change);
    merge(claims, claims_change);
    AUTO(str_freep) char *header_text = json_text(header), *claims_text = json_text(claims);
    return jws_of(the_key, header_text, claims_text);
}

static const struct {
    const char *name, *header, *claims;
    bool good;
} rows[] = {
    { "as it should be", NULL, NULL, true },
    { "other claims beside", NULL, "{\"nonce\":\"n\",\"exp\":1,\"x\":[1]}", true },
    { "jwk with coordinates of one letter",
      "{\"jwk\":{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"X\",\"y\":\"Y\"}}", NULL, false },
    { "oldest", NULL, "{\"iat\":1699999940}", true },
    { "too old by a second", NULL, "{\"iat\":1699999939}", false },
    { "youngest", NULL, "{\"iat\":1700000005}", true },
    { "from the future by a second", NULL, "{\"iat\":1700000006}", false },
    { "iat in milliseconds", NULL, "{\"iat\":1700000000000}", false },
    { "iat zero", NULL, "{\"iat\":0}", false },
    { "iat negative", NULL, "{\"iat\":-1}", false },
    { "iat the largest number", NULL, "{\"iat\":9223372036854775807}", false },
    { "iat a fraction", NULL, "{\"iat\":1700000000.5}", false },
    { "iat text", NULL, "{\"iat\":\"1700000000\"}", false },
    { "no iat", NULL, "{\"iat\":\"-\"}", false },
    { "no jti", NULL, "{\"jti\":\"-\"}", false },
    { "jti empty", NULL, "{\"jti\":\"\"}", false },
    { "jti a number", NULL, "{\"jti\":1}", false },
    { "jti with a control character", NULL, "{\"jti\":\"a\\nb\"}", false },
    { "jti not ASCII", NULL, "{\"jti\":\"\\u00e9\"}", false },
    { "no htm", NULL, "{\"htm\":\"-\"}", false },
    { "htm in lower case", NULL, "{\"htm\":\"post\"}", false },
    { "another htm", NULL, "{\"htm\":\"GET\"}", false },
    { "no htu", NULL, "{\"htu\":\"-\"}", false },
    { "htu a list", NULL, "{\"htu\":[\"" URL "\"]}", false },
    { "no ath", NULL, "{\"ath\":\"-\"}", false },
    { "ath of another token", NULL, "{\"ath\":\"fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo\"}", false },
    { "ath empty", NULL, "{\"ath\":\"\"}", false },
    { "no typ", "{\"typ\":\"-\"}", NULL, false },
    { "typ JWT", "{\"typ\":\"JWT\"}", NULL, false },
    { "typ in capitals", "{\"typ\":\"DPOP+JWT\"}", NULL, false },
    { "alg none", "{\"alg\":\"none\"}", NULL, false },
    { "alg HS256", "{\"alg\":\"HS256\"}", NULL, false },
    { "alg RS256", "{\"alg\":\"RS256\"}", NULL, false },
    { "crit", "{\"crit\":[\"jwk\"]}", NULL, false },
    { "no jwk", "{\"jwk\":\"-\"}", NULL, false },
    { "jwk text", "{\"jwk\":\"x\"}", NULL, false },
    { "jwk of another key",
      "{\"jwk\":{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
      "\"y\":\"x_"
      "FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}}",
      NULL, false },
    { "jwk symmetric", "{\"jwk\":{\"kty\":\"oct\",\"k\":\"AAAA\"}}", NULL, false },
    { "kid beside", "{\"kid\":\"1\"}", NULL, true },
};

static void test_rows(void)
{
    for (size_t i = 0; i < COUNT(rows); i++) {
        AUTO(str_freep) char *text = proof(rows[i].header, rows[i].claims);
        struct dpop d = { 0 };
        struct fail f = { 0 };
        enum err e = read_at(text, "POST", URL, TOKEN, &d, &f);
        if (rows[i].good)
            ok(e == OK && d.thumbprint[0], "%s: taken: %s", rows[i].name, f.what);
        else
            ok(e == E_UNAUTHENTICATED && f.reason == REASON_PROOF && !d.jti[0], "%s: refused: %s",
               rows[i].name, f.what);
    }
}

/* The proof's htu against the address of the request. */
static const struct {
    const char *htu, *url;
    bool good;
} urls[] = {
    { "https://alder.example/token", "https://alder.example/token", true },
    { "https://alder.example:443/token", "https://alder.example/token", true },
    { "https://alder.example/token", "https://alder.example:443/token", true },
    { "https://alder.example:/token", "https://alder.example/token", true },
    { "http://127.0.0.1:80/x", "http://127.0.0.1/x", true },
    { "HTTPS://Alder.EXAMPLE/token", "https://alder.example/token", true },
    { "https://alder.example/token?a=b", "https://alder.example/token", true },
    { "https://alder.example/token#x", "https://alder.example/token", true },
    { "https://alder.example/token?a#b", "https://alder.example/token", true },
    { "https://alder.example", "https://alder.example/", true },
    { "https://alder.example?x=/y", "https://alder.example/", true },
    { "https://[::1]:8443/x", "https://[::1]:8443/x", true },
    { "https://[::1]/x", "https://[::1]:443/x", true },
    { "http://alder.example/token", "https://alder.example/token", false },
    { "https://alder.example:80/token", "https://alder.example/token", false },
    { "https://alder.example:8443/token", "https://alder.example/token", false },
    { "https://alder.example/Token", "https://alder.example/token", false },
    { "https://alder.example/token/", "https://alder.example/token", false },
    { "https://alder.example//token", "https://alder.example/token", false },
    { "https://alder.example/%74oken", "https://alder.example/token", false },
    { "https://alder.example/x/../token", "https://alder.example/token", false },
    { "https://birch.example/token", "https://alder.example/token", false },
    { "https://alder.example.org/token", "https://alder.example/token", false },
    { "https://alder.example@birch.example/token", "https://birch.example/token", false },
    { "https://alder.example:443@birch.example/token", "https://alder.example/token", false },
    { "https://alder.example:70000/token", "https://alder.example:70000/token", false },
    { "https://alder.example:0/token", "https://alder.example:0/token", false },
    { "https://alder.example:44x/token", "https://alder.example:44x/token", false },
    { "https://[::1]x/token", "https://[::1]x/token", false },
    { "https:///token", "https:///token", false },
    { "//alder.example/token", "https://alder.example/token", false },
    { "/token", "https://alder.example/token", false },
    { "ftp://alder.example/token", "ftp://alder.example/token", false },
    { "", "https://alder.example/", false },
};

static void test_urls(void)
{
    for (size_t i = 0; i < COUNT(urls); i++) {
        AUTO(str_freep) char *claims = str_format("{\"htu\":\"%s\"}", urls[i].htu);
        AUTO(str_freep) char *text = proof(NULL, claims);
        struct dpop d;
        struct fail f = { 0 };
        enum err e = read_at(text, "POST", urls[i].url, TOKEN, &d, &f);
        ok(e == (urls[i].good ? OK : E_UNAUTHENTICATED), "htu '%s' at '%s': %s", urls[i].htu, urls[i].url,
           f.what);
    }
}

static void test_own(void)
{
    AUTO(buf_freep) struct buf *out = buf_new(4096), *other = buf_new(4096);
    struct dpop d, e;
    struct fail f = { 0 };
    char thumbprint[THUMBPRINT_SIZE];
    uint64_t now = (uint64_t)NOW * 1000;
    ok(jose_make_dpop(the_key, "GET", URL, NULL, now, out, &f) == OK &&
           jose_make_dpop(the_key, "GET", URL, TOKEN, now, other, &f) == OK,
       "made: %s", f.what);
    ok(read_at(buf_text(out), "GET", URL, NULL, &d, &f) == OK &&
           read_at(buf_text(other), "GET", URL, TOKEN, &e, &f) == OK,
       "and read: %s", f.what);
    ok(key_thumbprint(the_key, thumbprint, &f) == OK, "thumbprint");
    is_str(d.thumbprint, thumbprint, "is the key's");
    ok(d.iat == NOW && strcmp(d.jti, e.jti) != 0, "iat, and a jti of its own each time");
    ok(read_at(buf_text(out), "GET", URL, TOKEN, &d, NULL) == E_UNAUTHENTICATED,
       "without ath, not with a token");
    ok(read_at(buf_text(other), "GET", URL, "another", &d, NULL) == E_UNAUTHENTICATED,
       "not with another token");
    AUTO(key_freep) struct key *rsa = NULL;
    ok(key_make(KEY_RSA, &rsa, NULL) == OK &&
           jose_make_dpop(rsa, "GET", URL, NULL, now, out, NULL) == E_INTERNAL,
       "no proof by an RSA key");
}

static void test_altered(void)
{
    AUTO(str_freep) char *text = proof(NULL, NULL), *claims = NULL, *jti = mem_new(130);
    struct dpop d;
    size_t len = strlen(text), taken = 0;
    for (size_t bit = 0; bit < 8 * len; bit++) {
        text[bit / 8] = (char)(text[bit / 8] ^ (1 << bit % 8));
        if (text[bit / 8])
            taken += read_at(text, "POST", URL, TOKEN, &d, NULL) == OK;
        text[bit / 8] = (char)(text[bit / 8] ^ (1 << bit % 8));
    }
    ok(taken == 0, "no flipped bit is taken: %zu were", taken);
    ok(jose_read_dpop(BYTES(text, len - 1), "POST", URL, TOKEN, (uint64_t)NOW * 1000, AGE, SKEW, &d, NULL) ==
           E_UNAUTHENTICATED,
       "truncated");
    AUTO(str_freep) char *longer = str_format("%s.", text);
    ok(read_at(longer, "POST", URL, TOKEN, &d, NULL) == E_UNAUTHENTICATED, "trailing");
    memset(jti, 'j', 129);
    for (int n = 128; n <= 129; n++) {
        AUTO(str_freep) char *change = str_format("{\"jti\":\"%.*s\"}", n, jti);
        AUTO(str_freep) char *with = proof(NULL, change);
        ok((read_at(with, "POST", URL, TOKEN, &d, NULL) == OK) == (n == 128), "jti of %d", n);
    }
    AUTO(mem_freep) char *filler = mem_new(9000);
    memset(filler, 'x', 8999);
    claims = str_format("{\"filler\":\"%s\"}", filler);
    AUTO(str_freep) char *large = proof(NULL, claims);
    ok(read_at(large, "POST", URL, TOKEN, &d, NULL) == E_UNAUTHENTICATED, "oversized");
    /* RFC 9449, 4.3, check 7: the private key in the header, as it would really come */
    AUTO(buf_freep) struct buf *secret = buf_new_secret(64), *d_text = buf_new_secret(64);
    AUTO(json_freep) json_t *jwk = key_jwk(the_key), *change = json_object();
    key_write_private(the_key, secret);
    b64_put(d_text, B64_URL, bytes_of(secret));
    json_object_set_new(jwk, "d", json_string(buf_text(d_text)));
    json_object_set(change, "jwk", jwk);
    AUTO(str_freep) char *change_text = json_text(change);
    AUTO(str_freep) char *with_d = proof(change_text, NULL);
    struct fail f = { 0 };
    ok(read_at(with_d, "POST", URL, TOKEN, &d, &f) == E_UNAUTHENTICATED && !strstr(f.what, buf_text(d_text)),
       "a private key in the header: %s", f.what);
}

int main(void)
{
    struct fail f = { 0 };
    ok(crypto_start(&f) == OK && key_make(KEY_P256, &the_key, &f) == OK, "starts: %s", f.what);
    test_rows();
    test_urls();
    test_own();
    test_altered();
    key_freep(&the_key);
    return tap_done();
}
