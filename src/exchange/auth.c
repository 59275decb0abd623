/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/auth.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "exchange/cards.h"
#include "exchange/guests.h"
#include "exchange/proofs.h"
#include "exchange/rates.h"
#include "exchange/seen.h"
#include "exchange/service.h"
#include "keeper/keeper.h"
#include "store/person.h"
#include "store/store.h"

#define TOKEN_LIFE_S     270 /* ours: whatever the clocks, none is refused before it says so */
#define TOKEN_MAX_S      300 /* of anybody: so long at most is a partner's person served after his suspension */
#define ASSERTION_LIFE_S 60
#define SKEW_S           30
#define PROOF_AGE_S      60

static const struct {
    const char *name;
    enum role role;
} roles_table[] = {
    { "admin", ROLE_ADMIN },         { "auditor", ROLE_AUDITOR }, { "author", ROLE_AUTHOR },
    { "authority", ROLE_AUTHORITY }, { "officer", ROLE_OFFICER }, { "reader", ROLE_READER },
};

enum err auth_roles_read(const char *text, unsigned *roles, struct fail *f)
{
    unsigned got = 0;
    while (*text) {
        size_t n = strcspn(text, ","), i = 0;
        while (i < COUNT(roles_table) &&
               (strlen(roles_table[i].name) != n || strncmp(roles_table[i].name, text, n) != 0))
            i++;
        if (i == COUNT(roles_table))
            return fail_set(f, E_USAGE,
                            "unknown role '%.*s' (reader, author, officer, authority, auditor, admin)",
                            (int)(n < 40 ? n : 40), text);
        got |= roles_table[i].role;
        text += n + (text[n] == ',');
    }
    *roles = got;
    return OK;
}

void auth_roles_print(unsigned roles, char out[static 64])
{
    size_t len = 0;
    out[0] = '\0';
    for (size_t i = 0; i < COUNT(roles_table); i++)
        if (roles & roles_table[i].role)
            len += (size_t)snprintf(out + len, 64 - len, "%s%s", len ? "," : "", roles_table[i].name);
}

const char *auth_token_in(const char *authorization)
{
    static const char *const schemes[] = { "DPoP ", "Bearer " };
    for (size_t i = 0; authorization && i < COUNT(schemes); i++) {
        size_t n = strlen(schemes[i]);
        if (strncasecmp(authorization, schemes[i], n) == 0 && authorization[n])
            return authorization + n;
    }
    return NULL;
}

/* The signature, once for each token and card: afterwards its hash says that it was checked. */
static enum err check_signature(struct node *n, const struct jose *j, const struct card *card,
                                uint64_t now_ms, uint64_t exp_ms, struct fail *f)
{
    uint8_t name[HASH_LEN];
    struct bytes parts[] = { BYTES(card->digest, HASH_LEN), bytes_str(j->text) };
    hash_sha256_parts(parts, COUNT(parts), name);
    if (seen_has(proofs_tokens(n), name, now_ms))
        return OK;
    const struct card_key *k = j->kid ? card_key(card, "token", j->kid) : NULL;
    if (!k || k->revoked_s || (k->exp_s && now_ms / 1000 > k->exp_s) ||
        jose_verify(j, JOSE_ES256, "at+jwt", k->key, NULL) != OK)
        return fail_why(f, REASON_TOKEN, "the access token is not signed by a token key of %s", card->domain);
    if (seen_add(proofs_tokens(n), name, now_ms, exp_ms) == SEEN_FULL) {
        /* not remembered: the next request checks the signature again, which is only slower */
    }
    return OK;
}

static enum err read_times(const json_t *p, uint64_t now_ms, uint64_t *exp_ms, struct fail *f)
{
    uint64_t iat, exp, now_s = now_ms / 1000;
    TRY(json_need_u64(p, "iat", "access token", &iat, f));
    TRY(json_need_u64(p, "exp", "access token", &exp, f));
    uint64_t end = exp + SKEW_S < iat + TOKEN_MAX_S ? exp + SKEW_S : iat + TOKEN_MAX_S;
    if (end <= now_s)
        return fail_why(f, REASON_TOKEN_EXPIRED, "the access token ended %llu s ago",
                        (unsigned long long)(now_s - end));
    if (iat > now_s + SKEW_S)
        return fail_why(f, REASON_TOKEN, "the access token is from the future: check the clocks");
    if (exp > iat + TOKEN_MAX_S)
        return fail_why(f, REASON_TOKEN, "the access token lives longer than %d s", TOKEN_MAX_S);
    *exp_ms = end * 1000;
    return OK;
}

