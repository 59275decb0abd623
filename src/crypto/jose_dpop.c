/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "base/b64.h"
#include "base/json.h"
#include "base/mem.h"
#include "crypto/jose.h"

#define TYP      "dpop+jwt"
#define WHAT     "DPoP proof"
#define DPOP_MAX ((size_t)8 << 10)
#define URL_MAX  ((size_t)4 << 10)
#define JTI_LEN  16

static void hash_of_token(const char *token, char out[static THUMBPRINT_SIZE])
{
    uint8_t digest[HASH_LEN];
    struct buf text;
    buf_init(&text, THUMBPRINT_SIZE);
    hash_sha256(bytes_str(token), digest);
    b64_put(&text, B64_URL, BYTES(digest, sizeof digest));
    memcpy(out, buf_text(&text), THUMBPRINT_SIZE);
    buf_clear(&text);
}

enum err jose_make_dpop(const struct key *k, const char *htm, const char *htu, const char *token,
                        uint64_t now_ms, struct buf *out, struct fail *f)
{
    return jose_make_dpop_nonce(k, htm, htu, token, NULL, now_ms, out, f);
}

enum err jose_make_dpop_nonce(const struct key *k, const char *htm, const char *htu, const char *token,
                              const char *nonce, uint64_t now_ms, struct buf *out, struct fail *f)
{
    AUTO(json_freep) json_t *extra = json_object(), *claims = json_object();
    AUTO(buf_freep) struct buf *jti = buf_new(64);
    uint8_t random[JTI_LEN];
    char ath[THUMBPRINT_SIZE];
    if (key_kind(k) != KEY_P256)
        return fail_set(f, E_INTERNAL, "a DPoP proof needs a P-256 key");
    random_bytes(random, sizeof random);
    b64_put(jti, B64_URL, BYTES(random, sizeof random));
    json_set_take(extra, "jwk", key_jwk(k));
    json_set_str(claims, "jti", buf_text(jti));
    json_set_str(claims, "htm", htm);
    json_set_str(claims, "htu", htu);
    json_set_u64(claims, "iat", now_ms / 1000);
    if (token) {
        hash_of_token(token, ath);
        json_set_str(claims, "ath", ath);
    }
    if (nonce && *nonce)
        json_set_str(claims, "nonce", nonce);
    return jose_sign_with(k, "", TYP, extra, claims, out, f);
}

static bool skip_scheme(const char **at, const char *scheme)
{
    size_t n = strlen(scheme);
    if (strncasecmp(*at, scheme, n) != 0)
        return false;
    *at += n;
    return true;
}

static bool put_port(const char *port, size_t len, unsigned standard, struct buf *out)
{
    unsigned n = 0;
    if (len > 5)
        return false;
    for (size_t i = 0; i < len; i++) {
        if (port[i] < '0' || port[i] > '9')
            return false;
        n = n * 10 + (unsigned)(port[i] - '0');
    }
    if (len && (n == 0 || n > 65535))
        return false;
    buf_printf(out, ":%u", len ? n : standard);
    return true;
}

/*
 * One spelling for URLs that are the same (RFC 9449, 4.3, check 9; RFC 3986, 6.2.2 and 6.2.3): scheme and
 * host in lower case, the port always said, an empty path as "/", no query, no fragment. The path is compared
 * as it is. False for what is no http or https URL, or has a user in it.
 */
static bool put_url(const char *url, struct buf *out)
{
    const char *at = url;
    bool https = skip_scheme(&at, "https://");
    if (!https && !skip_scheme(&at, "http://"))
        return false;
    size_t len = strcspn(at, "/?#");
    const char *bracket = at[0] == '[' ? memchr(at, ']', len) : NULL;
    size_t host = bracket ? (size_t)(bracket - at) + 1 : strcspn(at, ":/?#");
    if (host == 0 || memchr(at, '@', len) || (host < len && at[host] != ':'))
        return false;
    buf_put_str(out, https ? "https://" : "http://");
    for (size_t i = 0; i < host; i++)
        buf_put_u8(out, (uint8_t)(at[i] >= 'A' && at[i] <= 'Z' ? at[i] + ('a' - 'A') : at[i]));
    const char *port = host < len ? at + host + 1 : at + len;
    if (!put_port(port, (size_t)(at + len - port), https ? 443 : 80, out))
        return false;
    size_t path = strcspn(at + len, "?#");
    if (path == 0 || at[len] != '/')
        buf_put_u8(out, '/');
    buf_put(out, at + len, path);
    return !out->failed;
}

static bool same_url(const char *a, const char *b)
{
    AUTO(buf_freep) struct buf *left = buf_new(URL_MAX), *right = buf_new(URL_MAX);
    return put_url(a, left) && put_url(b, right) && bytes_equal(bytes_of(left), bytes_of(right));
}

