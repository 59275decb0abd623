/* SPDX-License-Identifier: Apache-2.0
 * ledger/evidence.h - `orcon/evidence@v1`: a claim about who was told what, and the parts that prove it
 * (docs/formats.md, 2.4).
 *
 * This is the file: reading, writing and its last line. What follows from it is for verdict.h. Pure; any
 * thread. */
#ifndef LEDGER_EVIDENCE_H
#define LEDGER_EVIDENCE_H

#include "base/name.h"
#include "crypto/jose.h"
#include "ledger/part.h"
#include "ledger/shown.h"

#define EVIDENCE_MAX       ((size_t)64 << 20)
#define EVIDENCE_LIST_MAX  256 /* reasons, family, reports, assumptions: each */
#define EVIDENCE_PARTS_MAX 100000
#define EVIDENCE_TYP       "orcon-evidence+jws"

enum evidence_claim { EVIDENCE_YES, EVIDENCE_NO_RECORD, EVIDENCE_UNKNOWN, EVIDENCE_EVENTS, EVIDENCE_LIST };
/* evidence_claim_name: "no-record". */
const char *evidence_claim_name(enum evidence_claim claim);

enum evidence_family { EVIDENCE_FAMILY_NONE, EVIDENCE_FAMILY_LISTED, EVIDENCE_FAMILY_NOT_COVERED };

struct evidence_list {
    size_t count;
    struct bytes item[EVIDENCE_LIST_MAX];
};

/* What another ledger that could release the portion has reported: a statement, or nothing (jws.len 0). */
struct evidence_report {
    char domain[DOMAIN_MAX + 1];
    uint64_t until_ms;
    struct bytes jws;
};

struct evidence_part {
    bool is_absence;
    struct bytes text;
};

struct evidence {
    enum evidence_claim claim;
    uint64_t count;              /* events, list */
    struct evidence_list reason; /* unknown: at least one */
    char ledger[DOMAIN_MAX + 1];
    struct bytes portion;                /* "<domain>/<uuid>"; empty only in events */
    struct bytes subject;                /* person or `@domain`; events: `@domain`; list: empty */
    uint64_t time_ms, generation, index; /* of the until line, or the at line */
    enum evidence_family family;
    struct evidence_list relative; /* portions of the family, if listed */
    size_t report_count;
    struct evidence_report report[EVIDENCE_LIST_MAX];
    struct evidence_list assume;
    size_t part_count;
    struct evidence_part *part;
    struct bytes covered; /* read: all bytes before the last line */
    bool is_signed;       /* read: the last line is `signed` (a JWS), else `end` (base64 of the digest) */
    struct bytes last;    /* read: what it holds */
};

struct evidence *evidence_new(void);
void evidence_free(struct evidence *e);
void evidence_freep(struct evidence **e);

/* evidence_add_part: the parts are in ascending generations; ${text} is not copied. */
void evidence_add_part(struct evidence *e, bool is_absence, struct bytes text);

/* evidence_read: E_INVALID unless ${text} has exactly the lines of its claim; the message names the line. Views
 * into ${text}, which must outlive it. Nothing is verified. */
MUST_USE enum err evidence_read(struct bytes text, struct evidence **out, struct fail *f);

/*
 * evidence_write: all lines but the last, and the digest of them. To finish: evidence_put_signed with the JWS
 * over that digest (the keeper's, or evidence_sign's), or in a `yes` evidence_put_end.
 */
MUST_USE enum err evidence_write(const struct evidence *e, struct buf *out, uint8_t digest[static HASH_LEN],
                                 struct fail *f);
void evidence_put_signed(struct buf *out, struct bytes jws);
void evidence_put_end(struct buf *out, const uint8_t digest[static HASH_LEN]);
/* evidence_sign: ES256, header {alg, kid, typ}, payload = the 32 bytes; with a key at hand. */
MUST_USE enum err evidence_sign(const struct key *k, const char *kid, const uint8_t digest[static HASH_LEN],
                                struct buf *jws, struct fail *f);

/* evidence_verify_last: the last line covers every byte before it: signed by a statement key in the card of the
 * ledger's organisation, or, only in a `yes`, the bare digest. E_UNVERIFIED. */
MUST_USE enum err evidence_verify_last(const struct evidence *e, const struct shown_cards *cards,
                                       struct fail *f);

/* evidence_is_object: "<domain>/<uuid>". evidence_is_organisation: `@domain`. */
bool evidence_is_object(struct bytes v);
bool evidence_is_organisation(struct bytes v);

#endif
