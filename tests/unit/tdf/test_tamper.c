/* SPDX-License-Identifier: Apache-2.0 - no altered container opens, except where ZIP says what nobody needs */
#include "tdf_sample.h"

#include "crypto/hash.h"
#include "tdf/zip.h"

#define SEGMENT 16
#define SIZE    40 /* three segments, the last of 8 bytes */

/* Fields of ZIP records that a flipped bit may change without harm: nothing here depends on them. */
static const struct {
    const char *record, *field;
    size_t at, len;
} ignorable[] = {
    { "PK\3\4", "version needed", 4, 2 },
    { "PK\3\4", "flags", 6, 2 }, /* UTF-8, the two of other methods, and the descriptor's */
    { "PK\3\4", "time and date", 10, 4 },
    { "PK\1\2", "version made by", 4, 2 },
    { "PK\1\2", "version needed", 6, 2 },
    { "PK\1\2", "flags", 8, 2 },
    { "PK\1\2", "time and date", 12, 4 },
    { "PK\1\2", "internal attributes", 36, 2 },
    { "PK\1\2", "external attributes", 38, 4 },
};

/* The field of ${v} in which the byte at ${at} lies; COUNT(ignorable) if in none of them. */
static size_t field_of(struct bytes v, size_t at)
{
    for (size_t i = 0; i < COUNT(ignorable); i++)
        for (size_t k = 0; k < ignorable[i].len; k++) {
            size_t back = ignorable[i].at + k;
            if (at >= back && memcmp(v.data + at - back, ignorable[i].record, 4) == 0)
                return i;
        }
    return COUNT(ignorable);
}

static void test_flips(struct bytes container, struct bytes plain, const struct key *kas)
{
    AUTO(mem_freep) uint8_t *copy = mem_dup(container.data, container.len);
    size_t taken[COUNT(ignorable) + 1] = { 0 }, other = 0, kinds = 0;
    for (size_t bit = 0; bit < container.len * 8; bit++) {
        AUTO(buf_freep) struct buf *out = buf_new(1000);
        copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
        enum err e = sample_open(BYTES(copy, container.len), &kas, 1, out, NULL);
        copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
        if (e == OK) {
            taken[field_of(container, bit / 8)]++;
            other += !bytes_equal(bytes_of(out), plain);
        } else if (e != E_UNVERIFIED) {
            kinds++;
        }
    }
    ok(kinds == 0 && other == 0, "every flipped bit: refused as E_UNVERIFIED, or the same text");
    ok(taken[COUNT(ignorable)] == 0, "and never taken outside the fields that may be ignored");
    for (size_t i = 0; i < COUNT(ignorable); i++)
        ok(taken[i] > 0, "ignored: %s in %s: %zu bits of %zu, two entries", ignorable[i].field,
           ignorable[i].record[2] == 3 ? "local headers" : "the directory", taken[i], ignorable[i].len * 16);
}

static void test_lengths(struct bytes container, const struct key *kas)
{
    size_t wrong = 0;
    for (size_t n = 0; n < container.len; n++) {
        AUTO(buf_freep) struct buf *out = buf_new(1000);
        AUTO(mem_freep) uint8_t *exact = mem_dup(container.data, n);
        wrong += sample_open(BYTES(exact, n), &kas, 1, out, NULL) != E_UNVERIFIED;
        /* and cut at the front */
        wrong += sample_open(BYTES(container.data + n + 1, container.len - n - 1), &kas, 1, out, NULL) !=
                 E_UNVERIFIED;
    }
    ok(wrong == 0, "cut at every length: refused");
}

/* A container taken apart, so that it can be put together wrongly: ZIP and its checksums are then right. */
struct parts {
    struct tdf_container *c;
    struct buf *payload;
};

static void take_apart(struct parts *p, struct bytes *container)
{
    struct source in = source_bytes(container);
    if (tdf_container_read(&in, TDF_MANIFEST_OWN, &p->c, NULL) != OK)
        BUG("sample can't be read");
    struct source payload = source_window(&p->c->payload);
    p->payload = buf_new(10000);
    struct buf_sink to;
    struct sink out = sink_buf(&to, p->payload);
    if (source_copy(&payload, &out, NULL) != OK)
        BUG("sample can't be read");
}

