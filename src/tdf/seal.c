/* SPDX-License-Identifier: Apache-2.0 */
#include "tdf/seal.h"

#include <stdlib.h>
#include <string.h>

#include "base/b64.h"
#include "base/hex.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "crypto/seal.h"
#include "tdf/zip.h"

#define SEGMENTS_FITTING  8192
#define METADATA_TEXT_MAX ((size_t)32 << 10)

uint64_t tdf_segment_fitting(uint64_t size)
{
    uint64_t segment = TDF_SEGMENT_DEFAULT;
    while (segment < TDF_SEGMENT_MAX && size > segment * SEGMENTS_FITTING)
        segment *= 2;
    return segment;
}

/* Sizes of the segments of ${size} bytes; hashes come later. */
static enum err plan_segments(struct tdf_manifest *m, uint64_t size, uint64_t segment_size, struct fail *f)
{
    if (segment_size == 0)
        segment_size = tdf_segment_fitting(size);
    if (segment_size > TDF_SEGMENT_MAX || m->segments)
        BUG("segments can't be planned");
    uint64_t count = size / segment_size + (size % segment_size != 0);
    if (size > TDF_PAYLOAD_MAX || count > TDF_SEGMENTS_MAX)
        return fail_set(f, E_TOO_LARGE, "%llu bytes in segments of %llu are more than a TDF holds",
                        (unsigned long long)size, (unsigned long long)segment_size);
    m->segment_size = segment_size;
    m->segments = mem_array((size_t)count + 1, sizeof *m->segments);
    m->segment_count = (size_t)count;
    for (size_t i = 0; i < m->segment_count; i++) {
        uint64_t left = size - i * segment_size;
        m->segments[i].size = left < segment_size ? left : segment_size;
        m->segments[i].sealed = m->segments[i].size + SEAL_OVERHEAD;
    }
    return OK;
}

static enum err seal_segments(const struct source *plain, struct seal *s, const struct sink *out,
                              struct tdf_manifest *m, struct fail *f)
{
    size_t room = (size_t)(plain->size < m->segment_size ? plain->size : m->segment_size) + SEAL_OVERHEAD;
    AUTO(buf_freep) struct buf *segment = buf_new_secret(room);
    uint8_t *at = buf_reserve(segment, room);
    uint64_t done = 0;
    if (!at)
        return buf_check(segment, "segment", f);
    for (size_t i = 0; i < m->segment_count; i++) {
        struct tdf_segment *t = &m->segments[i];
        size_t n = (size_t)t->size;
        /* Read to where the ciphertext will be, and encrypt in place: no byte is copied twice. */
        TRY(source_read(plain, done, at + SEAL_IV_LEN, n, f));
        TRY(seal_lock(s, BYTES(at + SEAL_IV_LEN, n), at, f));
        memcpy(t->hash, at + SEAL_IV_LEN + n, SEAL_TAG_LEN);
        TRY(out->write(out->ctx, at, n + SEAL_OVERHEAD, f));
        done += n;
    }
    return OK;
}

enum err tdf_seal_payload(const struct source *plain, const uint8_t key[static TDF_KEY_LEN],
                          uint64_t segment_size, const struct sink *out, struct tdf_manifest *m,
                          struct fail *f)
{
    AUTO(seal_freep) struct seal *s = seal_new(key);
    TRY(plan_segments(m, plain->size, segment_size, f));
    m->root_hash = TDF_HASH_HS256;
    m->segment_hash = TDF_HASH_GMAC;
    TRY(seal_segments(plain, s, out, m, f));
    AUTO(buf_freep) struct buf *joined = buf_new((size_t)TDF_SEGMENTS_MAX * SEAL_TAG_LEN);
    tdf_aggregate(m, joined);
    struct bytes aggregate = bytes_of(joined);
    hash_hmac(BYTES(key, TDF_KEY_LEN), &aggregate, 1, m->root);
    return buf_check(joined, "segment hashes", f);
}

