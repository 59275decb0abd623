/* SPDX-License-Identifier: Apache-2.0
 * client/heldkey.h - data keys that an authority's client keeps after a briefing, so that he can override while the
 * originator can't be asked (docs/protocol.md, Held keys)
 *
 * One file a portion, held/<portion>.key.json, 0600: the key sealed to his device key, and the copy that it opens. It goes
 * when the release ends, when the own node has heard of a recall, or shows the portion no more, or says that he is suspended.
 * One thread. */
#ifndef CLIENT_HELDKEY_H
#define CLIENT_HELDKEY_H

#include "client/held.h"
#include "client/session.h"

#define HELDKEY_SUFFIX ".key.json"

/* What a key is of. */
struct heldkey {
    const char *report, *originator; /* an id, a domain */
    uint64_t until_ms;               /* when the release ends; 0: it has no end */
};

/* heldkey_may: whether ${token}, an access token as its originator saw it, names its holder an authority: then the originator
 * knows that a key may be held. */
bool heldkey_may(const char *token);

/* heldkey_keep: ${key} of ${p}, sealed. heldkey_drop: forget it, if it is there. */
MUST_USE enum err heldkey_keep(const struct profile *profile, const struct heldkey *about,
                               const struct held_portion *p, const uint8_t key[static TDF_KEY_LEN],
                               struct fail *f);
void heldkey_drop(const struct profile *profile, const char *portion);

/* heldkey_open: the key of exactly this copy of ${p}. REASON_NO_HELD_KEY if none is held, or its release ended before
 * ${now_ms}; E_UNVERIFIED if it does not open with this device's key. The caller wipes it. */
MUST_USE enum err heldkey_open(const struct profile *profile, const struct held_portion *p, uint64_t now_ms,
                               uint8_t key[static TDF_KEY_LEN], struct fail *f);

/* heldkey_has: whether a key of the portion with this id is held. */
bool heldkey_has(const struct profile *profile, const char *portion);

/* heldkey_sweep: ask the own node what has become of the portions whose keys are held, and forget those that he may
 * hold no longer; nothing is asked where none is. What can't be found out leaves things as they are. */
void heldkey_sweep(struct session *s);

#endif
