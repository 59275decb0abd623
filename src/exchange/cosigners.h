/* SPDX-License-Identifier: Apache-2.0
 * exchange/cosigners.h - who cosigns our ledger: partners' witnesses and monitors, and foreign witnesses
 *
 * New checkpoints are sent round by round: a round takes the newest one to everybody, and ends when all who answer of late have
 * answered, or after a bound, so that many publications make few requests and one checkpoint has all the lines. The
 * publisher never waits for it. Cosignatures are kept with the checkpoint. Any thread; a node without the network part
 * has no rounds, and reads what is stored. */
#ifndef EXCHANGE_COSIGNERS_H
#define EXCHANGE_COSIGNERS_H

#include <jansson.h>

#include "exchange/node.h"

struct cosigners;

/* cosigners_open: start its threads; the first round begins at once. Returns when each witness that cosigned before has been
 * asked, or after 3 s: one that is ahead must be heard before anything is written.
 * cosigners_stop: end them; what is left answers kicks until cosigners_close. NULL is legal. */
MUST_USE enum err cosigners_open(struct node *n, struct cosigners **out, struct fail *f);
void cosigners_stop(struct cosigners *o);
void cosigners_close(struct cosigners *o);
/* cosigners_kick: there is a new checkpoint. cosigners_changed: cards or foreign witnesses did. NULL is legal. */
void cosigners_kick(struct cosigners *o);
void cosigners_changed(struct cosigners *o);

/* cosigners_served: the size of the checkpoint to be shown to the world: the newest one that has made its round, at most
 * about a second old; 0: the newest there is. */
uint64_t cosigners_served(struct node *n);

/*
 * A checkpoint with its lines, and which kind of outsider is among those who cosigned it: keys of confirmed partners' cards, and
 * foreign witnesses; never our own.
 *
 * cosigners_newest: of ${size} or more, the newest that both kinds cosigned; else the newest with a witness; else the newest.
 * E_NOT_FOUND if there is none of that size. cosigners_wait: the same, after waiting for a witness (and a monitor, where ${monitor})
 * for at most ${wait_ms}, and then for the others who answer of late, 2 s at most: whoever is shown it may know any one of them. What
 * is missing then, ${out} says. ${out}: zero it first; cosigned_clear, also for AUTO.
 */
struct cosigned {
    uint64_t size;
    char *note;
    bool witnessed, monitored;
};
MUST_USE enum err cosigners_newest(struct node *n, uint64_t size, struct cosigned *out, struct fail *f);
MUST_USE enum err cosigners_wait(struct node *n, uint64_t size, bool monitor, unsigned wait_ms,
                                 struct cosigned *out, struct fail *f);
void cosigned_clear(struct cosigned *c);

/* cosigners_clock: E_UNAVAILABLE (REASON_CLOCK) while more than half of the witnesses that told their time of late say
 * that our clock is off by more than 60 s. */
MUST_USE enum err cosigners_clock(struct node *n, struct fail *f);

/* cosigners_halted: E_UNAVAILABLE (REASON_FORKED) once a witness has shown a checkpoint that we signed and that this ledger does
 * not lead to: nothing may be written in this generation. cosigners_load_halt: at the start, from the store. */
MUST_USE enum err cosigners_halted(const struct node *n, struct fail *f);
MUST_USE enum err cosigners_load_halt(struct node *n, struct fail *f);

/* cosigners_lag: whether one of them is ahead of us in this generation. ${heard}: each witness was reached since the start, so that none
 * can be ahead by more. */
bool cosigners_lag(struct node *n, bool *heard);

/* cosigners_restored: E_UNAVAILABLE (REASON_RESTORED) after the home was put back from a backup, until at least one witness has cosigned
 * its ledger as it is here, and each that answers has. A home without any witness has nobody to wait for. */
MUST_USE enum err cosigners_restored(const struct node *n, struct fail *f);

/* cosigners_add: a foreign witness (or monitor: its name ends in "/monitor") at ${url}, https. E_USAGE, E_CONFLICT.
 * cosigners_remove: by name or vkey; E_NOT_FOUND. cosigners_list: {witnesses[]{name, vkey, url, partner, monitor, size, at,
 * state (good, waiting, failing, ahead), problem}}. Caller owns ${out}. */
MUST_USE enum err cosigners_add(struct node *n, const char *url, const char *vkey, bool local,
                                struct fail *f);
MUST_USE enum err cosigners_remove(struct node *n, const char *name, struct fail *f);
MUST_USE enum err cosigners_list(struct node *n, json_t **out, struct fail *f);

#endif