static void put_away(struct parts *p)
{
    tdf_container_freep(&p->c);
    buf_freep(&p->payload);
}

/* The parts joined to a container and opened; what was written to ${out} before the refusal stays there. */
static enum err open_parts(struct bytes manifest, struct bytes payload, const struct key *kas,
                           struct buf *out)
{
    AUTO(buf_freep) struct buf *whole = buf_new(1 << 16);
    struct buf_sink to;
    struct sink joined = sink_buf(&to, whole);
    struct source in = source_bytes(&payload);
    TRY(tdf_assemble(manifest, &in, &joined, NULL));
    return sample_open(bytes_of(whole), &kas, 1, out, NULL);
}

static void test_payload_flips(struct bytes container, const struct key *kas)
{
    AUTO(put_away) struct parts p = { 0 };
    take_apart(&p, &container);
    size_t taken = 0;
    for (size_t bit = 0; bit < p.payload->len * 8; bit++) {
        AUTO(buf_freep) struct buf *out = buf_new(1000);
        p.payload->data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        taken += open_parts(bytes_of(p.c->manifest_text), bytes_of(p.payload), kas, out) != E_UNVERIFIED;
        p.payload->data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        /* segments are 44 bytes; only those before the altered one may have been let out */
        taken += out->len != bit / 8 / (SEGMENT + 28) * SEGMENT;
    }
    ok(taken == 0,
       "each bit of the payload under a right checksum: refused, nothing of that segment let out");
}

static void test_manifest_flips(struct bytes container, struct bytes plain, const struct key *kas)
{
    AUTO(put_away) struct parts p = { 0 };
    take_apart(&p, &container);
    struct buf *text = p.c->manifest_text;
    const char *policy = strstr(buf_text(text), p.c->manifest->policy);
    size_t policy_at = (size_t)(policy - buf_text(text)), policy_len = strlen(p.c->manifest->policy);
    size_t other = 0, forged = 0, kept = 0;
    for (size_t bit = 0; bit < text->len * 8; bit++) {
        AUTO(buf_freep) struct buf *out = buf_new(1000);
        text->data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        enum err e = open_parts(bytes_of(text), bytes_of(p.payload), kas, out);
        text->data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        if (e == OK) {
            kept++;
            other += !bytes_equal(bytes_of(out), plain);
            forged += bit / 8 >= policy_at && bit / 8 < policy_at + policy_len;
        }
    }
    ok(other == 0 && forged == 0,
       "each bit of the manifest under a right checksum: refused, or (%zu of %zu: names, "
       "URL, type of media) the same text under the same policy",
       kept, text->len * 8);
}

enum game { SWAP, SWAP_PAYLOAD, DROP_LAST, DROP_FIRST, DOUBLE, DROP_HASH, MOVE_EDGE, NO_SEGMENT, LONGER };
static const struct {
    const char *name;
    enum game game;
} games[] = {
    { "two segments swapped, with their hashes", SWAP },
    { "two segments swapped in the payload", SWAP_PAYLOAD },
    { "the last segment dropped, with its hash", DROP_LAST },
    { "the first segment dropped, with its hash", DROP_FIRST },
    { "a segment doubled, with its hash", DOUBLE },
    { "a hash dropped, the payload whole", DROP_HASH },
    { "the edge of two segments moved", MOVE_EDGE },
    { "no segments, no payload", NO_SEGMENT },
    { "a byte after the payload", LONGER },
};

static void play(enum game game, struct tdf_manifest *m, struct buf *payload)
{
    size_t sealed = SEGMENT + 28;
    struct tdf_segment first = m->segments[0];
    uint8_t bytes[SEGMENT + 28];
    memcpy(bytes, payload->data, sealed);
    if (game == SWAP) {
        m->segments[0] = m->segments[1];
        m->segments[1] = first;
    }
    if (game == SWAP || game == SWAP_PAYLOAD) {
        memcpy(payload->data, payload->data + sealed, sealed);
        memcpy(payload->data + sealed, bytes, sealed);
    } else if (game == DROP_LAST) {
        payload->len -= m->segments[--m->segment_count].sealed;
    } else if (game == DROP_FIRST) {
        memmove(payload->data, payload->data + sealed, payload->len - sealed);
        memmove(m->segments, m->segments + 1, --m->segment_count * sizeof *m->segments);
        payload->len -= sealed;
    } else if (game == DOUBLE) { /* the second instead of the first */
        memcpy(payload->data, payload->data + sealed, sealed);
        m->segments[0] = m->segments[1];
    } else if (game == DROP_HASH) {
        m->segment_count--;
    } else if (game == MOVE_EDGE) {
        m->segments[0].size++;
        m->segments[0].sealed++;
        m->segments[1].size--;
        m->segments[1].sealed--;
    } else if (game == NO_SEGMENT) {
        m->segment_count = payload->len = 0;
    } else {
        buf_put_u8(payload, 0);
    }
}

