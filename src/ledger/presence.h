/* SPDX-License-Identifier: Apache-2.0
 * ledger/presence.h - `orcon/presence@v1`: this entry stands in that log, and these of its fields say this.
 *
 * A key-release reply carries one for the person's class-1 tag; evidence files hold them. */
#ifndef LEDGER_PRESENCE_H
#define LEDGER_PRESENCE_H

#include "ledger/body.h"
#include "ledger/part.h"
#include "ledger/tag.h"

struct presence_tag {
    unsigned class;
    uint64_t version;
    struct bytes pi; /* 80 bytes */
};

struct presence {
    struct part_genesis genesis;
    struct bytes entry;
    size_t field_count; /* ascending fields */
    struct opening field[FIELD_COUNT];
    size_t tag_count; /* ascending classes */
    struct presence_tag tag[ENTRY_TAGS];
    struct bytes jwk, srt, token; /* all three or none: the reader's key (RFC 7638 form), request, token */
    struct bytes statement;       /* JWS, or empty */
    struct proof place;
    struct buf *pool; /* of a part that was read; NULL otherwise */
};

/* presence_read: E_INVALID unless ${text} has exactly the lines of the format. Views into ${text}, which must
 * outlive it. Verifies nothing. */
MUST_USE enum err presence_read(struct bytes text, struct presence **out, struct fail *f);
void presence_free(struct presence *p);
void presence_freep(struct presence **p);

/* presence_write: the text. ${p}->place holds index, hashes and checkpoint. */
MUST_USE enum err presence_write(const struct presence *p, struct buf *out, struct fail *f);

/*
 * presence_make: fill ${p} from what a ledger has: the entry at ${index}, fields of ${body} whose bits are
 * set in ${fields}, its inclusion in the tree of ${size} leaves, and the signed checkpoint of that size.
 * Views into what is given. Genesis, tags, reader lines and statement are for the caller to add.
 */
MUST_USE enum err presence_make(struct presence *p, struct bytes entry, uint64_t index,
                                const struct body *body, uint32_t fields, const struct tree_nodes *nodes,
                                uint64_t size, struct bytes checkpoint, struct fail *f);
/* presence_add_tag: after the fields; classes ascend. */
void presence_add_tag(struct presence *p, unsigned class, uint64_t version, struct bytes pi);

/* What a verified part says. Values of fields that are not opened are {NULL, 0}; opened says which are. */
struct presence_facts {
    struct part_anchor anchor;
    uint64_t index;
    struct entry_event event;
    uint32_t opened; /* bit j: field j */
    struct bytes field[FIELD_COUNT];
    unsigned tags;                    /* bit c: a tag of class c is shown */
    uint64_t version[ENTRY_TAGS + 1]; /* of class c, where shown */
};

/*
 * presence_verify: anchor, inclusion, openings, tags (their names are the opened fields: class 1 needs 2 and
 * 3, class 2 fields 2 and 4, class 3 field 2; each stands in its slot). E_UNVERIFIED, E_INVALID. Reader lines
 * and statement are not looked at. Values are views into the part.
 */
MUST_USE enum err presence_verify(const struct presence *p, const struct part_trust *trust,
                                  struct presence_facts *out, struct fail *f);

/*
 * presence_check_reply: what a reader's client demands of a key-release reply before it takes the key: a
 * class-1 tag, in an entry of kind briefing, told or reported-briefing, for ${portion} and ${person}.
 */
MUST_USE enum err presence_check_reply(const struct presence_facts *facts, const char *portion,
                                       const char *person, struct fail *f);

#endif
