/* SPDX-License-Identifier: Apache-2.0
 * client/held.h - a package in a reader's hands: checked against the originator's signature, portion by
 * portion, and what has become of each: read, or withheld and why.
 *
 *     held_read(&package, &h, f)         the form
 *     held_verify(h, card, f)            signature, digests; public portions are readable from here on
 *     unlock_...                           (client/unlock.h) the others
 */
#ifndef CLIENT_HELD_H
#define CLIENT_HELD_H

#include "ledger/statement.h"
#include "marking/marking.h"
#include "tdf/container.h"
#include "tdf/package.h"
#include "tdf/variant.h"

enum held_state {
    HELD_SEALED,   /* not asked for */
    HELD_OPEN,     /* its text is here */
    HELD_WITHHELD, /* err, reason and why say more */
};

/* A master with both wordings in it, and what chooses (tdf/variant.h). */
struct held_variants {
    struct buf *raw; /* secret */
    struct variants places;
    struct variant_code code; /* of the house: `number` is whoever's is asked for */
};

struct held_portion {
    uint32_t n;        /* 0: the title */
    const char *id;    /* a UUID; in the share statement */
    const char *share; /* the statement's id */
    const char *giver; /* whose key it is sealed to, where an override brought it; NULL: its originator's */
    char *mark_text;   /* as signed: canonical */
    struct marking mark;
    bool clear;   /* public: not sealed */
    bool no_held; /* its originator forbids that its key is held (client/heldkey.h) */
    bool differs; /* each holder's copy has wordings of its own: its originator says so */
    uint8_t digest[HASH_LEN], commitment[HASH_LEN];
    struct tdf_container *container; /* NULL where clear */
    struct window bytes;             /* in the package */

    enum held_state state;
    struct buf *text;               /* HELD_OPEN; secret */
    struct held_variants *variants; /* a master's, HELD_OPEN: where copies of it differ; NULL: nowhere */
    enum err err;                   /* HELD_WITHHELD: what kind of failure it is */
    enum reason reason;
    char *why;   /* HELD_WITHHELD: for people */
    char *entry; /* of the release: "generation/index" in the originator's ledger; NULL: none */
};

struct held {
    struct buf *package_bytes;
    struct bytes view; /* of them */
    struct package *package;
    struct statement *share; /* its originator's; or the override of who passed it on */
    const char *originator;  /* a domain */
    const char *giver;       /* of an override: whose statement it is; NULL: its originator's */
    const char *banner;
    struct held_portion *portions; /* ascending n */
    size_t count;
};

/*
 * held_read: ${package} is taken over. E_UNVERIFIED: no package, or its report.json is no share statement of a
 * form that is known, or it lists other portions than are there. Caller owns ${out}.
 */
MUST_USE enum err held_read(struct buf **package, struct held **out, struct fail *f);
void held_free(struct held *h);
void held_freep(struct held **h);

/* held_verify: signed by the organisation of the statement, whose card that is, and every manifest and public text
 * is the one that was signed. E_UNVERIFIED, and then nothing in it may be used. held_verify_text: of what an override
 * brought: its texts are those that ${originator} signed (ledger/override.h). */
MUST_USE enum err held_verify(struct held *h, const struct card *signer, struct fail *f);
MUST_USE enum err held_verify_text(const struct held *h, const struct card *originator, struct fail *f);

/* held_withhold: the portion is not to be read. ${why} NULL: as the reason says. */
void held_withhold(struct held_portion *p, enum err err, enum reason reason, const char *why);

/* held_decrypt: the text of ${p}, under the data key ${key}; checked against the originator's commitment.
 * E_UNVERIFIED. */
MUST_USE enum err held_decrypt(struct held_portion *p, const uint8_t key[static TDF_KEY_LEN], struct fail *f);

/* held_mime: what the text is, as its author said; never NULL. held_is_text: it can be printed: UTF-8 without
 * zero bytes. */
const char *held_mime(const struct held_portion *p);
bool held_is_text(const struct held_portion *p);

#endif
