/* SPDX-License-Identifier: Apache-2.0 */
#include "client/session.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/time.h"

#define TOKENS_MAX     16
#define ASSERTION_S    50
#define TOKEN_SPARE_S  30 /* one that ends sooner is renewed */
#define TOKEN_MAX      ((size_t)16 << 10)
#define PROOF_MAX      ((size_t)8 << 10)
#define ANSWER_MAX     ((size_t)8 << 20) /* JSON: a proof for each key makes them long */
#define REWRAP_PATH    "/kas.AccessService/Rewrap"
#define REWRAP_MS      20000 /* the own node waits for the other one */
#define INCLUSION_PATH "/v1/inclusion"
#define BRIEFED_PATH   "/v1/briefed"
#define BRIEFED_MS     30000 /* the originator waits for witnesses */
#define GRANT          "urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer"

struct token {
    char resource[DOMAIN_MAX + 1];
    char *text;
    uint64_t ends_s;
};

/* What a node asked its proofs to have, since its start; nothing secret. */
struct nonce {
    char domain[DOMAIN_MAX + 1];
    char text[DPOP_NONCE_MAX + 1];
};

struct session {
    struct profile *profile;
    struct net_client *net;
    struct token tokens[TOKENS_MAX];
    size_t token_count;
    struct nonce nonces[TOKENS_MAX];
    size_t nonce_count;
};

enum err session_new(struct profile *p, struct session **out, struct fail *f)
{
    AUTO(session_freep) struct session *s = mem_new(sizeof *s);
    s->profile = p;
    TRY(net_client_new(&s->net, f));
    *out = s;
    s = NULL;
    return OK;
}

static void token_clear(struct token *t)
{
    if (t->text)
        wipe(t->text, strlen(t->text));
    mem_freep(&t->text);
}

void session_freep(struct session **s)
{
    if (!*s)
        return;
    for (size_t i = 0; i < (*s)->token_count; i++)
        token_clear(&(*s)->tokens[i]);
    net_client_free((*s)->net);
    mem_freep(s);
}

struct profile *session_profile(const struct session *s)
{
    return s->profile;
}

/* Sending -------------------------------------------------------------------------------------------------- */

static enum err send_to(struct net_client *net, const struct card *card, struct net_request *r,
                        struct net_answer *out, struct fail *f)
{
    struct card_pins pins;
    card_pins(card, &pins);
    r->pins = pins.list;
    r->pin_count = card->pin_count;
    r->allow_private = true;
    enum err e = net_client_send(net, r, out, f);
    r->pins = NULL; /* they end here */
    r->pin_count = 0;
    if (e != OK)
        fail_context(f, "the node of %s", card->domain);
    return e;
}

static enum err read_answer(const struct net_answer *a, const char *who, json_t **out, struct fail *f)
{
    TRY(net_answer_check(a, who, f));
    struct fail why = { 0 };
    if (json_read(bytes_of(a->body), ANSWER_MAX, "answer", out, &why) == OK)
        return OK;
    return fail_set(f, E_INTERNAL, "%s: %s", who, why.what);
}

/* Tokens ---------------------------------------------------------------------------------------------------- */

static enum err make_assertion(const struct profile *p, const char *audience, struct buf *out, struct fail *f)
{
    AUTO(json_freep) json_t *v = json_object();
    char jti[UUID_TEXT];
    uint64_t now_s = time_now_ms() / 1000;
    random_uuid(jti);
    json_set_str(v, "iss", p->person);
    json_set_str(v, "sub", p->person);
    json_set_str(v, "aud", audience);
    json_set_u64(v, "iat", now_s);
    json_set_u64(v, "exp", now_s + ASSERTION_S);
    json_set_str(v, "jti", jti);
    return jose_sign(p->key, NULL, "JWT", v, out, f);
}

static const char *nonce_of(const struct session *s, const char *domain)
{
    for (size_t i = 0; i < s->nonce_count; i++)
        if (strcmp(s->nonces[i].domain, domain) == 0)
            return s->nonces[i].text;
    return "";
}

