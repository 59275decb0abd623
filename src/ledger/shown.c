/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/shown.h"

#include "base/b64.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/name.h"
#include "ledger/statement.h"
#include "ledger/text.h"

#define TOKEN_SKEW_S   30
#define REQUEST_SKEW_S 60
#define CLAIM_MAX      ((uint64_t)1 << 40) /* seconds; far beyond the year 9999 */

const char *shown_text(const json_t *v, const char *name)
{
    const char *s = json_string_value(json_object_get(v, name));
    return s == NULL ? "" : s;
}

/* fits_time: iat - skew <= at <= exp + skew, with both claims there. */
static bool fits_time(const json_t *claims, uint64_t at_s, uint64_t skew_s)
{
    uint64_t iat, exp;
    return json_need_u64(claims, "iat", "token", &iat, NULL) == OK &&
           json_need_u64(claims, "exp", "token", &exp, NULL) == OK && iat < CLAIM_MAX && exp < CLAIM_MAX &&
           iat <= at_s + skew_s && at_s <= exp + skew_s;
}

/* list_has: ${v} is the text ${s}, or a list with it. */
static bool list_has(const json_t *v, const char *s)
{
    size_t i;
    const json_t *item;
    if (json_is_string(v))
        return strcmp(json_string_value(v), s) == 0;
    json_array_foreach (v, i, item)
        if (json_is_string(item) && strcmp(json_string_value(item), s) == 0)
            return true;
    return false;
}

/* sub_fits: the token's person is who the entry says; `@domain` stands for any person of it. */
static bool sub_fits(const char *sub, struct bytes person)
{
    if (!name_is_person(sub))
        return false;
    if (person.len != 0 && person.data[0] == '@')
        return text_is(BYTES(person.data + 1, person.len - 1), name_domain_of(sub));
    return text_is(person, sub);
}

static MUST_USE enum err check_token(struct bytes text, const char *thumbprint, struct bytes person,
                                     uint64_t at_s, const char *ledger, const struct shown_cards *cards,
                                     char issuer[static DOMAIN_MAX + 1], struct fail *f)
{
    AUTO(jose_freep) struct jose *token = NULL;
    TRY(jose_read(text, JOSE_MAX_SMALL, "token", &token, f));
    const char *iss = shown_text(token->payload, "iss");
    const struct key *k =
        name_is_domain(iss) && token->kid != NULL ? cards->key(cards->ctx, iss, "token", token->kid) : NULL;
    if (k == NULL)
        return fail_set(f, E_UNVERIFIED, "no token key %.60s in the card of %.253s",
                        token->kid == NULL ? "" : token->kid, iss);
    TRY(jose_verify(token, JOSE_ES256, NULL, k, f));
    if (!sub_fits(shown_text(token->payload, "sub"), person))
        return fail_set(f, E_UNVERIFIED, "token of another person");
    if (!list_has(json_object_get(token->payload, "aud"), ledger))
        return fail_set(f, E_UNVERIFIED, "token for another audience");
    if (!fits_time(token->payload, at_s, TOKEN_SKEW_S))
        return fail_set(f, E_UNVERIFIED, "token of another time");
    if (strcmp(shown_text(json_object_get(token->payload, "cnf"), "jkt"), thumbprint) != 0)
        return fail_set(f, E_UNVERIFIED, "token bound to another key");
    snprintf(issuer, DOMAIN_MAX + 1, "%s", iss);
    return OK;
}

/* policy_is: a policy, base64 of JSON, has this uuid. */
static bool policy_is(const char *body, struct bytes copy)
{
    AUTO(json_freep) json_t *policy = NULL;
    AUTO(buf_freep) struct buf *raw = buf_new(JOSE_MAX_LARGE);
    return b64_read(B64_STD, bytes_str(body), raw, "policy", NULL) == OK &&
           json_read(bytes_of(raw), JOSE_MAX_LARGE, "policy", &policy, NULL) == OK &&
           text_is(copy, shown_text(policy, "uuid"));
}

static bool asks_for(const json_t *claims, struct bytes copy)
{
    AUTO(json_freep) json_t *body = NULL;
    size_t i;
    const json_t *request;
    if (copy.len == 0 ||
        json_read(bytes_str(shown_text(claims, "requestBody")), JOSE_MAX_LARGE, "request", &body, NULL) != OK)
        return false;
    json_array_foreach (json_object_get(body, "requests"), i, request)
        if (policy_is(shown_text(json_object_get(request, "policy"), "body"), copy))
            return true;
    return policy_is(shown_text(body, "policy"), copy); /* the older form: one object, unnamed */
}