static bool audience_has(const json_t *aud, const char *domain)
{
    if (json_is_string(aud))
        return strcmp(json_string_value(aud), domain) == 0;
    for (size_t i = 0; i < json_array_size(aud); i++) {
        const char *s = json_string_value(json_array_get(aud, i));
        if (s && strcmp(s, domain) == 0)
            return true;
    }
    return false;
}

static enum err read_roles(const json_t *p, unsigned *roles, struct fail *f)
{
    const json_t *list = json_object_get(p, "roles");
    *roles = 0;
    for (size_t i = 0; i < json_array_size(list); i++) {
        unsigned one = 0;
        const char *name = json_string_value(json_array_get(list, i));
        if (!name || auth_roles_read(name, &one, NULL) != OK)
            return fail_why(f, REASON_TOKEN, "the access token names an unknown role");
        *roles |= one;
    }
    return OK;
}

/* Claims into ${out}; the thumbprint is what cnf asks for, still to be proved. */
static enum err read_claims(const json_t *p, const char *audience, struct asker *out, struct fail *f)
{
    const char *iss, *sub, *jkt = "", *clearance;
    const json_t *cnf = json_object_get(p, "cnf");
    TRY(json_need_str(p, "iss", "access token", &iss, f));
    TRY(json_need_str(p, "sub", "access token", &sub, f));
    out->bound = cnf != NULL;
    if (cnf)
        TRY(json_need_str(cnf, "jkt", "access token", &jkt, f));
    TRY(json_may_str(p, "clearance", "access token", &clearance, f));
    if (!name_is_domain(iss) || !name_is_person(sub) || strlen(jkt) != (cnf ? THUMBPRINT_SIZE - 1 : 0))
        return fail_why(f, REASON_TOKEN, "the access token has a malformed iss, sub or cnf");
    if (!audience_has(json_object_get(p, "aud"), audience))
        return fail_why(f, REASON_AUDIENCE, "the access token is not meant for %s", audience);
    snprintf(out->person, sizeof out->person, "%s", sub);
    snprintf(out->domain, sizeof out->domain, "%s", name_domain_of(sub));
    snprintf(out->issuer, sizeof out->issuer, "%s", iss);
    snprintf(out->audience, sizeof out->audience, "%s", audience);
    snprintf(out->thumbprint, sizeof out->thumbprint, "%s", jkt);
    snprintf(out->clearance, sizeof out->clearance, "%s", clearance ? clearance : "");
    out->service = json_is_true(json_object_get(p, "service"));
    return read_roles(p, &out->roles, f);
}

static enum err check_token(struct node *n, const char *token, const char *audience, uint64_t now_ms,
                            struct asker *out, struct fail *f)
{
    AUTO(jose_freep) struct jose *j = NULL;
    struct fail why = { 0 };
    uint64_t exp_ms;
    if (jose_read(bytes_str(token), JOSE_MAX_SMALL, "access token", &j, &why) != OK)
        return fail_why(f, REASON_TOKEN, "%s", why.what);
    TRY(read_claims(j->payload, audience, out, f));
    TRY(read_times(j->payload, now_ms, &exp_ms, f));
    out->ends_ms = exp_ms;
    AUTO(cards_put) struct card_ref ref = { 0 };
    TRY(cards_get_met(n, out->issuer, &ref, f)); /* to whom nothing was released, nothing is opened */
    TRY(check_signature(n, j, ref.card, now_ms, exp_ms, f));
    return guests_check(n, out->issuer, out->person,
                        f); /* only now: who is whose client is nobody else's matter */
}

