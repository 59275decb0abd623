/* SPDX-License-Identifier: Apache-2.0
 * ledger/body.h - what an event says: its kind, its sixteen field values, and the commitment to them
 * (docs/formats.md, 1.2).
 *
 * The private body of an event is a random key K and the field values. The public entry holds only the
 * commitment C = root (RFC 6962) over 16 leaves, leaf j = "orcon/field/v1\n" || u8 j || salt_j || u32,value
 * with salt_j = HMAC-SHA-256(K, "orcon/salt/v1\n" || u8 j). So salt, value and a path of four hashes open one
 * field; K opens all; without K nothing can be guessed. Pure; any thread. */
#ifndef LEDGER_BODY_H
#define LEDGER_BODY_H

#include "base/buf.h"
#include "crypto/hash.h"
#include "ledger/entry.h"

/* What happened. Numbers are in every log and never change; 24, the close of a log, is an entry of its own
 * form and never the kind of an event. */
enum entry_kind {
    KIND_NONE = 0,
    KIND_REQUEST = 1,
    KIND_GRANT,
    KIND_DENY,
    KIND_OVERRIDE,
    KIND_BRIEFING, /* first key release to a person in this log */
    KIND_REFUSED,
    KIND_RECALL,
    KIND_REMARK,
    KIND_RECEIPT,
    KIND_SILENCE,
    KIND_SHARED,
    KIND_RECEIVED,
    KIND_ACK,
    KIND_NOTICE,
    KIND_REISSUE,
    KIND_TOLD,
    KIND_REPORTED_BRIEFING,
    KIND_READ_IN,
    KIND_PERSON_KEY,
    KIND_CARD,
    KIND_ARRANGEMENT,
    KIND_OBJECTION,
    KIND_REVIEW_CLOSED,
    KIND_COUNT
};
/* kind_name: "reported-briefing". kind_from_name: KIND_NONE if there is none. kind_is_briefing: briefing,
 * told or reported-briefing: the kinds whose first for (portion, person) carries the person's tag. */
const char *kind_name(enum entry_kind kind);
enum entry_kind kind_from_name(const char *name);
bool kind_is_briefing(enum entry_kind kind);

enum field {
    FIELD_KIND,         /* u8 */
    FIELD_TIME,         /* u64 POSIX milliseconds, never below an earlier entry's */
    FIELD_PORTION,      /* "<originator domain>/<uuid>" */
    FIELD_PERSON,       /* person concerned; `@domain` if organisation-wide */
    FIELD_ORGANISATION, /* organisation concerned, as `@domain` */
    FIELD_ACTOR,        /* who acted: person, or `@domain` of the reporter */
    FIELD_REPORT,       /* "<originator domain>/<uuid>" */
    FIELD_COPY,         /* policy uuid whose key was released, or asked for */
    FIELD_FOLLOWS,      /* reference of the entry that this one answers or follows */
    FIELD_DECISION,     /* reference of the entry that it rests on */
    FIELD_REASON,       /* UTF-8, at most 1024 bytes; in a refusal u32 count || reason code */
    FIELD_POLICY,       /* policy version */
    FIELD_VERSIONS,     /* u64 a slot: the version of a real tag, BODY_DUMMY where the tag is a dummy */
    FIELD_PREVIOUS,     /* reference of the previous entry with the same fields 2 and 4 in this log */
    FIELD_STATEMENT,    /* digest of the statement, 32 bytes */
    FIELD_READER,       /* digest of request token and access token, 32 bytes */
    FIELD_COUNT
};

#define BODY_DUMMY     UINT64_MAX
#define BODY_FIELD_MAX 1032 /* bytes of the longest value */
#define BODY_MAX       (32 + FIELD_COUNT * (4 + BODY_FIELD_MAX))

/* K and the field values; values belong to somebody else and may be empty. Secret: wipe K after use. */
struct body {
    uint8_t key[32];
    struct bytes field[FIELD_COUNT];
};

/*
 * body_check: E_INVALID names the first field that is not of its form: kind known, time and versions there,
 * names in their one spelling, digests and references of their length, reason UTF-8. A slot of field 12 that
 * the kind does not allow to be real, or dummy, is found by tag_plan.
 */
MUST_USE enum err body_check(const struct body *b, struct fail *f);

/* What field 0, 1 and 12 say; for bodies that passed body_check. */
enum entry_kind body_kind(const struct body *b);
uint64_t body_time_ms(const struct body *b);
uint64_t body_version(const struct body *b, unsigned class);

/* Values of fields 1 and 12, of 8 and 24 bytes. */
void body_put_time(uint64_t time_ms, uint8_t out[static 8]);
void body_put_versions(const uint64_t version[static ENTRY_TAGS], uint8_t out[static 24]);

/* body_write: K || u32,value of each field. body_read: the same back, views into ${v}; checks only the
 * shape. */
MUST_USE enum err body_write(const struct body *b, struct buf *out, struct fail *f);
MUST_USE enum err body_read(struct bytes v, struct body *out, struct fail *f);

/* body_commit: C. body_dummy: what stands in ${slot} (0..2) where there is no real tag. */
void body_commit(const struct body *b, uint8_t out[static HASH_LEN]);
void body_dummy(const struct body *b, unsigned slot, uint8_t out[static 32]);

/* One opened field. */
#define OPENING_PATH_LEN 128
struct opening {
    unsigned field;
    uint8_t salt[32], path[OPENING_PATH_LEN];
    struct bytes value;
};

/* body_open: open the fields whose bits are set in ${fields}, in their order; how many. opening_verify: E_UNVERIFIED unless ${o} lies in the commitment. */
size_t body_open(const struct body *b, uint32_t fields, struct opening *out);
MUST_USE enum err opening_verify(const struct opening *o, const uint8_t commitment[static HASH_LEN],
                                 struct fail *f);

/* body_reader_digest: field 15: H("orcon/reader/v1\n" || u32,SRT || u32,token), both as received. */
void body_reader_digest(struct bytes srt, struct bytes token, uint8_t out[static HASH_LEN]);

#endif
