/* SPDX-License-Identifier: Apache-2.0
 * store/leaf.h - the rows that are the ledger's record. Conventions: store/store.h
 *
 * The unique keys carry the ledger's rules: one leaf an index, one class-1 entry a (portion, person), one
 * entry a (request token, copy). Indices are settled inside the writer's transaction, so nothing else may
 * take one in between. */
#ifndef STORE_LEAF_H
#define STORE_LEAF_H

#include "store/store.h"

enum leaf_form { LEAF_GENESIS = 1, LEAF_EVENT = 2, LEAF_SEAL = 3, LEAF_CLOSE = 4 };

struct leaf_row {
    uint32_t generation;
    uint64_t idx;
    enum leaf_form form;
    uint64_t time_ms;
    struct bytes body;  /* K and field values of an event; the parameters of other forms; empty once erased */
    uint64_t reader;    /* 0: none */
    struct bytes entry; /* the public bytes; empty until published */
    struct bytes proof; /* of the class-1 tag; empty until published, and where there is no such tag */
    void *own;
};
void store_leaf_clear(struct leaf_row *r);
void store_leaf_copy(const struct leaf_row *from, struct leaf_row *to);
typedef enum err (*store_leaf_fn)(const struct leaf_row *r, void *ctx, struct fail *f);
typedef enum err (*store_entry_fn)(uint64_t idx, struct bytes entry, void *ctx, struct fail *f);

/* store_leaf_next: the next free index (0 in an empty generation) and the time of the leaf before it (0:
 * none). */
MUST_USE enum err store_leaf_next(struct db *db, uint32_t generation, uint64_t *idx, uint64_t *last_ms,
                                  struct fail *f);
/* store_leaf_add: entry and proof are ignored: they come with store_leaf_publish. E_CONFLICT if idx is
 * taken. */
MUST_USE enum err store_leaf_add(struct db *db, const struct leaf_row *r, struct fail *f);
MUST_USE enum err store_leaf_get(struct db *db, uint32_t generation, uint64_t idx, struct leaf_row *r,
                                 struct fail *f);
/* store_leaf_range: leaves [from, to), by idx, without their public bytes: entry and proof are empty. */
MUST_USE enum err store_leaf_range(struct db *db, uint32_t generation, uint64_t from, uint64_t to,
                                   store_leaf_fn fn, void *ctx, struct fail *f);
/*
 * store_leaf_publish: set the public bytes and the proof (empty: none). They are never changed: the same
 * again is no error, others are E_CONFLICT. E_NOT_FOUND.
 * store_leaf_entries: the public bytes of [from, to), by idx, of those that have some.
 */
MUST_USE enum err store_leaf_publish(struct db *db, uint32_t generation, uint64_t idx, struct bytes entry,
                                     struct bytes proof, struct fail *f);
MUST_USE enum err store_leaf_entries(struct db *db, uint32_t generation, uint64_t from, uint64_t to,
                                     store_entry_fn fn, void *ctx, struct fail *f);

/* A reader's proof: one row a key request. */
struct reader_row {
    uint64_t id; /* set by the store, from 1 */
    const char *srt;
    const char *token;
    const char *jwk;
    void *own;
};
void store_reader_clear(struct reader_row *r);
MUST_USE enum err store_reader_add(struct db *db, const struct reader_row *r, uint64_t *id, struct fail *f);
MUST_USE enum err store_reader_get(struct db *db, uint64_t id, struct reader_row *r, struct fail *f);

/*
 * store_tag_counter_next: the version of the next tag of (class, portion, name), dense from 0, and the entry
 * that carried the one before (STORE_NO_IDX: none); then raise it, noting that ${idx} carries this one.
 * store_tag_counter_get: the same without raising it: ${version} is how many there are.
 */
MUST_USE enum err store_tag_counter_next(struct db *db, uint32_t generation, unsigned tag_class,
                                         const char *portion, const char *name, uint64_t idx,
                                         uint64_t *version, uint64_t *last_idx, struct fail *f);
MUST_USE enum err store_tag_counter_get(struct db *db, uint32_t generation, unsigned tag_class,
                                        const char *portion, const char *name, uint64_t *version,
                                        uint64_t *last_idx, struct fail *f);

/*
 * store_briefing_enter: note ${idx} as the class-1 entry of (portion, person). ${first} says whether it is;
 * if not, nothing changed. ${first_idx} is that entry either way.
 */
MUST_USE enum err store_briefing_enter(struct db *db, uint32_t generation, const char *portion,
                                       const char *person, uint64_t idx, bool *first, uint64_t *first_idx,
                                       struct fail *f);