static enum err check_proof(const char *proof, const char *htm, const char *htu, const char *token,
                            uint64_t now_ms, struct dpop *out, struct fail *f)
{
    struct fail why = { 0 };
    if (!proof)
        return fail_why(f, REASON_PROOF, "no DPoP proof came with the access token");
    if (jose_read_dpop(bytes_str(proof), htm, htu, token, now_ms, PROOF_AGE_S, SKEW_S, out, &why) != OK)
        return fail_why(f, REASON_PROOF, "%s", why.what);
    return OK;
}

enum err auth_proof(struct node *n, const char *proof, const char *htm, const char *htu, const char *token,
                    struct dpop *out, struct fail *f)
{
    uint64_t now_ms = n->now_ms();
    TRY(check_proof(proof, htm, htu, token, now_ms, out, f));
    return proofs_use_ours(n, out, now_ms, f);
}

/* A key whose words nobody has compared may be another's: it reads. */
static unsigned roles_of_key(const struct device_row *device, unsigned roles)
{
    return device->confirmed_ms ? roles : roles & (unsigned)ROLE_READER;
}

static enum err person_now(struct db *db, struct asker *a, struct fail *f)
{
    AUTO(store_person_clear) struct person_row person = { 0 };
    enum err e = store_person_get(db, a->person, &person, f);
    /* a partner need not have told us of all his people: his token does */
    if (!a->own && store_missing(e, f))
        return OK;
    TRY(e);
    if (person.state != PERSON_ACTIVE)
        return fail_why(f, REASON_SUSPENDED_PERSON, "%s is suspended", a->person);
    return a->own ? auth_roles_read(person.roles, &a->roles, f) : OK;
}

static enum err device_now(struct db *db, struct asker *a, struct fail *f)
{
    AUTO(store_device_clear) struct device_row device = { 0 };
    enum err e = store_device_get(db, a->thumbprint, &device, f);
    if (!a->own && store_missing(e, f))
        return OK;
    TRY(e);
    if (strcmp(device.person, a->person) != 0)
        return fail_why(f, REASON_TOKEN, "the key in the token belongs to somebody else");
    if (device.state != DEVICE_ACTIVE)
        return fail_why(f, REASON_SUSPENDED_DEVICE, "this device of %s is revoked", a->person);
    if (a->own)
        a->roles = roles_of_key(&device, a->roles);
    return OK;
}

/* Our own people as they are now, whatever their token says; a partner's as his home last told. */
static enum err check_person(struct node *n, struct asker *a, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    a->own = strcmp(a->issuer, n->conf.domain) == 0;
    TRY(store_read_begin(n->store, &db, f));
    TRY(person_now(db, a, f));
    if (a->own)
        TRY(service_is(db, a->person, &a->service, f));
    /* a machine's key lives as long as its token; nobody enrolled it */
    return a->own && a->service ? OK : device_now(db, a, f);
}

/* What was shown with a token that is bound to nothing: maybe a key, of the client's own choice. */
static enum err check_unbound(struct node *n, const char *proof, const char *htm, const char *htu,
                              struct asker *a, struct fail *f)
{
    struct dpop dpop;
    if (n->interop == INTEROP_OFF)
        return fail_why(f, REASON_PROOF, "the access token is bound to no key, and interop is off here");
    if (strcmp(a->issuer, n->conf.domain) != 0)
        return fail_why(f, REASON_PROOF, "the access token is bound to no key");
    if (!proof)
        return OK;
    TRY(auth_proof(n, proof, htm, htu, NULL, &dpop, f));
    memcpy(a->jwk, dpop.jwk, sizeof a->jwk);
    return OK;
}

static enum err check_bound(struct node *n, const char *proof, const char *htm, const char *htu,
                            const char *token, struct asker *a, struct fail *f)
{
    struct dpop dpop;
    TRY(check_proof(proof, htm, htu, token, n->now_ms(), &dpop, f));
    if (strcmp(dpop.thumbprint, a->thumbprint) != 0)
        return fail_why(f, REASON_PROOF, "the proof is by another key than the access token is bound to");
    memcpy(a->jwk, dpop.jwk, sizeof a->jwk);
    bool ours = strcmp(a->audience, n->conf.domain) == 0;
    return ours ? proofs_use_ours(n, &dpop, n->now_ms(), f) : proofs_use(n, &dpop, n->now_ms(), f);
}

