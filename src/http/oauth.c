/* SPDX-License-Identifier: Apache-2.0
 * http/oauth.c - signing in: tokens for people by their device key (RFC 7523), for service accounts by a secret
 * (RFC 6749, 4.4), both with DPoP (RFC 9449); and what clients look up first (OpenID Connect Discovery) */
#include <string.h>
#include <strings.h>

#include "base/b64.h"
#include "base/json.h"
#include "base/mem.h"
#include "exchange/cards.h"
#include "exchange/service.h"
#include "http/kas_json.h"
#include "http/path.h"
#include "http/site.h"

#define GRANT_ASSERTION "urn:ietf:params:oauth:grant-type:jwt-bearer"
#define GRANT_SECRET    "client_credentials"
#define BASIC_MAX       ((size_t)2048)

/* Client credentials ------------------------------------------------------------------------------------- */

/* Who says that he is who, by header or form (RFC 6749, 2.3.1). */
struct credentials {
    char text[BASIC_MAX + 8]; /* secret: wiped after use */
    struct query parts;
    const char *client, *secret;
};

static void credentials_clear(struct credentials *c)
{
    query_clear(&c->parts);
    wipe(c->text, sizeof c->text);
}

/* "Basic base64(id:secret)", both form-encoded: read as the form "i=id&s=secret", so that there is one decoder. */
static enum err read_basic(const char *header, struct credentials *c, struct fail *f)
{
    AUTO(buf_freep) struct buf *text = buf_new_secret(BASIC_MAX);
    enum err e = b64_read(B64_STD, bytes_str(header), text, "credentials", NULL);
    char *colon = e == OK ? memchr(text->data, ':', text->len) : NULL;
    if (!colon || memchr(text->data, '&', text->len) || memchr(text->data, '\0', text->len))
        return fail_why(f, REASON_TOKEN, "the Authorization header holds no name and secret");
    size_t at = (size_t)(colon - (char *)text->data);
    int len = snprintf(c->text, sizeof c->text, "i=%.*s&s=%s", (int)at, buf_text(text), colon + 1);
    if (len < 0 || (size_t)len >= sizeof c->text || !query_read(BYTES(c->text, (size_t)len), &c->parts))
        return fail_why(f, REASON_TOKEN, "the Authorization header holds no name and secret");
    c->client = query_value(&c->parts, "i");
    c->secret = query_value(&c->parts, "s");
    return OK;
}

static enum err read_credentials(const struct http_call *call, struct credentials *c, struct fail *f)
{
    static const char basic[] = "Basic ";
    const char *header = http_header(call, "Authorization");
    if (header && strncasecmp(header, basic, sizeof basic - 1) == 0)
        TRY(read_basic(header + sizeof basic - 1, c, f));
    else {
        c->client = http_form(call, "client_id");
        c->secret = http_form(call, "client_secret");
    }
    if (!c->client || !*c->client || !c->secret || !*c->secret)
        return fail_why(f, REASON_TOKEN, "client_id and client_secret are needed, as Basic or in the form");
    return OK;
}

static enum err token_for_service(struct http_call *call, json_t **out, struct fail *f)
{
    AUTO(credentials_clear) struct credentials c = { 0 };
    AUTO(str_freep) char *htu = str_format("%s%s", site_node(call)->conf.url, call->path);
    TRY(read_credentials(call, &c, f));
    return service_token(site_node(call), c.client, c.secret, http_header(call, "DPoP"), htu,
                         http_form(call, "resource"), out, f);
}

static enum err token_for_person(struct http_call *call, json_t **out, struct fail *f)
{
    if (!http_form(call, "assertion") || !http_form(call, "resource"))
        return fail_set(f, E_INVALID, "the form needs assertion and resource");
    return auth_token(site_node(call), http_form(call, "assertion"), http_header(call, "DPoP"),
                      http_form(call, "resource"), out, f);
}

