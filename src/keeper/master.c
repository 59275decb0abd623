/* SPDX-License-Identifier: Apache-2.0 */
#include "keeper/master.h"

#include <string.h>

#include "base/mem.h"
#include "crypto/hash.h"
#include "crypto/seal.h"
#include "tdf/open.h"
#include "tdf/portion.h"

struct master {
    struct tdf_manifest *manifest;
    struct source payload;
    struct seal *seal;
    struct hash_stream *hash; /* of the caller */
    struct buf plain;         /* of the segment before ${next} */
    struct buf sealed;
    size_t next;             /* segment to be opened */
    uint64_t payload_at, at; /* bytes of payload opened, bytes of plaintext given */
    uint64_t size;           /* of the text in it */
    struct variants variants;
    uint8_t secret[HASH_LEN]; /* of the variants */
};

void master_freep(struct master **m)
{
    if (!*m)
        return;
    tdf_manifest_free((*m)->manifest);
    seal_freep(&(*m)->seal);
    buf_clear(&(*m)->plain);
    buf_clear(&(*m)->sealed);
    wipe((*m)->secret, HASH_LEN);
    mem_freep(m);
}

static enum err altered(struct fail *f)
{
    return fail_why(f, REASON_TAMPERED, "the master was altered, or is not sealed to us");
}

/* Section 2.3: HMAC-SHA-256 under the data key of the joined segment hashes. */
static enum err check_root(const struct tdf_manifest *m, const uint8_t key[static TDF_KEY_LEN],
                           struct fail *f)
{
    uint8_t mac[HASH_LEN];
    AUTO(buf_freep) struct buf *joined = buf_new((size_t)TDF_SEGMENTS_MAX * HASH_LEN);
    tdf_aggregate(m, joined);
    TRY(buf_check(joined, "segment hashes", f));
    struct bytes aggregate = bytes_of(joined);
    hash_hmac(BYTES(key, TDF_KEY_LEN), &aggregate, 1, mac);
    return same(mac, m->root, HASH_LEN) ? OK : altered(f);
}

/* How much of it is text, and where copies differ; masters from before padding say nothing, and are text alone. */
static enum err read_facts(struct master *m, const uint8_t key[static TDF_KEY_LEN], struct fail *f)
{
    AUTO(buf_freep) struct buf *text = buf_new_secret((size_t)64 << 10);
    uint8_t salt[PORTION_SALT_LEN];
    m->size = PORTION_WHOLE;
    TRY(tdf_open_metadata(&m->manifest->kaos[0], key, text, f));
    if (text->len == 0)
        return OK;
    TRY(portion_metadata_read(bytes_of(text), salt, &m->size, f));
    wipe(salt, sizeof salt);
    TRY(portion_check(m->size, tdf_manifest_size(m->manifest), f));
    variant_secret(key, m->secret);
    uint64_t all = m->size == PORTION_WHOLE ? tdf_manifest_size(m->manifest) : m->size;
    return variants_read(bytes_of(text), all, &m->variants, f);
}

static enum err unlock(struct master *m, const struct keys *k, struct fail *f)
{
    const struct key *mine[KEYS_MAX];
    const struct keys_row *row;
    uint8_t key[TDF_KEY_LEN];
    size_t count = 0;
    for (size_t i = 0; (row = keys_at(k, USE_KAS, i)) != NULL; i++)
        mine[count++] = row->key;
    if (tdf_data_key(m->manifest, mine, count, key, NULL) != OK)
        return altered(f);
    enum err e = check_root(m->manifest, key, f);
    if (e == OK)
        e = read_facts(m, key, f);
    if (e == OK)
        m->seal = seal_new(key);
    wipe(key, sizeof key);
    return e;
}

