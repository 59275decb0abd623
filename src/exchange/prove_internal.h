/* SPDX-License-Identifier: Apache-2.0
 * exchange/prove_internal.h - an evidence file being made; shared by prove*.c only */
#ifndef EXCHANGE_PROVE_INTERNAL_H
#define EXCHANGE_PROVE_INTERNAL_H

#include "exchange/cosigners.h"
#include "exchange/prove.h"
#include "exchange/reporters.h"
#include "exchange/show.h"
#include "exchange/turn.h"
#include "ledger/trust.h"

#define NAME_SIZE     (DOMAIN_MAX + 1 + UUID_TEXT)
#define PERSON_FIELDS (1u << FIELD_KIND | 1u << FIELD_TIME | 1u << FIELD_PORTION | 1u << FIELD_PERSON)
#define PARTS_MAX     (2 * TURN_GENERATIONS_MAX + 3)

/* One file being made. */
struct making {
    struct node *n;
    struct db *db;
    struct trust trust;
    char portion[NAME_SIZE];           /* "<domain>/<uuid>" */
    const char *person;                /* or `@domain` */
    char organisation[DOMAIN_MAX + 2]; /* `@domain` of the person */
    char host[DOMAIN_MAX + 2];         /* the same of who vouches for him: another one for a guest */
    struct publisher_head head;
    bool witnessed, monitored; /* all that is shown */
    struct show_proof genesis;
    struct evidence *e;
    struct {
        struct buf *text;
        bool absence;
    } parts[PARTS_MAX];
    size_t part_count;
    struct reporters reporters;
    char *missing[EVIDENCE_LIST_MAX]; /* reasons of the claim */
    char cuts[TURN_GENERATIONS_MAX][24];
    size_t
        cut_count; /* generations that don't go on where the one before ends, or of which nothing is shown */
    uint64_t missing_generations; /* bit g: generation g is one of the latter */
    char words[40];               /* told-in-words:<k> */
    unsigned wait_ms;             /* for outsiders */
    struct prove *out;
};

/*
 * prove_begin: the claim, but for what its parts say. prove_wait: the newest checkpoint of ${size} or more that outsiders signed, a
 * monitor too where that is needed; as it is where they don't in time, or nobody is known who could.
 *
 * What the parts that follow are under: prove_head: this checkpoint of this generation; prove_end: the last one of an earlier
 * generation, beside what is shown of others. prove_genesis: entry 0 of it.
 *
 * prove_part: room for one more. prove_entry: a part for one entry, with the reader's own request where there is one, else with the
 * statement where that is somebody else's. prove_finish: the last line, and the judgement that everybody else will come to.
 */
void prove_begin(struct making *m, enum evidence_claim claim);
MUST_USE enum err prove_wait(struct making *m, uint64_t size, bool monitor, struct cosigned *out,
                             struct fail *f);
void prove_head(struct making *m, uint64_t size, const char *note);
MUST_USE enum err prove_end(struct making *m, uint32_t generation, struct fail *f);
MUST_USE enum err prove_genesis(struct making *m, struct fail *f);
struct buf *prove_part(struct making *m, bool absence);
MUST_USE enum err prove_entry(struct making *m, const struct show_proof *of, uint32_t fields, bool tag,
                              struct fail *f);
MUST_USE enum err prove_finish(struct making *m, struct fail *f);

/*
 * prove_absent: that he has none on record, in any generation, or that it is unknown. E_CONFLICT if one came in between.
 *   uuid              of the portion
 *   organisation_at   a briefing of his whole organisation in this generation; NULL: none
 */
MUST_USE enum err prove_absent(struct making *m, const char *uuid, const uint64_t *organisation_at,
                               struct fail *f);

/*
 * prove_claim: of a claim about a person of whom no briefing is on record, and whose parts are made, all that is not in
 * them: family, assumptions, what others have reported, and whether it is unknown therefore.
 *   uuid   of the portion
 *   wide   his whole organisation was briefed
 */
MUST_USE enum err prove_claim(struct making *m, const char *uuid, bool wide, struct fail *f);

#endif
