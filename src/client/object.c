/* SPDX-License-Identifier: Apache-2.0 */
#include "client/object.h"

#include <string.h>
#include <strings.h>

#include "base/b64.h"
#include "base/mem.h"
#include "base/time.h"
#include "client/unlock.h"
#include "crypto/seal.h"
#include "ledger/presence.h"

#define SRT_LIFE_S  60
#define LOGS_MAX    64
#define WRAPPED_MAX 512
#define KAO_ID_SIZE 32

/* One object under way. */
struct asking {
    struct session *session;
    const struct tdf_manifest *m;
    char *policy; /* its uuid */
    struct tdf_share shares[TDF_KAOS_MAX];
    size_t count;
    bool asked[TDF_KAOS_MAX];
    struct object_cards *cards; /* the caller's */
    struct fail refused;        /* the first */
};

static void asking_free(struct asking **a)
{
    if (!*a)
        return;
    wipe((*a)->shares, sizeof(*a)->shares);
    mem_freep(&(*a)->policy);
    mem_freep(a);
}

void object_cards_clear(struct object_cards *c)
{
    while (c->count)
        card_freep(&c->card[--c->count]);
}

/* Asking ------------------------------------------------------------------------------------------------- */

/* scheme://host[:port] is what OpenTDF clients compare. */
static bool same_origin(const char *a, const char *b)
{
    static const char scheme[] = "https://";
    size_t n = sizeof scheme - 1;
    if (strncasecmp(a, scheme, n) != 0 || strncasecmp(b, scheme, n) != 0)
        return false;
    size_t len = n + strcspn(a + n, "/?#");
    return len == n + strcspn(b + n, "/?#") && strncasecmp(a, b, len) == 0;
}

static void kao_id(size_t i, char out[static KAO_ID_SIZE])
{
    snprintf(out, KAO_ID_SIZE, "kao-%zu", i);
}

/* All objects of the key server at ${url}, as one policy. False if there are none. */
static bool request_objects(struct asking *a, const char *url, json_t *objects)
{
    for (size_t i = 0; i < a->m->kao_count; i++) {
        char id[KAO_ID_SIZE];
        if (a->asked[i] || !same_origin(a->m->kaos[i].url, url))
            continue;
        a->asked[i] = true;
        kao_id(i, id);
        json_t *row = json_object();
        json_set_str(row, "keyAccessObjectId", id);
        json_set_take(row, "keyAccessObject", tdf_kao_json(&a->m->kaos[i]));
        json_array_append_new(objects, row);
    }
    return json_array_size(objects) > 0;
}

static enum err sign_request(const struct asking *a, const struct key *session, json_t *objects,
                             struct buf *srt, struct fail *f)
{
    AUTO(json_freep) json_t *body = json_object(), *claims = json_object();
    AUTO(buf_freep) struct buf *pem = buf_new(4096);
    json_t *row = json_object();
    TRY(key_write_public_pem(session, pem, f));
    json_set_str(body, "clientPublicKey", buf_text(pem));
    json_set_take(body, "requests", json_pack("[o]", row));
    json_set_take(row, "keyAccessObjects", json_incref(objects));
    json_set_take(row, "policy", json_pack("{s:s, s:s}", "id", "policy", "body", a->m->policy));
    json_set_str(row, "algorithm", "ec:secp256r1");
    AUTO(str_freep) char *text = json_text(body);
    uint64_t now_s = time_now_ms() / 1000;
    json_set_str(claims, "requestBody", text);
    json_set_u64(claims, "iat", now_s);
    json_set_u64(claims, "exp", now_s + SRT_LIFE_S);
    TRY(jose_sign(session_profile(a->session)->key, "", NULL, claims, srt, f));
    return buf_check(srt, "request token", f);
}

/* The answer --------------------------------------------------------------------------------------------- */

static const char *metadata(const json_t *result, const char *name)
{
    return json_string_value(json_object_get(json_object_get(result, "metadata"), name));
}

