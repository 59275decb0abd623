/* SPDX-License-Identifier: Apache-2.0 - key requests and answers as OpenTDF's JSON clients write and read
 * them */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "crypto/jose.h"
#include "exchange/brief.h"
#include "http/kas_json.h"
#include "tap.h"

#define TAMPERED_TEXT "invalid_argument: request error\nrpc error: code = InvalidArgument desc = bad request"
#define DENIED_TEXT   "permission_denied: request error\nrpc error: code = PermissionDenied desc = forbidden"

static void requests(void)
{
    static const struct {
        const char *name, *body;
        enum err want;
        const char *srt;
    } rows[] = {
        { "as the SDKs send it", "{\"signedRequestToken\":\"a.b.c\"}", OK, "a.b.c" },
        { "the original name", "{\"signed_request_token\":\"a.b.c\"}", OK, "a.b.c" },
        { "unknown members", "{\"x\":[1],\"signedRequestToken\":\"a.b.c\"}", OK, "a.b.c" },
        { "something after it", "{\"signedRequestToken\":\"a.b.c\",\"x\":\"\"}", OK, "a.b.c" },
        { "escaped", "{\"signedRequestToken\":\"a\\u002eb.c\"}", OK, "a.b.c" },
        { "none", "{}", E_INVALID, NULL },
        { "empty", "{\"signedRequestToken\":\"\"}", E_INVALID, NULL },
        { "not a text", "{\"signedRequestToken\":[\"a.b.c\"]}", E_INVALID, NULL },
        { "null", "{\"signedRequestToken\":null}", E_INVALID, NULL },
        { "given twice", "{\"signedRequestToken\":\"a\",\"signedRequestToken\":\"b\"}", E_INVALID, NULL },
        { "a list", "[\"signedRequestToken\"]", E_INVALID, NULL },
        { "trailing bytes", "{\"signedRequestToken\":\"a.b.c\"}x", E_INVALID, NULL },
        { "nothing", "", E_INVALID, NULL },
        { "too large", "{\"signedRequestToken\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"}",
          E_TOO_LARGE, NULL },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        AUTO(json_freep) json_t *message = NULL;
        struct bytes srt = { 0 };
        struct fail f = { 0 };
        enum err e = kas_json_request(bytes_str(rows[i].body), 64, &message, &srt, &f);
        ok(e == rows[i].want && (e != OK || bytes_equal(srt, bytes_str(rows[i].srt))), "request, %s: %s",
           rows[i].name, f.what);
    }
}

/* Results of three objects under two policies: permitted, denied, tampered with. */
static void make_answer(struct kas_answer *a)
{
    static char pem[] = "-----BEGIN PUBLIC KEY-----\nAA\n-----END PUBLIC KEY-----\n",
                presence[] = "orcon/presence@v1\n\"\\\t";
    static char first[] = "policy", second[] = "p\"2", kao0[] = "kao-0", kao1[] = "kao-1";
    static struct kas_result results[3];
    results[0] = (struct kas_result){ .policy_id = first,
                                      .kao_id = kao0,
                                      .reason = REASON_RELEASED,
                                      .err = OK,
                                      .wrapped = { 0xfb, 0xff, 0x00, 0x01 },
                                      .wrapped_len = 4,
                                      .presence = presence,
                                      .entry = { 2, 41 } };
    results[1] = (struct kas_result){
        .policy_id = first, .kao_id = kao1, .reason = REASON_ORCON, .err = E_NOT_RELEASED
    };
    results[2] = (struct kas_result){
        .policy_id = second, .kao_id = kao0, .reason = REASON_TAMPERED, .err = E_UNVERIFIED
    };
    *a = (struct kas_answer){ .results = results, .count = 3, .session_pem = pem };
}

static const char *at(const json_t *v, size_t response, size_t result, const char *name)
{
    const json_t *r = json_array_get(json_object_get(v, "responses"), response);
    r = json_array_get(json_object_get(r, "results"), result);
    const json_t *member = json_object_get(r, name);
    if (!member)
        member = json_object_get(json_object_get(r, "metadata"), name);
    return json_is_string(member) ? json_string_value(member) : "(none)";
}

static json_t *encode(const struct kas_answer *a)
{
    AUTO(buf_freep) struct buf *out = buf_new(1 << 16);
    json_t *v = NULL;
    struct fail f = { 0 };
    kas_json_answer(a, out);
    ok(json_read(bytes_of(out), 1 << 16, "answer", &v, &f) == OK, "the answer is JSON: %s", f.what);
    return v;
}

