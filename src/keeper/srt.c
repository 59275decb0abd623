/* SPDX-License-Identifier: Apache-2.0 */
#include "keeper/srt.h"

#include "base/mem.h"
#include "crypto/jose.h"

#define WHAT "request token"

void srt_free(struct srt *s)
{
    if (!s)
        return;
    jose_free(s->jose);
    json_decref(s->body);
    mem_freep(&s->policies);
    mem_freep(&s);
}

void srt_freep(struct srt **s)
{
    srt_free(*s);
    *s = NULL;
}

/* The older form: one object, unnamed. */
static enum err read_single(struct srt *s, struct fail *f)
{
    struct srt_policy *p = s->policies = mem_array(1, sizeof *s->policies);
    const json_t *kao;
    TRY(json_need_object(s->body, "keyAccess", WHAT, &kao, f));
    TRY(json_need_str(s->body, "policy", WHAT, &p->body, f));
    p->id = "policy-1";
    p->kaos = NULL;
    s->policy_count = s->kao_count = 1;
    s->single = true;
    return OK;
}

/* One that is malformed must not fail those beside it: its objects come out as empty ones, which are refused
 * each by itself. */
static enum err read_policy(struct srt *s, const json_t *request, struct srt_policy *p, struct fail *f)
{
    const json_t *policy = json_object_get(request, "policy");
    const char *id = json_string_value(json_object_get(policy, "id"));
    const char *body = json_string_value(json_object_get(policy, "body"));
    p->kaos = json_object_get(request, "keyAccessObjects");
    p->id = id ? id : ""; /* protobuf's JSON leaves empty members out */
    p->body = body ? body : "";
    s->kao_count += json_array_size(p->kaos);
    if (s->kao_count > SRT_KAOS_MAX)
        return fail_set(f, E_TOO_LARGE, WHAT ": more than %d key access objects", SRT_KAOS_MAX);
    return OK;
}

static enum err read_requests(struct srt *s, const json_t *requests, struct fail *f)
{
    size_t count = json_array_size(requests);
    if (count > SRT_POLICIES_MAX)
        return fail_set(f, E_TOO_LARGE, WHAT ": more than %d policies", SRT_POLICIES_MAX);
    s->policies = mem_array(count, sizeof *s->policies);
    for (; s->policy_count < count; s->policy_count++)
        TRY(read_policy(s, json_array_get(requests, s->policy_count), &s->policies[s->policy_count], f));
    return OK;
}

static enum err read_body(struct srt *s, struct fail *f)
{
    const char *text;
    TRY(json_need_str(s->jose->payload, "requestBody", WHAT, &text, f));
    TRY(json_may_u64(s->jose->payload, "iat", WHAT, &s->iat, f));
    TRY(json_may_u64(s->jose->payload, "exp", WHAT, &s->exp, f));
    TRY(json_read(bytes_str(text), JOSE_MAX_LARGE, "requestBody", &s->body, f));
    if (!json_is_object(s->body))
        return fail_set(f, E_INVALID, WHAT ": requestBody is no object");
    TRY(json_need_str(s->body, "clientPublicKey", WHAT, &s->client_pem, f));
    const json_t *requests = json_object_get(s->body, "requests");
    if (json_is_array(requests) && json_array_size(requests) > 0)
        return read_requests(s, requests, f);
    return read_single(s, f);
}

enum err srt_read(struct bytes text, struct srt **out, struct fail *f)
{
    AUTO(srt_freep) struct srt *s = mem_new(sizeof *s);
    struct fail why = { 0 };
    if (jose_read(text, JOSE_MAX_LARGE, WHAT, &s->jose, &why) != OK)
        return fail_why(f, REASON_REQUEST_TOKEN, "%s", why.what);
    TRY(read_body(s, f));
    *out = s;
    s = NULL;
    return OK;
}

enum err srt_verify(const struct srt *s, const struct key *k, struct fail *f)
{
    enum jose_alg alg = key_kind(k) == KEY_RSA ? JOSE_RS256 : JOSE_ES256;
    if (jose_verify(s->jose, alg, NULL, k, NULL) != OK)
        return fail_why(f, REASON_REQUEST_TOKEN, "%s", reason_text(REASON_REQUEST_TOKEN));
    return OK;
}

size_t srt_kao_count(const struct srt *s, size_t policy)
{
    if (policy >= s->policy_count)
        return 0;
    return s->single ? 1 : json_array_size(s->policies[policy].kaos);
}

static enum err out_of_range(struct fail *f)
{
    return fail_set(f, E_INVALID, WHAT ": no such key access object");
}

enum err srt_kao_id(const struct srt *s, size_t policy, size_t kao, const char **out, struct fail *f)
{
    if (kao >= srt_kao_count(s, policy))
        return out_of_range(f);
    if (s->single) {
        *out = "kao-0";
        return OK;
    }
    return json_need_str(json_array_get(s->policies[policy].kaos, kao), "keyAccessObjectId", WHAT, out, f);
}

enum err srt_kao(const struct srt *s, size_t policy, size_t kao, struct tdf_kao *out, struct fail *f)
{
    const json_t *v;
    if (kao >= srt_kao_count(s, policy))
        return out_of_range(f);
    if (s->single)
        TRY(json_need_object(s->body, "keyAccess", WHAT, &v, f));
    else
        TRY(json_need_object(json_array_get(s->policies[policy].kaos, kao), "keyAccessObject", WHAT, &v, f));
    return tdf_kao_read(v, out, f);
}