enum err auth_check(struct node *n, const char *authorization, const char *proof, const char *htm,
                    const char *htu, const char *audience, struct asker *out, struct fail *f)
{
    const char *token = auth_token_in(authorization);
    struct asker a = { 0 };
    uint64_t now_ms = n->now_ms();
    if (!token)
        return fail_why(f, REASON_TOKEN, "no access token: sign in first");
    TRY(check_token(n, token, audience, now_ms, &a, f));
    TRY(a.bound ? check_bound(n, proof, htm, htu, token, &a, f) : check_unbound(n, proof, htm, htu, &a, f));
    TRY(check_person(n, &a, f));
    if (!a.bound && !a.service)
        return fail_why(f, REASON_PROOF, "the access token is bound to no key");
    *out = a;
    return OK;
}

enum err auth_still(struct node *n, struct asker *a, struct fail *f)
{
    return check_person(n, a, f);
}

enum err auth_device(struct node *n, const char *person, const char *thumbprint, struct key **out,
                     struct fail *f)
{
    struct asker a = { 0 };
    snprintf(a.person, sizeof a.person, "%s", person);
    snprintf(a.domain, sizeof a.domain, "%s", name_domain_of(person));
    snprintf(a.issuer, sizeof a.issuer, "%s", a.domain);
    snprintf(a.thumbprint, sizeof a.thumbprint, "%s", thumbprint);
    TRY(check_person(n, &a, f));
    AUTO(store_read_endp) struct db *db = NULL;
    AUTO(store_device_clear) struct device_row device = { 0 };
    AUTO(json_freep) json_t *jwk = NULL;
    TRY(store_read_begin(n->store, &db, f));
    enum err e = store_device_get(db, thumbprint, &device, f);
    if (store_missing(e, f))
        return fail_why(f, REASON_TOKEN, "no key of %s with this thumbprint is known", person);
    TRY(e);
    TRY(json_read(bytes_str(device.jwk), JOSE_MAX_SMALL, "stored key", &jwk, f));
    return key_read_jwk(jwk, false, out, f);
}

static enum err check_assertion(struct node *n, const struct jose *j, const char **person, struct fail *f)
{
    const char *iss, *sub, *aud;
    uint64_t iat, exp, now_s = n->now_ms() / 1000;
    TRY(json_need_str(j->payload, "iss", "assertion", &iss, f));
    TRY(json_need_str(j->payload, "sub", "assertion", &sub, f));
    TRY(json_need_str(j->payload, "aud", "assertion", &aud, f));
    TRY(json_need_u64(j->payload, "iat", "assertion", &iat, f));
    TRY(json_need_u64(j->payload, "exp", "assertion", &exp, f));
    AUTO(str_freep) char *want = str_format("%s/token", n->conf.url);
    if (strcmp(iss, sub) != 0 || !name_is_person(sub))
        return fail_why(f, REASON_ISSUER, "tokens are issued here to people of %s only", n->conf.domain);
    if (strcmp(aud, want) != 0)
        return fail_why(f, REASON_AUDIENCE, "the assertion is not meant for %s", want);
    if (exp + SKEW_S < now_s || iat > now_s + SKEW_S || exp > iat + ASSERTION_LIFE_S)
        return fail_why(f, REASON_TOKEN_EXPIRED, "the assertion is not from the last %d s", ASSERTION_LIFE_S);
    *person = sub;
    return OK;
}

/* Whoever has no key of his hears the same, whether there is such a person or not. */
static enum err check_his(struct node *n, const char *person, const char *thumbprint, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    AUTO(store_device_clear) struct device_row device = { 0 };
    TRY(store_read_begin(n->store, &db, f));
    enum err e = store_device_get(db, thumbprint, &device, f);
    if (store_missing(e, f) || (e == OK && strcmp(device.person, person) != 0))
        return fail_why(f, REASON_TOKEN, "no key of %s with this thumbprint is known", person);
    return e;
}

