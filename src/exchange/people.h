/* SPDX-License-Identifier: Apache-2.0
 * exchange/people.h - people, their keys and what they are read in to */
#ifndef EXCHANGE_PEOPLE_H
#define EXCHANGE_PEOPLE_H

#include <jansson.h>

#include "exchange/node.h"

/*
 * people_add: a person of ours, or another device for one who is there (${roles} NULL: unchanged). ${enrol}
 * gets the one-time URL `<url>/enrol#<b64u secret>.<b64u SHA-256(card key SPKI)>`, good for an hour.
 * ${compartments} NULL or a list of ours, read in at once.
 */
MUST_USE enum err people_add(struct node *n, const char *person, const char *roles, const char *clearance,
                             const char *compartments, char **enrol, struct fail *f);

/*
 * people_enrol: POST /enrol: ${body} {secret, proof}. The device key becomes active; `reader` at once, other
 * roles after people_confirm. Enters kind 19 and tells every confirmed partner. A second use of a secret:
 * E_UNAUTHENTICATED (REASON_USED) and an alert to the admins. A key that serves somebody else already:
 * E_CONFLICT. Caller owns ${out}.
 */
MUST_USE enum err people_enrol(struct node *n, const json_t *body, json_t **out, struct fail *f);

/* people_confirm: the six words of a new device, read by an admin: activates the roles that wait. E_REFUSED
 * if they differ. */
MUST_USE enum err people_confirm(struct node *n, const char *person, const char *words, struct fail *f);
/* people_suspend: the person, or only the device with this thumbprint. Statement to partners. people_resume
 * undoes it for a person. */
MUST_USE enum err people_suspend(struct node *n, const char *person, const char *thumbprint, struct fail *f);
MUST_USE enum err people_resume(struct node *n, const char *person, struct fail *f);
/* people_read_in: ${person} (ours, who must have been added, or a partner's) to a compartment of ours, bare or
 * qualified. people_read_in_list: to each of ${list}, A,B,...; people_check_compartments: whether that could be.
 * Both: NULL is an empty list. */
MUST_USE enum err people_read_in(struct node *n, const char *person, const char *compartment,
                                 uint64_t until_ms, struct fail *f);
MUST_USE enum err people_read_in_list(struct node *n, const char *person, const char *list, struct fail *f);
MUST_USE enum err people_check_compartments(struct node *n, const char *list, struct fail *f);
/* people_list: `person list`: {people[]{person, roles[], pending[], state, devices[]{thumbprint, state,
 * check, enrolled}, read_in[]}}. */
MUST_USE enum err people_list(struct node *n, json_t **out, struct fail *f);
/* people_device_row: one device as those lists have it, appended to the array ${ctx}. people_devices: the asker's own:
 * {devices[]} of the same, with `this` for the one that asks. people_drop_device: revoke one of his own, as an admin would:
 * {thumbprint, state}; REASON_NOT_YOURS for any other. */
struct device_row;
struct asker;
enum err people_device_row(const struct device_row *row, void *ctx, struct fail *f);
MUST_USE enum err people_devices(struct node *n, const struct asker *a, json_t **out, struct fail *f);
MUST_USE enum err people_drop_device(struct node *n, const struct asker *a, const char *thumbprint,
                                     json_t **out, struct fail *f);
/* people_me: one of our people about himself, as he stands now: {person, domain, url, roles[], clearance,
 * compartments[]}. Caller owns ${out}. */
struct asker;
MUST_USE enum err people_me(struct node *n, const struct asker *a, json_t **out, struct fail *f);

/* people_take: a person-key, person-state or read-in statement of a partner about his people (or ours, read
 * in by him). */
struct statement;
struct db;
MUST_USE enum err people_take(struct node *n, struct db *db, const struct statement *s, struct fail *f);
/* people_taken_key: tells officers, once while one has to look at it, that ${s} names a key of somebody else's (REASON_KEY_TAKEN)
 * as one of its maker's people; in a writer transaction. */
MUST_USE enum err people_taken_key(struct node *n, struct db *db, const struct statement *s, struct fail *f);
/* people_tell_of: the same of one of our people only; of nobody where ${person} is "@domain". */
MUST_USE enum err people_tell_of(struct node *n, struct db *db, const char *partner, const char *person,
                                 struct fail *f);
/* people_tell: queue the person-key statements of all active people for a partner just confirmed; in a writer
 * job. */
MUST_USE enum err people_tell(struct node *n, struct db *db, const char *partner, struct fail *f);

#endif
