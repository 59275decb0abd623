/* SPDX-License-Identifier: Apache-2.0 */
#include "client/unlock.h"

#include <stdlib.h>
#include <string.h>

#include "base/b64.h"
#include "base/mem.h"
#include "base/time.h"
#include "client/heldkey.h"
#include "client/own.h"
#include "crypto/seal.h"
#include "ledger/presence.h"
#include "tdf/open.h"

#define KAO_ID      "kao-0"
#define SRT_LIFE_S  60
#define LOGS_MAX    64
#define WRAPPED_MAX 512

void unlock_clear(struct unlock *r)
{
    key_free(r->session);
    buf_free(r->srt);
    *r = (struct unlock){ 0 };
}

/* Asking ----------------------------------------------------------------------------------------------------- */

bool unlock_add(struct unlock *r, struct held_portion *p)
{
    if (r->count == UNLOCK_MAX)
        return false;
    r->portions[r->count++] = p;
    return true;
}

/* Each portion is a policy of its own, with one key access object. */
static json_t *request_row(const struct held_portion *p)
{
    const struct tdf_manifest *m = p->container->manifest;
    json_t *row = json_object(), *objects = json_array(), *object = json_object(), *policy = json_object();
    json_set_str(object, "keyAccessObjectId", KAO_ID);
    json_set_take(object, "keyAccessObject", tdf_kao_json(&m->kaos[0]));
    json_array_append_new(objects, object);
    json_set_take(row, "keyAccessObjects", objects);
    json_set_str(policy, "id", p->id);
    json_set_str(policy, "body", m->policy);
    json_set_take(row, "policy", policy);
    json_set_str(row, "algorithm", "ec:secp256r1");
    return row;
}

static enum err request_body(const struct unlock *r, char **out, struct fail *f)
{
    AUTO(json_freep) json_t *body = json_object();
    AUTO(buf_freep) struct buf *pem = buf_new(4096);
    json_t *rows = json_array();
    json_set_take(body, "requests", rows);
    TRY(key_write_public_pem(r->session, pem, f));
    json_set_str(body, "clientPublicKey", buf_text(pem));
    for (size_t i = 0; i < r->count; i++)
        json_array_append_new(rows, request_row(r->portions[i]));
    *out = json_text(body);
    return OK;
}

enum err unlock_sign(struct unlock *r, const struct profile *p, uint64_t now_ms, struct fail *f)
{
    AUTO(str_freep) char *body = NULL;
    AUTO(json_freep) json_t *payload = json_object();
    TRY(key_make(KEY_P256, &r->session, f));
    TRY(request_body(r, &body, f));
    json_set_str(payload, "requestBody", body);
    json_set_u64(payload, "iat", now_ms / 1000);
    json_set_u64(payload, "exp", now_ms / 1000 + SRT_LIFE_S);
    r->srt = buf_new(JOSE_MAX_LARGE);
    TRY(jose_sign(p->key, "", NULL, payload, r->srt, f));
    return buf_check(r->srt, "request token", f);
}

/* The answer --------------------------------------------------------------------------------------------------- */

/* What an answer is judged by. */
struct judging {
    const struct unlock *request;
    const struct card *originator;
    const struct profile *profile;
    const struct unlock_growth *growth;
    char *fits;              /* the checkpoint that was last found to */
    const char *session_pem; /* of the originator's keeper, for this answer */
    struct note_key logs[LOGS_MAX];
    size_t log_count;
};

size_t unlock_logs(const struct card *card, struct note_key *logs, size_t max)
{
    size_t n = 0;
    for (size_t i = 0; i < json_array_size(card->logs) && n < max; i++) {
        const char *vkey = json_string_value(json_array_get(card->logs, i));
        if (note_key_read(bytes_str(vkey), &logs[n], NULL) == OK && logs[n].type == NOTE_ED25519)
            n++;
    }
    return n;
}

