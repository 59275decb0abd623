/* SPDX-License-Identifier: Apache-2.0
 * exchange/aware.h - which portions of a report somebody may know of, numbered as he sees them
 *
 * Everybody whose organisation has a report knows of all its portions, but for HIDDEN ones: of such a one knows
 * who may read it, and at its originator's the author, officers and auditors. To all others it does not exist:
 * whatever shows portions, or takes their ids or numbers, asks here, so that hidden, unknown and not held are
 * one. A guest of this node knows of no report of ours but those that were released to him or his organisation, and of no
 * held one but those of which he may read something. HIDDEN portions come last and are counted anew for each person, so that no number is missing. */
#ifndef EXCHANGE_AWARE_H
#define EXCHANGE_AWARE_H

#include <jansson.h>

#include "exchange/auth.h"
#include "marking/marking.h"
#include "store/held.h"

struct aware_portion {
    char id[UUID_TEXT];
    char share[UUID_TEXT]; /* that brought it; of own reports "" unless one of the portions is hidden */
    char *mark;
    uint32_t n;
    bool clear, hidden;
    uint64_t recalled_ms; /* of held ones: 0: it stands */
};

/* By number; end it with aware_clear. */
struct aware {
    struct aware_portion *rows;
    size_t count;
};
void aware_clear(struct aware *k);

/* aware_own: of our own report. aware_held: of what we hold of ${report} from ${originator}, strays apart: nothing
 * if we hold nothing of it that ${a} may know of. aware_stray: all of one stray share. */
MUST_USE enum err aware_own(struct node *n, struct db *db, const struct asker *a, const char *report,
                            struct aware *out, struct fail *f);
MUST_USE enum err aware_held(struct node *n, struct db *db, const struct asker *a, const char *originator,
                             const char *report, struct aware *out, struct fail *f);
MUST_USE enum err aware_stray(struct db *db, const char *originator, const char *share, struct aware *out,
                              struct fail *f);

/* aware_of_ours, aware_of_theirs: the same for ${person}, one of our own people who has not signed in: he is told of something. */
MUST_USE enum err aware_of_ours(struct node *n, struct db *db, const char *person, const char *report,
                                struct aware *out, struct fail *f);
MUST_USE enum err aware_of_theirs(struct node *n, struct db *db, const char *person, const char *originator,
                                  const char *report, struct aware *out, struct fail *f);
/* aware_numbers: the numbers, from 1, that those of ${portions} have for him: an array, without what he does not
 * know of. Caller owns. */
json_t *aware_numbers(const struct aware *k, const json_t *portions);

/*
 * aware_counts: whether what is said about ${portions} of ${report} counts in a record, which everybody may see: some of them
 * are not HIDDEN, or none is named. ${partner} is the other of the two, ours or theirs the report. Both come to the same:
 * the originator by its own marks, the holder by those that came with its copies, and it acts on nothing else.
 */
MUST_USE enum err aware_counts(struct db *db, const char *partner, const char *report, const json_t *portions,
                               bool *counts, struct fail *f);

/* NULL where he knows of none. */
const struct aware_portion *aware_find(const struct aware *k, const char *id);
const struct aware_portion *aware_number(const struct aware *k, uint32_t n);
/* aware_has_share: some portion that he knows of came with ${share}. */
bool aware_has_share(const struct aware *k, const char *share);
/* aware_banner: the roll-up of what he knows of; "" of nothing. Caller frees. */
MUST_USE enum err aware_banner(const struct aware *k, char **out, struct fail *f);

/* A hidden portion as far as its readers are concerned. */
struct aware_hidden {
    const char *originator;
    const struct marking *mark;
    const json_t *persons; /* those whom the release names; NULL: whole organisations */
    bool granted;          /* an officer released it */
};
/* aware_readers: own people who may know of it, appended to ${into}, which is an array. */
MUST_USE enum err aware_readers(struct node *n, struct db *db, const struct aware_hidden *h, json_t *into,
                                struct fail *f);
/* aware_held_readers: the same for a portion that we hold; ${hidden} says whether it is. */
MUST_USE enum err aware_held_readers(struct node *n, struct db *db, const struct held_portion_row *row,
                                     bool *hidden, json_t *into, struct fail *f);
/* aware_terms: ${persons} and ${granted} as the terms of a share statement have them; borrowed from ${body}. */
void aware_terms(const json_t *body, struct aware_hidden *h);

/*
 * aware_anyone: whether anybody of ${whom}, an organisation or a person, may know of a portion of ours with this
 * mark: then it may be delivered there. As far as we know its people and their read-ins now.
 */
MUST_USE enum err aware_anyone(struct node *n, struct db *db, const struct marking *mark, const char *whom,
                               bool granted, bool *may, struct fail *f);
/* aware_person: the same of ${person}, whose organisation ${home} holds a copy of it. */
MUST_USE enum err aware_person(struct node *n, struct db *db, const struct aware_hidden *h,
                               const char *person, const char *home, bool *may, struct fail *f);

#endif