/* Whether ${domain} refused a proof for lack of a nonce that it gives: with that it may be tried once more. */
static bool takes_nonce(struct session *s, const char *domain, const struct net_answer *a)
{
    const char *text = net_answer_header(a, "DPoP-Nonce");
    size_t i = 0;
    if ((a->status != 401 && a->status != 400) || !text || !*text || strlen(text) > DPOP_NONCE_MAX)
        return false;
    while (i < s->nonce_count && strcmp(s->nonces[i].domain, domain) != 0)
        i++;
    if (i == TOKENS_MAX)
        i = 0;
    if (i == s->nonce_count)
        s->nonce_count++;
    snprintf(s->nonces[i].domain, sizeof s->nonces[i].domain, "%s", domain);
    snprintf(s->nonces[i].text, sizeof s->nonces[i].text, "%s", text);
    return true;
}

static enum err ask_token_once(struct session *s, const char *resource, struct net_answer *answer,
                               struct fail *f)
{
    const struct profile *p = s->profile;
    AUTO(str_freep) char *url = str_format("%s/token", p->card->url);
    AUTO(buf_freep) struct buf *form = buf_new(TOKEN_MAX);
    AUTO(buf_freep) struct buf *proof = buf_new(PROOF_MAX);
    buf_put_str(form, "grant_type=" GRANT "&assertion=");
    TRY(make_assertion(p, url, form, f));
    buf_printf(form, "&resource=%s", resource);
    TRY(buf_check(form, "assertion", f));
    TRY(jose_make_dpop_nonce(p->key, "POST", url, NULL, nonce_of(s, p->card->domain), time_now_ms(), proof,
                             f));
    struct net_header headers[] = { { "Content-Type", "application/x-www-form-urlencoded" },
                                    { "DPoP", buf_text(proof) } };
    struct net_request r = { .method = "POST",
                             .url = url,
                             .headers = headers,
                             .header_count = COUNT(headers),
                             .body = bytes_of(form) };
    return send_to(s->net, p->card, &r, answer, f);
}

static enum err ask_token(struct session *s, const char *resource, json_t **out, struct fail *f)
{
    const char *own = s->profile->card->domain;
    AUTO(net_answer_clear) struct net_answer answer = { 0 };
    TRY(ask_token_once(s, resource, &answer, f));
    if (takes_nonce(s, own, &answer)) {
        net_answer_clear(&answer);
        TRY(ask_token_once(s, resource, &answer, f));
    }
    return read_answer(&answer, own, out, f);
}

static struct token *token_slot(struct session *s, const char *resource)
{
    size_t i = 0;
    while (i < s->token_count && strcmp(s->tokens[i].resource, resource) != 0)
        i++;
    if (i == TOKENS_MAX)
        i = 0;
    if (i == s->token_count)
        s->token_count++;
    return &s->tokens[i];
}

static enum err get_token(struct session *s, const char *resource, const char **out, struct fail *f)
{
    AUTO(json_freep) json_t *answer = NULL;
    struct token *t = token_slot(s, resource);
    uint64_t now_s = time_now_ms() / 1000, lasts_s;
    const char *text;
    if (!t->text || strcmp(t->resource, resource) != 0 || t->ends_s < now_s + TOKEN_SPARE_S) {
        TRY(ask_token(s, resource, &answer, f));
        TRY(json_need_str(answer, "access_token", "token answer", &text, f));
        TRY(json_need_u64(answer, "expires_in", "token answer", &lasts_s, f));
        token_clear(t);
        snprintf(t->resource, sizeof t->resource, "%s", resource);
        t->text = str_dup(text);
        t->ends_s = now_s + (lasts_s < 300 ? lasts_s : 300);
    }
    *out = t->text;
    return OK;
}

const char *session_token(const struct session *s, const char *resource)
{
    for (size_t i = 0; i < s->token_count; i++)
        if (strcmp(s->tokens[i].resource, resource) == 0)
            return s->tokens[i].text;
    return NULL;
}

/* Calls ------------------------------------------------------------------------------------------------------- */

/* What is called, and what the proof is made for: the two differ where the own node passes the call on. */
struct target {
    const char *url, *htu, *resource;
};

