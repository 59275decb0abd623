/* SPDX-License-Identifier: Apache-2.0
 * exchange/facts.h - what the store knows, laid out for policy/ to decide on */
#ifndef EXCHANGE_FACTS_H
#define EXCHANGE_FACTS_H

#include "exchange/journal.h"
#include "policy/terms.h"
#include "store/report.h"

/* A signed list and its version that was looked at; version 0: none has him on it. */
struct facts_list {
    char name[33]; /* "" for clients */
    uint64_t version;
};

/* The facts about one copy and one person, and the decision. Also for AUTO. */
struct facts {
    struct policy_input input;
    struct policy_result result;
    struct marking mark;
    struct place rests_on; /* entry of the release that counts */
    char **read_in;
    size_t read_in_count;
    struct facts_list community, clients; /* that the recipient is on */
    struct terms_wait wait;               /* set before facts_onward where it is no forward */
    uint64_t given_ms;      /* set before facts_onward: when the report was given; 0: terms give no leave */
    const char *precedence; /* of the request; NULL: a forward */
    struct terms_say terms; /* what standing terms say of it, and their version then; 0: none */
    uint64_t terms_version;
};

/*
 * facts_load: for ${person} of ${home}, or a guest of it, who presents ${copy} (as store_copy_get gives it, with portion, report
 * and mark). ${clearance} as vouched for, or NULL.
 */
MUST_USE enum err facts_load(struct node *n, struct db *db, const struct copy_row *copy, const char *person,
                             const char *home, const char *clearance, uint64_t now_ms, struct facts *out,
                             struct fail *f);
/* facts_asker: only who asks, for an object that nothing is registered about (exchange/foreign.h): the caller
 * adds marks and releases. */
MUST_USE enum err facts_asker(struct node *n, struct db *db, const char *person, const char *home,
                              const char *clearance, uint64_t now_ms, struct facts *out, struct fail *f);
/* facts_decide: may he read? */
void facts_decide(struct facts *facts);
/*
 * facts_lists: on which community of ${originator} both ${holder} and ${to} are, by the newest versions known here, and whether
 * ${to} is on the client list of ${holder}.
 *
 * facts_onward: may it go on to ${to} without a human's decision? Looks up what is known of ${to}, and decides.
 */
MUST_USE enum err facts_lists(struct db *db, const char *originator, const char *holder, const char *to,
                              struct facts_list *community, struct facts_list *clients, struct fail *f);
MUST_USE enum err facts_onward(struct node *n, struct db *db, const char *to, struct facts *facts,
                               struct fail *f);
void facts_clear(struct facts *facts);

#endif
