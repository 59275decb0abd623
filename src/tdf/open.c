/* SPDX-License-Identifier: Apache-2.0 */
#include "tdf/open.h"

#include <stdlib.h>
#include <string.h>

#include "base/b64.h"
#include "base/hex.h"
#include "base/mem.h"
#include "crypto/seal.h"

static void wipe_key(uint8_t (*key)[TDF_KEY_LEN])
{
    wipe(*key, TDF_KEY_LEN);
}

static enum err tampered(struct fail *f)
{
    return fail_why(f, REASON_TAMPERED, "the sealed object was altered, or the key is not for it");
}

/* Section 2.4: base64 of 64 digits or of 32 bytes. A malformed text gives a MAC that fits nothing. */
static bool read_binding(const char *text, uint8_t mac[static HASH_LEN])
{
    char digits[2 * HASH_LEN];
    if (b64_read_exact(B64_STD, bytes_str(text), mac, HASH_LEN))
        return true;
    return b64_read_exact(B64_STD, bytes_str(text), (uint8_t *)digits, sizeof digits) &&
           hex_read(BYTES(digits, sizeof digits), mac, HASH_LEN);
}

static bool bound(const struct tdf_kao *k, const char *policy, const uint8_t share[static TDF_KEY_LEN])
{
    uint8_t want[HASH_LEN], got[HASH_LEN];
    tdf_bind(share, policy, want);
    bool good = read_binding(k->binding, got) && same(want, got, sizeof want);
    wipe(want, sizeof want); /* the right answer for a policy that somebody made up */
    return good;
}

enum err tdf_check_binding(const struct tdf_kao *k, const char *policy,
                           const uint8_t share[static TDF_KEY_LEN], struct fail *f)
{
    return bound(k, policy, share) ? OK : tampered(f);
}

static bool unwrap(const struct tdf_kao *k, const struct key *mine, uint8_t share[static TDF_KEY_LEN])
{
    AUTO(buf_freep) struct buf *wrapped = buf_new(4096);
    AUTO(buf_freep) struct buf *secret = buf_new_secret(1024);
    if (!k->wrapped_key || b64_read(B64_STD, bytes_str(k->wrapped_key), wrapped, "wrapped key", NULL) != OK)
        return false;
    enum err e = E_INVALID;
    if (k->wrap == TDF_WRAP_EC && key_kind(mine) == KEY_P256)
        e = unwrap_ec(mine, bytes_str(k->ephemeral_pem), bytes_of(wrapped), secret, NULL);
    else if (k->wrap == TDF_WRAP_RSA && key_kind(mine) == KEY_RSA)
        e = unwrap_rsa(mine, bytes_of(wrapped), secret, NULL);
    if (e != OK || secret->len != TDF_KEY_LEN)
        return false;
    memcpy(share, secret->data, TDF_KEY_LEN);
    return true;
}

enum err tdf_unwrap(const struct tdf_kao *k, const char *policy, const struct key *mine,
                    uint8_t share[static TDF_KEY_LEN], struct fail *f)
{
    AUTO(wipe_key) uint8_t got[TDF_KEY_LEN];
    /* Where nothing was unwrapped the binding is still computed, under a key of no use. */
    random_bytes(got, sizeof got);
    bool unwrapped = unwrap(k, mine, got);
    bool fits = bound(k, policy, got);
    if (!unwrapped || !fits)
        return tampered(f);
    memcpy(share, got, sizeof got);
    return OK;
}

/* The first object with the same sid as m->kaos[i]: it stands for the split. */
static size_t split_of(const struct tdf_manifest *m, size_t i)
{
    size_t first = 0;
    while (strcmp(m->kaos[first].sid, m->kaos[i].sid) != 0)
        first++;
    return first;
}

enum err tdf_combine(const struct tdf_manifest *m, const struct tdf_share *shares, size_t count,
                     uint8_t key[static TDF_KEY_LEN], struct fail *f)
{
    AUTO(wipe_key) uint8_t sum[TDF_KEY_LEN] = { 0 };
    const struct tdf_share *of_split[TDF_KAOS_MAX] = { 0 };
    for (size_t i = 0; i < count; i++) {
        const struct tdf_share *s = &shares[i];
        if (s->kao >= m->kao_count || m->kao_count > TDF_KAOS_MAX)
            BUG("share of no key access object");
        TRY(tdf_check_binding(&m->kaos[s->kao], m->policy, s->share, f));
        const struct tdf_share **slot = &of_split[split_of(m, s->kao)];
        if (*slot && !same((*slot)->share, s->share, TDF_KEY_LEN))
            return tampered(f);
        if (*slot)
            continue;
        *slot = s;
        for (size_t b = 0; b < TDF_KEY_LEN; b++)
            sum[b] ^= s->share[b];
    }
    for (size_t i = 0; i < m->kao_count; i++)
        if (!of_split[split_of(m, i)])
            return fail_set(f, E_NOT_RELEASED, "no key for split '%s' of this object", m->kaos[i].sid);
    memcpy(key, sum, TDF_KEY_LEN);
    return OK;
}

static void wipe_shares(struct tdf_share (*shares)[TDF_KAOS_MAX])
{
    wipe(*shares, sizeof *shares);
}

