/* SPDX-License-Identifier: Apache-2.0
 * http/kas_call.h - inside src/http only: one call of OpenTDF's services, whatever it is written in.
 *
 * Connect in JSON, Connect in protobuf, and GET with the message in the query become the same tree, and the
 * answer goes back in the codec of the question. REST has no envelope: its routes read what they need. */
#ifndef HTTP_KAS_CALL_H
#define HTTP_KAS_CALL_H

#include "http/proto.h"
#include "http/server.h"

enum kas_codec { KAS_JSON, KAS_PROTO };

/* kas_codec: what ${call} is written in: its Content-Type, or `encoding` of a GET. E_INVALID
 * (REASON_UNSUPPORTED) for another. */
MUST_USE enum err kas_codec(const struct http_call *call, enum kas_codec *out, struct fail *f);

/* kas_body: the message's bytes, unpacked: a view of the call, or of ${room}, which is empty before. */
MUST_USE enum err kas_body(const struct http_call *call, struct buf *room, struct bytes *out, struct fail *f);

/* kas_question: the message as a tree. Caller owns ${out}. */
MUST_USE enum err kas_question(const struct http_call *call, const struct proto_message *m, json_t **out,
                               struct fail *f);

/* kas_reply: ${v} with 200 in the codec of the call; ends ${v}. */
MUST_USE enum err kas_reply(struct http_call *call, const struct proto_message *m, json_t **v,
                            struct fail *f);
/* kas_reply_buf: the same for an answer that is written already. */
void kas_reply_buf(struct http_call *call, enum kas_codec codec, struct buf **out);

#endif
