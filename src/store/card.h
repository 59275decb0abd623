/* SPDX-License-Identifier: Apache-2.0
 * store/card.h - organisations: the newest card of each, and those before. Conventions: store/store.h */
#ifndef STORE_CARD_H
#define STORE_CARD_H

#include "store/store.h"

/* CARD_INTRODUCED: came with a request that was granted: good for what the grants let go. */
enum card_state {
    CARD_OWN,
    CARD_UNCONFIRMED,
    CARD_CONFIRMED,
    CARD_SUSPENDED,
    CARD_INTRODUCED,
    CARD_STATE_COUNT
};
const char *card_state_name(enum card_state s); /* "confirmed" */

struct card_row {
    const char *domain;
    uint64_t serial;
    const char *jws; /* the card, compact JWS */
    uint8_t digest[32];
    enum card_state state;
    bool local;               /* its URL may be in a private range */
    uint8_t card_key_sha[32]; /* SHA-256 of the card key's SubjectPublicKeyInfo: the six words */
    uint64_t taken_ms;
    uint64_t confirmed_ms; /* 0: not confirmed */
    uint64_t reached_ms;   /* 0: never */
    void *own;
};
void store_card_clear(struct card_row *r);
void store_card_copy(const struct card_row *from, struct card_row *to);
typedef enum err (*store_card_fn)(const struct card_row *r, void *ctx, struct fail *f);

/*
 * store_card_put: make ${r} the newest card of its domain and keep it in the history too. The same serial may
 * be put again with the same card. E_CONFLICT: the stored serial is higher, or that serial was another card
 * (REASON_OTHER_CONTENT).
 */
MUST_USE enum err store_card_put(struct db *db, const struct card_row *r, struct fail *f);
MUST_USE enum err store_card_get(struct db *db, const char *domain, struct card_row *r, struct fail *f);
/* store_card_forget: the card of ${domain} and those before it, as if there had never been one. */
MUST_USE enum err store_card_forget(struct db *db, const char *domain, struct fail *f);
/* store_card_list: by domain. */
MUST_USE enum err store_card_list(struct db *db, store_card_fn fn, void *ctx, struct fail *f);
/* store_card_own: the one of state CARD_OWN. */
MUST_USE enum err store_card_own(struct db *db, struct card_row *r, struct fail *f);
/* store_card_history: one earlier card; caller frees ${jws}. */
MUST_USE enum err store_card_history(struct db *db, const char *domain, uint64_t serial, char **jws,
                                     struct fail *f);
/* E_NOT_FOUND without such a card. */
MUST_USE enum err store_card_set_state(struct db *db, const char *domain, enum card_state state,
                                       uint64_t confirmed_ms, struct fail *f);
MUST_USE enum err store_card_set_local(struct db *db, const char *domain, bool local, struct fail *f);
MUST_USE enum err store_card_set_reached(struct db *db, const char *domain, uint64_t reached_ms,
                                         struct fail *f);

#endif
