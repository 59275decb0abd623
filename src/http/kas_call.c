/* SPDX-License-Identifier: Apache-2.0 */
#include "http/kas_call.h"

#include <string.h>
#include <strings.h>

#include "base/b64.h"
#include "base/mem.h"
#include "http/gzip.h"

#define REPLY_MAX   ((size_t)4 << 20)
#define MESSAGE_MAX ((size_t)64 << 10) /* in a query; the target is bounded before */

static const struct {
    const char *type, *encoding;
} codecs[] = {
    [KAS_JSON] = { "application/json", "json" },
    [KAS_PROTO] = { "application/proto", "proto" },
};

static bool is_get(const struct http_call *call)
{
    return strcmp(call->method, "POST") != 0;
}

static bool is_type(const char *type, const char *wanted)
{
    size_t n = strlen(wanted);
    return type && strncasecmp(type, wanted, n) == 0 && (type[n] == '\0' || strchr("; \t", type[n]));
}

enum err kas_codec(const struct http_call *call, enum kas_codec *out, struct fail *f)
{
    const char *type = is_get(call) ? http_query(call, "encoding") : http_header(call, "Content-Type");
    for (size_t i = 0; i < COUNT(codecs); i++)
        if (is_get(call) ? strcmp(type ? type : "json", codecs[i].encoding) == 0
                         : is_type(type, codecs[i].type)) {
            *out = (enum kas_codec)i;
            return OK;
        }
    return fail_why(f, REASON_UNSUPPORTED, "calls are taken as application/json and application/proto");
}

/* The message of a GET: `message`, in base64url where `base64=1`, padded or not. */
static enum err query_body(const struct http_call *call, struct buf *room, struct bytes *out, struct fail *f)
{
    const char *message = http_query(call, "message"), *coded = http_query(call, "base64");
    if (http_query(call, "compression") && *http_query(call, "compression"))
        return fail_why(f, REASON_UNSUPPORTED, "a compressed message in a query is not taken");
    *out = bytes_str(message ? message : "");
    if (!coded || strcmp(coded, "1") != 0)
        return OK;
    while (out->len && out->data[out->len - 1] == '=')
        out->len--;
    room->max = MESSAGE_MAX;
    TRY(b64_read(B64_URL, *out, room, "message", f));
    *out = bytes_of(room);
    return OK;
}

enum err kas_body(const struct http_call *call, struct buf *room, struct bytes *out, struct fail *f)
{
    const char *encoding = http_header(call, "Content-Encoding");
    if (is_get(call))
        return query_body(call, room, out, f);
    *out = call->body;
    if (!encoding || strcasecmp(encoding, "identity") == 0)
        return OK;
    if (strcasecmp(encoding, "gzip") != 0)
        return fail_why(f, REASON_UNSUPPORTED, "a Content-Encoding other than gzip");
    room->max = call->route->max_body;
    TRY(gzip_open(call->body, call->route->max_body, room, f));
    *out = bytes_of(room);
    return OK;
}

enum err kas_question(const struct http_call *call, const struct proto_message *m, json_t **out,
                      struct fail *f)
{
    AUTO(buf_freep) struct buf *room = buf_new(0);
    AUTO(json_freep) json_t *v = NULL;
    enum kas_codec codec;
    struct bytes body;
    TRY(kas_codec(call, &codec, f));
    TRY(kas_body(call, room, &body, f));
    if (codec == KAS_PROTO)
        return proto_read(m, body, out, f);
    if (body.len == 0 && is_get(call))
        body = bytes_str("{}");
    TRY(json_read(body, REPLY_MAX, m->name, &v, f));
    if (!json_is_object(v))
        return fail_set(f, E_INVALID, "%s: not an object", m->name);
    *out = json_incref(v);
    return OK;
}

void kas_reply_buf(struct http_call *call, enum kas_codec codec, struct buf **out)
{
    http_reply_take(call, 200, codecs[codec].type, out);
}

enum err kas_reply(struct http_call *call, const struct proto_message *m, json_t **v, struct fail *f)
{
    AUTO(buf_freep) struct buf *out = buf_new(REPLY_MAX);
    enum kas_codec codec;
    TRY(kas_codec(call, &codec, f));
    if (codec == KAS_PROTO)
        proto_write(m, *v, out);
    else
        json_put(out, *v);
    json_freep(v);
    TRY(buf_check(out, "answer", f));
    kas_reply_buf(call, codec, &out);
    return OK;
}
