/* SPDX-License-Identifier: Apache-2.0
 * keeper/keys.h - the private keys in a confined process, and their form at rest.
 *
 * A blob: "orcon/key/v1\n" || u8 use || u16,name || iv[12] || AES-256-GCM(private form) || tag[16];
 * everything before the iv is authenticated with it. The key is that of keys/unlock, which lies in memory of
 * its own between guard pages, locked, and left out of dumps. One thread. */
#ifndef KEEPER_KEYS_H
#define KEEPER_KEYS_H

#include "crypto/key.h"
#include "keeper/wire.h"

#define KEYS_MAX    64 /* of one use: generations, retired ones */
#define KEYS_RECENT 8

/* What a log key has signed; goes with the key, so that loading it again does not forget it. */
struct keys_log {
    struct keys_signed {
        uint64_t size;
        uint8_t root[HASH_LEN];
    } recent[KEYS_RECENT]; /* the last ones, [0] the newest */
    unsigned count;
};

struct keys_row {
    char name[WIRE_NAME];
    struct key *key;
    char kid[THUMBPRINT_SIZE]; /* "" for other keys than P-256 and RSA */
    struct keys_log log;
};

struct keys;

/* keys_new: ${unlock} is copied to guarded memory; the caller wipes his. NULL: no blobs (the sealer). E_IO. */
MUST_USE enum err keys_new(const uint8_t *unlock, struct keys **out, struct fail *f);
void keys_free(struct keys *k);
void keys_freep(struct keys **k);

/*
 * keys_generate: a new key and its blob; it counts from its loading on, the first of its use at once. keys_load: from a blob; E_UNVERIFIED if it was not made here under
 * this use. A key that is there already stays as it is, and becomes the last one. E_INVALID: ${name} does not
 * fit the use (log `<domain>/orcon/<generation>`, witness `<domain>/witness`, monitor `<domain>/monitor`,
 * else a domain). E_TOO_LARGE: more than KEYS_MAX. keys_add: takes ${key} over.
 */
MUST_USE enum err keys_generate(struct keys *k, enum key_use use, const char *name, struct buf *sealed,
                                struct keys_row **out, struct fail *f);
MUST_USE enum err keys_load(struct keys *k, enum key_use use, struct bytes sealed, struct keys_row **out,
                            struct fail *f);
MUST_USE enum err keys_add(struct keys *k, enum key_use use, const char *name, struct key **key,
                           struct keys_row **out, struct fail *f);

/* keys_reseal: as keeper_reseal says. */
MUST_USE enum err keys_reseal(struct keys *k, struct bytes blobs, int unlock_fd, struct buf *out,
                              struct fail *f);

/* keys_last: the one that counts, NULL if there is none. keys_at: all of a use, NULL past the end. */
struct keys_row *keys_last(const struct keys *k, enum key_use use);
struct keys_row *keys_at(const struct keys *k, enum key_use use, size_t i);

/* keys_public: the public half as it stands in keeper.h. */
MUST_USE enum err keys_public(const struct keys_row *row, struct buf *out, struct fail *f);

#endif
