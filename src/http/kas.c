/* SPDX-License-Identifier: Apache-2.0
 * http/kas.c - key requests (OpenTDF KAS): Connect and REST are two ways to write the same thing */
#include <string.h>
#include <strings.h>

#include "base/json.h"
#include "exchange/brief.h"
#include "http/kas_json.h"
#include "http/site.h"

#define ALGORITHM         "ec:secp256r1"
#define ALGORITHM_DEFAULT "rsa:2048" /* what OpenTDF takes an absent one for */
#define PEM_MAX           4096

/* Connect is asked in JSON; its binary form has another content type, and must not be taken for a broken JSON
 * text. */
static enum err check_type(const struct http_call *call, struct fail *f)
{
    static const char json[] = "application/json";
    const char *type = http_header(call, "Content-Type");
    if (type && strncasecmp(type, json, sizeof json - 1) == 0 && strchr("; \t", type[sizeof json - 1]))
        return OK;
    return fail_why(f, REASON_UNSUPPORTED, "key requests are taken as application/json");
}

static enum err release(struct http_call *call, struct kas_answer *answer, struct fail *f)
{
    struct node *n = site_node(call);
    AUTO(json_freep) json_t *message = NULL;
    struct kas_request r = { .asker = site_asker(call), .now_ms = n->now_ms() };
    TRY(check_type(call, f));
    TRY(kas_json_request(call->body, call->route->max_body, &message, &r.srt, f));
    r.token = bytes_str(auth_token_in(http_header(call, "Authorization")));
    return brief_rewrap(n, &r, answer, f);
}

enum err serve_rewrap(struct http_call *call, struct fail *f)
{
    AUTO(brief_answer_clear) struct kas_answer answer = { 0 };
    AUTO(buf_freep) struct buf *out = buf_new(KAS_ANSWER_MAX);
    TRY(release(call, &answer, f));
    /* the old single form has no place for an object's failure: it is the call's */
    if (answer.v1 && answer.count && answer.results[0].err != OK) {
        const struct kas_result *r = &answer.results[0];
        fail_set(f, r->err, "%s", reason_text(r->reason));
        f->reason = r->reason;
        return r->err;
    }
    kas_json_answer(&answer, out);
    TRY(buf_check(out, "key answer", f));
    http_reply_take(call, 200, "application/json", &out);
    return OK;
}

static enum err put_public_key(const struct node *n, const char *algorithm, struct buf *pem, struct fail *f)
{
    const char *wanted = algorithm && *algorithm ? algorithm : ALGORITHM_DEFAULT;
    if (strcmp(wanted, ALGORITHM) != 0)
        return fail_set(f, E_NOT_FOUND, "there is no key for %.40s here: ask with algorithm=" ALGORITHM,
                        wanted);
    return key_write_public_pem(n->kas_key, pem, f);
}

static enum err answer_public_key(struct http_call *call, const char *algorithm, struct fail *f)
{
    struct node *n = site_node(call);
    AUTO(buf_freep) struct buf *pem = buf_new(PEM_MAX);
    TRY(put_public_key(n, algorithm, pem, f));
    json_t *out = json_object();
    json_set_str(out, "publicKey", buf_text(pem));
    json_set_str(out, "kid", n->kas_kid);
    return site_answer(call, OK, &out);
}

enum err serve_public_key(struct http_call *call, struct fail *f)
{
    return answer_public_key(call, http_query(call, "algorithm"), f);
}

enum err serve_public_key_call(struct http_call *call, struct fail *f)
{
    AUTO(json_freep) json_t *in = NULL;
    const char *algorithm;
    TRY(check_type(call, f));
    TRY(site_json(call, &in, f));
    TRY(json_may_str(in, "algorithm", "body", &algorithm, f));
    return answer_public_key(call, algorithm, f);
}

/* The oldest form: a JSON string. */
enum err serve_public_key_pem(struct http_call *call, struct fail *f)
{
    AUTO(buf_freep) struct buf *pem = buf_new(PEM_MAX);
    TRY(put_public_key(site_node(call), http_query(call, "algorithm"), pem, f));
    json_t *out = json_string(buf_text(pem));
    return site_answer(call, OK, &out);
}

void render_connect(struct http_call *call, const struct fail *f)
{
    struct buf *out = buf_new((size_t)64 << 10);
    kas_json_error(f->code, http_fail_shown(f), out);
    http_reply_take(call, kas_json_status(f->code), "application/json", &out);
}

/* REST clients know 400 for what was tampered with. */
void render_rest(struct http_call *call, const struct fail *f)
{
    struct fail seen = *f;
    if (seen.code == E_UNVERIFIED)
        seen.code = E_INVALID;
    http_problem(call, &seen);
}
