/* SPDX-License-Identifier: Apache-2.0 - calls to a node: signed in, proved, pinned; against a server that checks them */
#include <stdatomic.h>

#include "https.h"
#include "base/json.h"
#include "base/time.h"
#include "client/session.h"
#include "world.h"

#define BOB   "bob@birch.example"
#define ALDER "https://alder.example:7700"
#define HTU   "/kas.AccessService/Rewrap"

static char *url;
static atomic_int tokens, replays;
static struct org birch, alder;

static enum err answer(struct http_call *call, int status, const char *text)
{
    http_reply(call, status, "application/json", bytes_str(text));
    return OK;
}

/* The token says for whom it is and which one it is. */
static enum err serve_token(struct http_call *call, struct fail *f)
{
    AUTO(str_freep) char *htu = str_format("%s/token", url);
    AUTO(jose_freep) struct jose *assertion = NULL;
    struct dpop proof;
    const char *sub, *aud, *text = http_form(call, "assertion");
    TRY(jose_read_dpop(bytes_str(http_header(call, "DPoP")), "POST", htu, NULL, time_now_ms(), 60, 30, &proof,
                       f));
    TRY(jose_read(bytes_str(text ? text : ""), JOSE_MAX_SMALL, "assertion", &assertion, f));
    TRY(json_need_str(assertion->payload, "sub", "assertion", &sub, f));
    TRY(json_need_str(assertion->payload, "aud", "assertion", &aud, f));
    if (strcmp(sub, BOB) != 0 || strcmp(aud, htu) != 0 || strcmp(assertion->kid, proof.thumbprint) != 0)
        return fail_set(f, E_UNAUTHENTICATED, "not the assertion of bob");
    AUTO(str_freep)
    char *out = str_format("{\"access_token\":\"%s.%d\",\"token_type\":\"DPoP\",\"expires_in\":300}",
                           http_form(call, "resource"), atomic_fetch_add(&tokens, 1));
    return answer(call, 200, out);
}

/* Token for ${domain}, and a proof over it for this method and address. */
static enum err check(struct http_call *call, const char *domain, const char *htu, struct fail *f)
{
    const char *authorization = http_header(call, "Authorization"), *proof = http_header(call, "DPoP");
    struct dpop dpop;
    if (!authorization || !proof || strncmp(authorization, "DPoP ", 5) != 0 ||
        strncmp(authorization + 5, domain, strlen(domain)) != 0)
        return fail_why(f, REASON_TOKEN, "no token for %s", domain);
    return jose_read_dpop(bytes_str(proof), call->method, htu, authorization + 5, time_now_ms(), 60, 30,
                          &dpop, f);
}

static enum err check_own(struct http_call *call, struct fail *f)
{
    AUTO(str_freep) char *htu = str_format("%s%s", url, call->path);
    return check(call, "birch.example", htu, f);
}

static enum err serve_thing(struct http_call *call, struct fail *f)
{
    TRY(check_own(call, f));
    const char *query = http_query(call, "q");
    AUTO(str_freep)
    char *out = str_format("{\"token\":\"%s\",\"q\":\"%s\",\"body\":%zu}",
                           http_header(call, "Authorization") + 5, query ? query : "", call->body.len);
    return answer(call, 200, out);
}

static enum err serve_refusal(struct http_call *call, struct fail *f)
{
    TRY(check_own(call, f));
    return fail_why(f, REASON_COMPARTMENT, "portion 3 is behind a wall");
}

static enum err serve_replay(struct http_call *call, struct fail *f)
{
    TRY(check_own(call, f));
    if (atomic_fetch_add(&replays, 1) == 0)
        return fail_why(f, REASON_REPLAY, "this DPoP proof was used before");
    return answer(call, 200, "{}");
}

static enum err serve_always_replay(struct http_call *call, struct fail *f)
{
    (void)call;
    atomic_fetch_add(&replays, 1);
    return fail_why(f, REASON_REPLAY, "this DPoP proof was used before");
}

static enum err serve_no_json(struct http_call *call, struct fail *f)
{
    (void)f;
    return answer(call, 200, "<html>");
}

static enum err serve_relay(struct http_call *call, struct fail *f)
{
    TRY(check(call, "alder.example", ALDER HTU, f));
    return answer(call, 200, "{\"responses\":[]}");
}

static enum err serve_relay_down(struct http_call *call, struct fail *f)
{
    (void)f;
    return answer(call, 503,
                  "{\"code\":\"unavailable\",\"message\":\"gone.example:7700: connection refused\"}");
}

static enum err serve_own_keys(struct http_call *call, struct fail *f)
{
    TRY(check_own(call, f));
    return answer(call, 200, "{\"responses\":[1]}");
}