static enum err check_presence(const struct asking *a, const struct card *from, const json_t *result,
                               struct fail *f)
{
    AUTO(presence_freep) struct presence *presence = NULL;
    AUTO(str_freep) char *name = str_format("%s/%s", from->domain, a->policy);
    struct note_key logs[LOGS_MAX];
    struct part_trust trust = { .logs = logs, .log_count = unlock_logs(from, logs, LOGS_MAX) };
    struct presence_facts facts;
    const char *text = metadata(result, "orcon-presence");
    if (!text)
        return fail_set(f, E_UNVERIFIED, "there is none");
    TRY(presence_read(bytes_str(text), &presence, f));
    TRY(presence_verify(presence, &trust, &facts, f));
    struct bytes portion = facts.field[FIELD_PORTION];
    if (portion.len && !bytes_equal(portion, bytes_str(name)))
        return fail_set(
            f, E_UNVERIFIED,
            "it is a portion of a report, %.*s, and only its package says so: `orcon import` that, then "
            "`orcon open`",
            (int)portion.len, (const char *)portion.data);
    return presence_check_reply(&facts, name, session_profile(a->session)->person, f);
}

static enum err unwrap(const struct key *session, const char *pem, const json_t *result, struct buf *key,
                       struct fail *f)
{
    AUTO(buf_freep) struct buf *wrapped = buf_new(WRAPPED_MAX);
    const char *text;
    TRY(json_need_str(result, "kasWrappedKey", "key answer", &text, f));
    TRY(b64_read(B64_STD, bytes_str(text), wrapped, "wrapped key", f));
    TRY(unwrap_ec(session, bytes_str(pem), bytes_of(wrapped), key, f));
    return key->len == TDF_KEY_LEN ? OK : fail_set(f, E_UNVERIFIED, "the key is not of 32 bytes");
}

static enum err take_key(struct asking *a, const struct card *from, const struct key *session,
                         const char *pem, size_t kao, const json_t *result, struct fail *f)
{
    AUTO(buf_freep) struct buf *key = buf_new_secret(64);
    struct fail why = { 0 };
    if (check_presence(a, from, result, &why) != OK)
        return fail_why(f, REASON_NO_PROOF, "%s: %s (%s)", from->domain, reason_text(REASON_NO_PROOF),
                        why.what);
    TRY(unwrap(session, pem, result, key, f));
    a->shares[a->count].kao = kao;
    memcpy(a->shares[a->count++].share, key->data, TDF_KEY_LEN);
    return OK;
}

/* A refusal has a reason that refuses; without one it is only that. */
static void take_refusal(struct asking *a, const struct card *from, const json_t *result)
{
    const char *code = metadata(result, "orcon-reason");
    enum reason reason = code ? reason_from_code(code) : REASON_NONE;
    if (reason == REASON_NONE || reason_err(reason) == OK)
        fail_set(&a->refused, E_REFUSED, "%s gives no key", from->domain);
    else
        fail_why(&a->refused, reason, "%s gives no key: %s", from->domain, reason_text(reason));
}

static enum err take_result(struct asking *a, const struct card *from, const struct key *session,
                            const char *pem, const json_t *result, struct fail *f)
{
    const char *id = json_string_value(json_object_get(result, "keyAccessObjectId"));
    const char *status = json_string_value(json_object_get(result, "status"));
    for (size_t i = 0; id && status && i < a->m->kao_count && a->count < TDF_KAOS_MAX; i++) {
        char want[KAO_ID_SIZE];
        kao_id(i, want);
        if (strcmp(id, want) != 0)
            continue;
        if (strcmp(status, "permit") == 0)
            return take_key(a, from, session, pem, i, result, f);
        take_refusal(a, from, result);
        return OK;
    }
    return OK;
}

