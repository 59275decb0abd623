/* SPDX-License-Identifier: Apache-2.0
 * exchange/journal.h - entering events into the ledger, inside the transaction of the act they record.
 *
 * The row is the record: kind, fields, salt key K, time and tag versions are settled here, once; public bytes
 * follow from it (publisher.h). All functions run on the writer's thread, in a writer job. */
#ifndef EXCHANGE_JOURNAL_H
#define EXCHANGE_JOURNAL_H

#include "exchange/node.h"
#include "ledger/body.h"

struct db;

/* Place of an entry; none = generation 0. */
struct place {
    uint32_t generation;
    uint64_t index;
};

/* What happened. Ids as elsewhere: UUIDs, persons, domains; NULL or "" where a field stays empty. */
struct journal_event {
    enum entry_kind kind;
    const char *originator;   /* domain in the names of portion and report */
    const char *portion;      /* UUID -> field 2 */
    const char *person;       /* 3 */
    const char *organisation; /* domain; `@` is put in front -> 4 */
    const char *actor;        /* a person, or a domain as `@domain` -> 5 */
    const char *report;       /* UUID -> 6 */
    const char *copy;         /* policy UUID -> 7 */
    struct place follows;     /* 8 */
    struct place rests_on;    /* 9 */
    const char *reason;       /* 10; cut at 1,024 bytes on a character */
    uint64_t refusals;        /* 10, in a refusal: how many before it */
    const uint8_t *digest;    /* 14, 32 bytes */
    const uint8_t *reader;    /* 15, 32 bytes */
    uint64_t reader_row;      /* row id of the reader, 0: none */
};

/* journal_enter: one event. ${at} may be NULL. */
MUST_USE enum err journal_enter(struct node *n, struct db *db, const struct journal_event *e,
                                struct place *at, struct fail *f);

/*
 * journal_brief: a briefing, if it is the first of (portion, person) in this generation, else a reissue that
 * follows it: ${e}.kind and .follows are set here. ${first} gets the place of the first briefing.
 */
MUST_USE enum err journal_brief(struct node *n, struct db *db, struct journal_event *e, struct place *at,
                                struct place *first, struct fail *f);

/*
 * journal_find: the newest entry about (portion, organisation) that has this kind and statement digest, walking
 * field 13 back, in this generation and then in earlier ones. E_NOT_FOUND. ${db} may be a reader's.
 */
MUST_USE enum err journal_find(struct node *n, struct db *db, const char *originator, const char *portion,
                               const char *organisation, enum entry_kind kind,
                               const uint8_t digest[static HASH_LEN], struct place *at, struct fail *f);

/* journal_genesis: the first row of a generation; its seal slot follows with journal_seal_slot. journal_close: the last row
 * but the seal; ${c}.time_ms is set here. ${index} is where. */
MUST_USE enum err journal_genesis(struct db *db, const struct entry_genesis *g, struct fail *f);
MUST_USE enum err journal_close(struct node *n, struct db *db, struct entry_close *c, uint64_t *index,
                                struct fail *f);
/* journal_seal_slot: a leaf row that fixes index and time of the next seal. ${index} is where. */
MUST_USE enum err journal_seal_slot(struct db *db, uint32_t generation, uint64_t now_ms, uint64_t *index,
                                    struct fail *f);

#endif