static void answers(void)
{
    struct kas_answer a;
    make_answer(&a);
    AUTO(json_freep) json_t *v = encode(&a);
    const json_t *responses = json_object_get(v, "responses");
    static const struct {
        size_t response, result;
        const char *name, *want;
    } rows[] = {
        { 0, 0, "keyAccessObjectId", "kao-0" },
        { 0, 0, "status", "permit" },
        { 0, 0, "kasWrappedKey", "+/8AAQ==" },
        { 0, 0, "orcon-presence", "orcon/presence@v1\n\"\\\t" },
        { 0, 0, "orcon-entry", "2/41" },
        { 0, 0, "error", "(none)" },
        { 0, 0, "orcon-reason", "(none)" },
        { 0, 1, "keyAccessObjectId", "kao-1" },
        { 0, 1, "status", "fail" },
        { 0, 1, "kasWrappedKey", "(none)" },
        { 0, 1, "error", DENIED_TEXT "\noriginator controlled: ask the originator" },
        { 0, 1, "orcon-reason", "orcon" },
        { 0, 1, "orcon-text", "originator controlled: ask the originator" },
        { 0, 1, "orcon-presence", "(none)" },
        { 1, 0, "keyAccessObjectId", "kao-0" },
        { 1, 0, "error", TAMPERED_TEXT },
        { 1, 0, "orcon-reason", "tampered" },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *got = at(v, rows[i].response, rows[i].result, rows[i].name);
        ok(strcmp(got, rows[i].want) == 0, "answer %zu.%zu %s", rows[i].response, rows[i].result,
           rows[i].name);
    }
    ok(json_array_size(responses) == 2, "two policies");
    ok(strcmp(json_string_value(json_object_get(json_array_get(responses, 0), "policyId")), "policy") == 0 &&
           strcmp(json_string_value(json_object_get(json_array_get(responses, 1), "policyId")), "p\"2") == 0,
       "policy ids as they came");
    ok(strstr(json_string_value(json_object_get(v, "sessionPublicKey")), "BEGIN PUBLIC KEY") != NULL,
       "the session's key");
    ok(!json_object_get(v, "entityWrappedKey") && !json_object_get(v, "metadata"), "nothing of the old form");
}

static void old_form(void)
{
    struct kas_answer a;
    make_answer(&a);
    a.v1 = true;
    a.count = 1;
    a.session_pem = NULL;
    AUTO(json_freep) json_t *v = encode(&a);
    ok(strcmp(json_string_value(json_object_get(v, "entityWrappedKey")), "+/8AAQ==") == 0,
       "the key at the top");
    ok(json_is_object(json_object_get(v, "metadata")), "metadata at the top");
    ok(strcmp(json_string_value(json_object_get(v, "sessionPublicKey")), "") == 0, "no session key: RSA");
    ok(strcmp(at(v, 0, 0, "kasWrappedKey"), "+/8AAQ==") == 0, "the new form beside it");
    a.count = 0;
    AUTO(json_freep) json_t *empty = encode(&a);
    ok(json_array_size(json_object_get(empty, "responses")) == 0, "none at all");
}

static void refusals(void)
{
    static const struct {
        enum err err;
        const char *text;
    } rows[] = {
        { E_UNVERIFIED, TAMPERED_TEXT },
        { E_NOT_RELEASED, DENIED_TEXT },
        { E_REFUSED, DENIED_TEXT },
        { E_NOT_FOUND, DENIED_TEXT },
        { E_CONFLICT, DENIED_TEXT },
        { E_INVALID,
          "invalid_argument: request error\nrpc error: code = InvalidArgument desc = invalid input" },
        { E_UNAVAILABLE, "unavailable: request error\nrpc error: code = Unavailable desc = not reachable" },
        { E_RATE,
          "resource_exhausted: request error\nrpc error: code = ResourceExhausted desc = too many requests" },
        { E_STORE, "internal: request error\nrpc error: code = Internal desc = internal error" },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        AUTO(buf_freep) struct buf *out = buf_new(1024);
        kas_json_refusal(rows[i].err, REASON_NONE, out);
        ok(strcmp(buf_text(out), rows[i].text) == 0, "%s: %s", err_row(rows[i].err)->name,
           err_row(rows[i].err)->kas_code);
    }
}

static void errors(void)
{
    static const struct {
        enum err err;
        int status;
        const char *code;
    } rows[] = {
        { E_INVALID, 400, "invalid_argument" },
        { E_TOO_LARGE, 400, "invalid_argument" },
        { E_UNVERIFIED, 400, "invalid_argument" },
        { E_UNAUTHENTICATED, 401, "unauthenticated" },
        { E_REFUSED, 403, "permission_denied" },
        { E_NOT_RELEASED, 403, "permission_denied" },
        { E_NOT_FOUND, 404, "not_found" },
        { E_CONFLICT, 409, "already_exists" },
        { E_RATE, 429, "resource_exhausted" },
        { E_IO, 500, "internal" },
        { E_STORE, 500, "internal" },
        { E_INTERNAL, 500, "internal" },
        { E_UNAVAILABLE, 503, "unavailable" },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        AUTO(buf_freep) struct buf *out = buf_new(1024);
        AUTO(json_freep) json_t *v = NULL;
        struct fail f = { 0 };
        kas_json_error(rows[i].err, "why \"so\"", out);
        bool good = json_read(bytes_of(out), 1024, "error", &v, &f) == OK &&
                    strcmp(json_string_value(json_object_get(v, "code")), rows[i].code) == 0 &&
                    strcmp(json_string_value(json_object_get(v, "message")), "why \"so\"") == 0;
        ok(good && kas_json_status(rows[i].err) == rows[i].status, "%s is %s, %d", err_row(rows[i].err)->name,
           rows[i].code, kas_json_status(rows[i].err));
    }
}

int main(void)
{
    requests();
    answers();
    old_form();
    refusals();
    errors();
    return tap_done();
}
