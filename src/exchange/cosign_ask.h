/* SPDX-License-Identifier: Apache-2.0
 * exchange/cosign_ask.h - asking one witness or monitor for its line under a checkpoint of ours. Any thread. */
#ifndef EXCHANGE_COSIGN_ASK_H
#define EXCHANGE_COSIGN_ASK_H

#include "exchange/node.h"
#include "ledger/note.h"

/* Who is asked. */
struct cosigner {
    struct note_key key;
    char vkey[NOTE_VKEY_SIZE];
    char domain[DOMAIN_MAX + 1]; /* of a partner, whose card says where; "": a foreign witness at ${url} */
    char url[512];               /* in front of "/add-checkpoint" */
    bool local;                  /* url may be in a private range */
    bool monitor;
};

enum cosign_outcome {
    COSIGN_DONE,
    COSIGN_FAILED, /* try later; ${problem} says why */
    COSIGN_AHEAD /* he has a checkpoint that we signed and that our tree does not lead to: ${shown}, ${ahead} */
};

struct cosign_result {
    enum cosign_outcome outcome;
    uint64_t known; /* in and out: the size that he cosigned last */
    char problem[200];
    bool answered; /* he was reached, and knows our ledger */
    bool reached;  /* whatever he said */
    /* done */
    struct buf line;
    uint64_t time_s;
    int64_t offset_ms; /* how far his clock is ahead of ours, as far as an exchange can tell */
    /* ahead */
    uint64_t ahead;
    struct buf shown;
};

/*
 * cosign_ask: have ${c} cosign the checkpoint ${note} of ${size}, one of ours. At most three requests; a 409 names the
 * size to prove from. What he claims without showing our own signature is his problem, not ours.
 */
void cosign_ask(struct node *n, const struct cosigner *c, uint64_t size, const char *note,
                struct cosign_result *r);
void cosign_result_init(struct cosign_result *r, uint64_t known);
void cosign_result_clear(struct cosign_result *r);

/* cosign_call: one request to him, at ${path} below where he cosigns; POST where there is a ${body}. ${max}: bytes of the answer. What
 * he answers is not judged. */
struct net_answer;
MUST_USE enum err cosign_call(struct node *n, const struct cosigner *c, const char *path, struct bytes body,
                              size_t max, struct net_answer *answer, struct fail *f);

#endif