/* The claims of a token for ${person}, as he stands in the store now. */
static enum err token_payload(struct node *n, const char *person, const char *thumbprint, bool service,
                              const char *resource, json_t **out, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    AUTO(store_person_clear) struct person_row row = { 0 };
    unsigned bits;
    TRY(store_read_begin(n->store, &db, f));
    TRY(store_person_get(db, person, &row, f));
    TRY(auth_roles_read(row.roles, &bits, f));
    if (thumbprint && !service) {
        AUTO(store_device_clear) struct device_row device = { 0 };
        TRY(store_device_get(db, thumbprint, &device, f));
        bits = roles_of_key(&device, bits);
    }
    uint64_t now_s = n->now_ms() / 1000;
    char jti[UUID_TEXT];
    random_uuid(jti);
    json_t *p = json_object(), *roles = json_array(), *aud = json_array();
    json_set_str(p, "iss", n->conf.domain);
    json_set_str(p, "sub", person);
    json_array_append_new(aud, json_string(resource));
    json_set_take(p, "aud", aud);
    if (thumbprint)
        json_set_take(p, "cnf", json_pack("{s:s}", "jkt", thumbprint));
    if (service) {
        json_set_bool(p, "service", true);
        json_set_str(p, "azp", person); /* what OpenTDF calls the client */
    }
    json_set_u64(p, "iat", now_s);
    json_set_u64(p, "exp", now_s + TOKEN_LIFE_S);
    json_set_str(p, "jti", jti);
    json_set_str(p, "clearance", row.clearance);
    json_set_take(p, "roles", roles);
    for (size_t i = 0; i < COUNT(roles_table); i++)
        if (bits & roles_table[i].role)
            json_array_append_new(roles, json_string(roles_table[i].name));
    *out = p;
    return OK;
}

enum err auth_issue(struct node *n, const char *person, const char *thumbprint, bool service,
                    const char *resource, json_t **out, struct fail *f)
{
    AUTO(json_freep) json_t *payload = NULL;
    AUTO(buf_freep) struct buf *jws = buf_new(JOSE_MAX_SMALL);
    TRY(token_payload(n, person, thumbprint, service, resource, &payload, f));
    TRY(keeper_sign(n->keeper, USE_TOKEN, payload, jws, f));
    json_t *answer = json_object();
    json_set_str(answer, "access_token", buf_text(jws));
    json_set_str(answer, "token_type", thumbprint ? "DPoP" : "Bearer");
    json_set_u64(answer, "expires_in", TOKEN_LIFE_S);
    *out = answer;
    return OK;
}

enum err auth_token(struct node *n, const char *assertion, const char *proof, const char *resource,
                    json_t **out, struct fail *f)
{
    AUTO(jose_freep) struct jose *j = NULL;
    AUTO(key_freep) struct key *key = NULL;
    AUTO(str_freep) char *htu = str_format("%s/token", n->conf.url);
    const char *person;
    struct dpop dpop;
    uint64_t now_ms = n->now_ms();
    if (!resource || !name_is_domain(resource))
        return fail_set(f, E_INVALID, "resource is not a domain");
    TRY(jose_read(bytes_str(assertion ? assertion : ""), JOSE_MAX_SMALL, "assertion", &j, f));
    TRY(check_assertion(n, j, &person, f));
    TRY(check_proof(proof, "POST", htu, NULL, now_ms, &dpop, f));
    TRY(check_his(n, person, dpop.thumbprint, f));
    TRY(auth_device(n, person, dpop.thumbprint, &key, f));
    if (jose_verify(j, JOSE_ES256, "JWT", key, NULL) != OK)
        return fail_why(f, REASON_TOKEN, "the assertion is not signed by the key that made the proof");
    TRY(guests_check(n, n->conf.domain, person, f));
    TRY(rates_take(n->rates, RATE_DEVICE_KEYS, dpop.thumbprint, 1, 0, now_ms, f));
    TRY(proofs_use_ours(n, &dpop, now_ms, f));
    return auth_issue(n, person, dpop.thumbprint, false, resource, out, f);
}
