/* SPDX-License-Identifier: Apache-2.0
 * exchange/brief_way.h - inside the exchange: one key request on its way, decided and entered by brief.c; brief_keys.c releases the
 * keys */
#ifndef EXCHANGE_BRIEF_WAY_H
#define EXCHANGE_BRIEF_WAY_H

#include "exchange/brief.h"
#include "exchange/journal.h"
#include "keeper/srt.h"
#include "store/override.h"
#include "store/report.h"
#include "tdf/manifest.h"

/* One key access object on its way. */
struct wanted {
    unsigned policy, kao;           /* its place in the request token */
    const char *policy_id, *kao_id; /* echoed */
    const char *policy_text;        /* base64, as received */
    struct tdf_kao object;
    char uuid[UUID_TEXT];            /* of the policy; "" if it has none */
    struct copy_row copy;            /* .policy NULL: not registered */
    struct override_copy_row onward; /* .policy NULL: of our own reports; else ${copy} is a view of it */
    bool foreign; /* no copy of ours: nothing is registered, and it decides by what it says itself */
    struct place rests_on;
    uint64_t until_ms; /* of the release; 0: no end */
    enum err err;
    enum reason reason; /* what is entered, and may alert */
    enum reason told;   /* what the asker hears */
    bool concealed;     /* the asker hears what he would of an object that is registered nowhere */
    struct place at, first;
};

/* One key request on its way. */
struct rewrap {
    struct node *n;
    const struct kas_request *r;
    struct srt *srt;
    struct buf jwk; /* of the key that signed this; empty if nobody knows it */
    bool bound;     /* that key made the proof, and the access token binds it: the reader's own word */
    char briefed[PERSON_MAX + 1]; /* who it is entered for: the asker; of a machine all of its organisation */
    uint8_t srt_sha[HASH_LEN], reader_digest[HASH_LEN];
    struct wanted *items;
    size_t count, foreign;
    uint64_t last; /* highest index to wait for */
    bool entered;
    uint64_t taken_back; /* the node's, before it was decided */
};

/* brief_keys: what is allowed and entered, and under a checkpoint, is rewrapped; each key comes with the proof of its briefing. */
MUST_USE enum err brief_keys(struct rewrap *w, struct kas_answer *out, struct fail *f);

#endif
