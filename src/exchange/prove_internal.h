/* SPDX-License-Identifier: Apache-2.0
 * exchange/prove_internal.h - an evidence file being made; shared by prove.c and prove_claim.c only */
#ifndef EXCHANGE_PROVE_INTERNAL_H
#define EXCHANGE_PROVE_INTERNAL_H

#include "exchange/prove.h"
#include "exchange/reporters.h"
#include "exchange/show.h"
#include "ledger/trust.h"

#define NAME_SIZE (DOMAIN_MAX + 1 + UUID_TEXT)
#define PARTS_MAX 3

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
    bool witnessed, monitored;
    struct show_proof genesis;
    struct evidence *e;
    struct {
        struct buf *text;
        bool absence;
    } parts[PARTS_MAX];
    size_t part_count;
    struct reporters reporters;
    char *missing[EVIDENCE_LIST_MAX]; /* reasons of the claim */
    char words[40];                   /* told-in-words:<k> */
    unsigned wait_ms;                 /* for outsiders */
    struct prove *out;
};

/*
 * prove_claim: of a claim about a person of whom no briefing is on record, and whose parts are made, all that is not in
 * them: family, assumptions, what others have reported, and whether it is unknown therefore.
 *   uuid   of the portion
 *   wide   his whole organisation was briefed
 */
MUST_USE enum err prove_claim(struct making *m, const char *uuid, bool wide, struct fail *f);

#endif
