/* SPDX-License-Identifier: Apache-2.0
 * crypto/hash.h - SHA-256, HMAC-SHA-256, HKDF-SHA-256, random bytes, wiping, constant-time compare.
 *
 * Any thread. The algorithms are fetched once per process; contexts are kept per thread. */
#ifndef CRYPTO_HASH_H
#define CRYPTO_HASH_H

#include "base/buf.h"

#define HASH_LEN 32

/* hash_sha256: of one range. hash_sha256_parts: of the concatenation of ${count} ranges. */
void hash_sha256(struct bytes v, uint8_t out[static HASH_LEN]);
void hash_sha256_parts(const struct bytes *parts, size_t count, uint8_t out[static HASH_LEN]);

/* A running SHA-256, for streams. One thread at a time. After hash_stream_final it is as new. */
struct hash_stream;
struct hash_stream *hash_stream_new(void);
void hash_stream_freep(struct hash_stream **h);
void hash_stream_add(struct hash_stream *h, struct bytes v);
void hash_stream_final(struct hash_stream *h, uint8_t out[static HASH_LEN]);

/* hash_hmac: HMAC-SHA-256 (RFC 2104) over the concatenation of ${count} ranges. Key of any length. */
void hash_hmac(struct bytes key, const struct bytes *parts, size_t count, uint8_t out[static HASH_LEN]);

/* hash_hkdf: HKDF-SHA-256 (RFC 5869), extract and expand; ${len} 1..8160. */
void hash_hkdf(struct bytes secret, struct bytes salt, struct bytes info, uint8_t *out, size_t len);

/* random_bytes: from the kernel; ends the process if it fails. random_uuid: a UUIDv4 as text. */
void random_bytes(void *out, size_t len);
void random_uuid(char out[static 37]);

/* wipe: that the compiler can't remove. wipe32_p: for AUTO on a uint8_t[32]. same: constant-time equality. */
void wipe(void *p, size_t len);
void wipe32_p(uint8_t (*p)[32]);
bool same(const void *a, const void *b, size_t len);

/*
 * crypto_start: before threads: start OpenSSL and libsodium, fetch algorithms, run a self-test with known
 * answers. E_INTERNAL if a library misbehaves. Calling it again only repeats the self-test. After a fork
 * (which must come before the first call) each process calls it for itself, since locked memory is not
 * inherited.
 */
MUST_USE enum err crypto_start(struct fail *f);

#endif