static enum err ask(struct asking *a, const struct card *from, json_t *objects, struct fail *f)
{
    AUTO(key_freep) struct key *session = NULL;
    AUTO(buf_freep) struct buf *srt = buf_new(JOSE_MAX_LARGE);
    AUTO(json_freep) json_t *answer = NULL;
    TRY(key_make(KEY_P256, &session, f));
    TRY(sign_request(a, session, objects, srt, f));
    TRY(session_rewrap(a->session, from, buf_text(srt), &answer, f));
    const char *pem = json_string_value(json_object_get(answer, "sessionPublicKey"));
    const json_t *responses = json_object_get(answer, "responses");
    for (size_t i = 0; i < json_array_size(responses); i++) {
        const json_t *results = json_object_get(json_array_get(responses, i), "results");
        for (size_t k = 0; k < json_array_size(results); k++)
            TRY(take_result(a, from, session, pem ? pem : "", json_array_get(results, k), f));
    }
    return OK;
}

/* Key servers -------------------------------------------------------------------------------------------- */

static enum err ask_at(struct asking *a, const char *domain, const char *url, struct fail *f)
{
    AUTO(card_freep) struct card *card = NULL;
    AUTO(json_freep) json_t *objects = json_array();
    if (!request_objects(a, url, objects))
        return OK;
    TRY(session_card(a->session, domain, &card, f));
    TRY(ask(a, card, objects, f));
    if (a->cards->count < OBJECT_CARDS) {
        a->cards->card[a->cards->count++] = card;
        card = NULL;
    }
    return OK;
}

static bool all_asked(const struct asking *a)
{
    for (size_t i = 0; i < a->m->kao_count; i++)
        if (!a->asked[i])
            return false;
    return true;
}

static enum err ask_partners(struct asking *a, struct fail *f)
{
    AUTO(json_freep) json_t *answer = NULL;
    TRY(session_get(a->session, "/v1/partners", &answer, f));
    const json_t *partners = json_object_get(answer, "partners");
    for (size_t i = 0; i < json_array_size(partners); i++) {
        const json_t *p = json_array_get(partners, i);
        const char *domain, *url, *state;
        TRY(json_need_str(p, "domain", "partners", &domain, f));
        TRY(json_need_str(p, "url", "partners", &url, f));
        TRY(json_need_str(p, "state", "partners", &state, f));
        if (strcmp(state, "confirmed") == 0)
            TRY(ask_at(a, domain, url, f));
    }
    for (size_t i = 0; i < a->m->kao_count; i++)
        if (!a->asked[i])
            fail_set(&a->refused, E_REFUSED, "no confirmed partner has the key server %.200s",
                     a->m->kaos[i].url);
    return OK;
}

enum err object_key(struct session *s, const struct tdf_manifest *m, uint8_t key[static TDF_KEY_LEN],
                    struct object_cards *cards, struct fail *f)
{
    AUTO(asking_free) struct asking *a = mem_new(sizeof *a);
    AUTO(tdf_policy_clear) struct tdf_policy policy = { 0 };
    const struct card *own = session_profile(s)->card;
    struct fail why = { 0 };
    a->session = s;
    a->m = m;
    a->cards = cards;
    TRY(tdf_policy_read(m->policy, &policy, f));
    a->policy = str_dup(policy.uuid);
    TRY(ask_at(a, own->domain, own->url, f));
    if (!all_asked(a))
        TRY(ask_partners(a, f));
    enum err e = tdf_combine(m, a->shares, a->count, key, &why);
    if (e != OK && a->refused.code != OK)
        return fail_pass(f, &a->refused);
    return e == OK ? OK : fail_pass(f, &why);
}

enum err object_kas_key(struct session *s, bool rsa, struct key **key, char **url, struct fail *f)
{
    AUTO(json_freep) json_t *answer = NULL;
    const char *pem;
    TRY(session_get(s,
                    rsa ? "/kas/v2/kas_public_key?algorithm=rsa:2048"
                        : "/kas/v2/kas_public_key?algorithm=ec:secp256r1",
                    &answer, f));
    TRY(json_need_str(answer, "publicKey", "public key", &pem, f));
    TRY(key_read_pem(bytes_str(pem), key, f));
    *url = str_format("%s/kas", session_profile(s)->card->url);
    return OK;
}