enum err tdf_data_key(const struct tdf_manifest *m, const struct key *const *keys, size_t count,
                      uint8_t key[static TDF_KEY_LEN], struct fail *f)
{
    AUTO(wipe_shares) struct tdf_share shares[TDF_KAOS_MAX] = { 0 };
    size_t got = 0;
    for (size_t i = 0; i < m->kao_count && i < TDF_KAOS_MAX; i++) {
        for (size_t k = 0; k < count; k++) {
            if (tdf_unwrap(&m->kaos[i], m->policy, keys[k], shares[got].share, NULL) != OK)
                continue;
            shares[got++].kao = i;
            break;
        }
    }
    if (tdf_combine(m, shares, got, key, NULL) != OK)
        return tampered(f);
    return OK;
}

static bool one_split(const struct tdf_manifest *m)
{
    for (size_t i = 0; i < m->kao_count; i++)
        if (split_of(m, i) != 0)
            return false;
    return true;
}

/* Section 2.3: HMAC-SHA-256 of the joined hashes, or its last 16 bytes. */
static enum err check_root(const struct tdf_manifest *m, const uint8_t key[static TDF_KEY_LEN],
                           struct fail *f)
{
    uint8_t mac[HASH_LEN];
    AUTO(buf_freep) struct buf *joined = buf_new((size_t)TDF_SEGMENTS_MAX * 2 * HASH_LEN);
    tdf_aggregate(m, joined);
    TRY(buf_check(joined, "segment hashes", f));
    struct bytes aggregate = bytes_of(joined);
    hash_hmac(BYTES(key, TDF_KEY_LEN), &aggregate, 1, mac);
    bool good = m->root_hash == TDF_HASH_GMAC ? same(m->root, mac + HASH_LEN - SEAL_TAG_LEN, SEAL_TAG_LEN)
                                              : same(m->root, mac, HASH_LEN);
    return good ? OK : tampered(f);
}

static bool segment_is(const struct tdf_manifest *m, const struct tdf_segment *t, struct bytes sealed,
                       const uint8_t key[static TDF_KEY_LEN])
{
    uint8_t mac[HASH_LEN];
    if (m->segment_hash == TDF_HASH_GMAC)
        return same(t->hash, sealed.data + sealed.len - SEAL_TAG_LEN, SEAL_TAG_LEN);
    hash_hmac(BYTES(key, TDF_KEY_LEN), &sealed, 1, mac);
    return same(t->hash, mac, HASH_LEN);
}

static enum err open_segments(const struct tdf_manifest *m, const uint8_t key[static TDF_KEY_LEN],
                              const struct source *payload, const struct sink *out, struct fail *f)
{
    AUTO(seal_freep) struct seal *s = seal_new(key);
    uint64_t most = SEAL_OVERHEAD, done = 0;
    for (size_t i = 0; i < m->segment_count; i++)
        most = m->segments[i].sealed > most ? m->segments[i].sealed : most;
    AUTO(buf_freep) struct buf *segment = buf_new_secret((size_t)most);
    uint8_t *at = buf_reserve(segment, (size_t)most);
    if (!at)
        return fail_set(f, E_TOO_LARGE, "no memory for a segment of %llu bytes", (unsigned long long)most);
    for (size_t i = 0; i < m->segment_count; i++) {
        const struct tdf_segment *t = &m->segments[i];
        struct bytes sealed = BYTES(at, t->sealed);
        TRY(source_read(payload, done, at, sealed.len, f));
        /* Decrypted in place: one buffer stays in the processor's cache. */
        if (!segment_is(m, t, sealed, key) || seal_open(s, sealed, at + SEAL_IV_LEN, NULL) != OK)
            return fail_why(f, REASON_TAMPERED, "segment %zu was altered", i);
        TRY(out->write(out->ctx, at + SEAL_IV_LEN, (size_t)t->size, f));
        done += sealed.len;
    }
    return OK;
}

enum err tdf_open(const struct tdf_manifest *m, const uint8_t key[static TDF_KEY_LEN],
                  const struct source *payload, const struct sink *out, struct fail *f)
{
    if (tdf_manifest_sealed(m) != payload->size)
        return fail_why(f, REASON_TAMPERED, "payload is %llu bytes, its segments %llu",
                        (unsigned long long)payload->size, (unsigned long long)tdf_manifest_sealed(m));
    if (one_split(m))
        for (size_t i = 0; i < m->kao_count; i++)
            TRY(tdf_check_binding(&m->kaos[i], m->policy, key, f));
    TRY(check_root(m, key, f));
    return open_segments(m, key, payload, out, f);
}

enum err tdf_open_metadata(const struct tdf_kao *k, const uint8_t share[static TDF_KEY_LEN], struct buf *out,
                           struct fail *f)
{
    AUTO(buf_freep) struct buf *text = buf_new(TDF_METADATA_MAX);
    AUTO(buf_freep) struct buf *sealed = buf_new(TDF_METADATA_MAX);
    AUTO(json_freep) json_t *v = NULL;
    const char *ciphertext;
    if (!k->metadata)
        return OK;
    if (b64_read(B64_STD, bytes_str(k->metadata), text, "metadata", NULL) != OK ||
        json_read(bytes_of(text), TDF_METADATA_MAX, "metadata", &v, NULL) != OK ||
        json_need_str(v, "ciphertext", "metadata", &ciphertext, NULL) != OK ||
        b64_read(B64_STD, bytes_str(ciphertext), sealed, "metadata", NULL) != OK ||
        sealed->len < SEAL_OVERHEAD ||
        seal_open_once(share, BYTES(NULL, 0), bytes_of(sealed), out, NULL) != OK)
        return fail_why(f, REASON_TAMPERED, "the metadata of the sealed object was altered");
    return OK;
}
