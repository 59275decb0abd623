/* SPDX-License-Identifier: Apache-2.0
 * exchange/admin.h - verbs that act on the node's home, through run/control.sock while it runs, directly when
 * not */
#ifndef EXCHANGE_ADMIN_H
#define EXCHANGE_ADMIN_H

#include <jansson.h>

#include "exchange/node.h"

/*
 * admin_run: carry out one admin verb on an open node. ${verb}: card, close-log, key-list, key-revoke, rotate, partner-add, partner-confirm (also
 * resumes), partner-list, partner-suspend, person-add, person-confirm, person-list, person-suspend, read-in,
 * doctor, duty, webhook-off, webhook-set, webhook-show, witness-add, witness-list, witness-remove. ${args} an object;
 * its members are those of the command line. Caller owns ${out}.
 */
MUST_USE enum err admin_run(struct node *n, const char *verb, const json_t *args, json_t **out,
                            struct fail *f);

/*
 * admin_call: what the command line uses: asks the running node of ${home} over its control socket, or, if
 * none runs, opens the home and runs the verb here. The failure of the other side comes back as it was.
 */
MUST_USE enum err admin_call(const char *home, const char *verb, const json_t *args, json_t **out,
                             struct fail *f);

/* admin_listen: the control socket of a running node: same user only (SO_PEERCRED), one line of JSON in, one
 * out. */
struct admin_listener;
MUST_USE enum err admin_listen(struct node *n, struct admin_listener **out, struct fail *f);
void admin_listen_stop(struct admin_listener *l);

#endif