static enum err call_once(struct session *s, const struct session_request *r, const struct target *t,
                          struct net_answer *out, struct fail *f)
{
    const struct profile *p = s->profile;
    AUTO(buf_freep) struct buf *proof = buf_new(PROOF_MAX);
    AUTO(buf_freep) struct buf *authorization = buf_new_secret(TOKEN_MAX);
    const char *token;
    TRY(get_token(s, t->resource, &token, f));
    buf_printf(authorization, "DPoP %s", token);
    TRY(buf_check(authorization, "access token", f));
    TRY(jose_make_dpop_nonce(p->key, r->method, t->htu, token, nonce_of(s, t->resource), time_now_ms(), proof,
                             f));
    struct net_header headers[] = { { "Authorization", buf_text(authorization) },
                                    { "DPoP", buf_text(proof) },
                                    { "Content-Type", r->type } };
    struct net_request request = { .method = r->method,
                                   .url = t->url,
                                   .headers = headers,
                                   .header_count = COUNT(headers) - (r->type ? 0 : 1),
                                   .body = r->body,
                                   .max_answer = r->max_answer ? r->max_answer : ANSWER_MAX,
                                   .timeout_ms = r->timeout_ms };
    return send_to(s->net, p->card, &request, out, f);
}

/* A kept connection may end just when a request is on it; sent again, its proof counts no more. And a node that has just
 * started may ask for a proof with its nonce. Acts and key requests are the same ones the second time, so with a new proof the
 * call may be made again. */
static bool wants_new_proof(struct session *s, const struct target *t, const struct net_answer *a)
{
    struct fail why = { 0 };
    return takes_nonce(s, t->resource, a) ||
           (a->status == 401 && net_answer_check(a, "", &why) != OK && why.reason == REASON_REPLAY);
}

static enum err call(struct session *s, const struct session_request *r, const struct target *t,
                     struct net_answer *out, struct fail *f)
{
    TRY(call_once(s, r, t, out, f));
    if (!wants_new_proof(s, t, out))
        return OK;
    net_answer_clear(out);
    return call_once(s, r, t, out, f);
}

enum err session_call(struct session *s, const struct session_request *r, struct net_answer *out,
                      struct fail *f)
{
    const struct card *card = s->profile->card;
    AUTO(net_answer_clear) struct net_answer answer = { 0 };
    AUTO(str_freep) char *url = str_format("%s%s", card->url, r->path);
    AUTO(str_freep) char *htu = str_format("%s%.*s", card->url, (int)strcspn(r->path, "?"), r->path);
    struct target t = { url, htu, card->domain };
    TRY(call(s, r, &t, &answer, f));
    TRY(net_answer_check(&answer, card->domain, f));
    *out = answer;
    answer = (struct net_answer){ 0 };
    return OK;
}

static enum err call_json(struct session *s, const struct session_request *r, json_t **out, struct fail *f)
{
    AUTO(net_answer_clear) struct net_answer answer = { 0 };
    TRY(session_call(s, r, &answer, f));
    return read_answer(&answer, s->profile->card->domain, out, f);
}

enum err session_get(struct session *s, const char *path, json_t **out, struct fail *f)
{
    struct session_request r = { .method = "GET", .path = path };
    return call_json(s, &r, out, f);
}

enum err session_post(struct session *s, const char *path, json_t *body, json_t **out, struct fail *f)
{
    AUTO(json_freep) json_t *own = body;
    AUTO(str_freep) char *text = json_text(own);
    struct session_request r = {
        .method = "POST", .path = path, .type = "application/json", .body = bytes_str(text)
    };
    return call_json(s, &r, out, f);
}

/* Cards --------------------------------------------------------------------------------------------------------- */

/* The card of ${domain} as the own node has it; ${which} and ${number}: the one with this serial, or one that names this generation;
 * NULL: the newest. ${state} points into ${answer}. */
static enum err ask_card(struct session *s, const char *domain, const char *which, uint64_t number,
                         json_t **answer, const char **state, struct card **out, struct fail *f)
{
    AUTO(str_freep)
    char *path = !which
                     ? str_format("/v1/partners/%s/card", domain)
                     : str_format("/v1/partners/%s/card?%s=%llu", domain, which, (unsigned long long)number);
    AUTO(card_freep) struct card *card = NULL;
    const char *text;
    TRY(session_get(s, path, answer, f));
    TRY(json_need_str(*answer, "card", "card answer", &text, f));
    TRY(json_need_str(*answer, "state", "card answer", state, f));
    TRY(card_read(bytes_str(text), &card, f));
    if (strcmp(card->domain, domain) != 0)
        return fail_set(f, E_UNVERIFIED, "asked for the card of %s, got the one of %s", domain, card->domain);
    *out = card;
    card = NULL;
    return OK;
}

