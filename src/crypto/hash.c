/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/hash.h"

#include <errno.h>
#include <sodium.h>
#include <sys/random.h>

#include "base/mem.h"
#include "base/name.h"
#include "crypto/lib.h"

#define BLOCK_LEN 64 /* of SHA-256 */

static void begin(EVP_MD_CTX *ctx)
{
    if (EVP_DigestInit_ex2(ctx, lib()->sha256, NULL) != 1)
        BUG("SHA-256 does not start");
}

static void add(EVP_MD_CTX *ctx, const void *p, size_t len)
{
    if (len && EVP_DigestUpdate(ctx, p, len) != 1)
        BUG("SHA-256 does not go on");
}

static void finish(EVP_MD_CTX *ctx, uint8_t out[static HASH_LEN])
{
    if (EVP_DigestFinal_ex(ctx, out, NULL) != 1)
        BUG("SHA-256 does not end");
}

void hash_sha256(struct bytes v, uint8_t out[static HASH_LEN])
{
    hash_sha256_parts(&v, 1, out);
}

void hash_sha256_parts(const struct bytes *parts, size_t count, uint8_t out[static HASH_LEN])
{
    EVP_MD_CTX *ctx = lib_thread()->sha256;
    begin(ctx);
    for (size_t i = 0; i < count; i++)
        add(ctx, parts[i].data, parts[i].len);
    finish(ctx, out);
}

struct hash_stream {
    EVP_MD_CTX *ctx;
};

struct hash_stream *hash_stream_new(void)
{
    struct hash_stream *h = mem_new(sizeof *h);
    h->ctx = EVP_MD_CTX_new();
    if (!h->ctx)
        BUG("out of memory");
    begin(h->ctx);
    return h;
}

void hash_stream_freep(struct hash_stream **h)
{
    if (*h)
        EVP_MD_CTX_free((*h)->ctx);
    mem_freep(h);
}

void hash_stream_add(struct hash_stream *h, struct bytes v)
{
    add(h->ctx, v.data, v.len);
}

void hash_stream_final(struct hash_stream *h, uint8_t out[static HASH_LEN])
{
    finish(h->ctx, out);
    begin(h->ctx);
}

/* RFC 2104, 2, with the one context: the keyed states are overwritten on the way, so none stays behind. */
void hash_hmac(struct bytes key, const struct bytes *parts, size_t count, uint8_t out[static HASH_LEN])
{
    EVP_MD_CTX *ctx = lib_thread()->sha256;
    uint8_t block[BLOCK_LEN] = { 0 }, inner[HASH_LEN];
    if (key.len > BLOCK_LEN)
        hash_sha256(key, block);
    else if (key.len)
        memcpy(block, key.data, key.len);
    for (size_t i = 0; i < BLOCK_LEN; i++)
        block[i] ^= 0x36;
    begin(ctx);
    add(ctx, block, BLOCK_LEN);
    for (size_t i = 0; i < count; i++)
        add(ctx, parts[i].data, parts[i].len);
    finish(ctx, inner);
    for (size_t i = 0; i < BLOCK_LEN; i++)
        block[i] ^= 0x36 ^ 0x5c;
    begin(ctx);
    add(ctx, block, BLOCK_LEN);
    add(ctx, inner, HASH_LEN);
    finish(ctx, out);
    wipe(block, sizeof block);
    wipe(inner, sizeof inner);
}

void hash_hkdf(struct bytes secret, struct bytes salt, struct bytes info, uint8_t *out, size_t len)
{
    static const uint8_t no_salt[HASH_LEN];
    uint8_t prk[HASH_LEN], t[HASH_LEN];
    if (len < 1 || len > 255 * HASH_LEN)
        BUG("length of HKDF output");
    hash_hmac(salt.len ? salt : BYTES(no_salt, HASH_LEN), &secret, 1, prk);
    for (uint8_t i = 1; len; i++) {
        const struct bytes parts[] = { BYTES(t, i > 1 ? HASH_LEN : 0), info, BYTES(&i, 1) };
        hash_hmac(BYTES(prk, HASH_LEN), parts, COUNT(parts), t);
        size_t n = len < HASH_LEN ? len : HASH_LEN;
        memcpy(out, t, n);
        out += n;
        len -= n;
    }
    wipe(prk, sizeof prk);
    wipe(t, sizeof t);
}

void random_bytes(void *out, size_t len)
{
    uint8_t *p = out;
    while (len) {
        ssize_t n = getrandom(p, len, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            BUG("the kernel gives no random bytes");
        p += n;
        len -= (size_t)n;
    }
}

/* RFC 9562, 5.4 */
void random_uuid(char out[static 37])
{
    uint8_t id[16];
    random_bytes(id, sizeof id);
    id[6] = (uint8_t)((id[6] & 0x0f) | 0x40);
    id[8] = (uint8_t)((id[8] & 0x3f) | 0x80);
    uuid_print(id, out);
}

void wipe(void *p, size_t len)
{
    if (len)
        sodium_memzero(p, len);
}

void wipe32_p(uint8_t (*p)[32])
{
    sodium_memzero(*p, sizeof *p);
}

bool same(const void *a, const void *b, size_t len)
{
    return len == 0 || sodium_memcmp(a, b, len) == 0;
}
