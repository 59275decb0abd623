/* SPDX-License-Identifier: Apache-2.0
 * exchange/compartment.h - what the admin wants for our compartments: where a second person must agree
 *
 * A term is a statement of ours to nobody else, with an entry in the ledger, so that nobody can say later that
 * it did not stand. Its version only rises. */
#ifndef EXCHANGE_COMPARTMENT_H
#define EXCHANGE_COMPARTMENT_H

#include <jansson.h>

#include "exchange/node.h"
#include "marking/marking.h"

struct db;

/* compartment_full: NAME or domain/NAME of a compartment of ours as domain/NAME; caller frees. E_USAGE, E_REFUSED
 * (REASON_NOT_ORIGINATOR). */
MUST_USE enum err compartment_full(const struct node *n, const char *text, char **out, struct fail *f);

/*
 * compartment_set: the next version of a compartment's term. ${second}: "share", "grant", "share,grant" or "none":
 * which acts need a second person where something is marked with it. The same again: no new version. Waits for L1.
 * ${out}: as compartment_show, which gives {compartment, version, second[], at}; caller owns. One without a term has
 * version 0. compartment_all: {compartments[]}.
 */
MUST_USE enum err compartment_set(struct node *n, const char *compartment, const char *second, json_t **out,
                                  struct fail *f);
MUST_USE enum err compartment_show(struct node *n, const char *compartment, json_t **out, struct fail *f);
MUST_USE enum err compartment_all(struct node *n, json_t **out, struct fail *f);

/* compartment_wants: the first compartment of ${mark} for which a second person must agree to ${act}, "share" or
 * "grant"; NULL where there is none. Borrowed from ${mark}. */
MUST_USE enum err compartment_wants(struct db *db, const struct marking *mark, const char *act,
                                    const char **which, struct fail *f);

#endif
