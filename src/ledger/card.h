/* SPDX-License-Identifier: Apache-2.0
 * ledger/card.h - an organisation's signed, numbered description of itself (docs/protocol.md, 1) */
#ifndef LEDGER_CARD_H
#define LEDGER_CARD_H

#include "base/name.h"
#include "base/words.h"
#include "crypto/jose.h"
#include "ledger/note.h"

#define CARD_MAX      JOSE_MAX_SMALL
#define CARD_PINS_MAX 4

struct card_key {
    char kid[THUMBPRINT_SIZE];
    char use[12];                     /* card, statement, token, kas */
    struct key *key;                  /* public */
    uint64_t nbf_s, exp_s, revoked_s; /* POSIX seconds; exp and revoked 0: none */
};

/* A card that is well formed and signed by a card key in it. Whether to believe it is for people, once. */
struct card {
    char domain[DOMAIN_MAX + 1];
    uint64_t serial;
    char prev[44];          /* digest of the card before, b64u; "" in the first */
    const char *name, *url; /* url without a slash at the end; strings point into ${jose} */
    uint8_t pins[CARD_PINS_MAX][HASH_LEN];
    size_t pin_count;
    struct card_key *keys;
    size_t key_count;
    const json_t *logs; /* list of vkeys, one a generation, the first is generation 1 */
    const char *witness, *monitor;
    const char *issuer;
    uint8_t card_key_sha[HASH_LEN]; /* of the card key's SubjectPublicKeyInfo: what the six words stand for */
    uint8_t digest[HASH_LEN];
    struct jose *jose;
};

/*
 * card_read: parse, check every member and the signature by the card key in it that the header's kid names.
 * E_INVALID names the member; E_UNVERIFIED if the signature does not hold. Caller owns ${out}.
 */
MUST_USE enum err card_read(struct bytes jws, struct card **out, struct fail *f);
void card_free(struct card *c);
void card_freep(struct card **c);

/* card_pins: the TLS pins as a pinned client wants them: hexadecimal; ${out} must not move. Count: ${c}->pin_count. */
struct card_pins {
    char hex[CARD_PINS_MAX][2 * HASH_LEN + 1];
    const char *list[CARD_PINS_MAX];
};
void card_pins(const struct card *c, struct card_pins *out);

/* card_words: the six words of the card key. */
void card_words(const struct card *c, char out[static WORDS_SIZE]);

/* card_key: the key with this use and kid, or the newest valid one of this use where ${kid} is NULL; NULL if
 * there is none. Retired and revoked ones are given too: the caller judges by time. */
const struct card_key *card_key(const struct card *c, const char *use, const char *kid);

/* card_check_logs: the first log is that of generation 1, and so on; E_INVALID. card_keeps_logs: those that ${last} names have the
 * same keys in ${next}; E_REFUSED. */
MUST_USE enum err card_check_logs(const struct card *c, struct fail *f);
MUST_USE enum err card_keeps_logs(const struct card *last, const struct card *next, struct fail *f);

/* card_log_keys: the keys of the log ${origin}, at most ${max}; how many. card_cosigners: the keys with which this
 * organisation cosigns; E_INVALID unless they have their names, and are neither one key nor a log's. */
size_t card_log_keys(const struct card *c, const char *origin, struct note_key *out, size_t max);
MUST_USE enum err card_cosigners(const struct card *c, struct note_key *witness, struct note_key *monitor,
                                 struct fail *f);

/*
 * card_succeeds: whether ${next} may replace ${last} without asking people again: same domain, higher serial,
 * prev = digest of ${last}, signed by a card key that ${last} has and does not revoke. E_REFUSED says what
 * differs.
 */
MUST_USE enum err card_succeeds(const struct card *last, const struct card *next, struct fail *f);

/* What a node puts into its own card. */
struct card_making {
    const char *domain, *name, *url, *prev;
    uint64_t serial;
    const uint8_t (*pins)[HASH_LEN];
    size_t pin_count;
    const struct card_key *keys; /* use, key and times; kid is computed */
    size_t key_count;
    const char *const *logs;
    size_t log_count;
    const char *witness, *monitor;
};
/* card_payload: the claims, for signing with typ CARD_TYP. Caller owns. */
#define CARD_TYP "orcon-card+jws"
MUST_USE enum err card_payload(const struct card_making *m, json_t **out, struct fail *f);

#endif
