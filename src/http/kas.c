/* SPDX-License-Identifier: Apache-2.0
 * http/kas.c - key requests and public keys (OpenTDF KAS): Connect, in two codecs, and REST are ways to write the
 * same thing */
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "exchange/brief.h"
#include "http/kas_call.h"
#include "http/kas_json.h"
#include "http/kas_message.h"
#include "http/site.h"

#define PEM_MAX 4096

/* The request token, by any of the three ways to write it; the struct behind them is one. */
static enum err read_request(const struct http_call *call, enum kas_codec codec, struct bytes body,
                             json_t **message, struct bytes *srt, struct fail *f)
{
    if (codec == KAS_JSON)
        return kas_json_request(body, call->route->max_body, message, srt, f);
    TRY(proto_read(&kas_message_rewrap_request, body, message, f));
    const json_t *text = json_object_get(*message, "signedRequestToken");
    if (json_string_length(text) == 0)
        return fail_set(f, E_INVALID, "key request: no signedRequestToken");
    *srt = BYTES(json_string_value(text), json_string_length(text));
    return OK;
}

static enum err release(struct http_call *call, enum kas_codec codec, struct kas_answer *answer,
                        struct fail *f)
{
    struct node *n = site_node(call);
    AUTO(json_freep) json_t *message = NULL;
    AUTO(buf_freep) struct buf *room = buf_new(0);
    struct bytes body;
    struct kas_request r = { .asker = site_asker(call), .now_ms = n->now_ms() };
    TRY(kas_body(call, room, &body, f));
    TRY(read_request(call, codec, body, &message, &r.srt, f));
    r.token = bytes_str(auth_token_in(http_header(call, "Authorization")));
    return brief_rewrap(n, &r, answer, f);
}

/* The old single form has no place for an object's failure: it is the call's. */
static enum err fail_single(const struct kas_answer *a, struct fail *f)
{
    const struct kas_result *r = &a->results[0];
    if (r->err == E_NOT_RELEASED)
        fail_set(f, r->err, "%s: ask the originator (%s)", reason_text(r->reason), a->ask);
    else
        fail_set(f, r->err, "%s", r->err == E_UNVERIFIED ? "bad request" : reason_text(r->reason));
    f->reason = r->reason;
    return r->err;
}

enum err serve_rewrap(struct http_call *call, struct fail *f)
{
    AUTO(brief_answer_clear) struct kas_answer answer = { 0 };
    AUTO(buf_freep) struct buf *out = buf_new(KAS_ANSWER_MAX);
    enum kas_codec codec;
    TRY(kas_codec(call, &codec, f));
    TRY(release(call, codec, &answer, f));
    if (answer.v1 && answer.count && answer.results[0].err != OK)
        return fail_single(&answer, f);
    if (codec == KAS_PROTO)
        kas_message_answer(&answer, out);
    else
        kas_json_answer(&answer, out);
    TRY(buf_check(out, "key answer", f));
    kas_reply_buf(call, codec, &out);
    return OK;
}

/* Public keys -------------------------------------------------------------------------------------------- */

enum err kas_public_key(const struct node *n, const char *algorithm, struct buf *pem, const char **kid,
                        struct fail *f)
{
    const struct node_kas *rsa = n->kas_rsa, *ec = n->kas;
    const struct {
        const char *algorithm;
        const struct key *key;
        const char *kid;
    } keys[] = {
        { "rsa:2048", rsa->key, rsa->kid }, /* also what OpenTDF takes an absent one for */
        { "ec:secp256r1", ec->key, ec->kid },
    };
    const char *wanted = algorithm && *algorithm ? algorithm : keys[0].algorithm;
    for (size_t i = 0; i < COUNT(keys); i++)
        if (strcmp(wanted, keys[i].algorithm) == 0) {
            *kid = keys[i].kid;
            return key_write_public_pem(keys[i].key, pem, f);
        }
    return fail_set(f, E_NOT_FOUND, "there is no key for %.40s here: rsa:2048 and ec:secp256r1 are", wanted);
}

static enum err public_key(const struct http_call *call, const char *algorithm, json_t **out, struct fail *f)
{
    AUTO(buf_freep) struct buf *pem = buf_new(PEM_MAX);
    const char *kid;
    TRY(kas_public_key(site_node(call), algorithm, pem, &kid, f));
    *out = json_object();
    json_set_str(*out, "publicKey", buf_text(pem));
    json_set_str(*out, "kid", kid);
    return OK;
}

enum err serve_public_key(struct http_call *call, struct fail *f)
{
    json_t *out = NULL;
    return site_answer(call, public_key(call, http_query(call, "algorithm"), &out, f), &out);
}

enum err serve_public_key_call(struct http_call *call, struct fail *f)
{
    AUTO(json_freep) json_t *in = NULL, *out = NULL;
    const char *algorithm;
    TRY(kas_question(call, &kas_message_public_key_request, &in, f));
    TRY(json_may_str(in, "algorithm", "public key request", &algorithm, f));
    TRY(public_key(call, algorithm, &out, f));
    return kas_reply(call, &kas_message_public_key, &out, f);
}

static enum err put_pem(struct http_call *call, const char *algorithm, struct buf *pem, struct fail *f)
{
    const char *kid;
    return kas_public_key(site_node(call), algorithm, pem, &kid, f);
}

/* The oldest form: the PEM alone; in JSON a string, in protobuf a StringValue. */
enum err serve_public_key_pem_call(struct http_call *call, struct fail *f)
{
    AUTO(json_freep) json_t *in = NULL, *out = NULL;
    AUTO(buf_freep) struct buf *pem = buf_new(PEM_MAX);
    enum kas_codec codec;
    const char *algorithm;
    TRY(kas_codec(call, &codec, f));
    TRY(kas_question(call, &kas_message_legacy_public_key_request, &in, f));
    TRY(json_may_str(in, "algorithm", "public key request", &algorithm, f));
    TRY(put_pem(call, algorithm, pem, f));
    out = codec == KAS_JSON ? json_string(buf_text(pem)) : json_pack("{s:s}", "value", buf_text(pem));
    return kas_reply(call, &kas_message_text, &out, f);
}

enum err serve_public_key_pem(struct http_call *call, struct fail *f)
{
    AUTO(buf_freep) struct buf *pem = buf_new(PEM_MAX);
    TRY(put_pem(call, http_query(call, "algorithm"), pem, f));
    json_t *out = json_string(buf_text(pem));
    return site_answer(call, OK, &out);
}

/* What failed -------------------------------------------------------------------------------------------- */

/* RFC 9449, 7.1: a proof that does not hold is told from a token that does not. */
static void challenge(struct http_call *call, const struct fail *f)
{
    if (f->code == E_UNAUTHENTICATED && (f->reason == REASON_PROOF || f->reason == REASON_REPLAY))
        http_reply_header(call, "WWW-Authenticate",
                          "DPoP error=\"invalid_dpop_proof\", algs=\"ES256 RS256\"");
}

void render_connect(struct http_call *call, const struct fail *f)
{
    struct buf *out = buf_new((size_t)64 << 10);
    kas_json_error(f->code, http_fail_shown(f), out);
    http_reply_take(call, kas_json_status(f->code), "application/json", &out);
    challenge(call, f);
}

/* REST clients know 400 for what was tampered with. */
void render_rest(struct http_call *call, const struct fail *f)
{
    struct fail seen = *f;
    if (kas_json_status(seen.code) == 400)
        seen.code = E_INVALID;
    http_problem(call, &seen);
    challenge(call, f);
}