static const json_t *result_for(const json_t *answer, const char *policy)
{
    const json_t *responses = json_object_get(answer, "responses");
    for (size_t i = 0; i < json_array_size(responses); i++) {
        const json_t *response = json_array_get(responses, i);
        const char *id = json_string_value(json_object_get(response, "policyId"));
        const json_t *results = json_object_get(response, "results");
        for (size_t k = 0; id && strcmp(id, policy) == 0 && k < json_array_size(results); k++) {
            const json_t *result = json_array_get(results, k);
            const char *kao = json_string_value(json_object_get(result, "keyAccessObjectId"));
            if (kao && strcmp(kao, KAO_ID) == 0)
                return result;
        }
    }
    return NULL;
}

static const char *metadata(const json_t *result, const char *name)
{
    return json_string_value(json_object_get(json_object_get(result, "metadata"), name));
}

/* A refusal has a reason that refuses; without one it is only that. */
static void take_refusal(const struct profile *profile, struct held_portion *p, const json_t *result)
{
    const char *code = metadata(result, "orcon-reason");
    enum reason reason = code ? reason_from_code(code) : REASON_NONE;
    enum err err = reason == REASON_NONE ? E_REFUSED : reason_err(reason);
    if (err == OK) {
        reason = REASON_NONE;
        err = E_REFUSED;
    }
    if (err == E_REFUSED || err == E_NOT_RELEASED || err == E_NOT_FOUND)
        heldkey_drop(profile, p->id);
    const char *text = metadata(result, "orcon-text");
    held_withhold(p, err, reason,
                  reason != REASON_NONE ? NULL
                  : text && *text       ? text
                                        : "refused by its originator");
}

/* All keys of an answer come under one checkpoint: it is asked about once. */
static enum err check_growth(struct judging *j, struct bytes note, struct fail *f)
{
    if (!j->growth || (j->fits && bytes_equal(bytes_str(j->fits), note)))
        return OK;
    TRY(j->growth->check(j->growth->ctx, note, f));
    mem_freep(&j->fits);
    j->fits = mem_dup(note.data, note.len);
    return OK;
}

static enum err check_presence(struct judging *j, const struct held_portion *p, const json_t *result,
                               struct fail *f)
{
    AUTO(presence_freep) struct presence *presence = NULL;
    AUTO(str_freep)
    char *name = str_format("%s/%s", j->request->passed ? j->request->passed : j->originator->domain, p->id);
    struct part_trust trust = { .logs = j->logs, .log_count = j->log_count };
    struct presence_facts facts;
    const char *text = metadata(result, "orcon-presence");
    if (!text)
        return fail_set(f, E_UNVERIFIED, "there is none");
    TRY(presence_read(bytes_str(text), &presence, f));
    TRY(presence_verify(presence, &trust, &facts, f));
    TRY(presence_check_reply(&facts, name, j->profile->person, f));
    return check_growth(j, presence->place.checkpoint, f);
}

static enum err unwrap(const struct judging *j, const json_t *result, struct buf *key, struct fail *f)
{
    AUTO(buf_freep) struct buf *wrapped = buf_new(WRAPPED_MAX);
    const char *text;
    TRY(json_need_str(result, "kasWrappedKey", "key answer", &text, f));
    TRY(b64_read(B64_STD, bytes_str(text), wrapped, "wrapped key", f));
    TRY(unwrap_ec(j->request->session, bytes_str(j->session_pem), bytes_of(wrapped), key, f));
    return key->len == TDF_KEY_LEN ? OK : fail_set(f, E_UNVERIFIED, "the key is not of 32 bytes");
}

static void keep_refused(const struct judging *j, const struct held_portion *p, const json_t *result)
{
    AUTO(str_freep) char *name = str_format("%s.refused.json", p->id);
    AUTO(str_freep) char *text = json_text(result);
    struct fail why = { 0 };
    if (profile_keep(j->profile, name, bytes_str(text), &why) != OK)
        fail_clear(&why); /* the refusal stands all the same */
}

/* What this person needs to show by himself that he was briefed: the first answer counts, further ones are reissues. */
static void keep_briefed(const struct judging *j, const struct held_portion *p, const json_t *result)
{
    AUTO(str_freep) char *name = str_format("%s" OWN_SUFFIX, p->id);
    AUTO(json_freep) json_t *v = json_object();
    struct fail why = { 0 };
    if (!j->request->report || !j->request->token || j->request->passed || profile_has(j->profile, name))
        return;
    json_set_str(v, "report", j->request->report);
    json_set_u64(v, "n", p->n);
    json_set_str(v, "portion", p->id);
    json_set_str(v, "originator", j->originator->domain);
    json_set_str(v, "presence", metadata(result, "orcon-presence"));
    json_set_str(v, "srt", buf_text(j->request->srt));
    json_set_str(v, "token", j->request->token);
    AUTO(str_freep) char *text = json_text(v);
    if (profile_keep(j->profile, name, bytes_str(text), &why) != OK)
        fail_clear(&why); /* he can ask the originator */
}

