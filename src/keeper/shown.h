/* SPDX-License-Identifier: Apache-2.0
 * keeper/shown.h - an event of our own log that the network process shows: is it there, and what does it say?
 */
#ifndef KEEPER_SHOWN_H
#define KEEPER_SHOWN_H

#include "keeper/keys.h"
#include "keeper/keeper.h"
#include "ledger/body.h"
#include "ledger/checkpoint.h"

/* What was opened of it: views into the message. A field that was not opened has data NULL. */
struct shown {
    struct bytes field[FIELD_COUNT];
};

/* Where entries are to stand: under a checkpoint of the log that grows, or under one of an earlier log of ours, with which
 * they come. shown_under: E_UNVERIFIED unless ${note} is signed by the log key in use. */
struct shown_under {
    const struct keys *keys;
    struct checkpoint checkpoint;
};
MUST_USE enum err shown_under(const struct keys *k, struct bytes note, struct shown_under *out,
                              struct fail *f);

/*
 * shown_check: E_UNVERIFIED unless ${e} is an event, stands at its index under its checkpoint, and each field
 * given lies in its commitment; E_INVALID for a field given twice.
 */
MUST_USE enum err shown_check(const struct keeper_entry *e, const struct shown_under *under,
                              struct shown *out, struct fail *f);

/* shown_need: E_UNVERIFIED unless ${field} was opened and is exactly ${value}. shown_kind: of field 0;
 * KIND_NONE if it is not there. */
MUST_USE enum err shown_need(const struct shown *s, enum field field, struct bytes value, struct fail *f);
enum entry_kind shown_kind(const struct shown *s);

#endif