static enum err make_room(struct master *m, struct fail *f)
{
    uint64_t most = 0;
    for (size_t i = 0; i < m->manifest->segment_count; i++)
        most = m->manifest->segments[i].sealed > most ? m->manifest->segments[i].sealed : most;
    buf_init(&m->plain, most);
    m->plain.secret = true;
    buf_init(&m->sealed, most);
    if (!buf_reserve(&m->plain, most) || !buf_reserve(&m->sealed, most))
        return fail_set(f, E_TOO_LARGE, "no memory for a segment");
    return OK;
}

enum err master_open(const struct keys *k, struct bytes manifest, const struct source *payload,
                     struct master **out, struct fail *f)
{
    AUTO(master_freep) struct master *m = mem_new(sizeof *m);
    TRY(tdf_manifest_read(manifest, TDF_MANIFEST_OWN, &m->manifest, f));
    const struct tdf_manifest *t = m->manifest;
    if (t->hex || t->root_hash != TDF_HASH_HS256 || t->segment_hash != TDF_HASH_GMAC || t->kao_count != 1)
        return fail_set(f, E_INVALID, "not a master as orcon seals them");
    if (tdf_manifest_sealed(t) != payload->size)
        return altered(f);
    m->payload = *payload;
    TRY(unlock(m, k, f));
    TRY(make_room(m, f));
    *out = m;
    m = NULL;
    return OK;
}

const struct tdf_manifest *master_manifest(const struct master *m)
{
    return m->manifest;
}

/* The root covers the segments' hashes, which are their GCM tags: so a segment that opens and has that tag is
 * the one that was sealed there. */
static enum err open_segment(struct master *m, struct fail *f)
{
    if (m->next == m->manifest->segment_count)
        return fail_set(f, E_INTERNAL, "read past the end of a master");
    const struct tdf_segment *t = &m->manifest->segments[m->next];
    struct bytes sealed = BYTES(m->sealed.data, t->sealed);
    TRY(source_read(&m->payload, m->payload_at, m->sealed.data, sealed.len, f));
    if (!same(t->hash, sealed.data + sealed.len - SEAL_TAG_LEN, SEAL_TAG_LEN) ||
        seal_open(m->seal, sealed, m->plain.data, NULL) != OK)
        return altered(f);
    m->plain.len = (size_t)t->size;
    m->plain.at = 0;
    m->payload_at += t->sealed;
    m->next++;
    return OK;
}

/* The text counts for the commitment; what fills it up says nothing. */
static enum err note(struct master *m, struct bytes part, struct fail *f)
{
    uint64_t left = m->at < m->size ? m->size - m->at : 0;
    size_t text = left < part.len ? (size_t)left : part.len;
    if (m->hash)
        hash_stream_add(m->hash, BYTES(part.data, text));
    m->at += part.len;
    return portion_blank(BYTES(part.data + text, part.len - text)) ? OK : altered(f);
}

static enum err read_plain(void *ctx, uint64_t off, void *out, size_t len, struct fail *f)
{
    struct master *m = ctx;
    uint8_t *to = out;
    if (off != m->at)
        return fail_set(f, E_INTERNAL, "a master is read in order");
    for (size_t left = len; left > 0;) {
        size_t have = m->plain.len - m->plain.at, n = have < left ? have : left;
        if (n == 0) {
            TRY(open_segment(m, f));
            continue;
        }
        memcpy(to, m->plain.data + m->plain.at, n);
        m->plain.at += n;
        to += n;
        left -= n;
    }
    return note(m, BYTES(out, len), f);
}

uint64_t master_size(const struct master *m)
{
    return m->size;
}

const struct variants *master_variants(const struct master *m)
{
    return &m->variants;
}

void master_code(const struct master *m, uint32_t number, struct variant_code *out)
{
    memcpy(out->secret, m->secret, HASH_LEN);
    out->number = number;
}

struct source master_plain(struct master *m, struct hash_stream *hash)
{
    m->hash = hash;
    return (struct source){ read_plain, m, tdf_manifest_size(m->manifest) };
}