/* An authority's key of what is not his own organisation's, unless the originator forbids it. */
static void keep_key(const struct judging *j, const struct held_portion *p, const json_t *result,
                     const uint8_t key[static TDF_KEY_LEN])
{
    const char *until = metadata(result, "orcon-until");
    struct heldkey about = { .report = j->request->report, .originator = j->originator->domain };
    struct fail why = { 0 };
    if (!j->request->report || j->request->passed || !heldkey_may(j->request->token) ||
        strcmp(j->originator->domain, j->profile->card->domain) == 0)
        return;
    if (p->no_held || (until && !time_read(until, &about.until_ms))) {
        heldkey_drop(j->profile, p->id);
        return;
    }
    if (heldkey_keep(j->profile, &about, p, key, &why) != OK)
        fail_clear(&why); /* he reads it all the same */
}

static void take_key(struct judging *j, struct held_portion *p, const json_t *result)
{
    AUTO(buf_freep) struct buf *key = buf_new_secret(64);
    struct fail why = { 0 };
    const char *entry = metadata(result, "orcon-entry");
    enum err e = check_presence(j, p, result, &why);
    if (e != OK) {
        bool proof = why.reason == REASON_NONE && e != E_UNAVAILABLE;
        AUTO(str_freep)
        char *text = str_format("%s (%s)", reason_text(REASON_NO_PROOF), why.what);
        held_withhold(p, proof ? E_UNVERIFIED : e, proof ? REASON_NO_PROOF : why.reason,
                      proof ? text : why.what);
        keep_refused(j, p, result);
        return;
    }
    e = unwrap(j, result, key, &why);
    if (e == OK)
        e = held_decrypt(p, key->data, &why);
    if (e != OK)
        held_withhold(p, E_UNVERIFIED, why.reason == REASON_TEXT_CHANGED ? why.reason : REASON_TAMPERED,
                      why.what);
    if (e == OK) {
        keep_briefed(j, p, result);
        keep_key(j, p, result, key->data);
    }
    if (e == OK && entry && strspn(entry, "0123456789/") == strlen(entry))
        p->entry = str_dup(entry);
}

uint32_t unlock_generation(const struct unlock *r, const json_t *answer)
{
    uint32_t newest = 0;
    for (size_t i = 0; i < r->count; i++) {
        const json_t *result = result_for(answer, r->portions[i]->id);
        const char *entry = result ? metadata(result, "orcon-entry") : NULL;
        unsigned long long generation = entry ? strtoull(entry, NULL, 10) : 0;
        if (generation > newest && generation <= UINT32_MAX)
            newest = (uint32_t)generation;
    }
    return newest;
}

void unlock_take(struct unlock *r, const json_t *answer, const struct card *originator,
                 const struct profile *p, const struct unlock_growth *growth)
{
    AUTO(mem_freep) struct judging *j = mem_new(sizeof *j);
    const char *pem = json_string_value(json_object_get(answer, "sessionPublicKey"));
    *j = (struct judging){
        .request = r, .originator = originator, .profile = p, .growth = growth, .session_pem = pem ? pem : ""
    };
    j->log_count = unlock_logs(originator, j->logs, LOGS_MAX);
    for (size_t i = 0; i < r->count; i++) {
        const json_t *result = result_for(answer, r->portions[i]->id);
        const char *status = json_string_value(json_object_get(result, "status"));
        if (!result || !status)
            held_withhold(r->portions[i], E_INTERNAL, REASON_NONE, "its originator gave no answer");
        else if (strcmp(status, "permit") == 0)
            take_key(j, r->portions[i], result);
        else
            take_refusal(p, r->portions[i], result);
    }
    mem_freep(&j->fits);
}
