/* SPDX-License-Identifier: Apache-2.0
 *
 * Answers are written straight into the buffer that is sent: they are large (a proof for each key) and
 * frequent. */
#include "http/kas_json.h"

#include <string.h>

#include "base/b64.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/time.h"
#include "exchange/brief.h"

/*
 * {"signedRequestToken":"..."} and nothing else, the token in letters that mean themselves: what clients send. It is long, and
 * needs no tree. Everything else is for the parser to judge.
 */
static bool read_plain(struct bytes body, struct bytes *srt)
{
    static const char head[] = "{\"signedRequestToken\":\"", tail[] = "\"}";
    size_t ends = sizeof head - 1 + sizeof tail - 1;
    if (body.len <= ends || memcmp(body.data, head, sizeof head - 1) != 0 ||
        memcmp(body.data + body.len - (sizeof tail - 1), tail, sizeof tail - 1) != 0)
        return false;
    *srt = BYTES(body.data + sizeof head - 1, body.len - ends);
    for (size_t i = 0; i < srt->len; i++) {
        uint8_t c = srt->data[i];
        if (!((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
              c == '_' || c == '.'))
            return false;
    }
    return true;
}

enum err kas_json_request(struct bytes body, size_t max, json_t **message, struct bytes *srt, struct fail *f)
{
    AUTO(json_freep) json_t *v = NULL;
    if (body.len <= max && read_plain(body, srt))
        return OK;
    TRY(json_read(body, max, "key request", &v, f));
    const json_t *text = json_object_get(v, "signedRequestToken");
    if (!text)
        text = json_object_get(v, "signed_request_token");
    if (!json_is_string(text) || json_string_length(text) == 0)
        return fail_set(f, E_INVALID, "key request: no signedRequestToken");
    *srt = BYTES(json_string_value(text), json_string_length(text));
    *message = v;
    v = NULL;
    return OK;
}

/* ${text} is UTF-8: it came out of JSON, or we made it. */
static void put_text(struct buf *out, const char *text)
{
    buf_put_u8(out, '"');
    for (const char *p = text; *p;) {
        const char *run = p;
        while (*p && *p != '"' && *p != '\\' && (unsigned char)*p >= 0x20)
            p++;
        buf_put(out, run, (size_t)(p - run));
        if (!*p)
            break;
        if (*p == '\n')
            buf_put_str(out, "\\n");
        else if (*p == '"' || *p == '\\')
            buf_put(out, (const char[]){ '\\', *p }, 2);
        else
            buf_printf(out, "\\u%04x", (unsigned char)*p);
        p++;
    }
    buf_put_u8(out, '"');
}

static void put_member(struct buf *out, const char *name, const char *text)
{
    buf_printf(out, "\"%s\":", name);
    put_text(out, text);
}

static void put_key(struct buf *out, const char *name, const struct kas_result *r)
{
    buf_printf(out, "\"%s\":\"", name);
    b64_put(out, B64_STD, BYTES(r->wrapped, r->wrapped_len));
    buf_put_u8(out, '"');
}

json_t *kas_json_metadata(const struct kas_answer *a, const struct kas_result *r)
{
    json_t *v = json_object();
    if (r->err == OK) {
        AUTO(str_freep)
        char *entry =
            str_format("%u/%llu", (unsigned)r->entry.generation, (unsigned long long)r->entry.index);
        json_set_str(v, "orcon-presence", r->presence ? r->presence : "");
        json_set_str(v, "orcon-entry", entry);
        if (r->until_ms) {
            char until[TIME_TEXT_SIZE];
            time_print(r->until_ms, until);
            json_set_str(v, "orcon-until", until);
        }
        return v;
    }
    json_set_str(v, "orcon-reason", reason_code(r->reason));
    json_set_str(v, "orcon-text", reason_text(r->reason));
    if (r->err == E_NOT_RELEASED && *a->ask)
        json_set_take(v, "X-Required-Obligations", json_pack("[s]", a->ask));
    return v;
}

/* Of a permitted object without a tree: the proof is long. */
static void put_metadata(struct buf *out, const struct kas_answer *a, const struct kas_result *r)
{
    buf_put_str(out, "\"metadata\":");
    if (r->err == OK) {
        buf_put_u8(out, '{');
        put_member(out, "orcon-presence", r->presence ? r->presence : "");
        buf_printf(out, ",\"orcon-entry\":\"%u/%llu\"", (unsigned)r->entry.generation,
                   (unsigned long long)r->entry.index);
        if (r->until_ms) {
            char until[TIME_TEXT_SIZE];
            time_print(r->until_ms, until);
            buf_put_u8(out, ',');
            put_member(out, "orcon-until", until);
        }
        buf_put_u8(out, '}');
    } else {
        AUTO(json_freep) json_t *v = kas_json_metadata(a, r);
        json_put(out, v);
    }
}

/* What is not a fault of this node, of its load, or of the object, is one refusal. */
static enum err seen_as(enum err err)
{
    switch (err) {
    case E_UNVERIFIED:
    case E_INVALID:
    case E_RATE:
    case E_UNAVAILABLE:
    case E_UNAUTHENTICATED:
        return err;
    case E_IO:
    case E_STORE:
    case E_INTERNAL:
        return E_INTERNAL;
    default:
        return E_REFUSED;
    }
}

void kas_json_refusal(enum err err, enum reason reason, struct buf *out)
{
    enum err seen = seen_as(err);
    const struct err_row *row = err_row(seen);
    /* clients take "bad request" for tampering, so nothing else may be called that */
    const char *words = seen == E_UNVERIFIED ? "bad request" : seen == E_REFUSED ? "forbidden" : row->title;
    buf_printf(out, "%s: request error\nrpc error: code = %s desc = %s", row->connect, row->kas_code, words);
    if ((err == E_NOT_RELEASED || err == E_REFUSED) && reason != REASON_NONE)
        buf_printf(out, "\n%s%s", reason_text(reason),
                   err == E_NOT_RELEASED && reason != REASON_ORCON ? ": ask the originator" : "");
}

static void put_result(struct buf *out, const struct kas_answer *a, const struct kas_result *r)
{
    buf_put_u8(out, '{');
    put_member(out, "keyAccessObjectId", r->kao_id);
    if (r->err == OK) {
        buf_put_str(out, ",\"status\":\"permit\",");
        put_key(out, "kasWrappedKey", r);
    } else {
        struct buf text;
        buf_init(&text, 512);
        kas_json_refusal(r->err, r->reason, &text);
        buf_put_str(out, ",\"status\":\"fail\",");
        put_member(out, "error", buf_text(&text));
        buf_clear(&text);
    }
    buf_put_u8(out, ',');
    put_metadata(out, a, r);
    buf_put_u8(out, '}');
}

void kas_json_answer(const struct kas_answer *a, struct buf *out)
{
    buf_put_u8(out, '{');
    put_member(out, "sessionPublicKey", a->session_pem ? a->session_pem : "");
    buf_put_str(out, ",\"responses\":[");
    for (size_t i = 0; i < a->count; i++) {
        const struct kas_result *r = &a->results[i];
        bool first = i == 0 || strcmp(a->results[i - 1].policy_id, r->policy_id) != 0;
        if (first) {
            buf_put_str(out, i ? "]},{" : "{");
            put_member(out, "policyId", r->policy_id);
            buf_put_str(out, ",\"results\":[");
        } else {
            buf_put_u8(out, ',');
        }
        put_result(out, a, r);
    }
    buf_put_str(out, a->count ? "]}]" : "]");
    if (a->v1 && a->count && a->results[0].err == OK) {
        buf_put_u8(out, ',');
        put_key(out, "entityWrappedKey", &a->results[0]);
        buf_put_u8(out, ',');
        put_metadata(out, a, &a->results[0]);
    }
    buf_put_u8(out, '}');
}

void kas_json_error(enum err err, const char *message, struct buf *out)
{
    AUTO(json_freep) json_t *v = json_object();
    json_set_str(v, "code", err_row(err)->connect);
    json_set_str(v, "message", message);
    json_put(out, v);
}

int kas_json_status(enum err err)
{
    const struct err_row *row = err_row(err);
    return strcmp(row->connect, "invalid_argument") == 0 ? 400 : row->http_status;
}
