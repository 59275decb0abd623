/* SPDX-License-Identifier: Apache-2.0
 * exchange/show.h - entries of our own ledger as others want to see them: with proof, and with some fields
 * opened */
#ifndef EXCHANGE_SHOW_H
#define EXCHANGE_SHOW_H

#include "crypto/vrf.h"
#include "exchange/publisher.h"
#include "keeper/keeper.h"

/*
 * show_proof: entry ${index} of ${head}'s generation, from ${db}, its private body and VRF proof, and its inclusion proof under ${head}.
 * E_NOT_FOUND if it is not below. Everything is owned by ${out} until show_proof_clear.
 */
struct show_proof {
    uint64_t index;
    uint64_t reader;      /* row of the reader's request and token, 0: none */
    struct buf entry;     /* public bytes */
    struct buf body;      /* K and values: secret */
    struct buf inclusion; /* 32-byte hashes joined */
    bool has_vrf_proof;
    uint8_t vrf_proof[VRF_PROOF_LEN]; /* of the class-1 tag */
};
MUST_USE enum err show_proof(struct node *n, struct db *db, const struct publisher_head *head, uint64_t index,
                             struct show_proof *out, struct fail *f);
void show_proof_clear(struct show_proof *proof);

/*
 * show_entry: the same as the keeper wants it: the fields whose bits are set in ${fields} opened, at most SHOW_FIELDS_MAX. An
 * entry of an earlier generation than that of ${head} comes with the last checkpoint of its own.
 * ${out}.entry points into ${out}, which must not move.
 */
#define SHOW_FIELDS_MAX 5
struct show_entry {
    struct keeper_entry entry;
    struct keeper_opening keeper[SHOW_FIELDS_MAX];
    struct opening opening[SHOW_FIELDS_MAX];
    struct show_proof proof;
    struct publisher_head own; /* note NULL: it stands under ${head} */
};
MUST_USE enum err show_entry(struct node *n, struct db *db, const struct publisher_head *head,
                             struct place at, uint32_t fields, struct show_entry *out, struct fail *f);
void show_entry_clear(struct show_entry *s);

/*
 * show_presence: append the `orcon/presence@v1` part for the class-1 tag of the briefing ${first}, fields 0 to 3 opened; what a
 * key-release reply carries. ${now}: the briefing is of this very request: fields 7 and 15 too, so that the reader can show his
 * request with it. ${genesis}: entry 0. Both as show_proof gave them under ${head}.
 */
MUST_USE enum err show_presence(struct node *n, const struct publisher_head *head,
                                const struct show_proof *first, const struct show_proof *genesis, bool now,
                                struct buf *out, struct fail *f);

/*
 * show_part: append an `orcon/presence@v1` part for the entry ${of}: the fields whose bits are set opened; with the
 * class-1 tag where ${tag}; the reader's key, request and token, and the statement, where they are given.
 */
struct show_part {
    const struct show_proof *of, *genesis;
    uint32_t fields;
    bool tag;
    struct bytes jwk, srt, token, statement;
};
MUST_USE enum err show_part(struct node *n, const struct publisher_head *head, const struct show_part *part,
                            struct buf *out, struct fail *f);

#endif
