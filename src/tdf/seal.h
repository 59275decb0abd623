/* SPDX-License-Identifier: Apache-2.0
 * tdf/seal.h - seal a stream as OpenTDF 4.3.0: AES-256-GCM segments, GMAC segment hashes, HS256 root
 * signature, policy binding, wrapped keys.
 *
 * In one step, into a container:
 *     tdf_seal(&plain, &spec, &out, NULL, f)
 * or payload and manifest apart (a store keeps them so; tdf/container.h joins them):
 *     random_bytes(key, sizeof key);
 *     m = tdf_manifest_new(); m->policy = ...; m->mime_type = ...;
 *     tdf_seal_payload(&plain, key, 0, &out, m, f);      the integrity information
 *     tdf_wrap(m, key, &recipient, f);                   once for each recipient
 *     tdf_assertion_attach(m, ...)                       labels, if any (tdf/assertion.h)
 *     tdf_manifest_write(m, text, f);
 * For files: source_fd (a regular file: its size must be known) and sink_fd(fd, true) on a new, empty file.
 * Memory is one segment, whatever the size. A failure leaves the output unfinished: discard it. */
#ifndef TDF_SEAL_H
#define TDF_SEAL_H

#include "crypto/key.h"
#include "tdf/container.h"

#define TDF_SEGMENT_DEFAULT ((uint64_t)1 << 20)

/* tdf_segment_fitting: the segment size used when none is given: 1 MiB up to 8 GiB, then doubling, so that
 * there are at most 8192 and the manifest stays below TDF_MANIFEST_OWN. */
uint64_t tdf_segment_fitting(uint64_t size);

/*
 * tdf_seal_payload: encrypt all of ${plain} under ${key}, fresh for this payload, to ${out}: segments of
 * ${segment_size} bytes (1..TDF_SEGMENT_MAX; 0 = fitting), each iv || ciphertext || tag under a random iv.
 * No bytes make no segment. m->hex chooses the form of what is signed. Sets segments, sizes, hash kinds and root of ${m}. E_TOO_LARGE over
 * TDF_SEGMENTS_MAX segments or TDF_PAYLOAD_MAX bytes; else the errors of source and sink.
 */
MUST_USE enum err tdf_seal_payload(const struct source *plain, const uint8_t key[static TDF_KEY_LEN],
                                   uint64_t segment_size, const struct sink *out, struct tdf_manifest *m,
                                   struct fail *f);

/*
 * Whom a share is wrapped to: a P-256 key makes an `ec-wrapped` object, an RSA key a `wrapped` one.
 * ${metadata} is JSON text to be encrypted under the share, at most 32 KiB; NULL = none. ${kid}, ${sid} may
 * be NULL.
 */
struct tdf_recipient {
    const struct key *to;
    const char *url, *kid, *sid, *metadata;
};

/* tdf_wrap: append a key access object for ${share}, bound to m->policy, which is set and final. Some readers
 * refuse two objects of equal sid and URL. */
MUST_USE enum err tdf_wrap(struct tdf_manifest *m, const uint8_t share[static TDF_KEY_LEN],
                           const struct tdf_recipient *to, struct fail *f);

/* What a container is made with; every recipient can open it alone. */
struct tdf_spec {
    const struct tdf_policy *policy;
    const char *mime_type; /* NULL: application/octet-stream */
    uint64_t segment_size; /* 0: fitting */
    const struct tdf_recipient *recipients;
    size_t recipient_count; /* 1..TDF_KAOS_MAX */
    bool older;             /* the older form, which clients of before 4.3.0 know */
};

/* tdf_seal: make a key, seal ${plain}, wrap the key, forget it. ${out} is a sink that can patch. ${manifest},
 * unless NULL, gets what was written; caller owns. */
MUST_USE enum err tdf_seal(const struct source *plain, const struct tdf_spec *spec, const struct sink *out,
                           struct tdf_manifest **manifest, struct fail *f);

#endif
