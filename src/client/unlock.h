/* SPDX-License-Identifier: Apache-2.0
 * client/unlock.h - asking the originator for the keys of portions, and believing his answer only with its
 * proof.
 *
 * One request token (OpenTDF's SRT, signed by the reader's device key) asks for many portions. A key is taken
 * only with a presence part: proof, under a checkpoint of a log in the originator's card, that the briefing of
 * this person on this portion is in his ledger. Everything here is local; client/session.h sends. */
#ifndef CLIENT_UNLOCK_H
#define CLIENT_UNLOCK_H

#include "base/json.h"
#include "client/held.h"
#include "client/profile.h"

#define UNLOCK_MAX 128 /* portions in one request token */

/* One request under way. */
struct unlock {
    struct key *session; /* fresh: keys come wrapped to it */
    struct held_portion *portions[UNLOCK_MAX];
    size_t count;
    struct buf *srt; /* compact JWS */
    const char *
        passed; /* whose portions they are, where an override brought them and another's key opens them; else NULL */
    const char *report,
        *token; /* what is asked about, and was asked with; NULL: nothing is kept (client/own.h) */
};

/* unlock_add: ask for this sealed portion too; false when the request is full. */
bool unlock_add(struct unlock *r, struct held_portion *p);
/* unlock_sign: make the request token, dated ${now_ms}. */
MUST_USE enum err unlock_sign(struct unlock *r, const struct profile *p, uint64_t now_ms, struct fail *f);
void unlock_clear(struct unlock *r);

/* Whether a checkpoint, which holds, fits to what was seen of its log before (client/growth.h): it needs the network. */
struct unlock_growth {
    enum err (*check)(void *ctx, struct bytes note, struct fail *f);
    void *ctx;
};

/* unlock_generation: the newest generation of a ledger that the ${answer} to ${r} names, before anything of it is judged; 0: none. */
uint32_t unlock_generation(const struct unlock *r, const json_t *answer);

/*
 * unlock_take: OpenTDF's ${answer} to ${r}, from the node of ${originator}, or of who passed it on. Every portion of ${r} is open or
 * withheld afterwards, whatever the answer is:
 *   E_UNVERIFIED, REASON_NO_PROOF   a key without a valid proof; the key is not used, and the answer is kept as
 *                                   held/<portion>.refused.json
 *   E_UNVERIFIED, REASON_TWO_HISTORIES, or what else ${growth} (NULL: not asked) says of its checkpoint: the same
 *   E_UNVERIFIED, REASON_TAMPERED   a key that doesn't open it, or another text than was committed to
 *   otherwise                       as the originator says
 */
void unlock_take(struct unlock *r, const json_t *answer, const struct card *originator,
                 const struct profile *p, const struct unlock_growth *growth);

/* unlock_logs: the log keys in ${card}, at most ${max}: whose checkpoints count for its keys. Returns how many. */
struct note_key;
size_t unlock_logs(const struct card *card, struct note_key *logs, size_t max);

#endif