/* Section 2.1, encryptedMetadata: base64 of {"ciphertext", "iv"}; the ciphertext carries the iv as well. */
static enum err lock_metadata(const uint8_t share[static TDF_KEY_LEN], const char *text, char **out,
                              struct fail *f)
{
    AUTO(buf_freep) struct buf *sealed = buf_new(METADATA_TEXT_MAX + SEAL_OVERHEAD);
    AUTO(buf_freep) struct buf *ciphertext = buf_new(TDF_METADATA_MAX);
    AUTO(buf_freep) struct buf *iv = buf_new(64);
    AUTO(buf_freep) struct buf *json = buf_new(TDF_METADATA_MAX);
    AUTO(buf_freep) struct buf *base64 = buf_new(TDF_METADATA_MAX);
    AUTO(json_freep) json_t *v = json_object();
    TRY(seal_lock_once(share, BYTES(NULL, 0), bytes_str(text), sealed, f));
    b64_put(ciphertext, B64_STD, bytes_of(sealed));
    b64_put(iv, B64_STD, BYTES(sealed->data, SEAL_IV_LEN));
    json_set_str(v, "ciphertext", buf_text(ciphertext));
    json_set_str(v, "iv", buf_text(iv));
    json_put(json, v);
    b64_put(base64, B64_STD, bytes_of(json));
    TRY(buf_check(base64, "metadata", f));
    *out = buf_steal_text(base64);
    return OK;
}

/* Section 3: base64 of the hexadecimal digits, in every version. */
static char *binding_text(const uint8_t share[static TDF_KEY_LEN], const char *policy)
{
    uint8_t mac[HASH_LEN];
    char hex[2 * HASH_LEN + 1];
    AUTO(buf_freep) struct buf *base64 = buf_new(256);
    tdf_bind(share, policy, mac);
    hex_print(BYTES(mac, sizeof mac), hex);
    b64_put(base64, B64_STD, bytes_str(hex));
    return buf_steal_text(base64);
}

static enum err wrap_share(struct tdf_kao *k, const uint8_t share[static TDF_KEY_LEN], const struct key *to,
                           struct fail *f)
{
    AUTO(buf_freep) struct buf *wrapped = buf_new(1024);
    AUTO(buf_freep) struct buf *pem = buf_new(4096);
    AUTO(buf_freep) struct buf *base64 = buf_new(4096);
    bool ec = key_kind(to) == KEY_P256;
    if (!ec && key_kind(to) != KEY_RSA)
        return fail_set(f, E_INVALID, "a key can be wrapped to P-256 and RSA keys only");
    if (ec)
        TRY(wrap_ec(to, BYTES(share, TDF_KEY_LEN), wrapped, pem, f));
    else
        TRY(wrap_rsa(to, BYTES(share, TDF_KEY_LEN), wrapped, f));
    b64_put(base64, B64_STD, bytes_of(wrapped));
    TRY(buf_check(base64, "wrapped key", f));
    k->wrap = ec ? TDF_WRAP_EC : TDF_WRAP_RSA;
    k->type = str_dup(ec ? "ec-wrapped" : "wrapped");
    k->wrapped_key = buf_steal_text(base64);
    k->ephemeral_pem = ec ? buf_steal_text(pem) : NULL;
    return OK;
}

/* What goes into a manifest as text has to be text, and within what readers take. NULL is fine. */
static enum err check_text(const char *text, size_t max, const char *what, struct fail *f)
{
    size_t len = text ? strlen(text) : 0;
    if (len > max)
        return fail_set(f, E_TOO_LARGE, "%s is larger than %zu bytes", what, max);
    if (utf8_valid(BYTES(text, len)) != len)
        return fail_set(f, E_INVALID, "%s is not UTF-8", what);
    return OK;
}

static enum err check_recipient(const struct tdf_recipient *to, struct fail *f)
{
    TRY(check_text(to->url, TDF_URL_MAX, "URL", f));
    TRY(check_text(to->kid, TDF_ID_MAX, "key id", f));
    TRY(check_text(to->sid, TDF_ID_MAX, "split id", f));
    return check_text(to->metadata, METADATA_TEXT_MAX, "metadata", f);
}

static enum err check_policy(const struct tdf_policy *p, struct fail *f)
{
    TRY(check_text(p->uuid, TDF_ID_MAX, "policy id", f));
    for (size_t i = 0; i < p->attribute_count; i++)
        TRY(check_text(p->attributes[i], TDF_URL_MAX, "attribute", f));
    for (size_t i = 0; i < p->dissem_count; i++)
        TRY(check_text(p->dissem[i], TDF_URL_MAX, "dissem", f));
    return OK;
}

