/* SPDX-License-Identifier: Apache-2.0
 * http/kas_message.h - the messages of OpenTDF's services, as tables (http/proto.h) */
#ifndef HTTP_KAS_MESSAGE_H
#define HTTP_KAS_MESSAGE_H

#include "http/proto.h"

struct kas_answer;

extern const struct proto_message kas_message_empty;
extern const struct proto_message kas_message_rewrap_request;
extern const struct proto_message kas_message_rewrap_answer;
extern const struct proto_message kas_message_public_key_request;
extern const struct proto_message kas_message_public_key;
extern const struct proto_message kas_message_legacy_public_key_request;
extern const struct proto_message kas_message_text; /* google.protobuf.StringValue, as {"value"} */
extern const struct proto_message kas_message_configuration;
extern const struct proto_message kas_message_servers_request;
extern const struct proto_message kas_message_servers;
extern const struct proto_message kas_message_fqns_request;
extern const struct proto_message kas_message_attributes;
extern const struct proto_message kas_message_mappings;
extern const struct proto_message kas_message_health_request;
extern const struct proto_message kas_message_health;

/* kas_message_answer: append a key answer in the binary form; what http/kas_json.h says of the JSON one holds. */
void kas_message_answer(const struct kas_answer *a, struct buf *out);

#endif