static MUST_USE enum err check_request(struct bytes text, const struct key *k, struct bytes copy,
                                       uint64_t at_s, struct fail *f)
{
    AUTO(jose_freep) struct jose *srt = NULL;
    TRY(jose_read(text, JOSE_MAX_LARGE, "SRT", &srt, f));
    TRY(jose_verify(srt, JOSE_ES256, NULL, k, f));
    if (!fits_time(srt->payload, at_s, REQUEST_SKEW_S))
        return fail_set(f, E_UNVERIFIED, "SRT of another time");
    if (!asks_for(srt->payload, copy))
        return fail_set(f, E_UNVERIFIED, "SRT asks for another copy");
    return OK;
}

/* read_key: the reader's key, in exactly the bytes of its thumbprint. */
static MUST_USE enum err read_key(struct bytes text, struct key **out,
                                  char thumbprint[static THUMBPRINT_SIZE], struct fail *f)
{
    AUTO(json_freep) json_t *jwk = NULL;
    AUTO(key_freep) struct key *k = NULL;
    AUTO(buf_freep) struct buf *exact = buf_new(4096);
    TRY(json_read(text, 4096, "reader's key", &jwk, f));
    TRY(key_read_jwk(jwk, false, &k, f));
    if (key_kind(k) != KEY_P256)
        return fail_set(f, E_INVALID, "the reader's key is no P-256 key");
    key_thumbprint_bytes(k, exact);
    if (!bytes_equal(bytes_of(exact), text))
        return fail_set(f, E_INVALID, "the reader's key is not in its one form");
    TRY(key_thumbprint(k, thumbprint, f));
    *out = k;
    k = NULL;
    return OK;
}

MUST_USE enum err shown_reader(const struct presence *p, const struct presence_facts *facts,
                               const char *ledger, const struct shown_cards *cards,
                               char issuer[static DOMAIN_MAX + 1], struct fail *f)
{
    static const uint32_t need =
        1u << FIELD_TIME | 1u << FIELD_PERSON | 1u << FIELD_COPY | 1u << FIELD_READER;
    AUTO(key_freep) struct key *k = NULL;
    char thumbprint[THUMBPRINT_SIZE];
    uint8_t digest[HASH_LEN];
    uint64_t time_ms;
    struct reader r = reader_of(facts->field[FIELD_TIME]);
    if ((facts->opened & need) != need || !get_u64(&r, &time_ms) || !reader_done(&r))
        return fail_set(f, E_UNVERIFIED, "reader lines without fields 1, 3, 7 and 15");
    body_reader_digest(p->srt, p->token, digest);
    if (!bytes_equal(facts->field[FIELD_READER], BYTES(digest, sizeof digest)))
        return fail_set(f, E_UNVERIFIED, "field 15 is not the digest of SRT and token");
    TRY(read_key(p->jwk, &k, thumbprint, f));
    TRY(check_token(p->token, thumbprint, facts->field[FIELD_PERSON], time_ms / 1000, ledger, cards, issuer,
                    f));
    return check_request(p->srt, k, facts->field[FIELD_COPY], time_ms / 1000, f);
}

MUST_USE enum err shown_jws(struct bytes jws, const struct shown_cards *cards, struct jose **out,
                            struct fail *f)
{
    AUTO(jose_freep) struct jose *s = NULL;
    uint64_t v;
    TRY(statement_jws(jws, JOSE_MAX_LARGE, "statement", &s, f));
    const char *iss = shown_text(s->payload, "iss");
    const struct key *k =
        name_is_domain(iss) && s->kid != NULL ? cards->key(cards->ctx, iss, "statement", s->kid) : NULL;
    if (json_need_u64(s->payload, "v", "statement", &v, NULL) != OK || v != 1)
        return fail_set(f, E_INVALID, "statement of an unknown version");
    if (k == NULL)
        return fail_set(f, E_UNVERIFIED, "no statement key %.60s in the card of %.253s",
                        s->kid == NULL ? "" : s->kid, iss);
    TRY(jose_verify(s, JOSE_ES256, STATEMENT_TYP, k, f));
    *out = s;
    s = NULL;
    return OK;
}

MUST_USE enum err shown_statement(const struct presence *p, const struct presence_facts *facts,
                                  const struct shown_cards *cards, struct jose **out, struct fail *f)
{
    AUTO(jose_freep) struct jose *s = NULL;
    uint8_t digest[HASH_LEN];
    TRY(shown_jws(p->statement, cards, &s, f));
    jose_digest(s, digest);
    if (!bytes_equal(facts->field[FIELD_STATEMENT], BYTES(digest, sizeof digest)))
        return fail_set(f, E_UNVERIFIED, "field 14 is not the digest of the statement");
    *out = s;
    s = NULL;
    return OK;
}

bool shown_names(const struct jose *statement, const char *portion)
{
    const json_t *portions = json_object_get(statement->payload, "portions");
    const char *slash = strchr(portion, '/');
    if (!json_is_array(portions))
        return false;
    if (list_has(portions, portion))
        return true;
    if (slash == NULL)
        return false;
    AUTO(str_freep) char *domain = str_format("%.*s", (int)(slash - portion), portion);
    return list_has(json_object_get(statement->payload, "aud"), domain) && list_has(portions, slash + 1);
}