enum err tdf_wrap(struct tdf_manifest *m, const uint8_t share[static TDF_KEY_LEN],
                  const struct tdf_recipient *to, struct fail *f)
{
    AUTO(str_freep) char *metadata = NULL;
    struct tdf_kao k = { 0 };
    if (m->kao_count >= TDF_KAOS_MAX)
        return fail_set(f, E_TOO_LARGE, "more than %d recipients", TDF_KAOS_MAX);
    TRY(check_recipient(to, f));
    if (to->metadata)
        TRY(lock_metadata(share, to->metadata, &metadata, f));
    TRY(wrap_share(&k, share, to->to, f));
    k.url = str_dup(to->url);
    k.kid = str_dup(to->kid);
    k.sid = str_dup(to->sid ? to->sid : "");
    k.binding = binding_text(share, m->policy);
    k.metadata = metadata;
    metadata = NULL;
    m->kaos = mem_grow(m->kaos, m->kao_count + 1, sizeof *m->kaos);
    m->kaos[m->kao_count++] = k;
    return OK;
}

static enum err to_entry(void *ctx, const void *p, size_t len, struct fail *f)
{
    return zip_write_data(ctx, p, len, f);
}

/* The payload as the first entry, so that it can be written while it is made. */
static enum err seal_to_zip(const struct source *plain, const struct tdf_spec *spec,
                            const uint8_t key[static TDF_KEY_LEN], struct zip_writer *w,
                            struct tdf_manifest *m, struct fail *f)
{
    struct sink entry = { to_entry, NULL, w };
    uint64_t segment = spec->segment_size ? spec->segment_size : tdf_segment_fitting(plain->size);
    uint64_t count = plain->size / segment + (plain->size % segment != 0);
    TRY(zip_write_begin(w, TDF_PAYLOAD_NAME, plain->size + count * SEAL_OVERHEAD, NULL, f));
    TRY(tdf_seal_payload(plain, key, segment, &entry, m, f));
    return zip_write_end(w, f);
}

static void wipe_key(uint8_t (*key)[TDF_KEY_LEN])
{
    wipe(*key, TDF_KEY_LEN);
}

enum err tdf_seal(const struct source *plain, const struct tdf_spec *spec, const struct sink *out,
                  struct tdf_manifest **manifest, struct fail *f)
{
    AUTO(wipe_key) uint8_t key[TDF_KEY_LEN];
    AUTO(tdf_manifest_freep) struct tdf_manifest *m = tdf_manifest_new();
    AUTO(zip_writer_freep) struct zip_writer *w = zip_writer_new(out);
    AUTO(buf_freep) struct buf *policy = buf_new(TDF_POLICY_MAX);
    AUTO(buf_freep) struct buf *text = buf_new(TDF_MANIFEST_FOREIGN);
    if (spec->recipient_count == 0 || spec->segment_size > TDF_SEGMENT_MAX || plain->size > TDF_PAYLOAD_MAX)
        return fail_set(f, E_INVALID, "a TDF needs a recipient, at most 8 MiB a segment, and 64 GiB in all");
    TRY(check_policy(spec->policy, f));
    TRY(check_text(spec->mime_type, TDF_ID_MAX, "media type", f));
    random_bytes(key, sizeof key);
    tdf_policy_write(spec->policy, policy);
    TRY(buf_check(policy, "policy", f));
    m->policy = buf_steal_text(policy);
    m->mime_type = str_dup(spec->mime_type);
    m->hex = spec->older;
    TRY(seal_to_zip(plain, spec, key, w, m, f));
    for (size_t i = 0; i < spec->recipient_count; i++)
        TRY(tdf_wrap(m, key, &spec->recipients[i], f));
    TRY(tdf_manifest_write(m, text, f));
    TRY(zip_write_bytes(w, TDF_MANIFEST_NAME, bytes_of(text), f));
    TRY(zip_write_finish(w, f));
    if (manifest) {
        *manifest = m;
        m = NULL;
    }
    return OK;
}
