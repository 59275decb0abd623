/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/keeper/world.h - a keeper with its keys and a real ledger, people with real keys, as a node would
 * have them. What fails in here ends the test program. */
#ifndef TESTS_KEEPER_WORLD_H
#define TESTS_KEEPER_WORLD_H

#include "keeper/keeper.h"
#include "ledger/log.h"
#include "ledger/note.h"

#define DOMAIN "alder.example"
#define ORIGIN "alder.example/orcon/1"

/* must: a call that can't fail here. */
void must(enum err e, const struct fail *f, const char *what);

struct person {
    char name[64];
    struct key *key;
    struct buf jwk; /* JSON */
    char thumbprint[THUMBPRINT_SIZE];
    struct buf statement; /* the person-key statement */
    uint64_t entry;       /* its event */
};

/* What an event says; NULL: empty. */
struct said {
    enum entry_kind kind;
    const char *portion, *person, *actor, *copy, *report; /* portion, report without the domain */
    const uint8_t *statement, *reader;                    /* HASH_LEN */
};

struct event {
    uint8_t key[32];
    uint8_t value[FIELD_COUNT][400];
    size_t len[FIELD_COUNT];
    struct buf bytes;
};

struct world {
    struct keeper *keeper;
    struct buf blob[USE_COUNT], public[USE_COUNT];
    struct ledger_log *log;
    struct event events[512]; /* by index; seals and genesis are empty */
    struct buf note;          /* the newest checkpoint */
    uint64_t size;            /* its */
    struct key *kas;          /* public half */
    char kas_kid[THUMBPRINT_SIZE];
};

int world_unlock(char fill); /* a descriptor of an unlock key */
/* world_new: a keeper and its keys, and a ledger with genesis and seal. */
struct world *world_new(void);
void world_free(struct world *w);

struct person *person_new(const char *name);
void person_free(struct person *p);

/* world_enrol: enter the person's key. world_add: an event; its index. world_publish: seal and sign; must be
 * called before proofs of new events. */
void world_enrol(struct world *w, struct person *p, const char *role);
uint64_t world_add(struct world *w, const struct said *s);
void world_publish(struct world *w);

/* An event as it is shown: fields given as bits. */
struct exhibit {
    struct keeper_entry entry;
    struct keeper_opening openings[FIELD_COUNT];
    struct opening opened[FIELD_COUNT];
    struct buf inclusion;
};
#define FIELD_BIT(j) (1U << (j))
void exhibit_make(struct world *w, uint64_t index, unsigned fields, struct exhibit *x);
void exhibit_clear(struct exhibit *x);

/* Statements by the keeper, acts by a person's own key. body is taken over; portion NULL: none. */
void world_statement(struct world *w, const char *kind, const char *by, const char *portion, json_t *body,
                     struct buf *out, uint8_t digest[static HASH_LEN]);
void world_act(const struct person *p, const char *kind, const char *portion, json_t *body, struct buf *out);
void world_sign(const struct key *k, const char *typ, const json_t *payload, struct buf *out);
uint64_t world_now(void);

/* world_master: a portion's master, sealed to the kas key: its manifest and its payload. */
void world_master(struct world *w, char *portion, struct bytes text, struct buf *manifest,
                  struct buf *payload);

#endif
