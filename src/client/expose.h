/* SPDX-License-Identifier: Apache-2.0
 * client/expose.h - what came from a source: the question, sealed for the keeper of the own node */
#ifndef CLIENT_EXPOSE_H
#define CLIENT_EXPOSE_H

#include "client/session.h"

/* expose_ask: ${handle} as name_handle gives it; the node's network process never sees it. It is an act, on record. ${answer}:
 * POST /v1/exposures of api/openapi.yaml; caller owns. */
MUST_USE enum err expose_ask(struct session *s, const char *handle, json_t **answer, struct fail *f);

#endif
