/* SPDX-License-Identifier: Apache-2.0
 * ledger/part.h - what the two kinds of evidence parts have in common: a genesis, and a place under a signed
 * checkpoint.
 *
 * A part is lines of text, exactly those of its kind in their order, an empty line, and a tlog-proof. Reading
 * gives views into the text and into memory of its own; writing takes anybody's bytes. Used by presence.h
 * and absence.h. Pure; any thread. */
#ifndef LEDGER_PART_H
#define LEDGER_PART_H

#include "ledger/checkpoint.h"
#include "ledger/entry.h"
#include "ledger/proof.h"

#define PART_MAX ((size_t)4 << 20)

/* The genesis entry and its inclusion proof (32-byte hashes joined); genesis.len 0 where the reader has it. */
struct part_genesis {
    struct bytes entry, proof;
};

/*
 * What a verifier knows beforehand.
 *   logs      keys (type 01) of the generations it accepts
 *   genesis   of the one generation it expects, where pinned or shown by an earlier part; NULL: the part must
 *             bring its own
 */
struct part_trust {
    const struct note_key *logs;
    size_t log_count;
    const struct entry_genesis *genesis;
};

/* What a part stands on, once verified. */
struct part_anchor {
    const struct note_key *log; /* one of the trusted */
    struct checkpoint checkpoint;
    struct entry_genesis genesis;
};

/*
 * part_verify_anchor: the checkpoint of ${place} is signed by a trusted log of its origin and has no
 * extension lines; the genesis, pinned or shown at index 0, has that origin and log key. E_UNVERIFIED.
 * part_verify_entry: ${entry} is at ${index} under the anchor.
 */
MUST_USE enum err part_verify_anchor(const struct part_genesis *genesis, const struct proof *place,
                                     const struct part_trust *trust, struct part_anchor *out, struct fail *f);
MUST_USE enum err part_verify_entry(const struct part_anchor *a, uint64_t index, struct bytes entry,
                                    struct bytes hashes, struct fail *f);

/* part_verify_tag: ${pi} is the VRF proof under the anchor's key for the tag of these names; ${tag} gets it.
 * A tag of class 1 has version 0 and no other; a class 3 tag has no name. */
MUST_USE enum err part_verify_tag(const struct part_anchor *a, unsigned class, uint64_t version,
                                  struct bytes portion, struct bytes name, struct bytes pi,
                                  uint8_t tag[static 32], struct fail *f);

/* The lines of a part being read: names, values, and decoded values in a pool that does not move. */
struct part_lines {
    struct reader r;
    struct bytes line; /* the one looked at; empty at the empty line */
    struct buf *pool;
};
/* part_begin: false unless ${text}, of at most PART_MAX bytes, begins with ${header} and another line. */
bool part_begin(struct part_lines *l, struct bytes text, const char *header);
void part_end(struct part_lines *l);
/* part_is: the line looked at is `${name} ...`; ${value} is what follows. part_next: look at the next one. */
bool part_is(const struct part_lines *l, const char *name, struct bytes *value);
bool part_next(struct part_lines *l);
/* part_b64: decode into the pool; `-` is empty, and nothing else is. part_word: the word before
 * the first space of ${v}, which moves behind it; false, and nothing moves, if either is empty. */
bool part_b64(struct part_lines *l, struct bytes v, struct bytes *out);
bool part_word(struct bytes *v, struct bytes *word);
/* part_bytes: a whole line `${name} <b64>`, and on to the next. */
bool part_bytes(struct part_lines *l, const char *name, struct bytes *out);
/* part_read_genesis: the two lines, if they are there. part_rest: the tlog-proof after the empty line. */
bool part_read_genesis(struct part_lines *l, struct part_genesis *g);
MUST_USE enum err part_rest(struct part_lines *l, struct proof *place, struct fail *f);

/* part_put: the line `${name} <b64>`. part_put_b64: `-` where there is nothing. */
void part_put(struct buf *b, const char *name, struct bytes v);
void part_put_b64(struct buf *b, struct bytes v);
void part_put_genesis(struct buf *b, const struct part_genesis *g);

#endif
