/* SPDX-License-Identifier: Apache-2.0
 * http/kas_json.h - key requests and answers as OpenTDF clients write and read them in JSON (Connect, REST).
 *
 * Protobuf's JSON mapping: lowerCamelCase, original names taken as well, unknown members ignored, bytes in
 * standard base64. No rule is here: only what things are called. Pure; any thread. */
#ifndef HTTP_KAS_JSON_H
#define HTTP_KAS_JSON_H

#include <jansson.h>

#include "base/buf.h"

struct kas_answer;
struct kas_result;

/*
 * kas_json_request: {"signedRequestToken": text}. ${srt} is a view into ${body}, or into ${message}, which the caller owns (NULL where it is not needed).
 * E_INVALID, E_TOO_LARGE.
 */
MUST_USE enum err kas_json_request(struct bytes body, size_t max, json_t **message, struct bytes *srt,
                                   struct fail *f);

/*
 * kas_json_answer: append
 *   {"sessionPublicKey", "responses":[{"policyId", "results":[
 *       {"keyAccessObjectId", "status", "kasWrappedKey"|"error", "metadata"}]}]}
 * results in the order of ${a}, neighbours of one policy id together. Of the old single form, permitted:
 * "entityWrappedKey" and "metadata" beside them. metadata of a permitted object: orcon-presence, orcon-entry
 * "generation/index"; of another: orcon-reason, orcon-text, and where asking could help
 * X-Required-Obligations, a list of one: ${a}->ask.
 */
void kas_json_answer(const struct kas_answer *a, struct buf *out);
/* kas_json_metadata: the member "metadata" of one result, as a tree; caller owns. */
json_t *kas_json_metadata(const struct kas_answer *a, const struct kas_result *r);

/*
 * kas_json_refusal: the text of one object's "error", with the words that clients look for:
 *   permission_denied: request error\nrpc error: code = PermissionDenied desc = forbidden
 * and `invalid_argument: ... code = InvalidArgument desc = bad request` for what was tampered with, and for
 * nothing else. What is unknown and what is not yours read the same. Where the policy says why, that is one more
 * line, since clients show this text to their users.
 */
void kas_json_refusal(enum err err, enum reason reason, struct buf *out);

/* kas_json_error: a Connect error, {"code","message"}. kas_json_status: the HTTP status that goes with it. */
void kas_json_error(enum err err, const char *message, struct buf *out);
int kas_json_status(enum err err);

#endif