static enum err serve_partner_card(struct http_call *call, struct fail *f)
{
    TRY(check_own(call, f));
    const char *domain = http_param(call, "domain");
    bool own = strcmp(domain, "birch.example") == 0;
    AUTO(json_freep) json_t *out = json_object();
    json_set_str(out, "domain", domain);
    json_set_str(out, "state", own ? "own" : "confirmed");
    json_set_str(out, "card", own ? birch.card_text : alder.card_text);
    http_reply_json(call, 200, out);
    return OK;
}

static enum err serve_card(struct http_call *call, struct fail *f)
{
    (void)f;
    http_reply(call, 200, "application/jose", bytes_str(birch.card_text));
    return OK;
}

static enum err serve_enrol(struct http_call *call, struct fail *f)
{
    (void)f;
    return answer(call, 200, "{\"person\":\"bob@birch.example\"}");
}

static const struct http_route routes[] = {
    { "POST", "/token", 0, 16384, serve_token, NULL },
    { "GET", "/card", 0, 0, serve_card, NULL },
    { "POST", "/enrol", 0, 16384, serve_enrol, NULL },
    { "GET", "/v1/thing", 0, 0, serve_thing, NULL },
    { "POST", "/v1/thing", 0, 16384, serve_thing, NULL },
    { "GET", "/v1/refusal", 0, 0, serve_refusal, NULL },
    { "GET", "/v1/replay", 0, 0, serve_replay, NULL },
    { "GET", "/v1/always-replay", 0, 0, serve_always_replay, NULL },
    { "GET", "/v1/no-json", 0, 0, serve_no_json, NULL },
    { "GET", "/v1/partners/{domain}/card", 0, 0, serve_partner_card, NULL },
    { "POST", "/relay/v1/alder.example/rewrap", 0, 65536, serve_relay, NULL },
    { "POST", "/relay/v1/gone.example/rewrap", 0, 65536, serve_relay_down, NULL },
    { "POST", HTU, 0, 65536, serve_own_keys, NULL },
};

static bool has(const json_t *v, const char *name, const char *text)
{
    const char *got = json_string_value(json_object_get(v, name));
    return got && strcmp(got, text) == 0;
}

static void calls(struct session *s)
{
    struct fail f = { 0 };
    AUTO(json_freep) json_t *first = NULL;
    AUTO(json_freep) json_t *second = NULL;
    AUTO(json_freep) json_t *posted = NULL;
    json_t *out = NULL;
    ok(session_get(s, "/v1/thing", &first, &f) == OK && has(first, "token", "birch.example.0"),
       "a call, with a token for the own node: %s", f.what);
    ok(session_get(s, "/v1/thing?q=1", &second, &f) == OK && has(second, "token", "birch.example.0") &&
           has(second, "q", "1"),
       "the same token again; a query is not proved: %s", f.what);
    ok(session_post(s, "/v1/thing", json_pack("{s:s}", "a", "b"), &posted, &f) == OK &&
           json_integer_value(json_object_get(posted, "body")) == 9,
       "a body goes along: %s", f.what);
    ok(session_get(s, "/v1/refusal", &out, &f) == E_NOT_RELEASED && f.reason == REASON_COMPARTMENT &&
           strstr(f.what, "birch.example says"),
       "a refusal keeps kind and reason: %s", f.what);
    fail_clear(&f);
    ok(session_get(s, "/v1/nowhere", &out, &f) == E_NOT_FOUND, "unknown: %s", f.what);
    fail_clear(&f);
    ok(session_get(s, "/v1/no-json", &out, &f) == E_INTERNAL, "no JSON: %s", f.what);
    fail_clear(&f);
    ok(session_get(s, "/v1/replay", &out, &f) == OK && atomic_load(&replays) == 2,
       "a proof that came twice is made anew: %s", f.what);
    json_decref(out);
    atomic_store(&replays, 0);
    ok(session_get(s, "/v1/always-replay", &out, &f) == E_UNAUTHENTICATED && atomic_load(&replays) == 2,
       "once: %s", f.what);
}

static void cards(struct session *s)
{
    struct fail f = { 0 };
    AUTO(card_freep) struct card *partner = NULL;
    AUTO(card_freep) struct card *own = NULL;
    struct card *none = NULL;
    ok(session_card(s, "alder.example", &partner, &f) == OK && strcmp(partner->domain, "alder.example") == 0,
       "a partner's card: %s", f.what);
    ok(session_card(s, "birch.example", &own, &f) == OK && strcmp(own->domain, "birch.example") == 0,
       "the own one: %s", f.what);
    ok(session_card(s, "cedar.example", &none, &f) == E_UNVERIFIED, "another card than asked for: %s",
       f.what);
    fail_clear(&f);
    ok(session_card(s, "../me", &none, &f) == E_INVALID, "no domain: %s", f.what);
}