/* Those between the one we have and ${next}: where the card key was replaced, they alone lead there. */
static enum err take_between(struct session *s, uint64_t next, struct fail *f)
{
    const char *state;
    while (s->profile->card->serial + 1 < next) {
        AUTO(json_freep) json_t *answer = NULL;
        struct card *card = NULL;
        uint64_t was = s->profile->card->serial;
        TRY(ask_card(s, s->profile->card->domain, "serial", was + 1, &answer, &state, &card, f));
        TRY(profile_take_card(s->profile, card, f));
        if (s->profile->card->serial != was + 1)
            return fail_set(f, E_UNVERIFIED, "asked for card %llu of %s, got another",
                            (unsigned long long)was + 1, s->profile->card->domain);
    }
    return OK;
}

static enum err renew_own(struct session *s, struct card **card, struct card **out, struct fail *f)
{
    struct card *next = *card;
    if (next->serial > s->profile->card->serial + 1 &&
        memcmp(next->card_key_sha, s->profile->card->card_key_sha, HASH_LEN) != 0)
        TRY(take_between(s, next->serial, f));
    *card = NULL;
    TRY(profile_take_card(s->profile, next, f));
    return card_read(bytes_str(s->profile->card->jose->text), out, f);
}

enum err session_card(struct session *s, const char *domain, struct card **out, struct fail *f)
{
    return session_card_naming(s, domain, 0, out, f);
}

enum err session_card_naming(struct session *s, const char *domain, uint32_t generation, struct card **out,
                             struct fail *f)
{
    AUTO(json_freep) json_t *answer = NULL;
    AUTO(card_freep) struct card *card = NULL;
    const char *state;
    if (!name_is_domain(domain))
        return fail_set(f, E_INVALID, "'%.80s' is not a domain", domain);
    TRY(ask_card(s, domain, generation ? "generation" : NULL, generation, &answer, &state, &card, f));
    if (strcmp(domain, s->profile->card->domain) == 0)
        return renew_own(s, &card, out, f);
    if (strcmp(state, "unconfirmed") == 0)
        return fail_why(f, REASON_UNCONFIRMED_PARTNER, "the card of %s is not confirmed here", domain);
    if (strcmp(state, "confirmed") == 0)
        TRY(profile_keep_card(s->profile, card, f));
    *out = card;
    card = NULL;
    return OK;
}

/* Keys ----------------------------------------------------------------------------------------------------------- */

/* Connect says what failed as {code, message}; the own node's refusals to pass on look the same. */
static enum err connect_failure(const struct net_answer *a, const char *who, struct fail *f)
{
    AUTO(json_freep) json_t *v = NULL;
    const char *message = NULL;
    enum err e = err_from_http(a->status);
    if (json_read(bytes_of(a->body), ANSWER_MAX, "answer", &v, NULL) == OK &&
        json_may_str(v, "message", "answer", &message, NULL) == OK && message && *message)
        return fail_set(f, e == OK ? E_INTERNAL : e, "the keys of %s: %s", who, message);
    return net_answer_check(a, who, f);
}

enum err session_rewrap(struct session *s, const struct card *originator, const char *srt, json_t **out,
                        struct fail *f)
{
    const struct card *own = s->profile->card;
    bool here = strcmp(own->domain, originator->domain) == 0;
    AUTO(net_answer_clear) struct net_answer answer = { 0 };
    AUTO(json_freep) json_t *body = json_object();
    AUTO(str_freep) char *htu = str_format("%s" REWRAP_PATH, originator->url);
    AUTO(str_freep)
    char *url = here ? str_dup(htu) : str_format("%s/relay/v1/%s/rewrap", own->url, originator->domain);
    json_set_str(body, "signedRequestToken", srt);
    AUTO(str_freep) char *text = json_text(body);
    struct session_request r = {
        .method = "POST", .type = "application/json", .body = bytes_str(text), .timeout_ms = REWRAP_MS
    };
    struct target t = { url, htu, originator->domain };
    TRY(call(s, &r, &t, &answer, f));
    if (answer.status < 200 || answer.status >= 300)
        return connect_failure(&answer, originator->domain, f);
    return read_answer(&answer, originator->domain, out, f);
}