MUST_USE enum err store_briefing_get(struct db *db, uint32_t generation, const char *portion,
                                     const char *person, uint64_t *idx, struct fail *f);
/* store_briefing_pick: that of the first, or the last, generation which has one. E_NOT_FOUND. */
MUST_USE enum err store_briefing_pick(struct db *db, const char *portion, const char *person, bool last,
                                      uint32_t *generation, uint64_t *idx, struct fail *f);
/* store_briefing_list: who has one on ${portion} (the person comes as ${id}, generation and idx beside it),
 * in the order of generation and person. */
typedef enum err (*store_briefing_fn)(uint32_t generation, const char *person, uint64_t idx, void *ctx,
                                      struct fail *f);
MUST_USE enum err store_briefing_list(struct db *db, const char *portion, store_briefing_fn fn, void *ctx,
                                      struct fail *f);

/* store_key_release_find: the entry that a request token got for a copy. store_key_release_put: the same, of a newer generation,
 * replaces it. */
MUST_USE enum err store_key_release_find(struct db *db, const uint8_t srt_sha[static 32], const char *copy,
                                         uint32_t *generation, uint64_t *idx, struct fail *f);
MUST_USE enum err store_key_release_put(struct db *db, const uint8_t srt_sha[static 32], const char *copy,
                                        uint32_t generation, uint64_t idx, struct fail *f);

/* The first refusal of (identity, presented uuid) in an hour is an entry; the rest are counted here. */
struct refusal_row {
    const char *identity;
    const char *presented; /* policy uuid, "" for all beyond the bound */
    uint64_t hour;         /* time_ms / 3600000 */
    uint32_t generation;   /* the entry */
    uint64_t idx;
    uint64_t count; /* further ones in that hour */
    void *own;
};
void store_refusal_clear(struct refusal_row *r);
/* store_refusal_find: of this hour. store_refusal_last: the newest of an earlier hour: its count goes into
 * the next entry. */
MUST_USE enum err store_refusal_find(struct db *db, const char *identity, const char *presented,
                                     uint64_t hour, struct refusal_row *r, struct fail *f);
MUST_USE enum err store_refusal_last(struct db *db, const char *identity, const char *presented,
                                     uint64_t hour, struct refusal_row *r, struct fail *f);
MUST_USE enum err store_refusal_put(struct db *db, const struct refusal_row *r, struct fail *f);
/* store_refusal_list: with a copy of this report of ours, issued to ${holder}: in the order of the ledger. */
typedef enum err (*store_refusal_fn)(const struct refusal_row *r, const char *portion, const char *holder,
                                     void *ctx, struct fail *f);
MUST_USE enum err store_refusal_list(struct db *db, const char *report, store_refusal_fn fn, void *ctx,
                                     struct fail *f);
/* store_refusal_bump: one more; ${count} (may be NULL) is the new count. E_NOT_FOUND. */
MUST_USE enum err store_refusal_bump(struct db *db, const char *identity, const char *presented,
                                     uint64_t hour, uint64_t *count, struct fail *f);
/* store_refusal_distinct: how many presented uuids this identity has in this hour. */
MUST_USE enum err store_refusal_distinct(struct db *db, const char *identity, uint64_t hour, uint64_t *count,
                                         struct fail *f);

struct checkpoint_row {
    uint32_t generation;
    uint64_t size;
    uint8_t root[32];
    const char *note; /* the signed note, with its cosignatures */
    uint64_t time_ms;
    void *own;
};
void store_checkpoint_clear(struct checkpoint_row *r);
void store_checkpoint_copy(const struct checkpoint_row *from, struct checkpoint_row *to);
/* store_checkpoint_put: add; the same size and root may be put again, and then replaces note and time (more
 * cosignatures). Another root for that size is E_CONFLICT. */
MUST_USE enum err store_checkpoint_put(struct db *db, const struct checkpoint_row *r, struct fail *f);
/* store_checkpoint_newest: the largest of a generation. store_checkpoint_at: of exactly this size. */
MUST_USE enum err store_checkpoint_newest(struct db *db, uint32_t generation, struct checkpoint_row *r,
                                          struct fail *f);
MUST_USE enum err store_checkpoint_at(struct db *db, uint32_t generation, uint64_t size,
                                      struct checkpoint_row *r, struct fail *f);
/* store_checkpoint_list: those of ${size} or more, the largest first, at most ${limit}. */
typedef enum err (*store_checkpoint_fn)(const struct checkpoint_row *r, void *ctx, struct fail *f);
MUST_USE enum err store_checkpoint_list(struct db *db, uint32_t generation, uint64_t size, uint64_t limit,
                                        store_checkpoint_fn fn, void *ctx, struct fail *f);

#endif
