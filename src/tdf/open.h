/* SPDX-License-Identifier: Apache-2.0
 * tdf/open.h - open an OpenTDF container: with private keys of a key server, with shares that one released,
 * or with the data key.
 *
 *     tdf_container_read(&in, TDF_MANIFEST_FOREIGN, &c, f)       no key needed: `tdf inspect` ends here
 *     tdf_data_key(c->manifest, keys, count, key, f)             or tdf_combine, with released shares
 *     tdf_assertions_check(c->manifest, key, NULL, 0, f)         unless --no-assertions (tdf/assertion.h)
 *     tdf_open(c->manifest, key, &payload, &out, f)              payload = source_window(&c->payload)
 *
 * Order of the checks: shape and sizes (container.h); binding of the policy, by the share; root signature;
 * then, segment by segment, its hash and its GCM tag. Plaintext goes to the sink only from segments that have
 * passed, but the whole is authentic only once tdf_open has returned OK: a caller writes to a 0600 temporary
 * file and renames it then. Whatever does not hold is E_UNVERIFIED with REASON_TAMPERED. */
#ifndef TDF_OPEN_H
#define TDF_OPEN_H

#include "crypto/key.h"
#include "tdf/container.h"

/* tdf_check_binding: the policy text is the one that was bound under ${share}. Takes base64 of the MAC's
 * hexadecimal digits, and of the MAC itself; compared in constant time. */
MUST_USE enum err tdf_check_binding(const struct tdf_kao *k, const char *policy,
                                    const uint8_t share[static TDF_KEY_LEN], struct fail *f);

/*
 * tdf_unwrap: the share in ${k}, by the private key ${mine}, with its binding to ${policy} checked. Wrong
 * kind of key, malformed, not for this key, or bound to another policy: one error, one text, no way to tell.
 * ${share} is written only on success; the caller wipes it.
 */
MUST_USE enum err tdf_unwrap(const struct tdf_kao *k, const char *policy, const struct key *mine,
                             uint8_t share[static TDF_KEY_LEN], struct fail *f);

/* The share of m->kaos[kao]. */
struct tdf_share {
    size_t kao;
    uint8_t share[TDF_KEY_LEN];
};

/*
 * tdf_combine: the data key from shares: one for each distinct sid (more are taken if they agree), XORed.
 * Each binding is checked. E_NOT_RELEASED names the first sid for which no share was given.
 */
MUST_USE enum err tdf_combine(const struct tdf_manifest *m, const struct tdf_share *shares, size_t count,
                              uint8_t key[static TDF_KEY_LEN], struct fail *f);

/* tdf_data_key: unwrap what any of ${keys} can unwrap, and combine. E_UNVERIFIED if a split has no key. */
MUST_USE enum err tdf_data_key(const struct tdf_manifest *m, const struct key *const *keys, size_t count,
                               uint8_t key[static TDF_KEY_LEN], struct fail *f);

/*
 * tdf_open: decrypt ${payload} to ${out}. Where all key access objects have one sid, their bindings are
 * checked against ${key} too, since it is the share. Memory: one segment.
 */
MUST_USE enum err tdf_open(const struct tdf_manifest *m, const uint8_t key[static TDF_KEY_LEN],
                           const struct source *payload, const struct sink *out, struct fail *f);

/* tdf_open_metadata: append the text in encryptedMetadata; nothing if there is none. ${out} is a secret buf. */
MUST_USE enum err tdf_open_metadata(const struct tdf_kao *k, const uint8_t share[static TDF_KEY_LEN],
                                    struct buf *out, struct fail *f);

#endif