static void keys(struct session *s, const struct card *gone)
{
    struct fail f = { 0 };
    AUTO(json_freep) json_t *relayed = NULL;
    AUTO(json_freep) json_t *own = NULL;
    json_t *none = NULL;
    ok(session_rewrap(s, alder.card, "srt", &relayed, &f) == OK && json_object_get(relayed, "responses"),
       "through the own node, with token and proof for the originator's: %s", f.what);
    ok(session_rewrap(s, birch.card, "srt", &own, &f) == OK &&
           json_array_size(json_object_get(own, "responses")) == 1,
       "of own reports straight: %s", f.what);
    ok(session_rewrap(s, gone, "srt", &none, &f) == E_UNAVAILABLE && strstr(f.what, "gone.example"),
       "an originator that is down: %s", f.what);
}

static void first_contact(void)
{
    struct fail f = { 0 };
    AUTO(card_freep) struct card *card = NULL;
    AUTO(json_freep) json_t *answer_to = NULL;
    struct card *none = NULL;
    uint8_t sha[HASH_LEN];
    struct org forged = birch;
    memcpy(sha, birch.card->card_key_sha, sizeof sha);
    ok(session_first(url, sha, &card, &f) == OK && session_enrol(card, json_object(), &answer_to, &f) == OK &&
           has(answer_to, "person", BOB),
       "the card that the URL names, then the enrolment over the pinned channel: %s", f.what);
    sha[0] ^= 1;
    ok(session_first(url, sha, &none, &f) == E_UNVERIFIED, "another card key: %s", f.what);
    sha[0] ^= 1;
    fail_clear(&f);
    AUTO(str_freep) char *other = str_format("%s/sub", url);
    ok(session_first(other, sha, &none, &f) != OK, "another address: %s", f.what);
    /* whoever stands in between shows the right card, but can't hold the key that it pins */
    uint8_t pin[HASH_LEN] = { 7 };
    AUTO(str_freep) char *was = birch.card_text;
    birch.card_text = org_card(&forged, 2, "", forged.card_key, pin);
    fail_clear(&f);
    ok(session_first(url, sha, &none, &f) == E_UNVERIFIED && strstr(f.what, "pin"), "another TLS key: %s",
       f.what);
    mem_freep(&birch.card_text);
    birch.card_text = was;
    was = NULL;
}

/* Something else answers at the node's address, or nothing does. */
static void elsewhere(const char *dir)
{
    struct fail f = { 0 };
    AUTO(session_freep) struct session *s = NULL;
    AUTO(session_freep) struct session *to_nobody = NULL;
    struct org wrong, nobody;
    uint8_t pin[HASH_LEN] = { 9 };
    json_t *out = NULL;
    org_make(&wrong, "wrong.example", url, pin);
    org_make(&nobody, "nobody.example", "https://127.0.0.1:1", pin);
    AUTO(profile_freep) struct profile *eve = world_profile(dir, "eve@wrong.example", &wrong);
    AUTO(profile_freep) struct profile *noa = world_profile(dir, "noa@nobody.example", &nobody);
    world_must(session_new(eve, &s, &f), &f);
    world_must(session_new(noa, &to_nobody, &f), &f);
    int before = atomic_load(&tokens);
    ok(session_get(s, "/v1/thing", &out, &f) == E_UNVERIFIED && atomic_load(&tokens) == before,
       "a key that is not pinned hears nothing: %s", f.what);
    fail_clear(&f);
    ok(session_get(to_nobody, "/v1/thing", &out, &f) == E_UNAVAILABLE && strstr(f.what, "nobody.example"),
       "a node that is down is named: %s", f.what);
    org_clear(&wrong);
    org_clear(&nobody);
}

int main(void)
{
    struct https_identity id;
    struct fail f = { 0 };
    uint8_t pin[HASH_LEN];
    char *dir = world_folder();
    struct org gone;
    log_set("test", LOG_ERROR);
    https_identity_make(&id);
    struct http_server *server =
        https_start(&id, (struct http_conf){ .routes = routes, .route_count = COUNT(routes) });
    url = str_format("https://%s", http_server_address(server));
    if (!hex_read(bytes_str(id.pin), pin, sizeof pin))
        return 99;
    org_make(&birch, "birch.example", url, pin);
    org_make(&alder, "alder.example", ALDER, pin);
    org_make(&gone, "gone.example", "https://gone.example:7700", pin);
    AUTO(profile_freep) struct profile *bob = world_profile(dir, BOB, &birch);
    AUTO(session_freep) struct session *s = NULL;
    world_must(session_new(bob, &s, &f), &f);
    calls(s);
    cards(s);
    keys(s, gone.card);
    first_contact();
    elsewhere(dir);
    session_freep(&s);
    http_server_stop(server, 1000);
    https_identity_clear(&id);
    org_clear(&birch);
    org_clear(&alder);
    org_clear(&gone);
    mem_freep(&url);
    world_remove(dir);
    return tap_done();
}