enum err serve_token(struct http_call *call, struct fail *f)
{
    static const struct {
        const char *grant;
        enum err (*run)(struct http_call *, json_t **, struct fail *);
    } grants[] = { { GRANT_ASSERTION, token_for_person }, { GRANT_SECRET, token_for_service } };
    const char *type = http_form(call, "grant_type");
    json_t *out = NULL;
    for (size_t i = 0; type && i < COUNT(grants); i++)
        if (strcmp(type, grants[i].grant) == 0)
            return site_answer(call, grants[i].run(call, &out, f), &out);
    return fail_set(f, E_INVALID, "the form's grant_type is neither " GRANT_ASSERTION " nor " GRANT_SECRET);
}

/* RFC 6749, 5.2, beside the members of a problem document. */
void render_oauth(struct http_call *call, const struct fail *f)
{
    AUTO(json_freep) json_t *v = json_object();
    const struct err_row *row = err_row(f->code);
    bool proof = f->reason == REASON_PROOF || f->reason == REASON_REPLAY;
    const char *type = http_form(call, "grant_type");
    if (!type || strcmp(type, GRANT_SECRET) != 0) {
        http_problem(call, f);
        return;
    }
    json_set_str(v, "error",
                 f->reason == REASON_NONCE      ? "use_dpop_nonce"
                 : proof                        ? "invalid_dpop_proof"
                 : f->code == E_UNAUTHENTICATED ? "invalid_client"
                 : f->code == E_INVALID         ? "invalid_request"
                                                : "unauthorized_client");
    json_set_str(v, "error_description", http_fail_shown(f));
    json_set_str(v, "reason", reason_code(f->reason));
    http_reply_json(call, row->http_status, v);
    if (row->http_status == 401)
        http_reply_header(call, "WWW-Authenticate",
                          proof ? "DPoP error=\"invalid_dpop_proof\", algs=\"ES256 RS256\""
                                : "Basic realm=\"orcon\"");
}

/* Looking up --------------------------------------------------------------------------------------------- */

static void set_url(json_t *v, const char *name, const struct node *n, const char *path)
{
    AUTO(str_freep) char *url = str_format("%s%s", n->conf.url, path);
    json_set_str(v, name, url);
}

enum err serve_openid(struct http_call *call, struct fail *f)
{
    const struct node *n = site_node(call);
    (void)f;
    json_t *v = json_pack(
        "{s:[s], s:[s], s:[s], s:[s,s], s:[s,s], s:[s,s]}", "response_types_supported", "token",
        "subject_types_supported", "public", "id_token_signing_alg_values_supported", "ES256",
        "grant_types_supported", GRANT_SECRET, GRANT_ASSERTION, "token_endpoint_auth_methods_supported",
        "client_secret_basic", "client_secret_post", "dpop_signing_alg_values_supported", "ES256", "RS256");
    json_set_str(v, "issuer", n->conf.url);
    set_url(v, "token_endpoint", n, "/token");
    set_url(v, "authorization_endpoint", n, "/authorize");
    set_url(v, "jwks_uri", n, "/jwks");
    set_url(v, "userinfo_endpoint", n, "/protocol/openid-connect/userinfo");
    return site_answer(call, OK, &v);
}

/* The keys that sign access tokens, as in the card. */
enum err serve_jwks(struct http_call *call, struct fail *f)
{
    AUTO(cards_put) struct card_ref own = { 0 };
    TRY(cards_get(site_node(call), site_node(call)->conf.domain, &own, f));
    json_t *v = json_object(), *keys = json_array();
    json_set_take(v, "keys", keys);
    for (size_t i = 0; i < own.card->key_count; i++) {
        const struct card_key *k = &own.card->keys[i];
        if (strcmp(k->use, "token") != 0 || k->revoked_s)
            continue;
        json_t *jwk = key_jwk(k->key);
        json_set_str(jwk, "kid", k->kid);
        json_set_str(jwk, "use", "sig");
        json_set_str(jwk, "alg", "ES256");
        json_array_append_new(keys, jwk);
    }
    return site_answer(call, OK, &v);
}

enum err serve_userinfo(struct http_call *call, struct fail *f)
{
    (void)f;
    json_t *v = json_object();
    json_set_str(v, "sub", site_asker(call)->person);
    return site_answer(call, OK, &v);
}