/* Questions ----------------------------------------------------------------------------------------------------- */

/* ${body} to the resource ${path} of another node, which the own one calls ${name}. */
static enum err ask_other(struct session *s, const struct card *other, const char *path, const char *name,
                          json_t *body, json_t **out, struct fail *f)
{
    const struct card *own = s->profile->card;
    bool here = strcmp(own->domain, other->domain) == 0;
    AUTO(net_answer_clear) struct net_answer answer = { 0 };
    AUTO(str_freep) char *text = json_text(body);
    AUTO(str_freep) char *htu = str_format("%s%s", other->url, path);
    AUTO(str_freep)
    char *url = here ? str_dup(htu) : str_format("%s/relay/v1/%s/%s", own->url, other->domain, name);
    struct session_request r = {
        .method = "POST", .type = "application/json", .body = bytes_str(text), .timeout_ms = BRIEFED_MS
    };
    struct target t = { url, htu, other->domain };
    TRY(call(s, &r, &t, &answer, f));
    return read_answer(&answer, other->domain, out, f);
}

enum err session_briefed(struct session *s, const struct card *originator, json_t *question, json_t **out,
                         struct fail *f)
{
    AUTO(json_freep) json_t *body = question;
    return ask_other(s, originator, BRIEFED_PATH, "briefed", body, out, f);
}

enum err session_inclusion(struct session *s, const struct card *giver, const char *override, json_t **out,
                           struct fail *f)
{
    AUTO(json_freep) json_t *body = json_object();
    json_set_str(body, "override", override);
    return ask_other(s, giver, INCLUSION_PATH, "inclusion", body, out, f);
}

/* Before there is a profile ---------------------------------------------------------------------------------------- */

static enum err check_first(const struct card *card, const char *url,
                            const uint8_t card_key_sha[static HASH_LEN], const uint8_t seen[static HASH_LEN],
                            struct fail *f)
{
    bool pinned = false;
    if (memcmp(card->card_key_sha, card_key_sha, HASH_LEN) != 0)
        return fail_set(f, E_UNVERIFIED,
                        "the card at %s is not the one that the enrolment URL names: ask the admin", url);
    if (strcmp(card->url, url) != 0)
        return fail_set(f, E_UNVERIFIED, "the card at %s is for %s", url, card->url);
    for (size_t i = 0; i < card->pin_count; i++)
        pinned = pinned || memcmp(card->pins[i], seen, HASH_LEN) == 0;
    if (!pinned)
        return fail_set(f, E_UNVERIFIED, "%s answers with a key that its card does not pin", url);
    return OK;
}

enum err session_first(const char *url, const uint8_t card_key_sha[static HASH_LEN], struct card **out,
                       struct fail *f)
{
    AUTO(net_client_freep) struct net_client *net = NULL;
    AUTO(net_answer_clear) struct net_answer answer = { 0 };
    AUTO(card_freep) struct card *card = NULL;
    AUTO(str_freep) char *at = str_format("%s/card", url);
    struct net_request r = { .url = at, .allow_private = true, .max_answer = CARD_MAX };
    uint8_t seen[NET_SPKI_LEN];
    TRY(net_client_new(&net, f));
    TRY(net_client_first_contact(net, &r, seen, &answer, f));
    TRY(net_answer_check(&answer, url, f));
    TRY(card_read(bytes_of(answer.body), &card, f));
    TRY(check_first(card, url, card_key_sha, seen, f));
    *out = card;
    card = NULL;
    return OK;
}

enum err session_enrol(const struct card *card, json_t *body, json_t **out, struct fail *f)
{
    AUTO(json_freep) json_t *own = body;
    AUTO(net_client_freep) struct net_client *net = NULL;
    AUTO(net_answer_clear) struct net_answer answer = { 0 };
    AUTO(str_freep) char *url = str_format("%s/enrol", card->url);
    AUTO(str_freep) char *text = json_text(own);
    struct net_header type = { "Content-Type", "application/json" };
    struct net_request r = {
        .method = "POST", .url = url, .headers = &type, .header_count = 1, .body = bytes_str(text)
    };
    TRY(net_client_new(&net, f));
    enum err e = send_to(net, card, &r, &answer, f);
    wipe(text, strlen(text)); /* it has the secret */
    TRY(e);
    return read_answer(&answer, card->domain, out, f);
}