static void test_games(struct bytes container, const struct key *kas)
{
    for (size_t i = 0; i < COUNT(games); i++) {
        AUTO(put_away) struct parts p = { 0 };
        AUTO(buf_freep) struct buf *text = buf_new(1 << 16);
        AUTO(buf_freep) struct buf *out = buf_new(1000);
        take_apart(&p, &container);
        play(games[i].game, p.c->manifest, p.payload);
        ok(tdf_manifest_write(p.c->manifest, text, NULL) == OK &&
               open_parts(bytes_of(text), bytes_of(p.payload), kas, out) == E_UNVERIFIED && out->len == 0,
           "%s: refused, nothing let out", games[i].name);
    }
}

/* Entries that are no container: named differently, missing, doubled, too many. */
static const struct {
    const char *name, *entries[3];
} archives[] = {
    { "no manifest", { TDF_PAYLOAD_NAME } },
    { "no payload", { TDF_MANIFEST_NAME } },
    { "another entry", { TDF_PAYLOAD_NAME, "0.other" } },
    { "a third entry", { TDF_PAYLOAD_NAME, TDF_MANIFEST_NAME, "0.other" } },
    { "a second manifest", { TDF_PAYLOAD_NAME, TDF_MANIFEST_NAME, TDF_MANIFEST_NAME } },
    { "names in another case", { "0.Payload", "0.Manifest.json" } },
    { "names with a folder", { "./0.payload", "./0.manifest.json" } },
};

static void test_archives(struct bytes container)
{
    AUTO(put_away) struct parts p = { 0 };
    take_apart(&p, &container);
    for (size_t i = 0; i < COUNT(archives); i++) {
        AUTO(buf_freep) struct buf *b = buf_new(1 << 16);
        struct buf_sink to;
        struct sink out = sink_buf(&to, b);
        AUTO(zip_writer_freep) struct zip_writer *w = zip_writer_new(&out);
        AUTO(tdf_container_freep) struct tdf_container *c = NULL;
        struct fail f = { 0 };
        bool written = true;
        for (size_t k = 0; k < 3 && archives[i].entries[k]; k++) {
            bool payload = strcmp(archives[i].entries[k], TDF_PAYLOAD_NAME) == 0;
            written =
                written && zip_write_bytes(w, archives[i].entries[k],
                                           bytes_of(payload ? p.payload : p.c->manifest_text), NULL) == OK;
        }
        written = written && zip_write_finish(w, NULL) == OK;
        struct bytes v = bytes_of(b);
        struct source in = source_bytes(&v);
        ok(written && tdf_container_read(&in, TDF_MANIFEST_OWN, &c, &f) == E_UNVERIFIED, "%s: %s",
           archives[i].name, f.what);
    }
}

int main(void)
{
    struct fail f = { 0 };
    if (!ok(crypto_start(&f) == OK, "crypto: %s", f.what))
        return tap_done();
    AUTO(key_freep) struct key *kas = vector_key("kas-ec.pem");
    AUTO(buf_freep) struct buf *plain = sample_plain(SIZE);
    AUTO(buf_freep) struct buf *sealed = sample_sealed(bytes_of(plain), SEGMENT, kas);
    test_flips(bytes_of(sealed), bytes_of(plain), kas);
    test_lengths(bytes_of(sealed), kas);
    test_payload_flips(bytes_of(sealed), kas);
    test_manifest_flips(bytes_of(sealed), bytes_of(plain), kas);
    test_games(bytes_of(sealed), kas);
    test_archives(bytes_of(sealed));
    return tap_done();
}
