/* SPDX-License-Identifier: Apache-2.0
 * exchange/brief.h - key release: decide, enter, be durable, rewrap (docs/protocol.md, 4) */
#ifndef EXCHANGE_BRIEF_H
#define EXCHANGE_BRIEF_H

#include <jansson.h>

#include "exchange/auth.h"

/* One key request, whatever codec it came by. One struct behind Connect JSON, Connect protobuf and REST. */
struct kas_request {
    struct bytes srt;   /* the signed request token as received */
    struct bytes token; /* the access token as received */
    const struct asker *asker;
    uint64_t now_ms;
};
struct kas_result {
    char *policy_id, *kao_id; /* echoed */
    enum reason reason;       /* REASON_RELEASED and the like where permitted */
    enum err err;             /* OK: permitted */
    uint8_t wrapped[512];
    size_t wrapped_len;
    uint64_t until_ms; /* when the release ends; 0: it has no end */
    char *presence;    /* presence part, text */
    struct {
        uint32_t generation;
        uint64_t index;
    } entry;
};
struct kas_answer {
    struct kas_result *results;
    size_t count;
    char *session_pem;
    bool v1;       /* the request was of the old single form */
    char ask[300]; /* the obligation to ask the originator, as OpenTDF names it: what clients show */
};

/*
 * brief_rewrap: one key request. Fails as a whole only where the SRT itself is no good (E_UNAUTHENTICATED,
 * E_INVALID) or the node can't write; everything else is per object. Refusals are entered and alerted as
 * exchange/refuse.h says. No key is in ${out} whose briefing is not under a committed checkpoint.
 */
MUST_USE enum err brief_rewrap(struct node *n, const struct kas_request *r, struct kas_answer *out,
                               struct fail *f);
void brief_answer_clear(struct kas_answer *a);

/* brief_explain: the decision for ${person} on portion ${n} of ${report}, without a key and without an entry.
 * Caller owns ${out}. */
MUST_USE enum err brief_explain(struct node *n, const struct asker *asker, const char *person,
                                const char *report, unsigned number, json_t **out, struct fail *f);

#endif
