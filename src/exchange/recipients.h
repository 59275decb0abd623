/* SPDX-License-Identifier: Apache-2.0
 * exchange/recipients.h - with whom an author shares: domains and persons, named, or as members of groups */
#ifndef EXCHANGE_RECIPIENTS_H
#define EXCHANGE_RECIPIENTS_H

#include <jansson.h>

#include "exchange/node.h"

#define RECIPIENTS_MAX 1000

struct db;

struct recipient_row {
    const char *whom; /* a domain, or a person of one */
    char *reason;     /* "group:isac version 3"; NULL where he is named himself; owned */
    bool guest;       /* of this node: he, or his organisation, which has none */
};

/* Each organisation once, or several guests of it by name. End it with recipients_clear. */
struct recipients {
    struct recipient_row *rows;
    size_t count;
    json_t *names, *groups; /* what rows point at; [{name, version}] */
};

/*
 * recipients_read: from ${body} of a share act: `to[]`, domains, persons and `group:NAME`; where groups are
 * named also `groups[]` {name, version}, which the author saw, and `holders[]`, what they stand for, so that
 * his signature covers every holder. A group stands for its newest version, at the time of the act.
 *   E_CONFLICT (REASON_LIST_VERSION)   the group is another by now
 *   E_REFUSED (REASON_LIST_EMPTY)      nobody is in it
 *   E_NOT_FOUND (REASON_LIST_UNKNOWN)  there is none of this name
 * Who has no card here may be a guest, or a client whose people are (exchange/guests.h).
 *   E_NOT_FOUND (REASON_UNKNOWN_GUEST)  a client's person who is no guest here
 *   E_REFUSED with the card's reason   a member's card is not confirmed: nobody gets anything
 */
MUST_USE enum err recipients_read(struct node *n, const json_t *body, struct recipients *out, struct fail *f);
void recipients_clear(struct recipients *r);

/* recipients_write: in a writer job: which versions of which groups ${report} went to. */
MUST_USE enum err recipients_write(struct db *db, const char *report, const struct recipients *r,
                                   struct fail *f);

#endif
