/* SPDX-License-Identifier: Apache-2.0
 * tdf/manifest.h - the manifest of an OpenTDF container (specification 4.3.0, and the older hex form), its
 * policy and its encrypted metadata.
 *
 * Reading is tolerant in what the standard leaves open (unknown members, member order, absent defaults, kid
 * and sid missing, null or empty) and bounded in everything. Writing is 4.3.0, or the older form, with every size
 * stated.
 * Malformed input is E_INVALID, input over a bound E_TOO_LARGE. Plain data: any thread, one at a time. */
#ifndef TDF_MANIFEST_H
#define TDF_MANIFEST_H

#include "base/json.h"
#include "crypto/hash.h"

#define TDF_KEY_LEN          32
#define TDF_MANIFEST_OWN     ((size_t)1 << 20)  /* largest manifest between orcon nodes */
#define TDF_MANIFEST_FOREIGN ((size_t)10 << 20) /* largest that other clients read and write */
#define TDF_SEGMENTS_MAX     65536
#define TDF_SEGMENT_MAX      ((size_t)8 << 20) /* plain bytes in one segment */
#define TDF_KAOS_MAX         64
#define TDF_PAYLOAD_MAX      ((uint64_t)64 << 30)
#define TDF_URL_MAX          2048
#define TDF_ID_MAX           256                /* kid, sid, policy uuid */
#define TDF_POLICY_MAX       ((size_t)64 << 10) /* the base64 text */
#define TDF_METADATA_MAX     ((size_t)64 << 10) /* the base64 text */

/* How a share is wrapped. TDF_WRAP_OTHER (`remote`, `hybrid-wrapped`, ...) can be shown, not opened. */
enum tdf_wrap { TDF_WRAP_EC, TDF_WRAP_RSA, TDF_WRAP_OTHER };

/* A key access object. Strings are owned; those that may be absent are NULL, an absent sid is "". */
struct tdf_kao {
    enum tdf_wrap wrap;
    char *type, *url;
    char *kid;           /* NULL: absent or empty */
    char *sid;           /* "": absent, null or empty; all the same id */
    char *wrapped_key;   /* base64, as received */
    char *binding;       /* base64 of policyBinding's hash, as received */
    char *metadata;      /* encryptedMetadata: base64, as received; NULL: none */
    char *ephemeral_pem; /* TDF_WRAP_EC: SubjectPublicKeyInfo of the sender's key; otherwise NULL */
};

/* How a segment, or the root, is authenticated. */
enum tdf_hash { TDF_HASH_HS256, TDF_HASH_GMAC };

struct tdf_segment {
    uint8_t hash[HASH_LEN]; /* raw; GMAC uses the first 16 */
    uint64_t size, sealed;  /* plain bytes, and those in the payload: always 28 more */
};

struct tdf_manifest {
    char *schema_version; /* as received; NULL: absent (the older form) */
    bool hex;             /* the older form: hashes were base64 of hexadecimal digits */
    char *mime_type;      /* NULL: not said */
    char *policy;         /* the base64 text as received: what every binding covers */
    struct tdf_kao *kaos;
    size_t kao_count;
    enum tdf_hash root_hash, segment_hash;
    uint8_t root[HASH_LEN]; /* raw; GMAC uses the first 16 */
    uint64_t segment_size;  /* the default */
    struct tdf_segment *segments;
    size_t segment_count;
    json_t *assertions; /* the list as received; NULL: none */
};

struct tdf_manifest *tdf_manifest_new(void);
void tdf_manifest_free(struct tdf_manifest *m);
void tdf_manifest_freep(struct tdf_manifest **m);

/*
 * tdf_manifest_read: ${text} of at most ${max} bytes, depth at most 16. Checks every size: segments within
 * TDF_SEGMENT_MAX, sealed = plain + 28, sums within TDF_PAYLOAD_MAX. Verifies nothing that needs a key.
 */
MUST_USE enum err tdf_manifest_read(struct bytes text, size_t max, struct tdf_manifest **out, struct fail *f);
/* tdf_manifest_write: append 4.3.0 JSON, or where ${m}->hex the older form, without a version. E_TOO_LARGE if
 * ${out} can't hold it. */
MUST_USE enum err tdf_manifest_write(const struct tdf_manifest *m, struct buf *out, struct fail *f);

/* tdf_manifest_size: plain bytes of all segments. tdf_manifest_sealed: bytes of the payload entry. */
uint64_t tdf_manifest_size(const struct tdf_manifest *m);
uint64_t tdf_manifest_sealed(const struct tdf_manifest *m);

/* tdf_aggregate: append what root signature and assertions are computed over: the segment hashes as they were
 * decoded from base64, joined (raw, or hexadecimal digits in the older form). */
void tdf_aggregate(const struct tdf_manifest *m, struct buf *out);

/* tdf_kao_read: one key access object, in a manifest or a key request; tdf_kao_clear releases it.
 * tdf_kao_json: as written to a manifest; caller owns. */
MUST_USE enum err tdf_kao_read(const json_t *v, struct tdf_kao *out, struct fail *f);
void tdf_kao_clear(struct tdf_kao *k);
json_t *tdf_kao_json(const struct tdf_kao *k);

/*
 * The policy object (section 4 of the specification). Attribute names are fully qualified, lower-cased;
 * dissem as received. At most 256 of each. Absent, null and empty lists are the same.
 */
struct tdf_policy {
    char *uuid;
    char **attributes, **dissem;
    size_t attribute_count, dissem_count;
};
MUST_USE enum err tdf_policy_read(const char *base64, struct tdf_policy *out, struct fail *f);
void tdf_policy_clear(struct tdf_policy *p);
/* tdf_policy_write: append the base64 text; every string is UTF-8. */
void tdf_policy_write(const struct tdf_policy *p, struct buf *out);

/* tdf_bind: the policy binding: HMAC-SHA-256 under ${share} over the base64 text of the policy. */
void tdf_bind(const uint8_t share[static TDF_KEY_LEN], const char *policy, uint8_t out[static HASH_LEN]);

#endif