static enum err refuse(struct fail *f, const char *why)
{
    return fail_why(f, REASON_PROOF, "%s: %s", WHAT, why);
}

/* RFC 9449, 4.3, checks 4 to 7: the key in the header is public, and signed this. */
static enum err check_signature(const struct jose *j, struct dpop *d, struct fail *f)
{
    AUTO(key_freep) struct key *k = NULL;
    struct fail why = { 0 };
    if (key_read_jwk(json_object_get(j->header, "jwk"), false, &k, &why) != OK)
        return refuse(f, why.what);
    if (key_kind(k) != KEY_P256 && key_kind(k) != KEY_RSA)
        return refuse(f, "its key is neither on P-256 nor RSA");
    if (jose_verify(j, key_kind(k) == KEY_RSA ? JOSE_RS256 : JOSE_ES256, TYP, k, &why) != OK)
        return refuse(f, why.what);
    AUTO(buf_freep) struct buf *jwk = buf_new(sizeof d->jwk - 1);
    key_thumbprint_bytes(k, jwk);
    TRY(buf_check(jwk, "key of the proof", f));
    memcpy(d->jwk, buf_text(jwk), jwk->len + 1);
    if (key_kind(k) == KEY_P256) {
        AUTO(buf_freep) struct buf *raw = buf_new(sizeof d->key);
        key_write_public(k, raw);
        memcpy(d->key, raw->data, sizeof d->key);
    }
    return key_thumbprint(k, d->thumbprint, f);
}

/* jti and nonce: 1 to 128 of them */
static bool is_printable(const char *s)
{
    size_t len = strlen(s);
    for (size_t i = 0; i < len; i++)
        if (s[i] < 0x20 || s[i] > 0x7e)
            return false;
    return len >= 1 && len < sizeof((struct dpop *)NULL)->jti;
}

/* What the claims are held against. */
struct wanted {
    const char *htm, *htu, *token;
    uint64_t earliest, latest; /* seconds */
};

/* RFC 9449, 4.3, checks 8 to 12; the nonce is for who asked for it */
static enum err check_claims(const json_t *claims, const struct wanted *w, struct dpop *d, struct fail *f)
{
    const char *jti, *htm, *htu, *nonce, *ath = NULL;
    char want_ath[THUMBPRINT_SIZE];
    uint64_t iat;
    if (json_need_str(claims, "jti", WHAT, &jti, NULL) != OK || !is_printable(jti))
        return refuse(f, "jti is not 1 to 128 printable characters");
    if (json_need_str(claims, "htm", WHAT, &htm, NULL) != OK || strcmp(htm, w->htm) != 0)
        return refuse(f, "htm is not the method of this request");
    if (json_need_str(claims, "htu", WHAT, &htu, NULL) != OK || !same_url(htu, w->htu))
        return refuse(f, "htu is not the address of this request");
    if (json_need_u64(claims, "iat", WHAT, &iat, NULL) != OK)
        return refuse(f, "iat is not a whole number of seconds");
    if (iat < w->earliest || iat > w->latest)
        return refuse(f, iat < w->earliest ? "it is too old" : "it is from the future");
    if (w->token) {
        hash_of_token(w->token, want_ath);
        if (json_need_str(claims, "ath", WHAT, &ath, NULL) != OK || strcmp(ath, want_ath) != 0)
            return refuse(f, "ath is not the hash of the access token");
    }
    if (json_may_str(claims, "nonce", WHAT, &nonce, NULL) != OK || (nonce && !is_printable(nonce)))
        return refuse(f, "nonce is not 1 to 128 printable characters");
    d->iat = iat;
    (void)snprintf(d->nonce, sizeof d->nonce, "%s", nonce ? nonce : "");
    (void)snprintf(d->jti, sizeof d->jti, "%s", jti);
    return OK;
}

enum err jose_read_dpop(struct bytes text, const char *htm, const char *htu, const char *token,
                        uint64_t now_ms, unsigned max_age_s, unsigned skew_s, struct dpop *out,
                        struct fail *f)
{
    AUTO(jose_freep) struct jose *j = NULL;
    struct dpop d = { 0 };
    struct fail why = { 0 };
    uint64_t now = now_ms / 1000;
    const struct wanted w = { htm, htu, token, now > max_age_s ? now - max_age_s : 0, now + skew_s };
    if (jose_read(text, DPOP_MAX, WHAT, &j, &why) != OK)
        return fail_why(f, REASON_PROOF, "%s", why.what);
    TRY(check_claims(j->payload, &w, &d, f));
    TRY(check_signature(j, &d, f));
    *out = d;
    return OK;
}
